//! Judging the peer: its chain and what it signed (SSL_CTX_set_verify(3), SSL_CTX_set_cert_verify_callback(3)).

use std::sync::Arc;

use bytes::Bytes;
use carnet_tls::{AlertDescription, Answer, SignatureScheme};

use super::ask::Reply;
use super::{security, session, staple};
use crate::error::{Common, Error, Result};
use crate::libcrypto::err;
use crate::libcrypto::reasons::Reason;
use crate::objects::config::{Config, Configurable};
use crate::objects::connection::{Connection, Role, Want};
use crate::objects::verify::{Judge, PeerChain, alert_for};

/// SSL_VERIFY_PEER, SSL_VERIFY_FAIL_IF_NO_PEER_CERT
const VERIFY_PEER: i32 = 1;
const VERIFY_FAIL_IF_NO_PEER_CERT: i32 = 2;

/// Judges the chain that the peer has sent, or, for a server, that there is none.
pub(super) fn chain(connection: &Connection, chain: Vec<Bytes>) -> Reply {
    let config = connection.config();
    // A chain that is judged again stays where the application has found it.
    let again = (connection.status().want() == Want::Verify).then(|| connection.facts().peer.judged.take());
    let parsed = match again
        .flatten()
        .map_or_else(|| PeerChain::parse(&chain).map(|p| p.map(Arc::new)), |p| Ok(Some(p)))
    {
        Ok(Some(parsed)) => parsed,
        Ok(None) => return without_certificate(connection, &config),
        Err(error) => return Reply::Abort(AlertDescription::DecodeError, error),
    };
    let peer_is_server = connection.status().role() == Role::Client;
    if peer_is_server && let Some(refusal) = security::chosen_suite(connection) {
        return refusal;
    }
    if parsed.key().is_err() && peer_is_server {
        return Reply::Abort(
            AlertDescription::InternalError,
            Reason::UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS.into(),
        );
    }
    if peer_is_server {
        let before = connection.facts().peer.judged.replace(Arc::clone(&parsed));
        drop(before);
    }
    // SSL_set_retry_verify(3) is asked for anew each time. In OpenSSL 3.0 a server does not heed it.
    if connection.status().want() == Want::Verify {
        connection.status().set_want(Want::Nothing);
    }
    let judged = match judge(connection, &config, &parsed, peer_is_server) {
        Ok(judged) => judged,
        Err(error) => return Reply::Abort(AlertDescription::InternalError, error),
    };
    if judged.accepted && peer_is_server && connection.status().want() == Want::Verify {
        return Reply::Later(Want::Verify);
    }
    connection.facts().peer.verify_result = i64::from(judged.error);
    // A client that does not verify goes on, and leaves nothing of the failure behind.
    if !judged.accepted && (!peer_is_server || config.verify.mode != 0) {
        return Reply::Abort(alert_for(judged.error), Reason::CERTIFICATE_VERIFY_FAILED.into());
    }
    let before = {
        let peer = &mut connection.facts().peer;
        peer.chain = chain;
        (
            peer.parsed.replace(parsed),
            std::mem::replace(&mut peer.verified, judged.chain),
            peer.issuers.take(),
        )
    };
    // With no lock held: a certificate's end may be the application's business, too.
    drop(before);
    session::note_peer(connection);
    err::clear_if_any();
    Answer::Verdict(Ok(())).into()
}

fn judge(
    connection: &Connection,
    config: &Config,
    chain: &PeerChain,
    peer_is_server: bool,
) -> Result<crate::objects::verify::Judgement> {
    let context = connection.context();
    let store = config
        .credentials
        .verify_store
        .clone()
        .unwrap_or_else(|| context.store());
    let param = connection.param()?;
    let judge = Judge {
        store: &store,
        param,
        peer_is_server,
        security_level: config.algorithms.security_level,
        ssl: connection.handle().cast(),
        callback: config.verify.callback,
        instead: context.hooks().verify_chain,
    };
    judge.judge(chain)
}

/// RFC 8446 section 4.4.2.4: without a certificate the server may go on or end with certificate_required, which TLS 1.2
/// calls handshake_failure (RFC 5246 section 7.4.6).
/// Whoever was known before, a late request that is answered with nothing leaves the peer nameless.
fn without_certificate(connection: &Connection, config: &Config) -> Reply {
    let required = VERIFY_PEER | VERIFY_FAIL_IF_NO_PEER_CERT;
    if config.verify.mode & required == required {
        let alert = if super::credential::is_tls13(connection) {
            AlertDescription::CertificateRequired
        } else {
            AlertDescription::HandshakeFailure
        };
        return Reply::Abort(alert, Reason::PEER_DID_NOT_RETURN_A_CERTIFICATE.into());
    }
    let gone = {
        let peer = &mut connection.facts().peer;
        peer.chain.clear();
        (peer.parsed.take(), peer.issuers.take(), peer.verified.take())
    };
    drop(gone);
    Answer::Verdict(Ok(())).into()
}

/// Checks a signature of the peer with the key of the chain that was judged last.
pub(super) fn signature(
    connection: &Connection,
    scheme: SignatureScheme,
    leaf: &Bytes,
    message: &[u8],
    signature: &[u8],
) -> Reply {
    let known = {
        let facts = connection.facts();
        let same = facts.peer.chain.first() == Some(leaf);
        facts.peer.parsed.clone().filter(|_| same)
    };
    let parsed = match known {
        Some(parsed) => parsed,
        None => match PeerChain::parse(std::slice::from_ref(leaf)) {
            Ok(Some(parsed)) => Arc::new(parsed),
            _ => return Reply::Abort(AlertDescription::DecodeError, Common::ASN1_LIB.into()),
        },
    };
    let tls13 = super::credential::is_tls13(connection);
    if let Some(refusal) = security::signed_so(connection, scheme, parsed.key().ok(), tls13) {
        return refusal;
    }
    if parsed.verify(scheme, tls13, message, signature) {
        return match staple::judge(connection) {
            Ok(()) => Answer::Verdict(Ok(())).into(),
            Err((alert, error)) => Reply::Abort(alert, error),
        };
    }
    err::clear_if_any();
    Reply::Abort(AlertDescription::DecryptError, Error::Ssl(Reason::BAD_SIGNATURE))
}
