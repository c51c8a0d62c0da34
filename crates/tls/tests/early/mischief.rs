//! Somebody on the way changes what a client with early data sends.

use super::*;

/// A client with its first flight out, and that flight.
fn first_flight(offers: Vec<Offer>) -> (Ours, Vec<u8>) {
    let mut client = eager(plain(), offers, b"early");
    client.connection.finish_early_data().unwrap();
    let flight = client.take_output();
    (client, flight)
}

#[test]
fn every_byte_of_the_first_flight_changed() {
    let offers = offers();
    let (_, flight) = first_flight(offers.clone());
    let len = flight.len();
    let hello_len = 5 + usize::from(u16::from_be_bytes([flight[3], flight[4]]));
    for at in 0..len {
        let (mut client, mut flight) = first_flight(offers.clone());
        flight[at] ^= if at % 9 == 8 { 0xff } else { 1 << (at % 9) };
        let mut server = server(plain(), |_| {});
        server.feed(&flight);
        assert!(server.early.is_empty() || server.early == b"early", "byte {at}");
        client.feed(&server.take_output());
        exchange(&mut client, &mut server);
        // The minor version of an unprotected record means nothing.
        let ignored = server.handshakes == 1;
        assert!(!ignored || at == 2 || flight[at - 2] == 20, "byte {at}");
        // Behind the ClientHello, the server's flight is one that its client takes.
        assert!(ignored || client.handshakes == 0 || at >= hello_len, "byte {at}");
    }
}

#[test]
fn every_byte_of_the_second_flight_changed() {
    let offers = offers();
    for at in 0.. {
        let (mut client, flight) = first_flight(offers.clone());
        let mut server = server(plain(), |_| {});
        server.feed(&flight);
        client.feed(&server.take_output());
        let mut second = client.take_output();
        if at >= second.len() {
            assert!(at > 60, "EndOfEarlyData and Finished");
            return;
        }
        second[at] ^= 1 << (at % 8);
        server.feed(&second);
        assert_eq!(server.handshakes, 0, "byte {at}");
        assert_eq!(server.early, b"early");
        assert!(server.received.is_empty());
    }
}

#[test]
fn what_comes_after_the_hello_may_not_be_left_out_or_repeated() {
    let offers = offers();
    // ClientHello, change_cipher_spec, early data; then EndOfEarlyData, Finished.
    for (kept, early) in [
        (&[0, 2][..], &b"early"[..]),
        (&[0, 1], b""),
        (&[0, 2, 2], b"early"),
        (&[0, 0], b""),
    ] {
        let (mut client, flight) = first_flight(offers.clone());
        let mut records = Vec::new();
        let mut rest = &flight[..];
        while !rest.is_empty() {
            let (record, more) = rest.split_at(5 + usize::from(u16::from_be_bytes([rest[3], rest[4]])));
            records.push(record);
            rest = more;
        }
        let changed: Vec<u8> = kept.iter().flat_map(|at| records[*at]).copied().collect();
        let mut server = server(plain(), |_| {});
        server.feed(&changed);
        assert_eq!(server.early, early, "{kept:?}");
        client.feed(&server.take_output());
        exchange(&mut client, &mut server);
        assert_eq!(
            server.handshakes == 1,
            kept == [0, 2],
            "{kept:?}: change_cipher_spec alone means nothing"
        );
    }
}
