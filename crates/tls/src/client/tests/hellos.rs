//! What may be wrong with a ServerHello, and the alert that says so.

use crate::client::puppet::{GROUP, Hi, PSK, Puppet, SUITE, offer, settings};
use crate::message::server_hello::{DOWNGRADE_BELOW_TLS12, DOWNGRADE_TO_TLS12};
use crate::{AlertDescription, CipherSuite, ErrorKind, ExtensionType, HandshakeType, NamedGroup, Offer, Settings};

/// Answers the first hello with a ServerHello changed by `change`.
fn answer(settings: Settings, offers: Vec<Offer>, change: impl FnOnce(&mut Hi)) -> Result<(), ErrorKind> {
    let mut puppet = Puppet::new(settings, offers).unwrap();
    let hello = puppet.hear_hello().unwrap();
    let mut hi = puppet.hi(&hello).unwrap();
    change(&mut hi);
    puppet.say(HandshakeType::SERVER_HELLO, &hi.body())
}

#[test]
fn fields() {
    use AlertDescription as A;
    use ErrorKind as E;
    type Change = fn(&mut Hi);
    let table: &[(Change, ErrorKind, AlertDescription)] = &[
        (|hi| hi.session_id.clear(), E::BadSessionIdEcho, A::IllegalParameter),
        (|hi| hi.session_id[31] ^= 1, E::BadSessionIdEcho, A::IllegalParameter),
        (|hi| hi.session_id.push(0), E::Malformed, A::DecodeError),
        (|hi| hi.suite = 0x1303, E::BadCipher, A::IllegalParameter),
        (|hi| hi.suite = 0x1304, E::BadCipher, A::IllegalParameter),
        (|hi| hi.suite = 0xc02f, E::BadCipher, A::IllegalParameter),
        (|hi| hi.compression = 1, E::BadCompression, A::IllegalParameter),
        (
            |hi| hi.set(ExtensionType::SUPPORTED_VERSIONS, &[3, 3]),
            E::BadVersion,
            A::IllegalParameter,
        ),
        (
            |hi| hi.set(ExtensionType::SUPPORTED_VERSIONS, &[3, 5]),
            E::BadVersion,
            A::IllegalParameter,
        ),
        (
            |hi| hi.set(ExtensionType::SUPPORTED_VERSIONS, &[3]),
            E::Malformed,
            A::DecodeError,
        ),
        (
            |hi| hi.set(ExtensionType::SUPPORTED_VERSIONS, &[3, 4, 0]),
            E::Malformed,
            A::DecodeError,
        ),
        (
            |hi| hi.remove(ExtensionType::SUPPORTED_VERSIONS),
            E::UnsupportedVersion,
            A::ProtocolVersion,
        ),
        (|hi| hi.extensions.clear(), E::UnsupportedVersion, A::ProtocolVersion),
        (
            |hi| hi.legacy_version = 0x0300,
            E::UnsupportedVersion,
            A::ProtocolVersion,
        ),
        (
            |hi| hi.remove(ExtensionType::KEY_SHARE),
            E::MissingExtension,
            A::MissingExtension,
        ),
    ];
    for (i, (change, kind, alert)) in table.iter().enumerate() {
        assert_eq!(answer(settings(), Vec::new(), change), Err(*kind), "row {i}");
        assert_eq!(kind.alert(), Some(*alert), "row {i}");
    }
    assert_eq!(answer(settings(), Vec::new(), |_| {}), Ok(()));
    // To be ignored; a change on the way shows in the transcript.
    assert_eq!(answer(settings(), Vec::new(), |hi| hi.legacy_version = 0x0304), Ok(()));
}

#[test]
fn downgrades_are_noticed() {
    for sentinel in [DOWNGRADE_TO_TLS12, DOWNGRADE_BELOW_TLS12] {
        let result = answer(settings(), Vec::new(), |hi| {
            hi.extensions.clear();
            hi.random[24..].copy_from_slice(&sentinel);
        });
        assert_eq!(result, Err(ErrorKind::Downgrade));
        // In TLS 1.3 the random may be anything.
        let result = answer(settings(), Vec::new(), |hi| hi.random[24..].copy_from_slice(&sentinel));
        assert_eq!(result, Ok(()));
    }
    assert_eq!(ErrorKind::Downgrade.alert(), Some(AlertDescription::IllegalParameter));
}

