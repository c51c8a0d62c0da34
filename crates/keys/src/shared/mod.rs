//! A page of keys that processes share: anonymous, so that a server's workers have it from their parent, or of a file, so
//! that whoever maps the file has it too.
//!
//! ```text
//! ring    what the keys mean
//!   page    what stands where          counters
//!     content   keys as words
//!     versions  two copies, one writer at a time, any number of readers
//!       memory    the mapping
//! ```

mod atomics;
pub(crate) mod content;
mod counters;
pub(crate) mod memory;
mod page;
mod versions;
#[cfg(test)]
mod versions_tests;

pub use counters::Counter;
pub use memory::PAGE_LEN;
pub(crate) use page::Page;
pub use page::PageError;
