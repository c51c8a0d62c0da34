//! Apache httpd, in whose parent libssl comes and goes with mod_ssl, and which Debian restarts gracefully every day. With
//! `SSLSessionCache none` its contexts say that sessions are not to be reused, and are left alone.

use std::collections::HashSet;
use std::fs;

use crate::client::{Client, HTTP, VERSIONS, all_resume, none_resumes, with_tickets};
use crate::load;
use crate::place::{Loaded, Place, a_child, children, signal, stop, wait_until};
use crate::process::{Process, free_port, is_root};

const PROGRAM: &str = "/usr/sbin/apache2";
const MODULES: &str = "/usr/lib/apache2/modules";

#[derive(Clone, Copy, Debug)]
enum Model {
    Prefork,
    Event,
}

const MODELS: [Model; 2] = [Model::Prefork, Model::Event];

impl Model {
    /// The module, and its settings for three processes, or more where there is work for more.
    fn directives(self) -> String {
        let (name, more) = match self {
            Model::Prefork => ("prefork", "StartServers 3\nMinSpareServers 1\nMaxSpareServers 8\n"),
            Model::Event => (
                "event",
                "StartServers 3\nThreadsPerChild 4\nMinSpareThreads 1\nMaxSpareThreads 24\nMaxRequestWorkers 24\n",
            ),
        };
        format!("LoadModule mpm_{name}_module {MODULES}/mod_mpm_{name}.so\n{more}")
    }
}

/// Where an instance listens: its ticket's session-id context has the port, but not the address.
struct Site {
    address: &'static str,
    open: u16,
    closed: u16,
    other: u16,
}

impl Site {
    fn new() -> Site {
        let [open, closed, other] = [(); 3].map(|()| free_port());
        Site {
            address: "127.0.0.1",
            open,
            closed,
            other,
        }
    }

    fn at(&self, port: u16) -> String {
        format!("{}:{port}", self.address)
    }
}

fn start(place: &Place, site: &Site, model: Model, loaded: Loaded<'_>) -> Process {
    start_with(place, site, model, "", loaded)
}

/// With `more` for each host.
fn start_with(place: &Place, site: &Site, model: Model, more: &str, loaded: Loaded<'_>) -> Process {
    let dir = place.make_dir(site.address);
    let modules = ["authz_core", "ssl", "socache_shmcb"]
        .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"));
    let host = |port, name: &str, how: &str| {
        format!(
            "<VirtualHost {}:{port}>\nServerName {name}\nSSLEngine on\n{how}\n{more}\nSSLCertificateFile {}\n\
             SSLCertificateKeyFile {}\n</VirtualHost>\n",
            site.address, place.server.cert, place.server.key
        )
    };
    let required = |ca: &str| format!("SSLCACertificateFile {ca}\nSSLVerifyClient require");
    let hosts = [
        host(site.open, "localhost", ""),
        host(site.open, "members.example", &required(&place.ca.cert)),
        host(site.closed, "localhost", &required(&place.ca.cert)),
        host(site.other, "localhost", &required(&place.other_ca.cert)),
    ];
    let listen = [site.open, site.closed, site.other].map(|port| format!("Listen {}\n", site.at(port)));
    let user = if is_root() {
        "User www-data\nGroup www-data\n"
    } else {
        ""
    };
    let text = format!(
        "ServerName localhost\nServerRoot {dir}\nDefaultRuntimeDir {dir}\nPidFile {dir}/pid\nErrorLog /dev/stderr\n\
         LogLevel notice\n{user}{}{}{}KeepAlive off\nSSLSessionCache shmcb:{dir}/cache(512000)\n\
         CustomLog {dir}/access \"%P client=%{{SSL_CLIENT_S_DN_CN}}x\"\n{}",
        model.directives(),
        modules.concat(),
        listen.concat(),
        hosts.concat(),
    );
    place.write(&format!("{}/apache.conf", site.address), text);
    run(place, site, loaded)
}

