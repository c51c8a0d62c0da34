//! From facts to findings. Pure: no clock, no network.

mod crossings;
mod resumption;
#[cfg(test)]
mod tests;
mod tickets;
mod watched;

use super::facts::{Facts, Outcome, Server, Version};
use super::finding::{Finding, Level};

/// All that is to be said, in the order of the facts.
pub(crate) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in &facts.servers {
        findings.extend(reachability(server));
        for version in &server.versions {
            let Some(seen) = &version.seen else { continue };
            let place = place(server, version);
            findings.extend(resumption::judge(&place, version.version, seen));
            findings.extend(tickets::judge(&place, version.version, seen));
        }
    }
    findings.extend(crossings::judge(&facts.crossings));
    findings.extend(watched::judge(&facts.watch));
    findings.extend(watched::endless(&facts.chains));
    findings
}

/// Was there any handshake at all?
pub(crate) fn met_anybody(facts: &Facts) -> bool {
    let mut versions = facts.servers.iter().flat_map(|server| &server.versions);
    versions.any(|version| version.seen.is_some())
}

/// Is something wrong that has not been allowed?
pub(crate) fn has_problem(findings: &[Finding], allowed: &[String]) -> bool {
    findings
        .iter()
        .any(|finding| finding.level == Level::Problem && !allowed.iter().any(|code| code == finding.code))
}

fn place(server: &Server, version: &Version) -> String {
    format!("{} TLS {}", server.address, version.version)
}

fn reachability(server: &Server) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_whole_server = false;
    for version in &server.versions {
        let place = place(server, version);
        match &version.outcome {
            Outcome::Ok => {}
            // Said once for both versions.
            Outcome::NoRoute | Outcome::Unreachable(_) if is_whole_server => {}
            Outcome::NoRoute => {
                is_whole_server = true;
                findings.push(Finding::note(
                    "no-route",
                    &server.address,
                    "This machine has no way to that address, so nothing is known of it.",
                    "Ask from a machine that has one.",
                ));
            }
            Outcome::Unreachable(why) => {
                is_whole_server = true;
                findings.push(Finding::problem(
                    "unreachable",
                    &server.address,
                    format!("No handshake here: {why}."),
                    "See that the server runs, that it listens there with TLS from the first byte on, and that nothing filters.",
                ));
            }
            Outcome::NotSpoken => findings.push(Finding::note(
                "version-missing",
                place,
                "The server does not speak this version.",
                "Nothing to do, if that is on purpose.",
            )),
            Outcome::Failed(why) => findings.push(Finding::problem(
                "handshake-failed",
                place,
                format!("No handshake in this version: {why}."),
                "The doctor offers AES-GCM and ChaCha20 with ECDHE over X25519, P-256 and P-384, and no client certificate. A server that hangs up may want another \
                 name (--sni), something before TLS (STARTTLS, the PROXY protocol), or no TLS at all; its log says more.",
            )),
        }
    }
    findings
}
