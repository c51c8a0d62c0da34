//! Settings from OpenSSL's configuration file (`SSL_CTX_config(3)`).

use std::ffi::{CStr, c_char, c_int};

use super::conf::{SSL_CONF_CTX_finish, SSL_CONF_CTX_free, SSL_CONF_CTX_new, SSL_CONF_CTX_set_flags};
use super::conf::{SSL_CONF_CTX_set_ssl, SSL_CONF_CTX_set_ssl_ctx, SSL_CONF_cmd};
use super::entry::{entry, string};
use super::types::{SSL, SSL_CTX};
use crate::error::{Error, Reason, Result};
use crate::libcrypto::ssl_conf::{self, Command};
use crate::objects::conf::Target;
use crate::objects::conf::commands::{CERTIFICATE, CLIENT, FILE, REQUIRE_PRIVATE, SERVER};

/// Would add the `ssl_conf` module, which libcrypto has anyway: does nothing.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_add_ssl_module() {}

/// Carries out the commands of a section of the configuration file. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_config(ctx: *mut SSL_CTX, name: *const c_char) -> c_int {
    entry("SSL_CTX_config", 0, || {
        // SAFETY: the caller's contract above.
        named(Target::context(ctx), unsafe { string(name) }?)
    })
}

/// Carries out the commands of a section of the configuration file. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_config(s: *mut SSL, name: *const c_char) -> c_int {
    entry("SSL_config", 0, || {
        // SAFETY: the caller's contract above.
        named(Target::connection(s), unsafe { string(name) }?)
    })
}

/// What the machine's administrator wants of every context: the section `system_default`, where there is one. Mistakes in it are
/// on the error queue and stop nobody, as in OpenSSL.
pub(super) fn system_default(ctx: *mut SSL_CTX) {
    if let Some(commands) = ssl_conf::section(c"system_default") {
        carry_out(Target::context(ctx), c"system_default", &commands, FILE);
    }
}

fn named(target: Target, name: &CStr) -> Result<c_int> {
    if target == Target::Nothing {
        return Err(Error::NULL);
    }
    let unknown = || {
        Error::SslData(
            Reason::INVALID_CONFIGURATION_NAME,
            format!("name={}", name.to_string_lossy()),
        )
    };
    let commands = ssl_conf::section(name).ok_or_else(unknown)?;
    let done = carry_out(target, name, &commands, FILE | CERTIFICATE | REQUIRE_PRIVATE);
    if done { Ok(1) } else { Err(Error::Queued) }
}

fn carry_out(target: Target, section: &CStr, commands: &[Command], flags: u32) -> bool {
    let configuration = SSL_CONF_CTX_new();
    match target {
        Target::Nothing => {}
        Target::Context(ctx) => SSL_CONF_CTX_set_ssl_ctx(configuration, std::ptr::without_provenance_mut(ctx)),
        Target::Connection(ssl) => SSL_CONF_CTX_set_ssl(configuration, std::ptr::without_provenance_mut(ssl)),
    }
    SSL_CONF_CTX_set_flags(configuration, flags | CLIENT | SERVER);
    let mut done = true;
    for (command, value) in commands {
        // SAFETY: two strings.
        let answer = unsafe { SSL_CONF_cmd(configuration, command.as_ptr(), value.as_ptr()) };
        if answer <= 0 {
            let reason = if answer == -2 {
                Reason::UNKNOWN_COMMAND
            } else {
                Reason::BAD_VALUE
            };
            let [section, command, value] = [section, command, value].map(CStr::to_string_lossy);
            Error::SslData(reason, format!("section={section}, cmd={command}, arg={value}")).push("ssl_do_config");
            done = false;
        }
    }
    done &= SSL_CONF_CTX_finish(configuration) == 1;
    SSL_CONF_CTX_free(configuration);
    done
}
