//! ticket_request (RFC 9149): how many tickets a client would like, and how many it may expect.

use super::ClientHello;
use crate::codec::{Reader, Writer};
use crate::{Error, ExtensionType};

/// How many tickets a client asks for (RFC 9149 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketRequest {
    /// After a full handshake.
    pub new_session: u8,
    /// After a handshake with a PSK.
    pub resumption: u8,
}

impl TicketRequest {
    /// struct { uint8 new_session_count; uint8 resumption_count; } ClientTicketRequest;
    pub(crate) fn write(self, w: &mut Writer<'_>) {
        w.u8(self.new_session);
        w.u8(self.resumption);
    }

    pub(crate) fn of_hello(hello: &ClientHello) -> Result<Option<Self>, Error> {
        let Some(data) = hello.extension(ExtensionType::TICKET_REQUEST) else {
            return Ok(None);
        };
        let mut r = Reader::new(data);
        let (new_session, resumption) = (r.u8()?, r.u8()?);
        r.finish()?;
        Ok(Some(Self {
            new_session,
            resumption,
        }))
    }
}

/// struct { uint8 expected_count; } ServerTicketRequestHint;
pub(crate) fn parse_hint(data: &[u8]) -> Result<u8, Error> {
    let mut r = Reader::new(data);
    let expected = r.u8()?;
    r.finish()?;
    Ok(expected)
}
