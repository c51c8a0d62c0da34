//! The client's second flight up to change_cipher_spec (RFC 5246 sections 7.4.6 to 7.4.8).

use bytes::Bytes;

use super::super::asked::AskChain;
use super::super::client_auth::Claim;
use super::State;
use super::finish::{ExpectChangeCipherSpec, Then};
use super::flight::Flight;
use crate::core::Core;
use crate::finished12::{Keys, Secrets};
use crate::message::Message;
use crate::message::certificate::parse_verify;
use crate::message::tls12::{parse_certificate, parse_client_key_exchange};
use crate::schedule::{HelloRandoms, MasterSecret};
use crate::{AlertDescription, Error, ErrorKind, HandshakeType, Question, kx};

/// Waits for the client's Certificate, which may be empty.
pub(crate) struct ExpectCertificate {
    pub(super) flight: Flight,
}

impl ExpectCertificate {
    #[inline(never)]
    pub(super) fn message(self, message: Message) -> Result<State, Error> {
        let message = message.expect(HandshakeType::CERTIFICATE)?;
        let mut flight = self.flight;
        let chain = parse_certificate(&message)?;
        flight.transcript.add(message.raw());
        Ok(State::AskChain(Box::new(AskChain { then: flight, chain })))
    }
}

impl AskChain<Flight> {
    #[inline(never)]
    pub(super) fn verdict(self, core: &mut Core, verdict: Result<(), AlertDescription>) -> Result<State, Error> {
        let (flight, leaf) = self.judged(core, verdict)?;
        Ok(State::ExpectKeyExchange(Box::new(ExpectKeyExchange { flight, leaf })))
    }
}

/// Waits for the client's point.
pub(crate) struct ExpectKeyExchange {
    pub(super) flight: Flight,
    /// The client's certificate, if it has shown one.
    pub(super) leaf: Option<Bytes>,
}

impl ExpectKeyExchange {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<State, Error> {
        let message = message.expect(HandshakeType::CLIENT_KEY_EXCHANGE)?;
        let Flight {
            suite,
            mut transcript,
            share,
            ticket,
            extended_master_secret,
            ..
        } = self.flight;
        let public = parse_client_key_exchange(&message)?;
        core.facts.heard.share = kx::shown(share.group(), public);
        let premaster = share.agree(public)?;
        transcript.add(message.raw());
        let master = if extended_master_secret {
            MasterSecret::derive_extended(suite.hash, premaster.as_bytes(), &transcript.current())
        } else {
            let randoms = HelloRandoms {
                client: core.facts.randoms.client,
                server: core.facts.randoms.server,
            };
            MasterSecret::derive(suite.hash, premaster.as_bytes(), &randoms)
        };
        if self.leaf.is_none() {
            transcript.forget_messages();
        }
        let (secrets, keys) = Secrets::new(core, suite, transcript, master)?;
        let proof = Proof { secrets, keys, ticket };
        Ok(match self.leaf {
            None => proof.done(),
            Some(leaf) => State::ExpectVerify(Box::new(ExpectVerify { proof, leaf })),
        })
    }
}

/// The key exchange is over; what is left is proof.
pub(super) struct Proof {
    secrets: Secrets,
    keys: Keys,
    ticket: bool,
}

impl Proof {
    fn done(self) -> State {
        State::ExpectChangeCipherSpec(Box::new(ExpectChangeCipherSpec {
            secrets: self.secrets,
            read: self.keys.read,
            then: Then::Answer {
                write: Box::new(self.keys.write),
                ticket: self.ticket,
            },
        }))
    }
}

/// Waits for CertificateVerify, which "is used to provide explicit verification of a client certificate".
pub(crate) struct ExpectVerify {
    proof: Proof,
    leaf: Bytes,
}

impl ExpectVerify {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<State, Error> {
        let message = message.expect(HandshakeType::CERTIFICATE_VERIFY)?;
        let Self { mut proof, leaf } = self;
        let (scheme, signature) = parse_verify(&message)?;
        // "The hash and signature algorithms used in the signature MUST be one of those present in the
        // supported_signature_algorithms field of the CertificateRequest message."
        if !core.settings.schemes12().any(|ours| ours == scheme) {
            return Err(ErrorKind::BadSignatureScheme.into());
        }
        let content = proof.secrets.transcript.messages().to_vec();
        proof.secrets.transcript.forget_messages();
        proof.secrets.transcript.add(message.raw());
        core.facts.authentication.peer_scheme = Some(scheme);
        Ok(State::AskVerified(Box::new(AskVerified {
            proof,
            claim: Claim {
                scheme,
                leaf,
                content,
                signature,
            },
        })))
    }
}

/// The application verifies the signature.
pub(crate) struct AskVerified {
    proof: Proof,
    claim: Claim,
}

impl AskVerified {
    pub(super) fn question(&self) -> Question {
        self.claim.question()
    }

    #[inline(never)]
    pub(super) fn verdict(self, verdict: Result<(), AlertDescription>) -> Result<State, Error> {
        verdict.map_err(ErrorKind::SignatureRefused)?;
        Ok(self.proof.done())
    }
}
