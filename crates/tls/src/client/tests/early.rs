//! Early data and ticket requests: what a server may say of them, and what not.

use std::sync::Arc;

use bytes::Bytes;

use crate::client::puppet::{ENCRYPTED_EXTENSIONS, Hi, NEW_SESSION_TICKET, PSK, Puppet, SUITE, offer, settings};
use crate::{
    AlertDescription, CipherSuite, ContentType, EarlyDataStatus as Status, ErrorKind, ExtensionType, HandshakeType,
    NamedGroup, Offer, ProtocolVersion, Question, Settings, TicketRequest,
};

const EE: HandshakeType = HandshakeType::ENCRYPTED_EXTENSIONS;
/// early_data, and nothing else.
const ACCEPTED: &[u8] = &[0, 4, 0, 42, 0, 0];

fn allowing() -> Offer {
    let mut offer = offer(SUITE);
    Arc::make_mut(&mut offer.session).max_early_data = 100;
    offer
}

/// Up to ServerHello, which `change` changes, and which selects the first PSK.
fn until_hi(offers: Vec<Offer>, settings: Settings, change: impl FnOnce(&mut Hi)) -> Puppet {
    let mut puppet = Puppet::eager(settings, offers).unwrap();
    let hello = puppet.hear_hello().unwrap();
    assert_eq!(hello.extension(ExtensionType::EARLY_DATA), Some(&[][..]));
    let mut hi = puppet.hi(&hello).unwrap();
    hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]);
    change(&mut hi);
    let is_psk = hi.extensions.iter().any(|(t, _)| *t == ExtensionType::PRE_SHARED_KEY);
    puppet.say_hi(&hi, is_psk.then_some(&PSK[..])).unwrap();
    puppet
}

fn parked(extensions: &[u8]) -> Puppet {
    let mut puppet = until_hi(vec![allowing()], settings(), |_| {});
    puppet.say(EE, extensions).unwrap();
    puppet.say_finished().unwrap();
    assert!(puppet.client.early_data_parked());
    assert_eq!(puppet.done, 0);
    puppet
}

#[test]
fn accepted_or_not_the_end_is_the_applications() {
    for (extensions, status) in [(ACCEPTED, Status::Accepted), (ENCRYPTED_EXTENSIONS, Status::Rejected)] {
        let mut puppet = parked(extensions);
        assert_eq!(puppet.client.early_data_status(), status);
        puppet.wire.clear();
        assert_eq!(puppet.client.write_early_data(b"data"), Ok(4));
        puppet.feed(&[]).unwrap();
        assert_eq!(
            !puppet.wire.is_empty(),
            status == Status::Accepted,
            "what is refused is not sent"
        );
        puppet.wire.clear();
        puppet.client.finish_early_data().unwrap();
        puppet.feed(&[]).unwrap();
        assert_eq!(puppet.done, 1);
        // EndOfEarlyData and Finished have keys, and so records, of their own.
        let records = if status == Status::Accepted { 2 } else { 1 };
        let mut wire = &puppet.wire[..];
        for _ in 0..records {
            assert_eq!(wire[0], 23);
            wire = &wire[5 + usize::from(u16::from_be_bytes([wire[3], wire[4]]))..];
        }
        assert!(wire.is_empty());
        puppet
            .say(HandshakeType::NEW_SESSION_TICKET, NEW_SESSION_TICKET)
            .unwrap();
    }
}

#[test]
fn while_parked_there_is_data_and_no_message_but_tickets() {
    for kind in (0..=u8::MAX).map(HandshakeType) {
        let mut puppet = parked(ACCEPTED);
        puppet.say_record(ContentType::APPLICATION_DATA, b"data").unwrap();
        let expected = match kind {
            HandshakeType::NEW_SESSION_TICKET => ErrorKind::Malformed,
            _ => ErrorKind::UnexpectedMessage,
        };
        assert_eq!(puppet.say(kind, &[]), Err(expected), "{kind:?}");
    }
    let mut puppet = parked(ACCEPTED);
    puppet.say_record(ContentType::ALERT, &[1, 0]).unwrap();
    assert!(puppet.client.peer_closed());
}

