//! Facts of an open file, and who wrote it.

use aya_ebpf::macros::map;
use aya_ebpf::maps::LruHashMap;
use ktrace_probes_common::{File, Who, marks};

use crate::kernel::{offset, read_or_default};

/// Who opened a file for writing last, by its inode's address and number: addresses are used again.
#[map]
static WRITERS: LruHashMap<[u64; 2], Who> = LruHashMap::with_max_entries(32_768, 0);

/// Magic number of overlayfs (`include/uapi/linux/magic.h`).
const OVERLAY: u64 = 0x794c_7630;

/// Facts of the file that `path` (the address of a `struct path`) and `inode` say, as seen from `task`.
#[inline(always)]
pub fn facts(path: u64, inode: u64, task: u64) -> File {
    let sb: u64 = read_or_default(inode, offset!(inode_sb));
    let magic: u64 = read_or_default(sb, offset!(sb_magic));
    let mut marked = 0;
    if magic == OVERLAY && has_upper(inode) {
        marked |= marks::UPPER;
    }
    match border(path, task) {
        Border::Internal => marked |= marks::INTERNAL,
        Border::Foreign => marked |= marks::FOREIGN,
        Border::Own => {}
    }
    if read_or_default::<u32>(inode, offset!(inode_nlink)) == 0 {
        marked |= marks::UNLINKED;
    }
    File {
        inode: read_or_default(inode, offset!(inode_number)),
        device: read_or_default(sb, offset!(sb_dev)),
        rdev: read_or_default(inode, offset!(inode_rdev)),
        mode: u32::from(read_or_default::<u16>(inode, offset!(inode_mode))),
        magic: magic as u32,
        uid: read_or_default(inode, offset!(inode_uid)),
        marks: marked,
    }
}

/// True for a file in the upper layer of an overlay.
#[inline(always)]
pub fn is_upper(inode: u64) -> bool {
    let sb: u64 = read_or_default(inode, offset!(inode_sb));
    read_or_default::<u64>(sb, offset!(sb_magic)) == OVERLAY && has_upper(inode)
}

/// The dentry in the upper layer follows the inode within `struct ovl_inode` (fs/overlayfs/ovl_entry.h).
#[inline(always)]
fn has_upper(inode: u64) -> bool {
    read_or_default::<u64>(inode, offset!(inode_size)) != 0
}

/// Which mount namespace something lies in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// That of the process.
    Own,
    /// None: memory, pipes, sockets.
    Internal,
    /// Another one.
    Foreign,
}

/// Where the mount of a `struct path` lies, as seen from `task`.
#[inline(always)]
pub fn border(path: u64, task: u64) -> Border {
    let vfsmount: u64 = read_or_default(path, offset!(path_mnt));
    let ns: u64 = read_or_default(vfsmount - u64::from(offset!(mount_mnt)), offset!(mount_ns));
    // No namespace, or an error in the place of its address.
    if ns == 0 || ns >= u64::MAX - 4095 {
        return Border::Internal;
    }
    let proxy: u64 = read_or_default(task, offset!(task_nsproxy));
    let own: u64 = read_or_default(proxy, offset!(nsproxy_mnt));
    if own == 0 || own == ns { Border::Own } else { Border::Foreign }
}

/// Who opened this inode for writing last.
#[inline(always)]
pub fn writer(inode: u64) -> Who {
    // SAFETY: copied at once.
    unsafe { WRITERS.get(&[inode, read_or_default(inode, offset!(inode_number))]) }.copied().unwrap_or_default()
}

/// Remembers who opens an inode for writing.
#[inline(always)]
pub fn written(inode: u64, who: &Who) {
    let _ = WRITERS.insert(&[inode, read_or_default(inode, offset!(inode_number))], who, 0);
}
