//! The DER against what OpenSSL 3.0.19 was seen to read and write.

use super::*;

const NOW: u64 = 0x6b01_5e9b;

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ ..0x80 => out.push(short as u8),
        long => out.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    out.extend(content);
    out
}

fn int(content: &[u8]) -> Vec<u8> {
    tlv(2, content)
}

fn octets(content: &[u8]) -> Vec<u8> {
    tlv(4, content)
}

fn field(number: u8, inner: Vec<u8>) -> Vec<u8> {
    tlv(0xa0 | number, &inner)
}

fn base() -> Vec<Vec<u8>> {
    vec![
        int(&[1]),
        int(&[3, 4]),
        octets(&[0x13, 1]),
        octets(&[]),
        octets(b"secret"),
    ]
}

/// A session with these parts after the obligatory ones.
fn der(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &[base(), parts.to_vec()].concat().concat())
}

fn der_with(index: usize, part: Vec<u8>) -> Vec<u8> {
    let mut parts = base();
    parts[index] = part;
    tlv(0x30, &parts.concat())
}

fn read(parts: &[Vec<u8>]) -> Session {
    Session::decode(&der(parts), NOW).unwrap()
}

fn refused(parts: &[Vec<u8>]) -> bool {
    Session::decode(&der(parts), NOW).is_err()
}

fn encoded(session: &Session) -> Vec<u8> {
    let mut out = Vec::new();
    session.encode_into(&mut out);
    assert_eq!(out.len(), session.encoded_len());
    out
}

#[test]
fn missing_time_is_now_and_missing_timeout_three_seconds() {
    let session = read(&[]);
    assert_eq!((session.time, session.timeout), (NOW, 3));
    let session = read(&[field(1, int(&[0])), field(2, int(&[0]))]);
    assert_eq!((session.time, session.timeout), (NOW, 3));
    let session = read(&[field(1, int(&[1])), field(2, int(&[5]))]);
    assert_eq!((session.time, session.timeout), (1, 5));
}

#[test]
fn negative_times_of_c_survive() {
    let session = read(&[field(1, int(&[0xff])), field(2, int(&[0xfe]))]);
    assert_eq!((session.time.cast_signed(), session.timeout.cast_signed()), (-1, -2));
    let again = Session::decode(&encoded(&session), NOW).unwrap();
    assert_eq!(session, again);
    assert!(!session.is_expired(NOW), "a session from before 1970 never expires");
    let short = read(&[field(1, int(&[60])), field(2, int(&[0x9c]))]);
    assert!(short.is_expired(0), "a negative timeout ends a session before it began");
    assert!(short.is_expired((-1i64).cast_unsigned()));
}

#[test]
fn expiry() {
    let mut session = read(&[field(1, int(&[100])), field(2, int(&[5]))]);
    assert!(!session.is_expired(0), "a clock that went back expires nothing");
    assert!(!session.is_expired(105));
    assert!(session.is_expired(106));
    session.timeout = i64::MAX as u64;
    assert!(!session.is_expired(i64::MAX as u64), "an end past the end of time");
    let endless = session.expiry();
    session.timeout = 5;
    assert!(session.expiry() < endless);
}

/// The least that OpenSSL writes: context and group are there even when empty and zero.
#[test]
fn what_is_always_written() {
    let session = read(&[field(1, int(&[1])), field(2, int(&[5]))]);
    let whole = der(&[
        field(1, int(&[1])),
        field(2, int(&[5])),
        field(4, octets(&[])),
        field(19, int(&[0])),
    ]);
    assert_eq!(encoded(&session), whole);
}

