//! The kernel's own description of its types, as far as the table of offsets asks for it.
//!
//! The format is that of `Documentation/bpf/btf.rst`. The file is walked once and nothing is kept: a parsed copy would
//! cost tens of megabytes.

use std::collections::HashMap;
use std::path::Path;

use ktrace_probes_common::{Offset, Offsets};

/// Why the kernel's types could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BtfError {
    /// There is no such file.
    #[error("{path}: {error}; the kernel must be built with CONFIG_DEBUG_INFO_BTF=y")]
    Open {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not BTF, or ends too early.
    #[error("not readable as BTF: {0}")]
    Format(&'static str),
}

const INT: u32 = 1;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const ENUM: u32 = 6;
const TYPEDEF: u32 = 8;
const VOLATILE: u32 = 9;
const CONST: u32 = 10;
const RESTRICT: u32 = 11;
const FUNC: u32 = 12;
const FUNC_PROTO: u32 = 13;
const VAR: u32 = 14;
const DATASEC: u32 = 15;
const DECL_TAG: u32 = 17;
const TYPE_TAG: u32 = 18;
const ENUM64: u32 = 19;

/// Types that nest deeper than this are not followed.
const DEPTH: u32 = 16;

/// The types of a kernel.
pub(super) struct Btf {
    data: Vec<u8>,
    /// Where each type begins in `data`, by its id minus one.
    types: Vec<u32>,
    strings: usize,
    names: HashMap<Vec<u8>, u32>,
}

impl Btf {
    /// Reads `path`, usually /sys/kernel/btf/vmlinux, for what `wanted` names.
    ///
    /// # Errors
    /// [`BtfError`] when there is no file or it is not BTF.
    pub(super) fn read(path: &Path, wanted: &[Offset]) -> Result<Btf, BtfError> {
        let data = std::fs::read(path).map_err(|error| BtfError::Open { path: path.display().to_string(), error })?;
        Btf::parse(data, wanted)
    }

    fn parse(data: Vec<u8>, wanted: &[Offset]) -> Result<Btf, BtfError> {
        let word = |at| u32_at(&data, at).ok_or(BtfError::Format("the header is cut short"));
        if word(0)? & 0xffff != 0xeb9f {
            return Err(BtfError::Format("wrong magic number"));
        }
        let header = word(4)? as usize;
        let (types_at, types_len) = (header + word(8)? as usize, word(12)? as usize);
        let strings = header + word(16)? as usize;
        let mut btf = Btf { types: Vec::with_capacity(types_len / 32), names: HashMap::new(), strings, data };
        btf.index(types_at, types_at + types_len, &roots(wanted))?;
        Ok(btf)
    }

    /// Walks all types once, keeping where each begins and which have a wanted name.
    fn index(&mut self, mut at: usize, end: usize, wanted: &[Vec<u8>]) -> Result<(), BtfError> {
        while at < end {
            let cut = BtfError::Format("the types are cut short");
            let Some((kind, vlen)) = self.kind_at(at) else { return Err(cut) };
            self.types.push(at as u32);
            let id = self.types.len() as u32;
            if matches!(kind, STRUCT | UNION | FUNC) {
                let name = self.name_at(at);
                if let Ok(found) = wanted.binary_search_by(|w| w.as_slice().cmp(name)) {
                    self.names.entry(wanted[found].clone()).or_insert(id);
                }
            } else if matches!(kind, ENUM | ENUM64) {
                self.index_enum(at, kind, vlen, wanted);
            }
            at += 12 + extra(kind, vlen as usize).ok_or(BtfError::Format("unknown kind of type"))?;
        }
        Ok(())
    }

    fn index_enum(&mut self, at: usize, kind: u32, vlen: u32, wanted: &[Vec<u8>]) {
        let size = if kind == ENUM { 8 } else { 12 };
        for member in 0..vlen as usize {
            let entry = at + 12 + member * size;
            let name = self.string(u32_at(&self.data, entry).unwrap_or(0));
            if let Ok(found) = wanted.binary_search_by(|w| w.as_slice().cmp(name)) {
                let value = u32_at(&self.data, entry + 4).unwrap_or(0);
                self.names.insert(wanted[found].clone(), value);
            }
        }
    }

    /// The table of offsets for this kernel.
    pub(super) fn offsets(&self) -> Offsets {
        Offsets::fill(|line| self.find(line.path))
    }

    /// What one line of the table asks for; the syntax is that of [`Offset::path`].
    pub(super) fn find(&self, path: &str) -> Option<u32> {
        if let Some(name) = path.strip_prefix("enum ").or_else(|| path.strip_prefix("func ")) {
            return self.names.get(name.as_bytes()).copied();
        }
        if let Some(name) = path.strip_prefix("sizeof ") {
            let id = *self.names.get(name.as_bytes())?;
            return u32_at(&self.data, self.at(id)? + 8);
        }
        if let Some(path) = path.strip_prefix("bit ") {
            return self.bit_offset(path);
        }
        path.split('|').find_map(|path| {
            let (path, more) = path.split_once('+').unwrap_or((path, "0"));
            Some(self.bit_offset(path)? / 8 + more.parse::<u32>().ok()?)
        })
    }

    fn bit_offset(&self, path: &str) -> Option<u32> {
        let mut fields = path.split('.');
        let mut id = *self.names.get(fields.next()?.as_bytes())?;
        let mut bits = 0;
        for field in fields {
            let (offset, of) = self.member(id, field.as_bytes(), DEPTH)?;
            bits += offset;
            id = of;
        }
        Some(bits)
    }

    /// Offset in bits and type of a member, also of those within anonymous structs and unions.
    fn member(&self, id: u32, name: &[u8], depth: u32) -> Option<(u32, u32)> {
        let id = self.resolve(id)?;
        let at = self.at(id)?;
        let (kind, vlen) = self.kind_at(at)?;
        if !matches!(kind, STRUCT | UNION) || depth == 0 {
            return None;
        }
        let bit_fields = u32_at(&self.data, at + 4)? >> 31 == 1;
        for member in 0..vlen as usize {
            let entry = at + 12 + member * 12;
            let of = u32_at(&self.data, entry + 4)?;
            let offset = u32_at(&self.data, entry + 8)? & if bit_fields { 0x00ff_ffff } else { u32::MAX };
            let found = self.string(u32_at(&self.data, entry)?);
            if found == name {
                return Some((offset, of));
            }
            if found.is_empty()
                && let Some((inner, of)) = self.member(of, name, depth - 1)
            {
                return Some((offset + inner, of));
            }
        }
        None
    }

    /// The type behind typedefs and qualifiers.
    fn resolve(&self, mut id: u32) -> Option<u32> {
        for _ in 0..DEPTH {
            let at = self.at(id)?;
            match self.kind_at(at)?.0 {
                TYPEDEF | VOLATILE | CONST | RESTRICT | TYPE_TAG => id = u32_at(&self.data, at + 8)?,
                _ => return Some(id),
            }
        }
        None
    }

    fn at(&self, id: u32) -> Option<usize> {
        self.types.get(id.checked_sub(1)? as usize).map(|&at| at as usize)
    }

    fn kind_at(&self, at: usize) -> Option<(u32, u32)> {
        let info = u32_at(&self.data, at + 4)?;
        Some((info >> 24 & 0x1f, info & 0xffff))
    }

    fn name_at(&self, at: usize) -> &[u8] {
        self.string(u32_at(&self.data, at).unwrap_or(0))
    }

    fn string(&self, offset: u32) -> &[u8] {
        let rest = self.data.get(self.strings + offset as usize..).unwrap_or_default();
        rest.iter().position(|&b| b == 0).map_or(rest, |end| &rest[..end])
    }
}

/// The names of structs, enumerators and functions that the table begins with, sorted.
fn roots(wanted: &[Offset]) -> Vec<Vec<u8>> {
    let mut names: Vec<_> = wanted
        .iter()
        .flat_map(|line| line.path.split('|'))
        .map(|path| path.rsplit(' ').next().unwrap_or(path))
        .map(|path| path.split('.').next().unwrap_or(path).as_bytes().to_vec())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Bytes that follow the common part of a type.
fn extra(kind: u32, vlen: usize) -> Option<usize> {
    Some(match kind {
        INT | VAR | DECL_TAG => 4,
        ARRAY => 12,
        STRUCT | UNION | DATASEC | ENUM64 => vlen * 12,
        ENUM | FUNC_PROTO => vlen * 8,
        2 | 7..=12 | 16 | TYPE_TAG => 0,
        _ => return None,
    })
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}
