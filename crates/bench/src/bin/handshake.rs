//! `bench-handshake [LIBCARNET] [ROUNDS] [PART OF A TITLE]`: what a handshake, a ticket and a byte cost a server, by carnet's libssl, the
//! system's and rustls, interleaved round by round in one process.

use std::path::{Path, PathBuf};
use std::process::Command;

use carnet_bench::handshake::abi::{Crypto, Ssl};
use carnet_bench::handshake::cases::{self, Case};
use carnet_bench::handshake::client::Client;
use carnet_bench::handshake::ossl_server::OsslServer;
use carnet_bench::handshake::pki::{self, Pki};
use carnet_bench::handshake::rustls_server::RustlsServer;
use carnet_bench::handshake::{Server, ServerOptions, scenario};
use carnet_bench::table::{self, Row};

type Failure = Box<dyn std::error::Error>;

struct Libraries {
    crypto: Crypto,
    system: Ssl,
    carnet: Ssl,
    pki: Pki,
}

impl Libraries {
    fn server<'a>(&'a self, index: usize, options: ServerOptions) -> Result<Box<dyn Server + 'a>, Failure> {
        Ok(match index {
            0 => Box::new(OsslServer::new(&self.carnet, &self.crypto, &self.pki, options)),
            1 => Box::new(OsslServer::new(&self.system, &self.crypto, &self.pki, options)),
            _ => Box::new(RustlsServer::new(&self.pki, options)?),
        })
    }
}

fn run(libraries: &Libraries, case: &Case, rounds: usize) -> Result<Row, Failure> {
    let servers = (0..3)
        .map(|index| libraries.server(index, case.options))
        .collect::<Result<Vec<_>, _>>()?;
    let client = Client::new(&libraries.system, &libraries.crypto, &libraries.pki, case.options);
    let mut figures = [const { Vec::new() }; 3];
    for round in 0..=rounds {
        eprint!("\r{:<44} round {round}/{rounds}", case.title);
        for (server, figures) in servers.iter().zip(&mut figures) {
            let figure = (case.measure)(server.as_ref(), &client);
            // The first round warms caches and allocators.
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    Ok(Row {
        title: case.title.to_owned(),
        figures,
        goal: case.goal,
    })
}

/// (21 tickets − 1 ticket) / 20, round by round.
fn further_ticket(rows: &[Row]) -> Option<Row> {
    let find = |prefix: &str| rows.iter().find(|row| row.title.starts_with(prefix));
    let (one, many) = (find("full, 1 ticket,")?, find("full, 21 tickets,")?);
    let mut figures = [const { Vec::new() }; 3];
    for (index, figures) in figures.iter_mut().enumerate() {
        let pairs = many.figures[index].iter().zip(&one.figures[index]);
        *figures = pairs.map(|(many, one)| (many - one) / 20.0).collect();
    }
    Some(Row {
        title: "each further ticket, AES-128, µs".into(),
        figures,
        goal: "≤ 2.5 µs (floor 1.2)",
    })
}

/// Measures one candidate in a process of its own: memory that another has freed would be counted as none.
fn idle_memory(libraries: &Libraries, index: usize) -> Result<f64, Failure> {
    let options = cases::idle_connection();
    let client = Client::new(&libraries.system, &libraries.crypto, &libraries.pki, options);
    let server = libraries.server(index, options)?;
    Ok(scenario::idle_memory(server.as_ref(), &client, 3000) / 1024.0)
}

fn memory_row(carnet: &Path) -> Result<Row, Failure> {
    let mut figures = [const { Vec::new() }; 3];
    for (index, figures) in figures.iter_mut().enumerate() {
        let output = Command::new(std::env::current_exe()?)
            .arg(carnet)
            .args(["1", "idle"])
            .arg(index.to_string())
            .output()?;
        figures.push(String::from_utf8(output.stdout)?.trim().parse()?);
    }
    Ok(Row {
        title: "idle connection, KiB resident".into(),
        figures,
        goal: "≤ OpenSSL",
    })
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let carnet = arguments
        .next()
        .map_or_else(|| PathBuf::from("target/release/libcarnet.so"), PathBuf::from);
    let rounds = arguments.next().map_or(Ok(13), |text| text.parse())?;
    let only = arguments.next().unwrap_or_default();
    let libraries = Libraries {
        crypto: Crypto::load("libcrypto.so.3".as_ref())?,
        system: Ssl::load("libssl.so.3".as_ref())?,
        carnet: Ssl::load(&carnet)?,
        pki: pki::make()?,
    };
    if only == "idle" {
        let index = arguments.next().ok_or("which candidate?")?.parse()?;
        println!("{}", idle_memory(&libraries, index)?);
        return Ok(());
    }
    let mut rows = Vec::new();
    if only.is_empty() {
        rows.push(memory_row(&carnet)?);
    }
    for case in cases::all().filter(|case| case.title.contains(&only)) {
        rows.push(run(&libraries, &case, rounds)?);
    }
    eprintln!("\r{:<60}", "");
    rows.extend(further_ticket(&rows));
    println!(
        "TLS 1.3 unless it says 1.2, ECDSA P-256, X25519; server side only; medians of {rounds} interleaved rounds"
    );
    table::print(&rows);
    Ok(())
}
