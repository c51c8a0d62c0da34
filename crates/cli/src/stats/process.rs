//! Rings in the memory of running processes, read through /proc.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use carnet_keys::{PAGE_LEN, Ring};
use zeroize::Zeroizing;

use super::Shown;
use crate::failure::Failure;
use crate::files;

/// How the library's file is called in a process's list of mappings.
const LIBRARY: &str = "libcarnet_preload";

/// How often a page that may be changing is looked at.
const LOOKS: u32 = 8;

/// A process may map as many pages as it likes, and rings of its own making among them. More than this of its list, of pages
/// and of rings is not looked at.
const MAX_MAPS: u64 = 16 << 20;
const MAX_PAGES: usize = 4096;
const MAX_RINGS: usize = 16;

/// A mapping that may be a ring: one page, shared, readable and writable.
#[derive(Debug, PartialEq, Eq)]
struct Mapping {
    start: u64,
    /// Device, inode and place there: the same in all processes that share it.
    identity: String,
    file: Option<PathBuf>,
}

/// The rings that one process has mapped.
pub(super) fn rings_of(process: u32, now: u64) -> Result<Vec<Shown>, Failure> {
    let found = look_into(process, now).map_err(|error| match error.kind() {
        _ if is_gone(&error) => Failure::new(format!(
            "there is no process {process}; `pidof nginx`, for example, tells process ids"
        )),
        ErrorKind::PermissionDenied => Failure::new(format!(
            "process {process} may not be looked into; that takes root (CAP_SYS_PTRACE): sudo carnet stats {process}"
        )),
        _ => Failure::new(format!(
            "process {process} can't be looked into: {}",
            files::reason(&error)
        )),
    })?;
    if found.rings.is_empty() {
        let why = match found.has_library {
            true => {
                "has libcarnet_preload.so but no ring: it has made no SSL_CTX yet, has an OpenSSL of its own inside, CARNET_MODE is off, or its settings are wrong: what it said at its start (journalctl, CARNET_LOG) tells"
            }
            false => "does not run with libcarnet_preload.so; set LD_PRELOAD in its environment and restart it",
        };
        return Err(Failure::new(format!("process {process} {why}")));
    }
    Ok(found.rings.into_iter().map(|(_, shown)| shown).collect())
}

/// The rings of all processes that run with the library and that may be looked into. A ring that several share is one.
pub(super) fn rings_of_all(now: u64) -> Result<Vec<Shown>, Failure> {
    let mut all: Vec<(String, Shown)> = Vec::new();
    let mut closed = 0_u32;
    for process in processes()? {
        let found = match look_into(process, now) {
            Ok(found) if found.has_library => found,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                closed += 1;
                continue;
            }
            // Without the library, or gone meanwhile.
            _ => continue,
        };
        for (identity, shown) in found.rings {
            match all.iter_mut().find(|(known, _)| *known == identity) {
                Some((_, known)) => known.processes.push(process),
                None => all.push((identity, shown)),
            }
        }
    }
    if !all.is_empty() {
        return Ok(all.into_iter().map(|(_, shown)| shown).collect());
    }
    let advice = match closed {
        0 => "start one with LD_PRELOAD, or name a ring file".to_owned(),
        _ => format!("{closed} may not be looked into: run this as root, or name a ring file"),
    };
    Err(Failure::new(format!(
        "no process with a ring of libcarnet_preload.so was found; {advice}"
    )))
}

fn processes() -> Result<Vec<u32>, Failure> {
    let entries = fs::read_dir("/proc").map_err(|error| Failure::new(format!("/proc: {error}")))?;
    let id = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    let mut ids: Vec<u32> = entries.filter_map(id).collect();
    ids.sort_unstable();
    Ok(ids)
}

struct Found {
    has_library: bool,
    rings: Vec<(String, Shown)>,
}

fn look_into(process: u32, now: u64) -> io::Result<Found> {
    look(&File::open(format!("/proc/{process}"))?, process, now)
}

/// `held` is the process's directory: all that is read is of this process, and not of one that has got its number meanwhile.
fn look(held: &File, process: u32, now: u64) -> io::Result<Found> {
    let directory = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
    let mut maps = Vec::new();
    File::open(directory.join("maps"))?
        .take(MAX_MAPS)
        .read_to_end(&mut maps)?;
    // A path that is not UTF-8 hides nothing else.
    let maps = String::from_utf8_lossy(&maps);
    let mut found = Found {
        has_library: maps.contains(LIBRARY),
        rings: Vec::new(),
    };
    let candidates: Vec<Mapping> = maps.lines().filter_map(mapping).take(MAX_PAGES).collect();
    if candidates.is_empty() {
        return Ok(found);
    }
    let memory = File::open(directory.join("mem"))?;
    for mapping in candidates {
        if found.rings.len() == MAX_RINGS {
            break;
        }
        if found.rings.iter().any(|(known, _)| *known == mapping.identity) {
            // The same once more.
            continue;
        }
        let Some(ring) = ring_at(&memory, mapping.start, now) else {
            continue;
        };
        let shown = Shown {
            ring,
            file: mapping.file,
            processes: vec![process],
            command: command(&directory),
        };
        found.rings.push((mapping.identity, shown));
    }
    Ok(found)
}

/// The ring in this page, if it is one. A copy that was taken while a process was writing may not be whole.
fn ring_at(memory: &File, start: u64, now: u64) -> Option<Ring> {
    let look = || {
        let mut image = Zeroizing::new([0; PAGE_LEN]);
        memory.read_exact_at(&mut *image, start).ok()?;
        Ring::of_image(&image, now).ok()
    };
    (0..LOOKS).find_map(|_| look())
}

