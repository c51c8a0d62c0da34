//! Which messages may come when. The table of what is legal is written here from RFC 8446 appendix A.1, not from the
//! code.

use crate::client::puppet::{
    CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, ENCRYPTED_EXTENSIONS, NEW_SESSION_TICKET, Puppet, settings,
};
use crate::{ContentType, ErrorKind, HandshakeType};

const EE: HandshakeType = HandshakeType::ENCRYPTED_EXTENSIONS;
const CR: HandshakeType = HandshakeType::CERTIFICATE_REQUEST;
const CERT: HandshakeType = HandshakeType::CERTIFICATE;
const CV: HandshakeType = HandshakeType::CERTIFICATE_VERIFY;
const FIN: HandshakeType = HandshakeType::FINISHED;
const NST: HandshakeType = HandshakeType::NEW_SESSION_TICKET;
const KU: HandshakeType = HandshakeType::KEY_UPDATE;

/// How the handshake began.
#[derive(Clone, Copy, Debug)]
enum Start {
    Full,
    Resumed,
}

/// What has come after ServerHello, and all that may come next.
const LEGAL: &[(Start, &[HandshakeType], &[HandshakeType])] = &[
    (Start::Full, &[], &[EE]),
    (Start::Full, &[EE], &[CR, CERT]),
    (Start::Full, &[EE, CR], &[CERT]),
    (Start::Full, &[EE, CERT], &[CV]),
    (Start::Full, &[EE, CR, CERT], &[CV]),
    (Start::Full, &[EE, CERT, CV], &[FIN]),
    (Start::Full, &[EE, CR, CERT, CV], &[FIN]),
    (Start::Full, &[EE, CERT, CV, FIN], &[NST, KU]),
    (Start::Full, &[EE, CERT, CV, FIN, NST], &[NST, KU]),
    (Start::Full, &[EE, CERT, CV, FIN, NST, NST], &[NST, KU]),
    (Start::Resumed, &[], &[EE]),
    (Start::Resumed, &[EE], &[FIN]),
    (Start::Resumed, &[EE, FIN], &[NST, KU]),
];

fn say(puppet: &mut Puppet, kind: HandshakeType) -> Result<(), ErrorKind> {
    match kind {
        EE => puppet.say(kind, ENCRYPTED_EXTENSIONS),
        CR => puppet.say(kind, CERTIFICATE_REQUEST),
        CERT => puppet.say(kind, CERTIFICATE),
        CV => puppet.say(kind, CERTIFICATE_VERIFY),
        FIN if puppet.client.is_handshaking() => puppet.say_finished(),
        FIN => puppet.say(kind, &[0; 32]),
        NST => puppet.say(kind, NEW_SESSION_TICKET),
        KU => puppet.say(kind, &[0]),
        _ => puppet.say(kind, &[]),
    }
}

fn at(start: Start, said: &[HandshakeType]) -> Puppet {
    let mut puppet = match start {
        Start::Full => Puppet::until_hi(settings()),
        Start::Resumed => Puppet::until_resumed_hi(settings()),
    }
    .unwrap();
    for kind in said {
        say(&mut puppet, *kind).unwrap();
    }
    puppet
}

#[test]
fn exactly_what_is_legal_is_taken() {
    for (start, said, legal) in LEGAL {
        for kind in (0..=u8::MAX).map(HandshakeType) {
            let mut puppet = at(*start, said);
            let expected = if legal.contains(&kind) {
                Ok(())
            } else {
                Err(ErrorKind::UnexpectedMessage)
            };
            assert_eq!(say(&mut puppet, kind), expected, "{start:?} {said:?} {kind:?}");
            let is_done = puppet.done == 1;
            assert_eq!(is_done, said.contains(&FIN) || (kind == FIN && expected.is_ok()));
        }
    }
}

#[test]
fn only_server_hello_answers_the_first_hello() {
    for kind in (0..=u8::MAX).map(HandshakeType) {
        let mut puppet = Puppet::new(settings(), Vec::new()).unwrap();
        let hello = puppet.hear_hello().unwrap();
        let body = puppet.hi(&hello).unwrap().body();
        let expected = match kind {
            HandshakeType::SERVER_HELLO => Ok(()),
            _ => Err(ErrorKind::UnexpectedMessage),
        };
        let said = puppet.say(kind, if expected.is_ok() { &body } else { &[] });
        assert_eq!(said, expected, "{kind:?}");
    }
}

