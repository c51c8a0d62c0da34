//! Ticket requests (RFC 9149).

use carnet_tls::TicketRequest;

use super::*;

fn asking(new_session: u8, resumption: u8) -> Settings {
    Settings {
        ticket_request: Some(TicketRequest {
            new_session,
            resumption,
        }),
        ..plain()
    }
}

fn granting(num_tickets: usize) -> Settings {
    Settings { num_tickets, ..plain() }
}

/// How many tickets this client gets of this server, and how many it is told.
#[track_caller]
fn count(mut c: Ours, mut s: Ours) -> (usize, Option<u8>) {
    exchange(&mut c, &mut s);
    talk(&mut c, &mut s);
    (c.app.tickets.len(), c.connection.ticket_request_expected())
}

#[test]
fn a_client_gets_what_it_asks_for_within_limits() {
    for (asked, granted, expected) in [(0, 2, 0), (1, 2, 1), (2, 2, 2), (9, 2, 2), (3, 0, 0), (255, 300, 255)] {
        let c = client(asking(asked, 1), Vec::new());
        let (got, told) = count(c, server(granting(granted), |_| {}));
        assert_eq!(
            (got, told),
            (expected, u8::try_from(expected).ok()),
            "{asked} {granted}"
        );
    }
    for (asked, granted, expected) in [(0, 2, 0), (1, 2, 1), (2, 2, 2), (3, 2, 2), (1, 0, 0)] {
        let c = client(asking(1, asked), offers());
        let (got, told) = count(c, server(granting(granted), |_| {}));
        assert_eq!(
            (got, told),
            (expected, u8::try_from(expected).ok()),
            "{asked} {granted}"
        );
    }
}

#[test]
fn after_an_external_psk_it_is_as_after_a_resumption() {
    let settings = |settings| Settings {
        asks_for_psk: true,
        ..settings
    };
    let app = App {
        psk: Some(external(b"me", SUITE)),
        ..App::new()
    };
    let c = Ours::client(Arc::new(settings(asking(0, 2))), Vec::new(), app);
    let s = server(settings(granting(5)), |app| app.psks = vec![external(b"me", SUITE)]);
    assert_eq!(count(c, s), (2, Some(2)));
}

#[test]
fn who_does_not_ask_is_not_told() {
    assert_eq!(
        count(client(plain(), Vec::new()), server(granting(3), |_| {})),
        (3, None)
    );
    let deaf = Settings {
        honour_ticket_requests: false,
        ..granting(3)
    };
    assert_eq!(count(client(asking(1, 1), Vec::new()), server(deaf, |_| {})), (3, None));
}

#[test]
fn the_server_knows_what_was_asked() {
    let (mut c, mut s) = (client(asking(4, 7), Vec::new()), server(granting(1), |_| {}));
    exchange(&mut c, &mut s);
    let request = s.connection.client_ticket_request().unwrap();
    assert_eq!((request.new_session, request.resumption), (4, 7));
}
