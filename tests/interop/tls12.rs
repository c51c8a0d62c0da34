//! What only TLS 1.2 has: renegotiation and its indication, extended master secrets that may be missing, tickets that are
//! renewed or empty inside the handshake, and the ways to be talked down to it.

use std::fs;

use crate::fleet::{LIBRARIES, ticket_keys};
use crate::peer::Report;
use crate::place::{CERTIFICATES, on_system_libssl};
use crate::version::Version::Tls12;
use crate::{gnutls, openssl, peer, place};

const LINE: [&str; 4] = ["-text", "hello\\n", "-recv", "6"];

/// `R` makes `s_client` ask for another handshake on the connection. The answer is a no_renegotiation warning, with which
/// `s_client` can't live.
#[test]
fn ours_does_not_renegotiate_with_openssl() {
    let server = peer::Server::echo(1, &[]);
    let mut client = openssl::client(&server.address(), &["-tls1_2"]);
    client.say("hello from s_client\n");
    client.wait_for("\nhello from s_client\n");
    client.say("R\n");
    let text = client.finish().text;
    assert!(
        text.contains("RENEGOTIATING") && text.contains("no renegotiation"),
        "{text}"
    );
    server.any_reports()[0].expect("ok=0 stage=data received=20 sent=20");

    if on_system_libssl() {
        // Its clients renegotiate.
        return;
    }
    // The other way round: `s_server` sends a HelloRequest when it hears `r`.
    let mut server = openssl::Server::start(&CERTIFICATES.p256, &["-tls1_2", "-naccept", "1"]);
    let client = peer::start_client(&server.port, &["-text", "hello\\n", "-recv", "all", "-timeout", "20"]);
    server.process.wait_for("\nhello\n");
    server.process.say("r\n");
    let report = client.finish().text;
    assert!(report.contains("ok=0 stage=data"), "{report}");
    let told = server.process.finish().text;
    assert!(told.contains("no renegotiation"), "{told}");
}

fn with(what: &str) -> [String; 2] {
    ["--priority".to_owned(), format!("NORMAL:-VERS-ALL:+VERS-TLS1.2{what}")]
}

/// GnuTLS without extended master secrets; and without the indication of secure renegotiation, which a client of ours
/// wants to see (SSL_OP_LEGACY_SERVER_CONNECT is off).
#[test]
fn gnutls_may_lack_extensions() {
    for what in [":%NO_SESSION_HASH", ":%DISABLE_SAFE_RENEGOTIATION", ":%NO_TICKETS"] {
        let server = peer::Server::echo(2, &[]);
        let [option, priority] = &with(what);
        let text = gnutls::visit(&server.port, &[option, priority, "--resume"]);
        assert!(text.contains("*** This is a resumed session"), "{what}: {text}");
        let secret = text.contains("extended master secret");
        assert_eq!(secret, what != ":%NO_SESSION_HASH", "{what}: {text}");
        let reports = server.reports();
        reports[0].expect("ok=1 version=TLSv1.2 resumed=0");
        reports[1].expect("ok=1 resumed=1");
    }
    for (what, expected) in [
        (":%NO_SESSION_HASH", "ok=1 resumed=1"),
        (":%NO_TICKETS", "ok=1 resumed=1"),
        (
            ":%DISABLE_SAFE_RENEGOTIATION",
            "ok=0 stage=handshake reason=unsafe legacy renegotiation disabled",
        ),
    ] {
        let [option, priority] = &with(what);
        let server = gnutls::Server::start(&CERTIFICATES.p256, &["--echo", "-a", option, priority]);
        let rounds: &[&str] = if expected.contains("ok=1") {
            &["-rounds", "2", "-resume"]
        } else {
            &[]
        };
        let reports = peer::any_client(&server.port, &[&LINE[..], rounds].concat());
        reports.last().expect("a report").expect(expected);
    }
}

