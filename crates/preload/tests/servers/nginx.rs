//! nginx: two workers, several server blocks; reload, binary upgrade, restart; its own key files.

use std::collections::HashSet;
use std::fs;
use std::process::Command;

use crate::client::{Client, HTTP, VERSIONS, all_resume, none_resumes, with_tickets};
use crate::identity::Identity;
use crate::load;
use crate::place::{self, Loaded, Place, a_child, signal, stop};
use crate::process::{Process, free_port, is_root};

const PROGRAM: &str = "/usr/sbin/nginx";

/// A configuration and where its server blocks listen. They have the same certificate.
struct Site {
    /// No client certificate is asked for.
    open: String,
    /// One is required, by the authority of the test.
    closed: String,
    /// One is asked for; it may be missing.
    optional: String,
    /// One is required, by another authority.
    other: String,
    file: String,
}

/// The configuration of an instance, with `more` at the top and `keys` in each server block.
fn site(place: &Place, instance: &str, more: &str, keys: &str) -> Site {
    let ports = [(); 4].map(|()| free_port());
    let block = |listen: String, name: &str, how: &str| {
        format!(
            "server {{ listen 127.0.0.1:{listen}; server_name {name}; {how} {keys}
                default_type text/plain; return 200 \"pid=$pid client=$ssl_client_s_dn end\"; }}\n"
        )
    };
    let ssl = |port: usize| format!("{} ssl", ports[port]);
    let required = |ca: &Identity| format!("ssl_client_certificate {}; ssl_verify_client on;", ca.cert);
    let optional = required(&place.ca).replace("on;", "optional;");
    let blocks = [
        // The kernel gives each worker a share.
        block(ssl(0) + " reuseport", "localhost", ""),
        block(ssl(0), "members.example", &required(&place.ca)),
        block(ssl(1), "localhost", &required(&place.ca)),
        block(ssl(2), "localhost", &optional),
        block(ssl(3), "localhost", &required(&place.other_ca)),
    ];
    let user = if is_root() { "user www-data;" } else { "" };
    let dir = place.make_dir(instance);
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let paths = paths.map(|name| format!("{name}_temp_path {dir}/{name};\n")).concat();
    let text = format!(
        "daemon off; worker_processes 2; {user} pid {dir}/pid; error_log stderr notice; {more}
         events {{ worker_connections 256; }}
         http {{ access_log off; {paths} ssl_protocols TLSv1.2 TLSv1.3;
             ssl_certificate {cert}; ssl_certificate_key {key}; {blocks} }}\n",
        cert = place.server.cert,
        key = place.server.key,
        blocks = blocks.concat(),
    );
    let [open, closed, optional, other] = ports.map(|port| format!("127.0.0.1:{port}"));
    let file = place.write(&format!("{instance}/nginx.conf"), text);
    Site {
        open,
        closed,
        optional,
        other,
        file,
    }
}

fn simple(place: &Place) -> Site {
    site(place, "nginx", "", "")
}

fn start(place: &Place, site: &Site, loaded: Loaded<'_>) -> Process {
    let mut command = place.command(PROGRAM, loaded);
    let process = Process::start(command.args(["-p", place.dir(), "-e", "stderr", "-c", &site.file]));
    process.wait_for_times("start worker process ", 2);
    process
}

/// Makes new workers, and waits until they have taken over.
fn reload(nginx: &Process) {
    signal(nginx.id(), "HUP");
    nginx.wait_for_times("start worker process ", 4);
    nginx.wait_for_times("exited with code 0", 2);
}

/// The workers that answered.
fn workers(answers: &[String]) -> HashSet<&str> {
    answers
        .iter()
        .filter_map(|answer| answer.split("pid=").nth(1)?.split(' ').next())
        .collect()
}

#[test]
fn workers_share_keys_and_a_reload_keeps_them() {
    let place = Place::new();
    let site = simple(&place);
    let nginx = start(&place, &site, Loaded::Carnet(&[]));
    for version in VERSIONS {
        let (answers, _) = Client::http(version).chain("workers", &site.open, 24);
        assert_eq!(workers(&answers).len(), 2, "{version:?}");
    }
    let tickets = with_tickets(&site.open, HTTP);
    reload(&nginx);
    all_resume("after a reload", &site.open, tickets);
    stop(nginx, "TERM");
}

/// What the library is for.
#[test]
fn without_the_library_a_reload_ends_all_tickets() {
    let place = Place::new();
    let site = simple(&place);
    let nginx = start(&place, &site, Loaded::Nothing);
    let tickets = with_tickets(&site.open, HTTP);
    reload(&nginx);
    none_resumes("after a reload", &site.open, tickets);
    stop(nginx, "TERM");
}

