//! `carnet open`: what is in a ticket.

mod attempt;
mod context;
mod functions;
mod input;
mod names;
mod show;

use std::path::PathBuf;
use std::sync::Arc;

use carnet_keys::{Ring, Root, forms};
use carnet_ticket::Session;
use clap::Args;
use serde_json::json;

use crate::failure::{Answer, Failure};
use crate::table::hex;
use crate::{files, output, ring_view, time};
use attempt::{Candidate, Refused};

const MORE: &str = "\
JSON:
  Names do not change; others may come. Times are seconds since 1970, null
  for never. Numbers of the wire come as number and name (null if there is
  none here), bytes as hex, text (null if they are none) and len.
  opened       true; if not, there are besides only key_name, reason
               (too_short, unknown_key, bad_mac, wrong_context) and text
  key_name     the ticket's first 16 bytes
  key          name, and place: where it stands in the ring or file
  sealed_for   null, or certificate, verify_mode and server_name
  length       of the ticket, and of the session inside
  version, suite, group, verify_result
               numbers of the wire; group may be null
  made, expires, chain_start
               times
  timeout, flags, max_early_data, age_add
               plain numbers
  server_name, alpn, session_id_context, session_id, appdata, psk_identity
               bytes, or null
  client_certificate
               its subject, or null
  secret       in hexadecimal; null without --secrets

Examples:
  sleep 1 | openssl s_client -connect www.example.org:443 -servername www.example.org -sess_out s.pem
  carnet open s.pem --ring /var/lib/carnet/ring --cert /etc/ssl/www.example.org.pem --server-name www.example.org
  carnet open s.pem --key /etc/nginx/tickets.key";

/// Show what is in a session ticket
///
/// Which key it is under, TLS version, cipher suite, times, server name, ALPN, the client certificate's subject, what the
/// application put in. The session's secret is hidden unless --secrets is given: whoever has it can resume in the client's
/// name, and decrypt early data and all that TLS 1.2 has sent and will send in this session.
///
/// Tickets of servers under libcarnet_preload.so are sealed under keys that belong to one context of the server: give its
/// certificate with --cert, and what else is said below. Exit code 3 if the ticket does not open.
#[derive(Debug, Args)]
#[command(after_long_help = MORE)]
pub(crate) struct Open {
    /// A file with the ticket, as bytes, hexadecimal digits or base64; or a session with a ticket inside, as PEM or DER, as
    /// `openssl s_client -sess_out` writes it; - for standard input
    ticket: PathBuf,
    #[command(flatten)]
    keys: Keys,
    /// Show the session's secret, too
    #[arg(long)]
    secrets: bool,
    /// Print JSON; times are seconds since 1970
    #[arg(long)]
    json: bool,
    // The last, since its heading is for all that follows.
    #[command(flatten)]
    context: context::ContextOptions,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Keys {
    /// A ring file
    #[arg(long, value_name = "FILE")]
    ring: Option<PathBuf>,
    /// A key file of nginx, Apache httpd, HAProxy or OpenSSL
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A fleet's root secret; its keys of the last hours
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
}

impl Open {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let now = time::now();
        let input = input::read(&self.ticket, now)?;
        let candidates = self.keys.candidates(now)?;
        let hostname = input.session.as_ref().and_then(|session| session.hostname.clone());
        let guesses = self.context.guesses(hostname.as_deref())?;
        let judges = self.context.judges()?;
        let opened = match attempt::open(&input.ticket, &candidates, &guesses, &judges, now) {
            Ok(opened) => opened,
            Err(refused) => return self.say_no(&input.ticket, &refused),
        };
        let session = Session::decode(&opened.plaintext, now);
        let session = session.map_err(|error| {
            Failure::new(format!(
                "the ticket opens, but what is inside is no session that can be read: {error}"
            ))
        })?;
        let view = show::View {
            ticket: &input.ticket,
            opened: &opened,
            session: &session,
            now,
            secrets: self.secrets,
        };
        match self.json {
            true => output::json(&view.json())?,
            false => output::say(view.table())?,
        }
        Ok(Answer::Done)
    }

    fn say_no(&self, ticket: &[u8], refused: &Refused) -> Result<Answer, Failure> {
        let name = hex(ticket.get(..16).unwrap_or_default());
        let (reason, text) = match refused {
            Refused::TooShort => (
                "too_short",
                format!("this is no ticket: {} bytes, where the shortest has 80", ticket.len()),
            ),
            Refused::UnknownKey => (
                "unknown_key",
                format!(
                    "the ticket's key is {name}, and there is none of that name: it has expired or been revoked, or the \
                     ticket comes from a server with other keys"
                ),
            ),
            Refused::BadMac(key) => (
                "bad_mac",
                format!(
                    "the key {} has the ticket's name, but has not sealed it: the ticket is damaged, or the key is a \
                     namesake",
                    hex(&key.0)
                ),
            ),
            Refused::WrongContext(key) => (
                "wrong_context",
                format!(
                    "the ticket was sealed for one context of a server under libcarnet_preload.so, from the key {}, and \
                     this is not that context; {}",
                    hex(&key.0),
                    self.context.missing()
                ),
            ),
        };
        match self.json {
            true => output::json(&json!({ "opened": false, "key_name": name, "reason": reason, "text": text }))?,
            false => output::say(text)?,
        }
        Ok(Answer::No)
    }
}

impl Keys {
    fn candidates(&self, now: u64) -> Result<Vec<Candidate>, Failure> {
        if let Some(path) = &self.key {
            let keys = forms::parse_keys(&files::read(path)?);
            let keys = keys.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            let numbered = (1..).zip(keys);
            let candidate = |(number, key): (u32, _)| Candidate {
                key: Arc::new(key),
                place: format!("key {number} of the file"),
            };
            return Ok(numbered.map(candidate).collect());
        }
        let ring = match (&self.ring, &self.root) {
            (Some(path), _) => files::look_at_ring(path, now)?,
            (None, Some(path)) => {
                let root = Root::from_file(path).map_err(files::explain)?;
                Ring::rooted(&root, now)?
            }
            (None, None) => return Err(Failure::new("give --ring, --key or --root")),
        };
        let candidate = |info: carnet_keys::KeyInfo| Candidate {
            key: info.key,
            place: ring_view::state(info.state).to_owned(),
        };
        Ok(ring.keys(now).into_iter().map(candidate).collect())
    }
}
