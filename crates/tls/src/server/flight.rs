//! The server's flight: ServerHello to Finished (RFC 8446 sections 4.1.3, 4.3, 4.4).

use super::client_auth::ExpectCertificate;
use super::early::ExpectEndOfEarlyData;
use super::finish::{ExpectFinished, Unverified};
use super::offer::Offer;
use super::plan::TicketPlan;
use super::retry::send_compatible_ccs;
use super::ticket::Basis;
use super::{State, early, hello::Chosen};
use crate::core::Core;
use crate::kx::{self, SharedSecret};
use crate::message::ClientHello;
use crate::message::certificate::{self, signed_content};
use crate::message::server_hello::{EncryptedExtensionsOut, ServerHelloOut, ShareOut};
use crate::number::Suite13;
use crate::record::RecordKey;
use crate::schedule::{Handshake, TrafficSecret};
use crate::transcript::Transcript;
use crate::{
    ClientAuth, Credential, CredentialRequest, Error, ErrorKind, ExtensionType, HandshakeType, NamedGroup, Question,
    Side, SignatureScheme, StateName,
};

/// The application chooses a certificate.
pub(crate) struct AskCredential {
    offer: Offer,
    group: NamedGroup,
    request: CredentialRequest,
}

/// All is decided; a certificate is needed unless a session is resumed. `group` is `None` for psk_ke.
#[inline(never)]
pub(super) fn begin(core: &mut Core, offer: Offer, group: Option<NamedGroup>) -> Result<State, Error> {
    match (&offer.basis, group) {
        (Basis::Resumed(_), group) => Flight::begin(core, offer, group)?.finish(core),
        (Basis::Full { .. }, None) => Err(ErrorKind::Internal.into()),
        (Basis::Full { .. }, Some(group)) => {
            let hello = &offer.chosen.hello;
            // "If a server is authenticating via a certificate and the client has not sent a 'signature_algorithms'
            // extension, then the server MUST abort the handshake with a 'missing_extension' alert" (section 4.2.3).
            let schemes = hello.schemes13()?.ok_or(ErrorKind::MissingExtension)?;
            if schemes.is_empty() {
                return Err(ErrorKind::NoSharedScheme.into());
            }
            let request = CredentialRequest {
                schemes,
                authorities: hello.authorities()?,
                post_handshake: false,
            };
            Ok(State::AskCredential(AskCredential { offer, group, request }))
        }
    }
}

impl AskCredential {
    pub(super) fn question(&self) -> Question {
        Question::Credential(self.request.clone())
    }

    #[inline(never)]
    pub(super) fn credential(self, core: &mut Core, credential: Option<Credential>) -> Result<State, Error> {
        let Credential {
            chain,
            scheme,
            ocsp_response,
        } = credential.ok_or(ErrorKind::NoCredential)?;
        // "The server's certificate_list MUST always be non-empty" (section 4.4.2).
        if chain.is_empty() || !self.request.schemes.contains(&scheme) {
            return Err(ErrorKind::WrongAnswer.into());
        }
        let staple = ocsp_response.filter(|_| self.offer.chosen.hello.wants_ocsp().unwrap_or_default());
        let mut flight = Flight::begin(core, self.offer, Some(self.group))?;
        if core.settings.client_auth == ClientAuth::Request {
            flight.request_certificate(core)?;
        }
        // certificate_request_context: "in the case of server authentication [...], this field SHALL be zero length."
        core.send(&mut flight.transcript, HandshakeType::CERTIFICATE, |w| {
            certificate::write_certificate(w, &[], &chain, staple.as_ref());
        })?;
        core.facts.authentication.own_scheme = Some(scheme);
        Ok(State::AskSignature(Box::new(AskSignature { flight, scheme })))
    }
}

/// The application signs.
pub(crate) struct AskSignature {
    flight: Flight,
    scheme: SignatureScheme,
}

