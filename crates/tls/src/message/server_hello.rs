//! ServerHello, HelloRetryRequest and EncryptedExtensions (RFC 8446 sections 4.1.3, 4.1.4, 4.3.1).

use bytes::Bytes;

use super::client_hello_extensions::key_share_entry;
use super::{Extensions, Message};
use crate::codec::{Reader, Writer, non_empty};
use crate::{CipherSuite, Error, ErrorKind, ExtensionType, NamedGroup, ProtocolVersion};

/// "For reasons of backward compatibility with middleboxes, the HelloRetryRequest message uses the same structure as
/// the ServerHello, but with Random set to the special value of the SHA-256 of 'HelloRetryRequest'".
pub(crate) const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// SSL 3.0. "Any endpoint receiving a Hello message with ClientHello.legacy_version or ServerHello.legacy_version set to
/// 0x0300 MUST abort the handshake with a 'protocol_version' alert" (appendix D.5).
pub(crate) const SSL3: u16 = 0x0300;

/// The last eight bytes of a random whose server could have done TLS 1.3 but negotiated TLS 1.2 (section 4.1.3).
pub(crate) const DOWNGRADE_TO_TLS12: [u8; 8] = *b"DOWNGRD\x01";
/// The same for TLS 1.1 and older.
pub(crate) const DOWNGRADE_BELOW_TLS12: [u8; 8] = *b"DOWNGRD\x00";

/// What a ServerHello or HelloRetryRequest of TLS 1.3 says, to be sent.
pub(crate) struct ServerHelloOut<'a> {
    pub(crate) random: &'a [u8; 32],
    pub(crate) session_id: &'a [u8],
    pub(crate) suite: CipherSuite,
    pub(crate) share: ShareOut<'a>,
    pub(crate) psk: Option<usize>,
}

/// The key_share extension, which has a form of its own in each.
pub(crate) enum ShareOut<'a> {
    /// psk_ke: none.
    None,
    /// ServerHello.
    Server(NamedGroup, &'a [u8]),
    /// HelloRetryRequest: the selected group.
    Retry(NamedGroup),
}

impl ServerHelloOut<'_> {
    pub(crate) fn write(&self, w: &mut Writer<'_>) {
        w.u16(ProtocolVersion::TLS1_2.0);
        w.bytes(self.random);
        w.vec8(self.session_id);
        w.u16(self.suite.0);
        w.u8(0);
        w.nest16(|w| {
            extension(w, ExtensionType::SUPPORTED_VERSIONS, |w| {
                w.u16(ProtocolVersion::TLS1_3.0)
            });
            match self.share {
                ShareOut::None => {}
                ShareOut::Server(group, share) => extension(w, ExtensionType::KEY_SHARE, |w| {
                    w.u16(group.0);
                    w.vec16(share);
                }),
                ShareOut::Retry(group) => extension(w, ExtensionType::KEY_SHARE, |w| w.u16(group.0)),
            }
            if let Some(index) = self.psk.and_then(|index| u16::try_from(index).ok()) {
                extension(w, ExtensionType::PRE_SHARED_KEY, |w| w.u16(index));
            }
        });
    }
}

/// Appends an extension with the content that `data` writes.
pub(crate) fn extension(w: &mut Writer<'_>, extension_type: ExtensionType, data: impl FnOnce(&mut Writer<'_>)) {
    w.u16(extension_type.0);
    w.nest16(data);
}

/// A parsed ServerHello or HelloRetryRequest.
#[derive(Debug, Clone)]
pub(crate) struct ServerHello {
    pub(crate) legacy_version: u16,
    pub(crate) random: [u8; 32],
    pub(crate) session_id: Bytes,
    pub(crate) suite: CipherSuite,
    pub(crate) compression: u8,
    pub(crate) extensions: Extensions,
}

impl ServerHello {
    pub(crate) fn parse(message: &Message) -> Result<Self, Error> {
        let mut r = Reader::new(message.body());
        let legacy_version = r.u16()?;
        let random = r.array()?;
        let session_id = r.vec8()?;
        if session_id.len() > 32 {
            return Err(ErrorKind::Malformed.into());
        }
        let session_id = Bytes::copy_from_slice(session_id);
        let suite = CipherSuite(r.u16()?);
        let compression = r.u8()?;
        let raw = message.raw();
        let extensions = if r.is_empty() {
            Extensions::default()
        } else {
            Extensions::parse(raw, &mut r, 0)?
        };
        r.finish()?;
        Ok(Self {
            legacy_version,
            random,
            session_id,
            suite,
            compression,
            extensions,
        })
    }

