//! The little of man(7) that is written by hand here.

/// A line of text that troff takes as it is.
pub fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    match line.chars().next() {
        Some('.' | '\'') => format!("\\&{line}"),
        _ => line,
    }
}

/// Text whose lines stay as they are.
pub fn as_it_is(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escaped).collect();
    format!(".nf\n{}\n.fi\n", lines.join("\n"))
}

/// Paragraphs, apart by empty lines.
pub fn paragraphs(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let line = |line: &str| match line {
        "" => ".PP\n".to_owned(),
        line => escaped(line) + "\n",
    };
    lines.map(line).collect()
}
