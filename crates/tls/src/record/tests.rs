//! Records: what is let through, what is refused, and how.

use super::*;
use crate::event::Events;
use crate::number::Suite13;
use crate::{AlertDescription, CipherSuite, ErrorKind};

const LIMIT: usize = 1000;

fn suites() -> impl Iterator<Item = &'static Suite13> {
    [0x1301, 0x1302, 0x1303]
        .into_iter()
        .filter_map(|n| CipherSuite(n).tls13())
}

fn key(suite: &Suite13) -> RecordKey {
    RecordKey::new(suite, &[7; 32][..suite.aead.key_len()], &[9; 12]).unwrap()
}

fn some_suite() -> &'static Suite13 {
    CipherSuite::TLS_AES_128_GCM_SHA256.tls13().unwrap()
}

fn feed(inbound: &mut Inbound, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let room = inbound.input.buffer();
        let n = room.len().min(bytes.len());
        room[..n].copy_from_slice(&bytes[..n]);
        inbound.input.received(n);
        bytes = &bytes[n..];
    }
}

fn next(inbound: &mut Inbound) -> Result<Incoming, ErrorKind> {
    inbound.next(&mut Events::default(), LIMIT).map_err(|e| e.kind())
}

/// Feeds one byte string, takes until input is needed or something fails.
fn all(inbound: &mut Inbound, bytes: &[u8]) -> Result<usize, ErrorKind> {
    inbound.input.read_ahead = true;
    feed(inbound, bytes);
    let mut n = 0;
    loop {
        match next(inbound)? {
            Incoming::NeedInput => return Ok(n),
            Incoming::Data => {
                inbound.input.consume_plaintext(usize::MAX);
                n += 1;
            }
            _ => n += 1,
        }
    }
}

fn plain(content_type: u8, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[content_type, 3, 3, len[0], len[1]], body].concat()
}

fn sealed(key: &mut RecordKey, content_type: ContentType, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    key.seal(content_type, data, 0, &mut out).unwrap();
    out
}

/// An inbound half that reads protected records, and the key to make them.
fn protected() -> (Inbound, RecordKey) {
    let mut inbound = Inbound::new();
    inbound.set_key(key(some_suite())).unwrap();
    (inbound, key(some_suite()))
}

