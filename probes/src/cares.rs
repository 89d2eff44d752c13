//! Names that are cared for: what an open or a change of names must be told for, and every other must not.

use aya_ebpf::helpers::generated::bpf_probe_read_kernel_str;
use aya_ebpf::macros::map;
use aya_ebpf::maps::{Array, HashMap};
use ktrace_probes_common::CARE_MAX;

use crate::kernel::{Chunk, Result, offset};

/// Last names of paths that are cared for, and for which access.
#[map]
static CARES_FILES: HashMap<[u8; CARE_MAX], u32> = HashMap::with_max_entries(512, 0);

/// Names of directories that are.
#[map]
static CARES_DIRECTORIES: HashMap<[u8; CARE_MAX], u32> = HashMap::with_max_entries(256, 0);

/// By the length of a name: the letters that names of this length, that are cared for, begin with, one bit each of the
/// low six bits of the letter. Files in the even places, directories in the odd ones.
#[map]
static CARES_SHAPES: Array<u64> = Array::with_max_entries(2 * CARE_MAX as u32, 0);

/// True when the name of a file, or that of the directory it is in, is on a list for this access.
///
/// # Safety
/// `chunk` and `name` must be valid.
#[inline(always)]
pub unsafe fn named(chunk: *mut Chunk, dentry: u64, wanted: u32, name: *mut [u8; CARE_MAX]) -> Result<bool> {
    // SAFETY: the caller vouches for it.
    unsafe {
        Chunk::read(chunk, dentry)?;
        if cared_for(&*chunk, true, wanted, name) {
            return Ok(true);
        }
        let parent: u64 = (*chunk).get(offset!(dentry_parent));
        Chunk::read(chunk, parent)?;
        Ok(cared_for(&*chunk, false, wanted, name))
    }
}

/// True when the name of a dentry is on a list for this access.
///
/// # Safety
/// `name` must be valid.
#[inline(always)]
pub unsafe fn cared_for(dentry: &Chunk, file: bool, wanted: u32, name: *mut [u8; CARE_MAX]) -> bool {
    // struct qstr: the hash, the length, the address of the name.
    let len: u32 = dentry.get(offset!(dentry_name).wrapping_sub(4));
    if len == 0 || len >= CARE_MAX as u32 {
        return false;
    }
    let Some(letters) = CARES_SHAPES.get(2 * len + u32::from(!file)) else { return false };
    if *letters == 0 {
        return false;
    }
    let at: u64 = dentry.get(offset!(dentry_name));
    // A short name stands in the dentry itself.
    if at == dentry.base() + u64::from(offset!(dentry_inline)) {
        let first: u8 = dentry.get(offset!(dentry_inline));
        if *letters >> (first & 63) & 1 == 0 {
            return false;
        }
    }
    // SAFETY: the caller vouches for it; the helper checks the address.
    unsafe {
        *name = [0; CARE_MAX];
        if bpf_probe_read_kernel_str(name.cast(), CARE_MAX as u32, at as *const _) <= 0 {
            return false;
        }
        listed(name, *letters, file, wanted)
    }
}

/// The same of a name that was read already.
///
/// # Safety
/// `name` must be valid, and zeros follow the name.
#[inline(always)]
pub unsafe fn listed_at(name: *mut [u8; CARE_MAX], file: bool, wanted: u32) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe { listed(name, u64::MAX, file, wanted) }
}

/// # Safety
/// `name` must be valid.
#[inline(always)]
unsafe fn listed(name: *mut [u8; CARE_MAX], letters: u64, file: bool, wanted: u32) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe {
        if letters >> ((*name)[0] & 63) & 1 == 0 {
            return false;
        }
        let list = if file { CARES_FILES.get(&*name) } else { CARES_DIRECTORIES.get(&*name) };
        list.is_some_and(|access| access & wanted != 0)
    }
}
