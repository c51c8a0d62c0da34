//! Early data: what a client may do wrong with it.

use std::sync::Arc;

use carnet_ticket::{Secret, Session};

use super::puppet::{Hello, Puppet, any, settings};
use crate::kx::KeyShare;
use crate::transcript::Transcript;
use crate::{
    ContentType, EarlyDataStatus as Status, ErrorKind, ExtensionType, HandshakeType as H, NamedGroup, Settings,
    TicketRequest,
};

const PSK: &[u8] = b"the psk";
const LIMIT: u32 = 100;

fn puppet(settings: Settings, accepting: bool) -> Puppet {
    let mut puppet = Puppet::new(settings);
    if accepting {
        puppet.server.accept_early_data(1 << 20).unwrap();
    }
    let mut session = Session::new(0x0304, 0x1301, Secret::new(PSK).unwrap(), 0);
    session.max_early_data = LIMIT;
    puppet.session = Some(Arc::new(session));
    puppet.knows_first = true;
    puppet
}

fn hello(puppet: &Puppet, share: &KeyShare, early_data: &[u8]) -> Vec<u8> {
    let mut hello = Hello::good(share);
    hello.set(ExtensionType::EARLY_DATA, early_data.to_vec());
    hello.with_psks(&[b"0"], PSK, &puppet.transcript)
}

/// The server's flight is in, and early data may be sent, or is skipped.
fn after_flight(accepting: bool) -> Puppet {
    let mut puppet = puppet(settings(), accepting);
    let share = KeyShare::generate(NamedGroup::X25519).unwrap();
    puppet.say(&hello(&puppet, &share, &[])).unwrap();
    let until_hello = puppet.transcript.clone();
    puppet.hear_hello(share, Some(PSK));
    puppet.hear_flight();
    let until_flight = std::mem::replace(&mut puppet.transcript, until_hello);
    puppet.turn_early(PSK);
    puppet.transcript = until_flight;
    puppet
}

pub(super) fn reading() -> Puppet {
    let puppet = after_flight(true);
    assert_eq!(puppet.server.early_data_status(), Status::Accepted);
    assert!(puppet.server.reading_early_data());
    puppet
}

pub(super) fn after() -> Puppet {
    let mut puppet = reading();
    puppet.say(&any(H::END_OF_EARLY_DATA, &[])).unwrap();
    puppet.turn_to_handshake();
    puppet
}

fn say_data(puppet: &mut Puppet, data: &[u8]) -> Result<(), ErrorKind> {
    puppet.say_record(ContentType::APPLICATION_DATA, data)
}

#[test]
fn it_ends_with_end_of_early_data_in_the_transcript() {
    let mut puppet = reading();
    say_data(&mut puppet, &[1; 60]).unwrap();
    say_data(&mut puppet, &[1; 40]).unwrap();
    assert_eq!(say_data(&mut puppet, &[1]), Err(ErrorKind::TooMuchEarlyData));
    assert_eq!(puppet.data.len(), 100);

    let mut puppet = after();
    assert!(!puppet.server.reading_early_data());
    puppet.say(&puppet.finished()).unwrap();
    assert_eq!(puppet.done, 1);

    let mut puppet = reading();
    let without = puppet.transcript.clone();
    puppet.say(&any(H::END_OF_EARLY_DATA, &[])).unwrap();
    puppet.transcript = without;
    puppet.turn_to_handshake();
    assert_eq!(puppet.say(&puppet.finished()), Err(ErrorKind::BadFinished));
}

#[test]
fn end_of_early_data_is_empty_and_ends_its_record() {
    let mut puppet = reading();
    assert_eq!(puppet.say(&any(H::END_OF_EARLY_DATA, &[0])), Err(ErrorKind::Malformed));
    for next in [any(H::FINISHED, &[0; 32]), any(H::END_OF_EARLY_DATA, &[]), vec![20]] {
        let mut puppet = reading();
        let two = [any(H::END_OF_EARLY_DATA, &[]), next].concat();
        assert_eq!(puppet.say(&two), Err(ErrorKind::InterleavedMessage));
    }
    let mut puppet = reading();
    puppet.say_record(ContentType::HANDSHAKE, &[5, 0]).unwrap();
    assert_eq!(say_data(&mut puppet, b"data"), Err(ErrorKind::InterleavedMessage));
    let mut puppet = reading();
    puppet.say_record(ContentType::HANDSHAKE, &[5, 0]).unwrap();
    puppet.say_record(ContentType::HANDSHAKE, &[0, 0]).unwrap();
    assert!(!puppet.server.reading_early_data(), "in pieces it is still one message");
}

