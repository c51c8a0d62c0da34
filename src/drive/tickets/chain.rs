//! The chain cap of `carnet.h`: for how long after a full handshake its client may go on resuming.
//!
//! A ticket whose chain is over is as good as one under a key that is gone: NO_DECRYPT, a full handshake, a new ticket.
//! The decrypt callback is told so with no session, because nothing of a ticket that won't be used concerns the
//! application; because carnet's ready-made key callbacks could say nothing else; and because in TLS 1.3 the client's
//! next ticket then gets its turn, which after a ticket that opened and did not fit it does not.
//!
//! The time is that of the context's key store, so that a test moves both with one clock.

use carnet_keys::Found;
use carnet_ticket::{ChainCap, IV_LEN, KeyName, Session, TicketKey};

use crate::drive::session;
use crate::objects::connection::{Connection, Stamp};
use crate::objects::context::Context;
use crate::objects::session::SessionObject;

/// Is a session of the context's cache at the end of its chain?
pub(in crate::drive) fn is_over(context: &Context, session: &SessionObject) -> bool {
    let over = |cap: ChainCap| cap.is_over(session.chain_start(), context.key_store().now());
    context.sessions.chain_cap().is_some_and(over)
}

/// For how many seconds a ticket of this chain is of any use; `None` if nothing limits that.
pub(super) fn remaining(context: &Context, session: &SessionObject) -> Option<u64> {
    let cap = context.sessions.chain_cap()?;
    Some(cap.remaining(session.chain_start(), context.key_store().now()))
}

/// What carnet's key callback found in the name of the ticket that was opened with it: when the chain began, or `None`
/// if the chain is over. A callback of the application's own finds nothing, and caps nothing.
pub(super) fn start_as_stamped(connection: &Connection, context: &Context, session: &Session) -> Option<u64> {
    let start = match connection.facts().progress.stamp {
        Stamp::None => return Some(session.time),
        Stamp::Plain => session.time,
        Stamp::Start(start) => start,
    };
    let now = context.key_store().now();
    let over = context.sessions.chain_cap().is_some_and(|cap| cap.is_over(start, now));
    (!over).then_some(start)
}

/// The name that carnet's key callback gives a ticket under `key`: with a cap, one that says when the connection's chain
/// began. `None`: that was too long ago for a ticket.
pub fn name_for_callback(
    connection: &Connection,
    context: &Context,
    key: &TicketKey,
    iv: &[u8; IV_LEN],
) -> Option<KeyName> {
    let session = session::current(connection)?;
    let Some(left) = remaining(context, &session) else {
        return Some(*key.name());
    };
    let start = session.chain_start();
    connection.facts().progress.stamp = Stamp::Start(start);
    (left > 0).then(|| key.name_in_chain(iv, start))
}

/// The key that carnet's key callback opens a ticket with. What time the name says is kept for when the ticket's MAC has
/// been checked.
pub fn find_for_callback(
    connection: &Connection,
    context: &Context,
    name: &KeyName,
    iv: &[u8; IV_LEN],
) -> Option<Found> {
    let store = context.key_store();
    if context.sessions.chain_cap().is_none() {
        return store.opening(name);
    }
    let found = store.opening_by_id(name)?;
    let start = found.key.chain_start(name, iv, store.now());
    connection.facts().progress.stamp = start.map_or(Stamp::Plain, Stamp::Start);
    Some(found)
}
