//! Lines for the operator: few, whole, and never an error of their own.

#![forbid(unsafe_code)]

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::OnceLock;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::process::{Resource, getrlimit};

use crate::settings::Log;

/// The file that standard error was when this library was first used.
static AT_START: OnceLock<Option<(u64, u64)>> = OnceLock::new();

/// Takes note of what standard error is.
pub fn begin() {
    AT_START.get_or_init(|| file_of(std::io::stderr().as_fd()));
}

/// Writes one line, beginning with "carnet[PID]: ". That it can't be written is no reason for anything.
pub fn line(log: &Log, text: &str) {
    begin();
    let line = format!("carnet[{}]: {}\n", std::process::id(), text.replace('\n', " "));
    let _unheard = match log {
        Log::Stderr => to_stderr(&line),
        Log::Off => Ok(()),
        Log::File(path) => open(path).and_then(|file| write(file.as_fd(), &line)),
    };
}

/// Without the lock that the standard library has for it: should another thread hold that at a fork, the child would wait
/// for it for ever.
fn to_stderr(line: &str) -> std::io::Result<()> {
    let error = std::io::stderr();
    if is_for_lines(error.as_fd()) {
        write(error.as_fd(), line)?;
    }
    Ok(())
}

/// Who writes past the limit on files is ended by a signal.
fn write(out: BorrowedFd<'_>, line: &str) -> std::io::Result<()> {
    let found = fstat(out)?;
    let end = u64::try_from(found.st_size).unwrap_or(0) + line.len() as u64;
    let is_past = |limit| end > limit && FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
    if getrlimit(Resource::Fsize).current.is_some_and(is_past) {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    rustix::io::write(out, line.as_bytes())?;
    Ok(())
}

/// Root may write into a directory of others: not through a link that one of them has put there, and nothing that others
/// could write to. A pipe without a reader is not waited for.
fn open(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = File::options();
    options.append(true).create(true).mode(0o640);
    let file = options.custom_flags(flags.bits().cast_signed()).open(path)?;
    if is_heard(file.as_fd()) {
        return Ok(file);
    }
    Err(std::io::ErrorKind::BrokenPipe.into())
}

/// A pipe that nobody reads would end the program by a signal, and a full one would stop it.
fn is_heard(out: BorrowedFd<'_>) -> bool {
    let mut waited_for = [PollFd::from_borrowed_fd(out, PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut waited_for, Some(&now)).is_ok() && waited_for.iter().all(|fd| fd.revents() == PollFlags::OUT)
}

fn file_of(error: BorrowedFd<'_>) -> Option<(u64, u64)> {
    let found = fstat(error).ok()?;
    Some((found.st_dev, found.st_ino))
}

/// A program that has closed its standard error may have got the number again for a client's connection, or for a file of
/// its own: nothing may be written there.
fn is_for_lines(error: BorrowedFd<'_>) -> bool {
    let as_at_start = AT_START.get().is_some_and(|start| *start == file_of(error));
    let is_log = || fcntl_getfl(error).is_ok_and(|flags| flags.contains(OFlags::APPEND));
    let is_local = || {
        let socket = error.try_clone_to_owned().map(UnixDatagram::from);
        // Fails for a socket of another family: under inetd, standard error is the client.
        socket.is_ok_and(|socket| socket.local_addr().is_ok())
    };
    let kind = fstat(error).map(|found| FileType::from_raw_mode(found.st_mode));
    match kind {
        Ok(FileType::CharacterDevice) => true,
        Ok(FileType::Fifo) => is_heard(error),
        Ok(FileType::RegularFile) => as_at_start || is_log(),
        Ok(FileType::Socket) => as_at_start && is_local() && is_heard(error),
        _ => false,
    }
}
