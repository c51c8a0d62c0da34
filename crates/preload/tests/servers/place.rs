//! Where a server of a test lives: its directory, its certificates, and what is loaded into it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use carnet_keys::{Policy, Root};
use tempfile::TempDir;

use crate::identity::{Identity, run};
use crate::process::{PATIENCE, Process};

/// What a server is started with.
#[derive(Clone, Copy, Debug)]
pub enum Loaded<'a> {
    /// Our library, with these settings.
    Carnet(&'a [(&'a str, &'a str)]),
    /// One key for every context of every program: what a library like ours must not be.
    Naive,
    Nothing,
}

/// The setting that names the file of a clock (clock.c).
pub const CLOCK: &str = "AHEAD";

/// A setting that names a file with keys.
pub struct Lasting {
    pub name: &'static str,
    path: String,
}

impl Lasting {
    pub fn settings(&self) -> [(&str, &str); 1] {
        [(self.name, &self.path)]
    }
}

const P256: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// A directory for one test, with certificates: removed with it.
pub struct Place {
    dir: TempDir,
    pub ca: Identity,
    pub server: Identity,
    /// A client's, named `client`.
    pub client: Identity,
    pub other_ca: Identity,
}

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        // Servers that drop root look for things here.
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let ca = Identity::authority(dir.path(), "ca");
        let other_ca = Identity::authority(dir.path(), "other-ca");
        Place {
            server: ca.issue(dir.path(), "server", "localhost", P256),
            client: ca.issue(dir.path(), "client", "client", P256),
            ca,
            other_ca,
            dir,
        }
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn dir(&self) -> &str {
        self.dir.path().to_str().unwrap()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub fn make_dir(&self, name: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// What makes keys last longer than a process, and lets instances share them: a ring file, and a root secret.
    pub fn lasting(&self) -> [Lasting; 2] {
        let (ring, root) = (self.path("ring"), self.path("root"));
        Root::create_file(Path::new(&root), Policy::every(3600, 7200), now()).unwrap();
        [("CARNET_RING", ring), ("CARNET_ROOT", root)].map(|(name, path)| Lasting { name, path })
    }

    /// A client of another authority.
    pub fn stranger(&self) -> Identity {
        self.other_ca.issue(self.dir.path(), "stranger", "client", P256)
    }

    /// Certificate and key of the server in one file.
    pub fn server_pem(&self) -> String {
        let parts = [&self.server.cert, &self.server.key].map(|path| fs::read_to_string(path).unwrap());
        self.write("server-both.pem", parts.concat())
    }

    /// A revocation list of the test's authority, with this number and nobody on it.
    pub fn revocation_list(&self, number: u32) -> String {
        let (index, serial, out) = (
            self.write("index", ""),
            self.write("crlnumber", format!("{number:02}\n")),
            self.path("crl.pem"),
        );
        let config = format!(
            "[ca]\ndefault_ca=here\n[here]\ndatabase={index}\ncrlnumber={serial}\ndefault_md=sha256\ndefault_crl_days=1\n"
        );
        let config = self.write("ca.cnf", config);
        let mut ca = Command::new("openssl");
        ca.args([
            "ca",
            "-gencrl",
            "-config",
            &config,
            "-cert",
            &self.ca.cert,
            "-keyfile",
            &self.ca.key,
        ]);
        run(ca.args(["-out", &out]));
        out
    }

    /// The program with what is to be loaded into it. No settings come from the machine.
    pub fn command(&self, program: &str, loaded: Loaded<'_>) -> Command {
        let mut command = Command::new(program);
        match loaded {
            Loaded::Carnet(settings) => {
                let mut libraries = vec![library()];
                if settings.iter().any(|(name, _)| *name == CLOCK) {
                    libraries.push(self.compiled("clock", "-ldl").into());
                }
                command.env("LD_PRELOAD", std::env::join_paths(libraries).unwrap());
                command.env("CARNET_CONFIG", "/dev/null").envs(settings.iter().copied());
            }
            Loaded::Naive => {
                command.env("LD_PRELOAD", self.compiled("naive", "-lssl"));
            }
            Loaded::Nothing => {}
        }
        command
    }

    /// A library of this directory, linked with another.
    fn compiled(&self, name: &str, with: &str) -> String {
        let out = self.path(&format!("{name}.so"));
        if !Path::new(&out).exists() {
            let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
            let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
            run(cc
                .args(["-shared", "-fPIC", "-D_GNU_SOURCE", "-o", &out])
                .arg(sources.join(format!("{name}.c")))
                .arg(with));
        }
        out
    }
}

/// The `libcarnet_preload.so` under test: that of `CARNET_LIB`, or the newest that Cargo has built beside this test.
pub fn library() -> PathBuf {
    const FILE: &str = "libcarnet_preload.so";
    if let Some(dir) = std::env::var_os("CARNET_LIB") {
        let file = Path::new(&dir).join(FILE);
        return file
            .canonicalize()
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    let test = std::env::current_exe().unwrap();
    let places = test.ancestors().skip(1).take(2).map(|dir| dir.join(FILE));
    let built = places.filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)));
    built.max().expect("cargo has built the library").1
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// As kill(1) does.
pub fn signal(pid: impl ToString, signal: &str) {
    run(Command::new("kill").args(["-s", signal, &pid.to_string()]));
}

/// The processes that this one has started.
pub fn children(pid: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    // Number, name in parentheses, state, parent (proc(5)).
    let child = |stat: String| {
        let (before, after) = stat.rsplit_once(") ")?;
        (after.split(' ').nth(1)? == pid.to_string()).then(|| before.split(' ').next()?.parse().ok())?
    };
    stats.filter_map(child).collect()
}

/// One of them, once there is one.
pub fn a_child(pid: u32) -> u32 {
    wait_until("it has started something", || !children(pid).is_empty());
    children(pid)[0]
}

pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "not so: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Asks a server to end, by this signal, and waits until it has.
pub fn stop(process: Process, name: &str) {
    signal(process.id(), name);
    process.finish();
}
