//! HelloRetryRequest (RFC 8446 section 4.1.4): another key share, please.

use std::sync::Arc;

use super::State;
use super::hello::{Chosen, ExpectHello};
use crate::core::Core;
use crate::message::ClientHello;
use crate::message::server_hello::{RETRY_RANDOM, ServerHelloOut, ShareOut};
use crate::number::Suite13;
use crate::transcript::Transcript;
use crate::{Error, ErrorKind, ExtensionType, HandshakeType, NamedGroup};

/// What a HelloRetryRequest settled, and the ClientHello it answered.
pub(super) struct Retried {
    first: Arc<ClientHello>,
    pub(super) suite: &'static Suite13,
    pub(super) group: NamedGroup,
    /// message_hash and HelloRetryRequest.
    pub(super) transcript: Transcript,
}

/// Sends it. No cookie: the state is kept here.
#[inline(never)]
pub(super) fn retry(core: &mut Core, chosen: Chosen, group: NamedGroup) -> Result<State, Error> {
    let Chosen {
        hello,
        suite,
        before_hello,
        ..
    } = chosen;
    let mut transcript = before_hello;
    transcript.add(hello.raw());
    let mut transcript = transcript.replaced_by_message_hash();
    let retry = ServerHelloOut {
        random: &RETRY_RANDOM,
        session_id: hello.session_id(),
        suite: suite.suite,
        share: ShareOut::Retry(group),
        psk: None,
    };
    core.send(&mut transcript, HandshakeType::SERVER_HELLO, |w| retry.write(w))?;
    send_compatible_ccs(core, &hello)?;
    if hello.has(ExtensionType::EARLY_DATA) {
        core.inbound.skip_early_data_unread(core.early.skip_limit);
    }
    // The second ClientHello will have to show its binder anew.
    core.facts.resumed = None;
    core.facts.tickets.psk_is_external = false;
    let retried = Box::new(Retried {
        first: hello,
        suite,
        group,
        transcript,
    });
    Ok(State::ExpectHello(ExpectHello::second(retried)))
}

/// "if the client sends a non-empty session ID, the server MUST send the change_cipher_spec as described in this
/// appendix": "immediately after its first handshake message. This may either be after a ServerHello or a
/// HelloRetryRequest" (appendix D.4).
pub(super) fn send_compatible_ccs(core: &mut Core, hello: &ClientHello) -> Result<(), Error> {
    if core.settings.middlebox_compat && !hello.session_id().is_empty() {
        core.send_change_cipher_spec()?;
    }
    Ok(())
}

impl Retried {
    /// "The client will also send a ClientHello when the server has responded to its ClientHello with a
    /// HelloRetryRequest. In that case, the client MUST send the same ClientHello without modification, except":
    /// key_share, early_data, cookie, pre_shared_key, padding, and what other extensions allow (section 4.1.2).
    pub(super) fn check_second(&self, second: &ClientHello) -> Result<(), Error> {
        const UNCHANGED: [ExtensionType; 8] = [
            ExtensionType::SERVER_NAME,
            ExtensionType::SUPPORTED_GROUPS,
            ExtensionType::SIGNATURE_ALGORITHMS,
            ExtensionType::ALPN,
            ExtensionType::SUPPORTED_VERSIONS,
            ExtensionType::PSK_KEY_EXCHANGE_MODES,
            ExtensionType::POST_HANDSHAKE_AUTH,
            // It may neither change nor come or go (RFC 9149 section 3).
            ExtensionType::TICKET_REQUEST,
        ];
        let first = &self.first;
        let same = first.legacy_version() == second.legacy_version()
            && first.random() == second.random()
            && first.session_id() == second.session_id()
            && first.cipher_suites() == second.cipher_suites()
            && first.compression_methods() == second.compression_methods()
            && UNCHANGED.iter().all(|t| first.extension(*t) == second.extension(*t));
        // "Removing the 'early_data' extension if one was present. Early data is not permitted after a
        // HelloRetryRequest."
        if !same || second.has(ExtensionType::EARLY_DATA) {
            return Err(ErrorKind::BadSecondHello.into());
        }
        // "If a 'key_share' extension was supplied in the HelloRetryRequest, replacing the list of shares with a list
        // containing a single KeyShareEntry from the indicated group."
        if second.shared_groups()? != [self.group] {
            return Err(ErrorKind::BadKeyShare.into());
        }
        Ok(())
    }
}
