//! How many tickets will follow the handshake: what its end means, and what the client asks for (RFC 9149).

use carnet_ticket::{Ended, Quota};

use crate::core::Core;
use crate::message::{ClientHello, TicketRequest};
use crate::{Error, Settings};

/// Settled with the ServerHello.
#[derive(Debug, Clone, Copy)]
pub(super) struct TicketPlan {
    ended: Ended,
    request: Option<TicketRequest>,
}

impl TicketPlan {
    pub(super) fn new(core: &mut Core, ended: Ended, hello: &ClientHello) -> Result<Self, Error> {
        let request = match core.settings.honour_ticket_requests {
            true => TicketRequest::of_hello(hello)?,
            false => None,
        };
        core.facts.tickets.request = request;
        Ok(Self { ended, request })
    }

    /// What is owed once the client's Finished is in.
    pub(super) fn quota(&self, settings: &Settings) -> Quota {
        let mut quota = Quota::new(settings.num_tickets);
        if let Some(TicketRequest {
            new_session,
            resumption,
        }) = self.request
        {
            quota.client_asks(new_session, resumption);
        }
        quota.handshake_done(self.ended);
        quota
    }

    /// How many tickets are to be expected in this connection (RFC 9149 section 3), for clients that asked.
    pub(super) fn expected(&self, settings: &Settings) -> Option<u8> {
        self.request?;
        Some(u8::try_from(self.quota(settings).owed()).unwrap_or(u8::MAX))
    }
}