#[test]
fn it_can_not_be_left_out_or_come_twice() {
    let mut puppet = reading();
    assert_eq!(puppet.say(&puppet.finished()), Err(ErrorKind::UnexpectedMessage));
    // Under the handshake's key, as if there had been none.
    let mut puppet = reading();
    puppet.turn_to_handshake();
    assert_eq!(puppet.say(&puppet.finished()), Err(ErrorKind::BadRecordMac));
    let mut puppet = after();
    assert_eq!(
        puppet.say(&any(H::END_OF_EARLY_DATA, &[])),
        Err(ErrorKind::UnexpectedMessage)
    );
    let mut puppet = after();
    assert_eq!(say_data(&mut puppet, b"data"), Err(ErrorKind::UnexpectedRecord));
    assert!(puppet.data.is_empty());
    // More early data, after its end.
    let mut puppet = after();
    puppet.turn_early(PSK);
    assert_eq!(say_data(&mut puppet, b"data"), Err(ErrorKind::BadRecordMac));
    // Unprotected.
    let mut puppet = reading();
    puppet.write = None;
    assert_eq!(
        puppet.say(&any(H::END_OF_EARLY_DATA, &[])),
        Err(ErrorKind::BadRecordType)
    );
}

#[test]
fn nothing_is_skipped_where_it_was_accepted() {
    let mut puppet = reading();
    let junk = [&[23, 3, 3, 0, 30][..], &[0; 30]].concat();
    assert_eq!(puppet.feed(&junk).unwrap_err().kind(), ErrorKind::BadRecordMac);
    let mut puppet = reading();
    puppet.feed(&[20, 3, 3, 0, 1, 1]).unwrap();
    say_data(&mut puppet, b"data").unwrap();
    let result = (0..33).try_for_each(|_| say_data(&mut puppet, b""));
    assert_eq!(result, Err(ErrorKind::TooManyEmptyRecords));
}

#[test]
fn refused_it_is_skipped_until_the_second_flight() {
    let mut puppet = after_flight(false);
    assert_eq!(puppet.server.early_data_status(), Status::Rejected);
    for _ in 0..3 {
        say_data(&mut puppet, b"data").unwrap();
    }
    // Even its end is skipped.
    let transcript = puppet.transcript.clone();
    puppet.say(&any(H::END_OF_EARLY_DATA, &[])).unwrap();
    puppet.transcript = transcript;
    puppet.turn_to_handshake();
    puppet.say(&puppet.finished()).unwrap();
    assert_eq!((puppet.done, puppet.data.len()), (1, 0));

    let mut puppet = after_flight(false);
    puppet.turn_to_handshake();
    assert_eq!(
        puppet.say(&any(H::END_OF_EARLY_DATA, &[])),
        Err(ErrorKind::UnexpectedMessage)
    );
    let mut puppet = after_flight(false);
    let result = (0..20).try_for_each(|_| say_data(&mut puppet, &[0; 1000]));
    assert_eq!(result, Err(ErrorKind::TooMuchEarlyData));
    // Records of nothing count, too.
    let mut puppet = after_flight(false);
    puppet.server.set_early_data_skip_limit(20);
    let result = (0..20_000).try_for_each(|_| say_data(&mut puppet, &[]));
    assert_eq!(result, Err(ErrorKind::TooMuchEarlyData));
}

#[test]
fn after_a_retry_there_is_none() {
    let retried = || {
        let mut settings = settings();
        settings.groups = vec![NamedGroup::SECP256R1];
        let mut puppet = puppet(settings, true);
        let share = KeyShare::generate(NamedGroup::X25519).unwrap();
        puppet.say(&hello(&puppet, &share, &[])).unwrap();
        puppet.transcript = std::mem::replace(
            &mut puppet.transcript,
            Transcript::new(crate::schedule::HashAlgorithm::Sha256),
        )
        .replaced_by_message_hash();
        let (_, retry) = puppet.hear_record();
        puppet.transcript.add(&retry);
        puppet
    };
    let share = KeyShare::generate(NamedGroup::SECP256R1).unwrap();
    let mut puppet = retried();
    assert_eq!(puppet.say(&hello(&puppet, &share, &[])), Err(ErrorKind::BadSecondHello));

    let second = |puppet: &Puppet| Hello::good(&share).with_psks(&[b"0"], PSK, &puppet.transcript);
    let mut puppet = retried();
    puppet.feed(&[23, 3, 3, 0, 3, 1, 2, 3]).unwrap();
    puppet.say(&second(&puppet)).unwrap();
    assert!(!puppet.server.reading_early_data());
    assert_eq!(puppet.server.early_data_status(), Status::Rejected);
    // The second hello has ended it.
    puppet.turn_early(PSK);
    assert_eq!(say_data(&mut puppet, b"data"), Err(ErrorKind::BadRecordMac));
}

