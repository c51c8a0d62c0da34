//! rustls in TLS 1.2: every suite with every group, resumed by ticket and by session id, in both directions.

use std::sync::Arc;

use rustls::client::{Resumption, Tls12Resumption};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::version::TLS12;
use rustls::{HandshakeKind, SupportedCipherSuite};

use crate::peer;
use crate::place::{CERTIFICATES, Identity};
use crate::rustls_peer::{client_config_of, serve_with, server_config_of, visit};

/// OpenSSL's names beside rustls's.
fn suites() -> [(&'static str, SupportedCipherSuite, &'static Identity); 6] {
    use aws_lc_rs::cipher_suite::*;
    let c = &*CERTIFICATES;
    [
        (
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            &c.p256,
        ),
        (
            "ECDHE-ECDSA-AES256-GCM-SHA384",
            TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            &c.p384,
        ),
        (
            "ECDHE-ECDSA-CHACHA20-POLY1305",
            TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            &c.p256,
        ),
        (
            "ECDHE-RSA-AES128-GCM-SHA256",
            TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            &c.rsa,
        ),
        (
            "ECDHE-RSA-AES256-GCM-SHA384",
            TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            &c.rsa,
        ),
        (
            "ECDHE-RSA-CHACHA20-POLY1305",
            TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            &c.rsa,
        ),
    ]
}

/// The wanted group comes first; the others are for the certificates (RFC 8422, 5.3).
fn groups() -> [(&'static str, Vec<&'static dyn SupportedKxGroup>, &'static str); 3] {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519};
    [
        ("x25519", vec![X25519, SECP256R1, SECP384R1], "X25519:P-256:P-384"),
        ("secp256r1", vec![SECP256R1, SECP384R1], "P-256:P-384"),
        ("secp384r1", vec![SECP384R1, SECP256R1], "P-384:P-256"),
    ]
}

/// What both ways of resumption have in common: who provides what, and what is expected of it.
struct Pair {
    provider: Arc<CryptoProvider>,
    identity: &'static Identity,
    list: &'static str,
    facts: String,
}

fn each_pair(test: impl Fn(&Pair, bool)) {
    for (name, suite, identity) in suites() {
        for (group, kx_groups, list) in groups() {
            let provider = Arc::new(CryptoProvider {
                cipher_suites: vec![suite],
                kx_groups,
                ..aws_lc_rs::default_provider()
            });
            let pair = Pair {
                provider,
                identity,
                list,
                facts: format!("ok=1 version=TLSv1.2 cipher={name} group={group} ems=1 closed=both"),
            };
            for by_ticket in [true, false] {
                test(&pair, by_ticket);
            }
        }
    }
}

#[test]
fn rustls_clients() {
    each_pair(|pair, by_ticket| {
        let options = ["-echo", "-rounds", "2", "-groups", pair.list];
        let server = peer::Server::start(pair.identity, &options);
        let mut config = client_config_of(pair.provider.clone(), &TLS12);
        if !by_ticket {
            config.resumption = Resumption::in_memory_sessions(8).tls12_resumption(Tls12Resumption::SessionIdOnly);
        }
        let config = Arc::new(config);
        assert_eq!(visit(&config, &server.address()), HandshakeKind::Full);
        assert_eq!(visit(&config, &server.address()), HandshakeKind::Resumed);
        for (resumed, report) in server.reports().iter().enumerate() {
            let tickets = usize::from(by_ticket && resumed == 0);
            report
                .expect(&pair.facts)
                .expect(&format!("resumed={resumed} tickets={tickets}"));
        }
    });
}

#[test]
fn rustls_servers() {
    each_pair(|pair, by_ticket| {
        let mut config = server_config_of(pair.provider.clone(), &TLS12, pair.identity);
        if by_ticket {
            config.ticketer = aws_lc_rs::Ticketer::new().unwrap();
        }
        let (port, server) = serve_with(config, 2);
        let options = ["-recv", "18", "-rounds", "2", "-resume", "-groups", pair.list];
        for (resumed, report) in peer::client(&port, &options).iter().enumerate() {
            report
                .expect(&pair.facts)
                .expect(&format!("resumed={resumed} verify=0 peer=localhost"));
        }
        assert_eq!(server.join().unwrap(), [HandshakeKind::Full, HandshakeKind::Resumed]);
    });
}
