//! SSL_get_state(3), SSL_state_string(3): OpenSSL's names and numbers for how far a handshake is.

use std::ffi::CStr;

use crate::objects::connection::Role;

/// `OSSL_HANDSHAKE_STATE`: the position in [`NAMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State(pub i32);

impl State {
    /// TLS_ST_BEFORE
    pub const BEFORE: Self = Self(0);
    /// TLS_ST_OK
    pub const OK: Self = Self(1);
    /// TLS_ST_SW_SESSION_TICKET
    pub const TICKET_SENT: Self = Self(33);
    /// TLS_ST_CW_FINISHED
    pub const CLIENT_FINISHED: Self = Self(18);
    /// TLS_ST_SW_FINISHED
    pub const SERVER_FINISHED: Self = Self(36);
    /// TLS_ST_SW_CHANGE
    pub const SERVER_CHANGE: Self = Self(35);
    /// TLS_ST_CW_CHANGE
    pub const CLIENT_CHANGE: Self = Self(16);
    /// TLS_ST_SR_CHANGE
    pub const SERVER_READS_CHANGE: Self = Self(31);
    /// TLS_ST_CR_CHANGE
    pub const CLIENT_READS_CHANGE: Self = Self(10);
    /// TLS_ST_EARLY_DATA: a server waits for the client's second flight.
    pub const EARLY_DATA: Self = Self(46);
    /// TLS_ST_CW_END_OF_EARLY_DATA
    pub const END_OF_EARLY_DATA: Self = Self(48);
    /// TLS_ST_PENDING_EARLY_DATA_END: a client could go on, and may write more early data.
    pub const PENDING_EARLY_DATA_END: Self = Self(47);

    /// The state in which an endpoint is that sends or has received this handshake message. `None` for a message that
    /// has no state of its own.
    pub fn of_message(role: Role, sent: bool, message: u8) -> Option<Self> {
        use Role::{Client, Server};
        let number = match (role, sent, message) {
            (Server, false, 1) => 20,
            (Server, true, 2) => 22,
            (Server, true, 8) => 37,
            (Server, true, 13) => 25,
            (Server, true, 11) => 23,
            (Server, true, 15) => 40,
            (Server, true, 12) => 24,
            (Server, true, 14) => 26,
            (Server, true, 22) => 34,
            (Server, true, 20) => 36,
            (Server, true, 4) => 33,
            (Server, true, 24) => 42,
            (Server, false, 11) => 27,
            (Server, false, 16) => 28,
            (Server, false, 15) => 29,
            (Server, false, 5) => 49,
            (Server, false, 20) => 32,
            (Server, false, 24) => 44,
            (Client, true, 1) => 12,
            (Client, true, 11) => 13,
            (Client, true, 16) => 14,
            (Client, true, 15) => 15,
            (Client, true, 5) => 48,
            (Client, true, 20) => 18,
            (Client, true, 24) => 43,
            (Client, false, 2) => 3,
            (Client, false, 8) => 38,
            (Client, false, 13) => 7,
            (Client, false, 11) => 4,
            (Client, false, 15) => 39,
            (Client, false, 12) => 6,
            (Client, false, 14) => 8,
            (Client, false, 22) => 5,
            (Client, false, 4) => 9,
            (Client, false, 20) => 11,
            (Client, false, 24) => 45,
            _ => return None,
        };
        Some(Self(number))
    }

    /// SSL_state_string_long(3)
    pub fn long_name(self) -> &'static CStr {
        self.names().map_or(c"unknown state", |names| names.0)
    }

    /// SSL_state_string(3)
    pub fn short_name(self) -> &'static CStr {
        self.names().map_or(c"UNKWN", |names| names.1)
    }

    fn names(self) -> Option<&'static (&'static CStr, &'static CStr)> {
        usize::try_from(self.0).ok().and_then(|number| NAMES.get(number))
    }
}

