//! SSL_CTX_set_security_callback(3) in a handshake: with a callback, everything that could be negotiated is put to it
//! before the engine sees it, and what the peer has chosen once more. Without one the level has been taken into the
//! settings already.
//!
//! OpenSSL asks about suites and groups one by one until it has found one that will do; here all that both sides have are
//! put to the callback at once. What it is asked about each is the same.

use std::sync::Arc;

use carnet_tls::{AlertDescription, ClientAuth, ProtocolVersion, Settings, SignatureScheme};

use super::ask::Reply;
use crate::error::{Reason, Result};
use crate::libcrypto::pkey::Key;
use crate::objects::choose::Chosen;
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, HelloLists, Role};
use crate::objects::scheme;
pub(super) use crate::objects::security::policy;
use crate::objects::security::{Operation, Policy, Query};
use crate::objects::shared::Signers;
use crate::objects::verify::PeerChain;

/// Takes out of the settings what the application's function forbids. An error when it forbids to begin at all.
pub(super) fn restrict(connection: &Connection, settings: &mut Arc<Settings>) -> Result<()> {
    let policy = policy(connection);
    if !policy.is_the_applications() {
        return Ok(());
    }
    let settings = Arc::make_mut(settings);
    let lowest = connection.config().protocol.min_version;
    let range = (settings.min_version.0, settings.max_version.0);
    let (low, high) = policy.versions(connection.context().method(), lowest, range)?;
    settings.min_version = ProtocolVersion(low);
    settings.max_version = ProtocolVersion(high);
    if connection.status().role() == Role::Client {
        restrict_client(settings, &policy);
        return Ok(());
    }
    let hello = connection.with_engine(|engine| {
        let hello = engine.client_hello()?;
        Some((
            HelloLists::of(hello),
            hello.offers_version(ProtocolVersion::TLS1_3).unwrap_or(false),
        ))
    });
    if let Some((lists, tls13)) = hello.flatten() {
        restrict_server(
            settings,
            &policy,
            &lists,
            tls13 && settings.max_version == ProtocolVersion::TLS1_3,
        );
        if settings.suites.is_empty() {
            return Err(Reason::NO_SHARED_CIPHER.into());
        }
    }
    Ok(())
}

fn restrict_client(settings: &mut Settings, policy: &Policy) {
    let (low, high) = (settings.min_version, settings.max_version);
    settings.tickets = policy.allows(&Query::ticket()) && settings.tickets;
    settings
        .groups
        .retain(|group| policy.allows(&Query::group(Operation::GroupSupported, group.0)));
    let schemes: Vec<u16> = settings.schemes.iter().map(|scheme| scheme.0).collect();
    let signers = Signers::new(&schemes, policy);
    settings
        .schemes
        .retain(|scheme| policy.allows(&Query::scheme(Operation::SchemeSupported, scheme.0)));
    settings.suites.retain(|suite| {
        let Some(cipher) = crate::objects::cipher::find(suite.0) else {
            return false;
        };
        let spoken = if cipher.is_tls13() {
            high == ProtocolVersion::TLS1_3
        } else {
            low == ProtocolVersion::TLS1_2
        };
        spoken && signers.cover(cipher) && policy.allows(&Query::cipher(Operation::CipherSupported, cipher))
    });
}

fn restrict_server(settings: &mut Settings, policy: &Policy, theirs: &HelloLists, tls13: bool) {
    let (suites, groups) = (theirs.suites(), theirs.groups());
    settings.suites.retain(|suite| {
        let cipher = crate::objects::cipher::find(suite.0).filter(|cipher| cipher.is_tls13() == tls13);
        cipher.is_some_and(|cipher| {
            suites.contains(&cipher.code) && policy.allows(&Query::cipher(Operation::CipherShared, cipher))
        })
    });
    let operations: &[Operation] = if tls13 {
        &[Operation::GroupSupported, Operation::GroupCheck]
    } else {
        &[Operation::GroupShared]
    };
    settings.groups.retain(|group| {
        let strong = |operation: &Operation| policy.allows(&Query::group(*operation, group.0));
        (groups.is_empty() || groups.contains(&group.0)) && operations.iter().all(strong)
    });
    if settings.client_auth != ClientAuth::None {
        if !tls13 {
            // OpenSSL's CertificateRequest names types of keys as well. Here it has all of them.
            let schemes: Vec<u16> = settings.schemes.iter().map(|scheme| scheme.0).collect();
            let _every_type = Signers::new(&schemes, policy);
        }
        settings
            .schemes
            .retain(|scheme| policy.allows(&Query::scheme(Operation::SchemeSupported, scheme.0)));
    }
    settings.tickets = settings.tickets && (tls13 || policy.allows(&Query::ticket()));
}

