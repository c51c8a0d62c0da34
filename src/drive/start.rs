//! The beginning of a handshake: settings from the configuration, the engine, the session to offer.

use std::sync::Arc;

use carnet_tls::{AlertDescription, CipherSuite, Connection as Engine, Offer, ProtocolVersion, Settings};

use super::held::Held;
use super::run::Halt;
use super::{early, observe, security};
use crate::error::{Error, Reason, Result};
use crate::objects::config::{Config, Configurable};
use crate::objects::connection::{Connection, Early, HelloLists, Phase, Role};
use crate::objects::context::Counter;
use crate::objects::method;
use crate::objects::session::now;
use crate::objects::settings::Purpose;
use crate::objects::shared;

/// What this connection may negotiate: shared with its context unless something of its own differs.
pub(super) fn settings(connection: &Connection) -> Result<Arc<Settings>> {
    let context = connection.context();
    let server = connection.status().role() == Role::Server;
    let hooks = context.hooks();
    let mut settings = connection.present_config().settings(Purpose {
        method: context.method(),
        server,
        key_log: hooks.key_log.is_some(),
        observed: hooks.info.is_some(),
    })?;
    if server && settings.max_version == ProtocolVersion::TLS1_3 && !may_speak_tls13(connection) {
        Arc::make_mut(&mut settings).max_version = ProtocolVersion::TLS1_2;
    }
    if server && prefers_chacha(connection) {
        shared::chacha_first(&mut Arc::make_mut(&mut settings).suites);
    }
    security::restrict(connection, &mut settings)?;
    let own = connection.own();
    if !server && let Some(name) = own.host_name.as_ref().and_then(|name| name.to_str().ok()) {
        Arc::make_mut(&mut settings).server_name = Some(name.to_owned());
    }
    Ok(settings)
}

/// Does the client's order count after all, because ChaCha20 comes first in it?
fn prefers_chacha(connection: &Connection) -> bool {
    connection.config().yields_to_chacha()
        && connection
            .with_engine(|engine| {
                let suites = HelloLists::of(engine.client_hello()?).suites();
                Some(suites.first().is_some_and(|first| shared::is_chacha(*first)))
            })
            .flatten()
            .unwrap_or(false)
}

/// A server without any certificate, and without a callback that could bring one, does not offer TLS 1.3 (OpenSSL then
/// says unsupported protocol).
fn may_speak_tls13(connection: &Connection) -> bool {
    let config = connection.config();
    let hooks = connection.context().hooks();
    let first_hooks = connection.session_context().hooks();
    config.has_tls13_certificate()
        || config.hooks.certificate.function.is_some()
        || config.hooks.psk.find_session.is_some()
        || config.hooks.psk.server.is_some()
        || hooks.server_name.function.is_some()
        || first_hooks.server_name.function.is_some()
        || hooks.client_hello.function.is_some()
}

/// Makes the engine.
pub(super) fn begin(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    let connection = held.connection();
    let prepared = held.released(|connection| {
        let is_client = connection.status().role() == Role::Client;
        let before = connection.facts().begin(is_client);
        drop(before);
        settings(connection)
    })?;
    let settings = match prepared {
        Ok(settings) => settings,
        // An application's security callback forbids to speak at all: the peer hears nothing.
        Err(error) if error == Error::INTERNAL => return Err(error.into()),
        Err(error) => return Err(refuse(held, error)),
    };
    let io = held.io()?;
    io.watch.observed = settings.observe;
    io.watch.watched = settings.observe || settings.key_log;
    io.watch.padded = connection.config().hooks.record_padding.function.is_some();
    connection.status().set_phase(Phase::Handshake);
    observe::begin(held, connection.status().role() == Role::Server)?;
    let started = match connection.status().role() {
        Role::Client => Counter::Connect,
        Role::Server => Counter::Accept,
    };
    connection.session_context().sessions.count(started);
    let read_ahead = connection.config().records.read_ahead;
    let impossible = (connection.status().role() == Role::Client)
        .then(|| nothing_to_offer(&settings))
        .flatten();
    let mut engine = match connection.status().role() {
        Role::Server => Engine::server(settings),
        Role::Client => {
            let offers = offers(connection, &settings);
            let context = connection.config().resumption.id_context;
            let foreign = offers.iter().any(|offer| offer.session.session_id_context != context);
            let mut engine = Engine::client(settings, offers);
            if foreign {
                engine.refuse_resumption();
            }
            engine
        }
    };
    engine.set_read_ahead(read_ahead);
    early::prepare(connection, &mut engine);
    held.io()?.engine = Some(Box::new(engine));
    match impossible {
        Some(reason) => {
            observe::looped(held)?;
            connection.status().set_phase(Phase::Failed);
            held.fail(AlertDescription::InternalError);
            Err(Halt::from(Error::from(reason)))
        }
        None => Ok(()),
    }
}

