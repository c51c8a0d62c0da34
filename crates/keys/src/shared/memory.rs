//! One page of memory that processes share. Most of this crate's `unsafe` is here.
//!
//! Other processes write to it at any time, so nothing of it is ever borrowed as plain data: it is a row of atomics.

#![expect(
    unsafe_code,
    reason = "memory is mapped and looked at as atomics here, and nowhere else"
)]

use std::ffi::c_void;
use std::os::fd::AsFd;
use std::ptr::{NonNull, null_mut};

use rustix::io::Errno;
use rustix::mm::{self, Advice, MapFlags, ProtFlags};
use rustix::thread::{SecureComputingMode, secure_computing_mode};

use super::atomics::{AtomicU64, Ordering};

/// Bytes of a page.
pub const PAGE_LEN: usize = 4096;
/// Words of a page.
pub(crate) const PAGE_WORDS: usize = PAGE_LEN / size_of::<AtomicU64>();

/// A mapped page. Processes forked from this one share it.
pub(crate) struct Memory {
    start: NonNull<[AtomicU64; PAGE_WORDS]>,
}

// SAFETY: the page stays where it is until `Memory` is dropped, and is only reached through shared atomics.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// A page of zeros that belongs to this process and those forked from it.
    pub(crate) fn anonymous() -> Result<Self, Errno> {
        // SAFETY: no address is asked for, so nothing that exists is replaced.
        let map =
            |flags| unsafe { mm::mmap_anonymous(null_mut(), PAGE_LEN, ProtFlags::READ | ProtFlags::WRITE, flags) };
        Self::guarded(map)
    }

    /// The first page of a file, which must be that long.
    pub(crate) fn of_file(file: impl AsFd) -> Result<Self, Errno> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: no address is asked for, so nothing that exists is replaced.
        let map = |flags| unsafe { mm::mmap(null_mut(), PAGE_LEN, access, flags, &file, 0) };
        Self::guarded(map)
    }

    /// Keeps the page out of core dumps and, where the limits allow it, out of swap. That a process may lock no memory is no
    /// reason to do without keys.
    fn guarded(map: impl Fn(MapFlags) -> Result<*mut c_void, Errno>) -> Result<Self, Errno> {
        let start = map(MapFlags::SHARED | MapFlags::LOCKED).or_else(|_| map(MapFlags::SHARED))?;
        // SAFETY: start and length are those of the mapping just made; the advice changes none of its bytes.
        let hidden = unsafe { mm::madvise(start, PAGE_LEN, Advice::LinuxDontDump) };
        let memory = NonNull::new(start.cast())
            .map(|start| Self { start })
            .ok_or(Errno::NOMEM)?;
        hidden.map(|()| memory)
    }

    /// Keeps the page out of swap for this process as well, which was forked. Not where system calls are filtered: who is
    /// forbidden this one may be killed for it.
    pub(crate) fn lock(&self) {
        if secure_computing_mode() != Ok(SecureComputingMode::Disabled) {
            return;
        }
        // SAFETY: the mapping is that long, and there while `self` is; locking it changes none of its bytes.
        let _swappable = unsafe { mm::mlock(self.start.as_ptr().cast(), PAGE_LEN) };
    }

    /// A page of its own with these bytes.
    pub(crate) fn image(bytes: &[u8; PAGE_LEN]) -> Result<Self, Errno> {
        let memory = Self::anonymous()?;
        let (words, _) = bytes.as_chunks::<8>();
        for (to, from) in memory.words().iter().zip(words) {
            to.store(u64::from_ne_bytes(*from), Ordering::Relaxed);
        }
        Ok(memory)
    }

    /// The page, word by word.
    pub(crate) fn words(&self) -> &[AtomicU64; PAGE_WORDS] {
        // SAFETY: the mapping is that long, aligned to a page, readable, writable, and there while `self` is. Any bytes
        // are valid atomics, and whoever else writes to them does it through atomics too, or by the kernel.
        unsafe { self.start.as_ref() }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by this object, and borrows of it have ended.
        let _unmapped = unsafe { mm::munmap(self.start.as_ptr().cast(), PAGE_LEN) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_page_is_zero_and_kept_out_of_core_dumps() {
        let memory = Memory::anonymous().unwrap();
        assert!(memory.words().iter().all(|word| word.load(Ordering::Relaxed) == 0));
        let address = format!("{:x}-", memory.start.as_ptr() as usize);
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut lines = maps.lines().skip_while(|line| !line.starts_with(&address));
        assert!(lines.next().unwrap().contains("rw-s"));
        let flags = lines.find(|line| line.starts_with("VmFlags")).unwrap();
        assert!(flags.split(' ').any(|flag| flag == "dd"), "{flags}");
    }

    #[test]
    fn mappings_of_a_file_are_one_memory() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(PAGE_LEN as u64).unwrap();
        let (one, other) = (Memory::of_file(&file).unwrap(), Memory::of_file(&file).unwrap());
        one.words()[7].store(42, Ordering::Relaxed);
        assert_eq!(other.words()[7].load(Ordering::Relaxed), 42);
    }
}
