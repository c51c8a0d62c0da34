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
        _ if is_order(letter) => char::REPLACEMENT_CHARACTER,
        _ => letter,
    };
    text.chars().map(plain).collect()
}

/// Others' words in the middle of a line of ours, which they can't end.
pub(crate) fn in_a_line(text: &str) -> String {
    harmless(text).replace(['\n', '\t'], " ")
}

/// Is it an order to the terminal, or to whoever arranges letters on it: a control character, a change of direction, a line's
/// end that is none in ASCII, something that can't be seen?
fn is_order(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// JSON, laid out for reading.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    json_text(&format!("{value:#}"))
}

/// JSON that is text already. A person may look at it, too: what is an order to a terminal can only stand in a string, where
/// it may be written as its number.
pub(crate) fn json_text(text: &str) -> Result<(), Failure> {
    write(escaped_json(text).as_bytes())
}

fn escaped_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if letter == '\n' || !is_order(letter) {
            out.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out.push('\n');
    out
}

/// A sentence on standard error, which may be closed, or full.
pub(crate) fn complain(text: impl std::fmt::Display) {
    let _unheard = writeln!(std::io::stderr(), "carnet: {}", harmless(&text.to_string()));
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
        // Right to left, and lines that end where none does.
        assert_eq!(harmless("a\u{202e}b\u{2066}c\u{2028}d"), "a\u{fffd}b\u{fffd}c\u{fffd}d");
        assert_eq!(in_a_line("nginx\n\tb\r"), "nginx  b\u{fffd}");
        assert_eq!(harmless("Zoë 日本 עברית"), "Zoë 日本 עברית");
    }

    #[test]
    fn json_says_the_same_without_orders() {
        let value = serde_json::json!({ "a\u{9b}31m": "\x1b\n\u{7f}\u{202e}\u{e0041}\"\\ë", "b": [1, {}] });
        let text = escaped_json(&format!("{value:#}"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert_eq!(harmless(&text), text);
        assert!(text.contains("\\u009b") && text.contains("\\udb40\\udc41"), "{text}");
    }
}