#[test]
fn extensions() {
    use ErrorKind as E;
    let table: &[(ExtensionType, ErrorKind)] = &[
        // Asked for, but not to be answered here.
        (ExtensionType::ALPN, E::BadExtension),
        (ExtensionType::SERVER_NAME, E::BadExtension),
        (ExtensionType::SUPPORTED_GROUPS, E::BadExtension),
        (ExtensionType::SIGNATURE_ALGORITHMS, E::BadExtension),
        (ExtensionType::PSK_KEY_EXCHANGE_MODES, E::BadExtension),
        // Not asked for.
        (ExtensionType::PRE_SHARED_KEY, E::UnsolicitedExtension),
        (ExtensionType::COOKIE, E::UnsolicitedExtension),
        (ExtensionType::EARLY_DATA, E::UnsolicitedExtension),
        (ExtensionType::STATUS_REQUEST, E::UnsolicitedExtension),
        (ExtensionType(0x1234), E::UnsolicitedExtension),
    ];
    for (extension_type, kind) in table {
        let result = answer(settings(), Vec::new(), |hi| hi.set(*extension_type, &[0, 0]));
        assert_eq!(result, Err(*kind), "{extension_type:?}");
    }
    let twice = answer(settings(), Vec::new(), |hi| {
        hi.extensions.push((ExtensionType::SUPPORTED_VERSIONS, vec![3, 4]))
    });
    assert_eq!(twice, Err(E::DuplicateExtension));
}

#[test]
fn key_shares() {
    let p256 = [&NamedGroup::SECP256R1.0.to_be_bytes()[..], &[0, 65, 4], &[1; 64]].concat();
    let short = [&GROUP.0.to_be_bytes()[..], &[0, 31], &[9; 31]].concat();
    let zeros = [&GROUP.0.to_be_bytes()[..], &[0, 32], &[0; 32]].concat();
    let unknown = [&[0x2a, 0x2a][..], &[0, 1, 1]].concat();
    for share in [&p256, &short, &zeros, &unknown] {
        let result = answer(settings(), Vec::new(), |hi| hi.set(ExtensionType::KEY_SHARE, share));
        assert_eq!(result, Err(ErrorKind::BadKeyShare), "{share:?}");
    }
    for share in [
        &[][..],
        &GROUP.0.to_be_bytes(),
        &[0, 0x1d, 0, 0],
        &[0, 0x1d, 0, 2, 1],
        &[0, 0x1d, 0, 1, 1, 1],
    ] {
        let result = answer(settings(), Vec::new(), |hi| hi.set(ExtensionType::KEY_SHARE, share));
        assert_eq!(result, Err(ErrorKind::Malformed), "{share:?}");
    }
}

#[test]
fn selected_identity() {
    let other_hash = CipherSuite::TLS_AES_256_GCM_SHA384;
    let select = |offers: Vec<Offer>, settings: Settings, index: u8, with_share: bool| {
        answer(settings, offers, |hi| {
            hi.set(ExtensionType::PRE_SHARED_KEY, &[0, index]);
            if !with_share {
                hi.remove(ExtensionType::KEY_SHARE);
            }
        })
    };
    let with_psk_ke = || Settings {
        allow_psk_ke: true,
        ..settings()
    };
    let two = || vec![offer(SUITE), offer(other_hash)];
    assert_eq!(select(two(), settings(), 0, true), Ok(()));
    assert_eq!(select(two(), settings(), 1, true), Err(ErrorKind::BadPsk));
    assert_eq!(select(two(), settings(), 2, true), Err(ErrorKind::BadPsk));
    assert_eq!(select(two(), settings(), 0, false), Err(ErrorKind::BadPsk));
    assert_eq!(select(two(), with_psk_ke(), 0, false), Ok(()));
    assert_eq!(ErrorKind::BadPsk.alert(), Some(AlertDescription::IllegalParameter));
}

#[test]
fn psk_ke_completes() {
    let mut puppet = Puppet::new(
        Settings {
            allow_psk_ke: true,
            ..settings()
        },
        vec![offer(SUITE)],
    )
    .unwrap();
    let hello = puppet.hear_hello().unwrap();
    assert_eq!(
        hello.extension(ExtensionType::PSK_KEY_EXCHANGE_MODES),
        Some(&[2, 1, 0][..])
    );
    let mut hi = puppet.hi_without_share(&hello);
    hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]);
    puppet.say_hi(&hi, Some(&PSK)).unwrap();
    puppet.say(HandshakeType::ENCRYPTED_EXTENSIONS, &[0, 0]).unwrap();
    puppet.say_finished().unwrap();
    assert_eq!(puppet.done, 1);
    assert_eq!(puppet.client.group(), None);
    assert!(puppet.client.resumed());
}

