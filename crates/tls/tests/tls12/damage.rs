//! What a hostile peer, or a bad line, may do: bytes that are changed, cut off, repeated.

use carnet_tls::{AlertDescription, ClientAuth, ErrorKind};

use crate::app::{App, Tickets, with};
use crate::ends::{End, Ours, exchange, exchange_through, talk};
use crate::pki;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Full,
    Authenticated,
    Resumed,
}

fn ends(kind: Kind) -> (Ours, Ours) {
    let server = with(|s| {
        if kind == Kind::Authenticated {
            s.client_auth = ClientAuth::Request;
        }
    });
    let mut app = App::new(Some(&pki::P256));
    app.tickets = Tickets::Good { renew: true };
    let mut offers = Vec::new();
    if kind == Kind::Resumed {
        let (mut client, mut server) = ends(Kind::Full);
        exchange(&mut client, &mut server);
        offers = client.app.offers();
    }
    (
        Ours::client(&with(|_| {}), offers, App::new(Some(&pki::ED25519))),
        Ours::server(&server, app),
    )
}

/// How many bytes each side sends in a handshake.
fn lengths(kind: Kind) -> [usize; 2] {
    let (mut client, mut server) = ends(kind);
    let mut lengths = [0; 2];
    exchange_through(&mut client, &mut server, &mut |from_client, bytes| {
        lengths[usize::from(from_client)] += bytes.len();
        bytes
    });
    talk(&mut client, &mut server);
    lengths
}

/// Runs a handshake with one bit of one side's bytes changed: nobody may believe that it went well with a peer that
/// thinks otherwise.
fn flip(kind: Kind, side: bool, at: usize, bit: u8) {
    let (mut client, mut server) = ends(kind);
    let mut passed = 0;
    exchange_through(&mut client, &mut server, &mut |from_client, mut bytes| {
        if from_client == side {
            if let Some(byte) = at.checked_sub(passed).and_then(|at| bytes.get_mut(at)) {
                *byte ^= bit;
            }
            passed += bytes.len();
        }
        bytes
    });
    // The one that the damaged bytes went to has not finished, unless what was changed means nothing: the version in a
    // record's header of the unprotected part.
    let listener = if side { &server } else { &client };
    if listener.done > 0 {
        talk(&mut client, &mut server);
        let same = client.connection.finished_local() == server.connection.finished_peer();
        assert!(same, "byte {at} of {side}");
        HARMLESS.with(|n| n.set(n.get() + 1));
    }
}

