//! What is in a process's memory.

use std::fs;
use std::os::unix::fs::FileExt as _;

/// All memory of a process that can be written to and that no other shares.
pub fn of(pid: u32) -> Vec<(String, Vec<u8>)> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let file = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let read = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        if !rest.starts_with("rw-p") && !rest.starts_with("rwxp") {
            return None;
        }
        // What can't be read, such as the kernel's own, is left out.
        let len = file.read_at(&mut bytes, start).unwrap_or(0);
        bytes.truncate(len);
        Some((rest.split(' ').next_back().unwrap_or_default().to_owned(), bytes))
    };
    maps.lines().filter_map(read).collect()
}

/// Sixteen bytes, and what they are.
pub type Wanted = (String, [u8; 16]);

/// Where these bytes are.
pub fn places(memory: &[(String, Vec<u8>)], wanted: &[Wanted]) -> Vec<String> {
    let mut starts = [false; 256];
    for (_, bytes) in wanted {
        starts[usize::from(bytes[0])] = true;
    }
    let mut found = Vec::new();
    for (name, bytes) in memory {
        for (place, here) in bytes
            .windows(16)
            .enumerate()
            .filter(|(_, here)| starts[usize::from(here[0])])
        {
            let these = wanted.iter().filter(|(_, bytes)| bytes == here);
            found.extend(these.map(|(what, _)| format!("{what} at {name}+{place:#x}")));
        }
    }
    found
}