/// What a client lacks for a hello, because lists and security level have left nothing.
fn nothing_to_offer(settings: &Settings) -> Option<Reason> {
    let tls13 = settings.max_version == ProtocolVersion::TLS1_3;
    let spoken = |suite: &CipherSuite| {
        suite.is_tls13() && tls13 || suite.is_tls12() && settings.min_version == ProtocolVersion::TLS1_2
    };
    if !settings.suites.iter().any(spoken) {
        return Some(Reason::NO_CIPHERS_AVAILABLE);
    }
    if settings.groups.is_empty() {
        return Some(Reason::NO_SUITABLE_GROUPS);
    }
    settings
        .schemes
        .is_empty()
        .then_some(Reason::NO_SUITABLE_SIGNATURE_ALGORITHM)
}

/// There is no version to speak. OpenSSL tells the peer so, before it has heard of it or instead of a hello; an engine that
/// may speak any version says it here.
fn refuse(held: &mut Held<'_>, error: Error) -> Halt {
    let anything = Config::default().settings(Purpose {
        method: &method::TLS,
        server: true,
        key_log: false,
        observed: held.connection().info_callback().is_some(),
    });
    if let (Ok(settings), Ok(io)) = (anything, held.io()) {
        io.watch.observed = settings.observe;
        io.watch.watched = settings.observe;
        io.engine = Some(Box::new(Engine::server(settings)));
        let _told = observe::begin(held, false);
        held.connection().status().set_phase(Phase::Failed);
        held.fail(AlertDescription::ProtocolVersion);
    }
    error.into()
}

/// The session that SSL_set_session(3) chose, if its ticket is still good; else a new session will be made.
fn offers(connection: &Connection, settings: &Settings) -> Vec<Offer> {
    // "The PSK used to encrypt the early data MUST be the first PSK" (RFC 8446 section 4.2.10): where the application has early
    // data and the ticket does not allow any, it is the external PSK's turn. OpenSSL offers both, and the data is refused.
    let for_psk = connection.status().early() == Early::ConnectAgain;
    let mut facts = connection.facts();
    let offer = facts
        .session
        .object()
        .filter(|object| !for_psk || object.read(|session| session.max_early_data > 0));
    let offer = offer.and_then(|object| {
        let versions = settings.min_version.0..=settings.max_version.0;
        let allowed = object.is_resumable() && versions.contains(&object.read(|session| session.protocol));
        allowed.then(|| object.read(Offer::try_from_session)).flatten()
    });
    let unfit = offer.is_none().then(|| std::mem::take(&mut facts.session));
    facts.progress.session_due = true;
    facts.progress.offered = offer.is_some();
    facts.progress.id_context = connection.config().resumption.id_context;
    drop(facts);
    // With no lock held: the application's ex_data functions may run.
    drop(unfit);
    offer.into_iter().collect()
}

trait TryFromSession: Sized {
    fn try_from_session(session: &carnet_ticket::Session) -> Option<Self>;
}

impl TryFromSession for Offer {
    /// `None` when a session of TLS 1.3 has no ticket or the ticket's lifetime is over. In TLS 1.2 the lifetime is only a
    /// hint, which OpenSSL does not take.
    fn try_from_session(session: &carnet_ticket::Session) -> Option<Self> {
        if session.protocol == ProtocolVersion::TLS1_2.0 {
            return Some(Offer {
                session: Arc::new(session.clone()),
                age_ms: 0,
            });
        }
        if session.protocol != ProtocolVersion::TLS1_3.0 || session.ticket.is_none() {
            return None;
        }
        let age = now().wrapping_sub(session.time);
        if age > session.lifetime_hint {
            return None;
        }
        // Seconds are coarse: better too young than older than the server thinks, which it would refuse.
        let age_ms = u32::try_from(age.saturating_sub(1)).ok()?.checked_mul(1000)?;
        Some(Offer {
            session: Arc::new(session.clone()),
            age_ms,
        })
    }
}
