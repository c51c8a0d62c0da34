//! Do sessions resume, always, and again?

use crate::doctor::facts::Seen;
use crate::doctor::finding::Finding;

pub(super) fn judge(place: &str, version: &str, seen: &Seen) -> Vec<Finding> {
    let checks = [
        nothing_given(place, seen),
        never(place, seen),
        not_always(place, seen),
        no_renewal(place, version, seen),
        single_use(place, version, seen),
        session_ids(place, version, seen),
    ];
    checks.into_iter().flatten().collect()
}

fn nothing_given(place: &str, seen: &Seen) -> Option<Finding> {
    let (tickets, back) = (&seen.tickets, &seen.resumption);
    let idle_id = tickets.session_id_only && back.resumed == 0;
    (tickets.sent == 0 && (!tickets.session_id_only || idle_id)).then(|| {
        let text = if idle_id {
            "The server sends no tickets, and the session id that it sends never resumes: every handshake is a full one."
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

fn never(place: &str, seen: &Seen) -> Option<Finding> {
    let back = &seen.resumption;
    (seen.tickets.sent > 0 && back.resumed == 0 && back.offered + back.failed > 0).then(|| {
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

fn not_always(place: &str, seen: &Seen) -> Option<Finding> {
    let back = &seen.resumption;
    (back.resumed > 0 && (back.resumed < back.offered || back.failed > 0)).then(|| {
        let failed = match back.failed {
            0 => String::new(),
            n => format!("; {n} more connections failed"),
        };
        Finding::problem(
            "some-resumption",
            place,
            format!("Only {} of {} tickets resumed{failed}.", back.resumed, back.offered),
            "Several processes or machines answer here, and they do not share their keys. On one host: libcarnet_preload.so \
             with a CARNET_RING. Behind a load balancer: the same CARNET_ROOT, or the same key file (nginx's \
             ssl_session_ticket_key, HAProxy's tls-ticket-keys, Apache's SSLSessionTicketKeyFile), on all.",
        )
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
             SSLSessionTicketKeyFile and older programs. libcarnet_preload.so with CARNET_MODE=override returns 2.",
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
    let tickets = &seen.tickets;
    // What OpenSSL sends when it keeps the session itself.
    let stateful = version == "1.3" && tickets.len == Some(32);
    (seen.resumption.resumed > 0 && (tickets.session_id_only || stateful)).then(|| {
        Finding::note(
            "session-ids",
            place,
            "Sessions are kept in the server's memory, and a client gets only their names: no ticket keys are at work.",
            "They resume only where that memory is shared. For tickets, look for ssl_session_tickets off, SSL_OP_NO_TICKET, or a \
             session-id cache in front.",
        )
    })
}
