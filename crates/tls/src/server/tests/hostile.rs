//! What a client may do to make the server work too hard, or speak when it must not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::puppet::{Hello, Puppet, any, settings};
use crate::kx::KeyShare;
use crate::{
    AlertDescription as A, Answer, CipherSuite, ClientAuth, Connection, ContentType, ErrorKind, ExtensionType as E,
    HandshakeType as H, NamedGroup, ProtocolVersion, Question, Settings, SignatureScheme, Step,
};

fn share() -> KeyShare {
    KeyShare::generate(NamedGroup::X25519).unwrap()
}

/// "Any endpoint receiving a Hello message with ClientHello.legacy_version or ServerHello.legacy_version set to 0x0300
/// MUST abort the handshake with a 'protocol_version' alert" (RFC 8446 appendix D.5).
#[test]
fn ssl3_is_refused_though_tls13_be_offered_beside_it() {
    for (legacy_version, refused) in [(0x0002, true), (0x0300, true), (0x0301, false), (0x0304, false)] {
        let mut hello = Hello::good(&share());
        hello.legacy_version = legacy_version;
        let mut puppet = Puppet::new(settings());
        let result = puppet.say(&hello.encode());
        assert_eq!(
            result.err(),
            refused.then_some(ErrorKind::UnsupportedVersion),
            "{legacy_version:04x}"
        );
        if refused {
            let alert = vec![2, A::ProtocolVersion.code()];
            assert_eq!(puppet.hear_record(), (ContentType::ALERT, alert));
        }
    }
}

/// Four times as much takes four times as long, and sixteen times where each is compared with each. What else the machine has
/// to do makes both longer: the shortest of many turns are compared.
fn grows_with_length_only(work: impl Fn(usize) -> Duration) {
    let (mut quarter, mut whole) = (Duration::MAX, Duration::MAX);
    for _ in 0..40 {
        quarter = quarter.min(work(1));
        whole = whole.min(work(4));
        if whole < 8 * quarter {
            return;
        }
    }
    panic!("{whole:?}, and a quarter takes {quarter:?}");
}

/// As many key shares as fit, each of a group of its own, and a list of groups of which the shares' come last.
#[test]
fn the_work_for_a_hello_grows_with_its_length_only() {
    grows_with_length_only(|quarters| {
        let quarters = u16::try_from(quarters).unwrap();
        let shared: Vec<u16> = (0x4000..0x4000 + 1500 * quarters).collect();
        let mut groups: Vec<u8> = (0x8000..0x8000 + 2000 * quarters).flat_map(u16::to_be_bytes).collect();
        groups.extend(shared.iter().flat_map(|group| group.to_be_bytes()));
        let shares: Vec<u8> = shared
            .iter()
            .flat_map(|group| [&group.to_be_bytes()[..], &[0, 1, 0]].concat())
            .collect();
        let prefixed = |list: &[u8]| [&u16::try_from(list.len()).unwrap().to_be_bytes(), list].concat();
        let mut hello = Hello::good(&share());
        hello.set(E::SUPPORTED_GROUPS, prefixed(&groups));
        hello.set(E::KEY_SHARE, prefixed(&shares));
        let message = hello.encode();
        let mut puppet = Puppet::new(settings());
        let started = Instant::now();
        let mut result = Ok(());
        for fragment in message.chunks(16_384) {
            result = puppet.say_record(ContentType::HANDSHAKE, fragment);
        }
        assert_eq!(result, Err(ErrorKind::NoSharedGroup));
        started.elapsed()
    });
}

/// TLS 1.2, where suites and schemes depend on each other: one suite over and over, another at the end, and the schemes of
/// both by turns.
#[test]
fn what_a_hello_repeats_is_looked_at_once() {
    let tls12 = Settings {
        min_version: ProtocolVersion::TLS1_2,
        max_version: ProtocolVersion::TLS1_2,
        suites: vec![
            CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ],
        ..settings()
    };
    for server_preference in [false, true] {
        let settings = Settings {
            server_preference,
            ..tls12.clone()
        };
        grows_with_length_only(|quarters| with_repetitions(&settings, quarters));
    }
}

