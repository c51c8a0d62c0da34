//! Tables, all of one look, and sentences, no wider than the terminal.

use std::io::IsTerminal as _;

use comfy_table::{Row, Table, presets};

/// Longer lines are hard to read, however wide the terminal.
const MEASURE: usize = 100;

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

/// How many columns there are to write in: what COLUMNS says, else the terminal's. `None`: as many as it takes.
pub(crate) fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.filter(|columns| *columns > 0).or_else(|| {
        let is_terminal = std::io::stdout().is_terminal();
        let (width, _) = is_terminal.then(terminal_size::terminal_size).flatten()?;
        Some(usize::from(width.0))
    })
}

/// The table, or, where it is too wide for that, its rows one below the other.
pub(crate) fn fit(mut table: Table, width: Option<usize>) -> String {
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(at == 0), 1));
    }
    let text = table.to_string();
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    match width {
        Some(width) if widest > width => one_below_the_other(&table),
        _ => text,
    }
}

/// `heading  cell` in lines, with a blank line between rows; of a table without headings, the first cell is the heading.
fn one_below_the_other(table: &Table) -> String {
    let cells = |row: &Row| -> Vec<String> { row.cell_iter().map(|cell| cell.content().replace('\n', ", ")).collect() };
    let rows: Vec<Vec<(String, String)>> = match table.header().map(cells) {
        Some(header) => {
            let pairs = |row| {
                header
                    .iter()
                    .cloned()
                    .zip(cells(row))
                    .filter(|(_, cell)| !cell.is_empty())
            };
            table.row_iter().map(|row| pairs(row).collect()).collect()
        }
        None => {
            let pair = |row| {
                let mut cells = cells(row).into_iter();
                (cells.next().unwrap_or_default(), cells.collect::<Vec<_>>().join("  "))
            };
            vec![table.row_iter().map(pair).collect()]
        }
    };
    let longest = rows.iter().flatten().map(|(heading, _)| heading.chars().count()).max();
    let longest = longest.unwrap_or_default();
    let line = |(heading, cell): &(String, String)| format!("  {heading:<longest$}  {cell}");
    let block = |row: &Vec<(String, String)>| row.iter().map(line).collect::<Vec<_>>().join("\n");
    rows.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

/// Breaks `text` between words, each line with `indent` before it.
pub(crate) fn wrap(text: &str, indent: &str, width: Option<usize>) -> String {
    let room = width.map(|width| width.min(MEASURE).saturating_sub(indent.len()));
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let len = |text: &str| text.chars().count();
        match lines.last_mut() {
            Some(line) if room.is_none_or(|room| len(line) + 1 + len(word) <= room) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("{indent}{line}")).collect();
    lines.join("\n")
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_too_wide_becomes_a_list() {
        let mut table = with_header(&["name", "seals until"]);
        table.add_row(["aa", "15:30\nin 1 h"]).add_row(["bb", ""]);
        let wide = fit(table.clone(), None);
        let columns = wide.lines().next().unwrap().chars().count();
        assert_eq!(wide.lines().nth(1).unwrap(), "│ name  seals until │");
        assert_eq!(fit(table.clone(), Some(columns)), wide);
        assert_eq!(
            fit(table, Some(columns - 1)),
            "  name         aa\n  seals until  15:30, in 1 h\n\n  name         bb"
        );
        let mut list = plain();
        list.add_row(["issued", "3", "tickets made"])
            .add_row(["no key", "0", "none"]);
        assert_eq!(fit(list, Some(9)), "  issued  3  tickets made\n  no key  0  none");
    }

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrap("one two three", "  ", Some(9)), "  one two\n  three");
        assert_eq!(wrap("a-long-word b", "  ", Some(5)), "  a-long-word\n  b");
        let long = "word ".repeat(50);
        assert_eq!(wrap(&long, "", None).lines().count(), 1);
        assert!(wrap(&long, "", Some(500)).lines().all(|line| line.len() <= MEASURE));
    }
}
