//! The ClientHello: is it well-formed, which version, which suite?

use std::sync::Arc;

use super::State;
use super::retry::Retried;
use super::ticket;
use crate::core::Core;
use crate::message::server_hello::SSL3;
use crate::message::{ClientHello, Message};
use crate::number::Suite13;
use crate::schedule::HashAlgorithm;
use crate::transcript::Transcript;
use crate::{CipherSuite, EarlyDataStatus, Error, ErrorKind, ExtensionType, HandshakeType, ProtocolVersion, Settings};

/// Waits for the first ClientHello, or for the second.
pub(crate) struct ExpectHello {
    round: Round,
}

/// Which ClientHello it is.
pub(super) enum Round {
    First,
    /// After this HelloRetryRequest.
    Second(Box<Retried>),
}

/// A well-formed ClientHello is here; nothing has been decided.
pub(crate) struct AskHello {
    hello: Arc<ClientHello>,
    round: Round,
}

/// Version and suite are chosen.
pub(crate) struct Chosen {
    pub(super) hello: Arc<ClientHello>,
    pub(super) suite: &'static Suite13,
    /// All messages before this ClientHello.
    pub(super) before_hello: Transcript,
    /// The HelloRetryRequest that came before, if any.
    pub(super) retried: Option<Box<Retried>>,
}

impl ExpectHello {
    pub(super) fn first() -> Self {
        Self { round: Round::First }
    }

    pub(super) fn second(retried: Box<Retried>) -> Self {
        Self {
            round: Round::Second(retried),
        }
    }

    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<State, Error> {
        let message = message.expect(HandshakeType::CLIENT_HELLO)?;
        // "Because the ClientHello, EndOfEarlyData, ServerHello, Finished, and KeyUpdate messages can immediately precede
        // a key change, implementations MUST send these messages in alignment with a record boundary" (section 5.1).
        if !core.inbound.is_aligned() {
            return Err(ErrorKind::InterleavedMessage.into());
        }
        core.inbound.tolerate_ccs(true);
        let hello = Arc::new(ClientHello::parse(&message)?);
        if let Round::Second(retried) = &self.round {
            retried.check_second(&hello)?;
        }
        core.facts.randoms.client = *hello.random();
        core.facts.names.client_hello = Some(hello.clone());
        Ok(State::AskHello(AskHello {
            hello,
            round: self.round,
        }))
    }
}

impl AskHello {
    /// The application has seen it and lets us go on.
    #[inline(never)]
    pub(super) fn proceed(self, core: &mut Core) -> Result<State, Error> {
        let settings = &core.settings;
        let version = choose_version(&self.hello, settings)?;
        if version == ProtocolVersion::TLS1_2 {
            return match self.round {
                Round::First => super::tls12::begin(core, self.hello).map(State::Tls12),
                // Settings that changed since the HelloRetryRequest.
                Round::Second(_) => Err(ErrorKind::UnsupportedVersion.into()),
            };
        }
        core.facts.version = Some(version);
        // Without meaning here, but a client may say that it knows, and OpenSSL tells.
        let scsv = crate::CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV.0;
        core.facts.secure_renegotiation = self.hello.offers_suite(scsv);
        // "For every TLS 1.3 ClientHello, this vector MUST contain exactly one byte, set to zero [...]. If a TLS 1.3
        // ClientHello is received with any other value in this field, the server MUST abort the handshake with an
        // 'illegal_parameter' alert" (section 4.1.2).
        if self.hello.compression_methods() != [0] {
            return Err(ErrorKind::BadCompression.into());
        }
        let (suite, before_hello, retried) = match self.round {
            Round::First => {
                let suite = choose_suite(&self.hello, settings)?;
                (suite, Transcript::new(suite.hash), None)
            }
            // check_second() has seen that the suites are the same as those that this one was chosen from.
            Round::Second(retried) => (retried.suite, retried.transcript.clone(), Some(retried)),
        };
        core.facts.suite = Some(suite.suite);
        if self.hello.flag(ExtensionType::EARLY_DATA)? {
            core.early.status = EarlyDataStatus::Rejected;
        }
        check_mandatory(&self.hello)?;
        self.hello.check_key_shares()?;
        ticket::begin(
            core,
            Chosen {
                hello: self.hello,
                suite,
                before_hello,
                retried,
            },
        )
    }
}

/// "If the 'supported_versions' extension is present in the ClientHello, servers MUST NOT use the
/// ClientHello.legacy_version value for version negotiation" (section 4.2.1).
fn choose_version(hello: &ClientHello, settings: &Settings) -> Result<ProtocolVersion, Error> {
    if hello.legacy_version() <= SSL3 {
        return Err(ErrorKind::UnsupportedVersion.into());
    }
    for version in [ProtocolVersion::TLS1_3, ProtocolVersion::TLS1_2] {
        if hello.offers_version(version)? && settings.allows(version) {
            return Ok(version);
        }
    }
    // "If the 'supported_versions' extension is absent and the server only supports versions greater than
    // ClientHello.legacy_version, the server MUST abort the handshake with a 'protocol_version' alert" (appendix D.2).
    Err(ErrorKind::UnsupportedVersion.into())
}

/// Ours in our order, or theirs in their order.
fn choose_suite(hello: &ClientHello, settings: &Settings) -> Result<&'static Suite13, Error> {
    let (pairs, _) = hello.cipher_suites().as_chunks::<2>();
    let theirs = pairs.iter().map(|pair| CipherSuite(u16::from_be_bytes(*pair)));
    let ours = &settings.suites;
    let wanted = |known: &&Suite13| !settings.prefer_sha256 || known.hash == HashAlgorithm::Sha256;
    let chosen = if settings.server_preference {
        let mut shared = ours
            .iter()
            .filter_map(|suite| suite.tls13())
            .filter(|known| hello.offers_suite(known.suite.0));
        shared.clone().find(wanted).or_else(|| shared.next())
    } else {
        let mut shared = theirs
            .filter_map(CipherSuite::tls13)
            .filter(|known| ours.contains(&known.suite));
        shared.clone().find(wanted).or_else(|| shared.next())
    };
    chosen.ok_or_else(|| ErrorKind::NoSharedCipher.into())
}

/// Section 9.2: a ClientHello without pre_shared_key "MUST contain both a 'signature_algorithms' extension and a
/// 'supported_groups' extension. If containing a 'supported_groups' extension, it MUST also contain a 'key_share'
/// extension, and vice versa. [...] Servers receiving a ClientHello which does not conform to these requirements MUST
/// abort the handshake with a 'missing_extension' alert."
fn check_mandatory(hello: &ClientHello) -> Result<(), Error> {
    let has_groups = hello.has(ExtensionType::SUPPORTED_GROUPS);
    let has_psk = hello.has(ExtensionType::PRE_SHARED_KEY);
    let without_psk_ok = has_groups && hello.has(ExtensionType::SIGNATURE_ALGORITHMS);
    if has_groups != hello.has(ExtensionType::KEY_SHARE) || !(has_psk || without_psk_ok) {
        return Err(ErrorKind::MissingExtension.into());
    }
    // "If clients offer 'pre_shared_key' without a 'psk_key_exchange_modes' extension, servers MUST abort the
    // handshake" (section 4.2.9).
    if has_psk && !hello.has(ExtensionType::PSK_KEY_EXCHANGE_MODES) {
        return Err(ErrorKind::MissingExtension.into());
    }
    Ok(())
}
