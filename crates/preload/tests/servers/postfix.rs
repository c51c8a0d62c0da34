//! Postfix, whose tlsmgr makes ticket keys, changes them, and hands them to all processes; with a reload it forgets them.
//! Each connection has a process of its own here. What the processes are to know, Postfix has to pass on.

use std::path::Path;
use std::process::Command;

use crate::client::{Client, Talk, VERSIONS, Version, all_resume, none_resumes, with_tickets};
use crate::identity::run;
use crate::load;
use crate::place::{Loaded, Place, signal, stop};
use crate::process::{Process, free_port, is_root};

const TALK: Talk = Talk {
    before: |_| {},
    request: "QUIT\r\n",
};

const OVERRIDE: (&str, &str) = ("CARNET_MODE", "override");

const SERVICES: &str = "tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

/// An instance, or `None` where it can't run.
fn start(place: &Place, instance: &str, loaded: Loaded<'_>) -> Option<(Process, String)> {
    if !is_root() || !Path::new("/usr/sbin/postfix").exists() {
        eprintln!("not tested: Postfix runs only where it can take other users' identities, and is the mail system");
        return None;
    }
    let port = free_port();
    let dir = place.make_dir(instance);
    for name in ["queue", "data"] {
        place.make_dir(&format!("{instance}/{name}"));
    }
    run(Command::new("chown").args(["postfix", &format!("{dir}/data")]));
    place.write(
        &format!("{instance}/main.cf"),
        format!(
            "compatibility_level = 3.6\nqueue_directory = {dir}/queue\ndata_directory = {dir}/data\n\
             maillog_file = /dev/stdout\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmyhostname = localhost\n\
             mydestination = localhost\nmax_use = 1\nsmtpd_tls_security_level = may\nsmtpd_tls_cert_file = {}\n\
             smtpd_tls_key_file = {}\n\
             import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME \
             LD_PRELOAD CARNET_MODE CARNET_RING CARNET_ROOT CARNET_INTERVAL CARNET_LIFETIME CARNET_CONFIG AHEAD\n",
            place.server.cert, place.server.key
        ),
    );
    place.write(
        &format!("{instance}/master.cf"),
        format!("127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n{SERVICES}"),
    );
    // It makes what is missing of the queue.
    run(Command::new("/usr/sbin/postfix").args(["-c", &dir, "check"]));
    let mut master = place.command("/usr/lib/postfix/sbin/master", loaded);
    // With -d it stays in the process group, and ends with the test.
    let process = Process::start(master.args(["-c", &dir, "-d"]));
    process.wait_for("daemon started");
    Some((process, format!("127.0.0.1:{port}")))
}

fn reload(postfix: &Process) {
    signal(postfix.id(), "HUP");
    postfix.wait_for("reload -- version");
}

/// All processes have them, until a reload. Postfix's callback brings no new ticket with a resumption: without the library
/// every second TLS 1.3 handshake is a full one.
#[test]
fn its_own_keys_are_respected() {
    for loaded in [Loaded::Nothing, Loaded::Carnet(&[])] {
        let place = Place::new();
        let Some((postfix, address)) = start(&place, "postfix", loaded) else {
            return;
        };
        for version in VERSIONS {
            let client = Client::new(version, None, TALK);
            let visit = client.visit(&address, Some(client.full(&address)));
            let has_new_ticket = version == Version::Tls12 || matches!(loaded, Loaded::Carnet(_));
            assert!(
                visit.resumed && visit.tickets.is_empty() != has_new_ticket,
                "{version:?}"
            );
            if has_new_ticket {
                client.chain("processes", &address, 6);
            }
        }
        let tickets = with_tickets(&address, TALK);
        reload(&postfix);
        none_resumes("after a reload", &address, tickets);
        stop(postfix, "TERM");
    }
}

#[test]
fn overridden_with_lasting_keys() {
    let place = Place::new();
    for lasting in place.lasting() {
        let settings = [lasting.settings()[0], OVERRIDE];
        let Some((first, address)) = start(&place, "first", Loaded::Carnet(&settings)) else {
            return;
        };
        for version in VERSIONS {
            Client::new(version, None, TALK).chain("processes", &address, 6);
        }
        let [reloaded, carried, kept] = [(); 3].map(|()| with_tickets(&address, TALK));
        reload(&first);
        all_resume("after a reload", &address, reloaded);
        let (second, elsewhere) = start(&place, "second", Loaded::Carnet(&settings)).unwrap();
        all_resume("the second instance", &elsewhere, carried);
        stop(first, "TERM");
        stop(second, "TERM");
        let (again, address) = start(&place, "first", Loaded::Carnet(&settings)).unwrap();
        all_resume("after a restart", &address, kept);
        stop(again, "TERM");
    }
}

/// The processes have nothing in common but a file.
#[test]
fn overridden_with_keys_in_memory_nothing_resumes() {
    let place = Place::new();
    let Some((postfix, address)) = start(&place, "postfix", Loaded::Carnet(&[OVERRIDE])) else {
        return;
    };
    none_resumes("a new process", &address, with_tickets(&address, TALK));
    stop(postfix, "TERM");
}

/// A reload while keys change.
#[test]
fn rotation_under_load() {
    let place = Place::new();
    for keys in load::all_keys(&place) {
        let settings = [&keys.settings()[..], &[OVERRIDE]].concat();
        let Some((postfix, address)) = start(&place, "postfix", Loaded::Carnet(&settings)) else {
            return;
        };
        load::run(&address, TALK, &keys, |_| reload(&postfix));
        stop(postfix, "TERM");
    }
}
