//! The little of man(7) that is written by hand here.

/// A line of text that troff takes as it is, whatever the locale.
pub fn escaped(line: &str) -> String {
    let letter = |letter: char| match letter {
        '\\' => "\\e".to_owned(),
        '-' => "\\-".to_owned(),
        _ if letter.is_ascii() => letter.to_string(),
        _ => format!("\\[u{:04X}]", u32::from(letter)),
    };
    let line: String = line.chars().map(letter).collect();
    match line.chars().next() {
        Some('.' | '\'') => format!("\\&{line}"),
        _ => line,
    }
}

/// What may be copied from the page into a shell or a file, where a typographer's quotes are wrong.
pub fn code(line: &str) -> String {
    let line = escaped(line);
    let (start, rest) = line
        .strip_prefix("\\&")
        .map_or(("", line.as_str()), |rest| ("\\&", rest));
    let rest = rest.replace('\'', "\\(aq").replace('`', "\\(ga");
    start.to_owned() + &rest.replace('^', "\\(ha").replace('~', "\\(ti")
}

/// Text whose lines stay as they are.
pub fn as_it_is(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(code).collect();
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
