//! docs/man: the command's pages from its options, the page of carnet.h from the header, and those of documents that whoever
//! runs a server needs.

mod command;
mod header;
mod markdown;
mod roff;

use crate::{Failure, Generated, root};

const DIRECTORY: &str = "docs/man";

/// All of them.
pub fn generate() -> Result<Vec<Generated>, Failure> {
    let mut pages = command::pages()?;
    pages.push(header::page()?);
    pages.extend(markdown::pages()?);
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
