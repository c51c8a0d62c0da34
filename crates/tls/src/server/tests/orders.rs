//! Which handshake message may come when. The table is written from RFC 8446 (appendix A.2, sections 4.4 and 4.6), not
//! from the code.

use super::early;
use super::puppet::{Hello, Puppet, any, settings};
use crate::kx::KeyShare;
use crate::{ClientAuth, ContentType, ErrorKind, HandshakeType as H, NamedGroup, SignatureScheme};

#[derive(Debug, Clone, Copy)]
enum Stage {
    Start,
    AfterRetry,
    AfterFlight,
    ReadingEarlyData,
    AfterEarlyData,
    CertificateRequested,
    CertificateReceived,
    EmptyCertificateReceived,
    SignatureReceived,
    Established,
    RequestedLater,
    CertificateReceivedLater,
    SignatureReceivedLater,
}

/// What a client may say at each stage.
const LEGAL: [(Stage, &[H]); 13] = [
    (Stage::Start, &[H::CLIENT_HELLO]),
    (Stage::AfterRetry, &[H::CLIENT_HELLO]),
    (Stage::AfterFlight, &[H::FINISHED]),
    (Stage::ReadingEarlyData, &[H::END_OF_EARLY_DATA]),
    (Stage::AfterEarlyData, &[H::FINISHED]),
    (Stage::CertificateRequested, &[H::CERTIFICATE]),
    (Stage::CertificateReceived, &[H::CERTIFICATE_VERIFY]),
    (Stage::EmptyCertificateReceived, &[H::FINISHED]),
    (Stage::SignatureReceived, &[H::FINISHED]),
    (Stage::Established, &[H::KEY_UPDATE]),
    (Stage::RequestedLater, &[H::KEY_UPDATE, H::CERTIFICATE]),
    (Stage::CertificateReceivedLater, &[H::CERTIFICATE_VERIFY]),
    (Stage::SignatureReceivedLater, &[H::FINISHED]),
];

const CERTIFICATE: &[u8] = &[0, 0, 0, 6, 0, 0, 1, 0x30, 0, 0];
const VERIFY: &[u8] = &[8, 7, 0, 1, 0];

fn reach(stage: Stage) -> Puppet {
    let mut settings = settings();
    match stage {
        Stage::Start => Puppet::new(settings),
        Stage::AfterRetry => {
            settings.groups = vec![NamedGroup::SECP256R1];
            let mut puppet = Puppet::new(settings);
            let share = KeyShare::generate(NamedGroup::X25519).unwrap();
            puppet.say(&Hello::good(&share).encode()).unwrap();
            puppet
        }
        Stage::AfterFlight => Puppet::until_flight(settings),
        Stage::ReadingEarlyData => early::reading(),
        Stage::AfterEarlyData => early::after(),
        Stage::CertificateRequested => {
            settings.client_auth = ClientAuth::Request;
            Puppet::until_flight(settings)
        }
        Stage::CertificateReceived => then(Stage::CertificateRequested, &any(H::CERTIFICATE, CERTIFICATE)),
        Stage::EmptyCertificateReceived => then(Stage::CertificateRequested, &any(H::CERTIFICATE, &[0; 4])),
        Stage::SignatureReceived => then(Stage::CertificateReceived, &any(H::CERTIFICATE_VERIFY, VERIFY)),
        Stage::Established => Puppet::established(settings),
        Stage::RequestedLater => {
            let mut puppet = Puppet::established(settings);
            puppet.server.request_client_certificate().unwrap();
            puppet.feed(&[]).unwrap();
            puppet
        }
        Stage::CertificateReceivedLater => {
            let mut puppet = reach(Stage::RequestedLater);
            let context = requested_context(&mut puppet);
            let certificate = [&[32][..], &context, &CERTIFICATE[1..]].concat();
            puppet.say(&any(H::CERTIFICATE, &certificate)).unwrap();
            puppet
        }
        Stage::SignatureReceivedLater => then(Stage::CertificateReceivedLater, &any(H::CERTIFICATE_VERIFY, VERIFY)),
    }
}

fn then(stage: Stage, message: &[u8]) -> Puppet {
    let mut puppet = reach(stage);
    puppet.say(message).unwrap();
    puppet
}

/// The context of the CertificateRequest, which came after a ticket.
fn requested_context(puppet: &mut Puppet) -> Vec<u8> {
    loop {
        let (_, content) = puppet.hear_record();
        if content[0] == H::CERTIFICATE_REQUEST.0 {
            puppet.transcript.add(&content);
            return content[5..37].to_vec();
        }
    }
}

#[test]
fn only_legal_messages_are_read_at_any_stage() {
    let kinds = (0..=255).map(H);
    for (stage, legal) in LEGAL {
        for kind in kinds.clone() {
            let mut puppet = reach(stage);
            // Not well-formed for most types: it is enough that it gets as far as being read.
            let result = puppet.say(&any(kind, &[0]));
            let out_of_order = result == Err(ErrorKind::UnexpectedMessage);
            assert_eq!(out_of_order, !legal.contains(&kind), "{stage:?} {kind:?} {result:?}");
        }
    }
}

