//! A host of the fleet: a TLS server in a network namespace of its own, whose clock stands where the test puts it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::memory::Image;
use crate::place::{library, pki, program, run};
use crate::stage::clean;

/// What the file is called that libsignalled.so looks for.
const SIGNAL_AT: &str = "signal_at";

pub struct Host {
    directory: tempfile::TempDir,
    settings: Vec<(&'static str, OsString)>,
    server: Child,
    pub is_stopped: bool,
    clock: u64,
    /// The latest moment at which its ring was used.
    pub latest: u64,
}

fn faketime() -> PathBuf {
    let found = run(Command::new("sh").args(["-c", "ls /usr/lib/*/faketime/libfaketime.so.1"]));
    found.trim().into()
}

/// What puts a program into a network namespace of its own. Where the system does not let us, a process of its own has
/// to do: nothing is reached by network here.
fn apart() -> &'static [&'static str] {
    static WAYS: [&[&str]; 3] = [
        &["unshare", "--net"],
        &["unshare", "--map-root-user", "--net"],
        &["env"],
    ];
    static WAY: OnceLock<&[&str]> = OnceLock::new();
    let works = |way: &&&[&str]| {
        let mut command = Command::new(way[0]);
        command.args(&way[1..]).arg("true").stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    WAY.get_or_init(|| WAYS.iter().find(works).unwrap())
}

impl Host {
    /// It gets its own copy of the root's file.
    pub fn with_root(root: &Path, clock: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let own = directory.path().join("root");
        fs::copy(root, &own).unwrap();
        Self::start(directory, vec![("CARNET_ROOT", own.into())], clock)
    }

    pub fn with(settings: Vec<(&'static str, OsString)>, clock: u64) -> Self {
        Self::start(tempfile::tempdir().unwrap(), settings, clock)
    }

    fn start(directory: tempfile::TempDir, settings: Vec<(&'static str, OsString)>, clock: u64) -> Self {
        write_clock(directory.path(), clock);
        Self {
            server: serve(directory.path(), &settings),
            directory,
            settings,
            is_stopped: false,
            clock,
            latest: 0,
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    pub fn set_clock(&mut self, clock: u64) {
        self.clock = clock;
        write_clock(self.directory.path(), clock);
    }

    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// kill -9, if it is there, and a new one.
    pub fn restart(&mut self) {
        let _gone = self.server.kill();
        self.server.wait().unwrap();
        self.server = serve(self.directory.path(), &self.settings);
        self.latest = 0;
    }

    pub fn stop(&mut self) {
        self.signal("STOP");
        self.is_stopped = true;
    }

    pub fn go_on(&mut self) {
        self.signal("CONT");
        self.is_stopped = false;
    }

    fn signal(&self, name: &str) {
        run(Command::new("kill").args(["-s", name, &self.server.id().to_string()]));
    }

    /// It gets this signal when it asks for randomness for this time from now on.
    pub fn signal_at(&self, time: u32, name: &str) {
        write_in_one_piece(self.directory.path(), SIGNAL_AT, &format!("{time} {name}"));
    }

    /// Has it been stopped?
    pub fn has_stopped(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.server.id())).unwrap();
        stat.rsplit_once(") ").unwrap().1.starts_with('T')
    }

    pub fn image(&self) -> Image {
        Image::of(self.server.id())
    }

    /// What the library and the server have written to standard error.
    pub fn said(&self) -> String {
        fs::read_to_string(self.directory.path().join("stderr")).unwrap()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ended = self.server.kill();
        let _status = self.server.wait();
    }
}

fn write_clock(directory: &Path, clock: u64) {
    write_in_one_piece(directory, "clock", &format!("{clock}\n"));
}

/// The server may look at any time.
fn write_in_one_piece(directory: &Path, name: &str, text: &str) {
    let new = directory.join("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, directory.join(name)).unwrap();
}

fn serve(directory: &Path, settings: &[(&str, OsString)]) -> Child {
    let all = std::env::join_paths([program("libsignalled", &[]), library(), faketime()]).unwrap();
    let errors = fs::File::options()
        .create(true)
        .append(true)
        .open(directory.join("stderr"));
    let (first, arguments) = apart().split_first().unwrap();
    let mut command = Command::new(first);
    clean(&mut command);
    command
        .env("LD_PRELOAD", all)
        .env("SIGNAL_AT", directory.join(SIGNAL_AT));
    command
        .env("CARNET_CONFIG", "/dev/null")
        .envs(settings.iter().map(|(name, value)| (name, value)));
    // It stands still: what is a second's difference is one.
    command
        .env("FAKETIME_TIMESTAMP_FILE", directory.join("clock"))
        .env("FAKETIME_FMT", "%s")
        .env("TZ", "UTC");
    command
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
        .args(arguments)
        .args(["openssl", "s_server", "-quiet", "-www", "-unlink", "-unix"])
        .arg(directory.join("socket"));
    command
        .arg("-cert")
        .arg(pki().join("server.pem"))
        .arg("-key")
        .arg(pki().join("server.key"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors.unwrap())
        .spawn()
        .unwrap()
}
