//! Settings by name and value (`SSL_CONF_CTX_new(3)`, `SSL_CONF_cmd(3)`, `SSL_CONF_cmd_argv(3)`).

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::ptr;
use std::sync::Arc;

use super::conf_apply::{apply, apply_ca_names};
use super::constants::SSL_CONF_TYPE_UNKNOWN;
use super::entry::{entry, optional_string, string};
use super::types::{SSL, SSL_CONF_CTX, SSL_CTX};
use crate::error::{Error, Reason, Result};
use crate::handles::{self, Ref};
use crate::objects::conf::commands::{CMDLINE, Command, FILE, Meaning, REQUIRE_PRIVATE, SHOW_ERRORS};
use crate::objects::conf::{Change, Configuration, Target};

/// A new configuration, to be freed with `SSL_CONF_CTX_free`. Returns NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CONF_CTX_new() -> *mut SSL_CONF_CTX {
    entry("SSL_CONF_CTX_new", ptr::null_mut(), || {
        Ok(Ref::new(Arc::new(Configuration::default()))?.to_c())
    })
}

/// Frees a configuration; nothing happens for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CONF_CTX_free(cctx: *mut SSL_CONF_CTX) {
    entry("SSL_CONF_CTX_free", (), || Ok(handles::release::<Configuration>(cctx)?));
}

/// Adds to the flags (`SSL_CONF_FLAG_CMDLINE` and others) and returns all of them.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CONF_CTX_set_flags(cctx: *mut SSL_CONF_CTX, flags: c_uint) -> c_uint {
    entry("SSL_CONF_CTX_set_flags", 0, || {
        let configuration = handles::lookup::<Configuration>(cctx)?;
        let mut state = configuration.state();
        state.flags |= flags;
        Ok(state.flags)
    })
}

/// Takes from the flags and returns those that are left.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CONF_CTX_clear_flags(cctx: *mut SSL_CONF_CTX, flags: c_uint) -> c_uint {
    entry("SSL_CONF_CTX_clear_flags", 0, || {
        let configuration = handles::lookup::<Configuration>(cctx)?;
        let mut state = configuration.state();
        state.flags &= !flags;
        Ok(state.flags)
    })
}

/// Sets what every name must begin with; NULL for the default, which is `-` on command lines and nothing in files. Returns 1
/// on success, 0 on failure.
///
/// # Safety
/// `pre` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_CTX_set1_prefix(cctx: *mut SSL_CONF_CTX, pre: *const c_char) -> c_int {
    entry("SSL_CONF_CTX_set1_prefix", 0, || {
        // SAFETY: the caller's contract above.
        let prefix = unsafe { optional_string(pre) }.map(CStr::to_owned);
        handles::lookup::<Configuration>(cctx)?.state().prefix = prefix;
        Ok(1)
    })
}

/// Lets the commands change a context. With NULL they change nothing and only check values.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CONF_CTX_set_ssl_ctx(cctx: *mut SSL_CONF_CTX, ctx: *mut SSL_CTX) {
    entry("SSL_CONF_CTX_set_ssl_ctx", (), || {
        set_target(cctx, Target::context(ctx))
    });
}

/// Lets the commands change a connection. With NULL they change nothing and only check values.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CONF_CTX_set_ssl(cctx: *mut SSL_CONF_CTX, ssl: *mut SSL) {
    entry("SSL_CONF_CTX_set_ssl", (), || set_target(cctx, Target::connection(ssl)));
}

/// Ends a configuration: asks for the names that were collected, and with `SSL_CONF_FLAG_REQUIRE_PRIVATE` looks for missing
/// keys in the certificates' files. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CONF_CTX_finish(cctx: *mut SSL_CONF_CTX) -> c_int {
    entry("SSL_CONF_CTX_finish", 0, || {
        let configuration = handles::lookup::<Configuration>(cctx)?;
        let (target, flags, files, names) = {
            let mut state = configuration.state();
            (
                state.target,
                state.flags,
                std::mem::take(&mut state.without_key),
                state.ca_names.take(),
            )
        };
        if flags & REQUIRE_PRIVATE != 0 {
            for file in files {
                apply(&configuration, target, &Change::PrivateKey(file))
                    .then_some(())
                    .ok_or(Error::Queued)?;
            }
        }
        if let Some(names) = names {
            apply_ca_names(target, names);
        }
        Ok(1)
    })
}

/// Carries out a command. Returns 2 when the command and its value were used, 1 for a command that has no value, 0 for a bad
/// value, -2 for an unknown command, and -3 when a value is missing.
///
/// # Safety
/// `cmd` is a string, `value` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_cmd(cctx: *mut SSL_CONF_CTX, cmd: *const c_char, value: *const c_char) -> c_int {
    entry("SSL_CONF_cmd", 0, || {
        if cmd.is_null() {
            return Err(Reason::INVALID_NULL_CMD_NAME.into());
        }
        // SAFETY: the caller's contract above.
        let (name, value) = unsafe { (string(cmd)?, optional_string(value)) };
        run(&*handles::lookup::<Configuration>(cctx)?, name, value)
    })
}

