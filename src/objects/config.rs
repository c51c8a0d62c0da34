//! What a connection takes over from its context at `SSL_new` and may then change for itself.
//!
//! A [`Config`] is shared behind an `Arc` between a context and its connections and copied by the first who changes
//! it, so that `SSL_new` costs one reference. The same methods serve `SSL_CTX_set_x` and `SSL_set_x`.

use std::sync::Arc;

use bytes::Bytes;
use carnet_tls::TicketRequest;

use super::callbacks::{ConnectionHooks, SSL_verify_cb};
use super::cipher::{SSL_CIPHER, Suites};
use super::cipher_list::SuiteB;
use super::credentials::Credentials;
use super::method::SSL_METHOD;
use super::security::{Operation, Policy, Query};
use super::settings::Settled;
use super::shared::Signers;
use crate::error::{Reason, Result};
use crate::handles::{SSL, SSL_CTX};
use crate::libcrypto::stack::NameStack;

/// Something that has a [`Config`]: a context or a connection. Entry points for both are written once, over this.
pub trait Configurable {
    /// Reads the configuration.
    fn config(&self) -> Arc<Config>;
    /// What the application calls it: one of these, the other is NULL.
    fn names(&self) -> (*mut SSL, *mut SSL_CTX);
    /// Changes the configuration; a copy is made when somebody else holds it.
    fn update<R>(&self, change: impl FnOnce(&mut Config) -> R) -> R;

    /// `SSL_set_options(3)`. Servers set what is set already, for every connection: that must not cost a copy.
    fn switch_options(&self, on: u64, off: u64) -> u64 {
        let now = self.config().protocol.options;
        let wanted = (now | on) & !off;
        if wanted != now {
            self.update(|config| config.protocol.options = (config.protocol.options | on) & !off);
        }
        wanted
    }

    /// `SSL_set_verify(3)`: without a callback the one that is there stays.
    fn set_verify(&self, mode: i32, callback: SSL_verify_cb) {
        let now = self.config();
        let same_callback =
            callback.is_none() || callback.map(|f| f as usize) == now.verify.callback.map(|f| f as usize);
        if now.verify.mode == mode && same_callback {
            return;
        }
        drop(now);
        self.update(|config| {
            config.verify.mode = mode;
            config.verify.callback = callback.or(config.verify.callback);
        });
    }
}

/// Changes a shared configuration, for those who implement [`Configurable::update`].
pub fn change<R>(config: &mut Arc<Config>, change: impl FnOnce(&mut Config) -> R) -> R {
    let config = Arc::make_mut(config);
    config.settled.forget();
    change(config)
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
    /// What carnet-tls is told of all this, worked out once.
    pub(super) settled: Settled,
}

/// Versions, options and mode.
#[derive(Debug, Clone, Copy)]
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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone, Copy)]
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
#[derive(Clone)]
pub struct Verify {
    /// `SSL_set_verify(3)`: SSL_VERIFY_… bits.
    pub mode: i32,
    /// `SSL_set_verify(3)`
    pub callback: SSL_verify_cb,
    /// `SSL_set_post_handshake_auth(3)`
    pub post_handshake_auth: bool,
    /// `SSL_CTX_set_client_CA_list(3)`: names for a server's CertificateRequest.
    pub client_authorities: Option<Arc<NameStack>>,
    /// `SSL_CTX_set0_CA_list(3)`: names for both sides; a server prefers those above.
    pub authorities: Option<Arc<NameStack>>,
    /// `SSL_set_client_CA_list(3)`: a connection's own, in the place of its context's.
    pub own_client_authorities: Option<Arc<NameStack>>,
    /// `SSL_set0_CA_list(3)`: likewise.
    pub own_authorities: Option<Arc<NameStack>>,
}

/// Sessions and tickets.
#[derive(Debug, Clone, Copy)]
pub struct Resumption {
    /// `SSL_set_session_id_context(3)`
    pub id_context: carnet_ticket::SessionIdContext,
    /// `SSL_set_num_tickets(3)`
    pub num_tickets: usize,
    /// `SSL_set_max_early_data(3)`
    pub max_early_data: u32,
    /// `SSL_set_recv_max_early_data(3)`
    pub recv_max_early_data: u32,
    /// `carnet_set_ticket_request`: a client's
    pub ticket_request: Option<TicketRequest>,
    /// `carnet_honour_ticket_requests`: a server's
    pub ignores_ticket_requests: bool,
}

/// SSL_MODE_AUTO_RETRY
const DEFAULT_MODE: u32 = 4;
const DEFAULT_SECURITY_LEVEL: i32 = 2;
const NO_STATUS_TYPE: i32 = -1;
const MAX_FRAGMENT: usize = 16384;
const DEFAULT_MAX_CERTIFICATE_LEN: usize = 102_400;
const DEFAULT_NUM_TICKETS: usize = 2;
/// SSL_OP_NO_COMPRESSION and SSL_OP_ENABLE_MIDDLEBOX_COMPAT
const DEFAULT_OPTIONS: u64 = 1 << 17 | 1 << 20;

impl Default for Protocol {
    fn default() -> Self {
        Self {
            min_version: 0,
            max_version: 0,
            options: DEFAULT_OPTIONS,
            mode: DEFAULT_MODE,
            quiet_shutdown: false,
            status_type: NO_STATUS_TYPE,
        }
    }
}

impl Default for Algorithms {
    fn default() -> Self {
        Self {
            groups: None,
            schemes: None,
            client_schemes: None,
            security_level: DEFAULT_SECURITY_LEVEL,
        }
    }
}

