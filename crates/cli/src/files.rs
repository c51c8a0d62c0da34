//! Files of keys, opened, with errors that tell what to do.

use std::io::{ErrorKind, Read};
use std::path::Path;

use carnet_keys::{FileError, PAGE_LEN, PageError, Ring, ShareError, forms};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::time;

/// What Linux says of a symbolic link that is not to be followed.
const ELOOP: i32 = 40;

/// Longest file that any command reads: a certificate bundle may be long, a key file is not.
const MAX_LEN: u64 = 16 << 20;

/// The ring at `path`, to change it.
pub(crate) fn open_ring(path: &Path) -> Result<Ring, Failure> {
    let ring = Ring::open_file(path).map_err(explain)?;
    Ok(ring.with_clock(time::now))
}

/// A copy of the ring at `path`.
pub(crate) fn look_at_ring(path: &Path, now: u64) -> Result<Ring, Failure> {
    Ring::look_at_file(path, now).map_err(explain)
}

/// What to do about it.
pub(crate) fn explain(error: FileError) -> Failure {
    match &error {
        // Bytes where a root secret's text should be.
        FileError::Io { path, error } if error.kind() == ErrorKind::InvalidData => not_a_root(path, "it is not text"),
        FileError::Io { path, error } => io(path, error),
        FileError::NotAFile { path } if path.is_symlink() => io(path, &std::io::Error::from_raw_os_error(ELOOP)),
        FileError::NotAFile { path } if path.is_dir() => io(path, &ErrorKind::IsADirectory.into()),
        FileError::Root { path, what } => not_a_root(path, what),
        FileError::ForeignOwner { path, owner } => Failure::new(format!(
            "{} belongs to user {owner}; run this as that user: sudo -u '#{owner}' carnet …",
            path.display()
        )),
        FileError::WrongLength { path, .. }
        | FileError::Content {
            path,
            error: ShareError::Page(PageError::NotARing),
        } => Failure::new(format!(
            "{} is not a ring of ticket keys{}",
            path.display(),
            what_else(path)
        )),
        FileError::Content {
            path,
            error: ShareError::Page(PageError::OtherFormat(_)),
        } => Failure::new(format!(
            "{error}; use the carnet that belongs to the library, or remove {} and restart whoever uses it, for new keys",
            path.display()
        )),
        _ => Failure::new(error),
    }
}

fn not_a_root(path: &Path, what: &str) -> Failure {
    Failure::new(format!(
        "{} is not a root secret: {what}; `carnet keys init --root` makes one",
        path.display()
    ))
}

/// What is there where a ring should be, and what it is good for.
fn what_else(path: &Path) -> &'static str {
    let head = std::fs::File::open(path).ok().and_then(|file| {
        let mut head = Zeroizing::new(Vec::with_capacity(PAGE_LEN));
        file.take(PAGE_LEN as u64 - 1).read_to_end(&mut head).ok()?;
        Some(head)
    });
    let head = head.unwrap_or_default();
    if head.windows(9).any(|bytes| bytes == b"\nsecret =") {
        " but a root secret: `carnet keys init NEW --from` it makes a ring of it"
    } else if forms::parse_keys(&head).is_ok() {
        " but a key file of nginx, Apache httpd or HAProxy: `carnet keys import` takes that into a ring"
    } else {
        "; `carnet keys init` makes one"
    }
}

/// What to do about a failure to read or write `path`.
pub(crate) fn io(path: &Path, error: &std::io::Error) -> Failure {
    let path = path.display();
    match error.kind() {
        ErrorKind::NotFound => Failure::new(format!("{path}: there is no such file or directory; check the path")),
        ErrorKind::AlreadyExists => Failure::new(format!(
            "{path} is there already and is not overwritten; remove it first or choose another name"
        )),
        ErrorKind::PermissionDenied => Failure::new(format!(
            "{path}: permission denied; run this as the file's owner, or as root"
        )),
        _ if error.raw_os_error() == Some(ELOOP) => {
            Failure::new(format!("{path} is a symbolic link; name the file that it points to"))
        }
        ErrorKind::IsADirectory => Failure::new(format!("{path} is a directory; name a file")),
        _ => Failure::new(format!("{path}: {}", reason(error))),
    }
}

/// The system's words without its number.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text.chars().take(end).collect()
}

/// All of a file, wiped after use.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| io(path, &error))?;
    read_from(file, path)
}

/// All of a program or library.
pub(crate) fn read_program(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| io(path, &error))?;
    read_up_to(file, path, 1 << 30)
}

/// All of standard input or of a file that is called `path`.
pub(crate) fn read_from(source: impl Read, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_up_to(source, path, MAX_LEN)
}

fn read_up_to(source: impl Read, path: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // Room for any key file, so that none is copied while this grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(1 << 16));
    let read = source.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| io(path, &error))?;
    if bytes.len() as u64 > most {
        return Err(Failure::new(format!(
            "{} is too long to be what is asked for",
            path.display()
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_without_end() {
        let path = Path::new("p");
        let read = |source: &[u8]| read_up_to(source, path, 4).map(|bytes| bytes.to_vec());
        assert_eq!(read(b"1234").unwrap(), b"1234");
        assert_eq!(
            read(b"12345").unwrap_err().to_string(),
            "p is too long to be what is asked for"
        );
    }
}
