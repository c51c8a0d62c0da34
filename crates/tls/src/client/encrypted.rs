//! EncryptedExtensions (RFC 8446 section 4.3.1).

use super::certificate::ExpectCertificateOrRequest;
use super::early::{EarlyOffer, refused};
use super::finished::{Authenticated, ExpectFinished};
use super::{EarlyFlight, Flight, State};
use crate::codec::{Reader, U16List};
use crate::core::Core;
use crate::message::server_hello::{parse_encrypted_extensions, parse_selected_protocol};
use crate::message::ticket_request::parse_hint;
use crate::message::{Extensions, Message};
use crate::state::State as Next;
use crate::{Error, ErrorKind, ExtensionType, HandshakeType};

/// The keys of the handshake are in use.
pub(crate) struct ExpectEncryptedExtensions {
    pub(super) flight: Flight,
    /// The index of the PSK that is used.
    pub(super) psk: Option<u16>,
    /// What early data was offered with.
    pub(super) early: Option<EarlyOffer>,
}

impl ExpectEncryptedExtensions {
    #[inline(never)]
    pub(super) fn message(mut self, core: &mut Core, message: Message) -> Result<Next, Error> {
        let message = message.expect(HandshakeType::ENCRYPTED_EXTENSIONS)?;
        let extensions = parse_encrypted_extensions(&message)?;
        // "The client MUST check EncryptedExtensions for the presence of any forbidden extensions and if any are found
        // MUST abort the handshake with an 'illegal_parameter' alert."
        let specified = [
            ExtensionType::SERVER_NAME,
            ExtensionType::SUPPORTED_GROUPS,
            ExtensionType::ALPN,
            ExtensionType::EARLY_DATA,
            ExtensionType::TICKET_REQUEST,
        ];
        self.flight.offered.check_responses(&extensions, &specified)?;
        // "the server SHALL include an extension of type 'server_name' [...]. The 'extension_data' field of this
        // extension SHALL be empty" (RFC 6066 section 3).
        match extensions.get(ExtensionType::SERVER_NAME) {
            None => {}
            Some([]) => core.facts.names.acknowledged = true,
            Some(_) => return Err(ErrorKind::Malformed.into()),
        }
        // "Clients MUST NOT act upon any information found in 'supported_groups' prior to successful completion of the
        // handshake" (section 4.2.7), nor do we afterwards; but it has to be well-formed.
        if let Some(data) = extensions.get(ExtensionType::SUPPORTED_GROUPS) {
            let mut r = Reader::new(data);
            U16List::new(r.vec16()?)?;
            r.finish()?;
        }
        if let Some(data) = extensions.get(ExtensionType::ALPN) {
            let name = parse_selected_protocol(data)?;
            if !self.flight.offered.has_protocol(name) {
                return Err(ErrorKind::BadExtension.into());
            }
            core.facts.names.protocol = Some(name.to_vec());
        }
        if let Some(data) = extensions.get(ExtensionType::TICKET_REQUEST) {
            core.facts.tickets.expected = Some(parse_hint(data)?);
        }
        self.early_data(core, &extensions)?;
        self.flight.transcript.add(message.raw());
        let flight = self.flight;
        Ok(if self.psk.is_some() {
            // "As the server is authenticating via a PSK, it does not send a Certificate or a CertificateVerify message"
            // (section 2.2), and "Servers which are authenticating with a PSK MUST NOT send the CertificateRequest
            // message in the main handshake" (section 4.3.2).
            State::Finished(Box::new(ExpectFinished {
                flight,
                server: Authenticated::by_psk(),
            }))
            .into()
        } else {
            State::CertificateOrRequest(Box::new(ExpectCertificateOrRequest { flight })).into()
        })
    }

    /// Is early data accepted? If not, its key has no use any more: what follows is protected by the handshake's.
    fn early_data(&mut self, core: &mut Core, extensions: &Extensions) -> Result<(), Error> {
        let Some(early) = &self.early else {
            return Ok(());
        };
        let flight = &mut self.flight;
        if early.accepted(core, extensions, flight.suite.suite, self.psk)? {
            flight.early = EarlyFlight::Accepted;
            return Ok(());
        }
        refused(core);
        core.set_write_key(flight.write.record_key(flight.suite)?)
    }
}
