//! The server's first flight (RFC 5246 sections 7.4.1.3 to 7.4.5): ServerHello to ServerHelloDone, or to Finished.

use super::client::{ExpectCertificate, ExpectKeyExchange};
use super::finish::{AskNewTicket, Turn};
use super::hello::Asked;
use super::names::Offer;
use super::session::Resumed;
use super::{State, finish};
use crate::core::Core;
use crate::finished12::Secrets;
use crate::kx::KeyShare;
use crate::message::server_hello::DOWNGRADE_TO_TLS12;
use crate::message::tls12::{self, ExtensionsOut, ServerHelloOut};
use crate::schedule::HelloRandoms;
use crate::suite12::Suite12;
use crate::transcript::Transcript;
use crate::{
    ClientAuth, Credential, CredentialRequest, Error, ErrorKind, ExtensionType, HandshakeType, NamedGroup,
    ProtocolVersion, Question, Settings, SignatureScheme,
};

/// All names are known.
#[inline(never)]
pub(super) fn begin(core: &mut Core, mut offer: Offer) -> Result<State, Error> {
    if let Some(resumed) = offer.basis.resumed.take() {
        return resume(core, &offer, *resumed);
    }
    let shared = offer.asked.shared_suites(&core.settings);
    let group = choose_group(&offer.asked, &core.settings)?;
    let request = CredentialRequest {
        schemes: ordered_schemes(&offer.asked, &shared)?,
        authorities: Vec::new(),
        post_handshake: false,
    };
    Ok(State::AskCredential(AskCredential {
        offer,
        shared,
        group,
        request,
    }))
}

/// ServerHello and what ends the handshake on our side; the ticket, if one is due, comes between.
fn resume(core: &mut Core, offer: &Offer, resumed: Resumed) -> Result<State, Error> {
    let Resumed { suite, master } = resumed;
    let mut transcript = Transcript::new(suite.hash);
    transcript.add(offer.asked.hello.raw());
    let ticket = owes_ticket(core, offer);
    // "If the server accepts the ticket and the Session ID is not empty, then it MUST respond with the same Session ID
    // present in the ClientHello" (RFC 5077 section 3.4): so the client knows that the session is resumed.
    let session_id = offer.asked.hello.session_id().to_vec();
    let promises = Promises { ticket, status: false };
    send_server_hello(core, &mut transcript, offer, suite, session_id, &promises)?;
    let (secrets, keys) = Secrets::new(core, suite, transcript, master)?;
    if ticket {
        return Ok(State::AskNewTicket(Box::new(AskNewTicket {
            secrets,
            write: keys.write,
            turn: Turn::First(Box::new(keys.read)),
        })));
    }
    finish::send_first(core, secrets, keys.write, keys.read)
}

/// "The server MUST send this message if the server included a SessionTicket extension in the ServerHello" (RFC 5077
/// section 3.3).
fn owes_ticket(core: &Core, offer: &Offer) -> bool {
    offer.basis.renew && core.settings.tickets && offer.asked.hello.has(ExtensionType::SESSION_TICKET)
}

/// In the client's order, or in ours if we insist.
fn choose_group(asked: &Asked, settings: &Settings) -> Result<NamedGroup, Error> {
    let ours = || settings.groups.iter().copied().filter(|group| group.is_tls12());
    let Some(theirs) = asked.hello.groups()? else {
        // "A client that proposes ECC cipher suites may choose not to include these extensions. In this case, the server
        // is free to choose any one of the elliptic curves" (RFC 8422 section 4): the one that everybody has.
        let common = ours().find(|group| *group == NamedGroup::SECP256R1);
        return common
            .or_else(|| ours().next())
            .ok_or_else(|| ErrorKind::NoSharedGroup.into());
    };
    let group = if settings.server_preference {
        ours().find(|group| theirs.contains(group.0))
    } else {
        theirs
            .iter()
            .map(NamedGroup)
            .find(|group| ours().any(|own| own == *group))
    };
    group.ok_or_else(|| ErrorKind::NoSharedGroup.into())
}

