//! A ServerHello of TLS 1.2 (RFC 5246 section 7.4.1.3).

use std::sync::Arc;

use carnet_ticket::Session;

use super::State;
use super::finish::{self, Then};
use super::server::{ExpectCertificate, Flight};
use crate::client::hello::Hello;
use crate::client::offered::Offered;
use crate::core::Core;
use crate::finished12::Secrets;
use crate::message::Message;
use crate::message::server_hello::{ServerHello, parse_selected_protocol};
use crate::message::tls12::{check_point_formats, check_renegotiation_info};
use crate::schedule::MasterSecret;
use crate::state::State as Next;
use crate::suite12::Suite12;
use crate::transcript::Transcript;
use crate::{Error, ErrorKind, ExtensionType, NamedGroup};

/// What ServerHello's extensions say.
struct Promised {
    extended_master_secret: bool,
    /// A NewSessionTicket will come.
    ticket: bool,
    /// A CertificateStatus may come.
    status: bool,
}

/// TLS 1.2 it is.
#[inline(never)]
pub(in crate::client) fn begin(
    core: &mut Core,
    mut hello: Hello,
    hello1: &[u8],
    message: &Message,
    server: &ServerHello,
) -> Result<Next, Error> {
    core.turn_to_tls12();
    let suite = server.suite.tls12().filter(|suite| hello.offers_suite(suite.suite));
    let suite = suite.ok_or(ErrorKind::BadCipher)?;
    if server.compression != 0 {
        return Err(ErrorKind::BadCompression.into());
    }
    let offered = hello.offered();
    let promised = read_extensions(core, &offered, server)?;
    core.facts.suite = Some(suite.suite);
    core.facts.randoms.server = server.random;
    core.facts.session_id = server.session_id.to_vec();
    core.facts.extended_master_secret = promised.extended_master_secret;
    // "If the server is willing to establish the new connection using the specified session state, the server will
    // respond with the same value as was supplied by the client."
    let is_echo = !server.session_id.is_empty() && server.session_id == hello.session_id();
    let groups = NAMED_GROUPS
        .into_iter()
        .filter(|group| hello.offers_group(*group))
        .collect();
    if let Some(session) = hello.take_session12().filter(|_| is_echo) {
        let mut transcript = Transcript::new(suite.hash);
        transcript.add(hello1);
        transcript.add(message.raw());
        return resume(core, session, suite, transcript, &promised);
    }
    let mut transcript = Transcript::keeping_messages(suite.hash);
    transcript.add(hello1);
    transcript.add(message.raw());
    Ok(State::Certificate(Box::new(ExpectCertificate {
        flight: Flight {
            offered,
            groups,
            suite,
            transcript,
            extended_master_secret: promised.extended_master_secret,
            ticket: promised.ticket,
        },
        status: promised.status,
    }))
    .into())
}

/// The groups of TLS 1.2.
const NAMED_GROUPS: [NamedGroup; 4] = [
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
    NamedGroup::SECP521R1,
];

fn read_extensions(core: &mut Core, offered: &Offered, server: &ServerHello) -> Result<Promised, Error> {
    let extensions = &server.extensions;
    offered.check_responses(
        extensions,
        &[
            ExtensionType::RENEGOTIATION_INFO,
            ExtensionType::SERVER_NAME,
            ExtensionType::EC_POINT_FORMATS,
            // Some servers send it, though it has no meaning here.
            ExtensionType::SUPPORTED_GROUPS,
            ExtensionType::SESSION_TICKET,
            ExtensionType::STATUS_REQUEST,
            ExtensionType::ALPN,
            ExtensionType::EXTENDED_MASTER_SECRET,
        ],
    )?;
    // "If it is not [there], the server does not support secure renegotiation; in this case, some clients may want to
    // terminate the handshake" (RFC 5746 section 3.4). OpenSSL 3.0 does, unless it is told otherwise.
    match extensions.get(ExtensionType::RENEGOTIATION_INFO) {
        Some(info) => check_renegotiation_info(info)?,
        None if core.settings.tls12.tolerate_legacy_servers => {}
        None => return Err(ErrorKind::NoSecureRenegotiation.into()),
    }
    core.facts.secure_renegotiation = extensions.get(ExtensionType::RENEGOTIATION_INFO).is_some();
    check_point_formats(extensions.get(ExtensionType::EC_POINT_FORMATS))?;
    if let Some(data) = extensions.get(ExtensionType::ALPN) {
        let name = parse_selected_protocol(data)?;
        if !offered.has_protocol(name) {
            return Err(ErrorKind::BadExtension.into());
        }
        core.facts.names.protocol = Some(name.to_vec());
    }
    let flag = |extension_type| match extensions.get(extension_type) {
        None => Ok(false),
        Some([]) => Ok(true),
        Some(_) => Err(Error::from(ErrorKind::Malformed)),
    };
    core.facts.names.acknowledged = flag(ExtensionType::SERVER_NAME)?;
    Ok(Promised {
        extended_master_secret: flag(ExtensionType::EXTENDED_MASTER_SECRET)?,
        ticket: flag(ExtensionType::SESSION_TICKET)?,
        status: flag(ExtensionType::STATUS_REQUEST)?,
    })
}

fn resume(
    core: &mut Core,
    session: Arc<Session>,
    suite: &'static Suite12,
    transcript: Transcript,
    promised: &Promised,
) -> Result<Next, Error> {
    // "If the original session did not use the 'extended_master_secret' extension but the new ServerHello contains the
    // extension, the client MUST abort the handshake", and the other way round (RFC 7627 section 5.3).
    if session.extended_master_secret() != promised.extended_master_secret {
        return Err(ErrorKind::InconsistentExtendedMasterSecret.into());
    }
    // "For resumed sessions, this field is the value from the state of the session being resumed."
    if session.cipher != suite.suite.0 {
        return Err(ErrorKind::SessionCipherChanged.into());
    }
    let master = MasterSecret::of_session(suite.hash, session.secret.as_bytes()).ok_or(ErrorKind::Internal)?;
    core.resume(session)?;
    let (secrets, keys) = Secrets::new(core, suite, transcript, master)?;
    let then = Then::Answer(Box::new(keys.write));
    Ok(finish::turn(secrets, keys.read, then, promised.ticket).into())
}
