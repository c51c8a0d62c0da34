//! A directory for a test, the command in it, and a server with the preload library.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::identity::{Identity, run};
use crate::process::{Process, tool};

pub const DONE: i32 = 0;
pub const FAILED: i32 = 1;
pub const MISUSED: i32 = 2;
pub const NO: i32 = 3;

/// Removed with all that is in it.
pub struct Place {
    dir: tempfile::TempDir,
}

/// What the command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub error: String,
}

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        // Servers that drop root look for things here.
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        Place { dir }
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>, mode: u32) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// All names in the directory, to see that nothing was left behind.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Runs the command in the directory.
    pub fn carnet(&self, arguments: &[&str]) -> Said {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        Said {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            error: String::from_utf8(stderr).unwrap(),
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carnet"));
        command
            .current_dir(self.dir.path())
            .env_remove("CARNET_RING")
            .args(arguments);
        command
    }

    /// Runs it; it must succeed and complain of nothing.
    pub fn done(&self, arguments: &[&str]) -> String {
        let said = self.carnet(arguments);
        assert_eq!(
            (said.code, said.error.as_str()),
            (DONE, ""),
            "{arguments:?}: {}",
            said.out
        );
        said.out
    }

    /// What it printed as JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.done(arguments)).unwrap()
    }

    /// Runs it; it must fail in one sentence, which is returned.
    pub fn fails(&self, arguments: &[&str]) -> String {
        let said = self.carnet(arguments);
        assert_eq!(
            (said.code, said.out.as_str()),
            (FAILED, ""),
            "{arguments:?}: {}",
            said.error
        );
        let lines: Vec<&str> = said.error.lines().filter(|line| !line.contains("warning: ")).collect();
        assert!(lines.len() == 1 && lines[0].starts_with("carnet: "), "{}", said.error);
        lines[0].to_owned()
    }

    pub fn p256(&self, authority: &Identity, name: &str, common_name: &str) -> Identity {
        authority.issue(
            self.dir(),
            name,
            common_name,
            &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        )
    }

    /// A program with the preload library and no settings of this machine.
    pub fn preloaded(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("LD_PRELOAD", library())
            .env("CARNET_CONFIG", self.write("no-settings", "", 0o644))
            .env_remove("CARNET_RING");
        command
    }

    /// `openssl s_server` with the preload library and these settings, and its address.
    pub fn s_server(&self, server: &Identity, settings: &[(&str, &str)], more: &[&str]) -> (Process, String) {
        let mut command = self.preloaded("stdbuf");
        command.args(["-oL", "openssl", "s_server", "-accept", "127.0.0.1:0", "-www"]);
        command.args(["-cert", &server.cert, "-key", &server.key]).args(more);
        command.env("LD_PRELOAD", library()).env("CARNET_CONFIG", "/dev/null");
        let process = Process::start(command.envs(settings.iter().copied()));
        let address = format!("127.0.0.1:{}", process.wait_for_line("ACCEPT 127.0.0.1:"));
        (process, address)
    }

    /// Connects, asks for a page, and leaves the session in the file `name`.
    pub fn session(&self, address: &str, name: &str, more: &[&str]) -> String {
        let path = self.path(name);
        let mut client = tool("openssl");
        client
            .args(["s_client", "-connect", address, "-quiet", "-sess_out", &path])
            .args(more);
        let mut process = Process::start(&mut client);
        process.say("GET / HTTP/1.0\r\n\r\n");
        process.finish();
        assert!(Path::new(&path).exists(), "s_client got no session from {address}");
        path
    }
}

/// The preload library that Cargo has built beside this test, or that of `CARNET_LIB`.
fn library() -> PathBuf {
    const FILE: &str = "libcarnet_preload.so";
    if let Some(dir) = std::env::var_os("CARNET_LIB") {
        return Path::new(&dir).join(FILE).canonicalize().unwrap();
    }
    let test = std::env::current_exe().unwrap();
    let places = test.ancestors().skip(1).take(2).map(|dir| dir.join(FILE));
    let built = places.filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)));
    built.max().expect("cargo has built the library").1
}

/// Seconds since 1970.
pub fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// c-tests' endpoint, built for the system's libssl.
pub fn peer(place: &Place) -> String {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../c-tests");
    let out = place.path("peer");
    let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-D_GNU_SOURCE", "-o", &out]);
    cc.args(["peer.c", "peer_conn.c", "peer_keys.c"].map(|file| sources.join(file)));
    run(cc.args(["-lssl", "-lcrypto"]));
    out
}
