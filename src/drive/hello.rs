//! A server meets its client: the client hello, server name and ALPN callbacks (SSL_CTX_set_client_hello_cb(3),
//! SSL_CTX_set_tlsext_servername_callback(3), SSL_CTX_set_alpn_select_cb(3)).

use std::ffi::{CString, c_int};
use std::sync::Arc;

use carnet_tls::{AlertDescription, Answer};

use super::ask::Reply;
use super::credential::is_tls13;
use super::{session_id, start};
use crate::error::{Common, Error, Result};
use crate::libcrypto::callouts;
use crate::libcrypto::reasons::Reason;
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, Want};
use crate::objects::context::Counter;

/// SSL_CLIENT_HELLO_SUCCESS, SSL_CLIENT_HELLO_RETRY
const HELLO_SUCCESS: c_int = 1;
const HELLO_RETRY: c_int = -1;
/// SSL_OP_NO_TICKET
const OP_NO_TICKET: u64 = 1 << 14;
/// SSL_TLSEXT_ERR_OK and its relatives.
const EXTENSION_OK: c_int = 0;
const EXTENSION_WARNING: c_int = 1;
const EXTENSION_FATAL: c_int = 2;
const EXTENSION_NOACK: c_int = 3;

/// Early enough to change everything: nothing has been decided from the hello.
pub(super) fn client_hello(connection: &Connection) -> Reply {
    connection.facts().progress.hello_shown = true;
    let hook = connection.context().hooks().client_hello;
    let mut alert = c_int::from(AlertDescription::InternalError.code());
    match callouts::with_alert(hook.function, connection.handle(), &mut alert, hook.argument.pointer()) {
        None if !hello_decides(connection) => Answer::Proceed.into(),
        None | Some(HELLO_SUCCESS) => match renew_settings(connection) {
            Ok(()) => Answer::Proceed.into(),
            // No version is left: now that the client has spoken, OpenSSL puts it this way.
            Err(error) if error == Reason::NO_SHARED_CIPHER.into() => {
                Reply::Abort(AlertDescription::HandshakeFailure, error)
            }
            Err(_) => Reply::Abort(AlertDescription::ProtocolVersion, Reason::UNSUPPORTED_PROTOCOL.into()),
        },
        Some(HELLO_RETRY) => Reply::Later(Want::ClientHello),
        Some(_) => Reply::Abort(description(alert), Reason::CALLBACK_FAILED.into()),
    }
}

/// Do the settings depend on what the client says?
fn hello_decides(connection: &Connection) -> bool {
    let config = connection.config();
    config.hooks.security.function.is_some() || config.yields_to_chacha()
}

/// What the client-hello callback has set on the connection decides from here on.
fn renew_settings(connection: &Connection) -> Result<()> {
    if let Some(settings) = changed(connection, start::settings(connection)?) {
        connection.with_engine(|engine| engine.set_settings(settings));
    }
    Ok(())
}

/// The callback of the context in force; if that has none, of the one that the connection began with.
pub(super) fn server_name(connection: &Connection, name: Option<String>) -> Reply {
    if let Err(error) = session_id::choose(connection) {
        return Reply::Abort(AlertDescription::InternalError, error);
    }
    // In TLS 1.2 the name that was asked for when the session was made goes on, and what the client says now is not even
    // looked at.
    let by_session = connection.facts().progress.resumed && !is_tls13(connection);
    let named = name.is_some() && !by_session;
    let id_context = connection.config().resumption.id_context;
    {
        let mut facts = connection.facts();
        facts.progress.id_context = id_context;
        facts.server_name = name.filter(|_| named).and_then(|name| CString::new(name).ok());
        facts.progress.session_due = true;
    }
    let mut hook = connection.context().hooks().server_name;
    if hook.function.is_none() {
        hook = connection.session_context().hooks().server_name;
    }
    let mut alert = c_int::from(AlertDescription::UnrecognizedName.code());
    let tickets = has_tickets(connection);
    let returned = callouts::with_alert(hook.function, connection.handle(), &mut alert, hook.argument.pointer())
        .unwrap_or(EXTENSION_NOACK);
    connection.facts().progress.hello_shown = false;
    move_count(connection);
    let acknowledge = match returned {
        EXTENSION_FATAL => return Reply::Abort(description(alert), Reason::CALLBACK_FAILED.into()),
        EXTENSION_WARNING => {
            connection.with_engine(|engine| engine.warn(description(alert)));
            false
        }
        EXTENSION_NOACK => false,
        _ => named,
    };
    connection.facts().server_name_accepted = named && returned == EXTENSION_OK;
    // Tickets that the callback has switched off are not replaced by such as only name a session.
    if returned == EXTENSION_OK && tickets && !has_tickets(connection) && is_tls13(connection) {
        connection.facts().progress.no_tickets = true;
    }
    match start::settings(connection) {
        Ok(settings) => Answer::ServerName {
            acknowledge,
            settings: changed(connection, settings),
        }
        .into(),
        Err(error) => Reply::Abort(AlertDescription::InternalError, error),
    }
}

fn has_tickets(connection: &Connection) -> bool {
    connection.config().protocol.options & OP_NO_TICKET == 0
}

/// A handshake that a callback has moved to another context is counted there, as in OpenSSL, so that no context has
/// finished more than it has begun.
fn move_count(connection: &Connection) {
    let (first, now) = (connection.session_context(), connection.context());
    let moved = first.as_ptr() != now.as_ptr();
    if moved && !std::mem::replace(&mut connection.facts().progress.count_moved, true) {
        now.sessions.count(Counter::Accept);
        first.sessions.uncount(Counter::Accept);
    }
}

/// Settings that differ from those in force, because the callback switched contexts or changed the connection.
fn changed(connection: &Connection, settings: Arc<carnet_tls::Settings>) -> Option<Arc<carnet_tls::Settings>> {
    let same = connection
        .with_engine(|engine| Arc::ptr_eq(engine.settings(), &settings))
        .unwrap_or(false);
    (!same).then_some(settings)
}

/// Without a callback, or if it does not care, the extension is not answered.
pub(super) fn protocol(connection: &Connection, offered: &[u8]) -> Reply {
    let hook = connection.context().hooks().alpn_select;
    match callouts::alpn_select(hook.function, connection.handle(), hook.argument.pointer(), offered) {
        None | Some((EXTENSION_NOACK, _)) => Answer::Protocol(None).into(),
        Some((EXTENSION_OK, Some(selected))) => {
            connection.facts().protocol = Some(selected.clone().into_boxed_slice());
            Answer::Protocol(Some(selected)).into()
        }
        Some((EXTENSION_OK, None)) => {
            Reply::Abort(AlertDescription::InternalError, Error::Common(Common::InternalError))
        }
        Some(_) => Reply::Abort(
            AlertDescription::NoApplicationProtocol,
            Reason::NO_APPLICATION_PROTOCOL.into(),
        ),
    }
}

/// The alert that a callback wrote through its `int *al`.
fn description(alert: c_int) -> AlertDescription {
    u8::try_from(alert).map_or(AlertDescription::InternalError, AlertDescription::from)
}