#[test]
fn what_is_sealed_opens_with_any_suite_and_padding() {
    for suite in suites() {
        for padding in [0, 1, 64, 4096, 1 << 15] {
            let (mut seal, mut open) = (key(suite), key(suite));
            for len in [0, 1, 63, 64, 1000, MAX_PLAINTEXT] {
                let data = vec![0xaa; len];
                let mut out = Vec::new();
                seal.seal(ContentType::APPLICATION_DATA, &data, padding, &mut out)
                    .unwrap();
                assert!(out.len() <= HEADER_LEN + MAX_CIPHERTEXT);
                let (header, body) = out.split_first_chunk().unwrap();
                let mut body = body.to_vec();
                let inner = open.open(*header, &mut body).unwrap();
                assert!(padding < 2 || inner % padding == 0 || inner == MAX_PLAINTEXT + 1);
                assert_eq!(body[..len], data);
                assert_eq!(body[len], 23);
                assert!(body[len + 1..inner].iter().all(|b| *b == 0));
            }
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let record = sealed(&mut key(some_suite()), ContentType::APPLICATION_DATA, b"data");
    for bit in 0..record.len() * 8 {
        let mut bad = record.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let (mut inbound, _) = protected();
        // A longer length only waits for more.
        match all(&mut inbound, &bad) {
            Err(_) => {}
            Ok(n) => assert!(n == 0 && (24..40).contains(&bit), "bit {bit}"),
        }
    }
}

#[test]
fn records_are_bound_to_their_order() {
    let mut seal = key(some_suite());
    let first = sealed(&mut seal, ContentType::APPLICATION_DATA, b"1");
    let second = sealed(&mut seal, ContentType::APPLICATION_DATA, b"2");
    let (mut inbound, _) = protected();
    assert_eq!(all(&mut inbound, &second), Err(ErrorKind::BadRecordMac));
    let (mut inbound, _) = protected();
    assert_eq!(
        all(&mut inbound, &[&first[..], &first].concat()),
        Err(ErrorKind::BadRecordMac)
    );
    let (mut inbound, _) = protected();
    assert_eq!(all(&mut inbound, &[first, second].concat()), Ok(2));
}

#[test]
fn lengths_are_limited() {
    let mut inbound = Inbound::new();
    assert_eq!(
        all(&mut inbound, &[22, 3, 1, 0x40, 0x01]),
        Err(ErrorKind::RecordTooLong)
    );
    let (mut inbound, _) = protected();
    assert_eq!(
        all(&mut inbound, &[23, 3, 3, 0x41, 0x01]),
        Err(ErrorKind::RecordTooLong)
    );
    // Fits on the wire, but not once it is opened.
    let (mut inbound, mut seal) = protected();
    let record = sealed(&mut seal, ContentType::APPLICATION_DATA, &[1; MAX_PLAINTEXT + 1]);
    assert_eq!(all(&mut inbound, &record), Err(ErrorKind::PlaintextTooLong));
}

#[test]
fn other_protocols_are_recognized() {
    for (bytes, kind) in [
        (&b"GET / HTTP/1.1\r\n"[..], ErrorKind::HttpRequest),
        (b"POST /x", ErrorKind::HttpRequest),
        (b"CONNECT example", ErrorKind::ProxyRequest),
        (b"SSH-2.0-", ErrorKind::NotTls),
        (&[22, 2, 0, 0, 1, 1], ErrorKind::NotTls),
    ] {
        assert_eq!(all(&mut Inbound::new(), bytes), Err(kind));
    }
    let mut inbound = Inbound::new();
    assert_eq!(all(&mut inbound, &[24, 3, 3, 0, 0]), Err(ErrorKind::BadRecordType));
}

#[test]
fn change_cipher_spec_is_tolerated_in_its_time_only() {
    let mut inbound = Inbound::new();
    assert_eq!(all(&mut inbound, &plain(20, &[1])), Err(ErrorKind::BadRecordType));
    let mut inbound = Inbound::new();
    inbound.tolerate_ccs(true);
    assert_eq!(all(&mut inbound, &plain(20, &[1])), Ok(0));
    assert_eq!(all(&mut inbound, &plain(20, &[2])), Err(ErrorKind::BadChangeCipherSpec));
    let (mut inbound, mut seal) = protected();
    inbound.tolerate_ccs(true);
    assert_eq!(all(&mut inbound, &plain(20, &[1])), Ok(0));
    let record = sealed(&mut seal, ContentType::CHANGE_CIPHER_SPEC, &[1]);
    assert_eq!(all(&mut inbound, &record), Err(ErrorKind::BadChangeCipherSpec));
}

#[test]
fn floods_of_nothing_end() {
    let mut inbound = Inbound::new();
    inbound.tolerate_ccs(true);
    let flood = plain(20, &[1]).repeat(33);
    assert_eq!(all(&mut inbound, &flood), Err(ErrorKind::TooManyEmptyRecords));
    let (mut inbound, mut seal) = protected();
    for _ in 0..3 {
        for _ in 0..32 {
            assert_eq!(
                all(&mut inbound, &sealed(&mut seal, ContentType::APPLICATION_DATA, b"")),
                Ok(0)
            );
        }
        assert_eq!(
            all(&mut inbound, &sealed(&mut seal, ContentType::APPLICATION_DATA, b"x")),
            Ok(1)
        );
    }
    let flood: Vec<u8> = (0..33)
        .flat_map(|_| sealed(&mut seal, ContentType::APPLICATION_DATA, b""))
        .collect();
    assert_eq!(all(&mut inbound, &flood), Err(ErrorKind::TooManyEmptyRecords));
}

#[test]
fn handshake_messages_are_not_interleaved() {
    let part = plain(22, &[1, 0, 0, 9]);
    for other in [plain(21, &[1, 0]), plain(20, &[1])] {
        let mut inbound = Inbound::new();
        inbound.tolerate_ccs(true);
        assert_eq!(
            all(&mut inbound, &[part.clone(), other].concat()),
            Err(ErrorKind::InterleavedMessage)
        );
    }
    let mut inbound = Inbound::new();
    assert_eq!(all(&mut inbound, &part), Ok(0));
    assert_eq!(
        inbound.set_key(key(some_suite())).unwrap_err().kind(),
        ErrorKind::InterleavedMessage
    );
    assert_eq!(
        all(&mut Inbound::new(), &plain(22, &[])),
        Err(ErrorKind::UnexpectedRecord)
    );
}

#[test]
fn alerts_are_two_bytes() {
    let mut inbound = Inbound::new();
    feed(&mut inbound, &plain(21, &[2, 40]));
    assert!(matches!(
        next(&mut inbound),
        Ok(Incoming::Alert(_, AlertDescription::HandshakeFailure))
    ));
    for body in [&[][..], &[2], &[2, 40, 2]] {
        assert_eq!(
            all(&mut Inbound::new(), &plain(21, body)),
            Err(ErrorKind::MalformedAlert)
        );
    }
}

#[test]
fn unprotected_alerts_are_taken_until_the_peer_has_shown_its_keys() {
    let (mut inbound, mut seal) = protected();
    assert_eq!(all(&mut inbound, &plain(21, &[2, 40])), Err(ErrorKind::BadRecordType));
    let (mut inbound, _) = protected();
    inbound.allow_plain_alerts();
    assert_eq!(all(&mut inbound, &plain(21, &[2, 40])), Ok(1));
    assert_eq!(
        all(&mut inbound, &sealed(&mut seal, ContentType::APPLICATION_DATA, b"x")),
        Ok(1)
    );
    assert_eq!(all(&mut inbound, &plain(21, &[2, 40])), Err(ErrorKind::BadRecordType));
}

#[test]
fn refused_early_data_is_skipped_up_to_a_limit() {
    let early = plain(23, &[0xee; 100]);
    let (mut inbound, mut seal) = protected();
    assert_eq!(all(&mut inbound, &early), Err(ErrorKind::BadRecordMac));
    let (mut inbound, _) = protected();
    inbound.skip_early_data(16384);
    assert_eq!(all(&mut inbound, &early.repeat(3)), Ok(0));
    assert_eq!(
        all(&mut inbound, &sealed(&mut seal, ContentType::HANDSHAKE, &[20, 0, 0, 0])),
        Ok(1)
    );
    assert_eq!(all(&mut inbound, &early), Err(ErrorKind::BadRecordMac));
    let (mut inbound, _) = protected();
    inbound.skip_early_data(16384);
    assert_eq!(all(&mut inbound, &early.repeat(300)), Err(ErrorKind::TooMuchEarlyData));

    let mut inbound = Inbound::new();
    assert_eq!(all(&mut inbound, &early), Err(ErrorKind::UnexpectedMessage));
    let mut inbound = Inbound::new();
    inbound.skip_early_data_unread(16384);
    assert_eq!(all(&mut inbound, &early.repeat(3)), Ok(0));
    assert_eq!(all(&mut inbound, &plain(22, &[20, 0, 0, 0])), Ok(1));
    assert_eq!(all(&mut inbound, &early), Err(ErrorKind::UnexpectedMessage));
}

#[test]
fn a_record_of_zeros_has_no_type() {
    let (mut inbound, mut seal) = protected();
    let record = sealed(&mut seal, ContentType(0), &[0; 10]);
    assert_eq!(all(&mut inbound, &record), Err(ErrorKind::NoInnerType));
}

#[test]
fn a_key_wears_out_before_its_limit_and_sequence_numbers_never_wrap() {
    let mut seal = key(some_suite());
    assert!(!seal.is_worn());
    seal.set_sequence(1 << 23);
    assert!(seal.is_worn());
    seal.set_sequence(u64::MAX);
    let mut out = Vec::new();
    assert!(seal.seal(ContentType::APPLICATION_DATA, b"x", 0, &mut out).is_err());
    assert!(out.is_empty(), "a nonce that the next record would use again");
}

#[test]
fn what_is_sent_is_fragmented_and_flights_are_coalesced() {
    let mut events = Events::default();
    let mut outbound = Outbound::new(100, 0);
    outbound.flight().extend_from_slice(&[1; 250]);
    assert!(!outbound.must_flush());
    outbound.set_key(key(some_suite()), &mut events).unwrap();
    assert!(outbound.must_flush());
    assert_eq!(outbound.output().len(), 250 + 3 * HEADER_LEN);
    outbound.written(100);
    assert_eq!(outbound.output().len(), 150 + 3 * HEADER_LEN);
    outbound.written(usize::MAX);
    assert!(!outbound.must_flush() && outbound.output().is_empty());
    assert_eq!(outbound.data(&[2; 250], &mut events).unwrap(), 100);
    assert_eq!(outbound.output().len(), HEADER_LEN + 100 + 1 + TAG_LEN);
    assert!(!outbound.must_flush(), "application data is the driver's to flush");
    outbound.written(usize::MAX);
    outbound.flight().extend_from_slice(&[1; 10]);
    outbound.data(&[2; 100], &mut events).unwrap();
    outbound.written(HEADER_LEN + 10 + TAG_LEN);
    assert!(outbound.must_flush());
    outbound.written(1);
    assert!(!outbound.must_flush() && !outbound.output().is_empty());
}