/// Reads a line of /proc/PID/maps: `start-end permissions offset device inode path`.
fn mapping(line: &str) -> Option<Mapping> {
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
    if words.next()? != "rw-s" || end.checked_sub(start)? != PAGE_LEN as u64 {
        return None;
    }
    let (offset, device, inode) = (words.next()?, words.next()?, words.next()?);
    let path = words.next().map(str::trim_start).unwrap_or_default();
    // Shared memory without a file shows as a deleted /dev/zero.
    let file = (!path.is_empty() && !path.starts_with("/dev/zero")).then(|| path.into());
    Some(Mapping {
        start,
        identity: format!("{device} {inode} {offset}"),
        file,
    })
}

/// Never there, or ended while it was looked into.
fn is_gone(error: &io::Error) -> bool {
    const ESRCH: i32 = 3;
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}

fn command(directory: &Path) -> String {
    // Sixteen bytes of the process's own choice.
    let name = fs::read(directory.join("comm")).unwrap_or_default();
    String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use carnet_keys::{Policy, Start};
    use tempfile::TempDir;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    /// A directory like those in /proc, of a process that has mapped `places`, in each of them the same ring.
    fn process(at: &Path, maps: &str, places: &[u64]) -> String {
        let page = TempDir::new().unwrap();
        let path = page.path().join("ring");
        let ring = Ring::create_file(&path, &Start::Random(Policy::default()), NOW).unwrap();
        let image = fs::read(path).unwrap();
        fs::create_dir(at).unwrap();
        fs::write(at.join("maps"), maps).unwrap();
        fs::write(at.join("comm"), "nginx\n").unwrap();
        let memory = File::create(at.join("mem")).unwrap();
        for place in places {
            memory.write_all_at(&image, *place).unwrap();
        }
        ring.keys(NOW)[0]
            .key
            .name()
            .0
            .map(|byte| format!("{byte:02x}"))
            .concat()
    }

    /// The line of a page at `number` pages, which may be a ring.
    fn line(number: u64) -> String {
        let (start, end) = (number << 12, (number + 1) << 12);
        format!("{start:x}-{end:x} rw-s 00000000 00:01 {number}   /dev/zero (deleted)\n")
    }

    fn rings(found: &Found) -> Vec<String> {
        let name = |(_, shown): &(String, Shown)| shown.ring.keys(NOW)[0].key.name().0;
        let hex = |name: [u8; 16]| name.map(|byte| format!("{byte:02x}")).concat();
        found.rings.iter().map(name).map(hex).collect()
    }

    #[test]
    fn nothing_is_read_of_a_process_that_has_got_the_number_meanwhile() {
        let all = TempDir::new().unwrap();
        let [proc, gone] = ["7", "gone"].map(|name| all.path().join(name));
        let first = process(&proc, &line(1), &[1 << 12]);
        let held = File::open(&proc).unwrap();
        fs::rename(&proc, gone).unwrap();
        let second = process(&proc, &line(1), &[1 << 12]);
        assert_ne!(first, second);
        let found = look(&held, 7, NOW).unwrap();
        assert_eq!(
            (rings(&found), found.rings[0].1.command.as_str()),
            (vec![first], "nginx")
        );
    }

    #[test]
    fn a_process_that_has_ended_is_gone() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let held = File::open(format!("/proc/{}", child.id())).unwrap();
        assert!(look(&held, child.id(), NOW).is_ok());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(look(&held, child.id(), NOW).is_err_and(|error| is_gone(&error)));
        assert!(look_into(child.id(), NOW).is_err_and(|error| is_gone(&error)));
    }

    #[test]
    fn no_process_keeps_us_busy() {
        let all = TempDir::new().unwrap();
        // How many rings; pages that are none before a ring; letters before it.
        let rings_of = |name: &str, maps: &str, places: &[u64]| {
            let at = all.path().join(name);
            process(&at, maps, places);
            look(&File::open(at).unwrap(), 7, NOW).unwrap().rings.len()
        };
        let lines = |numbers: std::ops::Range<u64>| numbers.map(line).collect::<String>();
        let places: Vec<u64> = (1..40).map(|number| number << 12).collect();
        assert_eq!(rings_of("rings", &lines(1..40), &places), MAX_RINGS);

        let last = MAX_PAGES as u64;
        assert_eq!(rings_of("pages", &lines(1..last + 1), &[last << 12]), 1);
        assert_eq!(rings_of("more", &lines(1..last + 2), &[(last + 1) << 12]), 0);

        let mut long = String::new();
        while (long.len() as u64) < MAX_MAPS {
            writeln!(long, "1000-3000 r--p 00000000 00:01 1 /{}", "x".repeat(4000)).unwrap();
        }
        assert_eq!(rings_of("long", &(long + &line(1)), &[1 << 12]), 0);
    }

    #[test]
    fn only_shared_writable_pages_are_looked_at() {
        let read = |line| mapping(line);
        let page = read("7f0000001000-7f0000002000 rw-s 00000000 00:01 1234                       /dev/zero (deleted)");
        assert_eq!(
            page,
            Some(Mapping {
                start: 0x7f00_0000_1000,
                identity: "00:01 1234 00000000".to_owned(),
                file: None
            })
        );
        let file = read("7f0000001000-7f0000002000 rw-s 00000000 fe:00 99      /var/lib/a ring").unwrap();
        assert_eq!(file.file.unwrap(), Path::new("/var/lib/a ring"));
        for other in [
            "7f0000001000-7f0000003000 rw-s 00000000 00:01 1234 /dev/zero (deleted)",
            "7f0000001000-7f0000002000 rw-p 00000000 00:00 0",
            "7f0000001000-7f0000002000 r--s 00000000 fe:00 99 /x",
            "7f0000002000-7f0000001000 rw-s 00000000 fe:00 99 /x",
            "nothing",
            "",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
