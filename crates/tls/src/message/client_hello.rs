//! ClientHello (RFC 8446 section 4.1.2) as a server sees it.

use std::ops::Range;

use bytes::Bytes;

use super::{Extensions, HEADER_LEN, Message, part, range_at};
use crate::codec::{Reader, U16List, non_empty};
use crate::{Error, ErrorKind, ExtensionType};

/// A parsed ClientHello. Every part is a view of the message as it came, also of extensions that nobody knows.
#[derive(Debug, Clone)]
pub struct ClientHello {
    raw: Bytes,
    legacy_version: u16,
    random: [u8; 32],
    session_id: Range<usize>,
    suites: Range<usize>,
    compression: Range<usize>,
    extensions: Extensions,
}

impl ClientHello {
    pub(crate) fn parse(message: &Message) -> Result<Self, Error> {
        let raw = message.raw().clone();
        let mut r = Reader::new(message.body());
        let at = |r: &Reader<'_>, part: &[u8]| range_at(raw.len(), r.len(), part.len());
        let legacy_version = r.u16()?;
        let random = r.array()?;
        let session_id = r.vec8()?;
        let session_id_at = at(&r, session_id);
        let suites = r.vec16()?;
        let suites_at = at(&r, suites);
        let compression = r.vec8()?;
        let compression_at = at(&r, compression);
        // opaque legacy_session_id<0..32>; CipherSuite cipher_suites<2..2^16-2>;
        // opaque legacy_compression_methods<1..2^8-1>;
        if session_id.len() > 32 {
            return Err(ErrorKind::Malformed.into());
        }
        U16List::new(suites)?;
        non_empty(compression)?;
        // Clients of old may leave out the block altogether.
        let extensions = if r.is_empty() {
            Extensions::default()
        } else {
            Extensions::parse(&raw, &mut r, 0)?
        };
        r.finish()?;
        let hello = Self {
            legacy_version,
            random,
            session_id: session_id_at,
            suites: suites_at,
            compression: compression_at,
            extensions,
            raw,
        };
        // "The 'pre_shared_key' extension MUST be the last extension in the ClientHello [...]. Servers MUST check that
        // it is the last extension and otherwise fail the handshake with an 'illegal_parameter' alert."
        if hello.has(ExtensionType::PRE_SHARED_KEY) && hello.extensions.last() != Some(ExtensionType::PRE_SHARED_KEY) {
            return Err(ErrorKind::PskNotLast.into());
        }
        Ok(hello)
    }

    /// The whole message, with its four bytes of header.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// legacy_version: 0x0303 from any client of today.
    pub fn legacy_version(&self) -> u16 {
        self.legacy_version
    }

    /// The client's random.
    pub fn random(&self) -> &[u8; 32] {
        &self.random
    }

    /// legacy_session_id, 0 to 32 bytes.
    pub fn session_id(&self) -> &[u8] {
        self.raw.get(self.session_id.clone()).unwrap_or_default()
    }

    /// cipher_suites as on the wire: pairs of bytes.
    pub fn cipher_suites(&self) -> &[u8] {
        self.raw.get(self.suites.clone()).unwrap_or_default()
    }

    /// legacy_compression_methods.
    pub fn compression_methods(&self) -> &[u8] {
        self.raw.get(self.compression.clone()).unwrap_or_default()
    }

    /// All extensions, in the client's order.
    pub fn extensions(&self) -> impl Iterator<Item = (ExtensionType, &[u8])> {
        self.extensions.iter()
    }

    /// One extension's content, without type and length.
    pub fn extension(&self, wanted: ExtensionType) -> Option<&[u8]> {
        self.extensions.get(wanted)
    }

    /// As [`Self::extension`], shared.
    pub fn extension_bytes(&self, wanted: ExtensionType) -> Option<Bytes> {
        self.extensions.get_bytes(wanted)
    }

    /// Is this extension there?
    pub fn has(&self, wanted: ExtensionType) -> bool {
        self.extensions.range(wanted).is_some()
    }

    pub(crate) fn offers_suite(&self, suite: u16) -> bool {
        U16List::new(self.cipher_suites()).is_ok_and(|list| list.contains(suite))
    }