/// With the configuration that is there.
fn run(place: &Place, site: &Site, loaded: Loaded<'_>) -> Process {
    let (dir, file) = (
        place.path(site.address),
        place.path(&format!("{}/apache.conf", site.address)),
    );
    let mut command = place.command(PROGRAM, loaded);
    let process = Process::start(command.args(["-d", &dir, "-f", &file, "-DFOREGROUND"]));
    process.wait_for("resuming normal operations");
    process
}

/// What `apache2ctl graceful` does. The processes from before answer until they have heard of it.
fn graceful(apache: &Process) {
    let before = children(apache.id());
    signal(apache.id(), "USR1");
    apache.wait_for_times("resuming normal operations", 2);
    wait_until("the old processes end", || {
        children(apache.id()).iter().all(|child| !before.contains(child))
    });
}

#[test]
fn processes_share_keys_and_a_graceful_restart_keeps_them() {
    for model in MODELS {
        let place = Place::new();
        let site = Site::new();
        let apache = start(&place, &site, model, Loaded::Carnet(&[]));
        for version in VERSIONS {
            Client::http(version).chain("processes", &site.at(site.open), 24);
        }
        let log = fs::read_to_string(place.path("127.0.0.1/access")).unwrap();
        let processes: HashSet<_> = log.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(processes.len() > 1, "{model:?}: {log}");
        let tickets = with_tickets(&site.at(site.open), HTTP);
        graceful(&apache);
        all_resume("after a graceful restart", &site.at(site.open), tickets);
        stop(apache, "TERM");
    }
}

/// A graceful restart, and a process killed, while keys change.
fn rotation_under_load(model: Model) {
    let place = Place::new();
    let site = Site::new();
    for keys in load::all_keys(&place) {
        let apache = start(&place, &site, model, Loaded::Carnet(&keys.settings()));
        load::run(&site.at(site.open), HTTP, &keys, |load| {
            graceful(&apache);
            load.kill(a_child(apache.id()));
        });
        stop(apache, "TERM");
    }
}

#[test]
fn rotation_under_load_with_processes() {
    rotation_under_load(Model::Prefork);
}

#[test]
fn rotation_under_load_with_threads() {
    rotation_under_load(Model::Event);
}

/// What the library is for.
#[test]
fn without_the_library_a_graceful_restart_ends_all_tickets() {
    let place = Place::new();
    let site = Site::new();
    let apache = start(&place, &site, Model::Event, Loaded::Nothing);
    let tickets = with_tickets(&site.at(site.open), HTTP);
    graceful(&apache);
    none_resumes("after a graceful restart", &site.at(site.open), tickets);
    stop(apache, "TERM");
}

#[test]
fn a_restart_and_a_second_instance() {
    let place = Place::new();
    let site = Site::new();
    let elsewhere = Site {
        address: "127.0.0.2",
        ..site
    };
    for (model, lasting) in MODELS.into_iter().zip(place.lasting()) {
        let settings = lasting.settings();
        let first = start(&place, &site, model, Loaded::Carnet(&settings));
        let [carried, kept] = [(); 2].map(|()| with_tickets(&site.at(site.open), HTTP));
        let second = start(&place, &elsewhere, model, Loaded::Carnet(&settings));
        all_resume("the second instance", &elsewhere.at(site.open), carried);
        stop(first, "TERM");
        stop(second, "TERM");
        let again = start(&place, &site, model, Loaded::Carnet(&settings));
        all_resume("after a restart", &site.at(site.open), kept);
        stop(again, "TERM");
    }
}

