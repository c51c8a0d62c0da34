//! The program `stage`, which does with OpenSSL what it is told, line by line.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, UNIX_EPOCH};

use crate::place::{library, pki, tls_program};

/// Longer than any order takes, also one that waits for a server that was stopped, on a machine with a lot to do.
const PATIENCE: Duration = Duration::from_secs(180);

/// TLS versions as the stage knows them.
pub const VERSIONS: [u32; 2] = [12, 13];

/// How to start it.
pub struct Setup {
    command: Command,
    pub directory: tempfile::TempDir,
}

pub struct Stage {
    child: Child,
    input: Option<ChildStdin>,
    answers: Receiver<String>,
    pub directory: tempfile::TempDir,
}

/// What a connection has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub how: String,
    pub tickets: u32,
    pub peer: bool,
    pub key: String,
    pub iv: String,
    pub len: usize,
}

impl Connection {
    pub fn is_resumed(&self) -> bool {
        self.how == "resumed"
    }
}

impl Setup {
    /// With this library, no file of settings, and what the library says collected.
    pub fn new() -> Self {
        let mut setup = Self::bare();
        setup.command.env("LD_PRELOAD", library());
        setup
    }

    /// With a clock that stands still until it is told to go on ("pass"); all of these show the same time at first.
    pub fn standing(self) -> Self {
        self.env("CLOCK", beginning().to_string())
    }

    /// In a shell that first does this.
    pub fn after(mut self, preparation: &str) -> Self {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{preparation}; exec \"$0\"")])
            .arg(self.command.get_program());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        self.command = shell;
        self
    }

    /// Without the library.
    pub fn bare() -> Self {
        Self::of("stage")
    }

    /// Another program that takes orders, without the library.
    pub fn of(program: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(tls_program(program));
        clean(&mut command);
        command.env("PKI", pki());
        Self { command, directory }
    }

    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn start(self) -> Stage {
        let Self { mut command, directory } = self;
        let errors = std::fs::File::create(directory.path().join("stderr")).unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().unwrap();
        let (sender, answers) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Stage {
            input: child.stdin.take(),
            child,
            answers,
            directory,
        }
    }
}

/// What clocks show that stand still, until they are told to go on.
pub fn beginning() -> u64 {
    static NOW: OnceLock<u64> = OnceLock::new();
    *NOW.get_or_init(|| UNIX_EPOCH.elapsed().unwrap().as_secs())
}

/// None of our settings from the environment of whoever runs the tests.
pub fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARNET_") {
            command.env_remove(name);
        }
    }
}

impl Stage {
    pub fn new() -> Self {
        Setup::new().start()
    }

    /// With a setting.
    pub fn with(name: &str, value: &str) -> Self {
        Setup::new().env(name, value).start()
    }

    /// Gives an order; what it answers.
    pub fn say(&mut self, order: &str) -> String {
        let input = self.input.as_mut().unwrap();
        input
            .write_all(format!("{order}\n").as_bytes())
            .unwrap_or_else(|error| panic!("{order}: {error}: {}", self.said()));
        self.answers
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|error| panic!("{order}: {error}: {}", self.said()))
    }

    /// The next answer to an order that has several.
    pub fn more(&mut self) -> String {
        self.answers.recv_timeout(PATIENCE).unwrap()
    }

    /// The part of a ticket's key name that is the ring's key, or OpenSSL's own.
    pub fn ring_key(&mut self, order: &str) -> String {
        let connection = self.connection(order);
        connection.key[..16].to_owned()
    }

    /// Are the tickets of this context, which has to exist, what they are without the library?
    pub fn has_openssls_keys(&mut self, context: &str) -> bool {
        let there = self.again(context, 13, "");
        assert!(there.is_resumed());
        let own = self.say(&format!("keys {context} get"));
        own == format!("1 {}", there.key)
    }

    /// Gives orders that answer "ok" or "1".
    pub fn ok(&mut self, orders: &[&str]) {
        for order in orders {
            let answer = self.say(order);
            assert!(matches!(answer.as_str(), "ok" | "1"), "{order}: {answer}");
        }
    }

    /// A handshake that succeeds. `what` is what follows "connect" and the version: options, after the context.
    pub fn connect(&mut self, context: &str, version: u32, options: &str) -> Connection {
        self.connection(&format!("connect {context} {version} {options}"))
    }

    pub fn connection(&mut self, order: &str) -> Connection {
        let answer = self.say(order);
        let field = |name: &str| {
            let mut words = answer.split(' ');
            let found = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            found.unwrap_or_else(|| panic!("{order}: {answer}")).to_owned()
        };
        Connection {
            how: answer.split(' ').next().unwrap().to_owned(),
            tickets: field("tickets").parse().unwrap(),
            peer: field("peer") == "yes",
            key: field("key"),
            iv: field("iv"),
            len: field("len").parse().unwrap(),
        }
    }

    /// A full handshake whose ticket is kept as `session`, and then, with it, another.
    pub fn again(&mut self, context: &str, version: u32, options: &str) -> Connection {
        let first = self.connect(context, version, &format!("{options} save=again"));
        assert_eq!(first.how, "full", "{context} {version} {options}");
        self.connect(context, version, &format!("{options} use=again"))
    }

    /// What it and the library have written to standard error so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("stderr")).unwrap()
    }

    /// The lines of the library.
    pub fn lines(&self) -> Vec<String> {
        let said = self.said();
        let all = said.lines().map(|line| {
            let (_, text) = line.strip_prefix("carnet[").and_then(|line| line.split_once("]: "))?;
            Some(text.to_owned())
        });
        all.map(|line| line.unwrap_or_else(|| panic!("{said}"))).collect()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As it is, without a chance to tidy up.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it, and sees that it ends well.
    pub fn finish(mut self) -> Vec<String> {
        self.input = None;
        let mut rest = String::new();
        while let Ok(line) = self.answers.recv_timeout(PATIENCE) {
            rest.push_str(&line);
        }
        let status = self.child.wait().unwrap();
        assert!(status.success() && rest.is_empty(), "{status} {rest} {}", self.said());
        self.lines()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Runs a command to its end: status, standard output, standard error.
pub fn outcome(command: &mut Command) -> (std::process::ExitStatus, String, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut out, mut error) = (String::new(), String::new());
    let mut errors = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        errors.read_to_string(&mut error).unwrap();
        error
    });
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    (child.wait().unwrap(), out, reader.join().unwrap())
}
