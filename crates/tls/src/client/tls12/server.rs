//! The server shows who it is, and its point (RFC 5246 sections 7.4.2 to 7.4.5, RFC 8422 section 5.4).

use bytes::Bytes;

use super::State;
use super::authenticate::{self, AskCredential};
use crate::client::offered::Offered;
use crate::core::Core;
use crate::message::Message;
use crate::message::tls12::{CertificateRequest, KeyExchange, check_empty, parse_certificate, parse_status};
use crate::schedule::HelloRandoms;
use crate::suite12::Suite12;
use crate::transcript::Transcript;
use crate::{AlertDescription, Error, ErrorKind, HandshakeType, NamedGroup, Question};

/// What every state of a full handshake carries on.
pub(super) struct Flight {
    pub(super) offered: Offered,
    /// Those on offer that TLS 1.2 can use.
    pub(super) groups: Vec<NamedGroup>,
    pub(super) suite: &'static Suite12,
    pub(super) transcript: Transcript,
    pub(super) extended_master_secret: bool,
    /// A NewSessionTicket has been promised.
    pub(super) ticket: bool,
}

/// The server's Certificate is next.
pub(crate) struct ExpectCertificate {
    pub(super) flight: Flight,
    pub(super) status: bool,
}

impl ExpectCertificate {
    #[inline(never)]
    pub(super) fn message(self, message: Message) -> Result<State, Error> {
        let Self { mut flight, status } = self;
        let message = message.expect(HandshakeType::CERTIFICATE)?;
        let chain = parse_certificate(&message)?;
        let leaf = chain.first().cloned().ok_or(ErrorKind::NoPeerCertificate)?;
        flight.transcript.add(message.raw());
        Ok(State::AskChain(Box::new(AskChain {
            flight,
            status,
            chain,
            leaf,
        })))
    }
}

/// The application judges the chain.
pub(crate) struct AskChain {
    flight: Flight,
    status: bool,
    chain: Vec<Bytes>,
    leaf: Bytes,
}

impl AskChain {
    pub(super) fn question(&self) -> Question {
        Question::VerifyChain {
            chain: self.chain.clone(),
        }
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, verdict: Result<(), AlertDescription>) -> Result<State, Error> {
        verdict.map_err(ErrorKind::ChainRefused)?;
        core.facts.authentication.peer_chain = self.chain;
        Ok(State::KeyExchange(Box::new(ExpectKeyExchange {
            flight: self.flight,
            status: self.status,
            leaf: self.leaf,
        })))
    }
}

/// The server's point is next, or before it the OCSP response, if that was promised: even then the server may leave it
/// out (RFC 6066 section 8).
pub(crate) struct ExpectKeyExchange {
    flight: Flight,
    status: bool,
    leaf: Bytes,
}

impl ExpectKeyExchange {
    #[inline(never)]
    pub(super) fn message(mut self, core: &mut Core, message: Message) -> Result<State, Error> {
        if self.status && message.kind() == HandshakeType::CERTIFICATE_STATUS {
            core.facts.authentication.peer_ocsp_response = Some(parse_status(&message)?);
            self.flight.transcript.add(message.raw());
            self.status = false;
            return Ok(State::KeyExchange(Box::new(self)));
        }
        let message = message.expect(HandshakeType::SERVER_KEY_EXCHANGE)?;
        let Self { mut flight, leaf, .. } = self;
        let exchange = KeyExchange::parse(&message)?;
        if !flight.groups.contains(&exchange.group) {
            return Err(ErrorKind::BadKeyShare.into());
        }
        // "the signature algorithm and hash algorithm MUST be a pair offered in that extension" (signature_algorithms,
        // RFC 5246 section 7.4.3), and the key has to be of the suite's kind, for else the suite would lie.
        let scheme = exchange.scheme;
        if !flight.offered.accepts_scheme12(scheme) || scheme.signer12() != Some(flight.suite.signer) {
            return Err(ErrorKind::BadSignatureScheme.into());
        }
        let randoms = HelloRandoms {
            client: core.facts.randoms.client,
            server: core.facts.randoms.server,
        };
        let content = exchange.signed_content(&randoms);
        core.facts.group = Some(exchange.group);
        flight.transcript.add(message.raw());
        Ok(State::AskVerified(Box::new(AskVerified {
            flight,
            claim: Claim {
                leaf,
                exchange,
                content,
            },
        })))
    }
}

/// What the server claims to have signed.
struct Claim {
    leaf: Bytes,
    exchange: KeyExchange,
    content: Vec<u8>,
}

/// The application checks the signature.
pub(crate) struct AskVerified {
    flight: Flight,
    claim: Claim,
}

impl AskVerified {
    pub(super) fn question(&self) -> Question {
        let Claim {
            leaf,
            exchange,
            content,
        } = &self.claim;
        Question::VerifySignature {
            scheme: exchange.scheme,
            leaf: leaf.clone(),
            message: content.clone(),
            signature: exchange.signature.clone(),
        }
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, verdict: Result<(), AlertDescription>) -> Result<State, Error> {
        verdict.map_err(ErrorKind::SignatureRefused)?;
        let exchange = self.claim.exchange;
        core.facts.authentication.peer_scheme = Some(exchange.scheme);
        Ok(State::Done(Box::new(ExpectDone {
            flight: self.flight,
            point: Point {
                group: exchange.group,
                public: exchange.public,
            },
            request: None,
        })))
    }
}

/// The server's point, which it has signed.
pub(super) struct Point {
    pub(super) group: NamedGroup,
    pub(super) public: Bytes,
}

/// ServerHelloDone is next, perhaps after one request for a certificate.
pub(crate) struct ExpectDone {
    flight: Flight,
    point: Point,
    request: Option<CertificateRequest>,
}

impl ExpectDone {
    #[inline(never)]
    pub(super) fn message(mut self, core: &mut Core, message: Message) -> Result<State, Error> {
        if self.request.is_none() && message.kind() == HandshakeType::CERTIFICATE_REQUEST {
            self.request = Some(CertificateRequest::parse(&message)?);
            self.flight.transcript.add(message.raw());
            return Ok(State::Done(Box::new(self)));
        }
        let message = message.expect(HandshakeType::SERVER_HELLO_DONE)?;
        let Self {
            mut flight,
            point,
            request,
        } = self;
        check_empty(&message)?;
        flight.transcript.add(message.raw());
        match request {
            None => {
                flight.transcript.forget_messages();
                authenticate::exchange(core, flight, &point)?.finish(core)
            }
            Some(request) => Ok(State::AskCredential(Box::new(AskCredential { flight, point, request }))),
        }
    }
}
