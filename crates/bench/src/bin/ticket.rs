//! `bench-ticket [ROUNDS]`: what sealing and opening a ticket costs carnet, libssl and rustls, interleaved round by
//! round.

use carnet_bench::table::{self, Row};
use carnet_bench::ticket::{Carnet, CarnetRing, Libssl, Rustls, Tickets, time_open, time_seal};

type Measure = fn(&dyn Tickets, &[u8], u32) -> f64;

struct Case {
    title: &'static str,
    goal: &'static str,
    measure: Measure,
    len: usize,
    /// Through the ring and the clock, as libcarnet does. (rustls has its rotation and its clock inside.)
    ring: bool,
}

const fn case(title: &'static str, goal: &'static str, measure: Measure, len: usize, ring: bool) -> Case {
    Case {
        title,
        goal,
        measure,
        len,
        ring,
    }
}

const CASES: [Case; 6] = [
    case(
        "seal 200 bytes, ns",
        "≤ 0.33 of OpenSSL, ≤ 0.8 of rustls (floor 756)",
        time_seal,
        200,
        false,
    ),
    case(
        "open 200 bytes, ns",
        "≤ 0.17 of OpenSSL, ≤ 0.7 of rustls (floor 270)",
        time_open,
        200,
        false,
    ),
    case(
        "seal 1200 bytes, ns",
        "≤ 0.8 of rustls (floor 2390)",
        time_seal,
        1200,
        false,
    ),
    case(
        "open 1200 bytes, ns",
        "≤ 0.7 of rustls (floor 909)",
        time_open,
        1200,
        false,
    ),
    case("seal 200 bytes, key from the ring, ns", "", time_seal, 200, true),
    case("open 200 bytes, key from the ring, ns", "", time_open, 200, true),
];

/// Few enough that most measurements fit into one turn of a busy machine's scheduler.
const COUNT: u32 = 300;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = std::env::args().nth(1).map_or(Ok(301), |text| text.parse())?;
    let mut blob = [0; 80];
    getrandom::fill(&mut blob)?;
    let (carnet, ring) = (Carnet::new(&blob), CarnetRing::new(&blob));
    let (libssl, rustls) = (Libssl::new(&blob), Rustls::new()?);

    // Those that share a key open each other's tickets, or the figures would mean nothing.
    assert_eq!(libssl.open(&carnet.seal(b"session")), Some(7));
    assert_eq!(ring.open(&libssl.seal(b"session")), Some(7));

    let mut rows = CASES.map(|case| Row {
        title: case.title.to_owned(),
        figures: [const { Vec::new() }; 3],
        goal: case.goal,
    });
    for round in 0..=rounds {
        for (row, case) in rows.iter_mut().zip(CASES) {
            let ours: &dyn Tickets = if case.ring { &ring } else { &carnet };
            let plaintext: Vec<u8> = (0..case.len).map(|i| i as u8).collect();
            for (tickets, figures) in [ours, &libssl, &rustls].into_iter().zip(&mut row.figures) {
                let figure = (case.measure)(tickets, &plaintext, COUNT);
                // The first round warms caches and allocators.
                if round > 0 {
                    figures.push(figure);
                }
            }
        }
    }
    println!("tickets, AES-256-CBC and HMAC-SHA-256, IV included; medians of {rounds} interleaved rounds");
    table::print(&rows);
    Ok(())
}