/// How long the server takes to ask for a certificate.
fn with_repetitions(settings: &Settings, quarters: usize) -> Duration {
    let mut hello = Hello::good(&share());
    hello.remove(E::SUPPORTED_VERSIONS);
    hello.suites = [[0xc0, 0x2b].repeat(7_500 * quarters), vec![0xc0, 0x2f]].concat();
    let schemes = [8, 7, 8, 4, 8, 7, 8, 7, 8, 4].repeat(1_500 * quarters);
    let prefixed = [&u16::try_from(schemes.len()).unwrap().to_be_bytes()[..], &schemes].concat();
    hello.set(E::SIGNATURE_ALGORITHMS, prefixed);
    let message = hello.encode();
    let mut server = Connection::server(Arc::new(settings.clone()));
    let mut wire = Vec::new();
    for fragment in message.chunks(16_384) {
        wire.extend(record(ContentType::HANDSHAKE, fragment));
    }
    let mut wire = &wire[..];
    let started = Instant::now();
    let schemes = loop {
        match server.step().unwrap() {
            Step::Read => {
                let room = server.input_buffer();
                let (now, later) = wire.split_at(room.len().min(wire.len()));
                room[..now.len()].copy_from_slice(now);
                wire = later;
                server.received(now.len());
            }
            Step::Ask(Question::Credential(request)) => break request.schemes,
            Step::Ask(Question::ServerName { .. }) => {
                let (acknowledge, settings) = (false, None);
                server.answer(Answer::ServerName { acknowledge, settings }).unwrap();
            }
            Step::Ask(Question::ClientHello) => server.answer(Answer::Proceed).unwrap(),
            Step::Ask(Question::FindSession { .. }) => server.answer(Answer::Session(None)).unwrap(),
            step => panic!("{step:?}"),
        }
    };
    let expected = [SignatureScheme::ED25519, SignatureScheme::RSA_PSS_RSAE_SHA256];
    assert_eq!(schemes, expected, "each once");
    started.elapsed()
}

fn record(content_type: ContentType, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[content_type.0, 3, 3], &len[..], content].concat()
}

/// "Each party MUST send a 'close_notify' alert before closing its write side of the connection": nothing follows it,
/// no ticket that was due either.
#[test]
fn no_ticket_follows_close_notify() {
    let mut puppet = Puppet::until_flight(settings());
    let until_server_finished = puppet.transcript.clone();
    let finished = puppet.finished();
    let server = std::mem::replace(&mut puppet.server, Connection::server(Arc::new(settings())));
    let mut server = server;
    let mut record = Vec::new();
    let key = puppet.write.as_mut().unwrap();
    key.seal(ContentType::HANDSHAKE, &finished, 0, &mut record).unwrap();
    let mut wire = &record[..];
    loop {
        match server.step().unwrap() {
            Step::Read => {
                let room = server.input_buffer();
                let n = room.len().min(wire.len());
                room[..n].copy_from_slice(&wire[..n]);
                server.received(n);
                wire = &wire[n..];
            }
            Step::HandshakeDone => break,
            other => panic!("{other:?}"),
        }
    }
    server.close_notify();
    puppet.establish(&until_server_finished);
    puppet.server = server;
    puppet.feed(&[]).unwrap();
    assert_eq!(puppet.hear_record(), (ContentType::ALERT, vec![1, 0]));
    assert!(puppet.wire.is_empty(), "a ticket after close_notify");
}

/// Names that do not fit into a CertificateRequest: the call fails, and nothing of the message is sent.
#[test]
fn half_a_message_is_never_sent() {
    let mut settings = settings();
    settings.authorities = vec![Bytes::from(vec![0x30; 60_000]); 2];
    let mut puppet = Puppet::established(settings);
    puppet.feed(&[]).unwrap();
    puppet.wire.clear();
    assert!(puppet.server.request_client_certificate().is_err());
    puppet.feed(&[]).unwrap();
    assert!(puppet.wire.is_empty());
}

/// An answer that fits no question ends the connection, however often it is given.
#[test]
fn a_wrong_answer_is_final() {
    let mut puppet = Puppet::new(settings());
    let mut record = vec![22, 3, 1];
    let hello = Hello::good(&share()).encode();
    record.extend_from_slice(&u16::try_from(hello.len()).unwrap().to_be_bytes());
    record.extend_from_slice(&hello);
    let mut wire = &record[..];
    while let Step::Read = puppet.server.step().unwrap() {
        let room = puppet.server.input_buffer();
        let n = room.len().min(wire.len());
        room[..n].copy_from_slice(&wire[..n]);
        puppet.server.received(n);
        wire = &wire[n..];
    }
    let error = puppet.server.answer(Answer::Verdict(Ok(()))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongAnswer);
    assert_eq!(puppet.server.answer(Answer::Proceed), Err(error));
    assert_eq!(puppet.server.step().unwrap_err(), error);
}

