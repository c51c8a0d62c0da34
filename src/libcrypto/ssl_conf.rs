//! The `ssl_conf` sections of OpenSSL's configuration file, which libcrypto has read already (`config(5)`).

use std::ffi::{CStr, CString, c_char, c_int, c_void};

unsafe extern "C" {
    // Not in a public header, but exported by every OpenSSL 3 for the sake of its own libssl.
    fn conf_ssl_name_find(name: *const c_char, index: *mut usize) -> c_int;
    fn conf_ssl_get(index: usize, name: *mut *const c_char, count: *mut usize) -> *const c_void;
    fn conf_ssl_get_cmd(commands: *const c_void, index: usize, command: *mut *mut c_char, value: *mut *mut c_char);
}

/// A command of a section, with its value.
pub type Command = (CString, CString);

/// The commands of the section called `name`; `None` when there is no such section.
pub fn section(name: &CStr) -> Option<Vec<Command>> {
    let (mut index, mut count, mut found_name) = (0usize, 0usize, std::ptr::null());
    // SAFETY: a string and a place for the result.
    if unsafe { conf_ssl_name_find(name.as_ptr(), &raw mut index) } == 0 {
        return None;
    }
    // SAFETY: the index that was just found, and places for the results.
    let commands = unsafe { conf_ssl_get(index, &raw mut found_name, &raw mut count) };
    let command = |number| {
        let (mut command, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: `number` is below the count that came with the commands; both strings live as long as the configuration.
        unsafe {
            conf_ssl_get_cmd(commands, number, &raw mut command, &raw mut value);
            (CStr::from_ptr(command).to_owned(), CStr::from_ptr(value).to_owned())
        }
    };
    Some((0..count).map(command).collect())
}
