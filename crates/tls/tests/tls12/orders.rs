//! Which message may come when. The tables are written from RFC 5246 (sections 7.1, 7.3), RFC 5077 (section 3.1) and RFC
//! 6066 (section 8), not from the code.

use std::sync::Arc;

use carnet_tls::{AlertDescription, ClientAuth, HandshakeType as H, Settings};

use crate::app::{App, Tickets, with};
use crate::ends::{End, Ours, exchange};
use crate::pki;

/// change_cipher_spec among the handshake's messages, though it is none.
const CCS: H = H(255);

const ALL: [H; 16] = [
    H::HELLO_REQUEST,
    H::CLIENT_HELLO,
    H::SERVER_HELLO,
    H::NEW_SESSION_TICKET,
    H::END_OF_EARLY_DATA,
    H::ENCRYPTED_EXTENSIONS,
    H::CERTIFICATE,
    H::SERVER_KEY_EXCHANGE,
    H::CERTIFICATE_REQUEST,
    H::SERVER_HELLO_DONE,
    H::CERTIFICATE_VERIFY,
    H::CLIENT_KEY_EXCHANGE,
    H::FINISHED,
    H::CERTIFICATE_STATUS,
    H::KEY_UPDATE,
    CCS,
];

/// What was said in the clear, message by message, each in a record of its own; ends before what is protected.
fn clear_messages(mut wire: &[u8]) -> Vec<(H, Vec<u8>)> {
    let mut messages = Vec::new();
    while let [content_type, _, _, high, low, rest @ ..] = wire {
        let (mut body, next) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        wire = next;
        if *content_type == 20 {
            messages.push((CCS, record(20, &[1])));
            break;
        }
        while let [kind, a, b, c, ..] = body {
            let len = 4 + usize::from(*a) * 65536 + usize::from(*b) * 256 + usize::from(*c);
            let (message, next) = body.split_at(len);
            messages.push((H(*kind), record(22, message)));
            body = next;
        }
    }
    messages
}

fn record(content_type: u8, body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[content_type, 3, 3, high, low], body].concat()
}

/// Something of this kind, not well-formed: what is legal gets beyond the question whether it may come.
fn any(kind: H) -> Vec<u8> {
    match kind {
        CCS => record(20, &[1]),
        H::HELLO_REQUEST => record(22, &[0, 0, 0, 0]),
        _ => record(22, &[kind.0, 0, 0, 1, 0xff]),
    }
}

#[derive(Clone)]
struct Scene {
    client: Arc<Settings>,
    server: Arc<Settings>,
    tickets: Tickets,
    client_shows: bool,
    ocsp: bool,
    resumes: bool,
}

impl Scene {
    fn plain() -> Self {
        Self {
            client: with(|_| {}),
            server: with(|_| {}),
            tickets: Tickets::Good { renew: true },
            client_shows: false,
            ocsp: false,
            resumes: false,
        }
    }

    fn ends(&self) -> (Ours, Ours) {
        let mut app = App::new(Some(&pki::P256));
        app.tickets = self.tickets;
        app.ocsp = self.ocsp.then(|| b"a response"[..].into());
        let own = self.client_shows.then_some(&*pki::P256);
        let mut offers = Vec::new();
        if self.resumes {
            let (mut client, mut server) = Self {
                resumes: false,
                tickets: Tickets::Good { renew: true },
                ..self.clone()
            }
            .ends();
            exchange(&mut client, &mut server);
            offers = client.app.offers();
        }
        (
            Ours::client(&self.client, offers, App::new(own)),
            Ours::server(&self.server, app),
        )
    }

    /// A client that has heard the first `n` messages of an honest server, and what it hears next.
    fn client_after(&self, n: usize) -> (Ours, Vec<H>) {
        self.after(n, true)
    }

    fn server_after(&self, n: usize) -> (Ours, Vec<H>) {
        self.after(n, false)
    }

    fn after(&self, n: usize, client_listens: bool) -> (Ours, Vec<H>) {
        let (mut client, mut server) = self.ends();
        client.feed(&[]);
        let mut heard = Vec::new();
        let (listener, speaker) = if client_listens {
            (&mut client, &mut server)
        } else {
            (&mut server, &mut client)
        };
        loop {
            let out = listener.take_output();
            speaker.feed(&out);
            let messages = clear_messages(&speaker.take_output());
            if messages.is_empty() {
                break;
            }
            for (kind, message) in messages {
                if heard.len() == n {
                    break;
                }
                heard.push(kind);
                listener.feed(&message);
                assert_eq!(listener.error, None, "{heard:?}");
            }
            if heard.len() == n {
                break;
            }
        }
        assert_eq!(heard.len(), n, "{heard:?}");
        let listener = if client_listens { client } else { server };
        (listener, heard)
    }
}

#[track_caller]
fn check(make: &dyn Fn() -> (Ours, Vec<H>), legal: &[H]) {
    for kind in ALL {
        let (mut end, heard) = make();
        end.feed(&any(kind));
        let refused = end.error.and_then(|error| error.alert()) == Some(AlertDescription::UnexpectedMessage);
        assert_eq!(
            refused,
            !legal.contains(&kind),
            "{kind:?} after {heard:?}: {:?}",
            end.error
        );
        assert_eq!(end.done, 0);
    }
    // Application data may come at no time.
    let (mut end, heard) = make();
    end.feed(&record(23, b"data"));
    assert!(end.error.is_some() && end.received.is_empty(), "data after {heard:?}");
}

#[track_caller]
fn check_server(scene: &Scene, table: &[&[H]]) {
    for (n, legal) in table.iter().enumerate() {
        check(&|| scene.server_after(n), legal);
    }
}

