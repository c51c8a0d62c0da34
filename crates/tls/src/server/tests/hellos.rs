//! ClientHellos, good and bad, and what a server makes of them.

use std::sync::Arc;

use carnet_ticket::{Secret, Session};

use super::puppet::{Hello, Puppet, settings};
use crate::kx::KeyShare;
use crate::message::server_hello::RETRY_RANDOM;
use crate::transcript::Transcript;
use crate::{AlertDescription as A, ContentType, ErrorKind, ExtensionType as E, NamedGroup};

fn share() -> KeyShare {
    KeyShare::generate(NamedGroup::X25519).unwrap()
}

/// How a server fails on this hello, and with which alert.
fn refusal(change: impl FnOnce(&mut Hello)) -> (ErrorKind, A) {
    let mut hello = Hello::good(&share());
    change(&mut hello);
    refusal_of(&hello.encode())
}

fn refusal_of(encoded: &[u8]) -> (ErrorKind, A) {
    let mut puppet = Puppet::new(settings());
    let kind = puppet.say(encoded).unwrap_err();
    let (content_type, alert) = puppet.hear_record();
    assert_eq!((content_type, alert[0]), (ContentType::ALERT, 2));
    assert!(puppet.wire.is_empty());
    (kind, A::from(alert[1]))
}

type Change = fn(&mut Hello);

const FLAWS: [(Change, ErrorKind, A); 24] = [
    (
        |h| h.compression = vec![1, 0],
        ErrorKind::BadCompression,
        A::IllegalParameter,
    ),
    (|h| h.compression = vec![], ErrorKind::Malformed, A::DecodeError),
    (|h| h.session_id = vec![0; 33], ErrorKind::Malformed, A::DecodeError),
    (|h| h.suites = vec![0x13], ErrorKind::Malformed, A::DecodeError),
    (|h| h.suites = vec![], ErrorKind::Malformed, A::DecodeError),
    (
        |h| h.suites = vec![0x13, 0x05],
        ErrorKind::NoSharedCipher,
        A::HandshakeFailure,
    ),
    (
        |h| h.set(E::SUPPORTED_VERSIONS, vec![2, 3, 3]),
        ErrorKind::UnsupportedVersion,
        A::ProtocolVersion,
    ),
    (
        |h| h.remove(E::SUPPORTED_VERSIONS),
        ErrorKind::UnsupportedVersion,
        A::ProtocolVersion,
    ),
    (
        |h| h.set(E::SUPPORTED_VERSIONS, vec![3, 3, 4, 0]),
        ErrorKind::Malformed,
        A::DecodeError,
    ),
    (
        |h| h.remove(E::KEY_SHARE),
        ErrorKind::MissingExtension,
        A::MissingExtension,
    ),
    (
        |h| h.remove(E::SUPPORTED_GROUPS),
        ErrorKind::MissingExtension,
        A::MissingExtension,
    ),
    (
        |h| h.remove(E::SIGNATURE_ALGORITHMS),
        ErrorKind::MissingExtension,
        A::MissingExtension,
    ),
    (
        |h| h.set(E::SIGNATURE_ALGORITHMS, vec![0, 2, 4, 1]),
        ErrorKind::NoSharedScheme,
        A::HandshakeFailure,
    ),
    (
        |h| h.set(E::SIGNATURE_ALGORITHMS, vec![0, 0]),
        ErrorKind::Malformed,
        A::DecodeError,
    ),
    (
        |h| h.set(E::KEY_SHARE, vec![0, 5, 0, 0x1d, 0, 1, 9]),
        ErrorKind::BadKeyShare,
        A::IllegalParameter,
    ),
    (
        |h| h.set(E::KEY_SHARE, vec![0, 5, 0, 0x18, 0, 1, 9]),
        ErrorKind::BadKeyShare,
        A::IllegalParameter,
    ),
    (
        |h| h.set(E::KEY_SHARE, vec![0, 4, 0, 0x1d, 0, 0]),
        ErrorKind::Malformed,
        A::DecodeError,
    ),
    (
        |h| h.extensions.push((E(0x7777), vec![])),
        ErrorKind::DuplicateExtension,
        A::IllegalParameter,
    ),
    (
        |h| h.set(E::SERVER_NAME, vec![0, 3, 0, 0, 0]),
        ErrorKind::Malformed,
        A::DecodeError,
    ),
    (
        |h| h.set(E::SERVER_NAME, vec![0, 4, 0, 0, 1, 0]),
        ErrorKind::BadServerName,
        A::UnrecognizedName,
    ),
    (
        |h| h.set(E::SERVER_NAME, vec![0, 4, 1, 0, 1, 65]),
        ErrorKind::Malformed,
        A::DecodeError,
    ),
    (|h| h.set(E::ALPN, vec![0, 1, 0]), ErrorKind::Malformed, A::DecodeError),
    (
        |h| h.set(E::POST_HANDSHAKE_AUTH, vec![1]),
        ErrorKind::Malformed,
        A::DecodeError,
    ),
    (
        |h| h.set(E::PSK_KEY_EXCHANGE_MODES, vec![0]),
        ErrorKind::Malformed,
        A::DecodeError,
    ),
];

