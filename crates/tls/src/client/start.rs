//! The ClientHello goes out: the first, or the one that answers a HelloRetryRequest. Before it the application may have an
//! external PSK to offer (RFC 8446 section 4.2.11).

use super::State;
use super::hello::Hello;
use super::psk::PskOffer;
use super::server_hello::{ExpectServerHello, Retried, Round};
use crate::core::Core;
use crate::number::Suite13;
use crate::state::State as Next;
use crate::transcript::Transcript;
use crate::{Error, ExternalOffer, Offer, ProtocolVersion, Question};

/// Nothing has been sent.
pub(crate) struct Start {
    pub(super) offers: Vec<Offer>,
}

/// What the next ClientHello answers.
pub(super) enum Before {
    Nothing,
    /// A HelloRetryRequest; the transcript ends with it.
    Retry(Transcript, &'static Suite13),
}

impl Start {
    pub(super) fn go(self, core: &mut Core) -> Result<Next, Error> {
        let hello = Hello::new(core.settings.clone(), self.offers)?;
        offer(core, hello, Before::Nothing)
    }
}

/// Asks for an external PSK, if there may be one; then sends the hello.
pub(super) fn offer(core: &mut Core, hello: Hello, before: Before) -> Result<Next, Error> {
    if core.settings.asks_for_psk && hello.offers_tls13() {
        return Ok(State::OfferPsk(Box::new(OfferPsk { hello, before })).into());
    }
    send(core, hello, before)
}

/// The application may have one.
pub(crate) struct OfferPsk {
    hello: Hello,
    before: Before,
}

impl OfferPsk {
    pub(super) fn question(&self) -> Question {
        Question::OfferPsk {
            suite: match &self.before {
                Before::Nothing => None,
                Before::Retry(_, suite) => Some(suite.suite),
            },
        }
    }

    #[inline(never)]
    pub(super) fn answer(self, core: &mut Core, offer: Option<ExternalOffer>) -> Result<Next, Error> {
        let Self { mut hello, before } = self;
        let hash = match &before {
            Before::Nothing => None,
            Before::Retry(_, suite) => Some(suite.hash),
        };
        let offer = offer.and_then(|offer| PskOffer::external(offer, &hello));
        // After a HelloRetryRequest "the client SHOULD NOT offer any pre-shared keys associated with a hash other than that
        // of the selected cipher suite" (section 4.1.4).
        if let Some(offer) = offer.filter(|offer| hash.is_none_or(|hash| hash == offer.hash())) {
            hello.add_psk(offer);
        }
        send(core, hello, before)
    }
}

fn send(core: &mut Core, hello: Hello, before: Before) -> Result<Next, Error> {
    let state = match before {
        Before::Nothing => first(core, hello)?,
        Before::Retry(transcript, suite) => second(core, hello, transcript, suite)?,
    };
    Ok(State::ServerHello(Box::new(state)).into())
}

fn first(core: &mut Core, mut hello: Hello) -> Result<ExpectServerHello, Error> {
    if core.early.wanted.is_some() {
        hello.offer_early_data()?;
    }
    let message = hello.encode(None)?;
    core.facts.randoms.client = *hello.random();
    core.facts.names.server_name = core.settings.server_name.clone();
    // "a record containing an initial ClientHello SHOULD have version 0x0301 (reflecting TLS 1.0) and a record
    // containing a second ClientHello or a ServerHello MUST have version 0x0303" (section 5.1).
    core.outbound.set_version(ProtocolVersion::TLS1_0);
    core.send_encoded(&message)?;
    core.outbound.seal_flight(&mut core.events)?;
    core.outbound.set_version(ProtocolVersion::TLS1_2);
    core.take_warnings(hello.offers_tls12());
    if hello.offers_tls13() {
        core.inbound.tolerate_ccs(true);
    } else {
        // Nothing is to be dropped silently.
        core.inbound.turn_to_tls12();
    }
    hello.begin_early_data(core, &message)?;
    Ok(ExpectServerHello {
        hello,
        round: Round::First(message),
    })
}

fn second(
    core: &mut Core,
    hello: Hello,
    mut transcript: Transcript,
    suite: &'static Suite13,
) -> Result<ExpectServerHello, Error> {
    let message = hello.encode(Some(&transcript))?;
    transcript.add(&message);
    core.send_encoded(&message)?;
    Ok(ExpectServerHello {
        hello,
        round: Round::Second(Box::new(Retried { transcript, suite })),
    })
}
