//! Rings in files: a page that outlives the processes, mapped once at start, so that it stays in reach after chroot and
//! after privileges are dropped.
//!
//! A ring file is written whole before it gets its name, and never replaced while it has one. It holds keys, so it must
//! belong to who uses it (or to root) and nobody else may read it.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use zeroize::Zeroizing;

use crate::ring::Ring;
use crate::schedule::Policy;
use crate::share::{Root, ShareError};
use crate::shared::memory::Memory;
use crate::shared::{PAGE_LEN, PageError};

/// Why a file of keys can't be used. The text names the file and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Others may read or write it.
    #[error("{path} is open to others (mode {mode:03o}); keys must be private: chmod 600 {path}")]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Whoever owns it can change it at any time.
    #[error("{path} belongs to user {owner}; it must belong to the user who starts the program, or to root: chown it")]
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// User id of the owner.
        owner: u32,
    },
    /// A directory, a pipe, a symbolic link …
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Not what it should hold.
    #[error("{path}: {error}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: ShareError,
    },
    /// Not a root secret's file.
    #[error("{path}: not a root secret: {what}")]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A ring of random keys, or of another root.
    #[error("{path}: its keys are not those of the root secret in use; remove it, and it is made anew from the root")]
    OtherRoot {
        /// The ring file.
        path: PathBuf,
    },
    /// Not as long as a ring.
    #[error("{path} is not a ring of ticket keys: it has {len} bytes, not {PAGE_LEN}")]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// Its length.
        len: u64,
    },
}

/// How often a file that is being written to is looked at again.
const LOOKS: usize = 64;

/// What a new ring gets its keys from.
#[derive(Debug, Clone)]
pub enum Start<'a> {
    /// Randomness, by this policy.
    Random(Policy),
    /// A root secret.
    Root(&'a Root),
}

impl Ring {
    /// The ring in the file at `path`, with the policy that it was made with.
    pub fn open_file(path: &Path) -> Result<Self, FileError> {
        let file = open_private(path, true)?;
        let len = file.metadata().map_err(|error| io(path, error))?.len();
        if len != PAGE_LEN as u64 {
            return Err(FileError::WrongLength { path: path.into(), len });
        }
        let memory = Memory::of_file(&file).map_err(|error| io(path, error.into()))?;
        Self::attached(memory).map_err(|error| content(path, error))
    }

    /// A copy of the ring in the file at `path`, to look at ([`Ring::of_image`]). The file may be another user's, if it may
    /// be read.
    pub fn look_at_file(path: &Path, now: u64) -> Result<Self, FileError> {
        let file = open_secret(path, false)?;
        let len = file.metadata().map_err(|error| io(path, error))?.len();
        let mut image = Zeroizing::new([0; PAGE_LEN]);
        if len != PAGE_LEN as u64 {
            return Err(FileError::WrongLength { path: path.into(), len });
        }
        let mut look = || {
            file.read_exact_at(&mut *image, 0).map_err(|error| io(path, error))?;
            Self::of_image(&image, now).map_err(|error| content(path, error))
        };
        // Reading a page takes longer than writing what is in it.
        for _ in 0..LOOKS {
            match look() {
                Err(FileError::Content { error, .. }) if error == PageError::NotWhole.into() => {}
                done => return done,
            }
        }
        look()
    }

    /// Makes a ring file, which must not exist yet.
    pub fn create_file(path: &Path, start: &Start<'_>, now: u64) -> Result<Self, FileError> {
        let mut staged = Staged::beside(path)?;
        // Written, not only made long: a full disk must be an error here and not, once it is mapped, the end of the process.
        staged.write(&[0; PAGE_LEN], path)?;
        let memory = Memory::of_file(&staged.file).map_err(|error| io(path, error.into()))?;
        let ring = match start {
            Start::Random(policy) => Self::random_in(memory, *policy, now),
            Start::Root(root) => Self::rooted_in(memory, root, now),
        }
        .map_err(|error| content(path, error))?;
        staged.publish_new(path)?;
        Ok(ring)
    }

    /// The ring in the file at `path`, which is made if it is not there. Of several processes that start at the same
    /// time one makes it, and all have it. One that is there must be of the root that `start` names, if it names one:
    /// whoever has changed the root has done so to be rid of its keys.
    pub fn open_or_create_file(path: &Path, start: &Start<'_>, now: u64) -> Result<Self, FileError> {
        match Self::open_file(path) {
            Err(error) if error.is(std::io::ErrorKind::NotFound) => {}
            opened => return opened?.checked(path, start, now),
        }
        match Self::create_file(path, start, now) {
            Err(error) if error.is(std::io::ErrorKind::AlreadyExists) => {
                Self::open_file(path)?.checked(path, start, now)
            }
            made => made,
        }
    }

