//! `carnet keys list`.

use std::path::PathBuf;

use clap::Args;

use crate::failure::{Answer, Failure};
use crate::{files, output, ring_view, time};

/// Show the keys of a ring file: names and times, never the keys themselves
///
/// "ahead" is published, so that whoever lags can open what others seal; "sealing" makes tickets and opens them; "opening"
/// only opens them, until the last has run out. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_long_help = ring_view::JSON)]
pub(crate) struct List {
    /// The ring file
    ring: PathBuf,
    /// Print JSON; times are seconds since 1970, null for never
    #[arg(long)]
    json: bool,
}

impl List {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let now = time::now();
        let ring = files::look_at_ring(&self.ring, now)?;
        if self.json {
            output::json(&ring_view::json(&ring, now))?;
        } else {
            let keys = ring_view::keys(&ring.keys(now), now);
            output::say(format_args!("{}\n{keys}", ring_view::policy(&ring)))?;
        }
        Ok(Answer::Done)
    }
}