impl Default for Verify {
    fn default() -> Self {
        // C sees empty lists until it sets others.
        let empty = || NameStack::new().map(Arc::new);
        Self {
            mode: 0,
            callback: None,
            post_handshake_auth: false,
            client_authorities: empty(),
            authorities: empty(),
            own_client_authorities: None,
            own_authorities: None,
        }
    }
}

impl Default for Records {
    fn default() -> Self {
        Self {
            read_ahead: false,
            max_send_fragment: MAX_FRAGMENT,
            split_send_fragment: MAX_FRAGMENT,
            max_pipelines: 1,
            default_read_buffer_len: 0,
            block_padding: 0,
            max_certificate_len: DEFAULT_MAX_CERTIFICATE_LEN,
            max_fragment_mode: 0,
        }
    }
}

impl Default for Resumption {
    fn default() -> Self {
        Self {
            id_context: Default::default(),
            num_tickets: DEFAULT_NUM_TICKETS,
            max_early_data: 0,
            recv_max_early_data: MAX_FRAGMENT as u32,
            ticket_request: None,
            ignores_ticket_requests: false,
        }
    }
}

const MIN_SEND_FRAGMENT: usize = 512;
const MAX_PIPELINES: usize = 32;

impl Records {
    /// `SSL_set_max_send_fragment(3)`
    pub fn set_max_send_fragment(&mut self, len: usize) -> bool {
        let good = (MIN_SEND_FRAGMENT..=MAX_FRAGMENT).contains(&len);
        if good {
            self.max_send_fragment = len;
            self.split_send_fragment = self.split_send_fragment.min(len);
        }
        good
    }

    /// `SSL_set_split_send_fragment(3)`
    pub fn set_split_send_fragment(&mut self, len: usize) -> bool {
        let good = (1..=self.max_send_fragment).contains(&len);
        self.split_send_fragment = if good { len } else { self.split_send_fragment };
        good
    }

    /// `SSL_set_max_pipelines(3)`
    pub fn set_max_pipelines(&mut self, count: usize) -> bool {
        let good = (1..=MAX_PIPELINES).contains(&count);
        self.max_pipelines = if good { count } else { self.max_pipelines };
        good
    }

    /// `SSL_set_block_padding(3)`
    pub fn set_block_padding(&mut self, block: usize) -> bool {
        let good = block <= MAX_FRAGMENT;
        self.block_padding = if good { block } else { self.block_padding };
        good
    }

    /// `SSL_set_tlsext_max_fragment_length(3)`
    pub fn set_max_fragment_mode(&mut self, mode: u8) -> Result<()> {
        const LONGEST: u8 = 4;
        if mode > LONGEST {
            return Err(Reason::SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH.into());
        }
        self.max_fragment_mode = mode;
        Ok(())
    }
}

impl Config {
    /// `SSL_set_cipher_list(3)`: the suites of TLS 1.2, and security level and Suite B if the list sets them.
    pub fn set_cipher_list(&mut self, list: &str) -> Result<()> {
        let flags = &mut self.credentials.flags;
        let (aside, result) = self.suites.set_tls12(list, SuiteB::of_flags(*flags));
        *flags = aside.suite_b.map_or(*flags, |suite_b| suite_b.to_flags(*flags));
        self.algorithms.security_level = aside.security_level.unwrap_or(self.algorithms.security_level);
        result
    }

    /// `SSL_get1_supported_ciphers(3)`: the suites of the versions in use that are strong enough and that some signature
    /// scheme goes with. The application's function may run.
    pub fn usable_suites(&self, method: &SSL_METHOD, policy: &Policy) -> Result<Vec<&'static SSL_CIPHER>> {
        let range = self.protocol.range(method)?;
        let (low, high) = policy.versions(method, self.protocol.min_version, range)?;
        let signers = Signers::new(&self.own_schemes(true), policy);
        let usable = |cipher: &&'static SSL_CIPHER| {
            if cipher.is_tls13() {
                high >= 0x0304
            } else {
                low <= 0x0303
            }
        };
        let strong = |cipher: &&'static SSL_CIPHER| {
            signers.cover(cipher) && policy.allows(&Query::cipher(Operation::CipherSupported, cipher))
        };
        Ok(self.suites.iter().filter(usable).filter(strong).collect())
    }
}

impl Protocol {
    /// `SSL_set_min_proto_version(3)` and `SSL_set_max_proto_version(3)`: 0, or SSL 3.0 to TLS 1.3. DTLS numbers are
    /// accepted and mean nothing here, as in OpenSSL.
    pub fn accepts_version(version: i64) -> bool {
        matches!(version, 0 | 0x0300..=0x0304 | 0xfefd | 0xfeff | 0x0100)
    }
}

impl Resumption {
    /// `SSL_set_session_id_context(3)`
    pub fn set_id_context(&mut self, context: &[u8]) -> Result<()> {
        let context = carnet_ticket::SessionIdContext::new(context);
        self.id_context = context.map_err(|_| Reason::SSL_SESSION_ID_CONTEXT_TOO_LONG)?;
        Ok(())
    }
}

/// Checks a ProtocolNameList for `SSL_set_alpn_protos(3)`: names of 1 to 255 bytes that fill it exactly.
pub fn is_protocol_list(mut list: &[u8]) -> bool {
    while let [len, rest @ ..] = list {
        match rest.split_at_checked(usize::from(*len)) {
            Some((name, rest)) if !name.is_empty() => list = rest,
            _ => return false,
        }
    }
    true
}
