//! From a [`Config`] to the [`Settings`] of carnet-tls, once for all connections that share it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use carnet_tls::{CipherSuite, ClientAuth, NamedGroup, ProtocolVersion, Settings, SignatureScheme, Tls12};

use super::authorities::List;
use super::config::{Config, Protocol};
use super::method::SSL_METHOD;
use super::security::{Operation, Policy, Query};
use super::shared::Signers;
use super::{group, scheme};
use crate::error::{Reason, Result};

const VERIFY_PEER: i32 = 1;
const VERIFY_POST_HANDSHAKE: i32 = 8;
const OP_DISABLE_TLSEXT_CA_NAMES: u64 = 1 << 9;
const OP_NO_EXTENDED_MASTER_SECRET: u64 = 1;
const OP_LEGACY_SERVER_CONNECT: u64 = 1 << 2;
const OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION: u64 = 1 << 18;
const MODE_SEND_FALLBACK_SCSV: u32 = 0x80;
const OP_ALLOW_NO_DHE_KEX: u64 = 1 << 10;
const OP_NO_TICKET: u64 = 1 << 14;
const OP_ENABLE_MIDDLEBOX_COMPAT: u64 = 1 << 20;
const OP_NO_TLS1_2: u64 = 1 << 27;
const OP_NO_TLS1_3: u64 = 1 << 29;
const STATUS_TYPE_OCSP: i32 = 1;
const TLS1_2: u16 = 0x0303;
const TLS1_3: u16 = 0x0304;

/// The settings for each side with and without observers and a key log, once they have been asked for. A copy starts empty.
#[derive(Default)]
pub(super) struct Settled([OnceLock<Arc<Settings>>; 8]);

impl Settled {
    /// The configuration is about to change.
    pub fn forget(&mut self) {
        self.0 = Default::default();
    }
}

impl Clone for Settled {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// For whom settings are.
#[derive(Debug, Clone, Copy)]
pub struct Purpose {
    /// The method that the connection was made with.
    pub method: &'static SSL_METHOD,
    /// It accepts; otherwise it connects.
    pub server: bool,
    /// The context has a key log callback.
    pub key_log: bool,
    /// The context has an info callback.
    pub observed: bool,
}

impl Config {
    /// What a new connection may negotiate. An error when options and limits leave no version.
    pub fn settings(&self, purpose: Purpose) -> Result<Arc<Settings>> {
        let slot = &self.settled.0
            [usize::from(purpose.server) * 4 + usize::from(purpose.key_log) * 2 + usize::from(purpose.observed)];
        if let Some(settings) = slot.get() {
            return Ok(Arc::clone(settings));
        }
        let settings = Arc::new(self.work_out(purpose)?);
        Ok(Arc::clone(slot.get_or_init(|| settings)))
    }

    fn work_out(&self, purpose: Purpose) -> Result<Settings> {
        let (min_version, max_version) = self.protocol.range(purpose.method)?;
        let has = |option: u64| self.protocol.options & option != 0;
        let hooks = &self.hooks;
        // What an application's function would say is not known here: the driver asks it for each connection.
        let policy = Policy::of_level(if hooks.security.function.is_some() {
            0
        } else {
            self.algorithms.security_level
        });
        let schemes = self.schemes(purpose.server, &policy);
        Ok(Settings {
            min_version: ProtocolVersion(min_version),
            max_version: ProtocolVersion(max_version),
            suites: self.strong_suites(purpose.server, &schemes, &policy),
            schemes,
            server_preference: self.prefers_own(),
            prefer_sha256: purpose.server && hooks.psk.server.is_some() && self.credentials.is_empty(),
            groups: self.groups(purpose.server, &policy),
            client_auth: self.client_auth(),
            authorities: self.authorities(purpose.server),
            post_handshake_auth: self.verify.post_handshake_auth,
            protocols: self.alpn.clone(),
            server_name: None,
            middlebox_compat: has(OP_ENABLE_MIDDLEBOX_COMPAT),
            tickets: !has(OP_NO_TICKET) && policy.allows(&Query::ticket()),
            num_tickets: self.resumption.num_tickets,
            tls12: Tls12 {
                extended_master_secret: !has(OP_NO_EXTENDED_MASTER_SECRET),
                is_fallback: self.protocol.mode & MODE_SEND_FALLBACK_SCSV != 0,
                tolerate_legacy_servers: has(OP_LEGACY_SERVER_CONNECT) || has(OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION),
            },
            allow_psk_ke: has(OP_ALLOW_NO_DHE_KEX),
            asks_for_psk: hooks.psk.asked(purpose.server),
            ticket_request: self.resumption.ticket_request,
            honour_ticket_requests: !self.resumption.ignores_ticket_requests,
            max_send_fragment: self.records.max_send_fragment,
            record_padding: self.records.block_padding,
            max_certificate_len: self.records.max_certificate_len,
            request_ocsp: self.protocol.status_type == STATUS_TYPE_OCSP,
            observe: purpose.observed || hooks.info.is_some() || hooks.message.function.is_some(),
            key_log: purpose.key_log,
        })
    }

    /// A client offers only what could be signed for.
    fn strong_suites(&self, server: bool, schemes: &[SignatureScheme], policy: &Policy) -> Vec<CipherSuite> {
        let schemes: Vec<u16> = schemes.iter().map(|scheme| scheme.0).collect();
        let signers = Signers::new(&schemes, policy);
        self.suites
            .iter()
            .filter(|cipher| server || signers.cover(cipher))
            .filter(|cipher| policy.allows(&Query::cipher(Operation::CipherSupported, cipher)))
            .map(|cipher| CipherSuite(cipher.code))
            .collect()
    }

