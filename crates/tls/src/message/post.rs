//! NewSessionTicket and KeyUpdate (RFC 8446 sections 4.6.1, 4.6.3).

use bytes::Bytes;

use super::server_hello::extension;
use super::{Extensions, Message, part, range_at};
use crate::codec::{Reader, Writer, non_empty};
use crate::{Error, ErrorKind, ExtensionType};

/// A parsed NewSessionTicket.
#[derive(Debug, Clone)]
pub(crate) struct NewSessionTicket {
    pub(crate) lifetime: u32,
    pub(crate) age_add: u32,
    pub(crate) nonce: Bytes,
    pub(crate) ticket: Bytes,
    /// 0 without the extension.
    pub(crate) max_early_data: u32,
}

impl NewSessionTicket {
    pub(crate) fn parse(message: &Message) -> Result<Self, Error> {
        let raw = message.raw();
        let mut r = Reader::new(message.body());
        let lifetime = r.u32()?;
        let age_add = r.u32()?;
        let nonce = Bytes::copy_from_slice(r.vec8()?);
        let ticket = non_empty(r.vec16()?)?;
        let ticket = part(raw, range_at(raw.len(), r.len(), ticket.len()));
        let extensions = Extensions::parse(raw, &mut r, 0)?;
        r.finish()?;
        // "Clients MUST ignore unrecognized extensions."
        extensions.refuse_misplaced(&[ExtensionType::EARLY_DATA])?;
        let max_early_data = match extensions.get(ExtensionType::EARLY_DATA) {
            None => 0,
            Some(data) => {
                let mut r = Reader::new(data);
                let max = r.u32()?;
                r.finish()?;
                max
            }
        };
        Ok(Self {
            lifetime,
            age_add,
            nonce,
            ticket,
            max_early_data,
        })
    }

    pub(crate) fn write(w: &mut Writer<'_>, lifetime: u32, age_add: u32, nonce: &[u8], ticket: &[u8], early_data: u32) {
        w.u32(lifetime);
        w.u32(age_add);
        w.vec8(nonce);
        w.vec16(ticket);
        w.nest16(|w| {
            if early_data > 0 {
                extension(w, ExtensionType::EARLY_DATA, |w| w.u32(early_data));
            }
        });
    }
}

/// Is an update of our keys requested, too? "If an implementation receives any other value, it MUST terminate the
/// connection with an 'illegal_parameter' alert."
pub(crate) fn parse_key_update(message: &Message) -> Result<bool, Error> {
    match message.body() {
        [0] => Ok(false),
        [1] => Ok(true),
        [_] => Err(ErrorKind::BadKeyUpdate.into()),
        _ => Err(ErrorKind::Malformed.into()),
    }
}