/// Carries out the command at the start of a command line, and takes it and its value from there. Returns how many arguments
/// that were: 0 when it is no command, -1 for a bad value, -3 when a value is missing.
///
/// # Safety
/// `pargv` points at an array of strings: `*pargc` of them, or up to a NULL when `pargc` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_cmd_argv(
    cctx: *mut SSL_CONF_CTX,
    pargc: *mut c_int,
    pargv: *mut *mut *mut c_char,
) -> c_int {
    entry("SSL_CONF_cmd_argv", 0, || {
        let configuration = handles::lookup::<Configuration>(cctx)?;
        // SAFETY: the caller's contract above.
        let (name, value) = unsafe { next_arguments(pargc, pargv) };
        let Some(name) = name else { return Ok(0) };
        {
            let mut state = configuration.state();
            state.flags = (state.flags & !FILE) | CMDLINE;
        }
        let used = match run(&configuration, name, value)? {
            -2 => return Ok(0),
            0 => return Ok(-1),
            failed @ ..=-1 => return Ok(failed),
            used => used,
        };
        // SAFETY: the caller's contract above; `used` arguments were there.
        unsafe {
            *pargv = (*pargv).offset(used as isize);
            if !pargc.is_null() {
                *pargc -= used;
            }
        }
        Ok(used)
    })
}

/// What a command's value is: `SSL_CONF_TYPE_STRING` and others, `SSL_CONF_TYPE_UNKNOWN` for an unknown command.
///
/// # Safety
/// `cmd` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_cmd_value_type(cctx: *mut SSL_CONF_CTX, cmd: *const c_char) -> c_int {
    entry("SSL_CONF_cmd_value_type", SSL_CONF_TYPE_UNKNOWN, || {
        // SAFETY: the caller's contract above.
        let Some(name) = (unsafe { optional_string(cmd) }) else {
            return Ok(SSL_CONF_TYPE_UNKNOWN);
        };
        let command = handles::lookup::<Configuration>(cctx)?.state().command(name);
        Ok(command.map_or(SSL_CONF_TYPE_UNKNOWN, |command| command.value_type as c_int))
    })
}

fn set_target(cctx: *mut SSL_CONF_CTX, target: Target) -> Result<()> {
    handles::lookup::<Configuration>(cctx)?.state().target = target;
    Ok(())
}

/// One command, with the answer of `SSL_CONF_cmd(3)`. No lock is held while the target changes: a pass phrase callback may
/// come back here.
fn run(configuration: &Configuration, name: &CStr, value: Option<&CStr>) -> Result<c_int> {
    let (command, flags, target) = {
        let state = configuration.state();
        (state.command(name), state.flags, state.target)
    };
    let Some(command) = command else {
        if flags & SHOW_ERRORS != 0 {
            let data = format!("cmd={}", name.to_string_lossy());
            Error::SslData(Reason::UNKNOWN_CMD_NAME, data).push("SSL_CONF_cmd");
        }
        return Ok(-2);
    };
    let answer = carry_out(configuration, command, value, flags, target);
    if answer <= 0 && flags & SHOW_ERRORS != 0 {
        let value = value.map(CStr::to_string_lossy).unwrap_or_default();
        let data = format!("cmd={}, value={value}", name.to_string_lossy());
        Error::SslData(Reason::BAD_VALUE, data).push("SSL_CONF_cmd");
    }
    Ok(answer)
}

fn carry_out(
    configuration: &Configuration,
    command: &Command,
    value: Option<&CStr>,
    flags: u32,
    target: Target,
) -> c_int {
    match (command.meaning, value) {
        (Meaning::Switch(switch), _) => c_int::from(apply(configuration, target, &switch.change())),
        (Meaning::Value(_), None) => -3,
        (Meaning::Value(parse), Some(value)) => {
            let parsed = parse.parse(value, flags);
            let done = parsed.changes.iter().all(|change| apply(configuration, target, change));
            if done && !parsed.mistaken { 2 } else { 0 }
        }
    }
}

/// The first two arguments of a command line, as far as there are two.
///
/// # Safety
/// As for `SSL_CONF_cmd_argv`.
unsafe fn next_arguments<'a>(
    pargc: *const c_int,
    pargv: *const *mut *mut c_char,
) -> (Option<&'a CStr>, Option<&'a CStr>) {
    // SAFETY: the caller's promise is ours. Without a count the array ends with a NULL, which is not read past.
    unsafe {
        let count = if pargc.is_null() { c_int::MAX } else { *pargc };
        if count < 1 {
            return (None, None);
        }
        let name = optional_string(**pargv);
        let value = if count > 1 && name.is_some() {
            optional_string(*(*pargv).add(1))
        } else {
            None
        };
        (name, value)
    }
}
