//! A process was moved to another cgroup.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::PerCpuArray;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{Header, Kind, Move, flags};

use crate::emit::{emit, header, set_cgroup};
use crate::kernel::{Result, Unreadable, args, offset, opaque, read};
use crate::path::{CUT, TAIL_SIZE, Tail, Walk, cgroup_of, cgroup_path};

/// A move with room for the path of the cgroup.
#[repr(C)]
struct Scratch {
    moved: Move,
    tail: [u8; TAIL_SIZE],
    walk: Walk,
}

#[map]
static MOVE: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

// TP_PROTO(struct cgroup *dst_cgrp, const char *path, struct task_struct *task, bool threadgroup)
#[raw_tracepoint(tracepoint = "cgroup_attach_task")]
pub fn cgroup_move(ctx: RawTracePointContext) -> i32 {
    let [to, _, task] = args(&ctx);
    let _ = try_move(to, task);
    0
}

fn try_move(to: u64, task: u64) -> Result<()> {
    // Of a process, its leader counts.
    if read::<u64>(task, offset!(task_leader))? != task {
        return Ok(());
    }
    // Under v1 there is one move for each controller: only that which decides where the process belongs is told.
    let cgroup = cgroup_of(task);
    if cgroup.address != to {
        return Ok(());
    }
    let Some(mut header) = header(Kind::Move, task) else { return Ok(()) };
    set_cgroup(&mut header, &cgroup);
    let scratch = MOVE.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer, and this program does not run inside itself on one CPU.
    unsafe {
        let tail = Tail((&raw mut (*scratch).tail).cast());
        let len = cgroup_path(tail, cgroup.node, &raw mut (*scratch).walk);
        if len & CUT != 0 {
            header.flags |= flags::CGROUP_CUT;
        }
        let cgroup_len = len as u16;
        (*scratch).moved = Move { header, cgroup_len, reserved: [0; 3] };
        let total = opaque(size_of::<Move>() as u64 + u64::from(cgroup_len));
        if total <= (size_of::<Scratch>() - size_of::<Walk>()) as u64 {
            emit(Kind::Move, (&raw mut (*scratch).moved.header).cast::<Header>(), total);
        }
    }
    Ok(())
}