/// nginx passes on to its successor only the variables that it is told to.
#[test]
fn a_binary_upgrade_keeps_the_ring() {
    let place = Place::new();
    let site = site(
        &place,
        "nginx",
        "env LD_PRELOAD; env CARNET_RING; env CARNET_CONFIG;",
        "",
    );
    let ring = place.path("ring");
    // It upgrades only when the process that has started it is gone. The shell stays, so that all of this ends with it.
    let mut command = place.command("sh", Loaded::Nothing);
    let script = r#"unset LD_PRELOAD; ( LD_PRELOAD=$0 "$@" & read _ ); echo orphaned; exec sleep 60"#;
    command.arg("-c").arg(script).arg(place::library());
    command.env("CARNET_RING", ring).env("CARNET_CONFIG", "/dev/null");
    let mut nginx = Process::start(command.args([PROGRAM, "-p", place.dir(), "-e", "stderr", "-c", &site.file]));
    nginx.wait_for_times("start worker process ", 2);
    nginx.say("\n");
    let pid = format!("{}/nginx/pid", place.dir());
    let tickets = with_tickets(&site.open, HTTP);
    nginx.wait_for("orphaned");
    let old = fs::read_to_string(&pid).unwrap();
    signal(old.trim(), "USR2");
    nginx.wait_for_times("start worker process ", 4);
    signal(old.trim(), "QUIT");
    nginx.wait_for_times("exited with code 0", 2);
    all_resume("after an upgrade", &site.open, tickets);
    signal(fs::read_to_string(&pid).unwrap().trim(), "TERM");
    nginx.wait_for_times("exited with code 0", 4);
}

/// With keys in a file, or made of a root secret.
#[test]
fn a_restart_and_a_second_instance() {
    let place = Place::new();
    for lasting in place.lasting() {
        let (what, settings) = (lasting.name, lasting.settings());
        let (first, second) = (simple(&place), site(&place, "second", "", ""));
        let nginx = start(&place, &first, Loaded::Carnet(&settings));
        let (before, elsewhere) = (with_tickets(&first.open, HTTP), with_tickets(&first.open, HTTP));
        let other = start(&place, &second, Loaded::Carnet(&settings));
        all_resume(what, &second.open, elsewhere);
        stop(nginx, "TERM");
        let nginx = start(&place, &first, Loaded::Carnet(&settings));
        all_resume(what, &first.open, before);
        stop(nginx, "TERM");
        stop(other, "TERM");
    }
}

/// nginx with a key file, with our library and without: they share keys where those of the file are respected.
#[test]
fn its_own_key_files() {
    let place = Place::new();
    let key = place.write("ticket.key", (0..80).collect::<Vec<u8>>());
    let keys = format!("ssl_session_ticket_key {key};");
    let theirs = site(&place, "theirs", "", &keys);
    let without = start(&place, &theirs, Loaded::Nothing);
    for (mode, word) in [("respect", "left to it"), ("override", "overridden")] {
        let ours = site(&place, mode, "", &keys);
        let nginx = start(&place, &ours, Loaded::Carnet(&[("CARNET_MODE", mode)]));
        nginx.wait_for(word);
        let (from_theirs, from_ours) = (with_tickets(&theirs.open, HTTP), with_tickets(&ours.open, HTTP));
        match mode {
            "respect" => {
                all_resume(mode, &ours.open, from_theirs);
                all_resume(mode, &theirs.open, from_ours);
            }
            _ => {
                none_resumes(mode, &ours.open, from_theirs);
                none_resumes(mode, &theirs.open, from_ours);
            }
        }
        let tickets = with_tickets(&ours.open, HTTP);
        reload(&nginx);
        all_resume(mode, &ours.open, tickets);
        stop(nginx, "TERM");
    }
    stop(without, "TERM");
}

/// Since 1.23.2 nginx keeps keys in the memory of a shared session cache, and changes them.
fn has_keys_in_its_cache() -> bool {
    let told = Command::new(PROGRAM).arg("-v").output().unwrap().stderr;
    let told = String::from_utf8(told).unwrap();
    let version = told.trim().rsplit_once('/').unwrap().1;
    let numbers: Vec<u32> = version.split('.').filter_map(|number| number.parse().ok()).collect();
    numbers >= vec![1, 23, 2]
}

/// Such keys survive a reload, and no restart.
#[test]
fn keys_in_its_session_cache() {
    let place = Place::new();
    for mode in ["respect", "override"] {
        let ring = place.path(&format!("{mode}-ring"));
        let settings = [("CARNET_MODE", mode), ("CARNET_RING", &*ring)];
        let site = site(&place, mode, "", "ssl_session_cache shared:own:1m;");
        let nginx = start(&place, &site, Loaded::Carnet(&settings));
        if has_keys_in_its_cache() {
            nginx.wait_for(if mode == "respect" { "left to it" } else { "overridden" });
        }
        for version in VERSIONS {
            Client::http(version).chain("workers", &site.open, 12);
        }
        let [reloaded, restarted] = [(); 2].map(|()| with_tickets(&site.open, HTTP));
        reload(&nginx);
        all_resume("after a reload", &site.open, reloaded);
        stop(nginx, "TERM");
        let nginx = start(&place, &site, Loaded::Carnet(&settings));
        if has_keys_in_its_cache() && mode == "respect" {
            none_resumes("after a restart", &site.open, restarted);
        } else {
            all_resume("after a restart", &site.open, restarted);
        }
        stop(nginx, "TERM");
    }
}

