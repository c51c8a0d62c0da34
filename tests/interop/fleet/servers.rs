//! Two servers of one fleet: the same program with the same options, on our library and on the system's libssl.

use std::cell::Cell;

use crate::peer::{self, Report};
use crate::place::{self, CERTIFICATES, Identity, Libssl};
use crate::version::Version;

pub const LIBRARIES: [Libssl; 2] = [Libssl::Ours, Libssl::Systems];

/// The 80 bytes of `SSL_CTX_set_tlsext_ticket_keys`, in hex.
pub fn ticket_keys(seed: u8) -> String {
    (0..80u8)
        .map(|i| format!("{:02x}", i.wrapping_mul(37).wrapping_add(seed)))
        .collect()
}

struct Member {
    server: peer::Server,
    visits: Cell<usize>,
}

/// The servers, and clients of either library for them.
pub struct Fleet {
    members: [Member; 2],
    version: Version,
    /// For the names of session files.
    name: String,
}

/// What both ends say of a connection.
pub struct Visit {
    pub client: Report,
    pub server: Report,
}

impl Visit {
    /// How the server took the ticket, in a table's word.
    pub fn outcome(&self) -> &'static str {
        match self.server.get("resumed") {
            "1" => "resumed",
            "0" => "full handshake",
            _ => "failed",
        }
    }
}

/// A session that a client has saved, and whose server's ticket is in it.
pub struct Saved {
    pub file: String,
    pub server: Libssl,
}

impl Fleet {
    /// `options` are each server's own, besides the name of the library as ticket application data.
    pub fn start<'a>(
        name: &str,
        version: Version,
        identity: &Identity,
        options: impl Fn(Libssl) -> Vec<&'a str>,
    ) -> Fleet {
        let member = |libssl| {
            let appdata = appdata(libssl);
            let always = ["-echo", "-rounds", "1000", "-timeout", "1000", "-appdata", appdata];
            Member {
                server: peer::Server::start_on(libssl, identity, &[&always[..], &options(libssl)].concat()),
                visits: Cell::new(0),
            }
        };
        Fleet {
            members: LIBRARIES.map(member),
            version,
            name: format!("fleet-{name}-{}", version.name()),
        }
    }

    /// A fleet with the usual certificate, all of whose members have the same options.
    pub fn alike(name: &str, version: Version, options: &[&str]) -> Fleet {
        Fleet::start(name, version, &CERTIFICATES.p256, |_| options.to_vec())
    }

    /// Connects, says a line and hears it; has to succeed on both ends.
    fn visit(&self, server: Libssl, client: Libssl, options: &[&str]) -> Visit {
        let member = &self.members[usize::from(server == Libssl::Systems)];
        let number = self.version.number();
        let line = ["-min", number, "-max", number, "-text", "hello\\n", "-recv", "6"];
        let reports = peer::client_on(client, &member.server.port, &[&line[..], options].concat());
        member.visits.set(member.visits.get() + 1);
        let visit = Visit {
            client: reports.into_iter().next().expect("a report of the client"),
            server: member.server.report(member.visits.get()),
        };
        visit.client.expect("ok=1 peer=localhost verify=0");
        visit.server.expect(&format!("ok=1 version={}", self.version.name()));
        visit
    }

    /// A full handshake, whose session the client saves.
    pub fn mint(&self, server: Libssl, client: Libssl, options: &[&str]) -> Saved {
        // Both forms that a session is saved in.
        let form = match server {
            Libssl::Ours => "pem",
            Libssl::Systems => "der",
        };
        let file = place::file(&format!("{}-{server:?}-{client:?}.{form}", self.name));
        let visit = self.visit(server, client, &[options, &["-sess-out", &file]].concat());
        visit.server.expect("resumed=0");
        Saved { file, server }
    }

    pub fn redeem(&self, saved: &Saved, server: Libssl, client: Libssl, options: &[&str]) -> Visit {
        let visit = self.visit(server, client, &[options, &["-sess-in", &saved.file]].concat());
        visit.client.expect(&format!("resumed={}", visit.server.get("resumed")));
        visit
    }

    /// Redeems a session and saves the one that its renewed ticket belongs to.
    pub fn exchange(&self, saved: &Saved, server: Libssl, client: Libssl, options: &[&str]) -> (Visit, Saved) {
        let file = format!("{}-again", saved.file);
        let visit = self.redeem(saved, server, client, &[options, &["-sess-out", &file]].concat());
        (visit, Saved { file, server })
    }
}

/// What a server puts into its tickets: whose it is.
pub fn appdata(libssl: Libssl) -> &'static str {
    match libssl {
        Libssl::Ours => "by-libcarnet",
        Libssl::Systems => "by-OpenSSL",
    }
}
