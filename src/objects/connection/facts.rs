//! What a handshake has brought to light and the application may ask for: session, names, the peer's certificates.
//!
//! Kept apart from the engine, so that callbacks and getters find them while the engine is at work. What C gets a
//! pointer to (get0) lives in an allocation of its own, which stays until the connection is freed or cleared.

use std::ffi::CString;
use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::SessionIdContext;
use carnet_tls::SignatureScheme;

use crate::error::Result;
use crate::handles::{Ref, SSL_SESSION};
use crate::libcrypto::stack::{CertificateStack, NameStack, StaticStack};
use crate::objects::session::SessionObject;
use crate::objects::verify::PeerChain;

/// A session that gets its handle when C first asks for it: most connections never do.
#[derive(Default)]
pub enum SessionSlot {
    /// None.
    #[default]
    Empty,
    /// C has not seen it.
    Unnamed(Arc<SessionObject>),
    /// C may hold its handle.
    Named(Ref<SessionObject>),
}

impl SessionSlot {
    /// The session.
    pub fn object(&self) -> Option<&Arc<SessionObject>> {
        match self {
            Self::Empty => None,
            Self::Unnamed(session) => Some(session),
            Self::Named(session) => Some(session.object()),
        }
    }

    /// The session with its handle, which it gets now if it has none. The application's ex_data functions have yet to
    /// run, with the facts let go: see [`Connection::named_session`](super::Connection::named_session).
    pub(super) fn named(&mut self) -> Result<Option<Ref<SessionObject>>> {
        if let Self::Unnamed(session) = self {
            *self = Self::Named(Ref::new(Arc::clone(session))?);
        }
        Ok(match self {
            Self::Named(session) => Some(session.clone()),
            Self::Empty | Self::Unnamed(_) => None,
        })
    }

    /// The handle, if C has seen it.
    pub fn named_ptr(&self) -> Option<*mut SSL_SESSION> {
        if let Self::Named(session) = self {
            Some(session.as_ptr())
        } else {
            None
        }
    }
}

/// The facts.
#[derive(Default)]
pub struct Facts {
    /// SSL_get_session(3)
    pub session: SessionSlot,
    /// A session from a ticket that the engine has not accepted yet.
    pub candidate: SessionSlot,
    /// How far sessions and tickets have got.
    pub progress: Progress,
    /// SSL_get_servername(3)
    pub server_name: Option<CString>,
    /// The name was accepted: by the server-name callback, or, for a client, by the server. So it goes into the session.
    pub server_name_accepted: bool,
    /// SSL_get0_alpn_selected(3)
    pub protocol: Option<Box<[u8]>>,
    /// What the peer proved.
    pub peer: Peer,
    /// The OCSP response that the server stapled (client) or is to staple (server).
    pub ocsp_response: Option<Box<[u8]>>,
}

impl Facts {
    /// A handshake begins: what an earlier one on this connection has brought to light goes, above all who its peer was. What
    /// the application has set for this one stays. Gives what went, to be dropped with no lock held.
    pub fn begin(&mut self, client: bool) -> Self {
        let session = if client {
            std::mem::take(&mut self.session)
        } else {
            SessionSlot::Empty
        };
        let peer = Peer {
            verify_result: self.peer.verify_result,
            ..Peer::default()
        };
        let fresh = Self {
            session,
            peer,
            ocsp_response: self.ocsp_response.take(),
            ..Self::default()
        };
        std::mem::replace(self, fresh)
    }
}

/// How far sessions and tickets have got.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// OpenSSL would have made a session by now.
    pub session_due: bool,
    /// Server: the session-id context at that moment. Tickets are judged before the server-name callback may change it,
    /// so a new session has to carry the one from before, too.
    pub id_context: SessionIdContext,
    /// A client has offered the session and does not know yet whether it was accepted.
    pub offered: bool,
    /// The connection resumes an older session (SSL_session_reused(3)); known as soon as the session is accepted.
    pub resumed: bool,
    /// SSL_client_hello_get0_ext(3) and its relatives answer: in the client hello callback, and in the ticket and server
    /// name callbacks that follow it.
    pub hello_shown: bool,
    /// A session was opened and found unfit: no further ticket is tried.
    pub search_over: bool,
    /// The handshake is counted where a callback has moved it to (SSL_CTX_sess_accept(3)).
    pub count_moved: bool,
    /// The get-session callback was asked and will be asked again.
    pub lookup_pending: bool,
    /// How old the client says that the ticket in question is, obfuscated, if it may come with early data.
    pub claimed_age: Option<u32>,
    /// The verdict on the ticket that was offered last: no new one is due.
    pub no_renewal: bool,
    /// No ticket is made: nothing of this connection may be resumed (SSL_set_not_resumable_session_callback(3)), or a
    /// server-name callback has switched tickets off.
    pub no_tickets: bool,
    /// Client: the certificate callback has had its say on the request at hand, and the older callback has asked for time.
    pub certificate_called: bool,
    /// What carnet's own key callback had to do with the name of the ticket that is being made or opened.
    pub stamp: Stamp,
}

/// When a ticket's chain of resumptions began, as its name says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stamp {
    /// The name is the application's own: nobody looks for a time in it.
    #[default]
    None,
    /// The name is plainly a key's, without a time.
    Plain,
    /// Seconds since 1970.
    Start(u64),
}

/// What the peer sent and proved.
#[derive(Default)]
pub struct Peer {
    /// Its certificates as they came, leaf first.
    pub chain: Vec<Bytes>,
    /// The same, parsed; SSL_get_peer_cert_chain(3) shows them.
    pub parsed: Option<Arc<PeerChain>>,
    /// A server's that is being judged, or was refused: SSL_get_peer_cert_chain(3) shows it, SSL_get_peer_certificate(3)
    /// does not.
    pub judged: Option<Arc<PeerChain>>,
    /// The same without the peer's own certificate, for servers; made when C asks.
    pub issuers: Option<CertificateStack>,
    /// SSL_get0_verified_chain(3)
    pub verified: Option<CertificateStack>,
    /// SSL_get_verify_result(3)
    pub verify_result: i64,
    /// SSL_get_client_ciphers(3), made when C asks.
    pub suites: Option<StaticStack>,
    /// The signature schemes that it accepts, when it was asked to present or asked for a certificate.
    pub schemes: Vec<SignatureScheme>,
    /// SSL_get0_peer_CA_list(3), DER.
    pub authorities: Vec<Bytes>,
    /// The same, parsed when C asks.
    pub authority_names: Option<NameStack>,
}
