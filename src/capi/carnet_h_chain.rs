//! carnet.h: for how long one full handshake may be followed by resumptions.

use std::ffi::c_int;

use carnet_ticket::ChainCap;

use super::entry::entry;
use super::types::SSL_CTX;
use crate::error::{Common, Error, Result};
use crate::handles;
use crate::objects::context::Context;

/// Seven days: what carnet_CTX_set_chain_cap() is recommended to be given.
pub const CARNET_CHAIN_CAP_RECOMMENDED: u64 = 604_800;
/// About 34 years: the most that it takes.
pub const CARNET_CHAIN_CAP_LONGEST: u64 = 1 << 30;

/// Sets for how many seconds after a full handshake a server lets its client resume, however often it comes back; 0, which
/// is how every context begins and what OpenSSL always does, is for ever. RFC 8446 section 4.6.1 recommends a limit:
/// a TLS 1.3 resumption gives the client a new ticket with a new lifetime, so a client that comes back in time is never
/// asked for a certificate again. (In TLS 1.2 a session keeps the time it was made at, and SSL_CTX_set_timeout(3) is the
/// limit. The cap holds there too.)
///
/// A session that is too old is refused as one under a key that is gone: a full handshake follows, with a new ticket. A
/// callback that was set with SSL_CTX_set_session_ticket_cb(3) sees SSL_TICKET_NO_DECRYPT. The lifetime that a client is
/// told is no longer than what its chain has left, and where nothing is left it gets no more tickets.
///
/// A handshake with an external PSK (SSL_CTX_set_psk_find_session_callback(3)) counts as a full one: it begins a new chain.
///
/// With the context's own keys, with SSL_CTX_set_tlsext_ticket_keys(3), carnet_CTX_use_keystore() and the ready-made
/// carnet_ticket_key_cb() and carnet_ticket_key_evp_cb(), a ticket says when its chain began in the last four bytes of its
/// key name, as seconds since 1970, hidden by a mask and under the ticket's MAC. Only the first twelve bytes still name the
/// key, so keys that are used together must differ in those; random names do.
///
/// Servers that share keys should all have a cap, not necessarily the same, and clocks that agree within an hour. One that has
/// none, or runs OpenSSL's libssl, finds no key for such a ticket, and makes a full handshake. The other way round, a ticket
/// from there is taken by a server with a cap, and counted from the time of its session. So a cap can be introduced server by
/// server: what it costs meanwhile is full handshakes.
///
/// With a ticket key callback of the application's own there is no cap: the name is the application's. Sessions in the
/// context's cache (SSL_OP_NO_TICKET, and TLS 1.2's session ids) are capped; one that was loaded, with
/// d2i_SSL_SESSION(3) for example, does not say when its chain began, and is counted from its own time
/// (SSL_SESSION_get_time(3)).
///
/// Returns 1, or 0 if `seconds` is more than CARNET_CHAIN_CAP_LONGEST.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_CTX_set_chain_cap(ctx: *mut SSL_CTX, seconds: u64) -> c_int {
    entry("carnet_CTX_set_chain_cap", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        context.sessions.set_chain_cap(cap(seconds)?);
        Ok(1)
    })
}

fn cap(seconds: u64) -> Result<Option<ChainCap>> {
    if seconds == 0 {
        return Ok(None);
    }
    ChainCap::new(seconds)
        .map(Some)
        .ok_or(Error::Common(Common::PassedInvalidArgument))
}

/// What was set with carnet_CTX_set_chain_cap(); 0 for none.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_CTX_get_chain_cap(ctx: *const SSL_CTX) -> u64 {
    entry("carnet_CTX_get_chain_cap", 0, || {
        let context = handles::lookup::<Context>(ctx.cast_mut())?;
        Ok(context.sessions.chain_cap().map_or(0, ChainCap::seconds))
    })
}

const _: () =
    assert!(CARNET_CHAIN_CAP_RECOMMENDED == ChainCap::RECOMMENDED && CARNET_CHAIN_CAP_LONGEST == ChainCap::LONGEST);
