//! A table of slots that grows and never moves: chunks that double in size, each made once.
//!
//! A lookup is one uncontended lock on the slot and one `Arc` clone. Making and ending an object takes the free list's
//! lock as well. A slot whose generations are used up is retired, so that no name is ever given out twice.

use std::sync::{Arc, OnceLock};

use super::lock::{Lock, watch_forks};
use super::name::{GENERATIONS, INDEXES, Kind, Name};

const FIRST_CHUNK_BITS: u32 = 8;
const CHUNKS: usize = 17; // 2^8 * (2^17 - 1) is just over INDEXES

/// Why a handle was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// NULL where an object is needed.
    #[error("passed a null parameter")]
    Null,
    /// Not one of our handles at all.
    #[error("not a handle of this library")]
    Foreign,
    /// A handle of another kind, for example an `SSL` where an `SSL_CTX` belongs.
    #[error("handle of another kind of object")]
    WrongKind,
    /// The object is gone.
    #[error("handle was freed before")]
    Stale,
    /// Freed more often than the caller had references, while the library still holds the object.
    #[error("handle freed more often than it was referenced")]
    OverReleased,
    /// Too many objects at once, or too many references on one.
    #[error("too many handles")]
    Exhausted,
}

struct State<T> {
    generation: u32,
    c_references: u32,
    own_references: u32,
    /// The object has something to do before it ends, and has not done it.
    retires: bool,
    object: Option<Arc<T>>,
    /// Of a slot without an object: the next such slot.
    next_unused: Option<u32>,
}

/// What the loss of a reference led to.
pub(super) enum Left<T> {
    /// Somebody still has the object.
    InUse,
    /// It was the last. The object is to be told, while its handle is good once more, by one reference of the library's own.
    Retiring(Arc<T>),
    /// The object is to be dropped, with no lock held.
    Ended(#[allow(dead_code, reason = "held to be dropped by whoever let the last reference go")] Arc<T>),
}

impl<T> State<T> {
    /// Ends the object when nobody has a reference any more.
    fn end_if_unused(&mut self) -> Left<T> {
        if self.c_references != 0 || self.own_references != 0 {
            return Left::InUse;
        }
        if self.retires
            && let Some(object) = &self.object
        {
            self.retires = false;
            self.own_references = 1;
            return Left::Retiring(Arc::clone(object));
        }
        self.generation += 1;
        self.object.take().map_or(Left::InUse, Left::Ended)
    }
}

type Slot<T> = Lock<State<T>>;

/// All objects of one type.
pub struct Registry<T> {
    chunks: [OnceLock<Box<[Slot<T>]>>; CHUNKS],
    free: Lock<FreeList>,
}

/// The slots without an object: those that had one, linked through themselves, and those that never had.
struct FreeList {
    first_unused: Option<u32>,
    next: u32,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Registry<T> {
    /// An empty registry, for a `static`.
    pub const fn new() -> Self {
        Self {
            chunks: [const { OnceLock::new() }; CHUNKS],
            free: Lock::new(FreeList {
                first_unused: None,
                next: 0,
            }),
        }
    }

    /// Registers an object that wants to know its own name. It has one reference of the library's own. With `retires` it is
    /// told before it ends.
    pub(super) fn insert_with<E: From<HandleError>>(
        &self,
        kind: Kind,
        retires: bool,
        make: impl FnOnce(Name) -> Result<Arc<T>, E>,
    ) -> Result<(Arc<T>, Name), E> {
        watch_forks();
        let index = self.vacant_index()?;
        let slot = self.slot_or_grow(index).ok_or(HandleError::Exhausted)?;
        // No name of this generation exists yet, so nobody else touches the slot between the two locks.
        let name = Name {
            kind,
            generation: slot.lock().generation,
            index,
        };
        let object = make(name).inspect_err(|_| self.put_back(index))?;
        let mut state = slot.lock();
        state.own_references = 1;
        state.c_references = 0;
        state.retires = retires;
        state.object = Some(Arc::clone(&object));
        Ok((object, name))
    }

    pub(super) fn lookup(&self, name: Name) -> Result<Arc<T>, HandleError> {
        self.with_live(name, |state| state.object.clone().ok_or(HandleError::Stale))
    }

    pub(super) fn acquire(&self, name: Name) -> Result<Arc<T>, HandleError> {
        self.with_live(name, |state| {
            let object = state.object.clone().ok_or(HandleError::Stale)?;
            state.own_references = state.own_references.checked_add(1).ok_or(HandleError::Exhausted)?;
            Ok(object)
        })
    }

    pub(super) fn up_ref(&self, name: Name) -> Result<(), HandleError> {
        self.with_live(name, |state| {
            state.c_references = state.c_references.checked_add(1).ok_or(HandleError::Exhausted)?;
            Ok(())
        })
    }

    /// Takes one of C's references away.
    pub(super) fn release(&self, name: Name) -> Result<Left<T>, HandleError> {
        let ended = self.with_live(name, |state| {
            state.c_references = state.c_references.checked_sub(1).ok_or(HandleError::OverReleased)?;
            Ok((state.end_if_unused(), state.generation))
        })?;
        Ok(self.recycle(name, ended))
    }

    pub(super) fn add_c_reference(&self, name: Name) {
        // The caller holds a `Ref`, so the name is live; only a full counter can refuse, and then C gets a borrowed one.
        let _full = self.up_ref(name);
    }

    pub(super) fn add_own_reference(&self, name: Name) {
        let _live = self.with_live(name, |state| {
            state.own_references = state.own_references.checked_add(1).ok_or(HandleError::Exhausted)?;
            Ok(())
        });
    }

    pub(super) fn drop_own_reference(&self, name: Name) -> Left<T> {
        let ended = self.with_live(name, |state| {
            state.own_references = state.own_references.checked_sub(1).ok_or(HandleError::OverReleased)?;
            Ok((state.end_if_unused(), state.generation))
        });
        ended.map_or(Left::InUse, |ended| self.recycle(name, ended))
    }

    fn recycle(&self, name: Name, (left, generation): (Left<T>, u32)) -> Left<T> {
        if matches!(left, Left::Ended(_)) && generation < GENERATIONS {
            self.put_back(name.index);
        }
        left
    }

    fn with_live<R>(
        &self,
        name: Name,
        act: impl FnOnce(&mut State<T>) -> Result<R, HandleError>,
    ) -> Result<R, HandleError> {
        let mut state = self.slot(name.index).ok_or(HandleError::Foreign)?.lock();
        if state.generation != name.generation || state.object.is_none() {
            return Err(HandleError::Stale);
        }
        act(&mut state)
    }

    fn vacant_index(&self) -> Result<u32, HandleError> {
        let mut free = self.free.lock();
        if let Some(index) = free.first_unused {
            free.first_unused = self.slot(index).and_then(|slot| slot.lock().next_unused);
            return Ok(index);
        }
        let index = free.next;
        if index >= INDEXES {
            return Err(HandleError::Exhausted);
        }
        free.next += 1;
        Ok(index)
    }

    fn put_back(&self, index: u32) {
        let Some(slot) = self.slot(index) else { return };
        let mut free = self.free.lock();
        slot.lock().next_unused = free.first_unused;
        free.first_unused = Some(index);
    }

    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        let (chunk, offset) = position(index);
        self.chunks.get(chunk)?.get()?.get(offset)
    }

