//! The ClientHello path: a server that is told anything, at once or in pieces, as wire bytes or wrapped as a ClientHello.
#![no_main]

use std::sync::{Arc, LazyLock};

use carnet_ticket::{Secret, Session};
use carnet_tls::fuzzing::early_flight;
use carnet_tls::{
    AlertDescription, Answer, CipherSuite, ClientAuth, Connection, Credential, Error, NamedGroup, NewTicket,
    ProtocolVersion, Question, Settings, SignatureScheme, Step, TicketVerdict,
};
use libfuzzer_sys::fuzz_target;

/// The ticket's and the external PSK's secret.
const SECRET: &[u8] = &[7; 32];
const LIMIT: u32 = 1000;

/// Without external PSKs, and with them.
static SETTINGS: LazyLock<[Arc<Settings>; 2]> = LazyLock::new(|| [false, true].map(settings));

fn settings(asks_for_psk: bool) -> Arc<Settings> {
    Arc::new(Settings {
        min_version: ProtocolVersion::TLS1_2,
        max_version: ProtocolVersion::TLS1_3,
        suites: vec![
            CipherSuite::TLS_AES_256_GCM_SHA384,
            CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
            CipherSuite::TLS_AES_128_GCM_SHA256,
            CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        ],
        server_preference: false,
        prefer_sha256: false,
        // X25519 alone is fast enough for a fuzzer; the rest leads to a HelloRetryRequest.
        groups: vec![NamedGroup::X25519],
        schemes: vec![SignatureScheme::ECDSA_SECP256R1_SHA256, SignatureScheme::ED25519],
        client_auth: ClientAuth::Request,
        authorities: Vec::new(),
        post_handshake_auth: false,
        protocols: Default::default(),
        server_name: None,
        middlebox_compat: true,
        tickets: true,
        num_tickets: 2,
        allow_psk_ke: true,
        tls12: Default::default(),
        asks_for_psk,
        ticket_request: None,
        honour_ticket_requests: true,
        max_send_fragment: 16384,
        record_padding: 0,
        max_certificate_len: 102_400,
        request_ocsp: false,
        observe: true,
        key_log: true,
    })
}

static SESSION: LazyLock<Arc<Session>> = LazyLock::new(|| {
    let secret = Secret::new(SECRET).expect("short enough");
    let mut session = Session::new(0x0304, 0x1301, secret, 0);
    session.max_early_data = LIMIT;
    Arc::new(session)
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else { return };
    let wire = match choice % 4 {
        0 => data.to_vec(),
        1 => records(&message(data), usize::from(choice / 4).max(1) * 64),
        2 => early_flight(data, SECRET),
        // The length inside is the fuzzer's business, too.
        _ => records(data, 1 << 14),
    };
    let mut server = Connection::server(SETTINGS[usize::from(choice >> 4 & 1)].clone());
    if choice & 0x20 == 0 {
        server.accept_early_data(LIMIT).expect("nothing has happened");
    }
    server.set_read_ahead(choice & 0x80 != 0);
    let first = drive(&mut server, &wire, *choice);
    let _ = format!("{server:?} {:?}", server.take_events());
    match first {
        Ok(()) => assert!(!server.is_failed()),
        Err(error) => {
            assert_eq!(server.step().expect_err("errors stay"), error);
            assert_eq!(server.output().is_empty(), error.alert().is_none());
        }
    }
});

/// A ClientHello of this body.
fn message(body: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(body.len()).expect("the fuzzer's input is short").to_be_bytes();
    [&[1, a, b, c], body].concat()
}

fn records(content: &[u8], fragment: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    for part in content.chunks(fragment) {
        let [high, low] = u16::try_from(part.len()).expect("a fragment is short").to_be_bytes();
        wire.extend_from_slice(&[22, 3, 1, high, low]);
        wire.extend_from_slice(part);
    }
    wire
}

fn drive(server: &mut Connection, mut wire: &[u8], choice: u8) -> Result<(), Error> {
    let mut early = 0;
    loop {
        match server.step()? {
            Step::Read if wire.is_empty() => return Ok(()),
            Step::Read => {
                let room = server.input_buffer();
                let n = room.len().min(wire.len());
                assert!(n > 0, "Read means room");
                room[..n].copy_from_slice(&wire[..n]);
                server.received(n);
                wire = &wire[n..];
            }
            Step::Write => {
                let n = server.output().len();
                assert!(n > 0, "Write means output");
                server.output_written(n);
            }
            Step::Ask(question) => server.answer(answer(&question, choice))?,
            Step::Closed => return Ok(()),
            Step::Data => {
                assert!(server.reading_early_data(), "nobody guesses a Finished");
                early += server.plaintext().len();
                assert!(early <= LIMIT as usize);
                server.consume_plaintext(usize::MAX);
                assert!(server.write(b"0.5-RTT").expect("our Finished is out") > 0);
                // On its way at once: what is left when all is over is an alert, or nothing.
                server.output_written(server.output().len());
            }
            Step::HandshakeDone => unreachable!("nobody guesses a Finished"),
        }
    }
}

fn answer(question: &Question, choice: u8) -> Answer {
    match question {
        Question::OpenTicket { ticket, index, .. } if ticket.len() + index > usize::from(choice & 31) => {
            Answer::Ticket(TicketVerdict::Use { session: SESSION.clone(), renew: true, early_data_ok: true })
        }
        Question::FindPsk { identity, .. } => {
            Answer::Session((identity.len() & 1 != 0).then(|| SESSION.clone()))
        }
        Question::AllowEarlyData => Answer::EarlyData(choice & 0x40 == 0),
        Question::OpenTicket { .. } => Answer::Ticket(TicketVerdict::Skip { renew: false }),
        Question::FindSession { .. } => Answer::Session(None),
        Question::ServerName { name } => Answer::ServerName { acknowledge: name.is_some(), settings: None },
        Question::Protocol { offered } => {
            let (len, names) = offered.split_first().expect("validated to be non-empty");
            Answer::Protocol(Some(names[..usize::from(*len)].to_vec()))
        }
        Question::Credential(request) => Answer::Credential(request.schemes.first().map(|scheme| Credential {
            chain: [vec![0x30].into()].into(),
            scheme: *scheme,
            ocsp_response: Some(vec![0x30].into()),
        })),
        Question::Sign { .. } => Answer::Signature(vec![1; 64]),
        Question::VerifyChain { .. } | Question::VerifySignature { .. } => {
            Answer::Verdict(Err(AlertDescription::BadCertificate))
        }
        Question::MakeTicket(_) => Answer::NewTicket(NewTicket::Decline),
        _ => Answer::Proceed,
    }
}