#[test]
fn a_server_that_does_not_know_the_psk_gets_nowhere() {
    let mut puppet = Puppet::new(settings(), vec![offer(SUITE)]).unwrap();
    let hello = puppet.hear_hello().unwrap();
    let mut hi = puppet.hi(&hello).unwrap();
    hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]);
    puppet.say_hi(&hi, Some(&[0; 32])).unwrap();
    let said = puppet.say(HandshakeType::ENCRYPTED_EXTENSIONS, &[0, 0]);
    assert_eq!(said, Err(ErrorKind::BadRecordMac));
}

#[test]
fn every_cut_of_the_message_is_malformed() {
    let mut puppet = Puppet::new(settings(), Vec::new()).unwrap();
    let hello = puppet.hear_hello().unwrap();
    let len = puppet.hi(&hello).unwrap().body().len();
    for cut in 0..len {
        let mut puppet = Puppet::new(settings(), Vec::new()).unwrap();
        let hello = puppet.hear_hello().unwrap();
        let body = puppet.hi(&hello).unwrap().body();
        // Just before the extensions it is a hello of TLS 1.2.
        let expected = if cut == 2 + 32 + 33 + 3 {
            ErrorKind::UnsupportedVersion
        } else {
            ErrorKind::Malformed
        };
        assert_eq!(
            puppet.say(HandshakeType::SERVER_HELLO, &body[..cut]),
            Err(expected),
            "{cut}"
        );
    }
}

#[test]
fn the_hello_says_what_the_settings_do() {
    let settings = Settings {
        request_ocsp: true,
        post_handshake_auth: true,
        authorities: vec![bytes::Bytes::from_static(b"\x30\x00")],
        ..settings()
    };
    let mut puppet = Puppet::new(settings, vec![offer(SUITE), offer(SUITE)]).unwrap();
    assert_eq!(puppet.wire[..3], [22, 3, 1]);
    let hello = puppet.hear_hello().unwrap();
    assert_eq!(hello.legacy_version(), 0x0303);
    assert_eq!(hello.session_id().len(), 32);
    assert_eq!(hello.cipher_suites(), [0x13, 0x01, 0x13, 0x02]);
    assert_eq!(hello.compression_methods(), [0]);
    let types: Vec<_> = hello.extensions().map(|(extension_type, _)| extension_type.0).collect();
    assert_eq!(types, [0, 10, 5, 16, 49, 13, 43, 45, 51, 47, 41]);
    let get = |number| hello.extension(ExtensionType(number)).unwrap();
    assert_eq!(get(0), b"\x00\x0c\x00\x00\x09localhost");
    assert_eq!(get(10), [0, 4, 0, 0x1d, 0, 0x17]);
    assert_eq!(get(5), [1, 0, 0, 0, 0]);
    assert_eq!(get(16), b"\x00\x03\x02h2");
    assert_eq!(get(49), []);
    assert_eq!(get(13), [0, 4, 8, 7, 4, 1]);
    assert_eq!(get(43), [2, 3, 4]);
    assert_eq!(get(45), [1, 1]);
    assert_eq!(get(51)[..6], [0, 36, 0, 0x1d, 0, 32]);
    assert_eq!(get(47), [0, 4, 0, 2, 0x30, 0]);
    // 0xfffffff0 + 0x20 milliseconds, modulo 2^32.
    let identity = [&[0, 8][..], b"a ticket", &[0, 0, 0, 0x10]].concat();
    assert_eq!(get(41)[..2], [0, 28]);
    assert_eq!(get(41)[2..30], [&identity[..], &identity[..]].concat());
    assert_eq!(get(41)[30..33], [0, 66, 32]);
}

#[test]
fn what_was_not_offered_is_not_taken_though_it_be_allowed_meanwhile() {
    let mut puppet = Puppet::new(settings(), vec![offer(SUITE)]).unwrap();
    let hello = puppet.hear_hello().unwrap();
    puppet.client.set_settings(std::sync::Arc::new(Settings {
        allow_psk_ke: true,
        ..settings()
    }));
    let mut hi = puppet.hi_without_share(&hello);
    hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]);
    assert_eq!(puppet.say_hi(&hi, Some(&PSK)), Err(ErrorKind::BadPsk));
}
