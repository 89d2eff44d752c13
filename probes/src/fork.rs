//! A process was made.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::PerCpuArray;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{Fork, Kind, Who, flags};

use crate::emit::{emit, header, set_cgroup};
use crate::kernel::{Result, Unreadable, args, ids, offset, own_ns_pid, read, who};
use crate::namespaces::cloned;
use crate::path::{CUT, TAIL_SIZE, Tail, Walk, cgroup_of, cgroup_path};

/// A fork with room for the path of its cgroup.
#[repr(C)]
struct Scratch {
    fork: Fork,
    tail: [u8; TAIL_SIZE],
    walk: Walk,
}

#[map]
static FORK: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

// TP_PROTO(struct task_struct *parent, struct task_struct *child)
#[raw_tracepoint(tracepoint = "sched_process_fork")]
pub fn fork(ctx: RawTracePointContext) -> i32 {
    let [maker, child] = args(&ctx);
    let _ = try_fork(maker, child);
    let _ = cloned(maker, child);
    0
}

fn try_fork(maker: u64, child: u64) -> Result<()> {
    // A thread is not a process.
    if read::<u32>(child, offset!(task_pid))? != read::<u32>(child, offset!(task_tgid))? {
        return Ok(());
    }
    let maker_who = who(maker).unwrap_or_default();
    let Some(mut header) = header(Kind::Fork, child) else { return Ok(()) };
    let scratch = FORK.get_ptr_mut(0).ok_or(Unreadable)?;
    let cgroup = cgroup_of(child);
    set_cgroup(&mut header, &cgroup);
    let parent: u64 = read(child, offset!(task_parent))?;
    let [uid, gid, euid, login_uid, session] = ids(child);
    // SAFETY: the map gave the pointer, and this program does not run inside itself on one CPU.
    unsafe {
        let tail = Tail((&raw mut (*scratch).tail).cast());
        let len = cgroup_path(tail, cgroup.node, &raw mut (*scratch).walk);
        if len & CUT != 0 {
            header.flags |= flags::CGROUP_CUT;
        }
        let cgroup_len = len as u16;
        (*scratch).fork = Fork {
            header,
            maker: maker_who,
            parent: who(parent).unwrap_or(Who::default()),
            uid,
            gid,
            euid,
            login_uid,
            session,
            ns_pid: own_ns_pid(child).map_or(0, |(pid, _)| pid),
            cgroup_len,
            reserved: [0; 3],
        };
        let total = crate::kernel::opaque(size_of::<Fork>() as u64 + u64::from(cgroup_len));
        if total <= (size_of::<Scratch>() - size_of::<Walk>()) as u64 {
            emit(Kind::Fork, (&raw mut (*scratch).fork.header).cast(), total);
        }
    }
    Ok(())
}
