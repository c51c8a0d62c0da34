//! What a client may do to make the server work too hard, or speak when it must not.

use std::sync::Arc;

use bytes::Bytes;

use super::puppet::{Hello, Puppet, settings};
use crate::kx::KeyShare;
use crate::{AlertDescription as A, Answer, Connection, ContentType, ErrorKind, ExtensionType as E, NamedGroup, Step};

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

/// As many key shares as fit, each of a group of its own, and a list of groups of which the shares' come last.
#[test]
fn the_work_for_a_hello_grows_with_its_length_only() {
    let shared: Vec<u16> = (0x4000..0x4000 + 6000).collect();
    let mut groups: Vec<u8> = (0x8000_u16..0x8000 + 8000).flat_map(u16::to_be_bytes).collect();
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
    // The best of three, for others may keep the machine busy.
    let took = (0..3).map(|_| {
        let mut puppet = Puppet::new(settings());
        let started = std::time::Instant::now();
        let mut result = Ok(());
        for fragment in message.chunks(16_384) {
            result = puppet.say_record(ContentType::HANDSHAKE, fragment);
        }
        assert_eq!(result, Err(ErrorKind::NoSharedGroup));
        started.elapsed()
    });
    let took = took.min().unwrap();
    // Each with each would be 80 million comparisons, which take seconds in a build without optimizations.
    assert!(took.as_millis() < 300, "{took:?}");
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