/// How tickets of one server block fare at another that asks for something else.
fn ways_in(place: &Place, site: &Site) -> Vec<String> {
    let mut found = Vec::new();
    for version in VERSIONS {
        let nobody = || Client::http(version);
        let member = || Client::new(version, Some(&place.client), HTTP);
        let attacks = [
            (
                "nobody, where a certificate is required",
                nobody(),
                &site.open,
                &site.closed,
                "localhost",
            ),
            (
                "nobody, by another server name",
                nobody(),
                &site.open,
                &site.open,
                "members.example",
            ),
            (
                "nobody, from where it is optional",
                nobody(),
                &site.optional,
                &site.open,
                "members.example",
            ),
            (
                "a client of another authority",
                member(),
                &site.closed,
                &site.other,
                "localhost",
            ),
            (
                "a member, where nobody looks",
                member(),
                &site.closed,
                &site.open,
                "localhost",
            ),
        ];
        for (what, client, from, to, name) in attacks {
            let ticket = client.visit(from, None).ticket();
            match client.try_visit(to, name, Some(ticket)) {
                Ok(visit) if !visit.resumed => {}
                Ok(_) => found.push(format!("{version:?}: {what}: resumed")),
                Err(error) => found.push(format!("{version:?}: {what}: no full handshake either: {error}")),
            }
        }
    }
    found
}

#[test]
fn server_blocks_stay_apart() {
    let place = Place::new();
    let site = simple(&place);
    let ring = place.path("ring");
    for settings in [&[][..], &[("CARNET_RING", &*ring)]] {
        let nginx = start(&place, &site, Loaded::Carnet(settings));
        assert_eq!(ways_in(&place, &site), [""; 0]);
        // Nobody is turned away who has what is asked for.
        for version in VERSIONS {
            let member = Client::new(version, Some(&place.client), HTTP);
            let (answers, _) = member.chain("a member", &site.closed, 4);
            assert!(
                answers.iter().all(|answer| answer.contains("client=CN=client ")),
                "{answers:?}"
            );
        }
        stop(nginx, "TERM");
    }
}

/// Who has been revoked since must not come in on a ticket, as without the library nobody does after a reload.
#[test]
fn a_new_revocation_list_ends_tickets() {
    let place = Place::new();
    let site = simple(&place);
    let list = place.revocation_list(1);
    let text = fs::read_to_string(&site.file).unwrap();
    let with_list = format!("ssl_client_certificate {ca}; ssl_crl {list};", ca = place.ca.cert);
    let text = text.replace(&format!("ssl_client_certificate {};", place.ca.cert), &with_list);
    fs::write(&site.file, text).unwrap();
    let nginx = start(&place, &site, Loaded::Carnet(&[]));
    let members = VERSIONS.map(|version| {
        let member = Client::new(version, Some(&place.client), HTTP);
        let (answers, ticket) = member.chain("a member", &site.closed, 2);
        assert!(answers[0].contains("client=CN=client "), "{answers:?}");
        (member, ticket)
    });
    place.revocation_list(2);
    reload(&nginx);
    none_resumes("after a new list", &site.closed, members.into());
    stop(nginx, "TERM");
}

/// The test of server blocks finds what it looks for.
#[test]
fn one_key_for_all_is_found_out() {
    let place = Place::new();
    let site = simple(&place);
    let nginx = start(&place, &site, Loaded::Naive);
    let found = ways_in(&place, &site);
    assert!(found.iter().any(|way| way.ends_with("resumed")), "{found:?}");
    stop(nginx, "TERM");
}

/// A reload, and a worker killed, while keys change.
#[test]
fn rotation_under_load() {
    let place = Place::new();
    // Two sockets for a port would lose what waits in the one of a worker that goes.
    let site = simple(&place);
    let text = fs::read_to_string(&site.file).unwrap().replace(" reuseport", "");
    fs::write(&site.file, text).unwrap();
    for keys in load::all_keys(&place) {
        let nginx = start(&place, &site, Loaded::Carnet(&keys.settings()));
        load::run(&site.open, HTTP, &keys, |load| {
            reload(&nginx);
            load.kill(a_child(nginx.id()));
            nginx.wait_for("exited on signal 9");
        });
        stop(nginx, "TERM");
    }
}