/// With OpenSSL 3, httpd keeps no copy of the file's HMAC key, but a pointer to where it was on the stack
/// (ssl_init_ticket_key, seen in 2.4.68): whether another process opens a ticket, or the same one later, is chance. No
/// handshake may fail for it, and a resumption brings a new ticket, which httpd's callback does not ask for. Where it is
/// overridden clients resume every time.
#[test]
fn its_own_keys() {
    let place = Place::new();
    let keys = format!("SSLSessionTicketKeyFile {}", place.write("ticket.key", [7; 48]));
    let site = Site::new();
    let address = site.at(site.open);
    for (mode, word) in [("respect", "left to it"), ("override", "overridden")] {
        let settings = [("CARNET_MODE", mode)];
        let apache = start_with(&place, &site, Model::Event, &keys, Loaded::Carnet(&settings));
        apache.wait_for(word);
        for version in VERSIONS {
            let client = Client::http(version);
            if mode == "override" {
                client.chain(mode, &address, 12);
                continue;
            }
            for _ in 0..12 {
                client.visit(&address, Some(client.full(&address))).ticket();
            }
        }
        if mode == "override" {
            let kept = with_tickets(&address, HTTP);
            graceful(&apache);
            all_resume(mode, &address, kept);
        }
        stop(apache, "TERM");
    }
}

/// `SSLSessionCache none`: tickets are what they are without the library, also where clients are verified.
#[test]
fn sessions_that_are_not_to_be_reused() {
    let place = Place::new();
    let site = Site::new();
    let apache = start(&place, &site, Model::Event, Loaded::Nothing);
    let file = format!("{}/apache.conf", site.address);
    let text = fs::read_to_string(place.path(&file)).unwrap();
    let cache = text.lines().find(|line| line.starts_with("SSLSessionCache ")).unwrap();
    place.write(&file, text.replace(cache, "SSLSessionCache none"));
    stop(apache, "TERM");
    let apache = run(&place, &site, Loaded::Carnet(&[]));
    let member = |version| Client::new(version, Some(&place.client), HTTP);
    let (open, closed) = (site.at(site.open), site.at(site.closed));
    let tickets = with_tickets(&open, HTTP);
    let members = VERSIONS.map(|version| (member(version), member(version).full(&closed)));
    graceful(&apache);
    none_resumes("after a graceful restart", &open, tickets);
    none_resumes("after a graceful restart", &closed, members.into());
    stop(apache, "TERM");
}

/// How tickets of one virtual host fare at another.
fn ways_in(place: &Place, site: &Site) -> Vec<String> {
    let mut found = Vec::new();
    let (open, closed, other) = (site.at(site.open), site.at(site.closed), site.at(site.other));
    for version in VERSIONS {
        let nobody = || Client::http(version);
        let member = || Client::new(version, Some(&place.client), HTTP);
        let attacks = [
            (
                "nobody, where a certificate is required",
                nobody(),
                &open,
                &closed,
                "localhost",
            ),
            (
                "nobody, by another server name",
                nobody(),
                &open,
                &open,
                "members.example",
            ),
            ("a client of another authority", member(), &closed, &other, "localhost"),
        ];
        for (what, client, from, to, name) in attacks {
            let ticket = client.visit(from, None).ticket();
            if client.resumes(to, name, ticket) {
                found.push(format!("{version:?}: {what}"));
            }
        }
    }
    found
}

#[test]
fn virtual_hosts_stay_apart() {
    for model in MODELS {
        let place = Place::new();
        let site = Site::new();
        let apache = start(&place, &site, model, Loaded::Carnet(&[]));
        assert_eq!(ways_in(&place, &site), [""; 0], "{model:?}");
        for version in VERSIONS {
            let member = Client::new(version, Some(&place.client), HTTP);
            member.chain("a member", &site.at(site.closed), 4);
        }
        stop(apache, "TERM");
    }
}

/// The test above finds what it looks for.
#[test]
fn one_key_for_all_is_found_out() {
    let place = Place::new();
    let site = Site::new();
    let apache = start(&place, &site, Model::Event, Loaded::Naive);
    assert_eq!(ways_in(&place, &site).len(), 4);
    stop(apache, "TERM");
}