impl AskSignature {
    pub(super) fn question(&self) -> Question {
        let message = signed_content(Side::Server, &self.flight.transcript.current());
        Question::Sign {
            scheme: self.scheme,
            message,
        }
    }

    #[inline(never)]
    pub(super) fn signature(self, core: &mut Core, signature: &[u8]) -> Result<State, Error> {
        let Self { mut flight, scheme } = self;
        core.send(&mut flight.transcript, HandshakeType::CERTIFICATE_VERIFY, |w| {
            certificate::write_verify(w, scheme, signature);
        })?;
        flight.finish(core)
    }
}

/// Answers the client's key share: group, our share, and the secret.
#[inline(never)]
fn exchange(
    core: &mut Core,
    hello: &ClientHello,
    group: NamedGroup,
) -> Result<(NamedGroup, Vec<u8>, SharedSecret), Error> {
    let share = hello.key_share(group)?.ok_or(ErrorKind::BadKeyShare)?;
    core.facts.heard.share = kx::shown(group, share);
    let (public, secret) = kx::respond(group, share)?;
    Ok((group, public, secret))
}

/// The flight has begun: handshake keys are in place.
struct Flight {
    suite: &'static Suite13,
    transcript: Transcript,
    handshake: Handshake,
    client_traffic: TrafficSecret,
    server_traffic: TrafficSecret,
    asks_certificate: bool,
    plan: TicketPlan,
    post_handshake_auth: bool,
    /// So much early data may come.
    early_data: Option<u32>,
}

impl Flight {
    /// ServerHello, change_cipher_spec, EncryptedExtensions.
    #[inline(never)]
    fn begin(core: &mut Core, offer: Offer, group: Option<NamedGroup>) -> Result<Self, Error> {
        let Offer {
            chosen,
            basis,
            acknowledge_name,
            early_data,
        } = offer;
        let Chosen {
            hello,
            suite,
            before_hello,
            retried,
            ..
        } = chosen;
        let plan = TicketPlan::new(core, basis.ended(), &hello)?;
        let post_handshake_auth = hello.flag(ExtensionType::POST_HANDSHAKE_AUTH)?;
        let mut transcript = before_hello;
        transcript.add(hello.raw());
        let early_key = match &basis {
            Basis::Resumed(resumed) if early_data.is_some() => Some(early::accept(core, suite, resumed, &transcript)?),
            _ => None,
        };

        getrandom::fill(&mut core.facts.randoms.server)?;
        let random = core.facts.randoms.server;
        let exchange = group.map(|group| exchange(core, &hello, group)).transpose()?;
        core.facts.group = group;
        let server_hello = ServerHelloOut {
            random: &random,
            // "legacy_session_id_echo: The contents of the client's legacy_session_id field."
            session_id: hello.session_id(),
            suite: suite.suite,
            share: exchange
                .as_ref()
                .map_or(ShareOut::None, |(group, public, _)| ShareOut::Server(*group, public)),
            psk: match &basis {
                Basis::Resumed(resumed) => Some(resumed.index),
                Basis::Full { .. } => None,
            },
        };
        core.send(&mut transcript, HandshakeType::SERVER_HELLO, |w| server_hello.write(w))?;
        if retried.is_none() {
            send_compatible_ccs(core, &hello)?;
        }

        let shared = exchange.as_ref().map(|(_, _, secret)| secret.as_bytes());
        let handshake = match (basis, shared) {
            (Basis::Resumed(resumed), shared) => resumed.early.handshake(shared),
            (Basis::Full { .. }, Some(shared)) => Handshake::without_psk(suite.hash, shared),
            (Basis::Full { .. }, None) => return Err(ErrorKind::Internal.into()),
        };
        if early_key.is_none() && hello.has(ExtensionType::EARLY_DATA) {
            core.inbound.skip_early_data(core.early.skip_limit);
        }
        let mut flight = Self::protect(core, suite, transcript, handshake, plan, early_key)?;
        flight.post_handshake_auth = post_handshake_auth;
        flight.early_data = early_data;
        flight.encrypted_extensions(core, acknowledge_name)
    }

