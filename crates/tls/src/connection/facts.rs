//! What may be asked of a connection at any time.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;
use zeroize::Zeroizing;

use super::Connection;
use crate::message::ClientHello;
use crate::schedule::Digest;
use crate::state::State;
use crate::{
    AlertDescription, AlertLevel, CipherSuite, Error, ErrorKind, NamedGroup, ProtocolVersion, Settings, Side,
    SignatureScheme, StateName,
};

impl Connection {
    /// Which side this is.
    pub fn side(&self) -> Side {
        self.core.side
    }

    /// The settings in force, after all switches.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.core.settings
    }

    /// Is the handshake still going on, or a post-handshake authentication whose answer is coming in?
    ///
    /// Making tickets after [`Step::HandshakeDone`](crate::Step::HandshakeDone) is no longer the handshake.
    pub fn is_handshaking(&self) -> bool {
        match &self.state {
            State::Open(open) => open.is_handshaking(),
            State::Open12(open) => open.is_handshaking(),
            State::Server(_) | State::Client(_) => true,
            State::Failed(_) => false,
        }
    }

    /// The opposite of [`Self::is_handshaking`], for a connection that has not failed.
    pub fn step_handshake_done(&self) -> bool {
        !self.is_handshaking() && !self.is_failed()
    }

    /// Has it failed?
    pub fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    /// Has the peer asked for a KeyUpdate (RFC 8446 section 4.6.3) that has not gone out? It will with the next
    /// [`Self::write`].
    pub fn owes_key_update(&self) -> bool {
        matches!(&self.state, State::Open(open) if open.keys.owes_update() && !self.core.is_write_closed())
    }

    /// Server: has the client offered post_handshake_auth (RFC 8446 section 4.2.6)? Known once the handshake is done.
    pub fn offers_post_handshake_auth(&self) -> bool {
        matches!(&self.state, State::Open(open) if open.offers_post_handshake_auth())
    }

    /// The negotiated version.
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.core.facts.version
    }

    /// The negotiated cipher suite.
    pub fn suite(&self) -> Option<CipherSuite> {
        self.core.facts.suite
    }

    /// The group of the key exchange; none with psk_ke.
    pub fn group(&self) -> Option<NamedGroup> {
        self.core.facts.group
    }

    /// The peer's key share in [`Connection::group`], unless that is a hybrid.
    pub fn peer_share(&self) -> Option<&[u8]> {
        self.core.facts.heard.share.as_deref()
    }

    /// Has a session been resumed?
    pub fn resumed(&self) -> bool {
        self.core.facts.resumed.is_some()
    }

    /// The session that was resumed.
    pub fn resumed_session(&self) -> Option<&Arc<Session>> {
        self.core.facts.resumed.as_ref()
    }

    /// Server: the client's last ClientHello, until [`Connection::release_buffers`] after the handshake.
    pub fn client_hello(&self) -> Option<&ClientHello> {
        self.core.facts.names.client_hello.as_deref()
    }

    /// The name in server_name: what the client sent, on either side.
    pub fn server_name(&self) -> Option<&str> {
        self.core.facts.names.server_name.as_deref()
    }

    /// Has the server said that it went by that name? Known to a client from EncryptedExtensions on.
    pub fn server_name_acknowledged(&self) -> bool {
        self.core.facts.names.acknowledged
    }

    /// The protocol that ALPN selected.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.core.facts.names.protocol.as_deref()
    }

    /// ClientHello.random; zeros before there is one.
    pub fn client_random(&self) -> [u8; 32] {
        self.core.facts.randoms.client
    }

    /// ServerHello.random; zeros before there is one.
    pub fn server_random(&self) -> [u8; 32] {
        self.core.facts.randoms.server
    }

    /// The peer's certificates as it sent them, leaf first; empty if none, also when a session was resumed.
    pub fn peer_chain(&self) -> &[Bytes] {
        &self.core.facts.authentication.peer_chain
    }

    /// Client: the OCSP response that the server stapled.
    pub fn peer_ocsp_response(&self) -> Option<&Bytes> {
        self.core.facts.authentication.peer_ocsp_response.as_ref()
    }

    /// The scheme of the peer's CertificateVerify.
    pub fn peer_scheme(&self) -> Option<SignatureScheme> {
        self.core.facts.authentication.peer_scheme
    }

    /// The scheme of our own CertificateVerify.
    pub fn own_scheme(&self) -> Option<SignatureScheme> {
        self.core.facts.authentication.own_scheme
    }

    /// The verify_data of our last Finished; empty before it.
    pub fn finished_local(&self) -> &[u8] {
        self.core.facts.finished.local.as_ref().map_or(&[], Digest::as_bytes)
    }

    /// The verify_data of the peer's last Finished; empty before it.
    pub fn finished_peer(&self) -> &[u8] {
        self.core.facts.finished.peer.as_ref().map_or(&[], Digest::as_bytes)
    }

    /// TLS 1.2: the session id in ServerHello; empty if there is none, and in TLS 1.3.
    pub fn session_id(&self) -> &[u8] {
        &self.core.facts.session_id
    }

    /// TLS 1.2: the master secret, once the handshake is done, for a session to be kept.
    pub fn master_secret(&self) -> Option<Zeroizing<Vec<u8>>> {
        match &self.state {
            State::Open12(open) => Some(Zeroizing::new(open.established().master.as_bytes().to_vec())),
            _ => None,
        }
    }

    /// TLS 1.2: does the master secret depend on the whole handshake (RFC 7627)? Known from ServerHello on.
    pub fn extended_master_secret(&self) -> bool {
        self.core.facts.extended_master_secret
    }

    /// Has the peer said that it knows renegotiation_info (RFC 5746)?
    pub fn secure_renegotiation(&self) -> bool {
        self.core.facts.secure_renegotiation
    }

    /// Is what is sent, or what is received, protected by now? In TLS 1.2 the suite is in use from then on.
    pub fn is_protected(&self) -> bool {
        self.core.inbound.is_protected() || self.core.outbound.is_protected()
    }

    /// Has the peer sent close_notify?
    pub fn peer_closed(&self) -> bool {
        self.core.facts.heard.closed
    }

    /// The last alert that the peer sent.
    pub fn alert_received(&self) -> Option<(AlertLevel, AlertDescription)> {
        self.core.facts.heard.alert
    }

    /// How many handshake messages and alerts have been received.
    pub fn messages_received(&self) -> u64 {
        self.core.facts.heard.messages
    }

    /// How far it has got.
    pub fn state(&self) -> StateName {
        self.core.facts.state
    }

    /// Keying material for the application (RFC 8446 section 7.5, RFC 5705). In TLS 1.3 no context and an empty one are
    /// the same, in TLS 1.2 they are not.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] before the handshake is done, and for a label or an output that is too long.
    pub fn export_keying_material(&self, out: &mut [u8], label: &[u8], context: Option<&[u8]>) -> Result<(), Error> {
        match &self.state {
            State::Open(open) => open.keys.exporter().export(out, label, context.unwrap_or_default()),
            State::Open12(open) => {
                let known = open.established();
                known.master.export(out, label, context, &known.randoms)
            }
            _ => Err(ErrorKind::Misuse.into()),
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("side", &self.core.side)
            .field("state", &self.core.facts.state)
            .field("version", &self.core.facts.version)
            .field("suite", &self.core.facts.suite)
            .finish_non_exhaustive()
    }
}
