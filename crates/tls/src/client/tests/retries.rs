//! HelloRetryRequest: what it may ask for, and that the second hello differs from the first in nothing else.

use crate::client::puppet::{CERTIFICATE, CERTIFICATE_VERIFY, Hi, PSK, Puppet, SUITE, offer, settings};
use crate::{
    AlertDescription, CipherSuite, ClientHello, ErrorKind, ExtensionType, HandshakeType, NamedGroup, Offer, Settings,
};

const OTHER: NamedGroup = NamedGroup::SECP256R1;

/// Asks for the other group, with changes; gives both hellos.
fn retried(
    settings: Settings,
    offers: Vec<Offer>,
    change: impl FnOnce(&mut Hi),
) -> Result<(Puppet, ClientHello, ClientHello), ErrorKind> {
    let mut puppet = Puppet::new(settings, offers).unwrap();
    let first = puppet.hear_hello().unwrap();
    let mut retry = puppet.retry(&first, OTHER);
    change(&mut retry);
    let second = puppet.say_retry(&retry)?;
    Ok((puppet, first, second))
}

fn refused(change: impl FnOnce(&mut Hi)) -> Option<ErrorKind> {
    retried(settings(), Vec::new(), change).err()
}

#[test]
fn what_it_may_ask_for() {
    use ErrorKind as E;
    type Change = fn(&mut Hi);
    let group = |hi: &mut Hi, group: NamedGroup| hi.set(ExtensionType::KEY_SHARE, &group.0.to_be_bytes());
    // The group that has a share already; one that was not offered, whether we know it or not.
    for asked in [NamedGroup::X25519, NamedGroup::SECP384R1, NamedGroup(0x2a2a)] {
        assert_eq!(refused(|hi| group(hi, asked)), Some(E::BadHelloRetryRequest));
    }
    let table: &[(Change, ErrorKind)] = &[
        (|hi| hi.remove(ExtensionType::KEY_SHARE), E::BadHelloRetryRequest),
        (|hi| hi.set(ExtensionType::KEY_SHARE, &[0]), E::Malformed),
        (|hi| hi.set(ExtensionType::KEY_SHARE, &[0, 0x17, 0, 1, 1]), E::Malformed),
        (|hi| hi.set(ExtensionType::COOKIE, &[]), E::Malformed),
        (|hi| hi.set(ExtensionType::COOKIE, &[0, 0]), E::Malformed),
        (|hi| hi.set(ExtensionType::COOKIE, &[0, 1, 1, 1]), E::Malformed),
        (|hi| hi.set(ExtensionType::ALPN, &[0, 0]), E::BadExtension),
        (
            |hi| hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]),
            E::UnsolicitedExtension,
        ),
        (|hi| hi.set(ExtensionType(0x1234), &[]), E::UnsolicitedExtension),
        (|hi| hi.remove(ExtensionType::SUPPORTED_VERSIONS), E::UnsupportedVersion),
        (|hi| hi.set(ExtensionType::SUPPORTED_VERSIONS, &[3, 3]), E::BadVersion),
        (|hi| hi.legacy_version = 0x0302, E::BadVersion),
        (|hi| hi.session_id.clear(), E::BadSessionIdEcho),
        (|hi| hi.compression = 1, E::BadCompression),
        (|hi| hi.suite = 0x1303, E::BadCipher),
    ];
    for (i, (change, kind)) in table.iter().enumerate() {
        assert_eq!(refused(change), Some(*kind), "row {i}");
    }
    assert_eq!(
        E::BadHelloRetryRequest.alert(),
        Some(AlertDescription::IllegalParameter)
    );
}

/// All fields are the same, and all extensions but these.
#[track_caller]
fn same_but(first: &ClientHello, second: &ClientHello, changed: &[ExtensionType]) {
    assert_eq!(first.random(), second.random());
    assert_eq!(first.session_id(), second.session_id());
    assert_eq!(first.cipher_suites(), second.cipher_suites());
    let rest = |hello: &ClientHello| -> Vec<_> {
        hello
            .extensions()
            .filter(|(t, _)| !changed.contains(t))
            .map(|(t, data)| (t, data.to_vec()))
            .collect()
    };
    assert_eq!(rest(first), rest(second));
}

#[test]
fn the_second_hello_has_the_share_asked_for() {
    let (_, first, second) = retried(settings(), Vec::new(), |_| {}).unwrap();
    same_but(&first, &second, &[ExtensionType::KEY_SHARE]);
    assert_eq!(
        second.extension(ExtensionType::KEY_SHARE).unwrap()[..6],
        [0, 69, 0, 0x17, 0, 65]
    );
}

