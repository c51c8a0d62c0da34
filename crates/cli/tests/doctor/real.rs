//! Servers that really do what the doctor complains of, as Debian 12 has them.

use std::net::{SocketAddrV4, TcpListener};
use std::process::Command;

use crate::place::{Place, Server, address, doctor};

/// One service, with these options, before somebody who takes connections and says nothing: where nobody does, stunnel breaks
/// its clients' connections off, whether they have read their tickets or not.
fn stunnel(place: &Place, at: SocketAddrV4, behind: &TcpListener, options: &str) -> Command {
    let settings = format!(
        "foreground = yes\npid =\n[x]\naccept = {at}\nconnect = {}\ncert = {}\nkey = {}\n{options}",
        behind.local_addr().unwrap(),
        place.path("one.pem"),
        place.path("one.key"),
    );
    std::fs::write(place.path("stunnel.conf"), settings).unwrap();
    let mut command = Command::new("stunnel4");
    command.arg(place.path("stunnel.conf"));
    command
}

/// Its key callback does not write the key's name.
#[test]
fn stunnel_sends_what_is_on_its_stack() {
    let (place, at) = (Place::new(), address());
    let behind = TcpListener::bind("127.0.0.1:0").unwrap();
    let keys = format!(
        "ticketKeySecret = {}\nticketMacSecret = {}\n",
        "12".repeat(32),
        "34".repeat(32)
    );
    for (mode, expected) in [
        (None, &["memory-in-key-name"][..]),
        (Some("respect"), &["zero-key-name"]),
        (Some("override"), &[]),
    ] {
        let mut command = stunnel(&place, at, &behind, &keys);
        if let Some(mode) = mode {
            command
                .env("LD_PRELOAD", crate::library("carnet-preload", "libcarnet_preload.so"))
                .envs([("CARNET_MODE", mode), ("CARNET_CONFIG", "/dev/null")]);
        }
        let _server = Server::start(at, &mut command);
        let report = doctor(&["--raw", &at.to_string()]);
        assert_eq!(report.codes(), expected, "{mode:?}: {:#}", report.json);
        assert_eq!(report.code, i32::from(!expected.is_empty()));
    }
}

/// Two processes, with these directives.
fn apache(place: &Place, at: SocketAddrV4, directives: &str) -> Command {
    let modules = "/usr/lib/apache2/modules/mod";
    let dir = place.path("");
    let settings = format!(
        "ServerRoot {dir}\nPidFile {dir}/pid\nErrorLog {dir}/log\nServerName localhost\nListen {at}\n\
         LoadModule mpm_prefork_module {modules}_mpm_prefork.so\nLoadModule authz_core_module {modules}_authz_core.so\n\
         LoadModule ssl_module {modules}_ssl.so\nLoadModule socache_shmcb_module {modules}_socache_shmcb.so\nUser www-data\nGroup www-data\nStartServers 2\nMutex pthread\n\
         SSLEngine on\nSSLCertificateFile {dir}/one.pem\nSSLCertificateKeyFile {dir}/one.key\n\
         {directives}\n"
    );
    std::fs::write(place.path("apache.conf"), settings).unwrap();
    let mut command = Command::new("apache2");
    command.args(["-DFOREGROUND", "-f", &place.path("apache.conf")]);
    command
}

/// Its key callback returns 1 in TLS 1.3. And it tells OpenSSL 3 of an HMAC key that stood on its stack and is gone: zeros, or
/// whatever else stands there, in each process.
#[test]
fn apache_with_a_key_file_renews_nothing() {
    let (place, at) = (Place::new(), address());
    std::fs::write(place.path("keys"), [7; 48]).unwrap();
    let one = "ServerLimit 1\nMaxRequestWorkers 1\nSSLSessionCache none";
    let directives = format!("SSLSessionTicketKeyFile {}\n{one}", place.path("keys"));
    let _server = Server::start(at, &mut apache(&place, at, &directives));
    let report = doctor(&[&at.to_string()]);
    let codes = report.codes();
    assert_eq!((report.code, codes[0]), (1, "no-renewal"), "{:#}", report.json);
    assert!(codes[1..].iter().all(|code| *code == "zero-key"), "{:#}", report.json);
    assert_eq!(report.seen(0, 0)["resumption"]["renewed"], 0);
}

