//! One fleet, two implementations: servers on libcarnet and on the system's libssl that share their ticket keys, and
//! clients of both. What is measured here is the table in the README, word for word.

mod rows;
mod servers;

pub use servers::{LIBRARIES, ticket_keys};

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, thread};

use crate::place::Libssl;
use crate::version::{VERSIONS, Version};

/// From whom to whom a ticket goes.
#[derive(Clone, Copy, Debug)]
pub struct Direction {
    pub minted: Libssl,
    pub redeemed: Libssl,
}

const DIRECTIONS: [Direction; 2] = [
    Direction {
        minted: Libssl::Systems,
        redeemed: Libssl::Ours,
    },
    Direction {
        minted: Libssl::Ours,
        redeemed: Libssl::Systems,
    },
];

/// One row: what it says on the left, and what is measured for both directions in one version.
pub struct Row {
    title: &'static str,
    measure: fn(Version) -> [String; 2],
}

fn name(libssl: Libssl) -> &'static str {
    match libssl {
        Libssl::Ours => "libcarnet",
        Libssl::Systems => "OpenSSL",
    }
}

/// All rows in all versions at once: each is a few processes that mostly wait for each other.
fn measure() -> Vec<Vec<[String; 2]>> {
    thread::scope(|scope| {
        let rows: Vec<_> = rows::ROWS
            .iter()
            .map(|row| VERSIONS.map(|version| scope.spawn(move || (row.measure)(version))))
            .collect();
        let measured = |row: [thread::ScopedJoinHandle<'_, _>; VERSIONS.len()]| {
            row.into_iter()
                .map(|cell| cell.join().unwrap_or_else(|_| panic!("a row failed: see above")))
                .collect()
        };
        rows.into_iter().map(measured).collect()
    })
}

fn table() -> String {
    let cells = measure();
    let mut text = String::from("| redeemed by |");
    for Direction { redeemed, .. } in DIRECTIONS {
        for version in VERSIONS {
            write!(text, " {}, TLS {} |", name(redeemed), version.number()).unwrap();
        }
    }
    let rules = " --- |".repeat(DIRECTIONS.len() * VERSIONS.len());
    write!(text, "\n| --- |{rules}\n").unwrap();
    for (row, cells) in rows::ROWS.iter().zip(&cells) {
        write!(text, "| {} |", row.title).unwrap();
        for direction in 0..DIRECTIONS.len() {
            for version in cells {
                write!(text, " {} |", version[direction]).unwrap();
            }
        }
        text.push('\n');
    }
    text
}

/// What the README has between its markers.
fn printed() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(path).unwrap();
    let (_, rest) = readme
        .split_once("<!-- measured by tests/interop/fleet -->\n")
        .expect("the mark before the table");
    rest.split_once("<!-- end -->")
        .expect("the mark after the table")
        .0
        .to_owned()
}

#[test]
fn the_table_in_the_readme_is_what_is_measured() {
    let measured = table();
    print!("{measured}");
    assert!(
        printed() == measured,
        "README.md says\n{}but it is\n{measured}",
        printed()
    );
}
