//! What the handshake asks the application, and what it may be told.
//!
//! [`Connection::step`](crate::Connection::step) stops with [`Step::Ask`](crate::Step::Ask) when a decision is not
//! TLS's own. The question owns all that it says (large parts are shared [`Bytes`], not copies), so nothing of the
//! connection is borrowed while the application thinks; [`Connection::answer`](crate::Connection::answer) goes on.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;
use zeroize::Zeroizing;

use crate::{AlertDescription, CipherSuite, ProtocolVersion, Settings, SignatureScheme};

/// A decision that belongs to the application.
#[derive(Debug)]
pub enum Question {
    /// Server: a ClientHello has arrived and is well-formed; nothing has been decided from it yet.
    /// [`Connection::client_hello`](crate::Connection::client_hello) shows it. Answered by [`Answer::Proceed`].
    ClientHello,
    /// Server: open this ticket (RFC 8446 section 4.2.11, RFC 5077 section 3.4). Answered by [`Answer::Ticket`].
    OpenTicket {
        /// The ticket as the client sent it: a PskIdentity.identity or the SessionTicket extension's content.
        ticket: Bytes,
        /// The version being negotiated.
        version: ProtocolVersion,
        /// The cipher suite chosen so far; in TLS 1.3 its hash must be that of the session.
        suite: CipherSuite,
        /// Index among the offered identities (0 in TLS 1.2).
        index: usize,
        /// obfuscated_ticket_age as sent (RFC 8446 section 4.2.11.1); 0 in TLS 1.2.
        obfuscated_age: u32,
    },
    /// Server, if [`Settings::asks_for_psk`]: is there an external PSK with this identity (RFC 8446 section 4.2.11)?
    /// Asked before [`Question::OpenTicket`] for the same identity, which is asked if there is none. Answered by
    /// [`Answer::Session`]; the session's protocol must be TLS 1.3's, its cipher says the PSK's hash.
    FindPsk {
        /// The identity as the client sent it.
        identity: Bytes,
        /// Index among the offered identities.
        index: usize,
    },
    /// Server: the client's early data could be accepted (RFC 8446 section 4.2.10). May it be? Asked when everything else
    /// speaks for it. Answered by [`Answer::EarlyData`].
    AllowEarlyData,
    /// Client, if [`Settings::asks_for_psk`]: is there an external PSK to offer? Asked before each ClientHello. Answered by
    /// [`Answer::ExternalPsk`].
    OfferPsk {
        /// The suite that a HelloRetryRequest has chosen: a PSK of another hash is of no use. `None` before the first
        /// ClientHello.
        suite: Option<CipherSuite>,
    },
    /// Server, TLS 1.2: is there a session with this id? Answered by [`Answer::Session`].
    FindSession {
        /// The ClientHello's session id, 1 to 32 bytes.
        session_id: Bytes,
    },
    /// Server: the client named this server (RFC 6066 section 3), or named none. Answered by [`Answer::ServerName`].
    ServerName {
        /// The host name, already checked to be non-empty, at most 255 bytes and free of NUL.
        name: Option<String>,
    },
    /// Server: the client offers these protocols (RFC 7301). Answered by [`Answer::Protocol`].
    Protocol {
        /// The ProtocolNameList's content: length-prefixed names, validated.
        offered: Bytes,
    },
    /// Which certificate, if any? Asked of a server in a full handshake and of a client that got a CertificateRequest.
    /// Answered by [`Answer::Credential`].
    Credential(CredentialRequest),
    /// Sign `message` (the whole to-be-signed content, not a digest) with the chosen credential's key.
    /// Answered by [`Answer::Signature`].
    Sign {
        /// The scheme that was chosen with the credential.
        scheme: SignatureScheme,
        /// The content of RFC 8446 section 4.4.3 (TLS 1.2: RFC 5246 section 7.4.3).
        message: Vec<u8>,
    },
    /// Judge the peer's certificate chain (leaf first, each DER). A server gets an empty chain when the client sent no
    /// certificate. Answered by [`Answer::Verdict`].
    VerifyChain {
        /// The certificates as they came, leaf first.
        chain: Vec<Bytes>,
    },
    /// Check a signature that the peer made with the leaf key of the chain it sent last. Answered by
    /// [`Answer::Verdict`]; a bad signature is `Err(AlertDescription::DecryptError)`.
    VerifySignature {
        /// The scheme the peer names; it is one of those we offered.
        scheme: SignatureScheme,
        /// The leaf certificate, DER.
        leaf: Bytes,
        /// What was signed.
        message: Vec<u8>,
        /// The signature.
        signature: Bytes,
    },
    /// Server: put this session into a ticket. Answered by [`Answer::NewTicket`].
    MakeTicket(TicketDraft),
    /// Client: a NewSessionTicket has arrived. Answered by [`Answer::Proceed`].
    ReceivedTicket(ReceivedTicket),
}

/// What the peer would accept, when a certificate is asked for.
#[derive(Debug, Clone)]
pub struct CredentialRequest {
    /// The peer's signature_algorithms, in its order, limited to schemes that this crate knows and the version allows.
    pub schemes: Vec<SignatureScheme>,
    /// The peer's certificate_authorities: DER names. Empty when it sent none.
    pub authorities: Vec<Bytes>,
    /// True when this answers a post-handshake request.
    pub post_handshake: bool,
}

