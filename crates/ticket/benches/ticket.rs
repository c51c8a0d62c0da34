//! What this crate costs by itself. For comparisons with other libraries see the crate carnet-bench.

use std::hint::black_box;

use bytes::Bytes;
use carnet_ticket::{IV_LEN, KeyName, MacAlgorithm, Secret, Session, TicketKey};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const NOW: u64 = 1_700_000_000;
const IV: [u8; IV_LEN] = [3; IV_LEN];

fn key(cipher_len: usize, mac: MacAlgorithm) -> TicketKey {
    TicketKey::new(KeyName([1; 16]), &vec![2; cipher_len], mac, &[4; 32]).expect("the lengths are right")
}

/// A server's session as it stands in a ticket; with a client certificate of `peer_len` bytes unless that is zero.
fn session(peer_len: usize) -> Session {
    let mut session = Session::new(0x0304, 0x1302, Secret::new(&[5; 48]).expect("short enough"), NOW);
    session.timeout = 7200;
    session.age_add = 0x1234_5678;
    session.alpn = Some(Bytes::from_static(b"h2"));
    session.kex_group = 0x1d;
    if peer_len > 0 {
        let len = u16::try_from(peer_len).expect("short enough").to_be_bytes();
        session.peer = Some(Bytes::from(
            [&[0x30, 0x82, len[0], len[1]][..], &vec![6; peer_len]].concat(),
        ));
    }
    session
}

fn seal_and_open(c: &mut Criterion) {
    let mut group = c.benchmark_group("ticket");
    for (name, cipher_len, mac) in [
        ("aes256-sha256", 32, MacAlgorithm::Sha256),
        ("aes128-sha256", 16, MacAlgorithm::Sha256),
        ("aes256-sha512", 32, MacAlgorithm::Sha512),
    ] {
        let key = key(cipher_len, mac);
        for len in [200, 1200] {
            let plaintext = vec![7; len];
            let ticket = key.seal(&IV, &plaintext).expect("short enough");
            group.throughput(Throughput::Bytes(len as u64));
            group.bench_function(BenchmarkId::new(format!("seal {name}"), len), |b| {
                b.iter(|| key.seal(black_box(&IV), black_box(&plaintext)));
            });
            group.bench_function(BenchmarkId::new(format!("open {name}"), len), |b| {
                b.iter(|| key.open(black_box(&ticket)));
            });
        }
    }
    group.finish();
}

fn sessions(c: &mut Criterion) {
    let key = key(32, MacAlgorithm::Sha256);
    let mut group = c.benchmark_group("session");
    for (name, session) in [("plain", session(0)), ("client certificate", session(900))] {
        let mut der = Vec::with_capacity(2000);
        session.encode_into(&mut der);
        let der = Bytes::from(der);
        let ticket = key.seal_session(&IV, &session).expect("short enough");
        group.bench_function(format!("encode, {name}"), |b| {
            let mut out = Vec::with_capacity(2000);
            b.iter(|| {
                out.clear();
                black_box(&session).encode_into(&mut out);
            });
        });
        group.bench_function(format!("decode, {name}"), |b| {
            b.iter(|| Session::decode_shared(black_box(&der), NOW))
        });
        group.bench_function(format!("seal, {name}"), |b| {
            b.iter(|| key.seal_session(&IV, black_box(&session)))
        });
        group.bench_function(format!("open, {name}"), |b| {
            b.iter(|| key.open_session(black_box(&ticket), NOW))
        });
    }
    group.finish();
}

criterion_group!(benches, seal_and_open, sessions);
criterion_main!(benches);
