//! ServerHello (RFC 8446 section 4.1.3): what all else depends on, and so the strictest of all checks.

use super::encrypted::ExpectEncryptedExtensions;
use super::hello::Hello;
use super::{EarlyFlight, Flight, State};
use crate::core::Core;
use crate::kx::{self, SharedSecret};
use crate::message::Message;
use crate::message::server_hello::{DOWNGRADE_BELOW_TLS12, DOWNGRADE_TO_TLS12, SSL3, ServerHello};
use crate::number::Suite13;
use crate::schedule::{Early, Handshake, PskKind};
use crate::state::State as Next;
use crate::transcript::Transcript;
use crate::{Error, ErrorKind, ExtensionType, HandshakeType, ProtocolVersion};

/// A ClientHello has been sent.
pub(crate) struct ExpectServerHello {
    pub(super) hello: Hello,
    pub(super) round: Round,
}

/// Which ClientHello it was.
pub(super) enum Round {
    /// The first: this message. Which hash its transcript takes is not known yet.
    First(Vec<u8>),
    /// The one that answers a HelloRetryRequest.
    Second(Box<Retried>),
}

/// What a HelloRetryRequest has settled.
pub(super) struct Retried {
    pub(super) transcript: Transcript,
    pub(super) suite: &'static Suite13,
}

impl ExpectServerHello {
    /// The first ClientHello as the transcript will have it.
    #[cfg(test)]
    pub(crate) fn first_hello(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.round {
            Round::First(hello) => Some(hello),
            Round::Second(_) => None,
        }
    }

    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<Next, Error> {
        let message = message.expect(HandshakeType::SERVER_HELLO)?;
        let server = ServerHello::parse(&message)?;
        if self.check_version(&server)? == ProtocolVersion::TLS1_2 {
            // "A client that attempts to send 0-RTT data MUST fail a connection if it receives a ServerHello with TLS 1.2
            // or older" (appendix D.3).
            if self.hello.has_early() {
                return Err(ErrorKind::UnsupportedVersion.into());
            }
            return match self.round {
                Round::First(hello1) => super::tls12::begin(core, self.hello, &hello1, &message, &server),
                Round::Second(_) => Err(ErrorKind::BadVersion.into()),
            };
        }
        core.take_warnings(false);
        let suite = self.check(&server)?;
        core.facts.version = Some(ProtocolVersion::TLS1_3);
        core.facts.suite = Some(suite.suite);
        match self.round {
            Round::First(hello1) if server.is_retry() => {
                super::retry::retry(core, self.hello, &hello1, &message, &server, suite)
            }
            // "If a client receives a second HelloRetryRequest in the same connection [...], it MUST abort the
            // handshake with an 'unexpected_message' alert" (section 4.1.4).
            Round::Second(_) if server.is_retry() => Err(ErrorKind::UnexpectedMessage.into()),
            Round::First(hello1) => {
                let mut transcript = Transcript::new(suite.hash);
                transcript.add(&hello1);
                // With early data it has been sent.
                let owes_ccs = core.settings.middlebox_compat && !self.hello.has_early();
                negotiate(
                    core,
                    self.hello,
                    &message,
                    &server,
                    Agreed::new(suite, transcript, owes_ccs),
                )
            }
            Round::Second(retried) => {
                let agreed = Agreed::new(suite, retried.transcript, false);
                negotiate(core, self.hello, &message, &server, agreed)
            }
        }
    }

    /// "If this extension is present, clients MUST ignore the ServerHello.legacy_version value and MUST use only the
    /// 'supported_versions' extension to determine the selected version" (section 4.2.1).
    fn check_version(&self, server: &ServerHello) -> Result<ProtocolVersion, Error> {
        if server.legacy_version <= SSL3 {
            return Err(ErrorKind::UnsupportedVersion.into());
        }
        match server.selected_version()? {
            Some(ProtocolVersion::TLS1_3) if self.hello.offers_tls13() => return Ok(ProtocolVersion::TLS1_3),
            // "If the 'supported_versions' extension in the ServerHello contains a version not offered by the client or
            // contains a version prior to TLS 1.3, the client MUST abort the handshake with an 'illegal_parameter' alert."
            Some(_) if self.hello.offers_tls13() => return Err(ErrorKind::BadVersion.into()),
            Some(_) => return Err(ErrorKind::UnsolicitedExtension.into()),
            None => {}
        }
        // "TLS 1.3 clients receiving a ServerHello indicating TLS 1.2 or below MUST check that the last 8 bytes are not
        // equal to either of these values. TLS 1.2 clients SHOULD also check that the last 8 bytes are not equal to the
        // second value if the ServerHello indicates TLS 1.1 or below. If a match is found, the client MUST abort the
        // handshake with an 'illegal_parameter' alert."
        let sentinel = server.random.last_chunk();
        let is_downgrade = sentinel == Some(&DOWNGRADE_TO_TLS12) || sentinel == Some(&DOWNGRADE_BELOW_TLS12);
        if is_downgrade && self.hello.offers_tls13() {
            return Err(ErrorKind::Downgrade.into());
        }
        if self.hello.offers_tls12() && server.legacy_version == ProtocolVersion::TLS1_2.0 {
            return Ok(ProtocolVersion::TLS1_2);
        }
        Err(ErrorKind::UnsupportedVersion.into())
    }

