//! How a command ends.

use std::fmt::Display;
use std::process::ExitCode;

/// What a command that worked has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Exit code 0.
    Done,
    /// Exit code 3: it was looked at, and it is not as it should be.
    No,
}

/// Why something could not be done: one sentence that says what to do. Exit code 1.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// `text` begins with a small letter and ends without a full stop: it stands after the program's name.
    pub fn new(text: impl Display) -> Self {
        Self(text.to_string())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says what went wrong, if something did.
pub(crate) fn exit_code(done: Result<Answer, Failure>) -> ExitCode {
    match done {
        Ok(Answer::Done) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(3),
        Err(failure) => {
            crate::output::complain(failure);
            ExitCode::FAILURE
        }
    }
}
