//! `carnet keys init`.

use std::path::PathBuf;

use carnet_keys::{FileError, Policy, Ring, Root, Start};
use clap::Args;

use crate::failure::{Answer, Failure};
use crate::files::explain;
use crate::time::{now, parse_span};

/// Make a ring file, or the root secret of a fleet
///
/// The file must not exist yet, and is for you alone (mode 0600). A ring file is what CARNET_RING names: keys that outlive a
/// restart and that several programs of one host share. A root secret is what CARNET_ROOT names: copy it to each host of a
/// fleet, over a channel that you trust, and all have the same keys at the same time.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The new file
    path: PathBuf,
    /// Make a root secret instead of a ring
    #[arg(long)]
    root: bool,
    /// Take the ring's keys from this root secret; interval and lifetime are the root's
    #[arg(long, value_name = "ROOT", conflicts_with_all = ["root", "interval", "lifetime"])]
    from: Option<PathBuf>,
    /// For how long each key seals: seconds, or 15m, 2h, 1d; at least a thirteenth of the lifetime, and 1m with --root
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_span)]
    interval: u64,
    /// For how long its tickets open after that; no less than the server's session timeout
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = parse_span)]
    lifetime: u64,
}

impl Init {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        if self.interval == 0 {
            return Err(Failure::new("an interval of 0 s is none; give --interval at least 1s"));
        }
        let (policy, now) = (Policy::every(self.interval, self.lifetime), now());
        if self.root {
            Root::create_file(&self.path, policy, now).map_err(|error| self.explain(error))?;
            return Ok(Answer::Done);
        }
        let root = self.from.as_deref().map(Root::from_file).transpose().map_err(explain)?;
        let start = root.as_ref().map_or(Start::Random(policy), Start::Root);
        Ring::create_file(&self.path, &start, now).map_err(|error| self.explain(error))?;
        Ok(Answer::Done)
    }

    /// A new file in a directory that is not there.
    fn explain(&self, error: FileError) -> Failure {
        let parent = self
            .path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty() && !parent.exists());
        match parent {
            Some(parent) => {
                let parent = parent.display();
                Failure::new(format!(
                    "{parent} is not there; make it first: install -d -m 700 {parent}"
                ))
            }
            None => explain(error),
        }
    }
}