#[test]
fn each_flaw_has_its_alert() {
    for (change, kind, alert) in FLAWS {
        let got = refusal(|hello| {
            hello.set(E(0x7777), vec![1]);
            change(hello);
        });
        assert_eq!(got, (kind, alert));
    }
}

#[test]
fn two_shares_of_one_group_are_one_too_many() {
    let got = refusal(|hello| {
        let (_, one) = hello
            .extensions
            .iter()
            .find(|(t, _)| *t == E::KEY_SHARE)
            .unwrap()
            .clone();
        let entry = &one[2..];
        let two = [&(2 * entry.len() as u16).to_be_bytes()[..], entry, entry].concat();
        hello.set(E::KEY_SHARE, two);
    });
    assert_eq!(got, (ErrorKind::BadKeyShare, A::IllegalParameter));
}

#[test]
fn pre_shared_key_comes_last_and_with_modes() {
    let transcript = Transcript::new(crate::schedule::HashAlgorithm::Sha256);
    let mut hello = Hello::good(&share());
    hello.remove(E::PSK_KEY_EXCHANGE_MODES);
    let encoded = hello.with_psks(&[b"one"], b"psk", &transcript);
    assert_eq!(refusal_of(&encoded), (ErrorKind::MissingExtension, A::MissingExtension));
    let psk = |data: Vec<u8>| refusal(|hello| hello.set(E::PRE_SHARED_KEY, data));
    let identity = [0, 7, 0, 1, b'x', 0, 0, 0, 0];
    let binder = [&[32][..], &[0; 32]].concat();
    // Two binders for one identity; none; a short one; an empty identity.
    let two = [&identity[..], &[0, 66], &binder, &binder].concat();
    assert_eq!(psk(two), (ErrorKind::BadPsk, A::IllegalParameter));
    assert_eq!(
        psk([&identity[..], &[0, 0]].concat()),
        (ErrorKind::Malformed, A::DecodeError)
    );
    assert_eq!(
        psk([&identity[..], &[0, 2, 1, 1]].concat()),
        (ErrorKind::Malformed, A::DecodeError)
    );
    let empty = [&[0, 6, 0, 0, 0, 0, 0, 0, 0, 33][..], &binder].concat();
    assert_eq!(psk(empty), (ErrorKind::Malformed, A::DecodeError));
    let got = refusal(|hello| {
        hello.set(E::PRE_SHARED_KEY, [&identity[..], &[0, 33], &binder].concat());
        hello.set(E(0x7777), vec![]);
    });
    assert_eq!(got, (ErrorKind::PskNotLast, A::IllegalParameter));
}

fn with_session(cipher: u16) -> Puppet {
    let mut puppet = Puppet::new(settings());
    let session = Session::new(0x0304, cipher, Secret::new(b"the psk").unwrap(), 0);
    puppet.session = Some(Arc::new(session));
    puppet
}

#[test]
fn identities_are_tried_in_turn_until_one_is_taken() {
    let mut puppet = with_session(0x1301);
    let share = share();
    let hello = Hello::good(&share).with_psks(&[b"0", b"1", b"2"], b"the psk", &puppet.transcript);
    puppet.say(&hello).unwrap();
    assert_eq!(puppet.tickets_asked, [0, 1]);
    assert!(puppet.server.resumed());
    let server_hello = puppet.hear_hello(share, Some(b"the psk"));
    assert_eq!(server_hello.selected_identity().unwrap(), Some(1));
    puppet.hear_flight();
    puppet.say(&puppet.finished()).unwrap();
    assert_eq!(puppet.done, 1);
}

#[test]
fn a_wrong_binder_is_fatal() {
    let mut puppet = with_session(0x1301);
    let hello = Hello::good(&share()).with_psks(&[b"0", b"1"], b"another psk", &puppet.transcript);
    assert_eq!(puppet.say(&hello), Err(ErrorKind::BadBinder));
    assert_eq!(
        puppet.hear_record(),
        (ContentType::ALERT, vec![2, A::IllegalParameter.code()])
    );
}

#[test]
fn sessions_of_another_hash_or_version_are_passed_over() {
    let mut puppet = with_session(0x1302);
    let share = share();
    let hello = Hello::good(&share).with_psks(&[b"0", b"1", b"2"], b"the psk", &puppet.transcript);
    puppet.say(&hello).unwrap();
    assert_eq!(puppet.tickets_asked, [0, 1, 2]);
    assert!(!puppet.server.resumed());
    puppet.hear_hello(share, None);
    puppet.hear_flight();
    puppet.say(&puppet.finished()).unwrap();
    assert!(!puppet.wire.is_empty(), "tickets");
}

#[test]
fn psk_without_dhe_only_if_allowed() {
    for allowed in [false, true] {
        let mut settings = settings();
        settings.allow_psk_ke = allowed;
        let mut puppet = Puppet::new(settings);
        puppet.session = with_session(0x1301).session;
        let mut hello = Hello::good(&share());
        hello.set(E::PSK_KEY_EXCHANGE_MODES, vec![1, 0]);
        let hello = hello.with_psks(&[b"0", b"1"], b"the psk", &puppet.transcript);
        puppet.say(&hello).unwrap();
        assert_eq!(puppet.server.resumed(), allowed);
        assert_eq!(puppet.server.group().is_some(), !allowed);
    }
}