/// A certificate to present, with the scheme to sign with.
#[derive(Debug, Clone)]
pub struct Credential {
    /// DER certificates, leaf first.
    pub chain: Arc<[Bytes]>,
    /// One of the request's schemes, which the key can sign with.
    pub scheme: SignatureScheme,
    /// An OCSP response to staple to the leaf, DER.
    pub ocsp_response: Option<Bytes>,
}

/// The raw matter of a ticket about to be made by a server.
pub struct TicketDraft {
    /// TLS 1.3: the PSK that belongs to this ticket (RFC 8446 section 4.6.1). TLS 1.2: the master secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// Random ticket_age_add; 0 in TLS 1.2.
    pub age_add: u32,
    /// ticket_nonce: the 8-byte big-endian counter, from 0. Empty in TLS 1.2.
    pub nonce: Vec<u8>,
    /// True for the first ticket of a full handshake, whose session object is the connection's own; later ones and
    /// those of a resumption get a copy.
    pub first_of_full: bool,
}

/// A NewSessionTicket as a client got it.
pub struct ReceivedTicket {
    /// The opaque ticket.
    pub ticket: Bytes,
    /// TLS 1.3: the PSK derived for it. TLS 1.2: the master secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// ticket_lifetime, seconds.
    pub lifetime: u32,
    /// ticket_age_add.
    pub age_add: u32,
    /// ticket_nonce.
    pub nonce: Bytes,
    /// max_early_data_size, 0 when the extension is absent.
    pub max_early_data: u32,
}

impl fmt::Debug for TicketDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketDraft")
            .field("age_add", &self.age_add)
            .field("nonce", &self.nonce)
            .field("first_of_full", &self.first_of_full)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ReceivedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedTicket")
            .field("ticket", &self.ticket)
            .field("lifetime", &self.lifetime)
            .field("age_add", &self.age_add)
            .field("nonce", &self.nonce)
            .field("max_early_data", &self.max_early_data)
            .finish_non_exhaustive()
    }
}

/// The application's decision. Each [`Question`] names the variant that answers it; any other is an internal error.
#[derive(Debug)]
pub enum Answer {
    /// Nothing to say; go on.
    Proceed,
    /// Not yet: the same question is asked again at the next step.
    Later,
    /// End the handshake with this alert.
    Abort(AlertDescription),
    /// To [`Question::OpenTicket`].
    Ticket(TicketVerdict),
    /// To [`Question::FindSession`] and [`Question::FindPsk`].
    Session(Option<Arc<Session>>),
    /// To [`Question::AllowEarlyData`].
    EarlyData(bool),
    /// To [`Question::OfferPsk`].
    ExternalPsk(Option<ExternalOffer>),
    /// To [`Question::ServerName`].
    ServerName {
        /// Send the empty server_name acknowledgement.
        acknowledge: bool,
        /// Settings to go on with, when the application switched contexts.
        settings: Option<Arc<Settings>>,
    },
    /// To [`Question::Protocol`]: the selected name, or none (no extension is sent).
    Protocol(Option<Vec<u8>>),
    /// To [`Question::Credential`]. `None`: a client sends an empty Certificate; a server fails with
    /// handshake_failure.
    Credential(Option<Credential>),
    /// To [`Question::Sign`].
    Signature(Vec<u8>),
    /// To [`Question::VerifyChain`] and [`Question::VerifySignature`].
    Verdict(Result<(), AlertDescription>),
    /// To [`Question::MakeTicket`].
    NewTicket(NewTicket),
}

/// What became of an offered ticket.
#[derive(Debug)]
pub enum TicketVerdict {
    /// Resume this session if its cipher suite and binder fit.
    Use {
        /// The session from the ticket.
        session: Arc<Session>,
        /// A new ticket is due after the resumption.
        renew: bool,
        /// The ticket's age is what the client says, and the session still fresh enough for early data (RFC 8446 section
        /// 8.3). The rest of what early data needs, the engine judges.
        early_data_ok: bool,
    },
    /// Not this one; try the next identity, or do a full handshake.
    Skip {
        /// A new ticket is due after the full handshake.
        renew: bool,
    },
}

/// A ticket to send, or not.
#[derive(Debug)]
pub enum NewTicket {
    /// Send this.
    Send {
        /// The sealed ticket.
        ticket: Vec<u8>,
        /// Lifetime (hint) on the wire, seconds.
        lifetime: u32,
        /// max_early_data_size to announce, 0 for none.
        max_early_data: u32,
    },
    /// Declined. TLS 1.3: no message, but it counts as sent. TLS 1.2: an empty ticket with lifetime 0.
    Decline,
}

/// A session that a client offers to resume.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The session, with its ticket.
    pub session: Arc<Session>,
    /// Milliseconds since the ticket was received, for the obfuscated age (RFC 8446 section 4.2.11.1).
    pub age_ms: u32,
}

/// A PSK from outside of TLS that a client offers (RFC 8446 section 4.2.11).
#[derive(Debug, Clone)]
pub struct ExternalOffer {
    /// What the server knows it by, 1 to 65535 bytes.
    pub identity: Bytes,
    /// Protocol (TLS 1.3), cipher (whose hash is the PSK's) and secret; for early data its limit, too.
    pub session: Arc<Session>,
}
