//! Whose keys: the application's by its key callback, or else the context's own ring.
//!
//! The callback gets real contexts of libcrypto and may choose any cipher and digest; sizes are what it set. Name and IV
//! are zeros beforehand: OpenSSL passes what lay on the stack, and a callback that does not write sends it to the network.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::{KeyName, Session, Status, layout, private};
use carnet_tls::ProtocolVersion;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Opened, chain};
use crate::error::{Error, Result};
use crate::libcrypto::callouts::{self, KEY_NAME_LEN, TicketKeyCallback};
use crate::libcrypto::evp_ctx::{CipherContext, MAX_BLOCK_LEN, MAX_IV_LEN, MacContext};
use crate::libcrypto::reasons::Reason;
use crate::objects::callbacks::TicketHooks;
use crate::objects::cipher;
use crate::objects::connection::{Connection, Stamp};
use crate::objects::context::Context;
use crate::objects::session::{SessionObject, now};

/// What a key callback says.
enum Choice {
    /// Below zero: the connection ends.
    Fail,
    /// 0: no such key, or no ticket.
    Decline,
    /// 1: this key.
    Use,
    /// 2: this key, but a new ticket is due. (3 and above: OpenSSL takes them for 1.)
    Renew,
}

impl Choice {
    fn from_code(code: i32) -> Self {
        match code {
            ..0 => Self::Fail,
            0 => Self::Decline,
            2 => Self::Renew,
            _ => Self::Use,
        }
    }
}

/// The application's callback; the one with EVP_MAC_CTX goes first.
fn callback(hooks: &TicketHooks) -> Option<TicketKeyCallback> {
    hooks
        .key_evp
        .map(TicketKeyCallback::Evp)
        .or(hooks.key.map(TicketKeyCallback::Hmac))
}

/// Contexts that a callback has filled in.
struct Keyed {
    cipher: CipherContext,
    mac: MacContext,
    name: [u8; KEY_NAME_LEN],
    iv: [u8; MAX_IV_LEN],
    choice: Choice,
}

fn ask(
    connection: &Connection,
    context: &Context,
    callback: TicketKeyCallback,
    found: Option<([u8; KEY_NAME_LEN], [u8; MAX_IV_LEN])>,
) -> Result<Keyed> {
    let cipher = CipherContext::new().map_err(|_| Error::INTERNAL)?;
    let mac = match callback {
        TicketKeyCallback::Evp(_) => MacContext::evp(context.library()),
        TicketKeyCallback::Hmac(_) => MacContext::hmac(),
    };
    let mac = mac.map_err(|_| Error::INTERNAL)?;
    let sealing = found.is_none();
    let (mut name, mut iv) = found.unwrap_or_default();
    let code = callouts::ticket_key(
        callback,
        connection.handle(),
        &mut name,
        &mut iv,
        (&cipher, &mac),
        sealing,
    )
    .ok_or(Error::INTERNAL)?;
    Ok(Keyed {
        cipher,
        mac,
        name,
        iv,
        choice: Choice::from_code(code),
    })
}

/// Tries to open a ticket.
pub(super) fn open(
    connection: &Connection,
    context: &Context,
    hooks: &TicketHooks,
    ticket: &Bytes,
    version: ProtocolVersion,
) -> Opened {
    if ticket.is_empty() {
        return Opened::Tried(Status::Empty, None);
    }
    // Too short for a key's name and the longest IV: the callback is not even asked.
    let Some(name) = KeyName::of_ticket(ticket) else {
        return unopened();
    };
    let opened = match callback(hooks) {
        Some(callback) => {
            connection.facts().progress.stamp = Stamp::None;
            open_with(connection, context, callback, ticket).map(|opened| {
                let (status, session) = opened?;
                let start = chain::start_as_stamped(connection, context, &session)?;
                Some((status, session, start))
            })
        }
        None => Ok(open_with_ring(context, &name, ticket, version)),
    };
    match opened {
        Ok(Some((status, session, start))) if cipher::find(session.cipher).is_some() => {
            let session = SessionObject::new(session);
            session.begin_chain(start);
            Opened::Tried(status, Some(Arc::new(session)))
        }
        Ok(_) => {
            // A refused ticket is no failure, whatever the callback's search for a key has left.
            crate::libcrypto::err::clear_if_any();
            unopened()
        }
        Err(error) => Opened::Failed(error),
    }
}

fn unopened() -> Opened {
    Opened::Tried(Status::NoDecrypt, None)
}

/// With the context's own keys, TLS 1.3 tickets are always renewed: a client uses each once. Gives the status, the
/// session, and when its chain began.
fn open_with_ring(
    context: &Context,
    name: &KeyName,
    ticket: &[u8],
    version: ProtocolVersion,
) -> Option<(Status, Session, u64)> {
    let store = context.key_store();
    let (session, start, still_seals) = if let Some(cap) = context.sessions.chain_cap() {
        let found = store.opening_by_id(name)?;
        let (session, start) = found.key.open_session_in_chain(ticket, store.now(), cap).ok()?;
        (session, start, found.still_seals)
    } else {
        let found = store.opening(name)?;
        let session = found.key.open_session(ticket, now()).ok()?;
        let start = session.time;
        (session, start, found.still_seals)
    };
    let renew = version == ProtocolVersion::TLS1_3 || !still_seals;
    let status = if renew { Status::SuccessRenew } else { Status::Success };
    Some((status, session, start))
}

