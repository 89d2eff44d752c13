//! Tells the kernel's side which names are cared for.

use aya::Ebpf;
use aya::maps::{Array, HashMap as BpfMap, MapData};
use ktrace_probes_common::{CARE_MAX, care};

use crate::model::cares::{Care, DIRECTORIES, FILES};

/// Fills the lists of names, and the table of their shapes by which most opens are dropped at once.
pub(super) fn fill(object: &mut Ebpf) -> Result<(), String> {
    let mut shapes = [0u64; 2 * CARE_MAX];
    for (odd, map, list) in [(0, "CARES_FILES", FILES), (1, "CARES_DIRECTORIES", DIRECTORIES)] {
        let map = object.map_mut(map).ok_or("not in the probe object")?;
        let mut names =
            BpfMap::<&mut MapData, [u8; CARE_MAX], u32>::try_from(map).map_err(|error| error.to_string())?;
        for care in list {
            let (name, access) = entry(care);
            names.insert(name, access, 0).map_err(|error| format!("{}: {error}", care.name))?;
            shapes[2 * care.name.len() + odd] |= 1 << (name[0] & 63);
        }
    }
    let map = object.map_mut("CARES_SHAPES").ok_or("not in the probe object")?;
    let mut table = Array::<&mut MapData, u64>::try_from(map).map_err(|error| error.to_string())?;
    for (at, letters) in (0u32..).zip(shapes) {
        table.set(at, letters, 0).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn entry(care: &Care) -> ([u8; CARE_MAX], u32) {
    let mut name = [0; CARE_MAX];
    for (to, from) in name.iter_mut().zip(care.name.bytes()) {
        *to = from;
    }
    let read = if care.read { care::READ } else { 0 };
    let write = if care.write { care::WRITE } else { 0 };
    (name, read | write)
}

/// True when the last name of a path is cared for.
pub(super) fn last_name(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    FILES.iter().any(|care| care.name.as_bytes() == name)
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