/// "The server's certificate_list MUST always be non-empty" (RFC 8446 section 4.4.2).
#[test]
fn a_server_without_certificates_says_nothing() {
    let mut puppet = Puppet::new(settings());
    puppet.empty_chain = true;
    let error = puppet.say(&Hello::good(&share()).encode()).unwrap_err();
    assert_eq!(error, ErrorKind::WrongAnswer);
    assert_eq!(
        puppet.hear_record(),
        (ContentType::ALERT, vec![2, A::InternalError.code()])
    );
}

/// Each ticket costs the application a look, so not all of hundreds are looked at.
#[test]
fn hundreds_of_tickets_are_not_all_opened() {
    let mut puppet = Puppet::new(settings());
    let transcript = puppet.transcript.clone();
    let identities = [&b"a ticket"[..]; 300];
    let hello = Hello::good(&share()).with_psks(&identities, b"psk", &transcript);
    puppet.say(&hello).unwrap();
    assert_eq!(puppet.tickets_asked, (0..16).collect::<Vec<_>>());
    // A full handshake goes on.
    let (content_type, raw) = puppet.hear_record();
    assert_eq!((content_type, raw[0]), (ContentType::HANDSHAKE, H::SERVER_HELLO.0));
}

/// Settings without a scheme that may sign in TLS 1.3: no request with an empty list.
#[test]
fn a_certificate_is_not_asked_for_without_naming_schemes() {
    let without_schemes = |client_auth| Settings {
        schemes: vec![SignatureScheme::RSA_PKCS1_SHA256],
        client_auth,
        ..settings()
    };
    let mut puppet = Puppet::new(without_schemes(ClientAuth::Request));
    let result = puppet.say(&Hello::good(&share()).encode());
    assert_eq!(result, Err(ErrorKind::NoSharedScheme));
    let mut puppet = Puppet::established(without_schemes(ClientAuth::PostHandshakeOnly));
    let error = puppet.server.request_client_certificate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSharedScheme);
    assert_eq!(puppet.say_record(ContentType::APPLICATION_DATA, b"data"), Ok(()));
}

/// A generator that is random enough, and repeatable.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| u8::try_from(self.roll(256)).unwrap()).collect()
    }
}

/// A message that is nearly right.
fn nearly(dice: &mut Dice, finished: Vec<u8>) -> Vec<u8> {
    let mut message = match dice.roll(8) {
        0 => any(H::CERTIFICATE, &[0, 0, 0, 6, 0, 0, 1, 0x30, 0, 0]),
        1 => any(H::CERTIFICATE, &[0, 0, 0, 0]),
        2 => any(H::CERTIFICATE_VERIFY, &[8, 7, 0, 1, 0]),
        3 => any(H::KEY_UPDATE, &[0]),
        4 => any(H::KEY_UPDATE, &[1]),
        5 => {
            let kind = H(dice.bytes(1)[0]);
            let len = dice.roll(40);
            any(kind, &dice.bytes(len))
        }
        _ => finished,
    };
    if dice.roll(3) == 0 {
        let at = dice.roll(message.len());
        message[at] ^= 1 << dice.roll(8);
    }
    message
}

/// Protected records with messages that are right, nearly right and wrong, whole and in pieces, among other records:
/// no panic, no data before the handshake is done, an alert for each failure, and failures that last.
#[test]
fn noise_behind_the_keys_is_refused() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..1500 {
        let mut settings = settings();
        if round % 2 == 0 {
            settings.client_auth = ClientAuth::Request;
        }
        let mut puppet = match round % 3 {
            0 if round % 2 != 0 => Puppet::established(settings),
            _ => Puppet::until_flight(settings),
        };
        if puppet.done > 0 {
            puppet.feed(&[]).unwrap();
            let _asked = puppet.server.request_client_certificate();
        }
        for _ in 0..6 {
            let kind = [22, 22, 22, 22, 22, 21, 23, 20, 24][dice.roll(9)];
            let finished = puppet.finished();
            let content = match kind {
                22 => nearly(&mut dice, finished),
                _ => {
                    let len = dice.roll(4);
                    dice.bytes(len)
                }
            };
            let cut = dice.roll(content.len() * 3 + 1).min(content.len());
            let (head, tail) = content.split_at(cut);
            puppet.wire.clear();
            let failed = [head, tail].iter().any(|part| {
                let result = puppet.say_record(ContentType(kind), part);
                result.is_err()
            });
            assert!(puppet.done > 0 || puppet.data.is_empty());
            if failed {
                let error = puppet.server.step().unwrap_err();
                let by_peer = matches!(error.kind(), ErrorKind::AlertReceived(_));
                assert!(by_peer || !puppet.wire.is_empty(), "{error:?}");
                assert!(puppet.server.write(b"data").is_err() && !puppet.server.is_handshaking());
                break;
            }
            puppet.transcript.add(&content);
        }
    }
}
