//! What a connection takes over from its context at `SSL_new` and may then change for itself.
//!
//! A [`Config`] is shared behind an `Arc` between a context and its connections and copied by the first who changes
//! it, so that `SSL_new` costs one reference. The same methods serve `SSL_CTX_set_x` and `SSL_set_x`.

use std::sync::Arc;

use bytes::Bytes;

use super::callbacks::{ConnectionHooks, SSL_verify_cb};
use super::cipher::Suites;
use super::credentials::Credentials;

/// Something that has a [`Config`]: a context or a connection. Entry points for both are written once, over this.
pub trait Configurable {
    /// Reads the configuration.
    fn config(&self) -> Arc<Config>;
    /// Changes the configuration; a copy is made when somebody else holds it.
    fn update<R>(&self, change: impl FnOnce(&mut Config) -> R) -> R;
}

/// The configuration of a connection.
#[derive(Clone, Default)]
pub struct Config {
    /// Versions, options, mode.
    pub protocol: Protocol,
    /// Cipher suites.
    pub suites: Suites,
    /// Groups and signature schemes.
    pub algorithms: Algorithms,
    /// The record layer.
    pub records: Records,
    /// Certificates and keys.
    pub credentials: Credentials,
    /// How the peer is judged.
    pub verify: Verify,
    /// Sessions and tickets.
    pub resumption: Resumption,
    /// `SSL_set_alpn_protos(3)`: the ProtocolNameList's content.
    pub alpn: Bytes,
    /// Callbacks.
    pub hooks: ConnectionHooks,
}

/// Versions, options and mode.
#[derive(Debug, Clone, Copy, Default)]
pub struct Protocol {
    /// `SSL_set_min_proto_version(3)`; 0 for the lowest there is.
    pub min_version: u16,
    /// `SSL_set_max_proto_version(3)`; 0 for the highest there is.
    pub max_version: u16,
    /// `SSL_set_options(3)`
    pub options: u64,
    /// `SSL_set_mode(3)`
    pub mode: u32,
    /// `SSL_set_quiet_shutdown(3)`
    pub quiet_shutdown: bool,
    /// `SSL_set_tlsext_status_type(3)`; -1 for none.
    pub status_type: i32,
}

/// Groups and signature schemes.
#[derive(Debug, Clone, Default)]
pub struct Algorithms {
    /// `SSL_set1_groups(3)`: code points in order of preference; `None` for the default.
    pub groups: Option<Arc<[u16]>>,
    /// `SSL_set1_sigalgs(3)`: for both directions; `None` for the default.
    pub schemes: Option<Arc<[u16]>>,
    /// `SSL_set1_client_sigalgs(3)`: for client certificates; `None` for the same as above.
    pub client_schemes: Option<Arc<[u16]>>,
    /// `SSL_set_security_level(3)`
    pub security_level: i32,
}

/// The record layer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Records {
    /// `SSL_set_read_ahead(3)`
    pub read_ahead: bool,
    /// `SSL_set_max_send_fragment(3)`
    pub max_send_fragment: usize,
    /// `SSL_set_split_send_fragment(3)`
    pub split_send_fragment: usize,
    /// `SSL_set_max_pipelines(3)`
    pub max_pipelines: usize,
    /// `SSL_set_default_read_buffer_len(3)`
    pub default_read_buffer_len: usize,
    /// `SSL_set_block_padding(3)`
    pub block_padding: usize,
    /// `SSL_set_max_cert_list(3)`
    pub max_certificate_len: usize,
    /// `SSL_set_tlsext_max_fragment_length(3)`: RFC 6066's code, 0 for none.
    pub max_fragment_mode: u8,
}

/// How the peer is judged. The X509_VERIFY_PARAM itself belongs to the context or the connection.
#[derive(Clone, Default)]
pub struct Verify {
    /// `SSL_set_verify(3)`: SSL_VERIFY_… bits.
    pub mode: i32,
    /// `SSL_set_verify(3)`
    pub callback: SSL_verify_cb,
    /// `SSL_set_post_handshake_auth(3)`
    pub post_handshake_auth: bool,
}

/// Sessions and tickets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resumption {
    /// `SSL_set_session_id_context(3)`
    pub id_context: carnet_ticket::SessionIdContext,
    /// `SSL_set_num_tickets(3)`
    pub num_tickets: usize,
    /// `SSL_set_max_early_data(3)`
    pub max_early_data: u32,
    /// `SSL_set_recv_max_early_data(3)`
    pub recv_max_early_data: u32,
}