    /// What ServerHello and HelloRetryRequest have in common.
    fn check(&self, server: &ServerHello) -> Result<&'static Suite13, Error> {
        // "Upon receipt of a HelloRetryRequest, the client MUST check the legacy_version" (section 4.1.4). But of a
        // ServerHello: "clients MUST ignore the ServerHello.legacy_version value" (section 4.2.1).
        if server.is_retry() && server.legacy_version != ProtocolVersion::TLS1_2.0 {
            return Err(ErrorKind::BadVersion.into());
        }
        // "A client which receives a legacy_session_id_echo field that does not match what it sent in the ClientHello
        // MUST abort the handshake with an 'illegal_parameter' alert."
        if server.session_id != self.hello.session_id() {
            return Err(ErrorKind::BadSessionIdEcho.into());
        }
        // "A single byte which MUST have the value 0."
        if server.compression != 0 {
            return Err(ErrorKind::BadCompression.into());
        }
        // "A client which receives a cipher suite that was not offered MUST abort the handshake with an
        // 'illegal_parameter' alert."
        let suite = server
            .suite
            .tls13()
            .filter(|suite| self.hello.offers_suite(suite.suite));
        let suite = suite.ok_or(ErrorKind::BadCipher)?;
        match &self.round {
            // "Upon receiving the ServerHello, clients MUST check that the cipher suite supplied in the ServerHello is
            // the same as that in the HelloRetryRequest and otherwise abort the handshake with an 'illegal_parameter'
            // alert" (section 4.1.4).
            Round::Second(retried) if retried.suite.suite != suite.suite => Err(ErrorKind::BadCipher.into()),
            _ => Ok(suite),
        }
    }
}

/// What is settled before the keys are.
struct Agreed {
    suite: &'static Suite13,
    transcript: Transcript,
    owes_ccs: bool,
}

impl Agreed {
    fn new(suite: &'static Suite13, transcript: Transcript, owes_ccs: bool) -> Self {
        Self {
            suite,
            transcript,
            owes_ccs,
        }
    }
}

/// Takes the server's choice of key share and PSK, and turns to protected records.
#[inline(never)]
fn negotiate(
    core: &mut Core,
    mut hello: Hello,
    message: &Message,
    server: &ServerHello,
    agreed: Agreed,
) -> Result<Next, Error> {
    let Agreed {
        suite,
        mut transcript,
        owes_ccs,
    } = agreed;
    transcript.add(message.raw());
    let offered = hello.offered();
    let specified = [
        ExtensionType::SUPPORTED_VERSIONS,
        ExtensionType::KEY_SHARE,
        ExtensionType::PRE_SHARED_KEY,
    ];
    offered.check_responses(&server.extensions, &specified)?;
    let psk = server.selected_identity()?;
    let early = match psk {
        Some(index) => Some(take_psk(core, &mut hello, index, suite)?),
        None => None,
    };
    let shared = agree(core, &mut hello, server, psk.is_some())?;
    let schedule = match (early, &shared) {
        (Some(early), shared) => early.handshake(shared.as_ref().map(SharedSecret::as_bytes)),
        (None, Some(shared)) => Handshake::without_psk(suite.hash, shared.as_bytes()),
        (None, None) => return Err(ErrorKind::MissingExtension.into()),
    };
    core.facts.randoms.server = server.random;
    let so_far = transcript.current();
    let write = schedule.client_traffic(&so_far);
    let read = schedule.server_traffic(&so_far);
    core.log_key("SERVER_HANDSHAKE_TRAFFIC_SECRET", &read);
    core.set_read_key(read.record_key(suite)?)?;
    let early = hello.take_early();
    // From here on our alerts are protected, too. With early data they are already, and its key stays until the server has
    // said whether it takes it.
    let early_flight = match early {
        None => {
            core.log_key("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &write);
            core.set_write_key(write.record_key(suite)?)?;
            EarlyFlight::None
        }
        Some(_) => EarlyFlight::Refused,
    };
    let flight = Flight {
        offered,
        suite,
        transcript,
        schedule,
        write,
        read,
        owes_ccs,
        early: early_flight,
    };
    Ok(State::EncryptedExtensions(Box::new(ExpectEncryptedExtensions { flight, psk, early })).into())
}

/// "Clients MUST verify that the server's selected_identity is within the range supplied by the client, that the server
/// selected a cipher suite indicating a Hash associated with the PSK, and that a server 'key_share' extension is present
/// if required by the ClientHello 'psk_key_exchange_modes' extension. If these values are not consistent, the client
/// MUST abort the handshake with an 'illegal_parameter' alert" (section 4.2.11).
fn take_psk(core: &mut Core, hello: &mut Hello, index: u16, suite: &Suite13) -> Result<Early, Error> {
    let psk = hello.take_psk(index).ok_or(ErrorKind::BadPsk)?;
    if psk.hash() != suite.hash {
        return Err(ErrorKind::BadPsk.into());
    }
    core.facts.tickets.psk_is_external = psk.kind() == PskKind::External;
    let (session, early) = psk.into_parts();
    core.resume(session)?;
    Ok(early)
}

/// The key exchange; nothing for psk_ke.
fn agree(
    core: &mut Core,
    hello: &mut Hello,
    server: &ServerHello,
    with_psk: bool,
) -> Result<Option<SharedSecret>, Error> {
    match server.server_share()? {
        Some((group, share)) => {
            // "the client MUST verify that the selected NamedGroup in the ServerHello is the same as that in the
            // HelloRetryRequest" (section 4.2.8): after one, there is only that share.
            let own = hello.take_share(group).ok_or(ErrorKind::BadKeyShare)?;
            core.facts.group = Some(group);
            core.facts.heard.share = kx::shown(group, share);
            own.agree(share).map(Some)
        }
        None if with_psk && hello.offers_psk_ke() => Ok(None),
        None if with_psk => Err(ErrorKind::BadPsk.into()),
        None => Err(ErrorKind::MissingExtension.into()),
    }
}
