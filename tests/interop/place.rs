//! What all tests share and make once a run: a directory, the library under test, compiled C programs, certificates.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::SystemTime;

pub use crate::identity::{Identity, run};

/// The directory of this run. Named after the process, so that runs side by side don't meet.
pub static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let dir = tmp.join(format!("interop-{}", std::process::id()));
    remove_old_runs(tmp);
    fs::create_dir_all(&dir).unwrap();
    dir
});

/// The directories of runs whose process has gone.
fn remove_old_runs(tmp: &Path) {
    for entry in fs::read_dir(tmp).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        if name
            .strip_prefix("interop-")
            .is_some_and(|pid| !Path::new("/proc").join(pid).exists())
        {
            // Another run may be removing the same one.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A path in this run's directory.
pub fn file(name: &str) -> String {
    DIR.join(name).to_str().unwrap().to_owned()
}

pub fn on_system_libssl() -> bool {
    std::env::var_os("CARNET_TEST_LIBSSL").is_some()
}

/// The `libcarnet.so` that Cargo has built beside this test: in the profile's directory or in `deps`, the newer one.
fn built_library() -> PathBuf {
    if let Some(dir) = std::env::var_os("CARNET_LIB") {
        return Path::new(&dir)
            .join("libcarnet.so")
            .canonicalize()
            .expect("CARNET_LIB has a libcarnet.so");
    }
    let test = std::env::current_exe().unwrap();
    let deps = test.parent().unwrap();
    let age = |path: &PathBuf| {
        fs::metadata(path)
            .and_then(|m| m.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let places = [deps.join("libcarnet.so"), deps.parent().unwrap().join("libcarnet.so")];
    places
        .into_iter()
        .filter(|path| path.exists())
        .max_by_key(age)
        .expect("cargo has built libcarnet.so")
}

/// A directory with the library under its link-time name, its run-time name, and libssl's run-time name, so that
/// unmodified programs can be run on it.
pub fn library_dir() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let dir = DIR.join("lib");
        fs::create_dir_all(&dir).unwrap();
        for name in ["libcarnet.so", "libcarnet.so.0", "libssl.so.3"] {
            symlink(built_library(), dir.join(name)).unwrap();
        }
        dir
    })
}

/// A directory with carnet.h alone: all else is compiled with the system's headers, as programs for OpenSSL are.
fn include_dir() -> &'static Path {
    static INCLUDE: OnceLock<PathBuf> = OnceLock::new();
    INCLUDE.get_or_init(|| {
        let dir = DIR.join("include");
        fs::create_dir_all(&dir).unwrap();
        let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/carnet.h");
        symlink(header, dir.join("carnet.h")).unwrap();
        dir
    })
}

/// Whose libssl a program of ours runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Libssl {
    Ours,
    Systems,
}

/// Compiles C sources (paths from the repository's root) into a program that uses the library under test.
pub fn compile(program: &str, sources: &[&str]) -> PathBuf {
    compile_for(Libssl::Ours, program, sources)
}

/// Compiles C sources into a program that uses the library under test or the system's.
pub fn compile_for(libssl: Libssl, program: &str, sources: &[&str]) -> PathBuf {
    static COMPILED: LazyLock<Mutex<HashMap<String, PathBuf>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(path) = compiled.get(program) {
        return path.clone();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = DIR.join(program);
    let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-o"]).arg(&out);
    cc.args(sources.iter().map(|source| root.join(source)));
    if libssl == Libssl::Ours && !on_system_libssl() {
        cc.arg("-I").arg(include_dir()).arg("-L").arg(library_dir());
        // The old kind of rpath comes before LD_LIBRARY_PATH, in which Cargo has a libcarnet.so of its own.
        cc.arg(format!("-Wl,--disable-new-dtags,-rpath,{}", library_dir().display()))
            .arg("-lcarnet");
    } else {
        cc.arg("-lssl");
    }
    run(cc.arg("-lcrypto"));
    compiled.insert(program.to_owned(), out.clone());
    out
}

/// The certificates of a run. All are for a day, under one CA.
pub struct Certificates {
    pub ca: String,
    pub p256: Identity,
    pub p384: Identity,
    pub rsa: Identity,
    pub ed25519: Identity,
    /// For the name other.example.
    pub other: Identity,
    /// A client's, named `client`.
    pub client: Identity,
    /// A client's from a CA that nobody trusts.
    pub stranger: Identity,
}

pub static CERTIFICATES: LazyLock<Certificates> = LazyLock::new(|| {
    let p256: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let p384: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
    let ca = Identity::authority(&DIR, "ca");
    let nobodys = Identity::authority(&DIR, "nobodys-ca");
    let issue = |name, common_name, key_options| ca.issue(&DIR, name, common_name, key_options);
    Certificates {
        p256: issue("p256", "localhost", p256),
        p384: issue("p384", "localhost", p384),
        rsa: issue("rsa", "localhost", &["rsa:2048"]),
        ed25519: issue("ed25519", "localhost", &["ed25519"]),
        other: issue("other", "other.example", p256),
        client: issue("client", "client", p256),
        stranger: nobodys.issue(&DIR, "stranger", "stranger", p256),
        ca: ca.cert,
    }
});