#[test]
fn application_data_waits_for_finished() {
    for (stage, _) in LEGAL {
        let mut puppet = reach(stage);
        let result = puppet.say_record(ContentType::APPLICATION_DATA, b"data");
        let is_open = matches!(
            stage,
            Stage::Established | Stage::RequestedLater | Stage::ReadingEarlyData
        );
        assert_eq!(result.is_ok(), is_open, "{stage:?}");
        assert_eq!(puppet.data == b"data", is_open, "{stage:?}");
    }
}

#[test]
fn authentication_after_the_handshake_ends_in_new_tickets() {
    let mut puppet = reach(Stage::SignatureReceivedLater);
    assert!(puppet.server.is_handshaking());
    puppet.say(&puppet.finished()).unwrap();
    assert_eq!(puppet.done, 2);
    assert_eq!(puppet.server.peer_scheme(), Some(SignatureScheme::ED25519));
    let (_, content) = puppet.hear_record();
    assert_eq!(content[0], H::NEW_SESSION_TICKET.0);
    // And once more.
    puppet.server.request_client_certificate().unwrap();
    assert!(puppet.server.request_client_certificate().is_err());
    puppet.say_record(ContentType::APPLICATION_DATA, b"data").unwrap();
    puppet.server.request_ticket().unwrap();
    puppet.feed(&[]).unwrap();
    let (_, content) = puppet.hear_record();
    assert_eq!(content[0], H::CERTIFICATE_REQUEST.0);
    let (_, content) = puppet.hear_record();
    assert_eq!(content[0], H::NEW_SESSION_TICKET.0);
}

#[test]
fn a_wrong_finished_is_a_decrypt_error() {
    for stage in [
        Stage::AfterFlight,
        Stage::AfterEarlyData,
        Stage::SignatureReceived,
        Stage::SignatureReceivedLater,
    ] {
        let mut puppet = reach(stage);
        let mut finished = puppet.finished();
        finished[10] ^= 1;
        assert_eq!(puppet.say(&finished), Err(ErrorKind::BadFinished), "{stage:?}");
        let mut puppet = reach(stage);
        let finished = puppet.finished();
        assert_eq!(
            puppet.say(&any(H::FINISHED, &finished[4..30])),
            Err(ErrorKind::Malformed),
            "{stage:?}"
        );
    }
}

#[test]
fn nothing_may_follow_in_the_record_of_a_key_change() {
    let mut puppet = reach(Stage::AfterFlight);
    let two = [puppet.finished(), any(H::KEY_UPDATE, &[0])].concat();
    assert_eq!(puppet.say(&two), Err(ErrorKind::InterleavedMessage));
    let mut puppet = reach(Stage::Established);
    let two = any(H::KEY_UPDATE, &[0]).repeat(2);
    assert_eq!(puppet.say(&two), Err(ErrorKind::InterleavedMessage));
    let mut puppet = reach(Stage::Start);
    let share = KeyShare::generate(NamedGroup::X25519).unwrap();
    let two = [Hello::good(&share).encode(), any(H::FINISHED, &[0; 32])].concat();
    assert_eq!(puppet.say(&two), Err(ErrorKind::InterleavedMessage));
}

#[test]
fn key_updates_say_0_or_1_and_are_limited() {
    let mut puppet = reach(Stage::Established);
    assert_eq!(puppet.say(&any(H::KEY_UPDATE, &[2])), Err(ErrorKind::BadKeyUpdate));
    let mut puppet = reach(Stage::Established);
    assert_eq!(puppet.say(&any(H::KEY_UPDATE, &[0, 0])), Err(ErrorKind::Malformed));
    let mut puppet = reach(Stage::Established);
    let result = (0..129).try_for_each(|_| {
        puppet.say(&any(H::KEY_UPDATE, &[0]))?;
        puppet.update_own_key();
        Ok(())
    });
    assert_eq!(result, Err(ErrorKind::TooManyKeyUpdates));
}

#[test]
fn a_worn_key_is_renewed_before_the_next_write() {
    let mut puppet = reach(Stage::Established);
    puppet.wire.clear();
    puppet.server.set_write_sequence(1 << 23);
    puppet.set_read_sequence(1 << 23);
    assert_eq!(puppet.server.write(b"data"), Ok(4));
    puppet.feed(&[]).unwrap();
    assert_eq!(puppet.hear_record(), (ContentType::HANDSHAKE, any(H::KEY_UPDATE, &[0])));
    puppet.update_server_key();
    assert_eq!(puppet.hear_record(), (ContentType::APPLICATION_DATA, b"data".to_vec()));
}

#[test]
fn a_request_context_must_come_back() {
    let mut puppet = reach(Stage::RequestedLater);
    requested_context(&mut puppet);
    let certificate = [&[32][..], &[0; 32], &CERTIFICATE[1..]].concat();
    assert_eq!(
        puppet.say(&any(H::CERTIFICATE, &certificate)),
        Err(ErrorKind::BadRequestContext)
    );
    let mut puppet = reach(Stage::CertificateRequested);
    let certificate = [&[1, 9][..], &CERTIFICATE[1..]].concat();
    assert_eq!(
        puppet.say(&any(H::CERTIFICATE, &certificate)),
        Err(ErrorKind::BadRequestContext)
    );
    // A scheme that was not offered.
    let mut puppet = reach(Stage::CertificateReceived);
    assert_eq!(
        puppet.say(&any(H::CERTIFICATE_VERIFY, &[4, 3, 0, 1, 0])),
        Err(ErrorKind::BadSignatureScheme)
    );
}
