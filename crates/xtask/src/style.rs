//! Turns cbindgen's output into a header as a person would have written it.

/// Comments in C's manner instead of Rust's, constants without empty lines between them.
pub fn for_c(header: &str) -> String {
    let mut lines = Lines::default();
    let mut comment: Option<Vec<String>> = None;
    // The one callback type that OpenSSL declares as a function, not as a pointer to one.
    let header = header.replace("struct Option_pem_password_cb ", "pem_password_cb *");
    for line in header.lines() {
        match (&mut comment, line.trim_start()) {
            (None, "/*") => comment = Some(Vec::new()),
            (Some(text), "*/") => {
                let indent = line.len().saturating_sub(" */".len());
                lines.comment(text, &" ".repeat(indent));
                comment = None;
            }
            (Some(text), _) => text.push(plain(line.trim())),
            (None, _) => lines.push(line.trim_end()),
        }
    }
    lines.text
}

/// Rust's documentation marks, taken out.
fn plain(line: &str) -> String {
    match line {
        "# Safety" => "What the caller promises:".to_owned(),
        _ => line.replace("[`", "`").replace("`]", "`"),
    }
}

#[derive(Default)]
struct Lines {
    text: String,
    pending_blank: bool,
    last_is_constant: bool,
}

impl Lines {
    fn push(&mut self, line: &str) {
        if line.is_empty() {
            self.pending_blank = true;
            return;
        }
        let constant = line.starts_with("#define ");
        self.flush_blank(constant && self.last_is_constant);
        self.text.push_str(line);
        self.text.push('\n');
        self.last_is_constant = constant;
    }

    fn comment(&mut self, comment: &[String], indent: &str) {
        self.flush_blank(false);
        match comment {
            [only] => self.text.push_str(&format!("{indent}/* {only} */\n")),
            _ => {
                let last = comment.len().saturating_sub(1);
                for (number, line) in comment.iter().enumerate() {
                    let start = if number == 0 { "/* " } else { " * " };
                    let end = if number == last { " */" } else { "" };
                    self.text.push_str(format!("{indent}{start}{line}{end}").trim_end());
                    self.text.push('\n');
                }
            }
        }
        self.last_is_constant = false;
    }

    /// An empty line is owed; `within` a run of constants it is not paid.
    fn flush_blank(&mut self, within: bool) {
        if self.pending_blank && !within {
            self.text.push('\n');
        }
        self.pending_blank = false;
    }
}

#[cfg(test)]
mod tests {
    use super::for_c;

    #[test]
    fn comments_are_c_and_constants_stand_together() {
        let made = "#define A 1\n\n#define B 2\n\n/*\n One line.\n */\nint f(void);\n\n/*\n Two.\n\n # Safety\n [`x`] lives.\n */\n\
                    int g(struct Option_pem_password_cb cb);\n";
        let wanted = "#define A 1\n#define B 2\n\n/* One line. */\nint f(void);\n\n/* Two.\n *\n * What the caller promises:\n \
                      * `x` lives. */\nint g(pem_password_cb *cb);\n";
        assert_eq!(for_c(made), wanted);
    }
}
