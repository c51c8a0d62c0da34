//! A child process that can't outlive its test: everything it prints is collected, every wait has a deadline, and
//! dropping it kills it.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Only what hangs takes so long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What a child has printed so far, on both of its outputs.
#[derive(Default)]
struct Printed {
    bytes: Vec<u8>,
    outputs_closed: usize,
}

type Shared = Arc<(Mutex<Printed>, Condvar)>;

pub struct Process {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    printed: Shared,
}

/// How a child ended, and all that it printed.
pub struct Ended {
    pub status: ExitStatus,
    pub text: String,
}

/// A test that fails does so while it looks at the output; the readers go on, and `drop` still shows what there is.
fn lock(shared: &Shared) -> MutexGuard<'_, Printed> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn collect(mut from: impl Read + Send + 'static, into: Shared) {
    thread::spawn(move || {
        let mut piece = [0; 65536];
        while let Ok(n @ 1..) = from.read(&mut piece) {
            lock(&into).bytes.extend_from_slice(&piece[..n]);
            into.1.notify_all();
        }
        lock(&into).outputs_closed += 1;
        into.1.notify_all();
    });
}

/// A tool that prints line by line; left to itself it would keep its output back while it goes to a pipe.
pub fn tool(name: &str) -> Command {
    let mut command = Command::new("stdbuf");
    command.args(["-oL", name]);
    command
}

/// A port for a server that can't be asked which one it got. Below those that the kernel gives to other sockets, and not
/// the same for two tests.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let number = std::process::id() * 16 + u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 20000 + (number % 12000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The process group of a directory of /proc, which is the fifth field of `stat`, the third after the command's name.
fn process_group(process: &Path) -> Option<String> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(2).map(str::to_owned)
}

/// The inodes of the sockets that a process has open.
fn sockets(process: PathBuf) -> Vec<String> {
    let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let targets = files.filter_map(|file| fs::read_link(file.path()).ok()?.into_os_string().into_string().ok());
    targets
        .filter_map(|to| Some(to.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect()
}

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let name = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|e| panic!("{name}: {e} (needs the Debian packages openssl, gnutls-bin, curl and socat)"));
        let printed = Shared::default();
        collect(child.stdout.take().unwrap(), printed.clone());
        collect(child.stderr.take().unwrap(), printed.clone());
        Process {
            name,
            input: child.stdin.take(),
            child,
            printed,
        }
    }

    /// The port of the IPv4 socket that the child, or a child of its own, listens on, from /proc (see proc_net(5)): for
    /// servers that don't say.
    pub fn listening_port(&self) -> String {
        const LISTEN: &str = "0A";
        let group = self.id().to_string();
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let owned: HashSet<String> = processes
            .filter(|path| process_group(path).as_ref() == Some(&group))
            .flat_map(sockets)
            .collect();
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        let port = table.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (_, port) = fields[1].split_once(':')?;
            (fields[3] == LISTEN && owned.contains(fields[9])).then(|| u16::from_str_radix(port, 16).ok())?
        });
        port.unwrap_or_else(|| panic!("{} does not listen", self.name))
            .to_string()
    }

    /// Waits until `done` is content with what was printed, or the child is silent for good.
    fn wait_until(&self, what: &str, done: impl Fn(&Printed) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut printed = lock(&self.printed);
        while !done(&printed) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && printed.outputs_closed < 2,
                "{}: no {what} in\n{}",
                self.name,
                String::from_utf8_lossy(&printed.bytes)
            );
            printed = self.printed.1.wait_timeout(printed, left).unwrap().0;
        }
        String::from_utf8_lossy(&printed.bytes).into_owned()
    }

    /// Waits for a piece of output and returns all that was printed so far.
    pub fn wait_for(&self, piece: &str) -> String {
        self.wait_for_times(piece, 1)
    }

    pub fn wait_for_times(&self, piece: &str, times: usize) -> String {
        let count = |bytes: &[u8]| bytes.windows(piece.len()).filter(|w| *w == piece.as_bytes()).count();
        self.wait_until(piece, |printed| count(&printed.bytes) >= times)
    }

    /// Waits until the child has printed so many bytes.
    pub fn wait_for_len(&self, len: usize) {
        self.wait_until(&format!("{len} bytes"), |printed| printed.bytes.len() >= len);
    }

    /// The rest of the line that starts with `start`, once that line is complete.
    pub fn wait_for_line(&self, start: &str) -> String {
        fn rest(text: &str, start: &str) -> Option<String> {
            let mut lines = text.split_inclusive('\n');
            lines.find_map(|line| Some(line.strip_prefix(start)?.strip_suffix('\n')?.trim().to_owned()))
        }
        let all = self.wait_until(start, |printed| {
            rest(&String::from_utf8_lossy(&printed.bytes), start).is_some()
        });
        rest(&all, start).unwrap()
    }

    pub fn say(&mut self, text: &str) {
        let input = self.input.as_mut().expect("the input is open");
        input
            .write_all(text.as_bytes())
            .unwrap_or_else(|e| panic!("{}: {e}", self.name));
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Closes the child's input and waits for its end.
    pub fn finish(mut self) -> Ended {
        self.close_input();
        let deadline = Instant::now() + PATIENCE;
        let mut printed = lock(&self.printed);
        while printed.outputs_closed < 2 {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{}: does not end:\n{}",
                self.name,
                String::from_utf8_lossy(&printed.bytes)
            );
            printed = self.printed.1.wait_timeout(printed, left).unwrap().0;
        }
        let text = String::from_utf8_lossy(&printed.bytes).into_owned();
        drop(printed);
        let status = self.child.wait().unwrap();
        Ended { status, text }
    }

    /// Like [`Process::finish`], for a child that has to end with 0.
    pub fn succeed(self) -> String {
        let name = self.name.clone();
        let ended = self.finish();
        assert!(ended.status.success(), "{name}: {}\n{}", ended.status, ended.text);
        ended.text
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // With its own children, such as the workers of a server.
            let group = self.id().to_string();
            let killed = Command::new("sh").args(["-c", "kill -s KILL -- -$0", &group]).status();
            let waited = self.child.wait();
            assert!(
                thread::panicking() || (killed.is_ok() && waited.is_ok()),
                "{} is still there",
                self.name
            );
        }
        if thread::panicking() {
            let text = String::from_utf8_lossy(&lock(&self.printed).bytes).into_owned();
            let start: String = text.lines().take(60).map(|line| format!("    {line}\n")).collect();
            eprintln!("--- {} printed\n{start}", self.name);
        }
    }
}
