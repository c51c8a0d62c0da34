//! `carnet keys`: ring files and root secrets.

mod init;

use clap::Subcommand;

use crate::failure::{Answer, Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Init),
}

pub(crate) fn run(command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Init(init) => init.run(),
    }
}
