//! Our side: `c-tests/peer.c` on the library under test.

use crate::place::{CERTIFICATES, Identity, Libssl, compile_for};
use crate::process::Process;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::process::Command;

fn program(libssl: Libssl) -> Command {
    let name = match libssl {
        Libssl::Ours => "peer",
        Libssl::Systems => "peer-system",
    };
    let sources = ["c-tests/peer.c", "c-tests/peer_conn.c", "c-tests/peer_keys.c"];
    Command::new(compile_for(libssl, name, &sources))
}

/// What the peer reports of one connection: `key=value` pairs.
#[derive(Debug)]
pub struct Report(HashMap<String, String>);

impl Report {
    /// Values have no `=`, but may have spaces: a word without one belongs to the value before it.
    fn parse(line: &str) -> Report {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for word in line.split_whitespace() {
            match (word.split_once('='), pairs.last_mut()) {
                (Some((key, value)), _) => pairs.push((key.to_owned(), value.to_owned())),
                (None, Some((_, value))) => *value += &format!(" {word}"),
                (None, None) => {}
            }
        }
        Report(pairs.into_iter().collect())
    }

    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("(absent)", String::as_str)
    }

    /// What both libraries have to say alike: all but counts of bytes and how the connection was closed.
    pub fn facts(&self) -> String {
        let varying = ["conn", "sent", "received", "sum", "updates", "closed"];
        let mut pairs: Vec<_> = self
            .0
            .iter()
            .filter(|(key, _)| !varying.contains(&key.as_str()))
            .collect();
        pairs.sort();
        pairs.iter().map(|(key, value)| format!("{key}={value} ")).collect()
    }

    /// Panics unless every `key=value` of `wanted`, separated by spaces, is in the report.
    #[track_caller]
    pub fn expect(&self, wanted: &str) -> &Report {
        for (key, value) in &Report::parse(wanted).0 {
            assert_eq!(self.get(key), value, "{key} in {:?}", self.0);
        }
        self
    }
}

fn reports(text: &str) -> Vec<Report> {
    text.lines()
        .filter(|line| line.starts_with("conn="))
        .map(Report::parse)
        .collect()
}

/// A server of ours, already listening.
pub struct Server {
    process: Process,
    pub port: String,
}

impl Server {
    pub fn start(identity: &Identity, options: &[&str]) -> Server {
        Server::start_on(Libssl::Ours, identity, options)
    }

    pub fn start_on(libssl: Libssl, identity: &Identity, options: &[&str]) -> Server {
        let mut command = program(libssl);
        command
            .args(["server", "-port", "0", "-cert", &identity.cert, "-key", &identity.key])
            .args(options);
        let process = Process::start(&mut command);
        let port = process.wait_for_line("listening port=");
        Server { process, port }
    }

    /// The usual one: P-256, answers what it hears until the client closes.
    pub fn echo(rounds: usize, options: &[&str]) -> Server {
        let rounds = rounds.to_string();
        Server::start(&CERTIFICATES.p256, &[&["-echo", "-rounds", &rounds], options].concat())
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The report of one connection, counted from 1, of a server that goes on.
    pub fn report(&self, number: usize) -> Report {
        let start = format!("conn={number} ");
        Report::parse(&self.process.wait_for_line(&start))
    }

    /// Waits for the server's end, which has to be a good one.
    pub fn reports(self) -> Vec<Report> {
        reports(&self.process.succeed())
    }

    /// Waits for the server's end, good or bad.
    pub fn any_reports(self) -> Vec<Report> {
        reports(&self.process.finish().text)
    }
}

/// A client of ours. It says `Process::finish` only when it has done what `options` ask for.
pub fn start_client<S: AsRef<OsStr>>(port: &str, options: &[S]) -> Process {
    start_client_on(Libssl::Ours, port, options)
}

pub fn start_client_on<S: AsRef<OsStr>>(libssl: Libssl, port: &str, options: &[S]) -> Process {
    Process::start(
        program(libssl)
            .args(["client", "-port", port, "-ca", &CERTIFICATES.ca])
            .args(options),
    )
}

/// Runs a client of ours that has to succeed, and checks the server's certificate on the way.
pub fn client(port: &str, options: &[&str]) -> Vec<Report> {
    client_on(Libssl::Ours, port, options)
}

/// The same on either library.
pub fn client_on(libssl: Libssl, port: &str, options: &[&str]) -> Vec<Report> {
    let mut all = vec!["-verify", "peer", "-verify-name", "localhost"];
    all.extend_from_slice(options);
    reports(&start_client_on(libssl, port, &all).succeed())
}

/// A client on either library that may fail, and does not look at the server's name.
pub fn any_client_on(libssl: Libssl, port: &str, options: &[&str]) -> Vec<Report> {
    reports(&start_client_on(libssl, port, options).finish().text)
}

/// Runs a client of ours that may fail.
pub fn any_client(port: &str, options: &[&str]) -> Vec<Report> {
    any_client_on(Libssl::Ours, port, options)
}
