//! docs/manual-pages.md says which tests check each sentence of the manual pages. This checks that they exist.
//!
//! A test is named in backquotes, as `FILE:FUNCTION` or, where the whole file is about it, `FILE`. A C file without a
//! directory is in c-tests.

use std::collections::BTreeSet;
use std::fs;

use crate::{Failure, root};

const DOCUMENT: &str = "docs/manual-pages.md";
/// What a row says that has nothing to check.
const NOTHING: &str = "nothing to check";

/// Fails, naming the rows without a test and the tests that are not there.
pub fn check() -> Result<(), Failure> {
    let text = fs::read_to_string(root().join(DOCUMENT))?;
    let mut problems = Vec::new();
    let rows = rows(&text);
    let mut seen = BTreeSet::new();
    for row in &rows {
        if !seen.insert((row.heading, row.number)) {
            problems.push(format!("{} {} stands there twice", row.heading, row.number));
        }
        let tests = tests(row.line);
        if tests.is_empty() && !row.line.contains(NOTHING) {
            problems.push(format!("{} {} names no test", row.heading, row.number));
        }
        for test in tests {
            if let Err(problem) = find(&test) {
                problems.push(format!("{} {}: {problem}", row.heading, row.number));
            }
        }
    }
    if rows.is_empty() {
        problems.push("there is no table".to_owned());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("{DOCUMENT}:\n  {}", problems.join("\n  ")).into())
    }
}

struct Row<'t> {
    heading: &'t str,
    number: &'t str,
    line: &'t str,
}

/// The rows of all tables, without their heads.
fn rows(text: &str) -> Vec<Row<'_>> {
    let mut heading = "";
    let mut rows = Vec::new();
    let mut in_body = false;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix('#') {
            heading = title.trim_start_matches('#').trim();
        }
        if !line.starts_with('|') {
            in_body = false;
        } else if line.starts_with("| ---") {
            in_body = true;
        } else if in_body {
            let number = line.split('|').nth(1).unwrap_or_default().trim();
            rows.push(Row { heading, number, line });
        }
    }
    rows
}

#[derive(Debug, PartialEq, Eq)]
struct Test<'t> {
    file: &'t str,
    function: Option<&'t str>,
}

/// The tests that a row names: what is in backquotes and looks like a file of C or Rust, or a script.
fn tests(line: &str) -> Vec<Test<'_>> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|quoted| {
            let (file, function) = match quoted.split_once(':') {
                Some((file, function)) => (file, Some(function)),
                None => (quoted, None),
            };
            let is_file = file.ends_with(".c") || file.ends_with(".rs") || file.starts_with("demo/");
            is_file.then_some(Test { file, function })
        })
        .collect()
}

fn find(test: &Test<'_>) -> Result<(), String> {
    let path = if test.file.contains('/') {
        root().join(test.file)
    } else {
        root().join("c-tests").join(test.file)
    };
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    match test.function {
        Some(function) if !defines(&text, function) => Err(format!("{} has no {function}()", test.file)),
        _ => Ok(()),
    }
}

/// Is there a function of that name? Every mention of one but its definition is inside a line.
fn defines(text: &str, function: &str) -> bool {
    text.lines().any(|line| {
        let Some(at) = line.find(&format!("{function}(")) else {
            return false;
        };
        let before = line.get(..at).unwrap_or_default();
        before.ends_with("fn ") || (before.starts_with("static ") && before.ends_with([' ', '*']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_below_the_line() {
        let text = "## A\n| n | test |\n| --- | --- |\n| 1.1 | `a.c:f` |\n\n## B\n| n |\n| --- |\n| 2 | - |\n";
        let found: Vec<_> = rows(text).iter().map(|row| (row.heading, row.number)).collect();
        assert_eq!(found, [("A", "1.1"), ("B", "2")]);
    }

    #[test]
    fn tests_are_files_in_backquotes() {
        let line = "| 1 | `SSL_free` in `a.c:f`, `tests/x.rs` |";
        let wanted = [
            Test {
                file: "a.c",
                function: Some("f"),
            },
            Test {
                file: "tests/x.rs",
                function: None,
            },
        ];
        assert_eq!(tests(line), wanted);
    }

    #[test]
    fn a_function_is_what_is_defined() {
        let text =
            "static void reading(enum source s)\nstatic SSL_CTX *made(void)\n    fn it_works() {\n    called(1);\n";
        assert!(defines(text, "reading") && defines(text, "made") && defines(text, "it_works"));
        assert!(!defines(text, "called") && !defines(text, "read"));
    }
}
