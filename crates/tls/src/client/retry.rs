//! HelloRetryRequest (RFC 8446 section 4.1.4): the server wants another key share, or a cookie back.

use bytes::Bytes;

use super::early::refused;
use super::hello::Hello;
use super::start::{self, Before};
use crate::core::Core;
use crate::message::Message;
use crate::message::server_hello::ServerHello;
use crate::number::Suite13;
use crate::state::State as Next;
use crate::transcript::Transcript;
use crate::{Error, ErrorKind, ExtensionType, NamedGroup};

/// Sends the second ClientHello.
pub(super) fn retry(
    core: &mut Core,
    mut hello: Hello,
    hello1: &[u8],
    message: &Message,
    server: &ServerHello,
    suite: &'static Suite13,
) -> Result<Next, Error> {
    let (group, cookie) = check(&hello, server)?;
    let mut transcript = Transcript::new(suite.hash);
    transcript.add(hello1);
    let mut transcript = transcript.replaced_by_message_hash();
    transcript.add(message.raw());
    let early = hello.has_early();
    hello.retry(group, cookie, suite.hash)?;
    if early {
        // What was sent of early data is lost, and its key with it: the second ClientHello is not protected.
        core.outbound.clear_key(&mut core.events)?;
        refused(core);
    } else if core.settings.middlebox_compat {
        // "the client sends a dummy change_cipher_spec record [...] immediately before its second flight. This may either
        // be before its second ClientHello or before its encrypted handshake flight" (appendix D.4). With early data it
        // has been sent.
        core.send_change_cipher_spec()?;
    }
    start::offer(core, hello, Before::Retry(transcript, suite))
}

/// What it asks for: a group, a cookie, or both.
fn check(hello: &Hello, server: &ServerHello) -> Result<(Option<NamedGroup>, Option<Bytes>), Error> {
    // "a HelloRetryRequest MUST NOT contain any extensions that were not first offered by the client in its
    // ClientHello, with the exception of optionally the 'cookie' (see Section 4.2.2) extension."
    let offered = hello.offered();
    for (extension_type, _) in server.extensions.iter() {
        match extension_type {
            ExtensionType::SUPPORTED_VERSIONS | ExtensionType::KEY_SHARE | ExtensionType::COOKIE => {}
            known if offered.has(known) => return Err(ErrorKind::BadExtension.into()),
            _ => return Err(ErrorKind::UnsolicitedExtension.into()),
        }
    }
    let group = server.selected_group()?;
    // "the client MUST verify that (1) the selected_group field corresponds to a group which was provided in the
    // 'supported_groups' extension in the original ClientHello and (2) the selected_group field does not correspond to
    // a group which was provided in the 'key_share' extension in the original ClientHello. If either of these checks
    // fails, then the client MUST abort the handshake with an 'illegal_parameter' alert" (section 4.2.8).
    if group.is_some_and(|group| !hello.offers_group(group) || hello.has_share(group)) {
        return Err(ErrorKind::BadHelloRetryRequest.into());
    }
    let cookie = server.cookie()?.map(Bytes::copy_from_slice);
    // "Clients MUST abort the handshake with an 'illegal_parameter' alert if the HelloRetryRequest would not result in
    // any change in the ClientHello."
    if group.is_none() && cookie.is_none() {
        return Err(ErrorKind::BadHelloRetryRequest.into());
    }
    Ok((group, cookie))
}