    fn slot_or_grow(&self, index: u32) -> Option<&Slot<T>> {
        let (chunk, offset) = position(index);
        let len = 1usize << (FIRST_CHUNK_BITS as usize + chunk);
        self.chunks
            .get(chunk)?
            .get_or_init(|| (0..len).map(|_| vacant()).collect())
            .get(offset)
    }
}

fn vacant<T>() -> Slot<T> {
    Lock::new(State {
        generation: 0,
        c_references: 0,
        own_references: 0,
        retires: false,
        object: None,
        next_unused: None,
    })
}

/// Chunk `c` holds the indexes from 2^(8+c) - 2^8 on.
fn position(index: u32) -> (usize, usize) {
    let shifted = index + (1 << FIRST_CHUNK_BITS);
    let top = shifted.ilog2();
    ((top - FIRST_CHUNK_BITS) as usize, (shifted - (1 << top)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_index_once() {
        let mut expected = (0, 0);
        for index in 0..5000 {
            assert_eq!(position(index), expected);
            expected.1 += 1;
            if expected.1 == 1 << (FIRST_CHUNK_BITS as usize + expected.0) {
                expected = (expected.0 + 1, 0);
            }
        }
        assert!(position(INDEXES - 1).0 < CHUNKS);
    }

    #[test]
    fn a_slot_whose_generations_are_used_up_is_retired() {
        let registry: Registry<u8> = Registry::new();
        let insert = || {
            registry
                .insert_with(Kind::Session, false, |_| Ok::<_, HandleError>(Arc::new(1)))
                .unwrap()
                .1
        };
        let first = insert();
        registry.slot(first.index).unwrap().lock().generation = GENERATIONS - 1;
        let last = Name {
            generation: GENERATIONS - 1,
            ..first
        };
        drop(registry.drop_own_reference(last));
        let next = insert();
        assert_ne!(next.index, first.index);
        assert_eq!(registry.lookup(last).err(), Some(HandleError::Stale));
    }
}
