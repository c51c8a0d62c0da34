//! An extension block (RFC 8446 section 4.2): kept raw, in its order.

use std::ops::Range;

use bytes::Bytes;

use super::{part, range_at};
use crate::codec::{Malformed, Reader};
use crate::{Error, ErrorKind, ExtensionType};

/// The extensions of one message: where in it the block is. It is walked anew for each look, which costs less than a list
/// of thousands that a peer could make us keep for as long as the connection lives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    raw: Bytes,
    block: Range<usize>,
}

impl Extensions {
    /// Reads the block (two-byte length and all) that is next in `reader`. `behind` says how many bytes of `raw` lie
    /// behind what `reader` covers.
    pub(crate) fn parse(raw: &Bytes, reader: &mut Reader<'_>, behind: usize) -> Result<Self, Error> {
        let block = reader.vec16()?;
        refuse_duplicates(block)?;
        Ok(Self {
            raw: raw.clone(),
            block: range_at(raw.len(), behind + reader.len(), block.len()),
        })
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
        let mut rest = Reader::new(self.bytes());
        loop {
            let (extension_type, data) = entry(&mut rest).ok()?;
            if extension_type == wanted {
                let end = self.block.end.saturating_sub(rest.len());
                return Some(end.saturating_sub(data.len())..end);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ExtensionType, &[u8])> {
        let mut rest = Reader::new(self.bytes());
        std::iter::from_fn(move || entry(&mut rest).ok())
    }

    pub(crate) fn last(&self) -> Option<ExtensionType> {
        self.iter().last().map(|(extension_type, _)| extension_type)
    }

    fn bytes(&self) -> &[u8] {
        self.raw.get(self.block.clone()).unwrap_or_default()
    }

    /// For messages in which unknown extensions are to be ignored: "If an implementation receives an extension which it
    /// recognizes and which is not specified for the message in which it appears, it MUST abort the handshake with an
    /// 'illegal_parameter' alert."
    pub(crate) fn refuse_misplaced(&self, specified: &[ExtensionType]) -> Result<(), Error> {
        let is_misplaced = |known: ExtensionType| known.name().is_some() && !specified.contains(&known);
        if self.iter().any(|(extension_type, _)| is_misplaced(extension_type)) {
            return Err(ErrorKind::BadExtension.into());
        }
        Ok(())
    }

    /// "Implementations MUST NOT send extension responses if the remote endpoint did not send the corresponding
    /// extension requests [...]. Upon receiving such an extension, an endpoint MUST abort the handshake with an
    /// 'unsupported_extension' alert."
    pub(crate) fn only(&self, allowed: impl Fn(ExtensionType) -> bool) -> Result<(), Error> {
        if self.iter().all(|(extension_type, _)| allowed(extension_type)) {
            Ok(())
        } else {
            Err(ErrorKind::UnsolicitedExtension.into())
        }
    }
}

/// struct { ExtensionType extension_type; opaque extension_data<0..2^16-1>; } Extension;
fn entry<'a>(r: &mut Reader<'a>) -> Result<(ExtensionType, &'a [u8]), Malformed> {
    let extension_type = ExtensionType(r.u16()?);
    Ok((extension_type, r.vec16()?))
}

/// "There MUST NOT be more than one extension of the same type in a given extension block." Sees also that it is one.
fn refuse_duplicates(block: &[u8]) -> Result<(), Error> {
    let mut rest = Reader::new(block);
    // More than clients usually send: one allocation.
    let mut types = Vec::with_capacity(24);
    while !rest.is_empty() {
        types.push(entry(&mut rest)?.0);
    }
    types.sort_unstable();
    if types.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(ErrorKind::DuplicateExtension.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(types: impl IntoIterator<Item = u16>) -> Result<Extensions, Error> {
        let block: Vec<u8> = types
            .into_iter()
            .flat_map(|t| [&t.to_be_bytes()[..], &[0, 1, t.to_be_bytes()[1]]].concat())
            .collect();
        let len = u16::try_from(block.len()).unwrap().to_be_bytes();
        let raw = Bytes::from([b"front", &len[..], &block, b"behind"].concat());
        let mut reader = Reader::new(&raw[5..raw.len() - 3]);
        let extensions = Extensions::parse(&raw, &mut reader, 3)?;
        assert_eq!(reader.len(), 3);
        Ok(extensions)
    }

    #[test]
    fn each_is_found_where_it_is() {
        for extensions in [parse([7, 1000, 3]).unwrap(), parse((0..4000).rev()).unwrap()] {
            for (extension_type, data) in extensions.iter() {
                assert_eq!(extensions.get(extension_type), Some(data));
                assert_eq!(extensions.get_bytes(extension_type).unwrap(), data);
                assert_eq!(data, &extension_type.0.to_be_bytes()[1..]);
            }
            assert_eq!(extensions.range(ExtensionType(5000)), None);
        }
        let extensions = parse([7, 1000, 3]).unwrap();
        assert_eq!(extensions.range(ExtensionType(1000)), Some(16..17));
        assert_eq!(extensions.last(), Some(ExtensionType(3)));
        assert_eq!(parse([]).unwrap().last(), None);
        assert_eq!(Extensions::default().iter().count(), 0);
    }

    #[test]
    fn none_comes_twice() {
        let twice = ErrorKind::DuplicateExtension;
        assert_eq!(parse([1, 2, 1]).unwrap_err().kind(), twice);
        assert_eq!(parse((0..4000).chain([0])).unwrap_err().kind(), twice);
    }
}