    /// The offered PSKs, to be taken one after the other; `None` without the extension.
    pub(crate) fn psks(&self) -> Result<Option<PskCursor>, Error> {
        let Some(at) = self.extensions.range(ExtensionType::PRE_SHARED_KEY) else {
            return Ok(None);
        };
        PskCursor::new(&self.raw, at).map(Some)
    }

    /// The ClientHello up to and including the identities: "Hash(Truncate(ClientHello1))" (section 4.2.11.2).
    pub(crate) fn before_binders(&self, psks: &PskCursor) -> &[u8] {
        // pre_shared_key is last, so the binders with their length field end the message.
        self.raw.get(..psks.binders_start).unwrap_or_default()
    }

    pub(crate) fn part(&self, range: Range<usize>) -> Bytes {
        part(&self.raw, range)
    }
}

/// One offered PSK.
#[derive(Debug, Clone)]
pub(crate) struct OfferedPsk {
    pub(crate) index: usize,
    pub(crate) identity: Range<usize>,
    pub(crate) obfuscated_age: u32,
    pub(crate) binder: Range<usize>,
}

/// Walks over identities and binders side by side (RFC 8446 section 4.2.11). Holds no borrow, so a state can keep it.
#[derive(Debug, Clone)]
pub(crate) struct PskCursor {
    index: usize,
    identities: Range<usize>,
    binders: Range<usize>,
    /// Where PskBinderEntry binders<33..2^16-1> begins, with its length.
    binders_start: usize,
}

impl PskCursor {
    fn new(raw: &Bytes, at: Range<usize>) -> Result<Self, Error> {
        let mut r = Reader::new(raw.get(at.clone()).unwrap_or_default());
        let behind = raw.len().saturating_sub(at.end);
        // struct { PskIdentity identities<7..2^16-1>; PskBinderEntry binders<33..2^16-1>; } OfferedPsks;
        let identities = non_empty(r.vec16()?)?;
        let identities_at = range_at(raw.len(), behind + r.len(), identities.len());
        let binders = non_empty(r.vec16()?)?;
        let binders_at = range_at(raw.len(), behind + r.len(), binders.len());
        r.finish()?;
        // "binders: A series of HMAC values, one for each value in the identities list and in the same order".
        if count_identities(identities)? != count_binders(binders)? {
            return Err(ErrorKind::BadPsk.into());
        }
        let binders_start = binders_at.start.saturating_sub(2);
        Ok(Self {
            index: 0,
            identities: identities_at,
            binders: binders_at,
            binders_start,
        })
    }

    /// The next one.
    pub(crate) fn next(&mut self, hello: &ClientHello) -> Option<OfferedPsk> {
        let raw = hello.raw();
        let mut identities = Reader::new(raw.get(self.identities.clone())?);
        let identity = identities.vec16().ok()?;
        let identity_start = self.identities.start + 2;
        let obfuscated_age = identities.u32().ok()?;
        let mut binders = Reader::new(raw.get(self.binders.clone())?);
        let binder = binders.vec8().ok()?;
        let binder_start = self.binders.start + 1;
        let offered = OfferedPsk {
            index: self.index,
            identity: identity_start..identity_start + identity.len(),
            obfuscated_age,
            binder: binder_start..binder_start + binder.len(),
        };
        self.index += 1;
        self.identities.start = self.identities.end - identities.len();
        self.binders.start = self.binders.end - binders.len();
        Some(offered)
    }
}

fn count_identities(identities: &[u8]) -> Result<usize, Error> {
    let mut r = Reader::new(identities);
    let mut count = 0;
    while !r.is_empty() {
        // struct { opaque identity<1..2^16-1>; uint32 obfuscated_ticket_age; } PskIdentity;
        non_empty(r.vec16()?)?;
        r.u32()?;
        count += 1;
    }
    Ok(count)
}

fn count_binders(binders: &[u8]) -> Result<usize, Error> {
    let mut r = Reader::new(binders);
    let mut count = 0;
    while !r.is_empty() {
        // opaque PskBinderEntry<32..255>;
        if r.vec8()?.len() < 32 {
            return Err(ErrorKind::Malformed.into());
        }
        count += 1;
    }
    Ok(count)
}

const _: () = assert!(HEADER_LEN == 4, "ClientHello::raw documents it");
