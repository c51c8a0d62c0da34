//! A process's whole memory, and the search for secrets in it.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::FileExt as _;

use carnet_keys::PAGE_LEN;

/// All that a process could read of itself at one moment: heap, stacks, every library, and the ring's page.
pub struct Image {
    regions: Vec<Region>,
}

struct Region {
    /// As /proc/PID/maps has it.
    line: String,
    bytes: Vec<u8>,
    /// What the file has that is mapped here; nothing if none is.
    file: Vec<u8>,
}

/// What is looked for, each with what to call it.
#[derive(Default)]
pub struct Wanted {
    /// By its first eight bytes.
    patterns: HashMap<[u8; 8], Vec<(Vec<u8>, String)>>,
    /// Which two bytes anything begins with: most places are passed by quickly.
    beginnings: Vec<bool>,
}

impl Image {
    pub fn of(pid: u32) -> Self {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
        let memory = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
        let regions: Vec<_> = maps.lines().filter_map(|line| Region::read(line, &memory)).collect();
        for part in ["[heap]", "[stack]", "libcarnet_preload.so", "libssl.so.3"] {
            assert!(regions.iter().any(|region| region.line.ends_with(part)), "{maps}");
        }
        Self { regions }
    }

    /// The ring's page: the only one that is shared and begins so.
    pub fn page(&self) -> [u8; PAGE_LEN] {
        let is_ring = |region: &&Region| region.line.contains("rw-s") && region.bytes.starts_with(b"carnet");
        let mut rings = self.regions.iter().filter(is_ring);
        let page = rings.next().expect("a ring");
        assert!(rings.next().is_none());
        page.bytes.as_slice().try_into().unwrap()
    }

    /// The names of what was found, each with its mapping, once for each place.
    pub fn search<'a>(&'a self, wanted: &'a Wanted) -> Vec<(&'a str, &'a str)> {
        let in_region = |region: &'a Region| {
            let pages = region.written_pages();
            let places = pages.flat_map(|page| wanted.places(&region.bytes, page));
            places.map(|name| (name, region.line.as_str()))
        };
        self.regions.iter().flat_map(in_region).collect()
    }
}

impl Region {
    fn read(line: &str, memory: &fs::File) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (range, access, offset) = (words.next()?, words.next()?, words.next()?);
        let path = words.nth(2).unwrap_or_default();
        // What the kernel lays into every process can't be read, and holds nothing of its own.
        if !access.starts_with('r') || path.starts_with("[v") {
            return None;
        }
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let (start, end) = range.split_once('-')?;
        let mut bytes = vec![0; (number(end) - number(start)) as usize];
        memory
            .read_exact_at(&mut bytes, number(start))
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut file = vec![0; bytes.len()];
        let mapped = fs::File::open(path).and_then(|mapped| mapped.read_at(&mut file, number(offset)));
        file.truncate(mapped.unwrap_or(0));
        Some(Self {
            line: line.to_owned(),
            bytes,
            file,
        })
    }

    /// Where the pages begin that are neither as they were in a file nor zeros: nothing can be in the others.
    fn written_pages(&self) -> impl Iterator<Item = usize> {
        let is_written = |start: &usize| {
            let page = &self.bytes[*start..*start + PAGE_LEN];
            let end = self.file.len().min(*start + PAGE_LEN);
            page != [0; PAGE_LEN] && self.file.get(*start..end) != Some(page)
        };
        (0..self.bytes.len()).step_by(PAGE_LEN).filter(is_written)
    }
}

impl Wanted {
    pub fn add(&mut self, name: String, secret: &[u8]) {
        let beginning = *secret.first_chunk().unwrap();
        self.beginnings.resize(1 << 16, false);
        self.beginnings[usize::from(u16::from_le_bytes([secret[0], secret[1]]))] = true;
        self.patterns
            .entry(beginning)
            .or_default()
            .push((secret.to_vec(), name));
    }

    /// What begins in the page that begins here.
    fn places(&self, bytes: &[u8], page: usize) -> impl Iterator<Item = &str> {
        let here = move |place: usize| {
            let rest = &bytes[place..];
            let first = u16::from_le_bytes(*rest.first_chunk()?);
            if !self.beginnings[usize::from(first)] {
                return None;
            }
            let known = self.patterns.get(rest.first_chunk()?)?;
            let (_, name) = known.iter().find(|(secret, _)| rest.starts_with(secret))?;
            Some(name.as_str())
        };
        (page..page + PAGE_LEN).filter_map(here)
    }
}
