//! What is measured, with what goal.

use super::client::Client;
use super::{Server, ServerOptions, Version, scenario};

const AES_128: &str = "TLS_AES_128_GCM_SHA256";
const AES_256: &str = "TLS_AES_256_GCM_SHA384";
const TLS12_AES_128: &str = "ECDHE-ECDSA-AES128-GCM-SHA256";
const TLS12_AES_256: &str = "ECDHE-ECDSA-AES256-GCM-SHA384";

/// Gives one figure.
pub type Measure = fn(&dyn Server, &Client<'_>) -> f64;

/// One row of the table.
pub struct Case {
    /// What is measured, and its unit.
    pub title: &'static str,
    /// What the project wants, in words.
    pub goal: &'static str,
    /// Of which server.
    pub options: ServerOptions,
    /// How.
    pub measure: Measure,
}

const FULL: Measure = |server, client| scenario::full(server, client, 60);
const RESUMED: Measure = |server, client| scenario::resumed(server, client, 120);

const fn options(version: Version, suite: &'static str, num_tickets: usize) -> ServerOptions {
    ServerOptions {
        version,
        suite,
        num_tickets,
        client_certificate: false,
    }
}

const fn with_certificate(options: ServerOptions) -> ServerOptions {
    ServerOptions {
        client_certificate: true,
        ..options
    }
}

const fn case(title: &'static str, goal: &'static str, options: ServerOptions, measure: Measure) -> Case {
    Case {
        title,
        goal,
        options,
        measure,
    }
}

/// All of them, in the order of the table.
pub fn all() -> impl Iterator<Item = Case> {
    tls13().into_iter().chain(bulk()).chain(tls12())
}

/// What an idle connection is a connection of.
pub fn idle_connection() -> ServerOptions {
    options(Version::Tls13, AES_128, 1)
}

fn tls13() -> [Case; 6] {
    let options = |suite, num_tickets| options(Version::Tls13, suite, num_tickets);
    [
        case(
            "full, 2 tickets, AES-256, µs",
            "≤ 0.5 of OpenSSL",
            options(AES_256, 2),
            FULL,
        ),
        case(
            "resumed, 1 ticket, AES-128, µs",
            "≤ 0.33 of OpenSSL, ≤ rustls (floor 32)",
            options(AES_128, 1),
            RESUMED,
        ),
        case(
            "resumed, 1 ticket, AES-256, µs",
            "≤ 0.46 of OpenSSL, ≤ rustls (floor 47)",
            options(AES_256, 1),
            RESUMED,
        ),
        case(
            "resumed, client certificate, AES-256, µs",
            "≤ 0.2 of OpenSSL",
            with_certificate(options(AES_256, 1)),
            RESUMED,
        ),
        case("full, 1 ticket, AES-128, µs", "", options(AES_128, 1), FULL),
        case("full, 21 tickets, AES-128, µs", "", options(AES_128, 21), FULL),
    ]
}

fn tls12() -> [Case; 7] {
    let options = |suite, num_tickets| options(Version::Tls12, suite, num_tickets);
    [
        case("1.2 full, AES-128, µs", "", options(TLS12_AES_128, 1), FULL),
        case("1.2 full, AES-256, µs", "", options(TLS12_AES_256, 1), FULL),
        case(
            "1.2 resumed by ticket, AES-128, µs",
            "≤ 0.32 of OpenSSL, ≤ rustls",
            options(TLS12_AES_128, 1),
            RESUMED,
        ),
        case(
            "1.2 resumed by ticket, AES-256, µs",
            "≤ 0.43 of OpenSSL, ≤ rustls",
            options(TLS12_AES_256, 1),
            RESUMED,
        ),
        case(
            "1.2 resumed, client certificate, AES-256, µs",
            "≤ 0.12 of OpenSSL",
            with_certificate(options(TLS12_AES_256, 1)),
            RESUMED,
        ),
        case(
            "1.2 resumed by id, AES-128, µs",
            "≤ rustls",
            options(TLS12_AES_128, 0),
            RESUMED,
        ),
        case(
            "1.2 resumed by id, AES-256, µs",
            "≤ rustls",
            options(TLS12_AES_256, 0),
            RESUMED,
        ),
    ]
}

fn bulk() -> [Case; 4] {
    let options = options(Version::Tls13, AES_128, 1);
    [
        case("send 16 KiB writes, MiB/s", "≥ OpenSSL", options, |server, client| {
            scenario::send_throughput(server, client, 16384, 32 << 20)
        }),
        case(
            "send 100-byte writes, MiB/s",
            "≥ OpenSSL",
            options,
            |server, client| scenario::send_throughput(server, client, 100, 1 << 20),
        ),
        case(
            "receive 16 KiB records, MiB/s",
            "≥ OpenSSL",
            options,
            |server, client| scenario::receive_throughput(server, client, 16384, 32 << 20),
        ),
        case(
            "receive 100-byte records, MiB/s",
            "≥ OpenSSL",
            options,
            |server, client| scenario::receive_throughput(server, client, 100, 1 << 20),
        ),
    ]
}
