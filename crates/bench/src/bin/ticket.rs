//! `bench-ticket [ROUNDS]`: what sealing and opening a ticket costs carnet, libssl and rustls, interleaved round by
//! round.

use carnet_bench::table::{self, Row};
use carnet_bench::ticket::{Carnet, Libssl, Rustls, Tickets, time_open, time_seal};

type Measure = fn(&dyn Tickets, &[u8], u32) -> f64;

const CASES: [(&str, Measure, usize, &str); 4] = [
    (
        "seal 200 bytes, ns",
        time_seal,
        200,
        "≤ 0.33 of OpenSSL, ≤ 0.8 of rustls (floor 756)",
    ),
    (
        "open 200 bytes, ns",
        time_open,
        200,
        "≤ 0.17 of OpenSSL, ≤ 0.7 of rustls (floor 270)",
    ),
    ("seal 1200 bytes, ns", time_seal, 1200, "≤ 0.8 of rustls (floor 2390)"),
    ("open 1200 bytes, ns", time_open, 1200, "≤ 0.7 of rustls (floor 909)"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = std::env::args().nth(1).map_or(Ok(31), |text| text.parse())?;
    let mut blob = [0; 80];
    getrandom::fill(&mut blob)?;
    let (carnet, libssl, rustls) = (Carnet::new(&blob), Libssl::new(&blob), Rustls::new()?);
    let candidates: [&dyn Tickets; 3] = [&carnet, &libssl, &rustls];

    // The two that share a key open each other's tickets, or the figures would mean nothing.
    assert_eq!(libssl.open(&carnet.seal(b"session")), Some(7));
    assert_eq!(carnet.open(&libssl.seal(b"session")), Some(7));

    let mut rows = CASES.map(|(title, _, _, goal)| Row {
        title: title.to_owned(),
        figures: [const { Vec::new() }; 3],
        goal,
    });
    for round in 0..=rounds {
        for (row, (_, measure, len, _)) in rows.iter_mut().zip(CASES) {
            let plaintext: Vec<u8> = (0..len).map(|i| i as u8).collect();
            for (tickets, figures) in candidates.iter().zip(&mut row.figures) {
                let figure = measure(*tickets, &plaintext, 4000);
                // The first round warms caches and allocators.
                if round > 0 {
                    figures.push(figure);
                }
            }
        }
    }
    println!("tickets, AES-256-CBC and HMAC-SHA-256, IV and clock included; medians of {rounds} interleaved rounds");
    table::print(&rows);
    Ok(())
}
