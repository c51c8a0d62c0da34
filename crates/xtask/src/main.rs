//! carnet's development tasks, run as `cargo run -p carnet-xtask -- TASK` from the Makefile.
//!
//! - `headers [--check]` writes include/ from src/capi with cbindgen, or says what is out of date.
//! - `coverage [--check]` writes docs/coverage.md from src/capi and the lists in data/.
//! - `pages [--check]` writes docs/man from the command's options and from carnet.h.
//! - `manual-pages` checks that the tests that docs/manual-pages.md names exist.
//! - `symbols LIBRARY` compares what a library exports with what libssl.so.3 does.
//! - `header-test DIR` writes C files that compare our headers with the system's, constant by constant.

mod coverage;
mod header_test;
mod headers;
mod manual_pages;
mod pages;
mod sources;
mod style;
mod symbols;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

/// Why a task failed, for a person to read.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        ["headers"] => headers::generate()?.iter().try_for_each(|file| file.write()),
        ["headers", "--check"] => check(&headers::generate()?),
        ["coverage"] => coverage::generate()?.write(),
        ["coverage", "--check"] => check(&[coverage::generate()?]),
        ["pages"] => pages::generate()?.iter().try_for_each(|page| page.write()),
        ["pages", "--check"] => check(&pages::generate()?),
        ["manual-pages"] => manual_pages::check(),
        ["symbols", library] => symbols::compare(Path::new(library)),
        ["header-test", directory] => header_test::generate(Path::new(directory)),
        _ => Err(
            "usage: xtask headers [--check] | coverage [--check] | pages [--check] | manual-pages | symbols LIBRARY | header-test DIR"
                .into(),
        ),
    }
}

/// A generated file: where it belongs and what should be in it.
struct Generated {
    path: PathBuf,
    text: String,
}

impl Generated {
    fn write(&self) -> Result<(), Failure> {
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        if !self.is_fresh()? {
            fs::write(&self.path, &self.text)?;
            println!("wrote {}", self.path.display());
        }
        Ok(())
    }

    fn is_fresh(&self) -> Result<bool, Failure> {
        match fs::read_to_string(&self.path) {
            Ok(found) => Ok(found == self.text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Fails, naming the files that differ from what would be generated now.
fn check(files: &[Generated]) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for file in files {
        if !file.is_fresh()? {
            stale.push(file.path.display().to_string());
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("out of date (run `make generate`): {}", stale.join(", ")).into())
    }
}

/// The repository's root.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