    /// Handshake keys, both ways; but early data is read with its own, until EndOfEarlyData.
    #[inline(never)]
    fn protect(
        core: &mut Core,
        suite: &'static Suite13,
        transcript: Transcript,
        handshake: Handshake,
        plan: TicketPlan,
        early_key: Option<RecordKey>,
    ) -> Result<Self, Error> {
        let hellos = transcript.current();
        let server_traffic = handshake.server_traffic(&hellos);
        let client_traffic = handshake.client_traffic(&hellos);
        core.log_key("SERVER_HANDSHAKE_TRAFFIC_SECRET", &server_traffic);
        core.set_write_key(server_traffic.record_key(suite)?)?;
        let read_key = match early_key {
            Some(key) => key,
            None => {
                core.log_key("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &client_traffic);
                client_traffic.record_key(suite)?
            }
        };
        core.set_read_key(read_key)?;
        core.inbound.allow_plain_alerts();
        Ok(Self {
            suite,
            transcript,
            handshake,
            client_traffic,
            server_traffic,
            asks_certificate: false,
            plan,
            post_handshake_auth: false,
            early_data: None,
        })
    }

    fn encrypted_extensions(mut self, core: &mut Core, acknowledge_name: bool) -> Result<Self, Error> {
        let protocol = core.facts.names.protocol.clone();
        let extensions = EncryptedExtensionsOut {
            acknowledge_name,
            protocol: protocol.as_deref(),
            early_data: self.early_data.is_some(),
            expected_tickets: self.plan.expected(&core.settings),
        };
        core.send(&mut self.transcript, HandshakeType::ENCRYPTED_EXTENSIONS, |w| {
            extensions.write(w)
        })?;
        Ok(self)
    }

    /// "Servers which are authenticating with a PSK MUST NOT send the CertificateRequest message in the main handshake"
    /// (section 4.3.2); this is called in a full one only.
    fn request_certificate(&mut self, core: &mut Core) -> Result<(), Error> {
        let settings = core.settings.clone();
        let schemes = certificate::requested_schemes(&settings.schemes)?;
        self.asks_certificate = true;
        core.send(&mut self.transcript, HandshakeType::CERTIFICATE_REQUEST, |w| {
            certificate::write_request(w, &[], &schemes, &settings.authorities);
        })
    }

    /// Finished, and what can be derived from then on.
    #[inline(never)]
    fn finish(mut self, core: &mut Core) -> Result<State, Error> {
        let verify_data = self.server_traffic.finished(&self.transcript.current());
        core.send(&mut self.transcript, HandshakeType::FINISHED, |w| {
            w.bytes(verify_data.as_bytes())
        })?;
        core.facts.finished.local = Some(verify_data);
        let until_server_finished = self.transcript.current();
        let master = self.handshake.master();
        let write = master.server_traffic(&until_server_finished);
        let exporter = master.exporter(&until_server_finished);
        core.log_secret("EXPORTER_SECRET", exporter.as_bytes());
        core.log_key("SERVER_TRAFFIC_SECRET_0", &write);
        core.set_write_key(write.record_key(self.suite)?)?;
        core.enter(StateName::EarlyData);
        let expect = ExpectFinished {
            unverified: Unverified {
                suite: self.suite,
                client_handshake: self.client_traffic,
                read: master.client_traffic(&until_server_finished),
                master,
                write,
                exporter,
            },
            transcript: self.transcript,
            plan: self.plan,
            post_handshake_auth: self.post_handshake_auth,
        };
        if self.asks_certificate {
            return Ok(State::ExpectCertificate(Box::new(ExpectCertificate {
                finished: expect,
            })));
        }
        if let Some(left) = self.early_data {
            let finished = expect;
            return Ok(State::ExpectEndOfEarlyData(Box::new(ExpectEndOfEarlyData {
                finished,
                left,
            })));
        }
        Ok(State::ExpectFinished(Box::new(expect)))
    }
}
