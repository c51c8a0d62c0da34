//! One line on standard error that says what is being done, where a person can see it.

use std::io::{IsTerminal as _, Write as _};

/// The line.
pub(crate) struct Progress {
    shows: bool,
    written: bool,
}

impl Progress {
    /// Shows itself on a terminal only.
    pub(crate) fn new() -> Self {
        Self {
            shows: std::io::stderr().is_terminal(),
            written: false,
        }
    }

    /// Replaces the line.
    pub(crate) fn say(&mut self, what: &str) {
        if self.shows {
            self.written = true;
            // A terminal that is gone is no reason to stop.
            let _ = write!(std::io::stderr(), "\r\x1b[K{what} …");
            let _ = std::io::stderr().flush();
        }
    }

    /// Takes the line away, before something else is printed.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.written) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
            let _ = std::io::stderr().flush();
        }
    }
}
