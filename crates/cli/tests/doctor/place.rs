//! Servers to be looked at, and the doctor that looks.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// For what takes a moment, but for machines that have a lot to do.
pub const PATIENCE: Duration = Duration::from_secs(40);

use serde_json::Value;
use tempfile::TempDir;

/// A directory with two certificates, removed at the end.
pub struct Place {
    dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        for name in ["one", "two"] {
            let (key, cert) = (place.path(&format!("{name}.key")), place.path(&format!("{name}.pem")));
            let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost";
            let made = Command::new("openssl")
                .args(words.split(' '))
                .args(["-keyout", &key, "-out", &cert])
                .output();
            assert!(made.unwrap().status.success());
        }
        place
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// `openssl s_server` there, with these arguments.
    pub fn s_server(&self, at: SocketAddrV4, arguments: &str) -> Server {
        Server::start(at, &mut self.s_server_command(at, arguments))
    }

    pub fn s_server_command(&self, at: SocketAddrV4, arguments: &str) -> Command {
        let mut command = Command::new("openssl");
        command
            .args(["s_server", "-quiet", "-rev", "-accept", &at.to_string()])
            .args(["-cert", &self.path("one.pem"), "-key", &self.path("one.key")])
            .args(arguments.split_whitespace());
        command
    }

    /// The server of odd_server.c.
    pub fn odd_server(&self, at: SocketAddrV4, oddity: &str) -> Server {
        self.odd_server_as(at, oddity, ["one", "two"])
    }

    /// The same with these certificates.
    pub fn odd_server_as(&self, at: SocketAddrV4, oddity: &str, names: [&str; 2]) -> Server {
        let program = self.path("odd_server");
        if !Path::new(&program).exists() {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/odd_server.c");
            let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
            let made = cc
                .args(["-Wall", "-Wextra", "-o", &program])
                .arg(source)
                .args(["-lssl", "-lcrypto"]);
            let made = made.output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        let mut command = Command::new(program);
        command.args([&at.port().to_string(), &self.path(&format!("{}.pem", names[0]))]);
        command.args([&self.path(&format!("{}.key", names[0])), oddity]);
        command.args(["pem", "key"].map(|kind| self.path(&format!("{}.{kind}", names[1]))));
        Server::start(at, &mut command)
    }
}

/// Ended at the end.
pub struct Server(Child);

impl Server {
    /// Starts it, and waits until it listens.
    pub fn start(at: SocketAddrV4, command: &mut Command) -> Self {
        // Apache httpd ends its process group, wherever it got that from.
        command.process_group(0);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self(child.spawn().unwrap());
        let began = Instant::now();
        while TcpStream::connect(at).is_err() {
            assert!(began.elapsed() < PATIENCE, "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Server {
    /// Does the process run with this library?
    pub fn has_mapped(&self, library: &str) -> bool {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.0.id()));
        maps.unwrap().contains(library)
    }
}

impl Drop for Server {
    /// Asks first: whoever has workers takes them along, so that nobody answers any more where the next server is to.
    fn drop(&mut self) {
        let id = self.0.id().to_string();
        let _ = Command::new("kill").arg(&id).status();
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // It will not go otherwise.
        let _ = Command::new("sh").args(["-c", "kill -s KILL -- -$0", &id]).status();
        let _ = self.0.wait();
    }
}

/// An address of this host that nobody listens at, and that no other test gets.
pub fn address() -> SocketAddrV4 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 1000).unwrap() * 10;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        let at = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        match TcpListener::bind(at) {
            Ok(_) => return at,
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse),
        }
    }
}

/// What the doctor said.
pub struct Report {
    pub code: i32,
    pub json: Value,
}

impl Report {
    /// The codes of the findings, each once.
    pub fn codes(&self) -> Vec<&str> {
        let mut codes = Vec::new();
        for finding in self.json["findings"].as_array().unwrap() {
            let code = finding["code"].as_str().unwrap();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }

    /// What was seen at an address in a version.
    pub fn seen(&self, server: usize, version: usize) -> &Value {
        &self.json["servers"][server]["versions"][version]["seen"]
    }

    /// Which sessions resumed across this border.
    pub fn crossed(&self, border: &str) -> Vec<bool> {
        let crossings = self.json["crossings"].as_array().unwrap().iter();
        crossings
            .filter(|crossing| crossing["border"] == border)
            .map(|crossing| crossing["resumed"].as_bool().unwrap())
            .collect()
    }
}

/// `carnet doctor --json` with these arguments.
pub fn doctor(arguments: &[&str]) -> Report {
    let out = command(arguments).arg("--json").output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    Report {
        code: out.status.code().unwrap(),
        json: serde_json::from_slice(&out.stdout).unwrap_or_else(|error| panic!("{error}: {text}")),
    }
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carnet"));
    command.arg("doctor");
    // For machines that have a lot to do.
    for (option, value) in [("--tries", "6"), ("--timeout", "40"), ("--wait", "5000")] {
        if !arguments.contains(&option) {
            command.args([option, value]);
        }
    }
    command.args(arguments);
    command
}

/// A library of this workspace: of `CARNET_LIB`, or built now beside this test.
pub fn library(package: &str, file: &str) -> PathBuf {
    static BUILDING: OnceLock<std::sync::Mutex<()>> = OnceLock::new();
    if let Some(dir) = std::env::var_os("CARNET_LIB") {
        return Path::new(&dir).join(file).canonicalize().unwrap();
    }
    let _one_at_a_time = BUILDING.get_or_init(Default::default).lock();
    let carnet = Path::new(env!("CARGO_BIN_EXE_carnet"));
    let target = carnet.ancestors().nth(2).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", package, "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.unwrap().success());
    target.join("debug").join(file)
}