/// By number.
static NAMES: &[(&CStr, &CStr)] = &[
    (c"before SSL initialization", c"PINIT"),
    (c"SSL negotiation finished successfully", c"SSLOK"),
    (c"DTLS1 read hello verify request", c"DRCHV"),
    (c"SSLv3/TLS read server hello", c"TRSH"),
    (c"SSLv3/TLS read server certificate", c"TRSC"),
    (c"SSLv3/TLS read certificate status", c"TRCS"),
    (c"SSLv3/TLS read server key exchange", c"TRSKE"),
    (c"SSLv3/TLS read server certificate request", c"TRCR"),
    (c"SSLv3/TLS read server done", c"TRSD"),
    (c"SSLv3/TLS read server session ticket", c"TRST"),
    (c"SSLv3/TLS read change cipher spec", c"TRCCS"),
    (c"SSLv3/TLS read finished", c"TRFIN"),
    (c"SSLv3/TLS write client hello", c"TWCH"),
    (c"SSLv3/TLS write client certificate", c"TWCC"),
    (c"SSLv3/TLS write client key exchange", c"TWCKE"),
    (c"SSLv3/TLS write certificate verify", c"TWCV"),
    (c"SSLv3/TLS write change cipher spec", c"TWCCS"),
    (c"SSLv3/TLS write next proto", c"TWNP"),
    (c"SSLv3/TLS write finished", c"TWFIN"),
    (c"SSLv3/TLS write hello request", c"TWHR"),
    (c"SSLv3/TLS read client hello", c"TRCH"),
    (c"DTLS1 write hello verify request", c"DWCHV"),
    (c"SSLv3/TLS write server hello", c"TWSH"),
    (c"SSLv3/TLS write certificate", c"TWSC"),
    (c"SSLv3/TLS write key exchange", c"TWSKE"),
    (c"SSLv3/TLS write certificate request", c"TWCR"),
    (c"SSLv3/TLS write server done", c"TWSD"),
    (c"SSLv3/TLS read client certificate", c"TRCC"),
    (c"SSLv3/TLS read client key exchange", c"TRCKE"),
    (c"SSLv3/TLS read certificate verify", c"TRCV"),
    (c"SSLv3/TLS read next proto", c"TRNP"),
    (c"SSLv3/TLS read change cipher spec", c"TRCCS"),
    (c"SSLv3/TLS read finished", c"TRFIN"),
    (c"SSLv3/TLS write session ticket", c"TWST"),
    (c"SSLv3/TLS write certificate status", c"TWCS"),
    (c"SSLv3/TLS write change cipher spec", c"TWCCS"),
    (c"SSLv3/TLS write finished", c"TWFIN"),
    (c"TLSv1.3 write encrypted extensions", c"TWEE"),
    (c"TLSv1.3 read encrypted extensions", c"TREE"),
    (c"TLSv1.3 read server certificate verify", c"TRSCV"),
    (c"TLSv1.3 write server certificate verify", c"TWSCV"),
    (c"SSLv3/TLS read hello request", c"TRHR"),
    (c"TLSv1.3 write server key update", c"TWSKU"),
    (c"TLSv1.3 write client key update", c"TWCKU"),
    (c"TLSv1.3 read client key update", c"TRCKU"),
    (c"TLSv1.3 read server key update", c"TRSKU"),
    (c"TLSv1.3 early data", c"TED"),
    (c"TLSv1.3 pending early data end", c"TPEDE"),
    (c"TLSv1.3 write end of early data", c"TWEOED"),
    (c"TLSv1.3 read end of early data", c"TWEOED"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_belong_together() {
        assert_eq!(State::EARLY_DATA.long_name(), c"TLSv1.3 early data");
        assert_eq!(State::TICKET_SENT.long_name(), c"SSLv3/TLS write session ticket");
        assert_eq!(
            State::of_message(Role::Server, true, 8).map(State::long_name),
            Some(NAMES[37].0)
        );
        assert_eq!(State(-1).short_name(), c"UNKWN");
        assert_eq!(State(50).long_name(), c"unknown state");
    }
}
