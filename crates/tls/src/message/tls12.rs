//! The messages of TLS 1.2 that are other than in TLS 1.3 (RFC 5246 section 7.4, RFC 8422 section 5, RFC 5077 section 3).

use bytes::Bytes;

use super::client_hello_extensions::parse_authorities;
use super::server_hello::extension;
use super::{Message, part, range_at};
use crate::codec::{Reader, U16List, Writer, non_empty};
use crate::schedule::HelloRandoms;
use crate::suite12::Signer;
use crate::{CipherSuite, Error, ErrorKind, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};

/// named_curve(3), the only ECCurveType left (RFC 8422 section 5.4).
const NAMED_CURVE: u8 = 3;

/// A ServerHello to be sent.
pub(crate) struct ServerHelloOut<'a> {
    pub(crate) random: &'a [u8; 32],
    pub(crate) session_id: &'a [u8],
    pub(crate) suite: CipherSuite,
    pub(crate) extensions: ExtensionsOut<'a>,
}

/// Its extensions, each an answer to one of the client's.
pub(crate) struct ExtensionsOut<'a> {
    pub(crate) renegotiation_info: bool,
    pub(crate) acknowledge_name: bool,
    pub(crate) point_formats: bool,
    /// A NewSessionTicket follows.
    pub(crate) ticket: bool,
    /// A CertificateStatus follows.
    pub(crate) status: bool,
    pub(crate) protocol: Option<&'a [u8]>,
    pub(crate) extended_master_secret: bool,
}

impl ServerHelloOut<'_> {
    pub(crate) fn write(&self, w: &mut Writer<'_>) {
        w.u16(ProtocolVersion::TLS1_2.0);
        w.bytes(self.random);
        w.vec8(self.session_id);
        w.u16(self.suite.0);
        w.u8(0);
        if self.extensions.is_empty() {
            return;
        }
        w.nest16(|w| self.extensions.write(w));
    }
}

impl ExtensionsOut<'_> {
    /// A client that sent no extensions may not know that there can be any.
    fn is_empty(&self) -> bool {
        !(self.renegotiation_info
            || self.acknowledge_name
            || self.point_formats
            || self.ticket
            || self.status
            || self.protocol.is_some()
            || self.extended_master_secret)
    }

    /// In OpenSSL's order.
    fn write(&self, w: &mut Writer<'_>) {
        let flag = |w: &mut Writer<'_>, yes: bool, extension_type| {
            if yes {
                extension(w, extension_type, |_| {});
            }
        };
        if self.renegotiation_info {
            extension(w, ExtensionType::RENEGOTIATION_INFO, |w| w.u8(0));
        }
        flag(w, self.acknowledge_name, ExtensionType::SERVER_NAME);
        if self.point_formats {
            extension(w, ExtensionType::EC_POINT_FORMATS, |w| w.vec8(&[0]));
        }
        flag(w, self.ticket, ExtensionType::SESSION_TICKET);
        flag(w, self.status, ExtensionType::STATUS_REQUEST);
        if let Some(protocol) = self.protocol {
            extension(w, ExtensionType::ALPN, |w| w.nest16(|w| w.vec8(protocol)));
        }
        flag(w, self.extended_master_secret, ExtensionType::EXTENDED_MASTER_SECRET);
    }
}

/// Writes a Certificate's body: no context, and no extensions.
pub(crate) fn write_certificate(w: &mut Writer<'_>, chain: &[Bytes]) {
    w.nest24(|w| chain.iter().for_each(|certificate| w.vec24(certificate)));
}

/// The certificates, leaf first; perhaps none.
pub(crate) fn parse_certificate(message: &Message) -> Result<Vec<Bytes>, Error> {
    let raw = message.raw();
    let mut r = Reader::new(message.body());
    let mut list = Reader::new(r.vec24()?);
    r.finish()?;
    let mut chain = Vec::new();
    while !list.is_empty() {
        let certificate = non_empty(list.vec24()?)?;
        chain.push(part(raw, range_at(raw.len(), list.len(), certificate.len())));
    }
    Ok(chain)
}

/// Writes a CertificateStatus's body (RFC 6066 section 8).
pub(crate) fn write_status(w: &mut Writer<'_>, response: &[u8]) {
    w.u8(1);
    w.vec24(response);
}

/// The OCSP response of a CertificateStatus.
pub(crate) fn parse_status(message: &Message) -> Result<Bytes, Error> {
    let mut r = Reader::new(message.body());
    if r.u8()? != 1 {
        return Err(ErrorKind::Malformed.into());
    }
    let response = non_empty(r.vec24()?)?;
    r.finish()?;
    let raw = message.raw();
    Ok(part(raw, range_at(raw.len(), 0, response.len())))
}

/// ServerECDHParams: curve and point, as they are signed.
pub(crate) fn key_exchange_params(group: NamedGroup, public: &[u8]) -> Vec<u8> {
    let mut params = Vec::with_capacity(4 + public.len());
    let mut w = Writer::new(&mut params);
    w.u8(NAMED_CURVE);
    w.u16(group.0);
    w.vec8(public);
    params
}

/// A ServerKeyExchange (RFC 8422 section 5.4).
pub(crate) struct KeyExchange {
    pub(crate) group: NamedGroup,
    pub(crate) public: Bytes,
    params: Bytes,
    pub(crate) scheme: SignatureScheme,
    pub(crate) signature: Bytes,
}

