//! The client's flight: its certificate, if it was asked for, and its point (RFC 5246 sections 7.4.6 to 7.4.8).

use super::State;
use super::finish::{self, Then};
use super::server::{Flight, Point};
use crate::core::Core;
use crate::finished12::{Keys, Secrets};
use crate::kx::{self, KeyShare};
use crate::message::certificate::write_verify;
use crate::message::tls12::{CertificateRequest, write_certificate};
use crate::schedule::{HelloRandoms, MasterSecret};
use crate::{Credential, CredentialRequest, Error, ErrorKind, HandshakeType, Question, SignatureScheme};

/// ClientKeyExchange, and what follows from it.
#[inline(never)]
pub(super) fn exchange(core: &mut Core, flight: Flight, point: &Point) -> Result<Exchanged, Error> {
    let Flight {
        suite,
        mut transcript,
        extended_master_secret,
        ticket,
        ..
    } = flight;
    let share = KeyShare::generate(point.group)?;
    core.send(&mut transcript, HandshakeType::CLIENT_KEY_EXCHANGE, |w| {
        w.vec8(share.public());
    })?;
    core.facts.heard.share = kx::shown(point.group, &point.public);
    let premaster = share.agree(&point.public)?;
    let master = if extended_master_secret {
        MasterSecret::derive_extended(suite.hash, premaster.as_bytes(), &transcript.current())
    } else {
        let randoms = HelloRandoms {
            client: core.facts.randoms.client,
            server: core.facts.randoms.server,
        };
        MasterSecret::derive(suite.hash, premaster.as_bytes(), &randoms)
    };
    let (secrets, keys) = Secrets::new(core, suite, transcript, master)?;
    Ok(Exchanged { secrets, keys, ticket })
}

/// ClientKeyExchange is out.
pub(super) struct Exchanged {
    secrets: Secrets,
    keys: Keys,
    ticket: bool,
}

impl Exchanged {
    /// change_cipher_spec and Finished.
    pub(super) fn finish(self, core: &mut Core) -> Result<State, Error> {
        let Self {
            mut secrets,
            keys,
            ticket,
        } = self;
        secrets.send_finished(core, keys.write)?;
        Ok(finish::turn(secrets, keys.read, Then::Open, ticket))
    }
}

/// The application chooses a certificate, or none.
pub(crate) struct AskCredential {
    pub(super) flight: Flight,
    pub(super) point: Point,
    pub(super) request: CertificateRequest,
}

impl AskCredential {
    pub(super) fn question(&self) -> Question {
        Question::Credential(CredentialRequest {
            schemes: self.request.schemes.clone(),
            authorities: self.request.authorities.clone(),
            post_handshake: false,
        })
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, credential: Option<Credential>) -> Result<State, Error> {
        let Self {
            mut flight,
            point,
            request,
        } = self;
        let Some(credential) = credential else {
            // "If no suitable certificate is available, the client MUST send a certificate message containing no
            // certificates."
            core.send(&mut flight.transcript, HandshakeType::CERTIFICATE, |w| {
                write_certificate(w, &[]);
            })?;
            flight.transcript.forget_messages();
            return exchange(core, flight, &point)?.finish(core);
        };
        if credential.chain.is_empty() || !request.schemes.contains(&credential.scheme) {
            return Err(ErrorKind::WrongAnswer.into());
        }
        core.send(&mut flight.transcript, HandshakeType::CERTIFICATE, |w| {
            write_certificate(w, &credential.chain);
        })?;
        let exchanged = exchange(core, flight, &point)?;
        Ok(State::AskSignature(Box::new(AskSignature {
            exchanged,
            scheme: credential.scheme,
        })))
    }
}

/// The application signs all messages so far.
pub(crate) struct AskSignature {
    exchanged: Exchanged,
    scheme: SignatureScheme,
}

impl AskSignature {
    pub(super) fn question(&self) -> Question {
        Question::Sign {
            scheme: self.scheme,
            message: self.exchanged.secrets.transcript.messages().to_vec(),
        }
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, signature: &[u8]) -> Result<State, Error> {
        let Self { mut exchanged, scheme } = self;
        let transcript = &mut exchanged.secrets.transcript;
        transcript.forget_messages();
        core.send(transcript, HandshakeType::CERTIFICATE_VERIFY, |w| {
            write_verify(w, scheme, signature)
        })?;
        core.facts.authentication.own_scheme = Some(scheme);
        exchanged.finish(core)
    }
}