#[test]
fn integers_must_be_minimal_and_fit() {
    assert!(refused(&[field(1, int(&[0, 1]))]));
    assert!(refused(&[field(1, int(&[0xff, 0xff]))]));
    assert!(refused(&[field(
        1,
        int(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
    )]));
    assert_eq!(
        read(&[field(1, int(&[0x80, 0, 0, 0, 0, 0, 0, 0]))]).time.cast_signed(),
        i64::MIN
    );
    assert!(refused(&[field(5, int(&[0, 0x80, 0, 0, 0]))]));
    assert_eq!(read(&[field(5, int(&[0xff]))]).verify_result, -1);
    assert_eq!(
        read(&[field(5, int(&[0x80, 0, 0, 0]))]).verify_result,
        i64::from(i32::MIN)
    );
    for unsigned in [9, 13, 14, 15, 17, 19] {
        assert!(refused(&[field(unsigned, int(&[0xff]))]), "[{unsigned}] negative");
    }
    for narrow in [14, 15, 17, 19] {
        assert!(
            refused(&[field(narrow, int(&[1, 0, 0, 0, 0]))]),
            "[{narrow}] over 32 bits"
        );
    }
    assert_eq!(
        read(&[field(9, int(&[0, 255, 255, 255, 255, 255, 255, 255, 255]))]).lifetime_hint,
        u64::MAX
    );
}

#[test]
fn wide_fields_are_cut_to_their_c_type() {
    assert_eq!(read(&[field(13, int(&[1, 0, 0, 0, 1]))]).flags, 1);
    assert_eq!(read(&[field(17, int(&[1, 1]))]).max_fragment_mode, 1);
    assert_eq!(read(&[field(19, int(&[1, 0x11, 0x70]))]).kex_group, 70000);
}

#[test]
fn order_is_fixed_and_nothing_is_unknown() {
    assert!(refused(&[field(2, int(&[5])), field(1, int(&[1]))]));
    assert!(refused(&[field(1, int(&[1])), field(1, int(&[1]))]));
    assert!(refused(&[field(20, int(&[1]))]));
    assert!(refused(&[vec![5, 0]]));
    assert!(refused(&[field(16, [octets(b"h"), vec![5, 0]].concat())]));
    assert!(refused(&[field(16, vec![])]));
    assert!(refused(&[field(16, int(&[1]))]));
    assert!(refused(&[tlv(0x90, &octets(b"h"))]));
    for missing in 0..5 {
        let mut parts = base();
        parts.remove(missing);
        assert!(Session::decode(&tlv(0x30, &parts.concat()), NOW).is_err(), "{missing}");
    }
}

#[test]
fn old_key_arg_is_read_over() {
    let session = read(&[tlv(0x80, b"abc"), field(1, int(&[1])), field(2, int(&[5]))]);
    assert_eq!(session, read(&[field(1, int(&[1])), field(2, int(&[5]))]));
}

#[test]
fn lengths_are_bounded() {
    assert!(Session::decode(&der_with(2, octets(&[0x13])), NOW).is_err());
    assert!(Session::decode(&der_with(2, octets(&[3, 0x13, 1])), NOW).is_err());
    assert!(Session::decode(&der_with(3, octets(&[1; 32])), NOW).is_ok());
    assert_eq!(
        Session::decode(&der_with(3, octets(&[1; 33])), NOW),
        Err(DecodeError::Length("id"))
    );
    assert!(Session::decode(&der_with(4, octets(&[])), NOW).is_ok());
    assert!(Session::decode(&der_with(4, octets(&[1; 512])), NOW).is_ok());
    assert_eq!(
        Session::decode(&der_with(4, octets(&[1; 513])), NOW),
        Err(DecodeError::Length("secret"))
    );
    assert!(!refused(&[field(4, octets(&[1; 32]))]));
    assert!(refused(&[field(4, octets(&[1; 33]))]));
    assert!(refused(&[field(11, octets(&[]))]));
    assert!(refused(&[field(11, octets(&[1, 2]))]));
}

#[test]
fn versions() {
    for version in [&[0][..], &[2], &[0xff], &[1, 0, 0, 0, 1]] {
        assert_eq!(
            Session::decode(&der_with(0, int(version)), NOW),
            Err(DecodeError::FormatVersion)
        );
    }
    for protocol in [
        &[3, 3][..],
        &[3, 4],
        &[3, 0],
        &[3, 0xff],
        &[0, 0xfe, 0xff],
        &[0, 0xfe, 0xfd],
        &[1, 0],
    ] {
        let session = Session::decode(&der_with(1, int(protocol)), NOW).unwrap();
        assert!(
            encoded(&session)
                .windows(protocol.len())
                .any(|window| window == protocol)
        );
    }
    for protocol in [&[0][..], &[2, 0], &[0xfe, 0xff], &[3], &[1, 3, 3]] {
        assert_eq!(
            Session::decode(&der_with(1, int(protocol)), NOW),
            Err(DecodeError::Protocol)
        );
    }
}

#[test]
fn names_end_at_the_first_nul_and_bytes_do_not() {
    let parts = [6, 7, 8, 12].map(|number| field(number, octets(b"a\0b")));
    let session = read(&parts);
    for name in [
        session.hostname,
        session.psk_identity_hint,
        session.psk_identity,
        session.srp_username,
    ] {
        assert_eq!(name.as_deref(), Some(&b"a"[..]));
    }
    let session = read(&[10, 16, 18].map(|number| field(number, octets(b"a\0b"))));
    for bytes in [session.ticket, session.alpn, session.appdata] {
        assert_eq!(bytes.as_deref(), Some(&b"a\0b"[..]));
    }
}

#[test]
fn empty_is_not_missing() {
    let parts = [6, 7, 8, 10, 12, 16, 18].map(|number| field(number, octets(b"")));
    let session = read(&parts);
    assert_eq!(session.appdata.as_deref(), Some(&b""[..]));
    let again = Session::decode(&encoded(&session), NOW).unwrap();
    assert_eq!(session, again);
}

#[test]
fn null_compression_is_not_written() {
    assert_eq!(read(&[field(11, octets(&[0]))]).compression, None);
    assert_eq!(read(&[field(11, octets(&[1]))]).compression, Some(1));
}

#[test]
fn bytes_left_over() {
    let mut der = der(&[]);
    let len = der.len();
    der.extend([0, 0]);
    assert_eq!(Session::decode(&der, NOW), Err(DecodeError::Trailing));
    assert_eq!(Session::decode_prefix(&der, NOW).unwrap().1, len);
    assert!(Session::decode_prefix(&der[..len - 1], NOW).is_err());
}

#[test]
fn the_peer_is_any_sequence() {
    let peer = tlv(0x30, &int(&[7]));
    assert_eq!(read(&[field(3, peer.clone())]).peer.as_deref(), Some(&peer[..]));
    assert!(refused(&[field(3, int(&[7]))]));
    assert!(refused(&[field(3, vec![0x30, 2, 5])]));
}

#[test]
fn a_tag_with_the_greatest_number_is_an_unknown_field() {
    let head = [2, 1, 1, 2, 2, 3, 4, 4, 2, 0x13, 1, 4, 0, 4, 1, 7];
    let tag = [0xbf, 0x8f, 0xff, 0xff, 0xff, 0x7f, 0];
    let body = [&head[..], &tag].concat();
    let der = [&[0x30, u8::try_from(body.len()).unwrap()][..], &body].concat();
    assert!(Session::decode(&der, 0).is_err());
    let without = [&[0x30, 16][..], &head].concat();
    assert!(Session::decode(&without, 0).is_ok());
}
