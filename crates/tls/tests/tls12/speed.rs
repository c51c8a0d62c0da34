//! `cargo test --release -p carnet-tls --test tls12 -- --ignored --nocapture speed`: what a handshake costs a server, ours
//! and rustls's by turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use carnet_tls::CipherSuite;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;

use crate::app::{App, Tickets, with};
use crate::ends::{End, Ours, Theirs};
use crate::pki;
use crate::theirs::{ONLY_12, client, server, their_client, their_server};

const ROUNDS: usize = 1500;

/// One handshake; what the server took of it.
fn timed(config: &Arc<ClientConfig>, make: impl FnOnce() -> Box<dyn End>) -> (Duration, Box<dyn End>, Theirs) {
    let mut client = their_client(config);
    let wire = client.take_output();
    let start = Instant::now();
    let mut server = make();
    server.feed(&wire);
    let mut from_server = server.take_output();
    let mut took = start.elapsed();
    while !from_server.is_empty() {
        client.feed(&from_server);
        let wire = client.take_output();
        let start = Instant::now();
        server.feed(&wire);
        from_server = server.take_output();
        took += start.elapsed();
    }
    (took, server, client)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64 / 1000.0
}

#[test]
#[ignore = "measures"]
fn speed() {
    for suite in [
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ] {
        for resumes in [true, false] {
            let settings = with(|s| s.suites = vec![suite]);
            let config = || {
                let mut config = client(ONLY_12, &[suite], &[], None);
                config.resumption = match resumes {
                    true => Resumption::in_memory_sessions(4),
                    false => Resumption::disabled(),
                };
                Arc::new(config)
            };
            let (for_ours, for_theirs) = (config(), config());
            let mut config = server(ONLY_12, &[suite], &[], &pki::P256, None);
            config.ticketer = aws_lc_rs::Ticketer::new().unwrap();
            let config = Arc::new(config);
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let mut app = App::new(Some(&pki::P256));
                app.tickets = Tickets::Good { renew: true };
                ours.push(timed(&for_ours, || Box::new(Ours::server(&settings, app))).0);
                theirs.push(timed(&for_theirs, || Box::new(their_server(&config))).0);
            }
            let (ours, theirs) = (median(ours), median(theirs));
            println!(
                "{suite:?} resumed {resumes}: ours {ours:.1} µs, rustls {theirs:.1} µs: {:.2}",
                ours / theirs
            );
        }
    }
}
