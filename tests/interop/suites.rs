//! Every cipher suite with every group that the other side has too, full and resumed, in both versions and both
//! directions. TLS 1.2's suites go with a kind of key, so this is every kind as well.

use std::thread;

use crate::place::{CERTIFICATES, Identity};
use crate::version::Version::{self, Tls12, Tls13};
use crate::{gnutls, openssl, peer, place};

struct Suite {
    version: Version,
    /// OpenSSL's name.
    name: &'static str,
    /// GnuTLS's names in its priority strings: what goes before the cipher, and the cipher, which it prints.
    gnutls_exchange: &'static str,
    gnutls: &'static str,
}

const fn suite(version: Version, name: &'static str, gnutls_exchange: &'static str, gnutls: &'static str) -> Suite {
    Suite {
        version,
        name,
        gnutls_exchange,
        gnutls,
    }
}

const ECDSA: &str = ":-KX-ALL:+ECDHE-ECDSA";
const RSA: &str = ":-KX-ALL:+ECDHE-RSA";

const SUITES: [Suite; 9] = [
    suite(Tls13, "TLS_AES_128_GCM_SHA256", "", "AES-128-GCM"),
    suite(Tls13, "TLS_AES_256_GCM_SHA384", "", "AES-256-GCM"),
    suite(Tls13, "TLS_CHACHA20_POLY1305_SHA256", "", "CHACHA20-POLY1305"),
    suite(Tls12, "ECDHE-ECDSA-AES128-GCM-SHA256", ECDSA, "AES-128-GCM"),
    suite(Tls12, "ECDHE-ECDSA-AES256-GCM-SHA384", ECDSA, "AES-256-GCM"),
    suite(Tls12, "ECDHE-ECDSA-CHACHA20-POLY1305", ECDSA, "CHACHA20-POLY1305"),
    suite(Tls12, "ECDHE-RSA-AES128-GCM-SHA256", RSA, "AES-128-GCM"),
    suite(Tls12, "ECDHE-RSA-AES256-GCM-SHA384", RSA, "AES-256-GCM"),
    suite(Tls12, "ECDHE-RSA-CHACHA20-POLY1305", RSA, "CHACHA20-POLY1305"),
];

impl Suite {
    fn identity(&self) -> &'static Identity {
        match self.gnutls_exchange {
            RSA => &CERTIFICATES.rsa,
            _ => &CERTIFICATES.p256,
        }
    }

    /// The options of `s_client` and `s_server` that leave only this suite.
    fn openssl(&self) -> [&'static str; 3] {
        [self.version.flag(), self.option("-ciphersuites"), self.name]
    }

    /// The peer's.
    fn ours(&self) -> [&'static str; 2] {
        [self.option("-suites"), self.name]
    }

    fn option(&self, tls13: &'static str) -> &'static str {
        match (self.version, tls13) {
            (Tls13, _) => tls13,
            (Tls12, "-suites") => "-ciphers",
            (Tls12, _) => "-cipher",
        }
    }
}

struct Group {
    /// As both libraries' peers report it, and as OpenSSL's group lists have it.
    name: &'static str,
    list: &'static str,
    gnutls: &'static str,
}

const GROUPS: [Group; 3] = [
    Group {
        name: "x25519",
        list: "X25519",
        gnutls: "X25519",
    },
    Group {
        name: "secp256r1",
        list: "P-256",
        gnutls: "SECP256R1",
    },
    Group {
        name: "secp384r1",
        list: "P-384",
        gnutls: "SECP384R1",
    },
];

impl Group {
    /// The group first, and P-256 for the certificate: TLS 1.2 has one list for both (RFC 8422, 5.3).
    fn openssl(&self) -> String {
        match self.list {
            "P-256" => "P-256".to_owned(),
            other => format!("{other}:P-256"),
        }
    }

    fn gnutls(&self) -> String {
        match self.gnutls {
            "SECP256R1" => "+GROUP-SECP256R1".to_owned(),
            other => format!("+GROUP-{other}:+GROUP-SECP256R1"),
        }
    }
}

/// Runs one test for each pair of suite and group; the pair's name is good for file names.
fn each_pair(test: impl Fn(&Suite, &Group, &str) + Sync) {
    thread::scope(|scope| {
        for group in &GROUPS {
            let test = &test;
            scope.spawn(move || {
                for suite in &SUITES {
                    test(suite, group, &format!("{}-{}", suite.name, group.name));
                }
            });
        }
    });
}

fn priority(suite: &Suite, group: &Group) -> String {
    format!(
        "NORMAL:-VERS-ALL:+VERS-TLS{}{}:-CIPHER-ALL:+{}:-GROUP-ALL:{}",
        suite.version.number(),
        suite.gnutls_exchange,
        suite.gnutls,
        group.gnutls()
    )
}

fn facts(suite: &Suite, group: &Group, resumed: u8) -> String {
    format!(
        "ok=1 version={} cipher={} group={} hrr=0 resumed={resumed} closed=both",
        suite.version.name(),
        suite.name,
        group.name
    )
}

