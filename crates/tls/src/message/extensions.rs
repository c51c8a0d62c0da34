//! An extension block (RFC 8446 section 4.2): kept raw, in its order.

use std::ops::Range;

use bytes::Bytes;

use super::{part, range_at};
use crate::codec::Reader;
use crate::{Error, ErrorKind, ExtensionType};

/// The extensions of one message, as places in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    raw: Bytes,
    list: Vec<(ExtensionType, Range<usize>)>,
}

impl Extensions {
    /// Reads the block (two-byte length and all) that is next in `reader`. `behind` says how many bytes of `raw` lie
    /// behind what `reader` covers.
    pub(crate) fn parse(raw: &Bytes, reader: &mut Reader<'_>, behind: usize) -> Result<Self, Error> {
        let mut block = Reader::new(reader.vec16()?);
        let behind = behind + reader.len();
        let mut list = if block.is_empty() {
            Vec::new()
        } else {
            Vec::with_capacity(16)
        };
        while !block.is_empty() {
            let extension_type = ExtensionType(block.u16()?);
            let data = block.vec16()?;
            list.push((extension_type, range_at(raw.len(), behind + block.len(), data.len())));
        }
        refuse_duplicates(&list)?;
        Ok(Self { raw: raw.clone(), list })
    }

    pub(crate) fn get(&self, wanted: ExtensionType) -> Option<&[u8]> {
        self.iter()
            .find(|(extension_type, _)| *extension_type == wanted)
            .map(|(_, data)| data)
    }

    pub(crate) fn get_bytes(&self, wanted: ExtensionType) -> Option<Bytes> {
        Some(part(&self.raw, self.range(wanted)?))
    }

    /// Where in the message its content is.
    pub(crate) fn range(&self, wanted: ExtensionType) -> Option<Range<usize>> {
        self.list
            .iter()
            .find(|(extension_type, _)| *extension_type == wanted)
            .map(|(_, range)| range.clone())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ExtensionType, &[u8])> {
        self.list
            .iter()
            .map(|(t, range)| (*t, self.raw.get(range.clone()).unwrap_or_default()))
    }

    pub(crate) fn last(&self) -> Option<ExtensionType> {
        self.list.last().map(|(extension_type, _)| *extension_type)
    }

    /// For messages in which unknown extensions are to be ignored: "If an implementation receives an extension which it
    /// recognizes and which is not specified for the message in which it appears, it MUST abort the handshake with an
    /// 'illegal_parameter' alert."
    pub(crate) fn refuse_misplaced(&self, specified: &[ExtensionType]) -> Result<(), Error> {
        let is_misplaced = |known: ExtensionType| known.name().is_some() && !specified.contains(&known);
        if self
            .list
            .iter()
            .any(|(extension_type, _)| is_misplaced(*extension_type))
        {
            return Err(ErrorKind::BadExtension.into());
        }
        Ok(())
    }

    /// "Implementations MUST NOT send extension responses if the remote endpoint did not send the corresponding
    /// extension requests [...]. Upon receiving such an extension, an endpoint MUST abort the handshake with an
    /// 'unsupported_extension' alert."
    pub(crate) fn only(&self, allowed: impl Fn(ExtensionType) -> bool) -> Result<(), Error> {
        if self.list.iter().all(|(extension_type, _)| allowed(*extension_type)) {
            Ok(())
        } else {
            Err(ErrorKind::UnsolicitedExtension.into())
        }
    }
}

/// "There MUST NOT be more than one extension of the same type in a given extension block."
fn refuse_duplicates(list: &[(ExtensionType, Range<usize>)]) -> Result<(), Error> {
    // Few enough to compare each with each, as in any hello that means well.
    if list.len() <= 32 {
        let twice = |(i, (t, _)): (usize, &(ExtensionType, _))| list.iter().take(i).any(|(earlier, _)| earlier == t);
        return if list.iter().enumerate().any(twice) {
            Err(ErrorKind::DuplicateExtension.into())
        } else {
            Ok(())
        };
    }
    let mut types: Vec<u16> = list.iter().map(|(extension_type, _)| extension_type.0).collect();
    types.sort_unstable();
    if types.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(ErrorKind::DuplicateExtension.into());
    }
    Ok(())
}