impl KeyExchange {
    pub(crate) fn parse(message: &Message) -> Result<Self, Error> {
        let raw = message.raw();
        let at = |r: &Reader<'_>, len: usize| part(raw, range_at(raw.len(), r.len(), len));
        let mut r = Reader::new(message.body());
        // Clients that see another type, or a curve that they did not offer: illegal_parameter.
        if r.u8()? != NAMED_CURVE {
            return Err(ErrorKind::BadKeyShare.into());
        }
        let group = NamedGroup(r.u16()?);
        let public_len = non_empty(r.vec8()?)?.len();
        let public = at(&r, public_len);
        let params = at(&r, 4 + public_len);
        let scheme = SignatureScheme(r.u16()?);
        let signature_len = r.vec16()?.len();
        let signature = at(&r, signature_len);
        r.finish()?;
        Ok(Self {
            group,
            public,
            params,
            scheme,
            signature,
        })
    }

    /// What the signature is over.
    pub(crate) fn signed_content(&self, randoms: &HelloRandoms) -> Vec<u8> {
        signed_content(randoms, &self.params)
    }
}

/// What a ServerKeyExchange signs: both randoms and the parameters (RFC 8422 section 5.4).
pub(crate) fn signed_content(randoms: &HelloRandoms, params: &[u8]) -> Vec<u8> {
    [&randoms.client, &randoms.server, params].concat()
}

/// The client's point.
pub(crate) fn parse_client_key_exchange(message: &Message) -> Result<&[u8], Error> {
    let mut r = Reader::new(message.body());
    let public = non_empty(r.vec8()?)?;
    r.finish()?;
    Ok(public)
}

/// ClientCertificateType (RFC 8422 section 5.5: EdDSA keys go as ecdsa_sign, too).
const RSA_SIGN: u8 = 1;
const ECDSA_SIGN: u8 = 64;

/// Writes a CertificateRequest's body.
pub(crate) fn write_request(w: &mut Writer<'_>, schemes: &[SignatureScheme], authorities: &[Bytes]) {
    w.nest8(|w| {
        for (signer, number) in [(Signer::Rsa, RSA_SIGN), (Signer::Ecdsa, ECDSA_SIGN)] {
            if schemes.iter().any(|scheme| scheme.signer12() == Some(signer)) {
                w.u8(number);
            }
        }
    });
    w.nest16(|w| schemes.iter().for_each(|scheme| w.u16(scheme.0)));
    w.nest16(|w| authorities.iter().for_each(|name| w.vec16(name)));
}

/// A parsed CertificateRequest.
#[derive(Debug, Clone)]
pub(crate) struct CertificateRequest {
    /// In the server's order: what may sign in TLS 1.2, with a key of a type that the server takes.
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) authorities: Vec<Bytes>,
}

impl CertificateRequest {
    pub(crate) fn parse(message: &Message) -> Result<Self, Error> {
        let mut r = Reader::new(message.body());
        let types = non_empty(r.vec8()?)?;
        let schemes = U16List::new(r.vec16()?)?;
        let names_at = message.raw().len() - r.len();
        let names = r.vec16()?;
        r.finish()?;
        let authorities = if names.is_empty() {
            Vec::new()
        } else {
            parse_authorities(&part(message.raw(), names_at..message.raw().len()))?
        };
        let takes = |scheme: &SignatureScheme| match scheme.signer12() {
            Some(Signer::Rsa) => types.contains(&RSA_SIGN),
            Some(Signer::Ecdsa) => types.contains(&ECDSA_SIGN),
            None => false,
        };
        Ok(Self {
            schemes: schemes.iter().map(SignatureScheme).filter(takes).collect(),
            authorities,
        })
    }
}

/// Writes a NewSessionTicket's body (RFC 5077 section 3.3).
pub(crate) fn write_ticket(w: &mut Writer<'_>, lifetime: u32, ticket: &[u8]) {
    w.u32(lifetime);
    w.vec16(ticket);
}

/// ticket_lifetime_hint and ticket, which is empty if the server does not want to give one after all.
pub(crate) fn parse_ticket(message: &Message) -> Result<(u32, Bytes), Error> {
    let mut r = Reader::new(message.body());
    let lifetime = r.u32()?;
    let ticket = r.vec16()?;
    r.finish()?;
    let raw = message.raw();
    Ok((lifetime, part(raw, range_at(raw.len(), 0, ticket.len()))))
}

/// ServerHelloDone has no content.
pub(crate) fn check_empty(message: &Message) -> Result<(), Error> {
    if message.body().is_empty() {
        Ok(())
    } else {
        Err(ErrorKind::Malformed.into())
    }
}

/// ECPointFormatList, if it is there, has to contain uncompressed(0) (RFC 8422 section 5.1.2).
pub(crate) fn check_point_formats(data: Option<&[u8]>) -> Result<(), Error> {
    let Some(data) = data else { return Ok(()) };
    let mut r = Reader::new(data);
    let formats = non_empty(r.vec8()?)?;
    r.finish()?;
    if formats.contains(&0) {
        Ok(())
    } else {
        Err(ErrorKind::BadPointFormats.into())
    }
}

/// renegotiation_info of a first handshake: "verify that the length of the 'renegotiated_connection' field is zero, and
/// if it is not, MUST abort the handshake (by sending a fatal handshake_failure alert)" (RFC 5746 section 3.4).
pub(crate) fn check_renegotiation_info(data: &[u8]) -> Result<(), Error> {
    let mut r = Reader::new(data);
    let connection = r.vec8()?;
    r.finish()?;
    if connection.is_empty() {
        Ok(())
    } else {
        Err(ErrorKind::BadRenegotiationInfo.into())
    }
}
