//! `carnet stats`: what happened to tickets, and which keys there are.

mod process;
mod prometheus;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use carnet_keys::{Counter, Ring};
use clap::Args;
use serde_json::{Value, json};

use crate::failure::{Answer, Failure};
use crate::{files, output, ring_view, table, time};

/// Show what happened to tickets: issued, opened, renewed, refused, and the keys that there are
///
/// Counts and keys stand in the ring itself: a file, or memory that the processes of a server share. Nothing is changed by
/// looking. To look into another user's processes takes root; what they show is their word, so a script that runs as root
/// should name its ring or process. Counts start anew with the ring: those of a ring in memory with the server, those of a
/// file with the file.
#[derive(Debug, Args)]
#[command(after_long_help = MORE)]
pub(crate) struct Stats {
    /// A ring file, or the id of a process that runs with libcarnet_preload.so (a file whose name is a number: ./NUMBER)
    /// [default: the file that CARNET_RING names, or all processes that may be looked into]
    #[arg(value_name = "RING|PID")]
    ring: Option<OsString>,
    /// Print JSON; times are seconds since 1970, null for never
    #[arg(long)]
    json: bool,
    /// Print Prometheus text, for node_exporter's textfile collector or a small HTTP server
    #[arg(long, conflicts_with = "json")]
    prometheus: bool,
}

const MORE: &str = "\
JSON:
  Names do not change; others may come.
  rings      of each what carnet-keys-list(1) says, and:
  file       the ring's file, null if it is in memory
  processes  ids of those that have mapped it, if it was found there
  command    what the first of these is called
  counters   issued, opened, renewed, unknown_key, wrong_context,
             chain_too_old, no_key, rotations

Metrics:
  All have the label ring, the file's path; of a ring in memory also command
  and pid; and number, where two would be alike.
  carnet_tickets_issued_total
  carnet_tickets_opened_total   key: sealing or older
  carnet_tickets_refused_total  reason: unknown_key, wrong_context,
                                chain_too_old
  carnet_tickets_not_made_total
  carnet_ring_rotations_total
  carnet_ring_keys              state: ahead, sealing, opening
  carnet_ring_next_rotation_timestamp_seconds

Examples:
  sudo carnet stats
  sudo carnet stats $(cat /run/nginx.pid)
  carnet stats --prometheus /var/lib/carnet/ring > new && mv new /var/lib/node_exporter/carnet.prom";

/// A ring and where it was found.
struct Shown {
    ring: Ring,
    /// Its file, if it has one.
    file: Option<PathBuf>,
    /// Processes that have it mapped, if that is how it was found.
    processes: Vec<u32>,
    /// What the first of these is called.
    command: String,
}

impl Stats {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let now = time::now();
        let shown = self.find(now)?;
        if self.json {
            let rings: Vec<Value> = shown.iter().map(|shown| shown.json(now)).collect();
            output::json(&json!({ "rings": rings }))?;
        } else if self.prometheus {
            output::write(prometheus::text(&shown, now).as_bytes())?;
        } else {
            let texts: Vec<String> = shown.iter().map(|shown| shown.text(now)).collect();
            output::say(texts.join("\n\n"))?;
        }
        Ok(Answer::Done)
    }

    fn find(&self, now: u64) -> Result<Vec<Shown>, Failure> {
        let variable = std::env::var_os("CARNET_RING").filter(|path| !path.is_empty());
        match (&self.ring, variable) {
            (Some(text), _) => match text.to_str().and_then(|text| text.parse().ok()) {
                Some(process) => process::rings_of(process, now),
                None => of_file(Path::new(text), now),
            },
            (None, Some(path)) => of_file(Path::new(&path), now),
            (None, None) => process::rings_of_all(now),
        }
    }
}

fn of_file(path: &Path, now: u64) -> Result<Vec<Shown>, Failure> {
    if path.parent() == Some(Path::new("")) && !path.exists() {
        let name = path.display();
        return Err(Failure::new(format!(
            "{name}: there is no such file; a process is named by its number: carnet stats $(pidof -s {name})"
        )));
    }
    Ok(vec![Shown {
        ring: files::look_at_ring(path, now)?,
        file: Some(path.to_owned()),
        processes: Vec::new(),
        command: String::new(),
    }])
}

impl Shown {
    fn title(&self) -> String {
        let ids: Vec<String> = self.processes.iter().map(u32::to_string).collect();
        let command = output::in_a_line(&self.command);
        let processes = match ids.as_slice() {
            [] => String::new(),
            [one] => format!("{command}, process {one}"),
            _ => format!("{command}, processes {}", ids.join(", ")),
        };
        match (&self.file, processes.is_empty()) {
            (Some(file), true) => format!("ring {}", file.display()),
            (Some(file), false) => format!("ring {} ({processes})", file.display()),
            (None, _) => format!("ring in memory ({processes})"),
        }
    }

    fn text(&self, now: u64) -> String {
        let mut counters = table::plain();
        for counter in Counter::ALL {
            let row = [counter.name().replace('_', " "), self.ring.counted(counter).to_string()];
            counters.add_row(row.into_iter().chain([meaning(counter).to_owned()]));
        }
        let counters = table::fit(counters, table::width());
        let keys = ring_view::keys(&self.ring.keys(now), now);
        let policy = ring_view::policy(&self.ring);
        format!("{}\n{policy}\n{counters}\n{keys}", self.title())
    }

    fn json(&self, now: u64) -> Value {
        let mut value = ring_view::json(&self.ring, now);
        let counters = Counter::ALL.map(|counter| (counter.name().to_owned(), self.ring.counted(counter).into()));
        if let Some(fields) = value.as_object_mut() {
            let file = self.file.as_ref().map(|file| file.display().to_string());
            fields.insert("file".to_owned(), file.into());
            fields.insert("processes".to_owned(), self.processes.clone().into());
            fields.insert("command".to_owned(), self.command.clone().into());
            fields.insert("counters".to_owned(), Value::Object(counters.into_iter().collect()));
        }
        value
    }
}

/// What a count is of, for a person.
fn meaning(counter: Counter) -> &'static str {
    match counter {
        Counter::Issued => "tickets made",
        Counter::Opened => "taken, under the key that seals",
        Counter::Renewed => "taken, under an older key: the client got a new one",
        Counter::UnknownKey => "refused: no such key (expired, revoked, of others)",
        Counter::WrongContext => "refused: for another certificate, verification, name",
        Counter::ChainTooOld => "refused: too long since the last full handshake",
        Counter::NoKey => "not made: there was no key",
        Counter::Rotations => "changes of keys",
    }
}
