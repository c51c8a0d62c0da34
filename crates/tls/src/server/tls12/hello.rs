//! A ClientHello that gets TLS 1.2.

use std::sync::Arc;

use super::{State, session};
use crate::core::Core;
use crate::message::ClientHello;
use crate::message::client_hello_extensions::each_once;
use crate::message::tls12::{check_point_formats, check_renegotiation_info};
use crate::suite12::Suite12;
use crate::{CipherSuite, Error, ErrorKind, ExtensionType, ProtocolVersion, Settings};

/// What a ClientHello says of TLS 1.2, as far as all that follows needs it.
pub(crate) struct Asked {
    pub(super) hello: Arc<ClientHello>,
    /// It knows of secure renegotiation (RFC 5746 section 3.6).
    pub(super) secure_renegotiation: bool,
    pub(super) extended_master_secret: bool,
}

/// Checks what TLS 1.2 demands of the ClientHello, and looks for a session.
#[inline(never)]
pub(in crate::server) fn begin(core: &mut Core, hello: Arc<ClientHello>) -> Result<State, Error> {
    core.turn_to_tls12();
    // "If TLS_FALLBACK_SCSV appears in ClientHello.cipher_suites and the highest protocol version supported by the
    // server is higher than the version indicated in ClientHello.client_version, the server MUST respond with a fatal
    // inappropriate_fallback alert" (RFC 7507 section 3).
    if hello.offers_suite(CipherSuite::TLS_FALLBACK_SCSV.0) && core.settings.allows(ProtocolVersion::TLS1_3) {
        return Err(ErrorKind::InappropriateFallback.into());
    }
    // "This vector MUST contain, and all implementations MUST support, CompressionMethod.null" (RFC 5246 section 7.4.1.2).
    if !hello.compression_methods().contains(&0) {
        return Err(ErrorKind::BadCompression.into());
    }
    check_point_formats(hello.extension(ExtensionType::EC_POINT_FORMATS))?;
    let info = hello.extension(ExtensionType::RENEGOTIATION_INFO);
    if let Some(info) = info {
        check_renegotiation_info(info)?;
    }
    let scsv = CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV.0;
    let asked = Asked {
        secure_renegotiation: info.is_some() || hello.offers_suite(scsv),
        extended_master_secret: hello.flag(ExtensionType::EXTENDED_MASTER_SECRET)?
            && core.settings.tls12.extended_master_secret,
        hello,
    };
    core.facts.extended_master_secret = asked.extended_master_secret;
    core.facts.secure_renegotiation = asked.secure_renegotiation;
    session::begin(core, asked)
}

impl Asked {
    /// The suites in common, best first: ours in our order, or theirs in their order.
    pub(super) fn shared_suites(&self, settings: &Settings) -> Vec<&'static Suite12> {
        let (pairs, _) = self.hello.cipher_suites().as_chunks::<2>();
        let theirs = pairs.iter().map(|pair| CipherSuite(u16::from_be_bytes(*pair)));
        let ours = &settings.suites;
        if settings.server_preference {
            ours.iter()
                .filter_map(|suite| suite.tls12())
                .filter(|known| self.hello.offers_suite(known.suite.0))
                .collect()
        } else {
            let shared = theirs.filter(|suite| ours.contains(suite));
            each_once(shared).into_iter().filter_map(CipherSuite::tls12).collect()
        }
    }
}