/// A server that knows what our Finished will be has no need to wait for it (RFC 8446 section 4.6.1).
#[test]
fn tickets_that_come_before_our_finished_are_kept_until_then() {
    const NST: HandshakeType = HandshakeType::NEW_SESSION_TICKET;
    let secrets = |puppet: &Puppet| -> Vec<_> {
        let tickets = puppet.questions.iter().filter_map(|question| match question {
            Question::ReceivedTicket(ticket) => Some((ticket.nonce.to_vec(), ticket.secret.to_vec())),
            _ => None,
        });
        tickets.collect()
    };
    let other = [&NEW_SESSION_TICKET[..9], &[7], &NEW_SESSION_TICKET[10..]].concat();
    for extensions in [ACCEPTED, ENCRYPTED_EXTENSIONS] {
        let mut puppet = parked(extensions);
        puppet.say(NST, NEW_SESSION_TICKET).unwrap();
        puppet.say_record(ContentType::APPLICATION_DATA, b"data").unwrap();
        puppet.say(NST, &other).unwrap();
        assert!(puppet.client.early_data_parked());
        assert!(secrets(&puppet).is_empty(), "what they mean depends on our Finished");
        puppet.client.finish_early_data().unwrap();
        puppet.feed(&[]).unwrap();
        assert_eq!(puppet.done, 1);
        let early = secrets(&puppet);
        assert_eq!([&early[0].0[..], &early[1].0], [[0], [7]]);
        puppet.say(NST, NEW_SESSION_TICKET).unwrap();
        let late = secrets(&puppet);
        assert_eq!((late.len(), &late[2]), (3, &early[0]), "as if it had come now");
    }
    let mut puppet = parked(ACCEPTED);
    let said = (0..17).map(|_| puppet.say(NST, NEW_SESSION_TICKET));
    let said: Vec<_> = said.collect();
    assert_eq!(said.last(), Some(&Err(ErrorKind::UnexpectedMessage)), "not for ever");
    assert!(said[..16].iter().all(Result::is_ok));
}

#[test]
fn only_legal_messages_come_with_early_data() {
    for extensions in [ACCEPTED, ENCRYPTED_EXTENSIONS] {
        for kind in (0..=u8::MAX).map(HandshakeType) {
            let mut puppet = until_hi(vec![allowing()], settings(), |_| {});
            if kind != EE {
                assert_eq!(puppet.say(kind, &[]), Err(ErrorKind::UnexpectedMessage));
                let mut puppet = until_hi(vec![allowing()], settings(), |_| {});
                puppet.say(EE, extensions).unwrap();
                let expected = match kind {
                    HandshakeType::FINISHED => ErrorKind::Malformed,
                    _ => ErrorKind::UnexpectedMessage,
                };
                assert_eq!(puppet.say(kind, &[]), Err(expected));
            }
        }
        let mut puppet = until_hi(vec![allowing()], settings(), |_| {});
        puppet.say(EE, extensions).unwrap();
        let said = puppet.say_record(ContentType::APPLICATION_DATA, b"data");
        assert_eq!(said, Err(ErrorKind::UnexpectedRecord));
    }
}

/// EncryptedExtensions accept early data though they can't.
#[track_caller]
fn bad(offers: Vec<Offer>, settings: Settings, change: impl FnOnce(&mut Hi), extensions: &[u8]) {
    let mut puppet = until_hi(offers, settings, change);
    assert_eq!(puppet.say(EE, extensions), Err(ErrorKind::BadEarlyData));
    assert_eq!(
        ErrorKind::BadEarlyData.alert(),
        Some(AlertDescription::IllegalParameter)
    );
    assert_eq!(puppet.client.early_data_status(), Status::Rejected);
}

#[test]
fn it_is_accepted_with_its_own_psk_suite_and_protocol_only() {
    let second = |hi: &mut Hi| hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 1]);
    bad(vec![allowing(), offer(SUITE)], settings(), second, ACCEPTED);
    bad(
        vec![allowing()],
        settings(),
        |hi| hi.remove(ExtensionType::PRE_SHARED_KEY),
        ACCEPTED,
    );
    // A protocol where the session has none; and the session's, which is not selected.
    bad(
        vec![allowing()],
        settings(),
        |_| {},
        &[0, 13, 0, 42, 0, 0, 0, 16, 0, 5, 0, 3, 2, b'h', b'2'],
    );
    let mut h2 = allowing();
    Arc::make_mut(&mut h2.session).alpn = Some(Bytes::from_static(b"h2"));
    bad(vec![h2], settings(), |_| {}, ACCEPTED);
    // Another suite of the same hash.
    let chacha = CipherSuite::TLS_CHACHA20_POLY1305_SHA256;
    let mut other = allowing();
    Arc::make_mut(&mut other.session).cipher = chacha.0;
    let both = Settings {
        suites: vec![SUITE, chacha],
        ..settings()
    };
    bad(vec![other], both, |_| {}, ACCEPTED);
}

#[test]
fn the_extension_is_empty_and_only_where_it_was_offered() {
    let mut puppet = until_hi(vec![allowing()], settings(), |_| {});
    assert_eq!(puppet.say(EE, &[0, 5, 0, 42, 0, 1, 0]), Err(ErrorKind::Malformed));
    let mut puppet = Puppet::until_resumed_hi(settings()).unwrap();
    assert_eq!(puppet.say(EE, ACCEPTED), Err(ErrorKind::UnsolicitedExtension));
    // In ServerHello it has no place.
    let mut puppet = Puppet::eager(settings(), vec![allowing()]).unwrap();
    let hello = puppet.hear_hello().unwrap();
    let mut hi = puppet.hi(&hello).unwrap();
    hi.set(ExtensionType::EARLY_DATA, &[]);
    let said = puppet.say(HandshakeType::SERVER_HELLO, &hi.body());
    assert_eq!(said, Err(ErrorKind::BadExtension));
}

