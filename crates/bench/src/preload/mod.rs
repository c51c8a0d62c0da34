//! The same program without the preload library, with it, and without it once more, in turns.
//!
//! What the two runs without it differ by is what the measurement itself is good for.

mod nginx;
mod programs;

use std::error::Error;
use std::path::PathBuf;

use comfy_table::{Cell, CellAlignment, Table, presets};

use crate::table::{median, median_ratio};
use nginx::Nginx;
use programs::Programs;

/// Who is measured: `CONTROL` is another `WITHOUT`.
const WITHOUT: usize = 0;
const WITH: usize = 1;
const CONTROL: usize = 2;

const DEBIANS_CAS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What is measured in one process, its goal, and how the program is asked for it.
const COSTS: [(&str, &str, &[&str]); 6] = [
    ("seal a ticket, ns of CPU", "at most 1000 more", &["ticket", "10000"]),
    (
        "open a ticket (TLS 1.2), ns over OpenSSL's own keys",
        "at most 1000",
        &["callback", "12", "5000"],
    ),
    (
        "likewise, where clients are verified by one CA",
        "at most 1000",
        &["callback", "12", "5000", "server.pem"],
    ),
    (
        "likewise, by Debian's CAs",
        "at most 1000",
        &["callback", "12", "5000", DEBIANS_CAS],
    ),
    (
        "open one, seal one (TLS 1.3), clients not verified",
        "at most 2000",
        &["callback", "13", "2000"],
    ),
    (
        "likewise, where clients are verified by Debian's CAs",
        "at most 2000",
        &["callback", "13", "2000", DEBIANS_CAS],
    ),
];

/// What was measured, and each candidate's figure in every round.
pub struct Row {
    title: &'static str,
    goal: &'static str,
    figures: [Vec<f64>; 3],
}

/// Measures everything, in `rounds` rounds.
pub fn run(library: PathBuf, rounds: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    let programs = Programs::new(library)?;
    let mut rows = Vec::new();
    for (title, goal, arguments) in COSTS {
        rows.push(measure(title, goal, rounds, |who| {
            programs.cost(who == WITH, arguments)
        })?);
    }
    for (title, version) in [
        ("nginx, TLS 1.2, resumed a CPU second", "12"),
        ("nginx, TLS 1.3, resumed a CPU second", "13"),
    ] {
        rows.push(servers(title, version, rounds, &programs)?);
    }
    eprintln!("\r{:<70}", "");
    Ok(rows)
}

/// Who goes first changes with each round.
fn turns(round: usize) -> impl Iterator<Item = usize> {
    (0..3).map(move |turn| (round + turn) % 3)
}

fn measure(
    title: &'static str,
    goal: &'static str,
    rounds: usize,
    figure: impl Fn(usize) -> Result<f64, Box<dyn Error>>,
) -> Result<Row, Box<dyn Error>> {
    let mut figures = [const { Vec::new() }; 3];
    for round in 0..rounds {
        eprint!("\r{title:<52} round {round}/{rounds}");
        for who in turns(round) {
            figures[who].push(figure(who)?);
        }
    }
    Ok(Row { title, goal, figures })
}

/// How often clients come back to each server in a round: one server can be fast or slow by where it lies in memory, so
/// that each round has servers of its own, and the machine is faster or slower from moment to moment, so that each gets
/// several short turns, of which the median counts.
const PASSES: usize = 9;

fn servers(title: &'static str, version: &str, rounds: usize, programs: &Programs) -> Result<Row, Box<dyn Error>> {
    let mut figures = [const { Vec::new() }; 3];
    for round in 0..rounds {
        eprint!("\r{title:<52} round {round}/{rounds}");
        let all = [WITHOUT, WITH, CONTROL].map(|who| Nginx::start(programs, who == WITH));
        let [without, with, control] = all;
        let servers = [without?, with?, control?];
        for server in &servers {
            server.visits(programs, version)?;
        }
        let mut turned = [const { Vec::new() }; 3];
        for pass in 0..PASSES {
            for who in turns(round + pass) {
                turned[who].push(server_turn(&servers[who], programs, version)?);
            }
        }
        for (figures, turned) in figures.iter_mut().zip(turned) {
            figures.push(median(&turned));
        }
    }
    Ok(Row {
        title,
        goal: "within 2 %",
        figures,
    })
}

/// Visits for each second that the server had a processor for them.
fn server_turn(server: &Nginx, programs: &Programs, version: &str) -> Result<f64, Box<dyn Error>> {
    let before = server.busy()?;
    let visits = server.visits(programs, version)?;
    Ok(visits * 1e9 / (server.busy()? - before))
}

/// Figures that are differences already have none.
fn ratio(figures: &[f64], without: &[f64]) -> String {
    if median(without).abs() < 1000.0 {
        return "–".into();
    }
    format!("{:.3}×", median_ratio(figures, without))
}

/// Prints medians, differences and ratios.
pub fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header([
        "",
        "without",
        "with",
        "more",
        "with / without",
        "without / without",
        "goal",
    ]);
    for Row { title, goal, figures } in rows {
        let [without, with, control] = figures;
        let more: Vec<f64> = with.iter().zip(without).map(|(with, without)| with - without).collect();
        let right = |text| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(title),
            right(format!("{:.0}", median(without))),
            right(format!("{:.0}", median(with))),
            right(format!("{:+.0}", median(&more))),
            right(ratio(with, without)),
            right(ratio(control, without)),
            Cell::new(goal),
        ]);
    }
    println!("{table}");
}
