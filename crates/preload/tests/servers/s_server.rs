//! `openssl s_server`: one process, one context.

use crate::client::{Client, HTTP, VERSIONS, all_resume, with_tickets};
use crate::load;
use crate::place::{Loaded, Place};
use crate::process::Process;

fn start(place: &Place, loaded: Loaded<'_>) -> (Process, String) {
    let mut command = place.command("stdbuf", loaded);
    command.args(["-oL", "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert"]);
    let process = Process::start(command.args([&place.server.cert, "-key", &place.server.key]));
    let address = format!("127.0.0.1:{}", process.wait_for_line("ACCEPT 127.0.0.1:"));
    (process, address)
}

#[test]
fn a_restart_and_a_second_instance() {
    let place = Place::new();
    for lasting in place.lasting() {
        let settings = lasting.settings();
        let (first, address) = start(&place, Loaded::Carnet(&settings));
        for version in VERSIONS {
            Client::http(version).chain("s_server", &address, 12);
        }
        let [carried, kept] = [(); 2].map(|()| with_tickets(&address, HTTP));
        let (second, elsewhere) = start(&place, Loaded::Carnet(&settings));
        all_resume("the second instance", &elsewhere, carried);
        drop((first, second));
        let (_again, address) = start(&place, Loaded::Carnet(&settings));
        all_resume("after a restart", &address, kept);
    }
}

#[test]
fn rotation_under_load() {
    let place = Place::new();
    for keys in load::all_keys(&place) {
        let (_server, address) = start(&place, Loaded::Carnet(&keys.settings()));
        load::run(&address, HTTP, &keys, |_| {});
    }
}