fn open_with(
    connection: &Connection,
    context: &Context,
    callback: TicketKeyCallback,
    ticket: &[u8],
) -> Result<Option<(Status, Session)>> {
    let name = *ticket.first_chunk().ok_or(Error::INTERNAL)?;
    let iv = ticket
        .get(KEY_NAME_LEN..)
        .and_then(|rest| rest.first_chunk())
        .ok_or(Error::INTERNAL)?;
    let mut keyed = ask(connection, context, callback, Some((name, *iv)))?;
    let status = match keyed.choice {
        Choice::Fail => return Err(Error::INTERNAL),
        Choice::Decline => return Ok(None),
        Choice::Use => Status::Success,
        Choice::Renew => Status::SuccessRenew,
    };
    let iv_len = keyed.cipher.iv_len().map_err(|_| Error::INTERNAL)?;
    let mac_len = keyed.mac.size().map_err(|_| Error::INTERNAL)?;
    let Some(parts) = layout::split(ticket, iv_len, mac_len) else {
        return Ok(None);
    };
    let tag = keyed.mac.tag(parts.authenticated).map_err(|_| Error::INTERNAL)?;
    let genuine = tag.get(..mac_len).is_some_and(|tag| bool::from(tag.ct_eq(parts.mac)));
    if !genuine {
        return Ok(None);
    }
    // Room for what a block cipher writes ahead, so that the plaintext is never moved and left behind unwiped.
    let mut der = Vec::with_capacity(parts.ciphertext.len() + MAX_BLOCK_LEN);
    if keyed.cipher.decrypt_into(parts.ciphertext, &mut der).is_err() {
        drop(Zeroizing::new(der));
        crate::libcrypto::err::clear();
        return Ok(None);
    }
    Ok(Session::decode_shared(&private(der), now())
        .ok()
        .map(|session| (status, session)))
}

/// Seals a session. Gives the ticket, and for how long its chain of resumptions may go on, if anything limits that.
/// `None`: there is no key for it now, or that time is over, so no ticket.
pub(super) fn seal(
    connection: &Connection,
    context: &Context,
    hooks: &TicketHooks,
    session: &SessionObject,
) -> Result<Option<(Vec<u8>, Option<u64>)>> {
    let left = chain::remaining(context, session);
    if let Some(callback) = callback(hooks) {
        connection.facts().progress.stamp = Stamp::None;
        let ticket = seal_with(connection, context, callback, session)?;
        let stamped = connection.facts().progress.stamp != Stamp::None;
        return Ok(ticket.map(|ticket| (ticket, left.filter(|_| stamped))));
    }
    if left == Some(0) {
        return Ok(None);
    }
    let Some(key) = context.key_store().sealing() else {
        return Ok(None);
    };
    let iv = carnet_keys::fresh_iv().map_err(|_| Error::INTERNAL)?;
    let sealed = if left.is_some() {
        let start = session.chain_start();
        session.read(|session| key.seal_session_in_chain(&iv, session, start))
    } else {
        session.read(|session| key.seal_session(&iv, session))
    };
    sealed.map(|ticket| Some((ticket, left))).map_err(|_| Error::INTERNAL)
}

fn seal_with(
    connection: &Connection,
    context: &Context,
    callback: TicketKeyCallback,
    session: &SessionObject,
) -> Result<Option<Vec<u8>>> {
    let mut keyed = ask(connection, context, callback, None)?;
    match keyed.choice {
        Choice::Fail => return Err(Reason::CALLBACK_FAILED.into()),
        Choice::Decline => return Ok(None),
        Choice::Use | Choice::Renew => {}
    }
    let iv_len = keyed.cipher.iv_len().map_err(|_| Error::INTERNAL)?;
    let mac_len = keyed.mac.size().map_err(|_| Error::INTERNAL)?;
    let mut der = Zeroizing::new(Vec::new());
    session.read(|session| {
        der.reserve_exact(session.encoded_len());
        session.encode_into(&mut der);
    });
    if der.len() > layout::MAX_SESSION_LEN {
        return Err(Error::INTERNAL);
    }
    let mut ticket = Vec::with_capacity(KEY_NAME_LEN + iv_len + der.len() + MAX_BLOCK_LEN + mac_len);
    ticket.extend_from_slice(&keyed.name);
    ticket.extend_from_slice(keyed.iv.get(..iv_len).ok_or(Error::INTERNAL)?);
    keyed
        .cipher
        .encrypt_into(&der, &mut ticket)
        .map_err(|_| Error::INTERNAL)?;
    let tag = keyed.mac.tag(&ticket).map_err(|_| Error::INTERNAL)?;
    ticket.extend_from_slice(tag.get(..mac_len).ok_or(Error::INTERNAL)?);
    Ok(Some(ticket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_key_callback_mean_what_the_manual_page_says() {
        assert!(matches!(Choice::from_code(-1), Choice::Fail));
        assert!(matches!(Choice::from_code(i32::MIN), Choice::Fail));
        assert!(matches!(Choice::from_code(0), Choice::Decline));
        assert!(matches!(Choice::from_code(1), Choice::Use));
        assert!(matches!(Choice::from_code(2), Choice::Renew));
        assert!(matches!(Choice::from_code(3), Choice::Use));
    }
}
