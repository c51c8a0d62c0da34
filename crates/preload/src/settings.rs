//! What the operator wants, from the environment as it was when the library was loaded, and from a file: read once, when
//! the library is loaded with OpenSSL, or later when OpenSSL has come.
//!
//! | environment | in /etc/carnet.toml | default | |
//! | --- | --- | --- | --- |
//! | `CARNET_MODE` | `mode` | `respect` | `respect`: an application that brings ticket keys of its own keeps them; `override`: it gets ours; `off`: nothing is done |
//! | `CARNET_RING` | `ring` | – | a ring file, made if it is not there: keys outlive a restart, and whoever maps it shares them |
//! | `CARNET_ROOT` | `root` | – | a root secret's file: a fleet has the same keys with no traffic |
//! | `CARNET_INTERVAL` | `interval` | 3600 | for how many seconds a key seals; not with `root`, whose file says it |
//! | `CARNET_LIFETIME` | `lifetime` | 7200 | for how many seconds its tickets open after that; likewise |
//! | `CARNET_CHAIN_CAP` | `chain_cap` | 604800 | how many seconds after a full handshake there may be resumptions; 0: no end |
//! | `CARNET_LOG` | `log` | `stderr` | `stderr`, `off`, or a file to append to (no symbolic link) |
//! | `CARNET_CONFIG` | | /etc/carnet.toml | another file with these settings, which must exist |
//!
//! The environment wins. With `ring` and `root` the root's chain is kept in the ring, from which the past is erased.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

use carnet_keys::Policy;
use carnet_ticket::ChainCap;
use serde::Deserialize;

/// The settings in the environment.
pub const VARIABLES: [&str; 8] = [
    "CARNET_CONFIG",
    "CARNET_MODE",
    "CARNET_RING",
    "CARNET_ROOT",
    "CARNET_INTERVAL",
    "CARNET_LIFETIME",
    "CARNET_CHAIN_CAP",
    "CARNET_LOG",
];

/// Where the settings are unless `CARNET_CONFIG` says otherwise.
const DEFAULT_FILE: &str = "/etc/carnet.toml";

/// What to do with applications that bring ticket keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They keep them.
    #[default]
    Respect,
    /// They get ours.
    Override,
    /// As if this library were not there.
    Off,
}

/// Where lines for the operator go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Log {
    /// Standard error.
    #[default]
    Stderr,
    /// Nowhere.
    Off,
    /// The end of a file.
    File(PathBuf),
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub mode: Mode,
    pub ring: Option<PathBuf>,
    pub root: Option<PathBuf>,
    pub policy: Policy,
    pub chain_cap: Option<ChainCap>,
    pub log: Log,
}

/// Why the settings can't be used: one line for the operator.
pub type Refusal = String;

/// The settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    mode: Option<Mode>,
    ring: Option<PathBuf>,
    root: Option<PathBuf>,
    interval: Option<u64>,
    lifetime: Option<u64>,
    chain_cap: Option<u64>,
    log: Option<String>,
}

impl Settings {
    /// From the environment, as `variable` gives it, and the file that it or the default names.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Refusal> {
        let named = variable("CARNET_CONFIG").filter(|path| !path.is_empty());
        let path = named.as_deref().unwrap_or(DEFAULT_FILE);
        let mut written = match from_file(Path::new(path))? {
            None if named.is_some() => return Err(format!("{path}: there is no such file (CARNET_CONFIG)")),
            written => written.unwrap_or_default(),
        };
        written.overlay(variable)?;
        written.settle()
    }

    /// Where to complain before the settings are known, or if they are bad.
    pub fn log_of(variable: impl Fn(&str) -> Option<String>) -> Log {
        variable("CARNET_LOG").map_or(Log::Stderr, Log::from)
    }
}

impl From<String> for Log {
    fn from(written: String) -> Self {
        match written.as_str() {
            "stderr" | "" => Self::Stderr,
            "off" => Self::Off,
            _ => Self::File(written.into()),
        }
    }
}

/// `None`: there is no such file.
fn from_file(path: &Path) -> Result<Option<Written>, Refusal> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map(Some).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            format!("{}, line {line}: {}", path.display(), error.message())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