    fn checked(self, path: &Path, start: &Start<'_>, now: u64) -> Result<Self, FileError> {
        match start {
            Start::Root(root) if !self.is_of(root, now) => Err(FileError::OtherRoot { path: path.into() }),
            _ => Ok(self),
        }
    }
}

impl FileError {
    fn is(&self, kind: std::io::ErrorKind) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == kind)
    }
}

pub(crate) fn io(path: &Path, error: std::io::Error) -> FileError {
    FileError::Io {
        path: path.into(),
        error,
    }
}

fn content(path: &Path, error: ShareError) -> FileError {
    FileError::Content {
        path: path.into(),
        error,
    }
}

/// Opens a file that holds secrets, if it is one that keeps them and nobody else can change it.
pub(crate) fn open_private(path: &Path, writable: bool) -> Result<File, FileError> {
    let file = open_secret(path, writable)?;
    let owner = file.metadata().map_err(|error| io(path, error))?.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(FileError::ForeignOwner {
            path: path.into(),
            owner,
        });
    }
    Ok(file)
}

/// Opens a file that holds secrets, if nobody but its owner can read it.
fn open_secret(path: &Path, writable: bool) -> Result<File, FileError> {
    // Not through a symbolic link, and without waiting for the other end of a pipe.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut options = File::options();
    options
        .read(true)
        .write(writable)
        .custom_flags(flags.bits().cast_signed());
    let file = options.open(path).map_err(|error| io(path, error))?;
    let found = file.metadata().map_err(|error| io(path, error))?;
    if !found.is_file() {
        return Err(FileError::NotAFile { path: path.into() });
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(FileError::OpenToOthers {
            path: path.into(),
            mode,
        });
    }
    Ok(file)
}

/// A file that is being written, under a name of its own until it is whole.
pub(crate) struct Staged {
    pub(crate) file: File,
    name: PathBuf,
}

impl Staged {
    /// In the directory of `path`, for its owner alone.
    pub(crate) fn beside(path: &Path) -> Result<Self, FileError> {
        let mut tag = [0; 8];
        getrandom::fill(&mut tag).map_err(|_| io(path, std::io::ErrorKind::Other.into()))?;
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".new-{:016x}", u64::from_ne_bytes(tag)));
        let name = PathBuf::from(name);
        let mut options = File::options();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&name).map_err(|error| io(path, error))?;
        Ok(Self { file, name })
    }

    /// Appends to it. `path` is for the error.
    pub(crate) fn write(&mut self, bytes: &[u8], path: &Path) -> Result<(), FileError> {
        // Who writes past the limit on files is ended by a signal.
        let end = self.file.metadata().map_err(|error| io(path, error))?.len() + bytes.len() as u64;
        if getrlimit(Resource::Fsize).current.is_some_and(|limit| end > limit) {
            return Err(io(path, Errno::FBIG.into()));
        }
        self.file.write_all(bytes).map_err(|error| io(path, error))
    }

    /// Gives the file its name, unless there is a file of this name.
    pub(crate) fn publish_new(self, path: &Path) -> Result<(), FileError> {
        self.file.sync_all().map_err(|error| io(path, error))?;
        // A mapping of it goes by its new name then, in /proc/PID/maps, too. Not every file system can do it.
        let (here, unless_there) = (rustix::fs::CWD, rustix::fs::RenameFlags::NOREPLACE);
        match rustix::fs::renameat_with(here, &self.name, here, path, unless_there) {
            Err(Errno::INVAL | Errno::NOSYS) => std::fs::hard_link(&self.name, path),
            renamed => renamed.map_err(Into::into),
        }
        .map_err(|error| io(path, error))?;
        self.keep_name();
        Ok(())
    }

    /// Gives the file its name, in the place of any that has it: readers see the old one or the new one.
    pub(crate) fn publish(self, path: &Path) -> Result<(), FileError> {
        self.file.sync_all().map_err(|error| io(path, error))?;
        std::fs::rename(&self.name, path).map_err(|error| io(path, error))?;
        self.keep_name();
        Ok(())
    }

    /// Sees to it that the name outlives a loss of power, too. It is given already, so what a file system can't do of this
    /// is no failure.
    fn keep_name(&self) {
        let directory = self.name.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = File::open(directory.unwrap_or(Path::new(".")));
        let _kept = directory.and_then(|directory| directory.sync_all());
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After `publish` it has left; otherwise nobody needs it.
        let _gone = std::fs::remove_file(&self.name);
    }
}

/// Writes secrets to a file for its owner alone, whole or not at all, in the place of a file that is there, but of nothing
/// else: not of a device, and not of a symbolic link, which leads somewhere else.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    if std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(FileError::NotAFile { path: path.into() });
    }
    let mut staged = Staged::beside(path)?;
    staged.write(bytes, path)?;
    staged.publish(path)
}
