//! Sessions that were taken from one place to another.

use crate::doctor::cross::show;
use crate::doctor::facts::{Border, Crossing};
use crate::doctor::finding::Finding;

pub(super) fn judge(crossings: &[Crossing]) -> Vec<Finding> {
    let checks = crossings.iter().flat_map(|crossing| match crossing.border {
        Border::Address => [not_shared(crossing), None],
        Border::Name | Border::Target => [past_client_auth(crossing), past_certificate(crossing)],
    });
    checks.flatten().collect()
}

fn way(crossing: &Crossing) -> String {
    format!(
        "{} -> {} TLS {}",
        show(&crossing.from),
        show(&crossing.to),
        crossing.version
    )
}

fn not_shared(crossing: &Crossing) -> Option<Finding> {
    (!crossing.resumed).then(|| {
        Finding::problem(
            "addresses-do-not-share",
            format!(
                "{} -> {} TLS {}",
                crossing.from.address, crossing.to.address, crossing.version
            ),
            "A ticket of the one address is unknown to the other, so a client that changes between them makes full handshakes.",
            "Give both the same CARNET_ROOT, or the same key file (nginx's ssl_session_ticket_key, HAProxy's tls-ticket-keys, \
             Apache's SSLSessionTicketKeyFile). The certificates' keys must be the same, too.",
        )
    })
}

/// The class of CVE-2025-23419.
fn past_client_auth(crossing: &Crossing) -> Option<Finding> {
    let (from, to) = (&crossing.from, &crossing.to);
    (crossing.resumed && to.asks_certificate && !from.asks_certificate).then(|| {
        Finding::problem(
            "crosses-client-auth",
            way(crossing),
            format!(
                "{} asks clients for a certificate, and whoever resumes with a ticket of {}, which does not, is in without one.",
                show(to),
                show(from)
            ),
            "This is nginx's CVE-2025-23419 and Apache's CVE-2025-23048: update the server, or give each its own ticket keys. \
             libcarnet_preload.so keeps keys apart by client verification, certificate and server name.",
        )
    })
}

fn past_certificate(crossing: &Crossing) -> Option<Finding> {
    let (from, to) = (&crossing.from, &crossing.to);
    let differ = from.certificate.is_some() && to.certificate.is_some() && from.certificate != to.certificate;
    (crossing.resumed && differ).then(|| {
        Finding::problem(
            "crosses-certificates",
            way(crossing),
            format!(
                "A ticket of {} resumes at {}, which shows another certificate: the client talks to a server that it has never \
                 verified.",
                show(from),
                show(to)
            ),
            "If the two don't trust each other, give each its own ticket keys; with nginx, its own ssl_session_ticket_key in its \
             own listener. libcarnet_preload.so keeps them apart. If they are one, say --allow crosses-certificates.",
        )
    })
}
