//! `carnet doctor`: what a server does with tickets, seen from outside.
//!
//! [`visit`] makes one connection; [`examine`], [`cross`] and [`watch`] make many and write down [`facts`]; [`judge`] turns
//! facts into [`finding`]s, and [`report`] prints them.

mod cross;
mod examine;
mod facts;
mod finding;
mod judge;
mod kept;
mod keynames;
mod offer;
mod progress;
mod report;
mod target;
mod trouble;
mod visit;
mod watch;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;

use crate::failure::Failure;
use crate::time::parse_span;
use crate::{output, table};
use cross::{Courier, Known};
use facts::Facts;
use finding::Finding;
use offer::Manner;
use progress::Progress;
use target::{Address, Endpoint, Target};

/// See from outside what a server does with tickets, and what is wrong with that
///
/// Connects several times to each address of each target, in TLS 1.3 and in TLS 1.2, offers what it was given, and says in
/// a table and in sentences what came of it. It judges tickets, not certificates: those are taken as they are.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = after_long())]
pub(crate) struct Doctor {
    /// Servers; the port is 443 if there is none. Of several, no ticket of one should resume on another
    #[arg(required = true, value_name = "HOST:PORT")]
    targets: Vec<Target>,
    /// Instead of the name's own addresses; may be given several times
    #[arg(long = "address", value_name = "IP[:PORT]")]
    addresses: Vec<Address>,
    /// The server name to ask for, instead of HOST
    #[arg(long, value_name = "NAME", value_parser = server_name)]
    sni: Option<String>,
    /// Another server name there, whose tickets should be its own; may be given several times
    #[arg(long = "other-name", value_name = "NAME", value_parser = server_name)]
    other_names: Vec<String>,
    /// An application protocol to offer; may be given several times
    #[arg(long, value_name = "PROTOCOL")]
    alpn: Vec<String>,
    /// Say nothing after the handshake, instead of asking for / with HTTP's HEAD
    #[arg(long)]
    raw: bool,
    /// How often to come back to each address, in each version
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000))]
    tries: u16,
    /// How long to wait for a connection and for a handshake
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_span)]
    timeout: u64,
    /// How many milliseconds to wait after a handshake for tickets and for an answer
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 500)]
    wait: u64,
    /// Then keep resuming, every so often, and tell when that changes: across a reload. Ends with Ctrl-C
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "30s", value_parser = parse_span)]
    watch: Option<u64>,
    /// End the watch after so long
    #[arg(long = "for", value_name = "TIME", requires = "watch", value_parser = parse_span)]
    duration: Option<u64>,
    /// A finding that is no problem here, by its code; may be given several times
    #[arg(long, value_name = "CODE", value_parser = code)]
    allow: Vec<String>,
    /// Print one JSON object, at the end
    #[arg(long)]
    json: bool,
}

const AFTER: &str = "Exit codes: 0 all is well, 1 something is wrong, 2 nobody could be spoken with.";

const AFTER_LONG: &str = "\
Exit codes:
  0  all is well; there may be notes
  1  something is wrong
  2  nobody could be spoken with, or the command line makes no sense

Columns:
  tickets   how many come after a full handshake
  life      their lifetime, as the server says it
  resumed   how many of those that were offered
  renewed   after how many of these the server sent a new one
  again     whether a TLS 1.3 ticket resumes a second time
  key name  how tickets begin, if they have that in common

JSON:
  Names do not change; others may come. Spans are seconds.
  servers    of each address: target, address, name (null if none was asked
             for), versions; of each version: version, outcome, seen
    outcome  handshake (ok, not_spoken, no_route, unreachable, failed) and,
             of the last two, why
    seen     null, or: suite, alpn, certificate (its SHA-256),
             asks_certificate, extended_master_secret (TLS 1.2), tickets
             (sent, session_id_only, lifetime, len, max_early_data; keys:
             len, names, zero, memory, zero_key), resumption (offered,
             resumed, renewed, failed; reusable: null if not tried)
  crossings  of each: border (address, name, target), version, resumed,
             from and to (target, address, name, certificate,
             asks_certificate)
  watch      of each change: at, address, version, change, and with it:
             broke (after), ended (after, by: lifetime, reused or server),
             refused (age, lifetime), key_name (from, to, seen), lost (why),
             back
  chains     of each version watched: address, version, resumptions, longest
  findings   of each: level (problem, note), code, place, text, advice

Findings:
";

fn after_long() -> String {
    let lines = finding::CODES
        .iter()
        .map(|(code, what)| format!("  {code:<26} {what}\n"));
    std::iter::once(AFTER_LONG.to_owned()).chain(lines).collect()
}

/// Looks, prints, and says how it is.
pub(crate) fn run(doctor: &Doctor) -> ExitCode {
    match doctor.run() {
        Ok(code) => code,
        Err(failure) => {
            output::complain(failure);
            ExitCode::from(2)
        }
    }
}

