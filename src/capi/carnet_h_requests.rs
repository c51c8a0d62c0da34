//! carnet.h: how many tickets a client would like (RFC 9149).

use std::ffi::{c_int, c_uchar};

use carnet_tls::TicketRequest;

use super::entry::{entry, store};
use super::ssl_lifecycle::connection;
use super::types::{SSL, SSL_CTX};
use crate::error::{Common, Error, Result};
use crate::handles;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// Lets the clients of a context tell their servers how many tickets they would like (RFC 9149, ticket_request): `new_session`
/// after a full handshake, `resumption` after a resumption, 0 to 255 each. A client that will not come back asks for 0 and
/// saves both sides the work; one that opens many connections at once asks for as many as those. A server that knows nothing of
/// it sends what it always sends. -1 for both, which is how every context begins, asks for nothing.
///
/// Returns 1, or 0 if a number is out of range.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_CTX_set_ticket_request(ctx: *mut SSL_CTX, new_session: c_int, resumption: c_int) -> c_int {
    entry("carnet_CTX_set_ticket_request", 0, || {
        let (context, request) = (handles::lookup::<Context>(ctx)?, request(new_session, resumption)?);
        context.update(|config| config.resumption.ticket_request = request);
        Ok(1)
    })
}

/// carnet_CTX_set_ticket_request() for one connection, before its handshake.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_set_ticket_request(ssl: *mut SSL, new_session: c_int, resumption: c_int) -> c_int {
    entry("carnet_set_ticket_request", 0, || {
        let (connection, request) = (handles::lookup::<Connection>(ssl)?, request(new_session, resumption)?);
        connection.update(|config| config.resumption.ticket_request = request);
        Ok(1)
    })
}

fn request(new_session: c_int, resumption: c_int) -> Result<Option<TicketRequest>> {
    const NOTHING: c_int = -1;
    if (new_session, resumption) == (NOTHING, NOTHING) {
        return Ok(None);
    }
    let count = |count: c_int| u8::try_from(count).map_err(|_| Error::Common(Common::PassedInvalidArgument));
    Ok(Some(TicketRequest {
        new_session: count(new_session)?,
        resumption: count(resumption)?,
    }))
}

/// Does a server give its clients as many tickets as they ask for, if that is no more than SSL_CTX_set_num_tickets(3) says? 1,
/// which is how every context begins, says so and tells them the number; with 0 it takes no notice of what they ask for, as
/// OpenSSL. A resumption that would get no ticket gets none either if the client asks for some.
///
/// Returns 1, or 0 on error.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_CTX_honour_ticket_requests(ctx: *mut SSL_CTX, yes: c_int) -> c_int {
    entry("carnet_CTX_honour_ticket_requests", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        context.update(|config| config.resumption.ignores_ticket_requests = yes == 0);
        Ok(1)
    })
}

/// carnet_CTX_honour_ticket_requests() for one connection, before its handshake.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_honour_ticket_requests(ssl: *mut SSL, yes: c_int) -> c_int {
    entry("carnet_honour_ticket_requests", 0, || {
        let connection = handles::lookup::<Connection>(ssl)?;
        connection.update(|config| config.resumption.ignores_ticket_requests = yes == 0);
        Ok(1)
    })
}

/// Server: what the client asked for, through `new_session` and `resumption`, each of which may be NULL. Returns 1, or 0 if it
/// asked for nothing, or that is not honoured, or its hello has not been dealt with.
///
/// # Safety
/// `new_session` and `resumption` are NULL or point at a writable byte each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_get_ticket_request(
    ssl: *const SSL,
    new_session: *mut c_uchar,
    resumption: *mut c_uchar,
) -> c_int {
    entry("carnet_get_ticket_request", 0, || {
        let request = connection(ssl)?.with_engine(|engine| engine.client_ticket_request());
        let request = request.flatten().ok_or(Error::Silent)?;
        // SAFETY: the caller's contract above.
        unsafe {
            store(new_session, request.new_session);
            store(resumption, request.resumption);
        }
        Ok(1)
    })
}

/// Client: how many tickets the server says that it will send after this handshake. Returns -1 if it has not said.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_get_expected_tickets(ssl: *const SSL) -> c_int {
    const UNTOLD: c_int = -1;
    entry("carnet_get_expected_tickets", UNTOLD, || {
        let connection = handles::lookup::<Connection>(ssl)?;
        let expected = connection.with_engine(|engine| engine.ticket_request_expected());
        Ok(expected.flatten().map_or(UNTOLD, c_int::from))
    })
}
