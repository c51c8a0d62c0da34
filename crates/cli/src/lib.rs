//! The command `carnet`: a library, so that the manual pages can be made from its options.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod doctor;
mod failure;
mod files;
mod keys;
mod open;
mod output;
mod pem;
mod ring_view;
mod stats;
mod table;
mod time;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use failure::{Answer, Failure};

/// Session-ticket keys, tickets, and what servers do with them
///
/// For servers that run with libcarnet_preload.so or on libcarnet.so, and for key files of nginx, HAProxy, Apache httpd and
/// OpenSSL.
#[derive(Debug, Parser)]
#[command(name = "carnet", version, max_term_width = 100, after_long_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit status:
  0  done
  1  it could not be done, and nothing was changed; or only the words to say
     of it could not be written
  2  the command line makes no sense
  3  done, and the answer is no: a ticket that does not open

For carnet doctor: 0 all is well, 1 something is wrong, 2 nobody could be
spoken with.

Environment:
  CARNET_RING  the ring file that carnet stats looks at if it is told of none
  COLUMNS      how wide the terminal is; a table that is wider is printed as
               a list
";

#[derive(Debug, Subcommand)]
enum Command {
    /// Make, list, rotate, revoke, import and export ticket keys
    ///
    /// Keys are in ring files, one page each, that programs under libcarnet_preload.so map (CARNET_RING), or come from a
    /// root secret (CARNET_ROOT). Files that others may read are refused. Keys themselves are never shown.
    #[command(subcommand, after_long_help = keys::EXAMPLES)]
    Keys(keys::Command),
    Open(open::Open),
    Stats(stats::Stats),
    Doctor(Box<doctor::Doctor>),
}

/// Reads the command line, does what it says, and tells how that went.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Keys(command) => keys::run(command),
        Command::Open(command) => command.run(),
        Command::Stats(command) => command.run(),
        Command::Doctor(doctor) => return doctor::run(&doctor),
    };
    failure::exit_code(done)
}

/// The command and its options, to make manual pages from.
pub fn command() -> clap::Command {
    Cli::command()
}