/// The hello's group is not the server's, who asks for P-256.
fn retried(change: impl FnOnce(&mut Hello)) -> (Puppet, Hello) {
    let mut settings = settings();
    settings.groups = vec![NamedGroup::SECP256R1];
    let mut puppet = Puppet::new(settings);
    let mut hello = Hello::good(&share());
    change(&mut hello);
    puppet.say(&hello.encode()).unwrap();
    let (content_type, retry) = puppet.hear_record();
    assert_eq!(
        (content_type, &retry[6..38]),
        (ContentType::HANDSHAKE, &RETRY_RANDOM[..])
    );
    assert_eq!(puppet.hear_record(), (ContentType::CHANGE_CIPHER_SPEC, vec![1]));
    puppet.transcript = puppet.transcript.clone().replaced_by_message_hash();
    puppet.transcript.add(&retry);
    (puppet, hello)
}

#[test]
fn the_second_hello_is_the_first_with_another_share() {
    let share = KeyShare::generate(NamedGroup::SECP256R1).unwrap();
    let (mut puppet, mut hello) = retried(|_| {});
    hello.set_share(&share);
    puppet.say(&hello.encode()).unwrap();
    puppet.hear_hello(share, None);
    puppet.hear_flight();
    puppet.say(&puppet.finished()).unwrap();
    assert_eq!(puppet.done, 1);
}

#[test]
fn the_second_hello_changes_nothing_else() {
    let changes: [(Change, ErrorKind); 7] = [
        (|h| h.session_id = vec![6; 32], ErrorKind::BadSecondHello),
        (|h| h.suites = vec![0x13, 0x01, 0x13, 0x02], ErrorKind::BadSecondHello),
        (|h| h.legacy_version = 0x0302, ErrorKind::BadSecondHello),
        (
            |h| h.set(E::SERVER_NAME, vec![0, 4, 0, 0, 1, 65]),
            ErrorKind::BadSecondHello,
        ),
        (|h| h.set(E::EARLY_DATA, vec![]), ErrorKind::BadSecondHello),
        (
            |h| h.set_share(&KeyShare::generate(NamedGroup::X25519).unwrap()),
            ErrorKind::BadKeyShare,
        ),
        (|h| h.set(E::KEY_SHARE, vec![0, 0]), ErrorKind::BadKeyShare),
    ];
    for (change, kind) in changes {
        let (mut puppet, mut hello) = retried(|_| {});
        hello.set_share(&KeyShare::generate(NamedGroup::SECP256R1).unwrap());
        change(&mut hello);
        assert_eq!(puppet.say(&hello.encode()), Err(kind));
        assert_eq!(
            puppet.hear_record(),
            (ContentType::ALERT, vec![2, A::IllegalParameter.code()])
        );
    }
}

#[test]
fn early_data_is_skipped_before_and_after_a_retry() {
    let mut puppet = Puppet::new(settings());
    let share = share();
    let mut hello = Hello::good(&share);
    hello.set(E::EARLY_DATA, vec![]);
    puppet.say(&hello.encode()).unwrap();
    let early = [&[23, 3, 3, 0, 40][..], &[0xee; 40]].concat();
    puppet.feed(&early.repeat(5)).unwrap();
    puppet.hear_hello(share, None);
    puppet.hear_flight();
    puppet.say(&puppet.finished()).unwrap();
    assert_eq!(puppet.done, 1);

    let (mut puppet, mut hello) = retried(|hello| hello.set(E::EARLY_DATA, vec![]));
    puppet.feed(&early.repeat(5)).unwrap();
    hello.remove(E::EARLY_DATA);
    hello.set_share(&KeyShare::generate(NamedGroup::SECP256R1).unwrap());
    puppet.say(&hello.encode()).unwrap();
}

#[test]
fn an_alert_of_the_client_ends_it_without_another() {
    let mut puppet = Puppet::new(settings());
    puppet.say(&Hello::good(&share()).encode()).unwrap();
    puppet.wire.clear();
    let result = puppet.say_record(ContentType::ALERT, &[2, 42]);
    assert_eq!(result, Err(ErrorKind::AlertReceived(A::BadCertificate)));
    assert!(puppet.wire.is_empty());
    assert!(puppet.server.is_failed());
}

#[test]
fn user_canceled_is_no_failure_but_not_for_ever() {
    let mut puppet = Puppet::new(settings());
    let result = (0..6).try_for_each(|_| puppet.say_record(ContentType::ALERT, &[1, 90]));
    assert_eq!(result, Err(ErrorKind::TooManyWarnings));
    let mut puppet = Puppet::new(settings());
    puppet.say_record(ContentType::ALERT, &[1, 90]).unwrap();
    puppet.say_record(ContentType::ALERT, &[1, 0]).unwrap();
    assert!(puppet.server.peer_closed());
}
