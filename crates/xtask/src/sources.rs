//! Finds the Rust files that C's view of the library is made from, and the functions in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Failure, root};

/// Files outside src/capi whose types appear in prototypes.
const TYPES: [&str; 1] = ["src/objects/callbacks.rs"];

/// Every file that C's headers are made from, in a stable order.
pub fn files() -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> = TYPES
        .iter()
        .map(|path| root().join(path))
        .filter(|path| path.exists())
        .collect();
    collect(&root().join("src/capi"), &mut found)?;
    Ok(found)
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let mut entries = fs::read_dir(directory)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// An exported function: where it is and the text of its body.
pub struct Function {
    /// Path from the root.
    pub file: String,
    /// Its doc comment.
    pub doc: String,
    /// From the line of its name to the closing brace in the first column.
    pub body: String,
}

/// Every `#[unsafe(no_mangle)]` function, by name. rustfmt's layout is relied on: one attribute a line, the closing brace
/// in the first column.
pub fn functions() -> Result<BTreeMap<String, Function>, Failure> {
    let mut functions = BTreeMap::new();
    for path in files()? {
        let text = fs::read_to_string(&path)?;
        let file = path.strip_prefix(root())?.display().to_string();
        let chunks: Vec<&str> = text.split("#[unsafe(no_mangle)]\n").collect();
        for (before, chunk) in chunks.iter().zip(chunks.iter().skip(1)) {
            let body = chunk.split("\n}\n").next().unwrap_or(chunk);
            let Some(name) = body
                .split_once(" fn ")
                .and_then(|(_, rest)| rest.split(['(', '<']).next())
            else {
                return Err(format!("{file}: an exported item that is no function").into());
            };
            let function = Function {
                file: file.clone(),
                doc: doc(before),
                body: body.to_owned(),
            };
            if let Some(twin) = functions.insert(name.to_owned(), function) {
                return Err(format!("{name} is in {} and in {file}", twin.file).into());
            }
        }
    }
    Ok(functions)
}

/// The doc comment that `text` ends with.
fn doc(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().rev().take_while(|line| line.starts_with("///")).collect();
    lines.reverse();
    lines.join("\n")
}
