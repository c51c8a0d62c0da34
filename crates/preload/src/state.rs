//! What the process has of this library: its settings, read once, and its ring, made once.

#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use carnet_keys::{Entropy as _, FileError, Ring, Root, Start, SystemEntropy, without_trace};

use crate::settings::{Log, Mode, Refusal, Settings, VARIABLES};
use crate::{exit, log, privileges};

static ENVIRONMENT: OnceLock<Vec<(&str, String)>> = OnceLock::new();
static SETTINGS: OnceLock<Result<Settings, Refusal>> = OnceLock::new();
static RING: OnceLock<Option<Ring>> = OnceLock::new();

/// Takes note of the environment as it is when the library is loaded: a server's workers may have lost it.
pub fn begin() {
    environment();
}

fn environment() -> &'static [(&'static str, String)] {
    ENVIRONMENT.get_or_init(|| {
        if privileges::is_more_than_its_caller() {
            return Vec::new();
        }
        let value = |name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let set = VARIABLES.iter().filter_map(|name| Some((*name, value(name)?)));
        set.collect()
    })
}

fn variable(name: &str) -> Option<String> {
    let found = environment().iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.clone())
}

/// The settings.
pub fn settings() -> Option<&'static Settings> {
    let settings = SETTINGS.get_or_init(|| Settings::read(variable)).as_ref().ok();
    settings.filter(|settings| settings.mode != Mode::Off)
}

/// The ring, made at the first call. `None`: there is none, and the operator has been told why.
pub fn ring() -> Option<&'static Ring> {
    let make = || {
        log::begin();
        let made = match SETTINGS.get_or_init(|| Settings::read(variable)) {
            Ok(settings) if settings.mode == Mode::Off => return None,
            Ok(settings) => without_trace(|| make(settings)),
            Err(refusal) => Err(refusal.clone()),
        };
        let made = made.map_err(|refusal| tell(&format!("{refusal}; going on without")));
        made.ok().inspect(|_| exit::erase_ring_at_exit())
    };
    if let Some(made) = RING.get() {
        return made.as_ref();
    }
    // The first time it asks the linker, for whom nobody may wait while others wait for the ring: see `OpenSsl::get`.
    let _warm = SystemEntropy.fill(&mut [0]);
    RING.get_or_init(make).as_ref()
}

/// Erases this process's copies of the ring's keys, for good.
pub fn forget() {
    if let Some(Some(ring)) = RING.get() {
        ring.forget();
    }
}

/// The ring, if it has been made.
pub fn made_ring() -> Option<&'static Ring> {
    RING.get()?.as_ref()
}

fn make(settings: &Settings) -> Result<Ring, Refusal> {
    let text = |error: FileError| error.to_string();
    let root = settings
        .root
        .as_deref()
        .map(Root::from_file)
        .transpose()
        .map_err(text)?;
    let ring = match (&settings.ring, &root) {
        (Some(path), root) => in_file(path, root.as_ref(), settings).map_err(text),
        (None, Some(root)) => Ring::rooted(root, now()).map_err(|error| error.to_string()),
        (None, None) => Ring::shared(settings.policy, now()).map_err(|error| error.to_string()),
    };
    let ring = ring?.with_clock(now);
    // Time's changes are made while the process may do whatever that takes.
    let _key = ring.sealing(now());
    Ok(ring)
}

fn in_file(path: &Path, root: Option<&Root>, settings: &Settings) -> Result<Ring, FileError> {
    let start = root.map_or(Start::Random(settings.policy), Start::Root);
    Ring::open_or_create_file(path, &start, now())
}

/// One line for the operator.
pub fn tell(text: &str) {
    let early;
    let log = match SETTINGS.get() {
        Some(Ok(settings)) => &settings.log,
        _ => {
            early = Settings::log_of(variable);
            &early
        }
    };
    if *log != Log::Off {
        log::line(log, text);
    }
}

/// Seconds since 1970; 0 for a clock that stands before it. Not a system call where the kernel has a vDSO.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
