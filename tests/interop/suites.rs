//! Every cipher suite with every group that the other side has too, full and resumed, in both directions.

use crate::place::CERTIFICATES;
use crate::{gnutls, openssl, peer, place};

struct Suite {
    /// OpenSSL's and the RFC's name.
    name: &'static str,
    /// GnuTLS's name, in its priority strings and in its output.
    gnutls: &'static str,
}

const SUITES: [Suite; 3] = [
    Suite {
        name: "TLS_AES_128_GCM_SHA256",
        gnutls: "AES-128-GCM",
    },
    Suite {
        name: "TLS_AES_256_GCM_SHA384",
        gnutls: "AES-256-GCM",
    },
    Suite {
        name: "TLS_CHACHA20_POLY1305_SHA256",
        gnutls: "CHACHA20-POLY1305",
    },
];

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

/// Runs one test for each pair of suite and group; the pair's name is good for file names.
fn each_pair(test: impl Fn(&Suite, &Group, &str)) {
    for suite in &SUITES {
        for group in &GROUPS {
            test(suite, group, &format!("{}-{}", suite.name, group.name));
        }
    }
}

fn priority(suite: &Suite, group: &Group) -> String {
    format!(
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+{}:-GROUP-ALL:+GROUP-{}",
        suite.gnutls, group.gnutls
    )
}

fn facts(suite: &Suite, group: &Group, resumed: u8) -> String {
    format!(
        "ok=1 version=TLSv1.3 cipher={} group={} hrr=0 resumed={resumed} closed=both",
        suite.name, group.name
    )
}

#[test]
fn openssl_clients() {
    each_pair(|suite, group, pair| {
        let server = peer::Server::echo(2, &[]);
        let session = place::file(&format!("openssl-client-{pair}"));
        let options = ["-ciphersuites", suite.name, "-groups", group.list];
        let full = openssl::visit(&server.address(), &[&options[..], &["-sess_out", &session]].concat());
        assert!(
            full.contains(&format!("New, TLSv1.3, Cipher is {}", suite.name)),
            "{full}"
        );
        assert!(full.contains("Verify return code: 0 (ok)"), "{full}");
        let resumed = openssl::visit(&server.address(), &[&options[..], &["-sess_in", &session]].concat());
        assert!(
            resumed.contains(&format!("Reused, TLSv1.3, Cipher is {}", suite.name)),
            "{resumed}"
        );
        assert_eq!((openssl::tickets(&full), openssl::tickets(&resumed)), (2, 1), "{pair}");
        let reports = server.reports();
        reports[0].expect(&facts(suite, group, 0));
        reports[1].expect(&facts(suite, group, 1));
    });
}

#[test]
fn openssl_servers() {
    each_pair(|suite, group, _| {
        let options = [
            "-ciphersuites",
            suite.name,
            "-groups",
            group.list,
            "-naccept",
            "2",
            "-www",
        ];
        let server = openssl::Server::start(&CERTIFICATES.p256, &options);
        let get = [
            "-text",
            "GET / HTTP/1.0\\r\\n\\r\\n",
            "-recv",
            "all",
            "-rounds",
            "2",
            "-resume",
        ];
        // A client offers key shares for the first of its groups, so name the right one first.
        let reports = peer::client(&server.port, &[&get[..], &["-groups", group.list]].concat());
        reports[0]
            .expect(&facts(suite, group, 0))
            .expect("tickets=2 verify=0 peer=localhost");
        reports[1].expect(&facts(suite, group, 1)).expect("tickets=1");
        server.process.succeed();
    });
}

#[test]
fn gnutls_clients() {
    each_pair(|suite, group, pair| {
        let server = peer::Server::echo(2, &[]);
        let priority = priority(suite, group);
        let text = gnutls::visit(&server.port, &["--priority", &priority, "--resume", "--waitresumption"]);
        assert!(text.contains("The certificate is trusted"), "{text}");
        assert!(
            text.contains(&format!("(TLS1.3-X.509)-(ECDHE-{})", group.gnutls)),
            "{text}"
        );
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
            &CERTIFICATES.p256,
            &["--echo", "-a", "--priority", &priority(suite, group)],
        );
        let line = [
            "-text", "hello\\n", "-recv", "6", "-wait", "1", "-rounds", "2", "-resume",
        ];
        let reports = peer::client(&server.port, &[&line[..], &["-groups", group.list]].concat());
        reports[0]
            .expect(&facts(suite, group, 0))
            .expect("verify=0 peer=localhost");
        reports[1].expect(&facts(suite, group, 1));
        assert!(reports[0].get("tickets") != "0", "{pair}: {reports:?}");
    });
}

/// Among ourselves there is one group more.
#[test]
fn ours_with_ours() {
    let hybrid = Group {
        name: "X25519MLKEM768",
        list: "X25519MLKEM768",
        gnutls: "",
    };
    let hybrid = (!place::on_system_libssl()).then_some(&hybrid);
    for suite in &SUITES {
        for group in GROUPS.iter().chain(hybrid) {
            let server = peer::Server::echo(2, &["-groups", group.list]);
            let options = ["-suites", suite.name, "-groups", group.list];
            let line = [
                "-text", "hello\\n", "-recv", "6", "-wait", "1", "-rounds", "2", "-resume",
            ];
            let theirs = peer::client(&server.port, &[&options[..], &line[..]].concat());
            let ours = server.reports();
            for (resumed, (client, server)) in theirs.iter().zip(&ours).enumerate() {
                let facts = facts(suite, group, resumed as u8);
                client.expect(&facts);
                server.expect(&facts);
            }
        }
    }
}
