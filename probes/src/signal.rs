//! Somebody sent a signal to the observer. Every other signal costs a comparison.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::{LruHashMap, PerCpuArray};
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{Header, Kind, Signal};

use crate::emit::{emit, header, now, set_cgroup};
use crate::kernel::{Result, Unreadable, args, current, offset, own_pid, read, read_or_default, settings, who};
use crate::path::cgroup_of;

#[map]
static SIGNAL: PerCpuArray<Signal> = PerCpuArray::with_max_entries(1, 0);

/// When a process sent which signal last: a flood of one is told once a second.
#[map]
static SENT: LruHashMap<[u32; 2], u64> = LruHashMap::with_max_entries(1_024, 0);
const AGAIN_NANOS: u64 = 1_000_000_000;

/// What stands for no information: the kernel sends it, a process does (`include/linux/sched/signal.h`).
const PRIVATE: u64 = 1;
const NONE: u64 = 0;

// TP_PROTO(int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result)
#[raw_tracepoint(tracepoint = "signal_generate")]
pub fn signal(ctx: RawTracePointContext) -> i32 {
    let [number, info, target] = args(&ctx);
    let _ = try_signal(number as u32, info, target);
    0
}

#[inline(always)]
fn try_signal(number: u32, info: u64, target: u64) -> Result<()> {
    let observer = settings().observer;
    // In the initial namespace the kernel's number is ours: nothing else is looked at of the signals of others.
    if settings().pid_ns == 0 && read::<u32>(target, offset!(task_tgid))? != observer {
        return Ok(());
    }
    if info == PRIVATE {
        return Ok(());
    }
    let code = if info == NONE { 0 } else { read_or_default::<i32>(info, offset!(siginfo_code)) };
    let target = who(target)?;
    let task = current();
    // A code above 0 is the kernel's: a child ended, a descriptor is ready. What we send to ourselves is no news.
    if code > 0 || target.pid != observer || own_pid(task) == observer {
        return Ok(());
    }
    let Some(mut header) = header(Kind::Signal, task) else { return Ok(()) };
    let (key, now) = ([header.who.pid, number], now());
    // SAFETY: copied at once.
    let last = unsafe { SENT.get(&key) }.copied().unwrap_or(0);
    if last != 0 && now.saturating_sub(last) < AGAIN_NANOS {
        return Ok(());
    }
    let _ = SENT.insert(&key, &now, 0);
    set_cgroup(&mut header, &cgroup_of(task));
    let record = SIGNAL.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer, and this program does not run inside itself on one CPU.
    unsafe {
        *record = Signal { header, target, number, code };
        emit(Kind::Signal, record.cast::<Header>(), size_of::<Signal>() as u64);
    }
    Ok(())
}