impl Written {
    fn overlay(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), Refusal> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let number = |name: &str, before: Option<u64>| match set(name) {
            None => Ok(before),
            Some(text) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(format!("{name}={text} is not a number of seconds")),
            },
        };
        self.interval = number("CARNET_INTERVAL", self.interval)?;
        self.lifetime = number("CARNET_LIFETIME", self.lifetime)?;
        self.chain_cap = number("CARNET_CHAIN_CAP", self.chain_cap)?;
        self.ring = set("CARNET_RING").map(PathBuf::from).or_else(|| self.ring.take());
        self.root = set("CARNET_ROOT").map(PathBuf::from).or_else(|| self.root.take());
        self.log = set("CARNET_LOG").or_else(|| self.log.take());
        self.mode = match set("CARNET_MODE").as_deref() {
            None => self.mode,
            Some("respect") => Some(Mode::Respect),
            Some("override") => Some(Mode::Override),
            Some("off") => Some(Mode::Off),
            Some(other) => return Err(format!("CARNET_MODE={other} is none of respect, override and off")),
        };
        Ok(())
    }

    fn settle(self) -> Result<Settings, Refusal> {
        if self.root.is_some() && (self.interval.is_some() || self.lifetime.is_some()) {
            return Err("the root secret's file says interval and lifetime; take them out of the settings".to_owned());
        }
        let chain_cap = match self.chain_cap {
            None => ChainCap::new(ChainCap::RECOMMENDED),
            Some(0) => None,
            Some(seconds) => Some(ChainCap::new(seconds).ok_or_else(|| {
                format!(
                    "a chain cap of {seconds} s is too long: at most {} s, or 0 for none",
                    ChainCap::LONGEST
                )
            })?),
        };
        if self.interval == Some(0) {
            return Err("an interval of 0 s is none".to_owned());
        }
        Ok(Settings {
            mode: self.mode.unwrap_or_default(),
            ring: self.ring,
            root: self.root,
            policy: Policy::every(
                self.interval.unwrap_or(3600),
                self.lifetime.unwrap_or(Policy::DEFAULT_LIFETIME),
            ),
            chain_cap,
            log: self.log.map_or(Log::Stderr, Log::from),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, environment: &[(&str, &str)]) -> Result<Settings, Refusal> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("carnet.toml");
        std::fs::write(&path, file).unwrap();
        Settings::read(|name| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .or_else(|| (name == "CARNET_CONFIG").then(|| path.to_str().unwrap().to_owned()))
        })
    }

    #[test]
    fn defaults() {
        let settings = read("", &[]).unwrap();
        assert_eq!(settings.mode, Mode::Respect);
        assert_eq!(settings.policy, Policy::every(3600, 7200));
        assert_eq!(settings.chain_cap.map(ChainCap::seconds), Some(604_800));
        assert_eq!((settings.ring, settings.root, settings.log), (None, None, Log::Stderr));
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = "mode = \"override\"\nring = \"/a\"\ninterval = 600\nlifetime = 300\nchain_cap = 0\nlog = \"off\"\n";
        let settings = read(
            file,
            &[("CARNET_RING", "/b"), ("CARNET_INTERVAL", "700"), ("CARNET_MODE", "")],
        )
        .unwrap();
        assert_eq!(settings.mode, Mode::Override);
        assert_eq!(settings.ring, Some("/b".into()));
        assert_eq!(settings.policy, Policy::every(700, 300));
        assert_eq!(settings.chain_cap, None);
        assert_eq!(settings.log, Log::Off);
    }

    #[test]
    fn what_is_wrong_is_said_in_a_line() {
        let refused = |file: &str, environment: &[(&str, &str)], word: &str| {
            let refusal = read(file, environment).unwrap_err();
            assert!(refusal.contains(word) && !refusal.contains('\n'), "{refusal}");
        };
        refused("", &[("CARNET_INTERVAL", "an hour")], "CARNET_INTERVAL=an hour");
        refused("", &[("CARNET_INTERVAL", "0")], "none");
        refused("", &[("CARNET_MODE", "on")], "respect, override and off");
        refused("", &[("CARNET_CHAIN_CAP", "99999999999")], "too long");
        refused("root = \"/r\"\ninterval = 5\n", &[], "root secret's file");
        refused("mode = \"respect\"\nintervall = 5\n", &[], "line 2");
        refused("ring = ", &[], "line 1");
        refused("", &[("CARNET_CONFIG", "/nowhere/carnet.toml")], "no such file");
    }
}
