//! What is measured: handshakes of each kind, further tickets, and bulk data.

use std::time::{Duration, Instant};

use super::client::{Client, ClientConnection, Session};
use super::{Connection, Server};
use crate::table::median;

/// Adds up the time that a server spends.
#[derive(Default)]
struct Clock {
    total: Duration,
}

impl Clock {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.total += start.elapsed();
        result
    }
}

/// Runs one handshake; server time goes to `clock`. Gives both ends back, with the tickets already read by the client.
fn handshake<'s, 'c>(
    server: &'s dyn Server,
    client: &'c Client<'c>,
    session: Option<&Session<'_>>,
    clock: &mut Clock,
) -> (Box<dyn Connection + 's>, ClientConnection<'c>) {
    let mut near = clock.time(|| server.connection());
    let mut far = client.connection(session);
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    let mut finished = (false, false);
    while finished != (true, true) {
        to_server.clear();
        finished.0 = far.exchange(&to_client, &mut to_server);
        to_client.clear();
        near.input(&to_server);
        finished.1 = clock.time(|| near.process());
        near.output(&mut to_client);
    }
    far.read(&to_client, &mut [0; 256]);
    (near, far)
}

/// Server microseconds per full handshake, connection made and freed included.
pub fn full(server: &dyn Server, client: &Client<'_>, count: u32) -> f64 {
    median_micros(count, |clock| {
        let (near, _far) = handshake(server, client, None, clock);
        assert!(!near.resumed());
        clock.time(|| drop(near));
    })
}

/// Server microseconds per resumed handshake. The session comes from one full handshake, which is not counted.
pub fn resumed(server: &dyn Server, client: &Client<'_>, count: u32) -> f64 {
    let (_near, far) = handshake(server, client, None, &mut Clock::default());
    let session = far.session();
    median_micros(count, |clock| {
        let (near, _far) = handshake(server, client, Some(&session), clock);
        assert!(near.resumed(), "the ticket was refused");
        clock.time(|| drop(near));
    })
}

/// Mebibytes per second that the server seals when it writes `chunk` bytes at a time.
pub fn send_throughput(server: &dyn Server, client: &Client<'_>, chunk: usize, total: usize) -> f64 {
    let (mut near, mut far) = handshake(server, client, None, &mut Clock::default());
    let data = vec![0x5a; chunk];
    let (mut wire, mut scratch) = (Vec::new(), vec![0; 16384]);
    let mut clock = Clock::default();
    let (mut sent, mut read) = (0, 0);
    while sent < total {
        for _ in 0..(65536 / chunk).max(1) {
            clock.time(|| near.write(&data));
            sent += chunk;
        }
        wire.clear();
        near.output(&mut wire);
        read += far.read(&wire, &mut scratch);
    }
    assert_eq!(read, sent);
    sent as f64 / 1_048_576.0 / clock.total.as_secs_f64()
}

/// Mebibytes per second that the server opens when the client writes `chunk` bytes at a time.
pub fn receive_throughput(server: &dyn Server, client: &Client<'_>, chunk: usize, total: usize) -> f64 {
    let (mut near, mut far) = handshake(server, client, None, &mut Clock::default());
    let data = vec![0x5a; chunk];
    let (mut wire, mut scratch) = (Vec::new(), vec![0; 16384]);
    let mut clock = Clock::default();
    let (mut sent, mut read) = (0, 0);
    while sent < total {
        wire.clear();
        for _ in 0..(65536 / chunk).max(1) {
            far.write(&data, &mut wire);
            sent += chunk;
        }
        near.input(&wire);
        read += clock.time(|| near.read(&mut scratch));
    }
    assert_eq!(read, sent);
    sent as f64 / 1_048_576.0 / clock.total.as_secs_f64()
}

/// Bytes of resident memory per idle established connection, the client's half not counted.
///
/// The client's connections are freed as soon as the handshake is done, so that what stays is the server's.
pub fn idle_memory(server: &dyn Server, client: &Client<'_>, count: usize) -> f64 {
    for _ in 0..50 {
        handshake(server, client, None, &mut Clock::default());
    }
    let mut kept = Vec::with_capacity(count);
    let before = resident();
    for _ in 0..count {
        let (near, far) = handshake(server, client, None, &mut Clock::default());
        drop(far);
        kept.push(near);
    }
    let after = resident();
    drop(kept);
    (after.saturating_sub(before)) as f64 / count as f64
}

/// Resident set size of this process, bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|field| field.parse::<usize>().ok())
        .unwrap_or(0);
    pages * 4096
}

/// The median over `count` runs, so that a run that the machine interrupted does not weigh.
fn median_micros(count: u32, mut run: impl FnMut(&mut Clock)) -> f64 {
    let sample = |_| {
        let mut clock = Clock::default();
        run(&mut clock);
        clock.total.as_secs_f64() * 1e6
    };
    median(&(0..count).map(sample).collect::<Vec<_>>())
}