#[test]
fn the_extension_is_empty() {
    let mut puppet = puppet(settings(), true);
    let share = KeyShare::generate(NamedGroup::X25519).unwrap();
    assert_eq!(puppet.say(&hello(&puppet, &share, &[0])), Err(ErrorKind::Malformed));
}

#[test]
fn the_server_may_write_from_its_finished_on() {
    let mut puppet = puppet(settings(), true);
    assert_eq!(puppet.server.write(b"x").map_err(|e| e.kind()), Err(ErrorKind::Misuse));
    let mut puppet = reading();
    assert_eq!(puppet.server.write(b""), Ok(0));
    assert_eq!(puppet.server.write(b"data"), Ok(4));
    puppet.server.set_write_sequence(1 << 23);
    assert_eq!(puppet.server.write(b"data"), Ok(0), "there can be no KeyUpdate yet");
    let mut puppet = after();
    assert_eq!(puppet.server.write(b"data"), Ok(4));
    puppet.server.close_notify();
    assert_eq!(
        puppet.server.write(b"data").map_err(|e| e.kind()),
        Err(ErrorKind::Misuse)
    );
}

#[test]
fn a_ticket_request_is_two_bytes_and_does_not_change() {
    let asking = |request: &[u8], honoured| {
        let share = KeyShare::generate(NamedGroup::X25519).unwrap();
        let mut hello = Hello::good(&share);
        hello.set(ExtensionType::TICKET_REQUEST, request.to_vec());
        let mut puppet = Puppet::new(Settings {
            honour_ticket_requests: honoured,
            ..settings()
        });
        let result = puppet.say(&hello.encode());
        (result, puppet.server.client_ticket_request())
    };
    let request = TicketRequest {
        new_session: 3,
        resumption: 4,
    };
    assert_eq!(asking(&[3, 4], true), (Ok(()), Some(request)));
    for bad in [&[][..], &[1], &[1, 2, 3]] {
        assert_eq!(asking(bad, true).0, Err(ErrorKind::Malformed));
        assert_eq!(asking(bad, false), (Ok(()), None));
    }
    let share = KeyShare::generate(NamedGroup::X25519).unwrap();
    let mut puppet = Puppet::new(Settings {
        groups: vec![NamedGroup::SECP256R1],
        ..settings()
    });
    let mut hello = Hello::good(&share);
    hello.set(ExtensionType::TICKET_REQUEST, vec![1, 1]);
    puppet.say(&hello.encode()).unwrap();
    hello.set_share(&KeyShare::generate(NamedGroup::SECP256R1).unwrap());
    hello.set(ExtensionType::TICKET_REQUEST, vec![1, 2]);
    assert_eq!(puppet.say(&hello.encode()), Err(ErrorKind::BadSecondHello));
}

#[test]
fn the_fuzzer_gets_as_far_as_early_data() {
    for (kind, asks_for_psk) in [(0x08, false), (0x09, true)] {
        let script = [&[kind, 1, b'0', 2, 0, 4][..], &[1, 23, 0, 2, b'h', b'i', 3]].concat();
        let settings = Settings {
            asks_for_psk,
            ..settings()
        };
        let mut puppet = puppet(settings, true);
        puppet.feed(&crate::server::fuzz::early_flight(&script, PSK)).unwrap();
        assert_eq!(puppet.data, b"xxxxhi");
        assert_eq!(puppet.server.psk_is_external(), asks_for_psk);
        assert!(!puppet.server.reading_early_data());
    }
    for n in 0..1000_u32 {
        let script: Vec<u8> = (0..40)
            .map(|i| (n.wrapping_mul(2_654_435_761).rotate_left(i) >> 3) as u8)
            .collect();
        let mut puppet = puppet(settings(), true);
        let _ = puppet.feed(&crate::server::fuzz::early_flight(&script, PSK));
    }
}
