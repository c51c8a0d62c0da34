//! The functions of a program, as the table has them by which exceptions find their way (`.eh_frame_hdr`): it stays when
//! symbols are stripped.

use std::path::Path;

use crate::failure::Failure;
use crate::files;

/// Where a function is, as libcarnet_preload.so tells it.
pub(super) struct Function {
    /// The file's name, without its directory.
    pub(super) module: Vec<u8>,
    /// Bytes from where the file is loaded.
    pub(super) offset: u64,
}

const PT_LOAD: u32 = 1;
const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
/// Version 1; a pointer relative to itself, a plain count, a table relative to its head: of four bytes each (DW_EH_PE_*).
const USUAL: [u8; 4] = [1, 0x1b, 0x03, 0x3b];
/// What sections of 4 KiB pages begin at.
const PAGE: u64 = 4096;

/// A program header of ELF64.
struct Header {
    kind: u32,
    file_offset: u64,
    address: u64,
}

/// All functions of a program or library.
pub(super) fn of(path: &Path) -> Result<Vec<Function>, Failure> {
    let bytes = files::read_program(path)?;
    let offsets = offsets(&bytes).ok_or_else(|| {
        Failure::new(format!(
            "{} is no program for this kind of machine, or does not tell its functions",
            path.display()
        ))
    })?;
    let module = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
    let function = |offset| Function {
        module: module.clone(),
        offset,
    };
    Ok(offsets.into_iter().map(function).collect())
}

fn offsets(elf: &[u8]) -> Option<Vec<u64>> {
    // 64 bits, lowest byte first.
    if elf.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (start, size) = (u64_at(elf, 32)?, u64::from(u16_at(elf, 54)?));
    let headers = (0..u64::from(u16_at(elf, 56)?)).map(|number| {
        let at = usize::try_from(start.checked_add(number * size)?).ok()?;
        Some(Header {
            kind: u32_at(elf, at)?,
            file_offset: u64_at(elf, at + 8)?,
            address: u64_at(elf, at + 16)?,
        })
    });
    let headers = headers.collect::<Option<Vec<_>>>()?;
    let first = headers
        .iter()
        .filter(|header| header.kind == PT_LOAD)
        .map(|header| header.address)
        .min()?;
    let base = first - first % PAGE;
    let table = headers.iter().find(|header| header.kind == PT_GNU_EH_FRAME)?;
    let at = usize::try_from(table.file_offset).ok()?;
    let (head, entries) = elf.get(at..)?.split_first_chunk::<12>()?;
    if !head.starts_with(&USUAL) {
        return None;
    }
    let entries = entries.chunks_exact(8).take(usize::try_from(u32_at(head, 8)?).ok()?);
    let offset = |entry: &[u8]| {
        let distance = u32_at(entry, 0)?.cast_signed();
        Some(table.address.wrapping_add_signed(distance.into()).wrapping_sub(base))
    };
    entries.map(offset).collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn somewhere() -> usize {
        std::hint::black_box(7)
    }

    /// Of this program, in which addresses are told from where it is loaded.
    #[test]
    fn a_program_tells_its_functions() {
        let program = std::env::current_exe().unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps
            .lines()
            .find(|line| line.ends_with(program.to_str().unwrap()))
            .unwrap();
        let base = u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
        let here = (somewhere as fn() -> usize) as usize as u64 - base;
        let functions = of(&program).unwrap();
        assert!(functions.iter().any(|function| function.offset == here));
        assert_eq!(functions[0].module, program.file_name().unwrap().as_encoded_bytes());
    }

    #[test]
    fn what_is_no_program_is_none() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        for len in [0, 4, 6, 40, 64, 100, 200] {
            assert!(offsets(&program[..len]).is_none(), "{len}");
        }
        assert!(offsets(b"#!/bin/sh\n").is_none());
        // The place of the table, in any of the headers.
        for header in 0..16 {
            let mut damaged = program.clone();
            damaged[64 + 56 * header + 8..][..8].fill(0xff);
            damaged[64 + 56 * header + 8] = 0xfd;
            let _whatever = offsets(&damaged);
        }
        // No parser falls over what it reads.
        for place in (0..1024).step_by(3) {
            let mut damaged = program[..8192].to_vec();
            damaged[place] ^= 0xff;
            let _whatever = offsets(&damaged);
        }
    }
}
