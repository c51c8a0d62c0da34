//! What goes to standard output. A reader that goes away early (`carnet … | head`) is no failure.

use std::io::{ErrorKind, Write as _};

use serde_json::Value;

use crate::failure::Failure;

/// Text with its newline.
pub(crate) fn say(text: impl std::fmt::Display) -> Result<(), Failure> {
    write(format!("{text}\n").as_bytes())
}

/// JSON, laid out for reading.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    say(format_args!("{value:#}"))
}

/// Bytes as they are.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}
