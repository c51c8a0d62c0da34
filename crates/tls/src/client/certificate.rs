//! The server shows who it is: CertificateRequest, Certificate, CertificateVerify (RFC 8446 sections 4.3.2, 4.4.2,
//! 4.4.3).

use bytes::Bytes;

use super::finished::{Authenticated, ExpectFinished};
use super::{Flight, State};
use crate::core::Core;
use crate::message::Message;
use crate::message::certificate::{Certificate, CertificateRequest, parse_verify, signed_content};
use crate::state::State as Next;
use crate::{AlertDescription, Error, ErrorKind, ExtensionType, HandshakeType, Question, Side, SignatureScheme};

/// A full handshake: a certificate must come, perhaps after the request for one.
pub(crate) struct ExpectCertificateOrRequest {
    pub(super) flight: Flight,
}

impl ExpectCertificateOrRequest {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<Next, Error> {
        let mut flight = self.flight;
        if message.kind() != HandshakeType::CERTIFICATE_REQUEST {
            return ExpectCertificate { flight, request: None }.message(core, message);
        }
        let request = CertificateRequest::parse(&message)?;
        // "This field SHALL be zero length unless used for the post-handshake authentication exchanges".
        if !request.context.is_empty() {
            return Err(ErrorKind::BadRequestContext.into());
        }
        flight.transcript.add(message.raw());
        Ok(State::Certificate(Box::new(ExpectCertificate {
            flight,
            request: Some(request),
        }))
        .into())
    }
}

/// The server's Certificate is next.
pub(crate) struct ExpectCertificate {
    flight: Flight,
    request: Option<CertificateRequest>,
}

impl ExpectCertificate {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<Next, Error> {
        let Self { mut flight, request } = self;
        let message = message.expect(HandshakeType::CERTIFICATE)?;
        let certificate = Certificate::parse(&message, flight.offered.has(ExtensionType::STATUS_REQUEST))?;
        // "Otherwise (in the case of server authentication), this field SHALL be zero length."
        if !certificate.context.is_empty() {
            return Err(ErrorKind::BadRequestContext.into());
        }
        // "If the server supplies an empty Certificate message, the client MUST abort the handshake with a
        // 'decode_error' alert" (section 4.4.2.4).
        let leaf = certificate.chain.first().cloned().ok_or(ErrorKind::NoPeerCertificate)?;
        flight.transcript.add(message.raw());
        core.facts.authentication.peer_ocsp_response = certificate.ocsp_response;
        Ok(State::ChainVerdict(Box::new(ExpectChainVerdict {
            flight,
            request,
            chain: certificate.chain,
            leaf,
        }))
        .into())
    }
}

/// The application judges the chain.
pub(crate) struct ExpectChainVerdict {
    flight: Flight,
    request: Option<CertificateRequest>,
    chain: Vec<Bytes>,
    leaf: Bytes,
}

impl ExpectChainVerdict {
    pub(super) fn question(&self) -> Question {
        Question::VerifyChain {
            chain: self.chain.clone(),
        }
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, verdict: Result<(), AlertDescription>) -> Result<Next, Error> {
        let Self {
            flight,
            request,
            chain,
            leaf,
        } = self;
        verdict.map_err(ErrorKind::ChainRefused)?;
        // Nobody is to see a peer that was refused.
        core.facts.authentication.peer_chain = chain;
        Ok(State::CertificateVerify(Box::new(ExpectCertificateVerify { flight, request, leaf })).into())
    }
}

/// The server has to show that the leaf's key is its own.
pub(crate) struct ExpectCertificateVerify {
    flight: Flight,
    request: Option<CertificateRequest>,
    leaf: Bytes,
}

impl ExpectCertificateVerify {
    #[inline(never)]
    pub(super) fn message(self, message: Message) -> Result<Next, Error> {
        let Self {
            mut flight,
            request,
            leaf,
        } = self;
        let message = message.expect(HandshakeType::CERTIFICATE_VERIFY)?;
        let (scheme, signature) = parse_verify(&message)?;
        // "If the CertificateVerify message is sent by a server, the signature algorithm MUST be one offered in the
        // client's 'signature_algorithms' extension".
        if !flight.offered.accepts_scheme(scheme) {
            return Err(ErrorKind::BadSignatureScheme.into());
        }
        let content = signed_content(Side::Server, &flight.transcript.current());
        flight.transcript.add(message.raw());
        let claim = Claim {
            scheme,
            leaf,
            content,
            signature,
        };
        Ok(State::SignatureVerdict(Box::new(ExpectSignatureVerdict { flight, request, claim })).into())
    }
}

/// What the server claims to have signed.
struct Claim {
    scheme: SignatureScheme,
    leaf: Bytes,
    content: Vec<u8>,
    signature: Bytes,
}

/// The application checks the signature, with whatever it has for that.
pub(crate) struct ExpectSignatureVerdict {
    flight: Flight,
    request: Option<CertificateRequest>,
    claim: Claim,
}

impl ExpectSignatureVerdict {
    pub(super) fn question(&self) -> Question {
        let Claim {
            scheme,
            leaf,
            content,
            signature,
        } = &self.claim;
        Question::VerifySignature {
            scheme: *scheme,
            leaf: leaf.clone(),
            message: content.clone(),
            signature: signature.clone(),
        }
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, verdict: Result<(), AlertDescription>) -> Result<Next, Error> {
        let Self { flight, request, claim } = self;
        verdict.map_err(ErrorKind::SignatureRefused)?;
        core.facts.authentication.peer_scheme = Some(claim.scheme);
        let server = Authenticated::by_certificate(request);
        Ok(State::Finished(Box::new(ExpectFinished { flight, server })).into())
    }
}
