//! From what became of a ticket, and what the application thinks of it, to what the handshake does.
//!
//! The two tables of `SSL_CTX_set_session_ticket_cb(3)`, as OpenSSL 3.0 applies them.

/// What became of an offered ticket (`SSL_TICKET_STATUS`); the numbers are OpenSSL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// SSL_TICKET_EMPTY: the client can take tickets and has none (TLS 1.2).
    Empty = 3,
    /// SSL_TICKET_NO_DECRYPT: no key of ours opens it, or what is inside is no session.
    NoDecrypt = 4,
    /// SSL_TICKET_SUCCESS: opened.
    Success = 5,
    /// SSL_TICKET_SUCCESS_RENEW: opened, and the client should get a new one.
    SuccessRenew = 6,
}

impl Status {
    /// The number that C sees.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// Is there a session?
    pub fn is_success(self) -> bool {
        matches!(self, Self::Success | Self::SuccessRenew)
    }
}

/// What a decrypt callback may return (`SSL_TICKET_RETURN`); the numbers are OpenSSL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Return {
    /// SSL_TICKET_RETURN_ABORT: end the handshake.
    Abort = 0,
    /// SSL_TICKET_RETURN_IGNORE: a full handshake, no new ticket.
    Ignore = 1,
    /// SSL_TICKET_RETURN_IGNORE_RENEW: a full handshake and a new ticket.
    IgnoreRenew = 2,
    /// SSL_TICKET_RETURN_USE: resume, no new ticket.
    Use = 3,
    /// SSL_TICKET_RETURN_USE_RENEW: resume, and a new ticket.
    UseRenew = 4,
}

impl Return {
    /// What a C callback's number means. One that is not in the manual page ends the handshake, as ABORT does.
    pub fn from_code(code: i32) -> Self {
        match code {
            1 => Self::Ignore,
            2 => Self::IgnoreRenew,
            3 => Self::Use,
            4 => Self::UseRenew,
            _ => Self::Abort,
        }
    }
}

/// What the handshake does with a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// End it with an internal_error alert.
    Fatal,
    /// Don't resume from this ticket. TLS 1.3 goes on to the next identity; after the last, and in TLS 1.2, the
    /// handshake is full.
    Full {
        /// Whether a full handshake ends with a new ticket.
        renew: bool,
    },
    /// Resume.
    Resume {
        /// Whether a new ticket is due.
        renew: bool,
    },
}

/// Decides on a ticket from its status and the decrypt callback's answer; `None` when no callback is set.
pub fn verdict(status: Status, answer: Option<Return>) -> Outcome {
    let Some(answer) = answer else {
        return match status {
            Status::Empty | Status::NoDecrypt => Outcome::Full { renew: true },
            Status::Success => Outcome::Resume { renew: false },
            Status::SuccessRenew => Outcome::Resume { renew: true },
        };
    };
    match (answer, status.is_success()) {
        (Return::Abort, _) => Outcome::Fatal,
        (Return::Ignore, _) => Outcome::Full { renew: false },
        (Return::IgnoreRenew, _) => Outcome::Full { renew: true },
        (Return::Use, true) => Outcome::Resume { renew: false },
        (Return::UseRenew, true) => Outcome::Resume { renew: true },
        // There is nothing to resume.
        (Return::Use | Return::UseRenew, false) => Outcome::Fatal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Outcome = Outcome::Full { renew: false };
    const FULL_RENEW: Outcome = Outcome::Full { renew: true };
    const RESUME: Outcome = Outcome::Resume { renew: false };
    const RESUME_RENEW: Outcome = Outcome::Resume { renew: true };

    #[test]
    fn without_a_callback_the_status_decides() {
        assert_eq!(verdict(Status::Empty, None), FULL_RENEW);
        assert_eq!(verdict(Status::NoDecrypt, None), FULL_RENEW);
        assert_eq!(verdict(Status::Success, None), RESUME);
        assert_eq!(verdict(Status::SuccessRenew, None), RESUME_RENEW);
    }

    #[test]
    fn without_a_session_the_callback_may_only_ignore() {
        for status in [Status::Empty, Status::NoDecrypt] {
            let answers = [Outcome::Fatal, FULL, FULL_RENEW, Outcome::Fatal, Outcome::Fatal];
            for (code, outcome) in (0..).zip(answers) {
                assert_eq!(
                    verdict(status, Some(Return::from_code(code))),
                    outcome,
                    "{status:?} {code}"
                );
            }
        }
    }

    #[test]
    fn with_a_session_the_callback_overrides_the_status() {
        for status in [Status::Success, Status::SuccessRenew] {
            let answers = [Outcome::Fatal, FULL, FULL_RENEW, RESUME, RESUME_RENEW];
            for (code, outcome) in (0..).zip(answers) {
                assert_eq!(
                    verdict(status, Some(Return::from_code(code))),
                    outcome,
                    "{status:?} {code}"
                );
            }
        }
    }

    #[test]
    fn unknown_numbers_are_fatal() {
        for code in [-1, 5, 6, 256 + 3, i32::MAX, i32::MIN] {
            for status in [Status::Empty, Status::NoDecrypt, Status::Success, Status::SuccessRenew] {
                assert_eq!(
                    verdict(status, Some(Return::from_code(code))),
                    Outcome::Fatal,
                    "{status:?} {code}"
                );
            }
        }
    }

    #[test]
    fn numbers_are_openssls() {
        let codes = [Status::Empty, Status::NoDecrypt, Status::Success, Status::SuccessRenew].map(Status::code);
        assert_eq!(codes, [3, 4, 5, 6]);
    }
}
