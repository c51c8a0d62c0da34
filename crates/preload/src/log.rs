//! Lines for the operator: few, whole, and never an error of their own.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io::Write as _;

use crate::settings::Log;

/// Writes one line, beginning with "carnet[PID]: ". That it can't be written is no reason for anything.
pub fn line(log: &Log, text: &str) {
    let line = format!("carnet[{}]: {}\n", std::process::id(), text.replace('\n', " "));
    let _unheard = match log {
        Log::Off => Ok(()),
        Log::Stderr => std::io::stderr().write_all(line.as_bytes()),
        Log::File(path) => File::options()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes())),
    };
}