/// libcarnet in the place of libssl: nothing to complain of but what the server was told to do.
#[track_caller]
fn check_on_our_own_library(at: SocketAddrV4, command: &mut Command, expected: &[&str]) {
    let server = Server::start(at, command.env("LD_PRELOAD", crate::library("carnet", "libcarnet.so")));
    let report = doctor(&["--raw", &at.to_string()]);
    assert_eq!(
        (report.code, report.codes()),
        (0, expected.to_vec()),
        "{:#}",
        report.json
    );
    for version in [0, 1] {
        assert_eq!(report.seen(0, version)["resumption"]["resumed"], 6, "{:#}", report.json);
    }
    assert!(server.has_mapped("libcarnet.so"));
}

#[test]
fn apache_and_stunnel_on_our_own_library() {
    let (place, at) = (Place::new(), address());
    let behind = TcpListener::bind("127.0.0.1:0").unwrap();
    let cache = format!("SSLSessionCache shmcb:{}(512000)", place.path("cache"));
    check_on_our_own_library(at, &mut apache(&place, at, &cache), &[]);
    let no_tickets = format!("{cache}\nSSLSessionTickets off");
    check_on_our_own_library(at, &mut apache(&place, at, &no_tickets), &["session-ids"]);
    check_on_our_own_library(at, &mut stunnel(&place, at, &behind, ""), &[]);
}

const NGINX: &str = "\
worker_processes 2; daemon off; pid DIR/pid; error_log DIR/log;
events { }
http {
    access_log off; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate_key DIR/one.key; ssl_certificate DIR/one.pem;
    client_body_temp_path DIR/1; proxy_temp_path DIR/2; fastcgi_temp_path DIR/3; uwsgi_temp_path DIR/4; scgi_temp_path DIR/5;
    server { listen AT ssl; server_name outer.example; return 200; }
    server {
        listen AT ssl; server_name inner.example; ssl_verify_client optional_no_ca; return 200;
        ssl_certificate DIR/two.pem; ssl_certificate_key DIR/two.key;
    }
}
";

fn nginx(place: &Place, at: SocketAddrV4, preloaded: bool) -> Server {
    let settings = NGINX.replace("DIR", &place.path("")).replace("AT", &at.to_string());
    std::fs::write(place.path("nginx.conf"), settings).unwrap();
    let mut command = Command::new("nginx");
    command.args(["-c", &place.path("nginx.conf"), "-p", &place.path("")]);
    if preloaded {
        command
            .env("LD_PRELOAD", crate::library("carnet-preload", "libcarnet_preload.so"))
            .env("CARNET_CONFIG", "/dev/null");
    }
    Server::start(at, &mut command)
}

/// CVE-2025-23419, and what our library does about it.
#[test]
fn nginx_lets_tickets_past_client_verification() {
    for preloaded in [false, true] {
        let (place, at) = (Place::new(), address());
        let _server = nginx(&place, at, preloaded);
        let names = ["--sni", "outer.example", "--other-name", "inner.example"];
        let report = doctor(&[&names[..], &[&at.to_string()]].concat());
        assert_eq!(report.code, i32::from(!preloaded));
        if preloaded {
            assert_eq!(report.codes(), [""; 0], "{:#}", report.json);
        } else {
            assert!(report.codes().contains(&"crosses-client-auth"), "{:#}", report.json);
        }
        assert_eq!(report.seen(0, 0)["resumption"]["resumed"], 6, "two workers, one key");
    }
}