/// Our own chain, before it goes out.
pub(super) fn own_chain(connection: &Connection, chosen: &Chosen) -> Result<()> {
    let policy = policy(connection);
    if !policy.is_the_applications() {
        let mut weights = chosen.weights.iter().enumerate();
        return weights.try_for_each(|(place, weight)| policy.check_weight(*weight, None, place == 0));
    }
    // The function is shown the certificates themselves.
    let parsed = PeerChain::parse(&chosen.credential.chain)?;
    let all = parsed.iter().flat_map(|chain| chain.all.elements());
    all.enumerate()
        .try_for_each(|(place, certificate)| policy.check(&certificate, place == 0))
}

/// The curves that a server's certificate may be on in TLS 1.2: those of its keys that the client takes, too.
pub(super) fn own_curves(connection: &Connection, theirs: &[u16]) -> Vec<u16> {
    let policy = policy(connection);
    let config = connection.config();
    let ours = config.credentials.key_kinds().filter_map(scheme::curve_of);
    ours.filter(|code| theirs.is_empty() || theirs.contains(code))
        .filter(|code| policy.allows(&Query::group(Operation::GroupCheck, *code)))
        .collect()
}

/// A client judges the suite that the server has chosen. `Some` ends the handshake.
pub(super) fn chosen_suite(connection: &Connection) -> Option<Reply> {
    let policy = applications(connection)?;
    let suite = connection.with_engine(|engine| engine.suite()).flatten()?;
    let cipher = crate::objects::cipher::find(suite.0)?;
    let strong = policy.allows(&Query::cipher(Operation::CipherCheck, cipher));
    (!strong).then(|| Reply::Abort(AlertDescription::IllegalParameter, Reason::WRONG_CIPHER_RETURNED.into()))
}

/// The scheme that the peer has signed with and, in TLS 1.2, the curve of its key and the group that a server has chosen.
/// Suite B ties the curve to the hash there, too.
pub(super) fn signed_so(
    connection: &Connection,
    code: SignatureScheme,
    key: Option<&Key>,
    tls13: bool,
) -> Option<Reply> {
    let kind = key.and_then(Key::kind);
    let suite_b = connection.config().suite_b().is_some();
    if suite_b && !tls13 && kind.and_then(scheme::of_curve) != Some(code.0) {
        return Some(Reply::Abort(
            AlertDescription::IllegalParameter,
            Reason::WRONG_CURVE.into(),
        ));
    }
    let policy = applications(connection)?;
    let is_client = connection.status().role() == Role::Client;
    if !tls13 {
        let group = connection.with_engine(|engine| engine.group()).flatten();
        let exchanged = group.filter(|_| is_client).map(|group| group.0);
        let of_key = kind.and_then(scheme::curve_of);
        let strong = |code: u16| policy.allows(&Query::group(Operation::GroupCheck, code));
        if ![exchanged, of_key].into_iter().flatten().all(strong) {
            return Some(Reply::Abort(
                AlertDescription::IllegalParameter,
                Reason::WRONG_CURVE.into(),
            ));
        }
    }
    let strong = policy.allows(&Query::scheme(Operation::SchemeCheck, code.0));
    (!strong).then(|| Reply::Abort(AlertDescription::HandshakeFailure, Reason::WRONG_SIGNATURE_TYPE.into()))
}

fn applications(connection: &Connection) -> Option<Policy> {
    Some(policy(connection)).filter(Policy::is_the_applications)
}
