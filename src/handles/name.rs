//! The bits of a handle.
//!
//! ```text
//! 63      56 55  53 52          28 27        4 3  0
//! |  0xCA   | kind | generation   |  index    | 0  |
//! ```
//! 0xCA at the top is no canonical address, with four levels of page tables or five: whoever dereferences a handle
//! faults at once, also where the processor ignores the top byte (aarch64), for no kind is 0. The low zeros keep the
//! alignment that malloc gives, for programs that hide bits there.

use super::HandleError;

const TAG: u64 = 0xCA;
const TAG_SHIFT: u32 = 56;
const KIND_SHIFT: u32 = 53;
const GENERATION_SHIFT: u32 = 28;
const INDEX_SHIFT: u32 = 4;
const GENERATION_BITS: u32 = KIND_SHIFT - GENERATION_SHIFT;
const INDEX_BITS: u32 = GENERATION_SHIFT - INDEX_SHIFT;

/// One past the last generation a slot can have.
pub(super) const GENERATIONS: u32 = 1 << GENERATION_BITS;
/// How many slots a registry can have.
pub(super) const INDEXES: u32 = 1 << INDEX_BITS;

/// What a handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `SSL_CTX *`
    Context = 1,
    /// `SSL *`
    Connection = 2,
    /// `SSL_SESSION *`
    Session = 3,
    /// `SSL_CONF_CTX *`
    Configuration = 4,
    /// `carnet_keystore *`
    KeyStore = 5,
}

/// A handle taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub kind: Kind,
    pub generation: u32,
    pub index: u32,
}

/// Looks like a handle, is of no kind there is, and faults like one.
pub(super) const PENDING: u64 = TAG << TAG_SHIFT | 7 << KIND_SHIFT;

impl Name {
    /// Reads a handle that should be of `kind`. Nothing is dereferenced.
    pub fn parse<C>(handle: *const C, kind: Kind) -> Result<Self, HandleError> {
        let bits = handle.addr() as u64;
        if bits == 0 {
            return Err(HandleError::Null);
        }
        if bits >> TAG_SHIFT != TAG || bits & ((1 << INDEX_SHIFT) - 1) != 0 {
            return Err(HandleError::Foreign);
        }
        if (bits >> KIND_SHIFT) & 7 != kind as u64 {
            return Err(HandleError::WrongKind);
        }
        Ok(Self {
            kind,
            generation: (bits >> GENERATION_SHIFT) as u32 & (GENERATIONS - 1),
            index: (bits >> INDEX_SHIFT) as u32 & (INDEXES - 1),
        })
    }

    /// The handle as C sees it.
    pub fn to_pointer<C>(self) -> *mut C {
        let bits = TAG << TAG_SHIFT
            | (self.kind as u64) << KIND_SHIFT
            | u64::from(self.generation) << GENERATION_SHIFT
            | u64::from(self.index) << INDEX_SHIFT;
        std::ptr::without_provenance_mut(bits as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_trip_through_c() {
        for (generation, index) in [(0, 0), (1, 2), (GENERATIONS - 1, INDEXES - 1), (77, 1 << 20)] {
            let name = Name {
                kind: Kind::Session,
                generation,
                index,
            };
            let pointer: *mut u8 = name.to_pointer();
            assert_eq!(Name::parse(pointer, Kind::Session), Ok(name));
            assert_eq!(Name::parse(pointer, Kind::Context), Err(HandleError::WrongKind));
        }
    }

    #[test]
    fn handles_are_no_addresses() {
        let pointer: *mut u8 = Name {
            kind: Kind::Context,
            generation: GENERATIONS - 1,
            index: INDEXES - 1,
        }
        .to_pointer();
        let top = pointer.addr() as u64 >> 56;
        assert!(top != 0 && top != 0xff, "canonical with 57-bit addresses");
        let local = 0u64;
        assert_eq!(Name::parse(&raw const local, Kind::Context), Err(HandleError::Foreign));
    }
}
