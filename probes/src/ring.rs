//! What is asked of the kernel through an io_uring: no system call tells of it.
//!
//! TCP is told by the states of sockets and UDP by the hook of the cgroup, whoever asked. Opens are looked at when they
//! are done, by the program that looks at all of them; changes of names when they are handed over, as their names are
//! gone afterwards.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::LruHashMap;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ABSENT, ActOp, class};

use crate::act::{Draft, working_directory};
use crate::kernel::{Result, Unreadable, args, current, offset, read, read_or_default};
use crate::syscall::{RING, hand_over_as};

/// How often a process was told to have asked for an operation: by its thread group and the operation.
#[map]
static ASKED: LruHashMap<[u32; 2], u32> = LruHashMap::with_max_entries(4_096, 0);

/// Of each process and operation the first show it. Names are changed so rarely through a ring that these are all.
const ASKED_MAX: u32 = 64;

// enum io_uring_op in include/uapi/linux/io_uring.h
const ACCEPT: u8 = 13;
const CONNECT: u8 = 16;
const OPENAT: u8 = 18;
const OPENAT2: u8 = 28;
const RENAMEAT: u8 = 35;
const UNLINKAT: u8 = 36;
const MKDIRAT: u8 = 37;
const SYMLINKAT: u8 = 38;
const LINKAT: u8 = 39;
const SOCKET: u8 = 45;
const BIND: u8 = 56;
const LISTEN: u8 = 57;

// The calls of `ActOp::Name`.
const RENAME: u32 = 0;
const LINK: u32 = 1;
const SYMLINK: u32 = 2;
const UNLINK: u32 = 3;
const MKDIR: u32 = 7;

// TP_PROTO(struct io_kiocb *req), since 6.3
#[raw_tracepoint(tracepoint = "io_uring_submit_req")]
pub fn ring_submit(ctx: RawTracePointContext) -> i32 {
    let _ = try_submit(&ctx);
    0
}

#[inline(always)]
fn try_submit(ctx: &RawTracePointContext) -> Result<()> {
    let [req] = args(ctx);
    let op: u8 = read(req, offset!(ring_opcode))?;
    let (name, old) = match op {
        OPENAT | OPENAT2 => (offset!(ring_open_name), ABSENT),
        RENAMEAT => (offset!(ring_rename_new), offset!(ring_rename_old)),
        LINKAT | SYMLINKAT => (offset!(ring_link_new), offset!(ring_link_old)),
        UNLINKAT => (offset!(ring_unlink_name), ABSENT),
        MKDIRAT => (offset!(ring_mkdir_name), ABSENT),
        ACCEPT | CONNECT | SOCKET | BIND | LISTEN => (ABSENT, ABSENT),
        _ => return Ok(()),
    };
    let opens = matches!(op, OPENAT | OPENAT2);
    // Into a slot of the ring itself: no descriptor will tell what it is.
    let hidden = opens && read_or_default::<u32>(req, offset!(ring_open_slot)) != 0;
    let task = current();
    let key = [read(task, offset!(task_tgid))?, u32::from(op)];
    // SAFETY: copied at once.
    let count = unsafe { ASKED.get(&key) }.copied().unwrap_or(0);
    let max = if name == ABSENT || opens && !hidden { 1 } else { ASKED_MAX };
    if count >= max {
        return Ok(());
    }
    let (act, how) = match op {
        RENAMEAT => (ActOp::Name, RENAME),
        LINKAT => (ActOp::Name, LINK),
        SYMLINKAT => (ActOp::Name, SYMLINK),
        UNLINKAT => (ActOp::Name, UNLINK),
        MKDIRAT => (ActOp::Name, MKDIR),
        _ => (ActOp::Ring, 0),
    };
    let Some(mut draft) = Draft::begin(task, act, how, 0)? else { return Ok(()) };
    if name == ABSENT || opens {
        let flags: u64 = if hidden { read_or_default(req, offset!(ring_open_flags)) } else { 0 };
        draft.act().args = [u64::from(op), u64::from(hidden), flags, 0, 0, 0];
    }
    if name != ABSENT {
        draft.base(working_directory(task));
        draft.a_kernel(filename(req, name));
    }
    if old != ABSENT {
        draft.b_kernel(filename(req, old));
    }
    draft.tell();
    let _ = ASKED.insert(&key, &(count + 1), 0);
    Ok(())
}

/// The text of a `struct filename` that a request points to.
#[inline(always)]
fn filename(req: u64, at: u32) -> u64 {
    read_or_default(read_or_default(req, at), offset!(filename_name))
}

// TP_PROTO(struct io_ring_ctx *ctx, void *req, …)
#[raw_tracepoint(tracepoint = "io_uring_complete")]
pub fn ring_complete(ctx: RawTracePointContext) -> i32 {
    let _ = try_complete(&ctx);
    0
}

#[inline(always)]
fn try_complete(ctx: &RawTracePointContext) -> Result<()> {
    let [_, req] = args(ctx);
    let op: u8 = read(req, offset!(ring_opcode))?;
    if !matches!(op, OPENAT | OPENAT2) || read_or_default::<u32>(req, offset!(ring_open_slot)) != 0 {
        return Ok(());
    }
    let result: i32 = read(req, offset!(ring_result))?;
    if result < 0 {
        return Err(Unreadable);
    }
    hand_over_as(ctx, class::OPEN, result, RING, req);
    Ok(())
}
