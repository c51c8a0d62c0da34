//! The client's certificate in the handshake (RFC 8446 sections 4.4.2, 4.4.3).

use bytes::Bytes;

use super::State;
use super::asked::AskChain;
use super::finish::ExpectFinished;
use crate::core::Core;
use crate::message::Message;
use crate::message::certificate::{Certificate, parse_verify, signed_content};
use crate::{AlertDescription, Error, ErrorKind, HandshakeType, Question, Settings, Side, SignatureScheme};

/// Waits for the client's Certificate, which may be empty.
pub(crate) struct ExpectCertificate {
    pub(super) finished: ExpectFinished,
}

impl ExpectCertificate {
    #[inline(never)]
    pub(super) fn message(self, message: Message) -> Result<State, Error> {
        let message = message.expect(HandshakeType::CERTIFICATE)?;
        let mut finished = self.finished;
        let certificate = Certificate::parse(&message, false)?;
        // The request's context comes back, and in the handshake that is an empty one.
        if !certificate.context.is_empty() {
            return Err(ErrorKind::BadRequestContext.into());
        }
        finished.transcript.add(message.raw());
        Ok(State::AskChain(Box::new(AskChain {
            then: finished,
            chain: certificate.chain,
        })))
    }
}

impl AskChain<ExpectFinished> {
    #[inline(never)]
    pub(super) fn verdict(self, core: &mut Core, verdict: Result<(), AlertDescription>) -> Result<State, Error> {
        Ok(match self.judged(core, verdict)? {
            // "If the client does not send any certificates [...], the server MAY at its discretion either continue the
            // handshake without client authentication or abort the handshake with a 'certificate_required' alert."
            (finished, None) => State::ExpectFinished(Box::new(finished)),
            (finished, Some(leaf)) => State::ExpectVerify(Box::new(ExpectVerify { finished, leaf })),
        })
    }
}

/// Waits for the client's CertificateVerify: it "MUST appear immediately after the Certificate message".
pub(crate) struct ExpectVerify {
    finished: ExpectFinished,
    leaf: Bytes,
}

impl ExpectVerify {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<State, Error> {
        let message = message.expect(HandshakeType::CERTIFICATE_VERIFY)?;
        let Self { mut finished, leaf } = self;
        let claim = Claim::parse(&message, &core.settings, leaf, &finished.transcript)?;
        finished.transcript.add(message.raw());
        core.facts.authentication.peer_scheme = Some(claim.scheme);
        Ok(State::AskVerified(Box::new(AskVerified { finished, claim })))
    }
}

/// The application verifies the signature.
pub(crate) struct AskVerified {
    finished: ExpectFinished,
    claim: Claim,
}

impl AskVerified {
    pub(super) fn question(&self) -> Question {
        self.claim.question()
    }

    #[inline(never)]
    pub(super) fn verdict(self, verdict: Result<(), AlertDescription>) -> Result<State, Error> {
        verdict.map_err(ErrorKind::SignatureRefused)?;
        Ok(State::ExpectFinished(Box::new(self.finished)))
    }
}

/// A client's signature that has not been verified.
pub(super) struct Claim {
    pub(super) scheme: SignatureScheme,
    pub(super) leaf: Bytes,
    pub(super) content: Vec<u8>,
    pub(super) signature: Bytes,
}

impl Claim {
    /// "the signature algorithm MUST be one of those present in the supported_signature_algorithms field of the
    /// 'signature_algorithms' extension in the CertificateRequest message" (section 4.4.3).
    pub(super) fn parse(
        message: &Message,
        settings: &Settings,
        leaf: Bytes,
        transcript: &crate::transcript::Transcript,
    ) -> Result<Self, Error> {
        let (scheme, signature) = parse_verify(message)?;
        if !scheme.is_tls13() || !settings.schemes.contains(&scheme) {
            return Err(ErrorKind::BadSignatureScheme.into());
        }
        let content = signed_content(Side::Client, &transcript.current());
        Ok(Self {
            scheme,
            leaf,
            content,
            signature,
        })
    }

    pub(super) fn question(&self) -> Question {
        Question::VerifySignature {
            scheme: self.scheme,
            leaf: self.leaf.clone(),
            message: self.content.clone(),
            signature: self.signature.clone(),
        }
    }
}
