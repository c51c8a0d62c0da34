//! Medians, ratios, and the table that shows them.

use comfy_table::{Cell, CellAlignment, Table, presets};

/// The median of `values`; `NaN` for none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

/// The median over rounds of `ours / theirs`, pairing the values of the same round.
pub fn median_ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    median(&ours.iter().zip(theirs).map(|(a, b)| a / b).collect::<Vec<_>>())
}

/// One line of a comparison: what was done, and each candidate's figure in every round.
pub struct Row {
    /// What was measured, with its unit.
    pub title: String,
    /// Figures of carnet, OpenSSL and rustls by round; empty where it does not apply.
    pub figures: [Vec<f64>; 3],
    /// What the project wants the ratio to be, in words.
    pub goal: &'static str,
}

/// Prints medians and ratios for all rows.
pub fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(["", "carnet", "OpenSSL", "rustls", "of OpenSSL", "of rustls", "goal"]);
    for row in rows {
        let [carnet, openssl, rustls] = &row.figures;
        let mut cells = vec![Cell::new(&row.title)];
        cells.extend([figure(median(carnet)), figure(median(openssl)), figure(median(rustls))].map(right));
        cells.extend([ratio(carnet, openssl), ratio(carnet, rustls)].map(right));
        cells.push(Cell::new(row.goal));
        table.add_row(cells);
    }
    println!("{table}");
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn figure(value: f64) -> String {
    if value.is_nan() {
        "–".into()
    } else if value < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

fn ratio(ours: &[f64], theirs: &[f64]) -> String {
    let value = median_ratio(ours, theirs);
    if value.is_nan() {
        "–".into()
    } else {
        format!("{value:.2}×")
    }
}