#[test]
fn the_cookie_comes_back() {
    let cookie: &[u8] = &[0, 3, 1, 2, 3];
    let (_, first, second) = retried(settings(), Vec::new(), |hi| hi.set(ExtensionType::COOKIE, cookie)).unwrap();
    same_but(&first, &second, &[ExtensionType::KEY_SHARE, ExtensionType::COOKIE]);
    assert_eq!(second.extension(ExtensionType::COOKIE), Some(cookie));
    // A cookie alone: the shares stay as they were, and work.
    let (mut puppet, first, second) = retried(settings(), Vec::new(), |hi| {
        hi.remove(ExtensionType::KEY_SHARE);
        hi.set(ExtensionType::COOKIE, cookie);
    })
    .unwrap();
    same_but(&first, &second, &[ExtensionType::COOKIE]);
    assert_eq!(second.extension(ExtensionType::COOKIE), Some(cookie));
    complete(&mut puppet, &second);
}

#[track_caller]
fn complete(puppet: &mut Puppet, second: &ClientHello) {
    let hi = puppet.hi(second).unwrap();
    puppet.say_hi(&hi, None).unwrap();
    puppet.say(HandshakeType::ENCRYPTED_EXTENSIONS, &[0, 0]).unwrap();
    puppet.say(HandshakeType::CERTIFICATE, CERTIFICATE).unwrap();
    puppet
        .say(HandshakeType::CERTIFICATE_VERIFY, CERTIFICATE_VERIFY)
        .unwrap();
    puppet.say_finished().unwrap();
    assert_eq!(puppet.done, 1);
}

#[test]
fn goes_on_to_the_end() {
    let (mut puppet, _, second) = retried(settings(), Vec::new(), |_| {}).unwrap();
    complete(&mut puppet, &second);
    assert_eq!(puppet.client.group(), Some(OTHER));
}

#[test]
fn a_second_one_is_fatal() {
    let (mut puppet, _, second) = retried(settings(), Vec::new(), |_| {}).unwrap();
    for group in [OTHER, NamedGroup::X25519] {
        let again = puppet.retry(&second, group);
        assert_eq!(puppet.say_retry(&again).err(), Some(ErrorKind::UnexpectedMessage));
    }
}

#[test]
fn the_server_keeps_its_word() {
    // Another suite than before.
    let (mut puppet, _, second) = retried(settings(), Vec::new(), |_| {}).unwrap();
    let mut hi = puppet.hi(&second).unwrap();
    hi.suite = CipherSuite::TLS_AES_256_GCM_SHA384.0;
    let said = puppet.say(HandshakeType::SERVER_HELLO, &hi.body());
    assert_eq!(said, Err(ErrorKind::BadCipher));
    // A share of another group than it asked for: that of the first hello.
    let (mut puppet, first, _) = retried(settings(), Vec::new(), |_| {}).unwrap();
    let hi = puppet.hi(&first).unwrap();
    let said = puppet.say(HandshakeType::SERVER_HELLO, &hi.body());
    assert_eq!(said, Err(ErrorKind::BadKeyShare));
}

#[test]
fn tickets_of_another_hash_are_withdrawn() {
    let other_hash = offer(CipherSuite::TLS_AES_256_GCM_SHA384);
    let (mut puppet, first, second) = retried(settings(), vec![other_hash.clone(), offer(SUITE)], |_| {}).unwrap();
    same_but(
        &first,
        &second,
        &[ExtensionType::KEY_SHARE, ExtensionType::PRE_SHARED_KEY],
    );
    assert_eq!(second.extension(ExtensionType::PRE_SHARED_KEY).unwrap()[..2], [0, 14]);
    let mut hi = puppet.hi(&second).unwrap();
    hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]);
    puppet.say_hi(&hi, Some(&PSK)).unwrap();
    puppet.say(HandshakeType::ENCRYPTED_EXTENSIONS, &[0, 0]).unwrap();
    puppet.say_finished().unwrap();
    assert!(puppet.client.resumed());

    let (mut puppet, _, second) = retried(settings(), vec![other_hash], |_| {}).unwrap();
    assert!(!second.has(ExtensionType::PRE_SHARED_KEY));
    let mut hi = puppet.hi(&second).unwrap();
    hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]);
    let said = puppet.say(HandshakeType::SERVER_HELLO, &hi.body());
    assert_eq!(said, Err(ErrorKind::UnsolicitedExtension));
}

#[test]
fn change_cipher_spec_goes_before_the_second_hello_and_only_there() {
    let mut puppet = Puppet::new(settings(), Vec::new()).unwrap();
    let first = puppet.hear_hello().unwrap();
    let retry = puppet.retry(&first, OTHER);
    puppet.feed(&[]).unwrap();
    assert!(puppet.wire.is_empty());
    let second = puppet.say_retry(&retry).unwrap();
    complete(&mut puppet, &second);
    // All that is left on the wire is protected.
    assert_eq!(puppet.wire[0], 23);

    // Without a retry, before the second flight.
    let puppet = Puppet::established(settings()).unwrap();
    assert_eq!(puppet.wire[..6], [20, 3, 3, 0, 1, 1]);
    // And outside compatibility mode not at all.
    let puppet = Puppet::established(Settings {
        middlebox_compat: false,
        ..settings()
    })
    .unwrap();
    assert_eq!(puppet.wire[0], 23);
}