#[test]
fn openssl_clients() {
    each_pair(|suite, group, pair| {
        let server = peer::Server::start(suite.identity(), &["-echo", "-rounds", "2"]);
        let session = place::file(&format!("openssl-client-{pair}"));
        let groups = group.openssl();
        let options = [&suite.openssl()[..], &["-groups", &groups]].concat();
        let full = openssl::visit(&server.address(), &[&options[..], &["-sess_out", &session]].concat());
        let is = |state| format!("{state}, {}, Cipher is {}", suite.version.name(), suite.name);
        assert!(full.contains(&is("New")), "{full}");
        assert!(full.contains("Verify return code: 0 (ok)"), "{full}");
        let resumed = openssl::visit(&server.address(), &[&options[..], &["-sess_in", &session]].concat());
        assert!(resumed.contains(&is("Reused")), "{resumed}");
        if suite.version == Tls13 {
            assert_eq!((openssl::tickets(&full), openssl::tickets(&resumed)), (2, 1), "{pair}");
        } else {
            for text in [full, resumed] {
                assert!(text.contains("Secure Renegotiation IS supported"), "{text}");
                assert!(text.contains("Extended master secret: yes"), "{text}");
            }
        }
        for (resumed, report) in (0..).zip(&server.reports()) {
            let tickets = suite.version.tickets()[usize::from(resumed)];
            report
                .expect(&facts(suite, group, resumed))
                .expect(&format!("tickets={tickets}"));
        }
    });
}

const GET: [&str; 7] = [
    "-text",
    "GET / HTTP/1.0\\r\\n\\r\\n",
    "-recv",
    "all",
    "-rounds",
    "2",
    "-resume",
];

#[test]
fn openssl_servers() {
    each_pair(|suite, group, _| {
        let groups = group.openssl();
        let options = [&suite.openssl()[..], &["-groups", &groups, "-naccept", "2", "-www"]].concat();
        let server = openssl::Server::start(suite.identity(), &options);
        // A client offers key shares for the first of its groups, so name the right one first.
        let reports = peer::client(&server.port, &[&GET[..], &["-groups", &groups]].concat());
        for (resumed, report) in (0..).zip(&reports) {
            let tickets = suite.version.tickets()[usize::from(resumed)];
            report
                .expect(&facts(suite, group, resumed))
                .expect(&format!("tickets={tickets} verify=0 peer=localhost"));
        }
        server.process.succeed();
    });
}

#[test]
fn gnutls_clients() {
    each_pair(|suite, group, pair| {
        let groups = group.openssl();
        let server = peer::Server::start(suite.identity(), &["-echo", "-rounds", "2", "-groups", &groups]);
        let priority = priority(suite, group);
        let text = gnutls::visit(&server.port, &["--priority", &priority, "--resume", "--waitresumption"]);
        assert!(text.contains("The certificate is trusted"), "{text}");
        let description = format!("(TLS{}-X.509)-(ECDHE-{})", suite.version.number(), group.gnutls);
        assert!(text.contains(&description), "{text}");
        assert!(text.contains(&format!("({})", suite.gnutls)), "{text}");
        assert!(text.contains("*** This is a resumed session"), "{pair}: {text}");
        let reports = server.reports();
        reports[0].expect(&facts(suite, group, 0));
        reports[1].expect(&facts(suite, group, 1)).expect("received=18");
    });
}

#[test]
fn gnutls_servers() {
    each_pair(|suite, group, pair| {
        let server = gnutls::Server::start(
            suite.identity(),
            &["--echo", "-a", "--priority", &priority(suite, group)],
        );
        let groups = group.openssl();
        let line = ["-text", "hello\\n", "-recv", "6", "-rounds", "2", "-resume"];
        let wait = suite.version.wait();
        let reports = peer::client(&server.port, &[&line[..], wait, &["-groups", &groups]].concat());
        reports[0]
            .expect(&facts(suite, group, 0))
            .expect("verify=0 peer=localhost");
        reports[1].expect(&facts(suite, group, 1));
        assert!(reports[0].get("tickets") != "0", "{pair}: {reports:?}");
    });
}

/// Among ourselves there is one group more, in TLS 1.3.
#[test]
fn ours_with_ours() {
    let pair = |suite: &Suite, group: &Group| {
        let groups = group.openssl();
        let server = peer::Server::start(suite.identity(), &["-echo", "-rounds", "2", "-groups", &groups]);
        let options = [&suite.ours()[..], &suite.version.only(), &["-groups", &groups]].concat();
        let line = ["-text", "hello\\n", "-recv", "6", "-rounds", "2", "-resume"];
        let wait = suite.version.wait();
        let theirs = peer::client(&server.port, &[&options[..], &line[..], wait].concat());
        let ours = server.reports();
        for (resumed, (client, server)) in (0..).zip(theirs.iter().zip(&ours)) {
            let facts = facts(suite, group, resumed);
            client.expect(&facts);
            server.expect(&facts);
        }
    };
    each_pair(|suite, group, _| pair(suite, group));
    let hybrid = Group {
        name: "X25519MLKEM768",
        list: "X25519MLKEM768",
        gnutls: "",
    };
    if !place::on_system_libssl() {
        for suite in SUITES.iter().filter(|suite| suite.version == Tls13) {
            pair(suite, &hybrid);
        }
    }
}
