//! What a ClientHello's extensions say (RFC 8446 section 4.2).

use bytes::Bytes;

use super::ClientHello;
use crate::codec::{Malformed, Reader, U16List, non_empty};
use crate::{Error, ErrorKind, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};

/// psk_key_exchange_modes (section 4.2.9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PskModes {
    /// psk_ke
    pub(crate) alone: bool,
    /// psk_dhe_ke
    pub(crate) with_dhe: bool,
}

impl ClientHello {
    /// Does supported_versions (section 4.2.1) list this version?
    ///
    /// Without the extension: legacy_version says the highest, and it is TLS 1.2 or older.
    ///
    /// # Errors
    /// The extension is malformed.
    pub fn offers_version(&self, version: ProtocolVersion) -> Result<bool, Error> {
        let Some(data) = self.extension(ExtensionType::SUPPORTED_VERSIONS) else {
            return Ok(version <= ProtocolVersion::TLS1_2 && version.0 <= self.legacy_version());
        };
        let mut r = Reader::new(data);
        let list = U16List::new(r.vec8()?)?;
        r.finish()?;
        Ok(list.contains(version.0))
    }

    fn u16_list(&self, extension_type: ExtensionType) -> Result<Option<U16List<'_>>, Malformed> {
        let Some(data) = self.extension(extension_type) else {
            return Ok(None);
        };
        let mut r = Reader::new(data);
        let list = U16List::new(r.vec16()?)?;
        r.finish()?;
        Ok(Some(list))
    }

    /// supported_groups (section 4.2.7).
    pub(crate) fn groups(&self) -> Result<Option<U16List<'_>>, Malformed> {
        self.u16_list(ExtensionType::SUPPORTED_GROUPS)
    }

    /// signature_algorithms (section 4.2.3), those usable in TLS 1.3.
    pub(crate) fn schemes13(&self) -> Result<Option<Vec<SignatureScheme>>, Malformed> {
        self.u16_list(ExtensionType::SIGNATURE_ALGORITHMS_CERT)?;
        let list = self.u16_list(ExtensionType::SIGNATURE_ALGORITHMS)?;
        Ok(list.map(|list| each_once(list.iter().map(SignatureScheme).filter(|scheme| scheme.is_tls13()))))
    }

    /// signature_algorithms, those usable in TLS 1.2.
    pub(crate) fn schemes12(&self) -> Result<Option<Vec<SignatureScheme>>, Malformed> {
        self.u16_list(ExtensionType::SIGNATURE_ALGORITHMS_CERT)?;
        let list = self.u16_list(ExtensionType::SIGNATURE_ALGORITHMS)?;
        Ok(list.map(|list| each_once(list.iter().map(SignatureScheme).filter(|scheme| scheme.is_tls12()))))
    }

    /// key_share (section 4.2.8) for `group`.
    pub(crate) fn key_share(&self, group: NamedGroup) -> Result<Option<&[u8]>, Malformed> {
        let Some(shares) = self.key_shares()? else {
            return Ok(None);
        };
        let mut r = Reader::new(shares);
        while !r.is_empty() {
            let (entry, share) = key_share_entry(&mut r)?;
            if entry == group {
                return Ok(Some(share));
            }
        }
        Ok(None)
    }

    /// The content of client_shares, which may be empty.
    pub(crate) fn key_shares(&self) -> Result<Option<&[u8]>, Malformed> {
        let Some(data) = self.extension(ExtensionType::KEY_SHARE) else {
            return Ok(None);
        };
        let mut r = Reader::new(data);
        let shares = r.vec16()?;
        r.finish()?;
        Ok(Some(shares))
    }

    /// "Clients MUST NOT offer multiple KeyShareEntry values for the same group. Clients MUST NOT offer any
    /// KeyShareEntry values for groups not listed in the client's 'supported_groups' extension. Servers MAY check for
    /// violations of these rules and abort the handshake with an 'illegal_parameter' alert" (section 4.2.8).
    pub(crate) fn check_key_shares(&self) -> Result<(), Error> {
        let (Some(shares), Some(groups)) = (self.key_shares()?, self.groups()?) else {
            return Ok(());
        };
        // Sorted: both lists may be thousands long, and the work must not grow with the product.
        let mut listed: Vec<u16> = groups.iter().collect();
        listed.sort_unstable();
        let mut seen = Vec::new();
        let mut r = Reader::new(shares);
        while !r.is_empty() {
            let (group, _) = key_share_entry(&mut r)?;
            if listed.binary_search(&group.0).is_err() {
                return Err(ErrorKind::BadKeyShare.into());
            }
            seen.push(group);
        }
        seen.sort_unstable();
        if seen.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(ErrorKind::BadKeyShare.into());
        }
        Ok(())
    }

    /// The groups of the key shares, in the client's order; empty without the extension.
    pub(crate) fn shared_groups(&self) -> Result<Vec<NamedGroup>, Malformed> {
        let mut r = Reader::new(self.key_shares()?.unwrap_or_default());
        let mut groups = Vec::with_capacity(4);
        while !r.is_empty() {
            groups.push(key_share_entry(&mut r)?.0);
        }
        Ok(groups)
    }

    /// psk_key_exchange_modes; `None` without the extension.
    pub(crate) fn psk_modes(&self) -> Result<Option<PskModes>, Malformed> {
        let Some(data) = self.extension(ExtensionType::PSK_KEY_EXCHANGE_MODES) else {
            return Ok(None);
        };
        let mut r = Reader::new(data);
        let modes = non_empty(r.vec8()?)?;
        r.finish()?;
        Ok(Some(PskModes {
            alone: modes.contains(&0),
            with_dhe: modes.contains(&1),
        }))
    }

    /// server_name (RFC 6066 section 3): the host name, if any.
    pub(crate) fn server_name(&self) -> Result<Option<String>, Error> {
        let Some(data) = self.extension(ExtensionType::SERVER_NAME) else {
            return Ok(None);
        };
        let mut r = Reader::new(data);
        let mut list = Reader::new(non_empty(r.vec16()?)?);
        r.finish()?;
        // There has never been another name_type than host_name, and "The ServerNameList MUST NOT contain more than one
        // name of the same name_type": so there is one entry.
        if list.u8()? != 0 {
            return Err(ErrorKind::Malformed.into());
        }
        let name = non_empty(list.vec16()?)?;
        list.finish()?;
        if name.len() > 255 || name.contains(&0) {
            return Err(ErrorKind::BadServerName.into());
        }
        let name = std::str::from_utf8(name).map_err(|_| ErrorKind::BadServerName)?;
        Ok(Some(name.to_owned()))
    }

    /// application_layer_protocol_negotiation (RFC 7301): the ProtocolNameList's content, validated.
    pub(crate) fn protocols(&self) -> Result<Option<Bytes>, Malformed> {
        let Some(data) = self.extension_bytes(ExtensionType::ALPN) else {
            return Ok(None);
        };
        let mut r = Reader::new(&data);
        let list = non_empty(r.vec16()?)?;
        let list_len = list.len();
        r.finish()?;
        let mut names = Reader::new(list);
        while !names.is_empty() {
            non_empty(names.vec8()?)?;
        }
        Ok(Some(super::part(&data, 2..2 + list_len)))
    }

    /// status_request (RFC 6066 section 8) for OCSP.
    pub(crate) fn wants_ocsp(&self) -> Result<bool, Malformed> {
        let Some(data) = self.extension(ExtensionType::STATUS_REQUEST) else {
            return Ok(false);
        };
        let mut r = Reader::new(data);
        if r.u8()? != 1 {
            return Ok(false);
        }
        r.vec16()?;
        r.vec16()?;
        r.finish()?;
        Ok(true)
    }

    /// certificate_authorities (section 4.2.4).
    pub(crate) fn authorities(&self) -> Result<Vec<Bytes>, Malformed> {
        match self.extension_bytes(ExtensionType::CERTIFICATE_AUTHORITIES) {
            Some(data) => parse_authorities(&data),
            None => Ok(Vec::new()),
        }
    }

    /// An extension whose content must be empty: is it there?
    pub(crate) fn flag(&self, extension_type: ExtensionType) -> Result<bool, Malformed> {
        match self.extension(extension_type) {
            None => Ok(false),
            Some([]) => Ok(true),
            Some(_) => Err(Malformed),
        }
    }
}

/// What we know of a client's list, in its order. A client may say the same thousands of times, and what is done with it must
/// not grow with that.
pub(crate) fn each_once<T: PartialEq>(known: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::new();
    for item in known {
        if !list.contains(&item) {
            list.push(item);
        }
    }
    list
}

/// struct { NamedGroup group; opaque key_exchange<1..2^16-1>; } KeyShareEntry;
pub(crate) fn key_share_entry<'a>(r: &mut Reader<'a>) -> Result<(NamedGroup, &'a [u8]), Malformed> {
    let group = NamedGroup(r.u16()?);
    Ok((group, non_empty(r.vec16()?)?))
}

/// DistinguishedName authorities<3..2^16-1>, each opaque DistinguishedName<1..2^16-1>.
pub(crate) fn parse_authorities(data: &Bytes) -> Result<Vec<Bytes>, Malformed> {
    let mut r = Reader::new(data);
    let list = non_empty(r.vec16()?)?;
    r.finish()?;
    let mut names = Reader::new(list);
    let mut authorities = Vec::new();
    while !names.is_empty() {
        let name = non_empty(names.vec16()?)?;
        authorities.push(super::part(data, super::range_at(data.len(), names.len(), name.len())));
    }
    Ok(authorities)
}