#[test]
fn no_data_before_finished() {
    for (start, said, _) in LEGAL {
        let mut puppet = at(*start, said);
        let expected = if said.contains(&FIN) {
            Ok(())
        } else {
            Err(ErrorKind::UnexpectedRecord)
        };
        assert_eq!(
            puppet.say_record(ContentType::APPLICATION_DATA, b"data"),
            expected,
            "{said:?}"
        );
    }
    // Nor before there are keys.
    let mut puppet = Puppet::new(settings(), Vec::new()).unwrap();
    let said = puppet.say_record(ContentType::APPLICATION_DATA, b"data");
    assert_eq!(said, Err(ErrorKind::UnexpectedMessage));
}

#[test]
fn change_cipher_spec_until_finished_only() {
    for (start, said, _) in LEGAL {
        let mut puppet = at(*start, said);
        let expected = if said.contains(&FIN) {
            Err(ErrorKind::BadRecordType)
        } else {
            Ok(())
        };
        assert_eq!(
            puppet.feed(&[20, 3, 3, 0, 1, 1]).map_err(|e| e.kind()),
            expected,
            "{said:?}"
        );
        // Never protected, never with other content.
        let mut puppet = at(*start, said);
        let said = puppet.say_record(ContentType::CHANGE_CIPHER_SPEC, &[1]);
        assert_eq!(said, Err(ErrorKind::BadChangeCipherSpec));
    }
    let mut puppet = Puppet::until_hi(settings()).unwrap();
    let error = puppet.feed(&[20, 3, 3, 0, 1, 2]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadChangeCipherSpec);
}

#[test]
fn messages_do_not_cross_a_change_of_keys() {
    // EncryptedExtensions right behind ServerHello, unprotected.
    let mut puppet = Puppet::new(settings(), Vec::new()).unwrap();
    let hello = puppet.hear_hello().unwrap();
    let body = puppet.hi(&hello).unwrap().body();
    let mut both = Vec::new();
    crate::message::encode(&mut both, HandshakeType::SERVER_HELLO, |w| w.bytes(&body)).unwrap();
    crate::message::encode(&mut both, EE, |w| w.bytes(ENCRYPTED_EXTENSIONS)).unwrap();
    let said = puppet.say_record(ContentType::HANDSHAKE, &both);
    assert_eq!(said, Err(ErrorKind::InterleavedMessage));
    // A ticket right behind Finished, under the handshake's key.
    let mut puppet = at(Start::Full, &[EE, CERT, CV]);
    let verify_data = puppet.verify_data();
    let mut both = Vec::new();
    crate::message::encode(&mut both, FIN, |w| w.bytes(&verify_data)).unwrap();
    crate::message::encode(&mut both, NST, |w| w.bytes(NEW_SESSION_TICKET)).unwrap();
    let said = puppet.say_record(ContentType::HANDSHAKE, &both);
    assert_eq!(said, Err(ErrorKind::InterleavedMessage));
    assert_eq!(puppet.done, 0);
}

#[test]
fn messages_may_share_a_record() {
    let mut puppet = Puppet::until_hi(settings()).unwrap();
    let mut three = Vec::new();
    for (kind, body) in [
        (EE, ENCRYPTED_EXTENSIONS),
        (CERT, CERTIFICATE),
        (CV, CERTIFICATE_VERIFY),
    ] {
        crate::message::encode(&mut three, kind, |w| w.bytes(body)).unwrap();
    }
    puppet.say_record(ContentType::HANDSHAKE, &three).unwrap();
    assert_eq!(say(&mut puppet, EE), Err(ErrorKind::UnexpectedMessage));
}

#[test]
fn key_update_floods_end() {
    let mut puppet = Puppet::established(settings()).unwrap();
    for _ in 0..3 {
        for _ in 0..128 {
            puppet.say_key_update(1).unwrap();
        }
        // Data in between makes them honest.
        puppet.say_record(ContentType::APPLICATION_DATA, b"data").unwrap();
    }
    for _ in 0..128 {
        puppet.say_key_update(0).unwrap();
    }
    assert_eq!(puppet.say_key_update(0), Err(ErrorKind::TooManyKeyUpdates));
}

#[test]
fn key_updates_are_well_formed() {
    for (body, expected) in [
        (&[2][..], ErrorKind::BadKeyUpdate),
        (&[], ErrorKind::Malformed),
        (&[0, 0], ErrorKind::Malformed),
    ] {
        let mut puppet = Puppet::established(settings()).unwrap();
        assert_eq!(puppet.say(KU, body), Err(expected));
    }
}
