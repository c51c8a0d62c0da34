//! Early data (RFC 8446 section 2.3), external PSKs and ticket requests, as the application sees them.

use super::Connection;
use crate::core::Core;
use crate::early::Writing;
use crate::state::State;
use crate::{EarlyDataStatus, Error, ErrorKind, Side, StateName, TicketRequest};

impl Connection {
    /// Client, before the first [`Self::step`]: the application has early data to send, if the first session or PSK on
    /// offer allows it. Whether it does, [`Self::early_data_open`] says once the ClientHello is out.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] for a server, and later.
    pub fn start_early_data(&mut self) -> Result<(), Error> {
        self.wish(Side::Client, 0)
    }

    /// Server, before the first [`Self::step`]: the application will read early data, up to `limit` bytes of it (no more
    /// than the session says).
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] for a client, and later.
    pub fn accept_early_data(&mut self, limit: u32) -> Result<(), Error> {
        self.wish(Side::Server, limit)
    }

    fn wish(&mut self, side: Side, limit: u32) -> Result<(), Error> {
        if self.core.side != side || self.core.facts.state != StateName::Before {
            return Err(ErrorKind::Misuse.into());
        }
        self.core.early.wanted = Some(limit);
        Ok(())
    }

    /// Server: how much early data is skipped if it is not accepted (RFC 8446 section 4.2.10); 16384 bytes unless this
    /// is called.
    pub fn set_early_data_skip_limit(&mut self, limit: u32) {
        self.core.early.skip_limit = limit;
    }

    /// Client: may early data be written now? From the ClientHello until [`Self::finish_early_data`].
    pub fn early_data_open(&self) -> bool {
        self.core.early.writing != Writing::Closed && !self.core.is_write_closed() && !self.is_failed()
    }

    /// Client: puts up to `max_send_fragment` bytes of early data into one record in [`Self::output`]; says how many. Once the
    /// server has [refused](Self::early_data_status) early data, more of it is only counted and dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] unless [`Self::early_data_open`]. [`ErrorKind::EarlyDataLimit`], which is final, if `data` is
    /// longer than what the session still allows.
    pub fn write_early_data(&mut self, data: &[u8]) -> Result<usize, Error> {
        if let State::Failed(error) = &self.state {
            return Err(*error);
        }
        if !self.early_data_open() {
            return Err(ErrorKind::Misuse.into());
        }
        self.seal_early_data(data).map_err(|error| self.fail(error))
    }

    fn seal_early_data(&mut self, data: &[u8]) -> Result<usize, Error> {
        let Core {
            early,
            outbound,
            events,
            ..
        } = &mut self.core;
        let len = u32::try_from(data.len()).ok().filter(|len| *len <= early.left);
        let len = len.ok_or(ErrorKind::EarlyDataLimit)?;
        if early.writing == Writing::Dropped || data.is_empty() {
            early.left -= len;
            return Ok(data.len());
        }
        // There is no other key to turn to.
        if outbound.is_key_worn() {
            return Err(ErrorKind::EarlyDataLimit.into());
        }
        let sent = outbound.data(data, events)?;
        // No more than was given, and that fits.
        early.left = early.left.saturating_sub(u32::try_from(sent).unwrap_or(len));
        Ok(sent)
    }

    /// Client: there is no more early data to write. Without this call the handshake goes no further than to the server's
    /// Finished, where it is [parked](Self::early_data_parked). May come at any time, and without effect.
    ///
    /// # Errors
    /// A failure, which is final.
    pub fn finish_early_data(&mut self) -> Result<(), Error> {
        if self.core.side == Side::Client {
            self.core.early.wanted = None;
            self.core.early.writing = Writing::Closed;
        }
        if !self.early_data_parked() {
            return Ok(());
        }
        match self.take_state().go(&mut self.core) {
            Ok(state) => {
                self.state = state;
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Client: is the server's flight in, and [`Self::finish_early_data`] what the rest of the handshake waits for?
    /// Meanwhile [`Step::Data`](crate::Step::Data) may bring what the server has to say already.
    pub fn early_data_parked(&self) -> bool {
        matches!(&self.state, State::Client(state) if state.is_parked())
    }

    /// Server: is early data being read? [`Step::Data`](crate::Step::Data) then gives what nobody has proven to be fresh,
    /// until the client's EndOfEarlyData.
    pub fn reading_early_data(&self) -> bool {
        matches!(&self.state, State::Server(state) if state.reads_early_data())
    }

    /// What became of early data: `SSL_get_early_data_status(3)`.
    pub fn early_data_status(&self) -> EarlyDataStatus {
        self.core.early.status
    }

    /// Keying material from the early secret (RFC 8446 section 7.5), once early data was sent or accepted.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] without early data, and for a label or an output that is too long.
    pub fn export_early_keying_material(&self, out: &mut [u8], label: &[u8], context: &[u8]) -> Result<(), Error> {
        let exporter = self.core.early.exporter.as_ref().ok_or(ErrorKind::Misuse)?;
        exporter.export(out, label, context)
    }

    /// Is the session that was [resumed](Self::resumed) an external PSK?
    pub fn psk_is_external(&self) -> bool {
        self.core.facts.tickets.psk_is_external
    }

    /// Server: how many tickets the client asked for (RFC 9149), if that is [honoured](crate::Settings::honour_ticket_requests).
    pub fn client_ticket_request(&self) -> Option<TicketRequest> {
        self.core.facts.tickets.request
    }

    /// Client: how many tickets the server says that it will send (RFC 9149).
    pub fn ticket_request_expected(&self) -> Option<u8> {
        self.core.facts.tickets.expected
    }
}