/// A session made with an extended master secret may not go on without one, and one without is not resumed by a hello
/// that offers one (RFC 7627, 5.3). All pairs of libraries agree on how that ends.
#[test]
fn sessions_keep_their_kind_of_secret() {
    let keys = ticket_keys(77);
    for (before, after) in [(&[][..], &["-no-ems"][..]), (&["-no-ems"], &[])] {
        let mut outcomes = Vec::new();
        for server in LIBRARIES {
            for client in LIBRARIES {
                let options = ["-echo", "-rounds", "2", "-ticket-keys", &keys];
                let listening = peer::Server::start_on(server, &CERTIFICATES.p256, &options);
                let session = place::file(&format!("secret-{server:?}-{client:?}-{}", before.len()));
                let visit = |kind: &[&str], file: [&str; 2]| {
                    let options = [&LINE[..], &Tls12.only(), kind, &file].concat();
                    peer::any_client_on(client, &listening.port, &options)
                };
                visit(before, ["-sess-out", &session])[0].expect("ok=1");
                let [told] = &visit(after, ["-sess-in", &session])[..] else {
                    panic!("one report")
                };
                let heard = &listening.any_reports()[1];
                outcomes.push([told, heard].map(Report::facts));
            }
        }
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:#?}");
        let ok = if before.is_empty() { "ok=0" } else { "resumed=0" };
        assert!(outcomes[0].iter().all(|end| end.contains(ok)), "{outcomes:#?}");
    }
}

/// The ticket that `s_client` holds in the end, as it prints it.
fn ticket(text: &str) -> Option<&str> {
    let (_, from) = text.split_once("TLS session ticket:\n")?;
    Some(from.split_once("Start Time")?.0)
}

/// A ticket that is renewed in a resumption, and a NewSessionTicket with nothing in it, before others' clients.
#[test]
fn renewed_and_empty_tickets() {
    let keys = ticket_keys(78);
    for (kind, renewed) in [("evp", true), ("none", false)] {
        let options = ["-ticket-keys", &keys, "-key-callback", kind, "-renew"];
        let server = peer::Server::echo(5, &options);
        let session = place::file(&format!("renewed-{kind}"));
        let full = openssl::visit(&server.address(), &["-tls1_2", "-sess_out", &session]);
        // Without a ticket and without an id there is no session to save.
        let come_back: &[&str] = if renewed { &["-sess_in", &session] } else { &[] };
        let [again, third] = [1, 2].map(|_| openssl::visit(&server.address(), &[&["-tls1_2"], come_back].concat()));
        assert_eq!(fs::exists(&session).unwrap(), renewed);
        let [full, again, third] = [&full, &again, &third].map(|text| ticket(text));
        let news = full != again && again != third;
        assert!(
            news == renewed && full.is_some() == renewed,
            "{full:?} {again:?} {third:?}"
        );
        let [option, priority] = &with("");
        let text = gnutls::visit(&server.port, &[option, priority, "--resume"]);
        assert_eq!(text.contains("*** This is a resumed session"), renewed, "{text}");
        for (number, report) in server.reports().iter().enumerate() {
            let resumed = u8::from(renewed && number != 0 && number != 3);
            report.expect(&format!("ok=1 version=TLSv1.2 resumed={resumed}"));
        }
    }
}

/// TLS_FALLBACK_SCSV (RFC 7507): a client that says it came down, to a server that could do better.
#[test]
fn ours_refuses_a_needless_fallback() {
    let server = peer::Server::echo(1, &[]);
    let refused = openssl::client(&server.address(), &["-tls1_2", "-fallback_scsv"])
        .finish()
        .text;
    assert!(refused.contains("alert inappropriate fallback"), "{refused}");
    server.any_reports()[0].expect("ok=0 stage=handshake reason=inappropriate fallback");

    let server = peer::Server::echo(1, &["-max", "1.2"]);
    let text = openssl::visit(&server.address(), &["-tls1_2", "-fallback_scsv"]);
    assert!(text.contains("New, TLSv1.2"), "{text}");
    server.reports()[0].expect("ok=1");
}
