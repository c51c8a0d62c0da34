//! What was offered, as far as the server's answers after ServerHello are concerned.

use std::sync::Arc;

use crate::message::Extensions;
use crate::{Error, ErrorKind, ExtensionType, Settings, SignatureScheme};

/// The settings at the time of the ClientHello, and the extensions that were in it.
#[derive(Clone)]
pub(super) struct Offered {
    settings: Arc<Settings>,
    extensions: Vec<ExtensionType>,
}

impl Offered {
    pub(super) fn new(settings: Arc<Settings>, extensions: Vec<ExtensionType>) -> Self {
        Self { settings, extensions }
    }

    pub(super) fn has(&self, extension_type: ExtensionType) -> bool {
        self.extensions.contains(&extension_type)
    }

    /// Refuses what does not belong among the extensions of a message of the server's.
    ///
    /// "Implementations MUST NOT send extension responses if the remote endpoint did not send the corresponding
    /// extension requests [...]. Upon receiving such an extension, an endpoint MUST abort the handshake with an
    /// 'unsupported_extension' alert." And: "If an implementation receives an extension which it recognizes and which
    /// is not specified for the message in which it appears, it MUST abort the handshake with an 'illegal_parameter'
    /// alert" (RFC 8446 section 4.2).
    pub(super) fn check_responses(&self, received: &Extensions, specified: &[ExtensionType]) -> Result<(), Error> {
        for (extension_type, _) in received.iter() {
            if specified.contains(&extension_type) && self.has(extension_type) {
                continue;
            }
            let kind = if self.has(extension_type) {
                ErrorKind::BadExtension
            } else {
                ErrorKind::UnsolicitedExtension
            };
            return Err(kind.into());
        }
        Ok(())
    }

    /// May the server sign with this scheme?
    pub(super) fn accepts_scheme(&self, scheme: SignatureScheme) -> bool {
        scheme.is_tls13() && self.settings.schemes.contains(&scheme)
    }

    /// May the server sign with this scheme in TLS 1.2?
    pub(super) fn accepts_scheme12(&self, scheme: SignatureScheme) -> bool {
        scheme.is_tls12() && self.settings.schemes.contains(&scheme)
    }

    /// Is this one of the protocols in our ALPN extension?
    pub(super) fn has_protocol(&self, name: &[u8]) -> bool {
        self.settings.offers_protocol(name)
    }
}
