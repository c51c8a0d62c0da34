//! How many tickets a TLS 1.3 server owes its client, and the nonce of each.
//!
//! As OpenSSL 3.0 counts (`SSL_CTX_set_num_tickets(3)`, `SSL_new_session_ticket(3)`). Whether a ticket that is owed is
//! really sent is another matter: one that the key callback declines counts as sent.

/// How the main handshake ended, as far as tickets are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// In full. `renew` is false only if the application ignored the client's ticket without asking for a new one.
    Full {
        /// Whether tickets are due.
        renew: bool,
    },
    /// Resumed from a ticket.
    Resumed {
        /// Whether a new one is due.
        renew: bool,
    },
    /// With an external PSK.
    ExternalPsk,
}

/// Which rule says how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// No handshake has ended, or its tickets are not wanted.
    None,
    /// As many as were configured.
    All,
    /// One, unless none are configured.
    One,
}

/// A ticket that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// Its ticket_nonce (RFC 8446 section 4.6.1), distinct for each ticket of a connection.
    pub nonce: [u8; 8],
    /// The connection's own session object goes into it; otherwise a copy does.
    pub first_of_full: bool,
}

/// What a server owes.
#[derive(Debug, Clone)]
pub struct Quota {
    num_tickets: usize,
    /// What the client asks for, after a full handshake and after one with a PSK.
    asked: Option<(u8, u8)>,
    rule: Rule,
    resumed: bool,
    /// Since the last handshake or post-handshake authentication.
    sent: usize,
    extra: usize,
    next_nonce: u64,
}

impl Quota {
    /// Owes nothing until a handshake ends.
    pub fn new(num_tickets: usize) -> Self {
        Self {
            num_tickets,
            asked: None,
            rule: Rule::None,
            resumed: false,
            sent: 0,
            extra: 0,
            next_nonce: 0,
        }
    }

    /// `SSL_set_num_tickets(3)`.
    pub fn set_num_tickets(&mut self, num_tickets: usize) {
        self.num_tickets = num_tickets;
    }

    /// `SSL_get_num_tickets(3)`.
    pub fn num_tickets(&self) -> usize {
        self.num_tickets
    }

    /// The client asks for so many tickets after a full handshake, or after one with a PSK (RFC 9149). It gets no more
    /// than are configured, and none where none are due.
    pub fn client_asks(&mut self, new_session: u8, resumption: u8) {
        self.asked = Some((new_session, resumption));
    }

    /// The client's Finished is in.
    pub fn handshake_done(&mut self, ended: Ended) {
        self.resumed = !matches!(ended, Ended::Full { .. });
        self.sent = 0;
        self.rule = match ended {
            Ended::Full { renew: true } => Rule::All,
            Ended::Resumed { renew: true } | Ended::ExternalPsk => Rule::One,
            Ended::Full { renew: false } | Ended::Resumed { renew: false } => Rule::None,
        };
    }

    /// The client has answered a post-handshake CertificateRequest. Its new identity goes into new tickets, as many as
    /// such a handshake gets, due or not.
    pub fn post_handshake_auth_done(&mut self) {
        self.sent = 0;
        self.rule = if self.resumed { Rule::One } else { Rule::All };
    }

    /// `SSL_new_session_ticket(3)`: one more.
    pub fn request_extra(&mut self) {
        self.extra = self.extra.saturating_add(1);
    }

    /// Are extra tickets waiting?
    pub fn has_extra(&self) -> bool {
        self.extra > 0
    }

    /// How many are owed now.
    pub fn owed(&self) -> usize {
        self.regular().saturating_add(self.extra)
    }

    fn regular(&self) -> usize {
        let limit = match self.rule {
            Rule::None => 0,
            Rule::All | Rule::One => self.num_tickets.min(match (self.asked, self.rule) {
                (Some((_, resumption)), _) if self.resumed => resumption.into(),
                (Some((new_session, _)), _) => new_session.into(),
                (None, Rule::One) => 1,
                (None, _) => usize::MAX,
            }),
        };
        limit.saturating_sub(self.sent)
    }

