//! Server certificates of each kind of key, both ways: ECDSA on two curves, RSA (which signs with PSS), Ed25519.

use crate::place::{CERTIFICATES, Identity};
use crate::version::{VERSIONS, Version};
use crate::{gnutls, openssl, peer};

/// The certificate, how `s_client` names what it was proved with (since OpenSSL 3.2 with curve and hash), and how GnuTLS.
fn kinds() -> [(&'static Identity, [&'static str; 2], &'static str); 4] {
    let c = &*CERTIFICATES;
    [
        (&c.p256, ["ECDSA", "ecdsa_"], "ECDSA-SECP256R1-SHA256"),
        (&c.p384, ["ECDSA", "ecdsa_"], "ECDSA-SECP384R1-SHA384"),
        (&c.rsa, ["RSA-PSS", "rsa_pss_"], "RSA-PSS-RSAE-SHA256"),
        (&c.ed25519, ["ed25519", "ed25519"], "EdDSA-Ed25519"),
    ]
}

fn each_kind(test: impl Fn(&Identity, [&str; 2], &str, Version)) {
    for (identity, openssl, gnutls) in kinds() {
        for version in VERSIONS {
            test(identity, openssl, gnutls, version);
        }
    }
}

fn priority(version: Version) -> String {
    format!("NORMAL:-VERS-ALL:+VERS-TLS{}", version.number())
}

#[test]
fn openssl_clients_accept_ours() {
    each_kind(|identity, signature, _, version| {
        let server = peer::Server::start(identity, &["-echo"]);
        let text = openssl::visit(&server.address(), &[version.flag()]);
        let is_named = signature
            .iter()
            .any(|name| text.contains(&format!("Peer signature type: {name}")));
        assert!(
            is_named && text.contains("Verify return code: 0 (ok)"),
            "{signature:?}: {text}"
        );
        server.reports()[0].expect(&format!("ok=1 version={}", version.name()));
    });
}

#[test]
fn gnutls_clients_accept_ours() {
    each_kind(|identity, _, signature, version| {
        let server = peer::Server::start(identity, &["-echo"]);
        let text = gnutls::visit(&server.port, &["--priority", &priority(version)]);
        // In TLS 1.2 a signature says nothing of the curve, and GnuTLS likes SHA-256 best, with RSA as it always was.
        let signature = match version {
            Version::Tls12 if signature.starts_with("ECDSA") => "(ECDSA-SHA256)",
            Version::Tls12 if signature.starts_with("RSA") => "(RSA-SHA256)",
            _ => signature,
        };
        assert!(
            text.contains(signature) && text.contains("The certificate is trusted"),
            "{signature}: {text}"
        );
        server.reports()[0].expect(&format!("ok=1 version={}", version.name()));
    });
}

#[test]
fn ours_accepts_openssl_servers() {
    each_kind(|identity, _, _, version| {
        let server = openssl::Server::start(identity, &[version.flag(), "-naccept", "1", "-www"]);
        let reports = peer::client(&server.port, &["-text", "GET / HTTP/1.0\\r\\n\\r\\n", "-recv", "all"]);
        reports[0].expect("ok=1 verify=0 peer=localhost");
        server.process.succeed();
    });
}

#[test]
fn ours_accepts_gnutls_servers() {
    each_kind(|identity, _, _, version| {
        let server = gnutls::Server::start(identity, &["--echo", "-a", "--priority", &priority(version)]);
        let reports = peer::client(&server.port, &["-text", "hello\\n", "-recv", "6"]);
        reports[0].expect(&format!("ok=1 version={} verify=0 peer=localhost", version.name()));
    });
}

#[test]
fn ours_refuses_a_stranger() {
    let server = openssl::Server::start(&CERTIFICATES.stranger, &["-naccept", "1"]);
    let reports = peer::any_client(&server.port, &["-verify", "peer"]);
    reports[0]
        .expect("ok=0 stage=handshake")
        .expect("reason=certificate verify failed verify=20");
    let told = server.process.finish().text;
    assert!(told.contains("alert unknown ca"), "{told}");
}

#[test]
fn ours_refuses_the_wrong_name() {
    let server = openssl::Server::start(&CERTIFICATES.other, &["-naccept", "1"]);
    let reports = peer::any_client(&server.port, &["-verify", "peer", "-verify-name", "localhost"]);
    reports[0]
        .expect("ok=0 stage=handshake")
        .expect("reason=certificate verify failed verify=62");
    assert!(server.process.finish().text.contains("alert bad certificate"));
}
