//! `carnet keys`: ring files and root secrets.

mod change;
mod export;
mod import;
mod init;
mod list;

use carnet_keys::{ChangeError, KeyInfo};
use clap::Subcommand;

use crate::failure::{Answer, Failure};
use crate::table::hex;

pub(crate) const EXAMPLES: &str = "\
Examples:
  carnet keys init --interval 2h /var/lib/carnet/ring
  carnet keys list /var/lib/carnet/ring
  carnet keys revoke --all /var/lib/carnet/ring
  carnet keys init --root /etc/carnet.root
  carnet keys import /var/lib/carnet/ring tickets.key --seal
  carnet keys export /var/lib/carnet/ring --form haproxy -o tickets.txt";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Init),
    List(list::List),
    Rotate(change::Rotate),
    Revoke(change::Revoke),
    Import(import::Import),
    Export(export::Export),
}

pub(crate) fn run(command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Init(command) => command.run(),
        Command::List(command) => command.run(),
        Command::Rotate(command) => command.run(),
        Command::Revoke(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Export(command) => command.run(),
    }
}

/// How a key's name begins.
fn prefix(text: &str) -> Result<String, &'static str> {
    let is_one = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_one = is_one.then(|| text.to_ascii_lowercase());
    is_one.ok_or("not the beginning of a name; `carnet keys list` shows the names")
}

/// The one key whose name begins with these hexadecimal digits.
fn by_prefix<'k>(keys: &'k [KeyInfo], prefix: &str) -> Result<&'k KeyInfo, Failure> {
    let mut found = keys.iter().filter(|info| hex(&info.key.name().0).starts_with(prefix));
    match (found.next(), found.next()) {
        (Some(info), None) => Ok(info),
        (None, _) => Err(Failure::new(format!(
            "no key's name begins with {prefix}; `carnet keys list` shows the names"
        ))),
        (Some(_), Some(_)) => Err(Failure::new(format!(
            "the names of several keys begin with {prefix}; give more of the name"
        ))),
    }
}

/// Another process may be changing the ring; one that died meanwhile is forgotten after two seconds.
fn persist<R>(mut change: impl FnMut() -> Result<R, ChangeError>) -> Result<R, ChangeError> {
    const TRIES: u32 = 80;
    for _ in 0..TRIES {
        match change() {
            Err(ChangeError::Busy) => std::thread::sleep(std::time::Duration::from_millis(50)),
            done => return done,
        }
    }
    change()
}
