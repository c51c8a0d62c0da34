//! The session: everything that a resumed connection takes over from the one before it.

mod decode;
mod encode;
mod id;
mod secret;
#[cfg(test)]
mod tests;

use bytes::Bytes;

pub use decode::DecodeError;
pub use id::{SessionId, SessionIdContext, SessionIdTooLong};
pub use secret::{Secret, SecretTooLong};

/// A TLS session, field by field what OpenSSL's `SSL_SESSION` keeps in its serialized form (`i2d_SSL_SESSION(3)`).
///
/// Cloning is cheap: the large fields are shared, not copied. The client's certificate stays the bytes that it is;
/// nothing here parses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Protocol version on the wire: 0x0303 for TLS 1.2, 0x0304 for TLS 1.3.
    pub protocol: u16,
    /// The cipher suite's number on the wire.
    pub cipher: u16,
    /// Names the session in a cache; empty in a stateless ticket's session that has not been given one.
    pub session_id: SessionId,
    /// TLS 1.3: the PSK that belongs to this ticket (RFC 8446 section 4.6.1). TLS 1.2: the master secret.
    pub secret: Secret,
    /// When the session was made, seconds since 1970. A negative `time_t` of C is kept in two's complement.
    pub time: u64,
    /// For how many seconds after `time` it may be resumed. A negative value of C is kept in two's complement.
    pub timeout: u64,
    /// The peer's leaf certificate, DER.
    pub peer: Option<Bytes>,
    /// The server's session-id context (`SSL_CTX_set_session_id_context(3)`).
    pub session_id_context: SessionIdContext,
    /// What verifying the peer's chain gave, an `X509_V_` code. Its low 32 bits are serialized.
    pub verify_result: i64,
    /// The name that server_name carried (RFC 6066 section 3).
    pub hostname: Option<Bytes>,
    /// TLS 1.2: the hint of the server's external PSK.
    pub psk_identity_hint: Option<Bytes>,
    /// The identity of an external PSK.
    pub psk_identity: Option<Bytes>,
    /// Client: the lifetime (hint) that came with the ticket, seconds.
    pub lifetime_hint: u64,
    /// Client: the ticket to offer.
    pub ticket: Option<Bytes>,
    /// TLS 1.2 compression method; `None` for the null method.
    pub compression: Option<u8>,
    /// The SRP user name.
    pub srp_username: Option<Bytes>,
    /// Bit 0: the extended master secret was used (RFC 7627). See [`Session::EXTENDED_MASTER_SECRET`].
    pub flags: u32,
    /// ticket_age_add (RFC 8446 section 4.6.1).
    pub age_add: u32,
    /// How much early data the ticket allows (RFC 8446 section 4.6.1); 0 for none.
    pub max_early_data: u32,
    /// The protocol that ALPN selected (RFC 7301).
    pub alpn: Option<Bytes>,
    /// The code of the max_fragment_length extension (RFC 6066 section 4); 0 for none.
    pub max_fragment_mode: u8,
    /// What the application put in (`SSL_SESSION_set1_ticket_appdata(3)`).
    pub appdata: Option<Bytes>,
    /// The group of the key exchange, its number on the wire; 0 when there was none.
    pub kex_group: u32,
}

impl Session {
    /// The bit of [`Session::flags`] that says extended master secret.
    pub const EXTENDED_MASTER_SECRET: u32 = 1;

    /// A session with this secret made now, and nothing else known of it.
    pub fn new(protocol: u16, cipher: u16, secret: Secret, now: u64) -> Self {
        Self {
            protocol,
            cipher,
            session_id: SessionId::default(),
            secret,
            time: now,
            timeout: 0,
            peer: None,
            session_id_context: SessionIdContext::default(),
            verify_result: 0,
            hostname: None,
            psk_identity_hint: None,
            psk_identity: None,
            lifetime_hint: 0,
            ticket: None,
            compression: None,
            srp_username: None,
            flags: 0,
            age_add: 0,
            max_early_data: 0,
            alpn: None,
            max_fragment_mode: 0,
            appdata: None,
            kex_group: 0,
        }
    }

    /// Was the master secret computed as RFC 7627 says?
    pub fn extended_master_secret(&self) -> bool {
        self.flags & Self::EXTENDED_MASTER_SECRET != 0
    }

    /// When its life ends.
    ///
    /// As OpenSSL 3.0.19 does, measured: the last second still counts, a session that was made before 1970 never
    /// expires, and neither does one whose end lies past the end of time.
    pub fn expiry(&self) -> Expiry {
        let (time, timeout) = (self.time.cast_signed(), self.timeout.cast_signed());
        let (at, past_the_end) = time.overflowing_add(timeout);
        Expiry {
            never: time < 0 || past_the_end,
            at,
        }
    }

    /// May it no longer be resumed at `now` (seconds since 1970)?
    pub fn is_expired(&self, now: u64) -> bool {
        self.expiry().is_before(now)
    }
}

/// The last second of a session's life. Of two, the later is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry {
    never: bool,
    at: i64,
}

impl Expiry {
    /// Is it over at `now` (seconds since 1970; C's negative times in two's complement)?
    pub fn is_before(self, now: u64) -> bool {
        !self.never && self.at < now.cast_signed()
    }
}
