//! The client shows who it is, when the server asks in the handshake (RFC 8446 sections 4.4.2 and 4.4.3).

use bytes::Bytes;

use super::State;
use super::finished::LastFlight;
use crate::core::Core;
use crate::message::certificate::{CertificateRequest, signed_content, write_certificate, write_verify};
use crate::state::State as Next;
use crate::{Credential, CredentialRequest, Error, ErrorKind, HandshakeType, Question, Side, SignatureScheme};

/// The question that a CertificateRequest amounts to.
pub(super) fn credential_question(request: &CertificateRequest, post_handshake: bool) -> Question {
    Question::Credential(CredentialRequest {
        schemes: request.schemes.clone(),
        authorities: request.authorities.clone(),
        post_handshake,
    })
}

/// The chain of an answer that can be used: there is one, and its scheme is one that the server takes.
pub(super) fn usable<'a>(request: &CertificateRequest, credential: &'a Credential) -> Result<&'a [Bytes], Error> {
    // "If sent by a client, the signature algorithm used in the signature MUST be one of those present in the
    // supported_signature_algorithms field of the 'signature_algorithms' extension in the CertificateRequest message."
    if credential.chain.is_empty() || !request.schemes.contains(&credential.scheme) {
        return Err(ErrorKind::WrongAnswer.into());
    }
    Ok(&credential.chain)
}

/// The application chooses a certificate, or none.
pub(crate) struct ExpectCredential {
    pub(super) last: LastFlight,
    pub(super) request: CertificateRequest,
}

impl ExpectCredential {
    pub(super) fn question(&self) -> Question {
        credential_question(&self.request, false)
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, credential: Option<Credential>) -> Result<Next, Error> {
        let Self { mut last, request } = self;
        last.begin(core)?;
        let Some(credential) = credential else {
            // "If the server requests client authentication but no suitable certificate is available, the client MUST
            // send a Certificate message containing no certificates".
            core.send(&mut last.transcript, HandshakeType::CERTIFICATE, |w| {
                write_certificate(w, &request.context, &[], None);
            })?;
            return last.finish(core);
        };
        let chain = usable(&request, &credential)?;
        core.send(&mut last.transcript, HandshakeType::CERTIFICATE, |w| {
            write_certificate(w, &request.context, chain, None);
        })?;
        Ok(State::Signature(Box::new(ExpectSignature {
            last,
            scheme: credential.scheme,
        }))
        .into())
    }
}

/// The application signs.
pub(crate) struct ExpectSignature {
    last: LastFlight,
    scheme: SignatureScheme,
}

impl ExpectSignature {
    pub(super) fn question(&self) -> Question {
        let message = signed_content(Side::Client, &self.last.transcript.current());
        Question::Sign {
            scheme: self.scheme,
            message,
        }
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, signature: &[u8]) -> Result<Next, Error> {
        let Self { mut last, scheme } = self;
        core.send(&mut last.transcript, HandshakeType::CERTIFICATE_VERIFY, |w| {
            write_verify(w, scheme, signature)
        })?;
        core.facts.authentication.own_scheme = Some(scheme);
        last.finish(core)
    }
}
