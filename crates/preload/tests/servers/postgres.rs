//! PostgreSQL, which wants no tickets, and gets none.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;

use crate::client::{Client, Talk, VERSIONS};
use crate::identity::run;
use crate::place::{Loaded, Place, stop};
use crate::process::{Process, free_port, is_root};

/// Where Debian has its programs: the newest version.
fn bin() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap().flatten();
    let bins = versions.map(|version| version.path().join("bin"));
    bins.filter(|bin| bin.join("postgres").exists())
        .max()
        .expect("PostgreSQL is there")
}

/// SSLRequest, to which the server says S; then Terminate, which is short of a StartupMessage: it closes.
const TALK: Talk = Talk {
    before: |socket| {
        socket.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).unwrap();
        let mut said = [0];
        socket.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"S");
    },
    request: "X\0\0\0\x04",
};

#[test]
fn stays_without_tickets() {
    let place = Place::new();
    let user = if is_root() { "postgres" } else { "" };
    let bin = bin();
    // It refuses to run as root.
    let program = |name: &str, loaded| {
        let mut command = place.command("setpriv", loaded);
        if !user.is_empty() {
            command.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        command.arg(bin.join(name));
        command
    };
    let data = place.make_dir("data");
    for (name, from) in [("server.crt", &place.server.cert), ("server.key", &place.server.key)] {
        fs::copy(from, format!("{data}-{name}")).unwrap();
    }
    if !user.is_empty() {
        run(Command::new("sh").args(["-c", "chown postgres \"$0\" \"$0\"-*", &data]));
    }
    run(program("initdb", Loaded::Nothing).args(["--no-sync", "--auth=trust", "-D", &data]));
    let port = free_port();
    let mut command = program("postgres", Loaded::Carnet(&[("CARNET_MODE", "override")]));
    command.args([
        "-D",
        &data,
        "-k",
        "",
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "ssl=on",
        "-p",
    ]);
    command.arg(port.to_string());
    command.args(["-c", &format!("ssl_cert_file={data}-server.crt")]);
    command.args(["-c", &format!("ssl_key_file={data}-server.key")]);
    let process = Process::start(&mut command);
    process.wait_for("database system is ready");
    let address = format!("127.0.0.1:{port}");
    for version in VERSIONS {
        let visit = Client::new(version, None, TALK).visit(&address, None);
        assert!(visit.tickets.is_empty() && !visit.resumed, "{version:?}");
    }
    stop(process, "INT");
}
