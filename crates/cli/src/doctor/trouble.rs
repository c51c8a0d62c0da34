//! Why a connection came to nothing.

use std::io;

use carnet_tls::{AlertDescription, ErrorKind};

use crate::files;

/// What kept us from a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// This machine has no way to such addresses at all: IPv6 without IPv6.
    NoRoute,
    /// Nobody answers there.
    Unreachable(String),
    /// Nobody has answered in time.
    NoConnection,
    /// Somebody has, but said nothing in time. There are those who can't make sense of TLS 1.3's hello.
    Silence,
    /// The connection broke in the handshake.
    Broken(String),
    /// What answers does not speak TLS.
    NotTls,
    /// The server does not speak this version.
    NoVersion,
    /// The server refused, with this alert.
    Refused(AlertDescription),
    /// Anything else that TLS can't go on with.
    Failed(ErrorKind),
}

impl Trouble {
    /// From connecting.
    pub(crate) fn connecting(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::NoConnection,
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => Self::NoRoute,
            _ => Self::Unreachable(reason(error)),
        }
    }

    /// From reading and writing in the handshake.
    pub(crate) fn talking(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Silence,
            io::ErrorKind::UnexpectedEof => Self::Broken("the server closed the connection in the handshake".into()),
            _ => Self::Broken(reason(error)),
        }
    }

    /// From the engine.
    pub(crate) fn tls(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::AlertReceived(AlertDescription::ProtocolVersion)
            | ErrorKind::BadVersion
            | ErrorKind::UnsupportedVersion => Self::NoVersion,
            ErrorKind::AlertReceived(alert) => Self::Refused(alert),
            ErrorKind::HttpRequest
            | ErrorKind::ProxyRequest
            | ErrorKind::NotTls
            | ErrorKind::WrongVersionNumber
            | ErrorKind::BadRecordType => Self::NotTls,
            other => Self::Failed(other),
        }
    }

    /// Will another version fare no better?
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::NoRoute | Self::Unreachable(_) | Self::NoConnection | Self::NotTls
        )
    }

    /// Another version may be answered, though that is not likely.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::Silence)
    }

    /// For a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::NoRoute => "no route from here".into(),
            Self::Unreachable(why) => format!("can't connect: {why}"),
            Self::NoConnection => "no answer within the time limit (connecting)".into(),
            Self::Silence => "no answer within the time limit (the handshake)".into(),
            Self::Broken(why) => why.clone(),
            Self::NotTls => "what answers does not speak TLS".into(),
            Self::NoVersion => "not spoken".into(),
            Self::Refused(alert) => format!("the server refuses: alert {alert}"),
            Self::Failed(kind) => format!("the handshake failed: {kind:?}"),
        }
    }
}

/// The system's words, in the middle of a sentence.
fn reason(error: &io::Error) -> String {
    files::reason(error).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_can_change() {
        let refused = Trouble::tls(ErrorKind::AlertReceived(AlertDescription::HandshakeFailure));
        assert!(!refused.is_final());
        let version = Trouble::tls(ErrorKind::AlertReceived(AlertDescription::ProtocolVersion));
        assert_eq!(version, Trouble::NoVersion);
        assert!(Trouble::tls(ErrorKind::NotTls).is_final());
        let closed = Trouble::connecting(&io::Error::from_raw_os_error(111));
        assert_eq!(closed.describe(), "can't connect: connection refused");
    }
}