    /// The next one that is owed; it counts as sent.
    pub fn next_owed(&mut self) -> Option<Owed> {
        if self.regular() == 0 {
            self.extra = self.extra.checked_sub(1)?;
        }
        let owed = Owed {
            nonce: self.next_nonce.to_be_bytes(),
            first_of_full: self.sent == 0 && !self.resumed,
        };
        self.sent = self.sent.saturating_add(1);
        self.next_nonce = self.next_nonce.wrapping_add(1);
        Some(owed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(quota: &mut Quota) -> Vec<u64> {
        std::iter::from_fn(|| quota.next_owed())
            .map(|owed| u64::from_be_bytes(owed.nonce))
            .collect()
    }

    fn owed_after(num_tickets: usize, ended: Ended) -> usize {
        let mut quota = Quota::new(num_tickets);
        assert_eq!(quota.owed(), 0, "before the handshake is done");
        quota.handshake_done(ended);
        quota.owed()
    }

    #[test]
    fn full_handshake_gets_all() {
        for num_tickets in [0, 1, 2, 7] {
            assert_eq!(owed_after(num_tickets, Ended::Full { renew: true }), num_tickets);
            assert_eq!(owed_after(num_tickets, Ended::Full { renew: false }), 0);
        }
    }

    #[test]
    fn resumption_gets_one_at_most_and_only_if_due() {
        for num_tickets in [0, 1, 2, 7] {
            assert_eq!(
                owed_after(num_tickets, Ended::Resumed { renew: true }),
                num_tickets.min(1)
            );
            assert_eq!(owed_after(num_tickets, Ended::Resumed { renew: false }), 0);
            assert_eq!(owed_after(num_tickets, Ended::ExternalPsk), num_tickets.min(1));
        }
    }

    #[test]
    fn a_client_gets_what_it_asks_for_within_what_is_configured() {
        let asking = |num_tickets, ended| {
            let mut quota = Quota::new(num_tickets);
            quota.client_asks(3, 2);
            quota.handshake_done(ended);
            quota
        };
        for (num_tickets, full, resumed) in [(0, 0, 0), (1, 1, 1), (2, 2, 2), (9, 3, 2)] {
            assert_eq!(asking(num_tickets, Ended::Full { renew: true }).owed(), full);
            assert_eq!(asking(num_tickets, Ended::Resumed { renew: true }).owed(), resumed);
            assert_eq!(asking(num_tickets, Ended::ExternalPsk).owed(), resumed);
            assert_eq!(asking(num_tickets, Ended::Full { renew: false }).owed(), 0);
            assert_eq!(asking(num_tickets, Ended::Resumed { renew: false }).owed(), 0);
        }
        let mut quota = asking(9, Ended::Full { renew: true });
        assert_eq!(drain(&mut quota).len(), 3);
        quota.post_handshake_auth_done();
        assert_eq!(drain(&mut quota).len(), 3);
    }

    #[test]
    fn post_handshake_auth_starts_again() {
        let mut quota = Quota::new(3);
        quota.handshake_done(Ended::Full { renew: true });
        assert_eq!(drain(&mut quota), [0, 1, 2]);
        quota.post_handshake_auth_done();
        assert_eq!(drain(&mut quota), [3, 4, 5], "the nonce never restarts");

        for renew in [false, true] {
            let mut quota = Quota::new(3);
            quota.handshake_done(Ended::Resumed { renew });
            drain(&mut quota);
            quota.post_handshake_auth_done();
            assert_eq!(quota.owed(), 1, "after a resumption, renew {renew}");
        }

        let mut quota = Quota::new(3);
        quota.handshake_done(Ended::Full { renew: false });
        quota.post_handshake_auth_done();
        assert_eq!(quota.owed(), 3, "also when the handshake itself got none");
    }

    #[test]
    fn extra_tickets_come_on_top() {
        let mut quota = Quota::new(0);
        quota.handshake_done(Ended::Full { renew: true });
        assert!(!quota.has_extra());
        quota.request_extra();
        quota.request_extra();
        assert!(quota.has_extra());
        assert_eq!(drain(&mut quota), [0, 1]);
        assert_eq!(quota.next_owed(), None);
        quota.request_extra();
        assert_eq!(drain(&mut quota), [2]);
    }

    #[test]
    fn extra_tickets_do_not_use_up_the_regular_ones() {
        let mut quota = Quota::new(1);
        quota.handshake_done(Ended::Resumed { renew: false });
        quota.request_extra();
        drain(&mut quota);
        quota.post_handshake_auth_done();
        assert_eq!(quota.owed(), 1);
    }

    #[test]
    fn the_first_of_a_full_handshake_is_the_connections_own() {
        let own = |quota: &mut Quota| quota.next_owed().unwrap().first_of_full;
        let mut quota = Quota::new(2);
        quota.handshake_done(Ended::Full { renew: true });
        assert!(own(&mut quota) && !own(&mut quota));
        quota.request_extra();
        assert!(!own(&mut quota));

        let mut quota = Quota::new(2);
        quota.handshake_done(Ended::Resumed { renew: true });
        assert!(!own(&mut quota));
    }

    #[test]
    fn num_tickets_may_change_while_they_go_out() {
        let mut quota = Quota::new(2);
        quota.handshake_done(Ended::Full { renew: true });
        quota.next_owed();
        quota.set_num_tickets(1);
        assert_eq!(quota.owed(), 0);
        quota.set_num_tickets(3);
        assert_eq!((quota.owed(), quota.num_tickets()), (2, 3));
    }
}
