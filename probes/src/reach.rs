//! One process reached into another.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::LruHashMap;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ActOp, class, how};

use crate::act::Draft;
use crate::descriptor::file_at;
use crate::kernel::{Result, current, offset, own_ns_pid, read, read_or_default, settings, who_of_pid};
use crate::syscall::{Call, hand_over_as};

/// Pairs that were told: tracer, target, call.
#[map]
static REACHED: LruHashMap<[u32; 4], u8> = LruHashMap::with_max_entries(4_096, 0);

/// The calls, in the order of [`ActOp::Reach`]; ptrace is told as attach or poke.
const ATTACH: u32 = 0;
const POKE: u32 = 1;
const TAKE: u32 = 4;
const LIMIT: u32 = 5;

// include/uapi/linux/ptrace.h
const PTRACE_POKETEXT: u64 = 4;
const PTRACE_POKEDATA: u64 = 5;
const PTRACE_POKEUSR: u64 = 6;
const PTRACE_SETREGS: u64 = 13;
const PTRACE_ATTACH: u64 = 16;
const PTRACE_SETREGSET: u64 = 0x4205;
const PTRACE_SEIZE: u64 = 0x4206;

/// Levels of the tree that pids are kept in: 64 ways each (`XA_CHUNK_SHIFT` in `include/linux/xarray.h`).
const LEVELS: u32 = 5;
const CHUNK: u32 = 64;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_reach(ctx: RawTracePointContext) -> i32 {
    let _ = try_reach();
    if let Ok(call) = Call::take()
        && call.how() == TAKE
        && (0..=2).contains(&call.result)
    {
        hand_over_as(&ctx, class::DESCRIPTOR, call.result as i32, how::TAKEN, 0);
    }
    0
}

fn try_reach() -> Result<()> {
    let call = Call::take()?;
    // Everybody asks for its own limits.
    if call.how() == LIMIT && (call.arg::<0>() == 0 || call.arg::<2>() == 0) {
        return Ok(());
    }
    let task = current();
    let mut which = call.how();
    let pid = if which == ATTACH {
        which = match call.arg::<0>() {
            PTRACE_ATTACH | PTRACE_SEIZE => ATTACH,
            PTRACE_POKETEXT | PTRACE_POKEDATA | PTRACE_POKEUSR | PTRACE_SETREGS | PTRACE_SETREGSET => POKE,
            _ => return Ok(()),
        };
        pid_of(task, call.arg::<1>() as u32)
    } else if which == TAKE {
        let file = file_at(task, call.arg::<0>() as u32);
        match read_or_default(file, offset!(file_private)) {
            // Since 6.9 a pidfd is an inode of its own.
            0 => read_or_default(read_or_default(file, offset!(file_inode)), offset!(inode_private)),
            pid => pid,
        }
    } else {
        pid_of(task, call.arg::<0>() as u32)
    };
    let target = who_of_pid(pid).unwrap_or_default();
    if which == LIMIT && target.pid != settings().observer {
        return Ok(());
    }
    let key = [read::<u32>(task, offset!(task_tgid))?, target.pid, which, call.error() as u32];
    // SAFETY: only whether it is there.
    if unsafe { REACHED.get(&key) }.is_some() {
        return Ok(());
    }
    let Some(mut draft) = Draft::begin(task, ActOp::Reach, which, call.error())? else { return Ok(()) };
    draft.act().target = target;
    draft.act().args[0] = call.arg::<0>();
    draft.tell();
    let _ = REACHED.insert(&key, &1, 0);
    Ok(())
}

/// The `struct pid` that has this number in the pid namespace of `task`: a walk down the tree that the kernel keeps
/// them in (`include/linux/xarray.h`).
#[inline(always)]
fn pid_of(task: u64, number: u32) -> u64 {
    let ns = own_ns_pid(task).map_or(0, |(_, ns)| ns);
    let mut entry: u64 = read_or_default(ns, offset!(pid_ns_tree));
    for _ in 0..LEVELS {
        // Inner nodes are marked by their lowest bits.
        if entry & 3 != 2 || entry < 4096 {
            break;
        }
        let node = entry - 2;
        let shift: u8 = read_or_default(node, offset!(xa_shift));
        let slot = number >> (shift & 31) & (CHUNK - 1);
        entry = read_or_default(node, offset!(xa_slots).wrapping_add(slot * 8));
    }
    if entry & 3 == 0 { entry } else { 0 }
}
