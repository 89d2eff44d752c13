//! A process ended.

use aya_ebpf::macros::raw_tracepoint;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ABSENT, Exit, Header, Kind, Who};

use crate::emit::{emit, header, set_cgroup};
use crate::kernel::{Result, SIGNAL_GROUP_EXIT, args, offset, own_ns_pid, read, read_or_default, who};
use crate::path::cgroup_of;

/// How far up a subreaper is looked for.
const ANCESTORS: u32 = 32;

// TP_PROTO(struct task_struct *p), since 6.16 (struct task_struct *p, bool group_dead)
#[raw_tracepoint(tracepoint = "sched_process_exit")]
pub fn exit(ctx: RawTracePointContext) -> i32 {
    let [task] = args(&ctx);
    let _ = try_exit(task);
    0
}

fn try_exit(task: u64) -> Result<()> {
    let signal: u64 = read(task, offset!(task_signal))?;
    // The kernel counted this thread out already. Two last threads may both see 0: the reader takes the first.
    if read::<i32>(signal, offset!(signal_live))? != 0 {
        return Ok(());
    }
    let Some(mut header) = header(Kind::Exit, task) else { return Ok(()) };
    set_cgroup(&mut header, &cgroup_of(task));
    let mut exit = Exit {
        run_time: header.time.saturating_sub(header.who.start),
        header,
        heir: heir(task).unwrap_or_default(),
        status: status(task, signal)?,
        reserved: 0,
    };
    // SAFETY: an exit begins with its header.
    unsafe { emit(Kind::Exit, (&raw mut exit).cast::<Header>(), size_of::<Exit>() as u64) };
    Ok(())
}

/// The status that the parent will be told: that of exit_group or of the fatal signal, or that of the leader.
#[inline(always)]
fn status(task: u64, signal: u64) -> Result<u32> {
    let group: u32 = read_or_default(signal, offset!(signal_flags));
    if group & SIGNAL_GROUP_EXIT != 0 {
        return read(signal, offset!(signal_group_exit_code));
    }
    read(read(task, offset!(task_leader))?, offset!(task_exit_code))
}

/// Who adopts the children, as `find_new_reaper` in `kernel/exit.c` has it: the nearest ancestor that is a subreaper,
/// else the init of the pid namespace.
#[inline(always)]
fn heir(task: u64) -> Result<Who> {
    let children = task + u64::from(offset!(task_children));
    if offset!(task_children) == ABSENT || read::<u64>(children, 0)? == children {
        return Ok(Who::default());
    }
    let (_, ns) = own_ns_pid(task)?;
    let reaper: u64 = read(ns, offset!(pid_reaper))?;
    let mut next: u64 = read(task, offset!(task_parent))?;
    for _ in 0..ANCESTORS {
        let leader: u64 = read(next, offset!(task_leader))?;
        let (_, next_ns) = own_ns_pid(leader)?;
        if leader == reaper || next_ns != ns {
            break;
        }
        if is_subreaper(read(leader, offset!(task_signal))?) {
            return who(leader);
        }
        let above: u64 = read(leader, offset!(task_parent))?;
        if above == next {
            break;
        }
        next = above;
    }
    who(reaper)
}

#[inline(always)]
fn is_subreaper(signal: u64) -> bool {
    let bit = offset!(signal_subreaper);
    bit != ABSENT && read_or_default::<u8>(signal, bit / 8) & (1 << (bit % 8)) != 0
}
