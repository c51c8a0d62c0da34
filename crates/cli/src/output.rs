//! What goes to standard output. A reader that goes away early (`carnet … | head`) is no failure.

use std::io::{ErrorKind, Write as _};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

use crate::failure::Failure;
use crate::files;

/// Text with its newline, for a terminal.
pub(crate) fn say(text: impl std::fmt::Display) -> Result<(), Failure> {
    write(harmless(&format!("{text}\n")).as_bytes())
}

/// Names of processes and files, and what clients and certificates say, are others' words: none of them may command the
/// terminal.
pub(crate) fn harmless(text: &str) -> String {
    let plain = |letter: char| match letter {
        '\n' | '\t' => letter,
        _ if letter.is_control() => char::REPLACEMENT_CHARACTER,
        _ => letter,
    };
    text.chars().map(plain).collect()
}

/// JSON, laid out for reading.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    write(format!("{value:#}\n").as_bytes())
}

/// Bytes as they are.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("standard output: {}", files::reason(&error))))
        }
        _ => Ok(()),
    }
}

/// Has the reader at the other end of a pipe gone away? Then there is nobody to go on for.
pub(crate) fn reader_is_gone() -> bool {
    let out = std::io::stdout();
    let mut asked = [PollFd::new(&out, PollFlags::empty())];
    poll(&mut asked, Some(&Timespec::default())).is_ok() && asked.iter().any(|fd| fd.revents().contains(PollFlags::ERR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_commands_the_terminal() {
        assert_eq!(
            harmless("a\x1b]0;title\x07\tb\r\u{9b}31m\n"),
            "a\u{fffd}]0;title\u{fffd}\tb\u{fffd}\u{fffd}31m\n"
        );
    }
}
