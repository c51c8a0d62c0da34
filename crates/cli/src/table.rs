//! Tables, all of one look.

use comfy_table::{Table, presets};

/// With a line of headings.
pub(crate) fn with_header(header: &[&str]) -> Table {
    let mut table = plain();
    table.set_header(header);
    table
}

/// Without.
pub(crate) fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
