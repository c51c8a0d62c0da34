//! OCSP responses (RFC 6066 section 8): a server's application brings one, a client's judges it
//! (SSL_CTX_set_tlsext_status_cb(3)).

use bytes::Bytes;
use carnet_tls::{AlertDescription, ExtensionType};

use crate::error::{Error, Result};
use crate::libcrypto::callouts;
use crate::libcrypto::reasons::Reason;
use crate::objects::connection::{Connection, Role};

/// SSL_TLSEXT_ERR_OK, SSL_TLSEXT_ERR_NOACK
const EXTENSION_OK: i32 = 0;
const EXTENSION_NOACK: i32 = 3;

/// A server that is asked for an OCSP response has its application look for one.
pub(super) fn find(connection: &Connection) -> Result<Option<Bytes>> {
    let asked = connection.status().role() == Role::Server
        && connection
            .with_engine(|engine| {
                engine
                    .client_hello()
                    .is_some_and(|hello| hello.has(ExtensionType::STATUS_REQUEST))
            })
            .unwrap_or(false);
    let hook = connection.context().hooks().status;
    if !asked || hook.function.is_none() {
        return Ok(None);
    }
    match callouts::plain(hook.function, connection.handle(), hook.argument.pointer()) {
        Some(EXTENSION_OK) => Ok(connection.facts().ocsp_response.as_deref().map(Bytes::copy_from_slice)),
        Some(EXTENSION_NOACK) | None => Ok(None),
        Some(_) => Err(Reason::CLIENTHELLO_TLSEXT.into()),
    }
}

/// A client that has asked for a response has its application judge it, or that there is none. Called when it would have
/// come: with the server's signature, and in TLS 1.3 also at the end of a resumption, as OpenSSL does. The error comes with
/// its alert.
pub(super) fn judge(connection: &Connection) -> std::result::Result<(), (AlertDescription, Error)> {
    let heard = connection.with_engine(|engine| {
        let response = engine.peer_ocsp_response().map(|response| response.to_vec());
        (engine.settings().request_ocsp, response)
    });
    let Some((true, response)) = heard else { return Ok(()) };
    let hook = connection.context().hooks().status;
    if connection.status().role() == Role::Server || hook.function.is_none() {
        return Ok(());
    }
    connection.facts().ocsp_response = response.map(Vec::into_boxed_slice);
    match callouts::plain(hook.function, connection.handle(), hook.argument.pointer()) {
        Some(0) => Err((
            AlertDescription::BadCertificateStatusResponse,
            Reason::INVALID_STATUS_RESPONSE.into(),
        )),
        Some(..0) => Err((AlertDescription::InternalError, Reason::OCSP_CALLBACK_FAILURE.into())),
        _ => Ok(()),
    }
}
