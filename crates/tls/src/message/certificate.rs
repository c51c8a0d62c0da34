//! Certificate, CertificateRequest and CertificateVerify (RFC 8446 sections 4.4.2, 4.3.2, 4.4.3).

use bytes::Bytes;

use super::client_hello_extensions::parse_authorities;
use super::server_hello::extension;
use super::{Extensions, Message, part, range_at};
use crate::codec::{Reader, U16List, Writer, non_empty};
use crate::schedule::Digest;
use crate::{Error, ErrorKind, ExtensionType, Side, SignatureScheme};

/// Writes a Certificate message's body. The OCSP response goes to the leaf.
pub(crate) fn write_certificate(w: &mut Writer<'_>, context: &[u8], chain: &[Bytes], ocsp_response: Option<&Bytes>) {
    w.vec8(context);
    w.nest24(|w| {
        for (i, certificate) in chain.iter().enumerate() {
            w.vec24(certificate);
            w.nest16(|w| {
                if let (0, Some(response)) = (i, ocsp_response) {
                    // struct { CertificateStatusType status_type = ocsp(1); opaque OCSPResponse<1..2^24-1>; }
                    extension(w, ExtensionType::STATUS_REQUEST, |w| {
                        w.u8(1);
                        w.vec24(response);
                    });
                }
            });
        }
    });
}

/// A parsed Certificate message.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) context: Bytes,
    /// DER, leaf first; may be empty.
    pub(crate) chain: Vec<Bytes>,
    /// The leaf's stapled OCSP response.
    pub(crate) ocsp_response: Option<Bytes>,
}

impl Certificate {
    /// "Extensions in the Certificate message from the server MUST correspond to ones from the ClientHello message.
    /// Extensions in the Certificate message from the client MUST correspond to extensions in the CertificateRequest
    /// message from the server": `asked_ocsp` is all that we ever ask.
    pub(crate) fn parse(message: &Message, asked_ocsp: bool) -> Result<Self, Error> {
        let raw = message.raw();
        let mut r = Reader::new(message.body());
        let context = Bytes::copy_from_slice(r.vec8()?);
        let mut list = Reader::new(r.vec24()?);
        r.finish()?;
        let mut chain = Vec::new();
        let mut ocsp_response = None;
        while !list.is_empty() {
            let certificate = non_empty(list.vec24()?)?;
            let certificate = part(raw, range_at(raw.len(), list.len(), certificate.len()));
            let extensions = Extensions::parse(raw, &mut list, 0)?;
            extensions.only(|extension_type| asked_ocsp && extension_type == ExtensionType::STATUS_REQUEST)?;
            if chain.is_empty() {
                ocsp_response = extensions
                    .get_bytes(ExtensionType::STATUS_REQUEST)
                    .as_ref()
                    .map(ocsp)
                    .transpose()?;
            }
            chain.push(certificate);
        }
        Ok(Self {
            context,
            chain,
            ocsp_response,
        })
    }
}

fn ocsp(data: &Bytes) -> Result<Bytes, Error> {
    let mut r = Reader::new(data);
    if r.u8()? != 1 {
        return Err(ErrorKind::Malformed.into());
    }
    let response = non_empty(r.vec24()?)?;
    r.finish()?;
    Ok(part(data, range_at(data.len(), 0, response.len())))
}

/// What signature_algorithms of a CertificateRequest lists: "supported_signature_algorithms<2..2^16-2>", so it can't be
/// nothing.
pub(crate) fn requested_schemes(ours: &[SignatureScheme]) -> Result<Vec<SignatureScheme>, Error> {
    let schemes: Vec<_> = ours.iter().copied().filter(|scheme| scheme.is_tls13()).collect();
    if schemes.is_empty() {
        return Err(ErrorKind::NoSharedScheme.into());
    }
    Ok(schemes)
}

/// Writes a CertificateRequest's body.
pub(crate) fn write_request(w: &mut Writer<'_>, context: &[u8], schemes: &[SignatureScheme], authorities: &[Bytes]) {
    w.vec8(context);
    w.nest16(|w| {
        // "The 'signature_algorithms' extension MUST be specified".
        extension(w, ExtensionType::SIGNATURE_ALGORITHMS, |w| {
            w.nest16(|w| schemes.iter().for_each(|scheme| w.u16(scheme.0)));
        });
        if !authorities.is_empty() {
            extension(w, ExtensionType::CERTIFICATE_AUTHORITIES, |w| {
                w.nest16(|w| authorities.iter().for_each(|name| w.vec16(name)));
            });
        }
    });
}

/// A parsed CertificateRequest.
#[derive(Debug, Clone)]
pub(crate) struct CertificateRequest {
    pub(crate) context: Bytes,
    /// In the server's order, those that may sign in TLS 1.3.
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) authorities: Vec<Bytes>,
}

impl CertificateRequest {
    pub(crate) fn parse(message: &Message) -> Result<Self, Error> {
        let mut r = Reader::new(message.body());
        let context = Bytes::copy_from_slice(r.vec8()?);
        let extensions = Extensions::parse(message.raw(), &mut r, 0)?;
        r.finish()?;
        // Unknown extensions: "Clients MUST ignore unrecognized extensions."
        extensions.refuse_misplaced(&[
            ExtensionType::STATUS_REQUEST,
            ExtensionType::SIGNATURE_ALGORITHMS,
            ExtensionType::CERTIFICATE_AUTHORITIES,
            ExtensionType::SIGNATURE_ALGORITHMS_CERT,
        ])?;
        let data = extensions
            .get(ExtensionType::SIGNATURE_ALGORITHMS)
            .ok_or(ErrorKind::MissingExtension)?;
        let mut list = Reader::new(data);
        let schemes = U16List::new(list.vec16()?)?;
        list.finish()?;
        let schemes = schemes
            .iter()
            .map(SignatureScheme)
            .filter(|scheme| scheme.is_tls13())
            .collect();
        let authorities = match extensions.get_bytes(ExtensionType::CERTIFICATE_AUTHORITIES) {
            Some(data) => parse_authorities(&data)?,
            None => Vec::new(),
        };
        Ok(Self {
            context,
            schemes,
            authorities,
        })
    }
}

/// Writes a CertificateVerify's body.
pub(crate) fn write_verify(w: &mut Writer<'_>, scheme: SignatureScheme, signature: &[u8]) {
    w.u16(scheme.0);
    w.vec16(signature);
}

/// A parsed CertificateVerify: scheme and signature.
pub(crate) fn parse_verify(message: &Message) -> Result<(SignatureScheme, Bytes), Error> {
    let mut r = Reader::new(message.body());
    let scheme = SignatureScheme(r.u16()?);
    let signature = r.vec16()?;
    r.finish()?;
    let raw = message.raw();
    Ok((scheme, part(raw, range_at(raw.len(), 0, signature.len()))))
}

/// What a CertificateVerify signs (section 4.4.3): 64 spaces, a context string, a zero, the transcript hash.
pub(crate) fn signed_content(signer: Side, transcript: &Digest) -> Vec<u8> {
    let context: &[u8] = match signer {
        Side::Server => b"TLS 1.3, server CertificateVerify",
        Side::Client => b"TLS 1.3, client CertificateVerify",
    };
    let mut content = Vec::with_capacity(64 + context.len() + 1 + transcript.as_bytes().len());
    content.resize(64, b' ');
    content.extend_from_slice(context);
    content.push(0);
    content.extend_from_slice(transcript.as_bytes());
    content
}
