//! What is written to a file by which the kernel is told what to run. The table sends writes here only while such a file
//! is open for writing, which next to nobody ever does.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::{Array, LruHashMap};
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ActOp, WRITES};

use crate::act::Draft;
use crate::descriptor::file_at;
use crate::file::facts;
use crate::kernel::{Result, current, offset, read, read_or_default};
use crate::syscall::{Call, arm};

/// Such files, by the address of the inode: its number, as addresses are used again.
#[map]
static HOOKED: LruHashMap<u64, u64> = LruHashMap::with_max_entries(256, 0);

/// 1 once there was one.
#[map]
static ANY: Array<u32> = Array::with_max_entries(1, 0);

/// The calls that write, and what the table says of them: set by the loader.
#[map]
static ARMS: Array<[u32; 2]> = Array::with_max_entries(WRITES, 0);

// include/uapi/linux/magic.h
const PROC: u64 = 0x9fa0;
const SYSFS: u64 = 0x6265_6572;
const CGROUP: u64 = 0x27_e0eb;
const BINFMT: u64 = 0x4249_4e4d;

/// A file of the kernel was opened for writing: from now on writes are looked at.
#[inline(always)]
pub fn hook_opened(inode: u64, magic: u64) {
    if !matches!(magic, PROC | SYSFS | CGROUP | BINFMT) {
        return;
    }
    let _ = HOOKED.insert(&inode, &read_or_default(inode, offset!(inode_number)), 0);
    if let Some(any) = ANY.get_ptr_mut(0) {
        // SAFETY: the map gave the pointer.
        unsafe { *any = 1 };
    }
    for at in 0..WRITES {
        if let Some(&[number, entry]) = ARMS.get(at)
            && entry != 0
        {
            arm(number, entry);
        }
    }
}

/// True when what is written to `fd` of a task is to be told.
#[inline(always)]
pub fn is_hooked(task: u64, fd: u32) -> bool {
    if ANY.get(0).is_none_or(|any| *any == 0) {
        return false;
    }
    let inode: u64 = read_or_default(file_at(task, fd), offset!(file_inode));
    // SAFETY: copied at once.
    let known = unsafe { HOOKED.get(&inode) }.copied();
    known.is_some_and(|number| number == read_or_default::<u64>(inode, offset!(inode_number)))
}

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_write(_: RawTracePointContext) -> i32 {
    let _ = try_write();
    0
}

fn try_write() -> Result<()> {
    let call = Call::take()?;
    let task = current();
    let file = file_at(task, call.arg::<0>() as u32);
    let inode: u64 = read(file, offset!(file_inode))?;
    let path = file + u64::from(offset!(file_path));
    let Some(mut draft) = Draft::begin(task, ActOp::Wrote, 0, call.error())? else { return Ok(()) };
    draft.act().file = facts(path, inode, task);
    draft.base(path);
    draft.inside(path);
    draft.bytes(call.arg::<1>(), call.arg::<2>());
    draft.tell();
    Ok(())
}
