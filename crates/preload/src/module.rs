//! Where a function is, in words that mean the same in all processes of a program: addresses do not, since each process that
//! is started anew has its modules elsewhere.

use std::ffi::{CStr, c_int, c_void};

/// A place in a loaded program or library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The module's file name, without its directory.
    pub module: Vec<u8>,
    /// Bytes from the module's start.
    pub offset: u64,
}

struct Search {
    address: usize,
    found: Option<Place>,
}

impl Place {
    /// `None`: in no module's file. Functions that a program makes while it runs have no place that would stay.
    pub fn of(function: *const c_void) -> Option<Self> {
        let mut search = Search {
            address: function.addr(),
            found: None,
        };
        // SAFETY: the function has the right type and takes what it is given here.
        unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut search).cast()) };
        search.found
    }
}

/// Not 0 once the module is found.
unsafe extern "C" fn look(module: *mut libc::dl_phdr_info, _: usize, search: *mut c_void) -> c_int {
    // SAFETY: what `Place::of` has passed, and nobody else has.
    let search = unsafe { &mut *search.cast::<Search>() };
    // SAFETY: the linker's own record, with as many program headers as it says.
    let (base, name, headers) = unsafe {
        let module = &*module;
        let headers = std::slice::from_raw_parts(module.dlpi_phdr, module.dlpi_phnum.into());
        (module.dlpi_addr, module.dlpi_name, headers)
    };
    let loaded = headers.iter().filter(|header| header.p_type == libc::PT_LOAD);
    let starts = loaded.map(|header| (base.wrapping_add(header.p_vaddr), header.p_memsz));
    let address = search.address as u64;
    let is_in = |(start, len): (u64, u64)| address.checked_sub(start).is_some_and(|offset| offset < len);
    if !starts.clone().any(is_in) {
        return 0;
    }
    let start = starts.map(|(start, _)| start).min().unwrap_or(address);
    // SAFETY: NULL, or the linker's own string.
    let path = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_bytes());
    let path = path.filter(|path| !path.is_empty()).unwrap_or_else(program);
    search.found = path.rsplit(|byte| *byte == b'/').next().map(|file| Place {
        module: file.to_vec(),
        offset: address.wrapping_sub(start),
    });
    1
}

/// What the program was started as. Its first argument would not do: servers write into it what they are at.
fn program() -> &'static [u8] {
    // SAFETY: it only looks at what the kernel has told the process.
    let path = unsafe { libc::getauxval(libc::AT_EXECFN) } as usize;
    if path == 0 {
        return b"";
    }
    // SAFETY: the kernel's string, at the end of the stack, which stays.
    unsafe { CStr::from_ptr(std::ptr::with_exposed_provenance(path)) }.to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_libraries_and_of_the_program() {
        // SAFETY: a name that ends in NUL.
        let puts = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"puts".as_ptr()) };
        let place = Place::of(puts).unwrap();
        assert!(place.module.starts_with(b"libc"), "{place:?}");
        assert!(place.offset > 0 && place.offset < 1 << 24, "{place:?}");
        let here = Place::of(look as *const c_void).unwrap();
        let program = std::env::current_exe().unwrap();
        assert_eq!(here.module, program.file_name().unwrap().as_encoded_bytes());
        assert_eq!(Place::of(look as *const c_void), Some(here));
    }

    #[test]
    fn the_heap_is_no_module() {
        let heap = Box::new(0);
        assert_eq!(Place::of((&raw const *heap).cast()), None);
        assert_eq!(Place::of(std::ptr::null()), None);
    }
}
