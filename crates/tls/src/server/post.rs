//! What a server does after the handshake: tickets (RFC 8446 section 4.6.1) and post-handshake authentication (4.6.2).

use bytes::Bytes;
use carnet_ticket::{Owed, Quota};
use zeroize::Zeroizing;

use super::client_auth::Claim;
use super::finish::check_finished;
use crate::core::Core;
use crate::message::Message;
use crate::message::certificate::{self, Certificate};
use crate::message::post::NewSessionTicket;
use crate::open::TrafficKeys;
use crate::schedule::{ResumptionSecret, Secret};
use crate::state::Wants;
use crate::transcript::Transcript;
use crate::{AlertDescription, Answer, Error, ErrorKind, HandshakeType, NewTicket, Question, TicketDraft};

/// The server after the handshake.
pub(crate) struct Post {
    tickets: Tickets,
    authentication: Authentication,
    /// The end of a handshake or authentication is still to be told.
    unreported: bool,
}

struct Tickets {
    quota: Quota,
    resumption: ResumptionSecret,
    /// The one that the application is making.
    draft: Option<Draft>,
}

struct Draft {
    owed: Owed,
    age_add: u32,
    secret: Secret,
}

/// How far an authentication after the handshake has got.
enum Authentication {
    /// The client did not offer post_handshake_auth.
    NotOffered,
    /// May be asked for. The transcript is that of the main handshake, which each one starts from.
    Possible(Transcript),
    /// The request is out. The client answers when it likes.
    Requested(Ongoing, Bytes),
    AskChain(Ongoing, Vec<Bytes>),
    ExpectVerify(Ongoing, Bytes),
    AskVerified(Ongoing, Claim),
    ExpectFinished(Ongoing),
}

struct Ongoing {
    main_handshake: Transcript,
    transcript: Transcript,
}

impl Post {
    pub(super) fn new(
        quota: Quota,
        resumption: ResumptionSecret,
        main_handshake: Option<Transcript>,
    ) -> Result<Self, Error> {
        let mut tickets = Tickets {
            quota,
            resumption,
            draft: None,
        };
        tickets.next()?;
        let authentication = main_handshake.map_or(Authentication::NotOffered, Authentication::Possible);
        Ok(Self {
            tickets,
            authentication,
            unreported: true,
        })
    }

    pub(crate) fn wants(&self) -> Wants {
        if self.unreported {
            return Wants::Report;
        }
        match &self.authentication {
            Authentication::AskChain(..) | Authentication::AskVerified(..) => Wants::Answer,
            Authentication::ExpectVerify(..) | Authentication::ExpectFinished(..) => Wants::Message,
            _ if self.tickets.draft.is_some() => Wants::Answer,
            _ => Wants::Anything,
        }
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.unreported || self.authentication.is_under_way()
    }

    pub(crate) fn is_authentication_offered(&self) -> bool {
        !matches!(self.authentication, Authentication::NotOffered)
    }

    pub(crate) fn reported(self) -> Self {
        Self {
            unreported: false,
            ..self
        }
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match (&self.authentication, &self.tickets.draft) {
            (Authentication::AskChain(_, chain), _) => Ok(Question::VerifyChain { chain: chain.clone() }),
            (Authentication::AskVerified(_, claim), _) => Ok(claim.question()),
            (_, Some(draft)) => Ok(draft.question()),
            (_, None) => Err(ErrorKind::Internal.into()),
        }
    }

    #[inline(never)]
    pub(crate) fn message(self, core: &mut Core, keys: &mut TrafficKeys, message: Message) -> Result<Self, Error> {
        let Self {
            mut tickets,
            authentication,
            mut unreported,
        } = self;
        let authentication = match authentication {
            Authentication::Requested(ongoing, context) => ongoing.certificate(&message, &context)?,
            Authentication::ExpectVerify(ongoing, leaf) => ongoing.verify(core, &message, leaf)?,
            Authentication::ExpectFinished(ongoing) => {
                let possible = ongoing.finished(core, keys, &message)?;
                tickets.quota.post_handshake_auth_done();
                tickets.next()?;
                unreported = true;
                possible
            }
            _ => return Err(ErrorKind::UnexpectedMessage.into()),
        };
        Ok(Self {
            tickets,
            authentication,
            unreported,
        })
    }

    #[inline(never)]
    pub(crate) fn answer(self, core: &mut Core, _keys: &mut TrafficKeys, answer: Answer) -> Result<Self, Error> {
        let Self {
            mut tickets,
            authentication,
            unreported,
        } = self;
        let authentication = match (authentication, answer) {
            (Authentication::AskChain(ongoing, chain), Answer::Verdict(verdict)) => {
                judged(core, ongoing, chain, verdict)?
            }
            (Authentication::AskVerified(ongoing, _), Answer::Verdict(verdict)) => {
                verdict.map_err(ErrorKind::SignatureRefused)?;
                Authentication::ExpectFinished(ongoing)
            }
            (authentication, Answer::NewTicket(ticket)) if !authentication.is_under_way() => {
                tickets.made(core, ticket)?;
                authentication
            }
            _ => return Err(ErrorKind::WrongAnswer.into()),
        };
        // Tickets that were requested in the middle of it.
        if !authentication.is_under_way() && tickets.draft.is_none() {
            tickets.next()?;
        }
        Ok(Self {
            tickets,
            authentication,
            unreported,
        })
    }

    pub(crate) fn set_num_tickets(&mut self, n: usize) {
        self.tickets.quota.set_num_tickets(n);
    }

