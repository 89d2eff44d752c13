//! Tells the kernel's side which names are cared for.

use std::collections::HashMap;

use aya::Ebpf;
use aya::maps::{Array, HashMap as BpfMap, MapData};
use ktrace_probes_common::{CARE_MAX, care};

use super::own::OwnFiles;
use crate::model::cares::{Care, DIRECTORIES, FILES};

/// Fills the lists of names, those of this program's own files among them, and the table of their shapes by which most opens
/// are dropped at once.
pub(super) fn fill(object: &mut Ebpf, own: &OwnFiles) -> Result<(), String> {
    let mut shapes = [0u64; 2 * CARE_MAX];
    for (odd, map, list) in [(0, "CARES_FILES", FILES), (1, "CARES_DIRECTORIES", DIRECTORIES)] {
        let map = object.map_mut(map).ok_or("not in the probe object")?;
        let mut names =
            BpfMap::<&mut MapData, [u8; CARE_MAX], u32>::try_from(map).map_err(|error| error.to_string())?;
        let mut all: HashMap<Vec<u8>, u32> =
            list.iter().map(|care| (care.name.as_bytes().to_vec(), access(care))).collect();
        let own = if odd == 0 { own.names() } else { own.folders() };
        own.into_iter().for_each(|(name, access)| *all.entry(name).or_default() |= access);
        for (name, access) in all {
            let key = padded(&name);
            names.insert(key, access, 0).map_err(|error| format!("{}: {error}", name.escape_ascii()))?;
            shapes[2 * name.len() + odd] |= 1 << (key[0] & 63);
        }
    }
    let map = object.map_mut("CARES_SHAPES").ok_or("not in the probe object")?;
    let mut table = Array::<&mut MapData, u64>::try_from(map).map_err(|error| error.to_string())?;
    for (at, letters) in (0u32..).zip(shapes) {
        table.set(at, letters, 0).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn padded(name: &[u8]) -> [u8; CARE_MAX] {
    let mut key = [0; CARE_MAX];
    for (to, from) in key.iter_mut().zip(name) {
        *to = *from;
    }
    key
}

fn access(care: &Care) -> u32 {
    let read = if care.read { care::READ } else { 0 };
    let write = if care.write { care::WRITE } else { 0 };
    read | write
}

/// True when the last name of a path is cared for.
pub(super) fn last_name(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    FILES.iter().any(|care| care.name.as_bytes() == name)
}

/// True when a path is cared for where it is written: its last name, or with `folders` that of the directory before it.
pub(super) fn written(path: &[u8], folders: bool) -> bool {
    let mut names = path.rsplit(|&byte| byte == b'/');
    let (name, folder) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    let has = |list: &[Care], name: &[u8]| list.iter().any(|care| care.write && care.name.as_bytes() == name);
    has(FILES, name) || folders && has(DIRECTORIES, folder)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_fits_the_lists_and_stands_there_once() {
        for list in [FILES, DIRECTORIES] {
            assert!(list.iter().all(|care| !care.name.is_empty() && care.name.len() < CARE_MAX));
            assert!(list.iter().all(|care| care.read || care.write));
            assert_eq!(list.iter().map(|care| care.name).collect::<HashSet<_>>().len(), list.len());
        }
    }
}