#[track_caller]
fn check_client(scene: &Scene, table: &[&[H]]) {
    for (n, legal) in table.iter().enumerate() {
        check(&|| scene.client_after(n), legal);
    }
}

#[test]
fn what_a_server_hears_in_full() {
    let table: [&[H]; 3] = [&[H::CLIENT_HELLO], &[H::CLIENT_KEY_EXCHANGE], &[CCS]];
    check_server(&Scene::plain(), &table);
}

#[test]
fn what_a_server_hears_that_asks_for_a_certificate() {
    let scene = Scene {
        server: with(|s| s.client_auth = ClientAuth::Request),
        ..Scene::plain()
    };
    let table: [&[H]; 4] = [&[H::CLIENT_HELLO], &[H::CERTIFICATE], &[H::CLIENT_KEY_EXCHANGE], &[CCS]];
    check_server(&scene, &table);
    let scene = Scene {
        client_shows: true,
        ..scene
    };
    let table: [&[H]; 5] = [
        &[H::CLIENT_HELLO],
        &[H::CERTIFICATE],
        &[H::CLIENT_KEY_EXCHANGE],
        &[H::CERTIFICATE_VERIFY],
        &[CCS],
    ];
    check_server(&scene, &table);
}

#[test]
fn what_a_server_hears_that_resumes() {
    let scene = Scene {
        resumes: true,
        ..Scene::plain()
    };
    check_server(&scene, &[&[H::CLIENT_HELLO], &[CCS]]);
}

#[test]
fn what_a_client_hears_in_full() {
    // The client ignores HelloRequest while it is negotiating, except before there is a ServerHello: then nobody can
    // know that it is TLS 1.2.
    let first: [&[H]; 4] = [
        &[H::SERVER_HELLO],
        &[H::CERTIFICATE, H::HELLO_REQUEST],
        &[H::SERVER_KEY_EXCHANGE, H::HELLO_REQUEST],
        &[H::CERTIFICATE_REQUEST, H::SERVER_HELLO_DONE, H::HELLO_REQUEST],
    ];
    let with_ticket: [&[H]; 1] = [&[H::NEW_SESSION_TICKET, H::HELLO_REQUEST]];
    check_client(&Scene::plain(), &[first.as_slice(), &with_ticket].concat());
    let scene = Scene {
        tickets: Tickets::Ignored,
        ..Scene::plain()
    };
    let without: [&[H]; 1] = [&[CCS]];
    check_client(&scene, &[first.as_slice(), &without].concat());
}

#[test]
fn what_a_client_hears_that_asked_for_a_staple() {
    let scene = Scene {
        client: with(|s| s.request_ocsp = true),
        ocsp: true,
        ..Scene::plain()
    };
    let table: [&[H]; 4] = [
        &[H::SERVER_HELLO],
        &[H::CERTIFICATE, H::HELLO_REQUEST],
        &[H::CERTIFICATE_STATUS, H::SERVER_KEY_EXCHANGE, H::HELLO_REQUEST],
        &[H::SERVER_KEY_EXCHANGE, H::HELLO_REQUEST],
    ];
    check_client(&scene, &table);
}

#[test]
fn what_a_client_hears_that_is_asked_for_a_certificate() {
    let scene = Scene {
        server: with(|s| s.client_auth = ClientAuth::Request),
        ..Scene::plain()
    };
    for n in 4..5 {
        // One request is enough.
        check(&|| scene.client_after(n), &[H::SERVER_HELLO_DONE, H::HELLO_REQUEST]);
    }
}

#[test]
fn what_a_client_hears_that_resumes() {
    let scene = Scene {
        resumes: true,
        ..Scene::plain()
    };
    let renewed: [&[H]; 3] = [&[H::SERVER_HELLO], &[H::NEW_SESSION_TICKET, H::HELLO_REQUEST], &[CCS]];
    check_client(&scene, &renewed);
    let scene = Scene {
        tickets: Tickets::Good { renew: false },
        ..scene
    };
    check_client(&scene, &[&[H::SERVER_HELLO], &[CCS]]);
}

#[test]
fn nothing_more_may_come_unprotected() {
    // After change_cipher_spec: another one, and Finished in the clear.
    for (client_listens, n) in [(false, 3), (true, 6)] {
        let make = || Scene::plain().after(n, client_listens);
        let (mut end, heard) = make();
        assert_eq!(heard.last(), Some(&CCS));
        end.feed(&any(CCS));
        assert_eq!(
            end.error.and_then(|e| e.alert()),
            Some(AlertDescription::UnexpectedMessage)
        );
        let (mut end, _) = make();
        end.feed(&record(22, &[20, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        assert_eq!(end.error.and_then(|e| e.alert()), Some(AlertDescription::BadRecordMac));
        assert_eq!(end.done, 0);
    }
}

#[test]
fn change_cipher_spec_in_the_middle_of_a_message() {
    for (client_listens, n) in [(false, 1), (false, 2), (true, 1), (true, 4), (true, 5)] {
        let (mut end, heard) = Scene::plain().after(n, client_listens);
        end.feed(&record(22, &[16, 0, 0, 33, 32]));
        end.feed(&any(CCS));
        let alert = end.error.and_then(|e| e.alert());
        assert_eq!(alert, Some(AlertDescription::UnexpectedMessage), "after {heard:?}");
    }
    let (mut end, _) = Scene::plain().server_after(2);
    end.feed(&record(20, &[2]));
    assert_eq!(
        end.error.and_then(|e| e.alert()),
        Some(AlertDescription::UnexpectedMessage)
    );
}
