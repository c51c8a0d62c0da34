//! The programs that are measured, and what they need.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../preload/tests/programs/cost.c");

/// A directory with a compiled client, a certificate and its key.
pub struct Programs {
    directory: PathBuf,
    library: PathBuf,
}

fn run(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

impl Programs {
    pub fn new(library: PathBuf) -> Result<Self, Box<dyn Error>> {
        let directory = std::env::temp_dir().join(format!("carnet-bench-preload-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let programs = Self { directory, library };
        run(Command::new("cc")
            .args(["-std=gnu11", "-O2", "-Wno-unused-function", "-o"])
            .arg(programs.at("cost"))
            .args([SOURCE, "-lssl", "-lcrypto"]))?;
        run(Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-nodes", "-days", "30", "-subj", "/CN=server", "-out"])
            .arg(programs.at("server.pem"))
            .arg("-keyout")
            .arg(programs.at("server.key")))?;
        Ok(programs)
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// What `cost` prints. It runs where the certificate is.
    pub fn cost(&self, preloaded: bool, arguments: &[&str]) -> Result<f64, Box<dyn Error>> {
        let mut command = self.command(&self.at("cost"), preloaded);
        command.current_dir(&self.directory).env("PKI", ".");
        Ok(run(command.args(arguments))?.trim().parse()?)
    }

    /// A program, with the preload library or without.
    pub fn command(&self, program: &Path, preloaded: bool) -> Command {
        let mut command = Command::new(program);
        command.env("CARNET_CONFIG", "/dev/null");
        if preloaded {
            command.env("LD_PRELOAD", &self.library);
        }
        command
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.directory);
    }
}