    fn groups(&self, server: bool, policy: &Policy) -> Vec<NamedGroup> {
        let default = if server {
            group::SERVER_DEFAULT
        } else {
            group::CLIENT_DEFAULT
        };
        let own = self.algorithms.groups.as_deref().unwrap_or(default);
        let groups = self.suite_b().map_or(own, |suite_b| suite_b.groups());
        let strong = |code: &u16| policy.allows(&Query::group(Operation::GroupSupported, *code));
        groups.iter().copied().filter(strong).map(NamedGroup).collect()
    }

    /// Those that the peer may sign with.
    fn schemes(&self, server: bool, policy: &Policy) -> Vec<SignatureScheme> {
        let algorithms = &self.algorithms;
        let for_clients = algorithms.client_schemes.as_ref().filter(|_| server);
        let schemes = match (self.suite_b(), for_clients.or(algorithms.schemes.as_ref())) {
            (Some(suite_b), _) => suite_b.schemes().to_vec(),
            (None, Some(schemes)) => schemes.to_vec(),
            (None, None) => scheme::defaults().map(|scheme| scheme.0).collect(),
        };
        let strong = |code: &u16| policy.allows(&Query::scheme(Operation::SchemeSupported, *code));
        schemes.into_iter().filter(strong).map(SignatureScheme).collect()
    }

    fn client_auth(&self) -> ClientAuth {
        match self.verify.mode {
            mode if mode & VERIFY_PEER == 0 => ClientAuth::None,
            mode if mode & VERIFY_POST_HANDSHAKE != 0 => ClientAuth::PostHandshakeOnly,
            _ => ClientAuth::Request,
        }
    }

    /// The authorities to name to the peer, DER.
    pub fn authorities(&self, server: bool) -> Vec<Bytes> {
        if self.protocol.options & OP_DISABLE_TLSEXT_CA_NAMES != 0 && !server {
            return Vec::new();
        }
        let for_clients = self.authority_list(List::ForClients);
        for_clients
            .filter(|names| server && !names.is_empty())
            .or_else(|| self.authority_list(List::ForBoth))
            .map(|names| names.to_der())
            .unwrap_or_default()
    }
}

impl Protocol {
    /// The versions that method, limits and options leave (`SSL_CTX_set_min_proto_version(3)`). TLS 1.1 and older are
    /// not spoken here. A method of one version is not limited further, as in OpenSSL.
    pub fn range(&self, method: &SSL_METHOD) -> Result<(u16, u16)> {
        let (low, high) = match (method.version, self.max_version) {
            (0, 0) => (self.min_version, TLS1_3),
            (0, high) => (self.min_version, high),
            (fixed @ (TLS1_2 | TLS1_3), _) => return Ok((fixed, fixed)),
            _ => return Err(Reason::NO_PROTOCOLS_AVAILABLE.into()),
        };
        let allowed = |version: u16, forbidden: u64| (low..=high).contains(&version) && self.options & forbidden == 0;
        match (allowed(TLS1_2, OP_NO_TLS1_2), allowed(TLS1_3, OP_NO_TLS1_3)) {
            (true, true) => Ok((TLS1_2, TLS1_3)),
            (true, false) => Ok((TLS1_2, TLS1_2)),
            (false, true) => Ok((TLS1_3, TLS1_3)),
            (false, false) => Err(Reason::NO_PROTOCOLS_AVAILABLE.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::method;
    use super::*;

    fn purpose(server: bool) -> Purpose {
        Purpose {
            method: &method::TLS,
            server,
            key_log: false,
            observed: false,
        }
    }

    #[test]
    fn versions_come_from_method_limits_and_options() {
        let mut protocol = Protocol::default();
        assert_eq!(protocol.range(&method::TLS), Ok((TLS1_2, TLS1_3)));
        assert_eq!(protocol.range(&method::TLS1_2), Ok((TLS1_2, TLS1_2)));
        assert_eq!(
            protocol.range(&method::TLS1_0),
            Err(Reason::NO_PROTOCOLS_AVAILABLE.into())
        );
        protocol.options |= OP_NO_TLS1_3;
        assert_eq!(protocol.range(&method::TLS), Ok((TLS1_2, TLS1_2)));
        protocol.min_version = TLS1_3;
        assert!(protocol.range(&method::TLS).is_err());
    }

    #[test]
    fn settings_are_shared_until_the_configuration_changes() {
        let mut config = Config::default();
        let first = config.settings(purpose(true)).unwrap();
        assert!(Arc::ptr_eq(&first, &config.settings(purpose(true)).unwrap()));
        assert!(!Arc::ptr_eq(&first, &config.clone().settings(purpose(true)).unwrap()));
        config.settled.forget();
        config.resumption.num_tickets = 5;
        assert_eq!(config.settings(purpose(true)).unwrap().num_tickets, 5);
    }

    #[test]
    fn a_server_takes_post_quantum_keys_and_a_client_offers_what_openssl_offers() {
        let config = Config::default();
        assert_eq!(config.settings(purpose(true)).unwrap().groups[0], NamedGroup(0x11ec));
        assert_eq!(config.settings(purpose(false)).unwrap().groups[0], NamedGroup(0x001d));
    }
}