#[test]
fn a_retry_ends_it() {
    let mut puppet = Puppet::eager(settings(), vec![allowing()]).unwrap();
    let hello = puppet.hear_hello().unwrap();
    let retry = puppet.retry(&hello, NamedGroup::SECP256R1);
    let second = puppet.say_retry(&retry).unwrap();
    assert!(!second.has(ExtensionType::EARLY_DATA) && second.has(ExtensionType::PRE_SHARED_KEY));
    assert_eq!(puppet.client.write_early_data(b"data"), Ok(4));
    assert!(
        puppet.client.output().is_empty(),
        "dropped, and certainly not sent unprotected"
    );
    let mut hi = puppet.hi(&second).unwrap();
    hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]);
    puppet.say_hi(&hi, Some(&PSK)).unwrap();
    assert_eq!(puppet.say(EE, ACCEPTED), Err(ErrorKind::UnsolicitedExtension));
}

#[test]
fn tls12_is_no_answer_to_it() {
    let both = Settings {
        suites: vec![SUITE, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256],
        ..settings()
    };
    let mut puppet = Puppet::eager(both, vec![allowing()]).unwrap();
    let hello = puppet.hear_hello().unwrap();
    let mut hi = puppet.hi_without_share(&hello);
    hi.extensions.clear();
    hi.suite = 0xc02f;
    let said = puppet.say(HandshakeType::SERVER_HELLO, &hi.body());
    assert_eq!(said, Err(ErrorKind::UnsupportedVersion));
    assert_eq!(
        ErrorKind::UnsupportedVersion.alert(),
        Some(AlertDescription::ProtocolVersion)
    );
    assert!(
        puppet
            .client
            .version()
            .is_none_or(|version| version != ProtocolVersion::TLS1_2)
    );
}

#[test]
fn one_key_lasts_for_all_of_it() {
    let mut puppet = Puppet::eager(settings(), vec![allowing()]).unwrap();
    puppet.client.set_write_sequence(1 << 23);
    let error = puppet.client.write_early_data(b"data").unwrap_err();
    assert_eq!(
        (error.kind(), error.alert()),
        (ErrorKind::EarlyDataLimit, Some(AlertDescription::InternalError))
    );
    assert!(puppet.client.write_early_data(b"data").is_err() && puppet.client.finish_early_data().is_ok());
    assert!(puppet.client.is_failed());
}

#[test]
fn a_promise_of_tickets_is_one_byte_and_asked_for() {
    let asking = |request| {
        let settings = Settings {
            ticket_request: request,
            ..settings()
        };
        let mut puppet = Puppet::new(settings, Vec::new()).unwrap();
        let hello = puppet.hear_hello().unwrap();
        let sent = hello.extension(ExtensionType::TICKET_REQUEST).map(<[u8]>::to_vec);
        let hi = puppet.hi(&hello).unwrap();
        (puppet, hi, sent)
    };
    let request = Some(TicketRequest {
        new_session: 1,
        resumption: 2,
    });
    for (data, expected) in [
        (&[7][..], Ok(())),
        (&[], Err(ErrorKind::Malformed)),
        (&[1, 2], Err(ErrorKind::Malformed)),
    ] {
        let (mut puppet, hi, sent) = asking(request);
        assert_eq!(sent, Some(vec![1, 2]));
        puppet.say_hi(&hi, None).unwrap();
        let len = u8::try_from(data.len()).unwrap();
        let body = [&[0, 4 + len, 0, 58, 0, len], data].concat();
        assert_eq!(puppet.say(EE, &body), expected);
        assert_eq!(puppet.client.ticket_request_expected(), expected.ok().map(|()| 7));
    }
    let (mut puppet, hi, sent) = asking(None);
    assert_eq!(sent, None);
    puppet.say_hi(&hi, None).unwrap();
    assert_eq!(
        puppet.say(EE, &[0, 5, 0, 58, 0, 1, 7]),
        Err(ErrorKind::UnsolicitedExtension)
    );
    assert_eq!(
        ErrorKind::UnsolicitedExtension.alert(),
        Some(AlertDescription::UnsupportedExtension)
    );
    // In ServerHello it has no place.
    let (mut puppet, mut hi, _) = asking(request);
    hi.set(ExtensionType::TICKET_REQUEST, &[7]);
    let said = puppet.say(HandshakeType::SERVER_HELLO, &hi.body());
    assert_eq!(said, Err(ErrorKind::BadExtension));
}
