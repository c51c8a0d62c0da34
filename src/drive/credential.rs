//! Our own certificate and signature (SSL_CTX_set_cert_cb(3), SSL_CTX_set_client_cert_cb(3)).

use std::ffi::c_int;

use carnet_tls::{AlertDescription, Answer, CredentialRequest, ProtocolVersion, SignatureScheme};

use super::ask::Reply;
use super::{security, session12, staple};
use crate::error::{Error, Result};
use crate::libcrypto::callouts;
use crate::libcrypto::reasons::Reason;
use crate::objects::choose::{Chosen, Wanted};
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, HelloLists, Role, Want};
use crate::objects::scheme;

/// The certificate callback may choose one, or ask for time; then the configuration says which fits.
pub(super) fn choose(connection: &Connection, request: &CredentialRequest) -> Reply {
    {
        let mut facts = connection.facts();
        facts.peer.schemes.clone_from(&request.schemes);
        facts.peer.authorities.clone_from(&request.authorities);
        facts.peer.authority_names = None;
    }
    let hook = connection.config().hooks.certificate;
    let called = std::mem::take(&mut connection.facts().progress.certificate_called);
    match callouts::plain(
        hook.function.filter(|_| !called),
        connection.handle(),
        hook.argument.pointer(),
    ) {
        Some(..=-1) => return Reply::Later(Want::Certificate),
        Some(0) => {
            let server = connection.status().role() == Role::Server;
            let reason = if server {
                Reason::CERT_CB_ERROR
            } else {
                Reason::CALLBACK_FAILED
            };
            return Reply::Abort(AlertDescription::InternalError, reason.into());
        }
        Some(_) | None => {}
    }
    if connection.status().role() == Role::Client {
        if let Some(reply) = client_certificate(connection) {
            return reply;
        }
    } else {
        ask_resumable(connection);
        if !is_tls13(connection) {
            session12::decide_id(connection);
        }
    }
    let chosen = match fitting(connection, request) {
        Ok(Some(chosen)) => chosen,
        Ok(None) => return Answer::Credential(None).into(),
        Err(error) => return Reply::Abort(AlertDescription::HandshakeFailure, error),
    };
    if let Err(error) = security::own_chain(connection, &chosen) {
        return Reply::Abort(AlertDescription::InternalError, error);
    }
    let mut credential = chosen.credential;
    match staple::find(connection) {
        Ok(response) => credential.ocsp_response = response,
        Err(error) => return Reply::Abort(AlertDescription::InternalError, error),
    }
    Answer::Credential(Some(credential)).into()
}

/// SSL_set_not_resumable_session_callback(3), in a full handshake of a server. The second argument says whether the suite's
/// key exchange is forward secure: all that are spoken here are, but the suites of TLS 1.3 name none, and OpenSSL says 0.
fn ask_resumable(connection: &Connection) {
    let forward_secure = c_int::from(!is_tls13(connection));
    let function = connection.config().hooks.not_resumable;
    if callouts::not_resumable(function, connection.handle(), forward_secure).is_none_or(|answer| answer == 0) {
        return;
    }
    if let Some(session) = super::session::current(connection) {
        session.forbid_resumption();
    }
    connection.facts().progress.no_tickets = true;
}

/// What goes with the schemes in common; an error for a server that finds none.
fn fitting(connection: &Connection, request: &CredentialRequest) -> Result<Option<Chosen>> {
    let config = connection.config();
    let tls13 = is_tls13(connection);
    let server = connection.status().role() == Role::Server;
    let theirs: Vec<u16> = if server {
        connection.with_lists(HelloLists::schemes).unwrap_or_default()
    } else {
        request.schemes.iter().map(|scheme| scheme.0).collect()
    };
    let shared = config.shared_schemes(server, &theirs, &security::policy(connection));
    if server && shared.is_empty() {
        return Err(Reason::NO_SHARED_SIGNATURE_ALGORITHMS.into());
    }
    let schemes = if config.prefers_own() {
        in_own_order(&request.schemes, &shared, tls13)
    } else {
        let both = |scheme: &SignatureScheme| shared.contains(&scheme.0);
        request.schemes.iter().copied().filter(both).collect()
    };
    let groups = if tls13 { None } else { curves(connection) };
    Ok(config.credentials.choose(&Wanted {
        schemes: &schemes,
        groups: groups.as_deref(),
        // Suite B ties curves to hashes in TLS 1.2, too (RFC 6460 section 3.3).
        tls13: tls13 || config.suite_b().is_some(),
        trusted: &connection.context().store(),
        auto_chain: config.auto_chain(),
    }))
}

/// Those that are asked for, in the order of those that are shared. In TLS 1.2 the suite comes first: the schemes that are
/// asked for begin with those whose keys go with the best.
fn in_own_order(asked: &[SignatureScheme], shared: &[u16], tls13: bool) -> Vec<SignatureScheme> {
    let by_rsa = asked.first().is_some_and(|first| scheme::is_by_rsa(first.0));
    let mut schemes: Vec<_> = shared
        .iter()
        .map(|code| SignatureScheme(*code))
        .filter(|scheme| asked.contains(scheme))
        .collect();
    if !tls13 {
        schemes.sort_by_key(|scheme| scheme::is_by_rsa(scheme.0) != by_rsa);
    }
    schemes
}

/// TLS 1.2: the curves that our certificate may be on. A server asks the client's list, if it sent one; a client its own.
fn curves(connection: &Connection) -> Option<Vec<u16>> {
    if connection.status().role() == Role::Server {
        let theirs = connection.with_lists(HelloLists::groups).unwrap_or_default();
        return Some(security::own_curves(connection, &theirs));
    }
    connection.with_engine(|engine| engine.settings().groups.iter().map(|group| group.0).collect())
}

/// A client without a certificate of its own asks the older callback. `Some` when that ends or suspends the handshake.
fn client_certificate(connection: &Connection) -> Option<Reply> {
    if !connection.config().credentials.is_empty() {
        return None;
    }
    let function = connection.context().hooks().client_certificate;
    match callouts::client_certificate(function, connection.handle())? {
        (..=-1, _, _) => {
            connection.facts().progress.certificate_called = true;
            Some(Reply::Later(Want::Certificate))
        }
        (1, Some(certificate), Some(key)) => {
            let used = security::policy(connection).check(&certificate, true).and_then(|()| {
                connection.update(|config| {
                    config.credentials.set_certificate(certificate)?;
                    config.credentials.set_key(key)
                })
            });
            // OpenSSL goes on without a certificate when it can't use the one it got.
            if let Err(error) = used {
                error.push("SSL_CTX_set_client_cert_cb");
            }
            None
        }
        (1, _, _) => {
            Error::from(Reason::BAD_DATA_RETURNED_BY_CALLBACK).push("SSL_CTX_set_client_cert_cb");
            None
        }
        _ => None,
    }
}

/// Signs with the key of the certificate that was chosen.
pub(super) fn sign(connection: &Connection, scheme: SignatureScheme, message: &[u8]) -> Reply {
    match connection
        .config()
        .credentials
        .sign(scheme, is_tls13(connection), message)
    {
        Ok(signature) => Answer::Signature(signature).into(),
        Err(error) => Reply::Abort(AlertDescription::InternalError, error),
    }
}

/// Is TLS 1.3 what is spoken, or about to be?
pub(super) fn is_tls13(connection: &Connection) -> bool {
    let version = connection.with_engine(|engine| engine.version()).flatten();
    version.is_none_or(|version| version == ProtocolVersion::TLS1_3)
}