impl Doctor {
    fn run(&self) -> Result<ExitCode, Failure> {
        let manner = self.manner()?;
        let endpoints = self.endpoints()?;
        let mut progress = Progress::new();
        let mut facts = Facts::default();
        let tries = usize::from(self.tries);
        for endpoint in &endpoints {
            let server = examine::examine(endpoint, tries, &manner, &mut progress);
            facts.servers.push(server);
        }
        let servers = facts.servers.clone();
        let known: Vec<Known<'_>> = endpoints
            .iter()
            .zip(&servers)
            .map(|(endpoint, server)| Known { endpoint, server })
            .collect();
        facts.crossings = self.crossings(&known, &manner, &mut progress);
        progress.clear();
        self.print(|| report::tables(&facts))?;
        if let Some(every) = self.watch {
            self.watch(&known, every, &manner, &mut progress, &mut facts)?;
        }
        self.conclude(&facts)
    }

    fn conclude(&self, facts: &Facts) -> Result<ExitCode, Failure> {
        let findings: Vec<Finding> = judge::judge(facts);
        if self.json {
            output::json_text(&report::json(facts, &findings)?)?;
        }
        self.print(|| format!("\n{}", report::findings(&findings, &self.allow, table::width())))?;
        Ok(if !judge::met_anybody(facts) {
            ExitCode::from(2)
        } else if judge::has_problem(&findings, &self.allow) {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn manner(&self) -> Result<Manner, Failure> {
        let protocols = offer::protocols(&self.alpn);
        let protocols = protocols.ok_or_else(|| Failure::new("a protocol's name has 1 to 255 bytes; see --alpn"))?;
        if self.timeout == 0 {
            return Err(Failure::new("with --timeout 0 nobody can answer in time"));
        }
        Ok(Manner {
            timeout: seconds(self.timeout),
            wait: Duration::from_millis(self.wait).min(seconds(u64::MAX)),
            is_http: !self.raw,
            protocols,
        })
    }

    fn endpoints(&self) -> Result<Vec<Endpoint>, Failure> {
        let mut endpoints = Vec::new();
        for target in &self.targets {
            let found = target.endpoints(&self.addresses, self.sni.as_deref());
            let found = found.map_err(|error| {
                // The resolver's words come with a preamble of the library's.
                let why = error.to_string();
                let why = why.rsplit_once(": ").map_or(why.as_str(), |(_, why)| why);
                let host = &target.host;
                Failure::new(format!(
                    "{host} has no address ({why}); check the name, or give --address"
                ))
            })?;
            if found.is_empty() {
                return Err(Failure::new(format!("{target} has no addresses")));
            }
            endpoints.extend(found);
        }
        Ok(endpoints)
    }

    fn crossings(&self, known: &[Known<'_>], manner: &Manner, progress: &mut Progress) -> Vec<facts::Crossing> {
        let mut courier = Courier {
            manner,
            progress,
            found: Vec::new(),
        };
        courier.between_addresses(known);
        courier.between_names(known, &self.other_names);
        courier.between_targets(known);
        courier.found
    }

    fn watch(
        &self,
        known: &[Known<'_>],
        every: u64,
        manner: &Manner,
        progress: &mut Progress,
        facts: &mut Facts,
    ) -> Result<(), Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // The second one ends the program at once.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))?;
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
        }
        let mut list = watch::watched(known);
        if list.is_empty() {
            return Ok(());
        }
        let pace = watch::Pace {
            every: seconds(every.max(1)),
            until: self.duration.map(|span| Instant::now() + seconds(span)),
        };
        self.print(|| format!("\nWatching, every {} s\n", every.max(1)))?;
        let mut tell = |changes: &[facts::Change], seconds: u64| {
            progress.clear();
            for change in changes {
                // Who has stopped reading has still asked for the exit code.
                let _ = self.print(|| format!("{}\n", report::change(change)));
            }
            progress.say(&format!("{seconds} s"));
        };
        let stopped = || stop.load(Ordering::Relaxed) || output::reader_is_gone();
        facts.watch = watch::watch(&mut list, pace, manner, &stopped, &mut tell);
        progress.clear();
        facts.chains = list.iter().map(watch::Watched::chain).collect();
        self.print(|| report::chains(&facts.chains, facts.watch.len()))
    }

    /// For a person, as it comes.
    fn print(&self, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json {
            Ok(())
        } else {
            output::write(output::harmless(&text()).as_bytes())
        }
    }
}

/// As many, or a century's, to which any clock can add some more.
fn seconds(number: u64) -> Duration {
    const CENTURY: u64 = 36_525 * 86_400;
    Duration::from_secs(number.min(CENTURY))
}

fn code(text: &str) -> Result<String, String> {
    if finding::CODES.iter().any(|(code, _)| *code == text) {
        return Ok(text.to_owned());
    }
    let codes: Vec<&str> = finding::CODES.iter().map(|(code, _)| *code).collect();
    Err(format!("not one of {}", codes.join(", ")))
}

fn server_name(text: &str) -> Result<String, &'static str> {
    let is_name = !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_name && text.parse::<std::net::IpAddr>().is_err() {
        Ok(text.to_owned())
    } else {
        Err("not a server name")
    }
}
