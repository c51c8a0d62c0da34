//! Do sessions resume, always, and again?

use crate::doctor::facts::Seen;
use crate::doctor::finding::Finding;

pub(super) fn judge(place: &str, version: &str, seen: &Seen) -> Vec<Finding> {
    let checks = [
        nothing_given(place, version, seen),
        never(place, version, seen),
        not_always(place, version, seen),
        no_renewal(place, version, seen),
        single_use(place, version, seen),
        session_ids(place, version, seen),
    ];
    checks.into_iter().flatten().collect()
}

/// Does the server keep the sessions itself, and give only their names away? In TLS 1.3 OpenSSL's have 32 bytes.
fn keeps_sessions(version: &str, seen: &Seen) -> bool {
    seen.tickets.session_id_only || (version == "1.3" && seen.tickets.len == Some(32))
}

/// Did each connection break that offered something?
fn all_failed(seen: &Seen) -> bool {
    seen.resumption.offered == 0 && seen.resumption.failed > 0
}

fn nothing_given(place: &str, version: &str, seen: &Seen) -> Option<Finding> {
    let tickets = &seen.tickets;
    let is_forgotten = keeps_sessions(version, seen) && seen.resumption.resumed == 0 && !all_failed(seen);
    ((tickets.sent == 0 && !tickets.session_id_only) || is_forgotten).then(|| {
        let text = if is_forgotten {
            "Tickets are off: the server sends only names of sessions, which it should keep, and finds none of them again. Every \
             handshake is a full one."
        } else {
            "The server gives out nothing to resume: every handshake is a full one."
        };
        Finding::problem(
            "no-tickets",
            place,
            text,
            "If tickets are off on purpose, say --allow no-tickets. Else look for nginx's ssl_session_tickets, Apache's \
             SSLSessionTickets, HAProxy's no-tls-tickets, or a key callback that has no key.",
        )
    })
}

fn never(place: &str, version: &str, seen: &Seen) -> Option<Finding> {
    let back = &seen.resumption;
    let is_refused = back.offered > 0 && back.resumed == 0 && !keeps_sessions(version, seen);
    (is_refused || all_failed(seen)).then(|| {
        let text = if back.offered == 0 {
            format!("All {} connections that offered a ticket failed.", back.failed)
        } else {
            format!("Tickets are sent, and none of {} resumed.", back.offered)
        };
        Finding::problem(
            "no-resumption",
            place,
            text,
            "Either each process or connection has keys of its own (Dovecot's login processes, Python's workers; preload \
             libcarnet_preload.so before the fork, or name a CARNET_RING), or a certificate is asked for and the session-id \
             context is not set.",
        )
    })
}

fn not_always(place: &str, version: &str, seen: &Seen) -> Option<Finding> {
    let back = &seen.resumption;
    (back.resumed > 0 && (back.resumed < back.offered || back.failed > 0)).then(|| {
        let failed = match back.failed {
            0 => String::new(),
            n => format!("; {n} more connections failed"),
        };
        let keeps = keeps_sessions(version, seen);
        let advice = if keeps {
            "Tickets are off, and several processes or machines answer here, each with sessions of its own. On one host, share them \
             (nginx's ssl_session_cache shared:…); between hosts only tickets help."
        } else {
            "Several processes or machines answer here, and they do not share their keys. On one host: libcarnet_preload.so \
             with a CARNET_RING. Behind a load balancer: the same CARNET_ROOT, or the same key file (nginx's \
             ssl_session_ticket_key, HAProxy's tls-ticket-keys, Apache's SSLSessionTicketKeyFile), on all."
        };
        let what = if keeps { "sessions" } else { "tickets" };
        let text = format!("Only {} of {} {what} resumed{failed}.", back.resumed, back.offered);
        Finding::problem("some-resumption", place, text, advice)
    })
}

fn no_renewal(place: &str, version: &str, seen: &Seen) -> Option<Finding> {
    let back = &seen.resumption;
    (version == "1.3" && back.resumed > 0 && back.renewed < back.resumed).then(|| {
        Finding::problem(
            "no-renewal",
            place,
            format!(
                "{} of {} resumptions brought no new ticket. Clients use a TLS 1.3 ticket once, so about every second handshake \
                 is a full one.",
                back.resumed - back.renewed,
                back.resumed
            ),
            "The server's ticket key callback returns 1 where it should return 2 in TLS 1.3: so do Apache httpd with \
             SSLSessionTicketKeyFile, HAProxy with tls-ticket-keys, lighttpd, and Node.js. libcarnet_preload.so makes it 2.",
        )
    })
}

fn single_use(place: &str, version: &str, seen: &Seen) -> Option<Finding> {
    (version == "1.3" && seen.resumption.reusable == Some(false) && seen.resumption.resumed > 0).then(|| {
        Finding::note(
            "single-use",
            place,
            "A ticket resumes once, and not again.",
            "Good against replays; clients that open several connections at once resume with only as many as they have tickets.",
        )
    })
}

fn session_ids(place: &str, version: &str, seen: &Seen) -> Option<Finding> {
    (seen.resumption.resumed > 0 && keeps_sessions(version, seen)).then(|| {
        Finding::note(
            "session-ids",
            place,
            "Sessions are kept in the server's memory, and a client gets only their names: no ticket keys are at work.",
            "They resume only where that memory is shared. For tickets, look for nginx's ssl_session_tickets off, HAProxy's \
             no-tls-tickets or Apache's SSLSessionTickets off (Debian's configurations have both), SSL_OP_NO_TICKET, or a session-id \
             cache in front.",
        )
    })
}
