//! `carnet keys export`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use carnet_keys::{KeyInfo, KeyState, forms, write_private};
use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use super::{by_prefix, prefix};
use crate::failure::{Answer, Failure};
use crate::table::hex;
use crate::{files, output, time};

/// Write keys of a ring as another program's key file
///
/// The file is written whole, for its owner alone (mode 0600), in the place of any that is there but a ring. The keys go out as they
/// are: see `carnet keys import` on what programs under libcarnet_preload.so make of them.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The ring file
    ring: PathBuf,
    /// What to write
    #[arg(long, value_enum)]
    form: Form,
    /// The file to write; - for standard output, unless that is a terminal
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How the key's name begins, in hexadecimal [default: the key that seals]
    #[arg(long, value_name = "NAME_PREFIX", value_parser = prefix)]
    key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One key of 48 bytes (AES-128): nginx ssl_session_ticket_key, Apache SSLSessionTicketKeyFile
    Nginx48,
    /// One key of 80 bytes (AES-256): nginx ssl_session_ticket_key
    Nginx80,
    /// All keys, a line each, the sealing one last but one: HAProxy tls-ticket-keys
    Haproxy,
    /// One key of 80 bytes: SSL_CTX_set_tlsext_ticket_keys(3)
    Openssl,
}

impl Export {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let to_stdout = self.output == Path::new("-");
        if to_stdout && std::io::stdout().is_terminal() {
            return Err(Failure::new(
                "keys are not shown on a terminal; name a file with -o, or redirect standard output",
            ));
        }
        let now = time::now();
        let keys = files::look_at_ring(&self.ring, now)?.keys(now);
        let bytes = match (self.form, &self.key) {
            (Form::Haproxy, Some(_)) => {
                return Err(Failure::new("HAProxy's file has all keys; leave --key out"));
            }
            (Form::Haproxy, None) => haproxy(&keys)?,
            (form, prefix) => {
                let info = prefix
                    .as_ref()
                    .map_or_else(|| sealing(&keys), |prefix| by_prefix(&keys, prefix))?;
                one_key(info, form)?
            }
        };
        match to_stdout {
            true => output::write(&bytes)?,
            false if files::look_at_ring(&self.output, now).is_ok() => {
                return Err(Failure::new(format!(
                    "{} is a ring and is not overwritten; name another file",
                    self.output.display()
                )));
            }
            false => write_private(&self.output, &bytes).map_err(files::explain)?,
        }
        Ok(Answer::Done)
    }
}

fn sealing(keys: &[KeyInfo]) -> Result<&KeyInfo, Failure> {
    let found = keys.iter().find(|info| info.state == KeyState::Sealing);
    found.ok_or_else(|| {
        Failure::new(
            "no key of this ring seals now; name one with --key, or wait until a server that uses it makes the next \
             (`carnet keys rotate` makes one, if it has no root)",
        )
    })
}

fn one_key(info: &KeyInfo, form: Form) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let wanted = match form {
        Form::Nginx48 => forms::SHORT_LEN,
        _ => forms::LONG_LEN,
    };
    let bytes = forms::write_key(&info.key);
    bytes.filter(|bytes| bytes.len() == wanted).ok_or_else(|| {
        let other = if wanted == forms::SHORT_LEN {
            "nginx80"
        } else {
            "nginx48"
        };
        Failure::new(format!(
            "{} is not a key of {wanted} bytes; take another form (--form {other}), or another key with --key",
            hex(&info.key.name().0)
        ))
    })
}

/// Old keys first, then the one that seals, then the next. HAProxy wants three or more of the same length.
fn haproxy(keys: &[KeyInfo]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let sealing = sealing(keys)?;
    let of = |state| keys.iter().filter(move |info| info.state == state);
    let mut in_order: Vec<_> = of(KeyState::Opening).collect();
    if in_order.is_empty() {
        in_order.push(sealing);
    }
    in_order.push(sealing);
    in_order.push(of(KeyState::Ahead).next().unwrap_or(sealing));
    let mut text = Zeroizing::new(Vec::with_capacity(in_order.len() * 110));
    let len = |info: &KeyInfo| forms::write_key(&info.key).map(|bytes| bytes.len());
    for info in in_order {
        let line = forms::write_line(&info.key).filter(|_| len(info) == len(sealing));
        let line = line.ok_or_else(|| {
            Failure::new(format!(
                "{} is of another kind than the key that seals, and HAProxy wants keys of one length; revoke it, or wait until it is gone",
                hex(&info.key.name().0)
            ))
        })?;
        text.extend_from_slice(line.as_bytes());
    }
    Ok(text)
}