    pub(crate) fn request_ticket(&mut self, core: &Core) -> Result<(), Error> {
        if core.is_write_closed() {
            return Err(ErrorKind::Misuse.into());
        }
        self.tickets.quota.request_extra();
        if self.tickets.draft.is_none() && !self.authentication.is_under_way() {
            self.tickets.next()?;
        }
        Ok(())
    }

    pub(crate) fn request_certificate(&mut self, core: &mut Core) -> Result<(), Error> {
        let Authentication::Possible(main_handshake) = &self.authentication else {
            return Err(ErrorKind::Misuse.into());
        };
        if self.unreported || core.is_write_closed() {
            return Err(ErrorKind::Misuse.into());
        }
        // "The certificate_request_context MUST be unique within the scope of this connection [...]. When requesting
        // post-handshake authentication, the server SHOULD make the context unpredictable to the client".
        let mut context = [0; 32];
        getrandom::fill(&mut context)?;
        let mut transcript = main_handshake.clone();
        let settings = core.settings.clone();
        let schemes = certificate::requested_schemes(&settings.schemes)?;
        core.send(&mut transcript, HandshakeType::CERTIFICATE_REQUEST, |w| {
            certificate::write_request(w, &context, &schemes, &settings.authorities);
        })?;
        let ongoing = Ongoing {
            main_handshake: main_handshake.clone(),
            transcript,
        };
        self.authentication = Authentication::Requested(ongoing, Bytes::copy_from_slice(&context));
        Ok(())
    }
}

impl Tickets {
    /// Drafts the next ticket that is owed, if any.
    fn next(&mut self) -> Result<(), Error> {
        self.draft = match self.quota.next_owed() {
            None => None,
            Some(owed) => {
                // "The server MUST generate a fresh value for each ticket it sends."
                let age_add = getrandom::u32()?;
                let secret = self.resumption.psk(&owed.nonce);
                Some(Draft { owed, age_add, secret })
            }
        };
        Ok(())
    }

    /// The application has made the ticket, or declined.
    fn made(&mut self, core: &mut Core, ticket: NewTicket) -> Result<(), Error> {
        let draft = self.draft.take().ok_or(ErrorKind::WrongAnswer)?;
        if core.is_write_closed() {
            // Nothing follows our close_notify.
            return self.next();
        }
        if let NewTicket::Send {
            ticket,
            lifetime,
            max_early_data,
        } = ticket
        {
            core.send_untranscribed(HandshakeType::NEW_SESSION_TICKET, |w| {
                NewSessionTicket::write(w, lifetime, draft.age_add, &draft.owed.nonce, &ticket, max_early_data);
            })?;
        }
        self.next()
    }
}

impl Draft {
    fn question(&self) -> Question {
        Question::MakeTicket(TicketDraft {
            secret: Zeroizing::new(self.secret.as_bytes().to_vec()),
            age_add: self.age_add,
            nonce: self.owed.nonce.to_vec(),
            first_of_full: self.owed.first_of_full,
        })
    }
}

impl Authentication {
    /// The client's answer has begun to come in, and must now come in whole: "All of the client's messages for a given
    /// response MUST appear consecutively on the wire with no intervening messages of other types."
    fn is_under_way(&self) -> bool {
        !matches!(self, Self::NotOffered | Self::Possible(_) | Self::Requested(..))
    }
}

fn judged(
    core: &mut Core,
    ongoing: Ongoing,
    chain: Vec<Bytes>,
    verdict: Result<(), AlertDescription>,
) -> Result<Authentication, Error> {
    verdict.map_err(ErrorKind::ChainRefused)?;
    core.facts.authentication.peer_chain.clone_from(&chain);
    Ok(match chain.into_iter().next() {
        None => Authentication::ExpectFinished(ongoing),
        Some(leaf) => Authentication::ExpectVerify(ongoing, leaf),
    })
}

impl Ongoing {
    fn certificate(mut self, message: &Message, context: &Bytes) -> Result<Authentication, Error> {
        if message.kind() != HandshakeType::CERTIFICATE {
            return Err(ErrorKind::UnexpectedMessage.into());
        }
        let certificate = Certificate::parse(message, false)?;
        if certificate.context != *context {
            return Err(ErrorKind::BadRequestContext.into());
        }
        self.transcript.add(message.raw());
        Ok(Authentication::AskChain(self, certificate.chain))
    }

    fn verify(mut self, core: &mut Core, message: &Message, leaf: Bytes) -> Result<Authentication, Error> {
        if message.kind() != HandshakeType::CERTIFICATE_VERIFY {
            return Err(ErrorKind::UnexpectedMessage.into());
        }
        let claim = Claim::parse(message, &core.settings, leaf, &self.transcript)?;
        self.transcript.add(message.raw());
        core.facts.authentication.peer_scheme = Some(claim.scheme);
        Ok(Authentication::AskVerified(self, claim))
    }

    /// The base key is client_application_traffic_secret_N (section 4.4).
    fn finished(self, core: &mut Core, keys: &TrafficKeys, message: &Message) -> Result<Authentication, Error> {
        if message.kind() != HandshakeType::FINISHED {
            return Err(ErrorKind::UnexpectedMessage.into());
        }
        let expected = keys.read_secret().finished(&self.transcript.current());
        check_finished(&expected, message)?;
        core.facts.finished.peer = Some(expected);
        Ok(Authentication::Possible(self.main_handshake))
    }
}
