//! Sessions that were taken from one place to another.

use crate::doctor::cross::{common, ends};
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
    let [from, to] = ends(crossing);
    match (crossing.border, common(crossing).as_str()) {
        (Border::Name, address) => format!("{address} TLS {}: {from} -> {to}", crossing.version),
        _ => format!("{from} -> {to} TLS {}", crossing.version),
    }
}

fn not_shared(crossing: &Crossing) -> Option<Finding> {
    (!crossing.resumed).then(|| {
        Finding::problem(
            "addresses-do-not-share",
            way(crossing),
            "A ticket of the one address is unknown to the other, so a client that changes between them makes full handshakes.",
            "Give both the same CARNET_ROOT, or the same key file (nginx's ssl_session_ticket_key, HAProxy's tls-ticket-keys, \
             Apache's SSLSessionTicketKeyFile). The certificates' keys must be the same, too.",
        )
    })
}

/// The class of CVE-2025-23419.
fn past_client_auth(crossing: &Crossing) -> Option<Finding> {
    let [from, to] = ends(crossing);
    let asks = crossing.to.asks_certificate && !crossing.from.asks_certificate;
    (crossing.resumed && asks).then(|| {
        Finding::problem(
            "crosses-client-auth",
            way(crossing),
            format!(
                "{to} asks clients for a certificate, and whoever resumes with a ticket of {from}, which does not, is through the \
                 handshake without one: only the application may still turn him away."
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
        let [from, to] = ends(crossing);
        Finding::problem(
            "crosses-certificates",
            way(crossing),
            format!(
                "A ticket of {from} resumes at {to}, which shows another certificate: the client talks to a server that it has \
                 never verified."
            ),
            "If the two don't trust each other, give each its own ticket keys; with nginx, its own ssl_session_ticket_key in its \
             own listener. libcarnet_preload.so keeps them apart. If they are one, say --allow crosses-certificates.",
        )
    })
}
