//! docs/man: the command's pages from its options, and the page of carnet.h from the header.

mod command;
mod header;
mod roff;

use crate::{Failure, Generated, root};

const DIRECTORY: &str = "docs/man";

/// All of them.
pub fn generate() -> Result<Vec<Generated>, Failure> {
    let mut pages = command::pages()?;
    pages.push(header::page()?);
    Ok(pages)
}

fn generated(name: &str, text: String) -> Generated {
    Generated {
        path: root().join(DIRECTORY).join(name),
        text,
    }
}

/// Stands at the bottom of each page.
fn source() -> String {
    format!("carnet {}", env!("CARGO_PKG_VERSION"))
}