/// The client's schemes, those first whose keys go with the best suites.
fn ordered_schemes(asked: &Asked, shared: &[&'static Suite12]) -> Result<Vec<SignatureScheme>, Error> {
    if shared.is_empty() {
        return Err(ErrorKind::NoSharedCipher.into());
    }
    let rank = |scheme: &SignatureScheme| shared.iter().position(|suite| scheme.signer12() == Some(suite.signer));
    // Without the extension the client would mean SHA-1 (RFC 5246 section 7.4.1.4.1), which we don't do.
    let mut schemes = asked.hello.schemes12()?.ok_or(ErrorKind::NoSharedScheme)?;
    schemes.retain(|scheme| rank(scheme).is_some());
    schemes.sort_by_key(rank);
    if schemes.is_empty() {
        return Err(ErrorKind::NoSharedScheme.into());
    }
    Ok(schemes)
}

/// What ServerHello promises to come.
struct Promises {
    ticket: bool,
    status: bool,
}

#[inline(never)]
fn send_server_hello(
    core: &mut Core,
    transcript: &mut Transcript,
    offer: &Offer,
    suite: &Suite12,
    session_id: Vec<u8>,
    promises: &Promises,
) -> Result<(), Error> {
    core.facts.suite = Some(suite.suite);
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    // "TLS 1.3 servers which negotiate TLS 1.2 or below in response to a ClientHello MUST set the last 8 bytes of their
    // Random value specially" (RFC 8446 section 4.1.3).
    if core.settings.allows(ProtocolVersion::TLS1_3)
        && let Some(tail) = random.last_chunk_mut()
    {
        *tail = DOWNGRADE_TO_TLS12;
    }
    core.facts.randoms.server = random;
    let asked = &offer.asked;
    let server_hello = ServerHelloOut {
        random: &random,
        session_id: &session_id,
        suite: suite.suite,
        extensions: ExtensionsOut {
            renegotiation_info: asked.secure_renegotiation,
            acknowledge_name: offer.acknowledge_name,
            point_formats: asked.hello.has(ExtensionType::EC_POINT_FORMATS),
            ticket: promises.ticket,
            status: promises.status,
            protocol: offer.protocol.as_deref(),
            extended_master_secret: asked.extended_master_secret,
        },
    };
    core.send(transcript, HandshakeType::SERVER_HELLO, |w| server_hello.write(w))?;
    core.facts.session_id = session_id;
    Ok(())
}

/// The application chooses a certificate.
pub(crate) struct AskCredential {
    offer: Offer,
    shared: Vec<&'static Suite12>,
    group: NamedGroup,
    request: CredentialRequest,
}

impl AskCredential {
    pub(super) fn question(&self) -> Question {
        Question::Credential(self.request.clone())
    }

    #[inline(never)]
    pub(super) fn credential(self, core: &mut Core, credential: Option<Credential>) -> Result<State, Error> {
        // Each suite stands for a kind of certificate: without one, no suite is left.
        let credential = credential.ok_or(ErrorKind::NoSharedCipher)?;
        let scheme = credential.scheme;
        if credential.chain.is_empty() || !self.request.schemes.contains(&scheme) {
            return Err(ErrorKind::WrongAnswer.into());
        }
        let is_signed_so = |suite: &&&'static Suite12| Some(suite.signer) == scheme.signer12();
        let suite = *self.shared.iter().find(is_signed_so).ok_or(ErrorKind::WrongAnswer)?;
        let share = KeyShare::generate(self.group)?;
        let asks_certificate = core.settings.client_auth == ClientAuth::Request;
        let transcript = if asks_certificate {
            Transcript::keeping_messages(suite.hash)
        } else {
            Transcript::new(suite.hash)
        };
        let mut flight = Flight {
            suite,
            transcript,
            share,
            asks_certificate,
            ticket: owes_ticket(core, &self.offer),
            extended_master_secret: self.offer.asked.extended_master_secret,
        };
        flight.show(core, &self.offer, &credential)?;
        core.facts.group = Some(self.group);
        core.facts.authentication.own_scheme = Some(scheme);
        let params = tls12::key_exchange_params(self.group, flight.share.public());
        let randoms = HelloRandoms {
            client: *self.offer.asked.hello.random(),
            server: core.facts.randoms.server,
        };
        Ok(State::AskSignature(Box::new(AskSignature {
            flight,
            scheme,
            params,
            randoms,
        })))
    }
}

/// What a full handshake carries on from the first flight.
pub(crate) struct Flight {
    pub(super) suite: &'static Suite12,
    pub(super) transcript: Transcript,
    pub(super) share: KeyShare,
    asks_certificate: bool,
    /// A NewSessionTicket has been promised.
    pub(super) ticket: bool,
    pub(super) extended_master_secret: bool,
}

impl Flight {
    /// ServerHello, Certificate and CertificateStatus.
    #[inline(never)]
    fn show(&mut self, core: &mut Core, offer: &Offer, credential: &Credential) -> Result<(), Error> {
        let hello = &offer.asked.hello;
        let staple = credential
            .ocsp_response
            .as_ref()
            .filter(|_| hello.wants_ocsp().unwrap_or_default());
        let promises = Promises {
            ticket: self.ticket,
            status: staple.is_some(),
        };
        self.transcript.add(hello.raw());
        let session_id = new_session_id(core, self.ticket)?;
        send_server_hello(core, &mut self.transcript, offer, self.suite, session_id, &promises)?;
        core.send(&mut self.transcript, HandshakeType::CERTIFICATE, |w| {
            tls12::write_certificate(w, &credential.chain);
        })?;
        let Some(response) = staple else { return Ok(()) };
        core.send(&mut self.transcript, HandshakeType::CERTIFICATE_STATUS, |w| {
            tls12::write_status(w, response);
        })
    }

    /// CertificateRequest, if any, and ServerHelloDone.
    fn end(mut self, core: &mut Core) -> Result<State, Error> {
        if self.asks_certificate {
            let settings = core.settings.clone();
            let schemes: Vec<_> = settings.schemes12().collect();
            if schemes.is_empty() {
                return Err(ErrorKind::NoSharedScheme.into());
            }
            core.send(&mut self.transcript, HandshakeType::CERTIFICATE_REQUEST, |w| {
                tls12::write_request(w, &schemes, &settings.authorities);
            })?;
        }
        core.send(&mut self.transcript, HandshakeType::SERVER_HELLO_DONE, |_| {})?;
        Ok(if self.asks_certificate {
            State::ExpectCertificate(Box::new(ExpectCertificate { flight: self }))
        } else {
            State::ExpectKeyExchange(Box::new(ExpectKeyExchange {
                flight: self,
                leaf: None,
            }))
        })
    }
}

/// "The server may return an empty session_id to indicate that the session will not be cached and therefore cannot be
/// resumed" (RFC 5246 section 7.4.1.3). With a ticket, the session needs none.
fn new_session_id(core: &mut Core, has_ticket: bool) -> Result<Vec<u8>, Error> {
    if has_ticket {
        return Ok(Vec::new());
    }
    match core.new_session_id.take() {
        Some(session_id) => Ok(session_id),
        None => {
            let mut session_id = vec![0; 32];
            getrandom::fill(&mut session_id)?;
            Ok(session_id)
        }
    }
}

/// The application signs our point.
pub(crate) struct AskSignature {
    flight: Flight,
    scheme: SignatureScheme,
    params: Vec<u8>,
    randoms: HelloRandoms,
}

impl AskSignature {
    pub(super) fn question(&self) -> Question {
        Question::Sign {
            scheme: self.scheme,
            message: tls12::signed_content(&self.randoms, &self.params),
        }
    }

    #[inline(never)]
    pub(super) fn signature(self, core: &mut Core, signature: &[u8]) -> Result<State, Error> {
        let Self {
            mut flight,
            scheme,
            params,
            ..
        } = self;
        core.send(&mut flight.transcript, HandshakeType::SERVER_KEY_EXCHANGE, |w| {
            w.bytes(&params);
            w.u16(scheme.0);
            w.vec16(signature);
        })?;
        flight.end(core)
    }
}
