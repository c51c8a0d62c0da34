//! From the engine's questions to the application's answers.

use carnet_tls::{AlertDescription, Answer, Question};

use super::held::Held;
use super::run::Halt;
use super::{credential, early, hello, psk, session, session12, tickets, verify};
use crate::error::Error;
use crate::objects::connection::{Connection, Want};

/// What the application says.
pub(super) enum Reply {
    /// Something that the engine can go on with.
    Answer(Answer),
    /// Not yet; the call returns and is to be repeated.
    Later(Want),
    /// It ends here: the alert to send and what to put on the error queue.
    Abort(AlertDescription, Error),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// Calls whatever answers `question`, with the engine let go, and gives the engine the answer.
pub(super) fn answer(held: &mut Held<'_>, question: Question) -> Result<(), Halt> {
    session::note_resumption(held)?;
    let reply = held.released(|connection| reply(connection, question))?;
    let status = held.connection().status();
    match reply {
        Reply::Later(want) => {
            status.set_want(want);
            held.engine()?
                .answer(Answer::Later)
                .map_err(|error| held.failed(error))?;
            Err(Halt::Wait)
        }
        Reply::Answer(answer) => {
            status.set_want(Want::Nothing);
            held.engine()?.answer(answer).map_err(|error| held.failed(error))
        }
        Reply::Abort(alert, error) => {
            status.set_want(Want::Nothing);
            held.fail(alert);
            Err(error.into())
        }
    }
}

fn reply(connection: &Connection, question: Question) -> Reply {
    match question {
        Question::ClientHello => hello::client_hello(connection),
        Question::OpenTicket {
            ticket,
            version,
            index,
            obfuscated_age,
            ..
        } => {
            // Only the first may come with early data (RFC 8446 section 4.2.10).
            connection.facts().progress.claimed_age = (index == 0).then_some(obfuscated_age);
            // The first of a hello's: after a HelloRetryRequest everything is tried again, as in OpenSSL.
            if index == 0 && !psk::may_be_found(connection) {
                tickets::begin_search(connection);
            }
            tickets::open(connection, &ticket, version)
        }
        Question::FindSession { session_id } => session12::find(connection, &session_id),
        Question::FindPsk { identity, index } => {
            if index == 0 {
                tickets::begin_search(connection);
            }
            psk::find(connection, &identity)
        }
        Question::OfferPsk { suite } => psk::offer(connection, suite),
        Question::AllowEarlyData => Answer::EarlyData(early::may_accept(connection)).into(),
        Question::ServerName { name } => hello::server_name(connection, name),
        Question::Protocol { offered } => hello::protocol(connection, &offered),
        Question::Credential(request) => credential::choose(connection, &request),
        Question::Sign { scheme, message } => credential::sign(connection, scheme, &message),
        Question::VerifyChain { chain } => verify::chain(connection, chain),
        Question::VerifySignature {
            scheme,
            leaf,
            message,
            signature,
        } => verify::signature(connection, scheme, &leaf, &message, &signature),
        Question::MakeTicket(draft) => tickets::make(connection, &draft),
        Question::ReceivedTicket(ticket) => session::received_ticket(connection, ticket),
    }
}