    pub(crate) fn is_retry(&self) -> bool {
        self.random == RETRY_RANDOM
    }

    /// supported_versions: selected_version.
    pub(crate) fn selected_version(&self) -> Result<Option<ProtocolVersion>, Error> {
        self.u16(ExtensionType::SUPPORTED_VERSIONS)
            .map(|version| version.map(ProtocolVersion))
    }

    /// pre_shared_key: selected_identity.
    pub(crate) fn selected_identity(&self) -> Result<Option<u16>, Error> {
        self.u16(ExtensionType::PRE_SHARED_KEY)
    }

    /// key_share of a HelloRetryRequest: selected_group.
    pub(crate) fn selected_group(&self) -> Result<Option<NamedGroup>, Error> {
        self.u16(ExtensionType::KEY_SHARE).map(|group| group.map(NamedGroup))
    }

    /// key_share of a ServerHello.
    pub(crate) fn server_share(&self) -> Result<Option<(NamedGroup, &[u8])>, Error> {
        let Some(data) = self.extensions.get(ExtensionType::KEY_SHARE) else {
            return Ok(None);
        };
        let mut r = Reader::new(data);
        let entry = key_share_entry(&mut r)?;
        r.finish()?;
        Ok(Some(entry))
    }

    /// cookie of a HelloRetryRequest.
    pub(crate) fn cookie(&self) -> Result<Option<&[u8]>, Error> {
        let Some(data) = self.extensions.get(ExtensionType::COOKIE) else {
            return Ok(None);
        };
        let mut r = Reader::new(data);
        let cookie = non_empty(r.vec16()?)?;
        r.finish()?;
        Ok(Some(cookie))
    }

    fn u16(&self, extension_type: ExtensionType) -> Result<Option<u16>, Error> {
        let Some(data) = self.extensions.get(extension_type) else {
            return Ok(None);
        };
        let mut r = Reader::new(data);
        let number = r.u16()?;
        r.finish()?;
        Ok(Some(number))
    }
}

/// EncryptedExtensions to be sent.
#[derive(Debug, Default)]
pub(crate) struct EncryptedExtensionsOut<'a> {
    /// An empty server_name: the name was used (RFC 6066 section 3).
    pub(crate) acknowledge_name: bool,
    /// The selected application protocol.
    pub(crate) protocol: Option<&'a [u8]>,
    /// Early data is accepted.
    pub(crate) early_data: bool,
    /// The answer to ticket_request (RFC 9149).
    pub(crate) expected_tickets: Option<u8>,
}

impl EncryptedExtensionsOut<'_> {
    pub(crate) fn write(&self, w: &mut Writer<'_>) {
        w.nest16(|w| {
            if self.acknowledge_name {
                extension(w, ExtensionType::SERVER_NAME, |_| {});
            }
            if let Some(protocol) = self.protocol {
                extension(w, ExtensionType::ALPN, |w| w.nest16(|w| w.vec8(protocol)));
            }
            if self.early_data {
                extension(w, ExtensionType::EARLY_DATA, |_| {});
            }
            if let Some(expected) = self.expected_tickets {
                extension(w, ExtensionType::TICKET_REQUEST, |w| w.u8(expected));
            }
        });
    }
}

/// The extensions of an EncryptedExtensions message.
pub(crate) fn parse_encrypted_extensions(message: &Message) -> Result<Extensions, Error> {
    let mut r = Reader::new(message.body());
    let extensions = Extensions::parse(message.raw(), &mut r, 0)?;
    r.finish()?;
    Ok(extensions)
}

/// The one protocol that a server selected (RFC 7301 section 3.1: "MUST contain exactly one 'ProtocolName'").
pub(crate) fn parse_selected_protocol(data: &[u8]) -> Result<&[u8], Error> {
    let mut r = Reader::new(data);
    let mut list = Reader::new(r.vec16()?);
    r.finish()?;
    let name = non_empty(list.vec8()?)?;
    list.finish()?;
    Ok(name)
}