thread_local! {
    static HARMLESS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[test]
fn no_flipped_bit_is_accepted() {
    for kind in [Kind::Full, Kind::Authenticated, Kind::Resumed] {
        for (side, len) in [false, true].into_iter().zip(lengths(kind)) {
            HARMLESS.with(|n| n.set(0));
            // Random lengths (of signatures) vary a little from run to run; that is as well.
            for at in (0..len).step_by(3) {
                flip(kind, side, at, 1 << (at % 8));
            }
            // At most the minor version of each plain record's header.
            assert!(HARMLESS.with(std::cell::Cell::get) < 8);
        }
    }
}

#[test]
fn nothing_that_is_cut_off_is_accepted() {
    for kind in [Kind::Full, Kind::Authenticated, Kind::Resumed] {
        for (side, len) in [false, true].into_iter().zip(lengths(kind)) {
            // The last record is Finished: 5 + 8 + 16 + 16 bytes; signatures vary by 2.
            for keep in (0..len - 12).step_by(5) {
                let (mut client, mut server) = ends(kind);
                let mut left = keep;
                exchange_through(&mut client, &mut server, &mut |from_client, mut bytes| {
                    if from_client == side {
                        bytes.truncate(left);
                        left -= bytes.len();
                    }
                    bytes
                });
                let listener = if side { &server } else { &client };
                assert_eq!(listener.done, 0);
                assert_eq!(listener.error, None);
            }
        }
    }
}

#[test]
fn byte_by_byte_is_the_same() {
    for kind in [Kind::Full, Kind::Authenticated, Kind::Resumed] {
        let (mut client, mut server) = ends(kind);
        client.feed(&[]);
        loop {
            let (from_client, from_server) = (client.take_output(), server.take_output());
            if from_client.is_empty() && from_server.is_empty() {
                break;
            }
            from_client.chunks(1).for_each(|byte| server.feed(byte));
            from_server.chunks(1).for_each(|byte| client.feed(byte));
        }
        talk(&mut client, &mut server);
    }
}

fn connected() -> (Ours, Ours) {
    let (mut client, mut server) = ends(Kind::Full);
    exchange(&mut client, &mut server);
    talk(&mut client, &mut server);
    client.received.clear();
    server.received.clear();
    (client, server)
}

#[test]
fn damaged_data_ends_it() {
    for at in [0, 5, 13, 20] {
        let (mut client, mut server) = connected();
        client.send(b"some data");
        let mut wire = client.take_output();
        wire[at] ^= 4;
        server.feed(&wire);
        assert!(server.error.is_some() && server.received.is_empty());
    }
    // Said twice, or in another order.
    let (mut client, mut server) = connected();
    client.send(b"some data");
    let wire = client.take_output();
    server.feed(&wire);
    server.feed(&wire);
    assert_eq!(server.error.unwrap().kind(), ErrorKind::BadRecordMac);
    assert_eq!(server.received, b"some data");
    let (mut client, mut server) = connected();
    server.feed(&[
        23, 3, 3, 0, 23, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    assert_eq!(server.error.unwrap().kind(), ErrorKind::BadRecordMac);
    client.feed(&[20, 3, 3, 0, 1, 1]);
    assert_eq!(client.error.unwrap().alert(), Some(AlertDescription::UnexpectedMessage));
}

fn alert(level: u8, description: AlertDescription) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, level, description.code()]
}

#[test]
fn some_warnings_pass() {
    let (mut client, mut server) = ends(Kind::Full);
    client.feed(&[]);
    for _ in 0..5 {
        client.feed(&alert(1, AlertDescription::UnrecognizedName));
    }
    exchange(&mut client, &mut server);
    talk(&mut client, &mut server);

    let (mut client, _) = ends(Kind::Full);
    for _ in 0..6 {
        client.feed(&alert(1, AlertDescription::UnrecognizedName));
    }
    assert_eq!(client.error.unwrap().kind(), ErrorKind::TooManyWarnings);

    let (mut client, _) = ends(Kind::Full);
    client.feed(&alert(2, AlertDescription::UnrecognizedName));
    let kind = client.error.unwrap().kind();
    assert_eq!(kind, ErrorKind::AlertReceived(AlertDescription::UnrecognizedName));
}

#[test]
fn hello_requests_in_the_handshake_are_ignored_but_not_for_ever() {
    for (n, too_many) in [(5, false), (6, true)] {
        let (mut client, mut server) = ends(Kind::Full);
        client.feed(&[]);
        server.feed(&client.take_output());
        let flight = server.take_output();
        let hello_len = 9 + usize::from(u16::from_be_bytes([flight[7], flight[8]]));
        let hello = [
            &[22, 3, 3],
            &u16::try_from(hello_len - 5).unwrap().to_be_bytes()[..],
            &flight[5..hello_len],
        ];
        client.feed(&hello.concat());
        for _ in 0..n {
            client.feed(&[22, 3, 3, 0, 4, 0, 0, 0, 0]);
        }
        assert_eq!(client.error.is_some(), too_many);
        if too_many {
            assert_eq!(client.error.unwrap().kind(), ErrorKind::TooManyWarnings);
            continue;
        }
        let rest = &flight[hello_len..];
        let [high, low] = u16::try_from(rest.len()).unwrap().to_be_bytes();
        client.feed(&[&[22, 3, 3, high, low], rest].concat());
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
    }
}
