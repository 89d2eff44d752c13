//! Namespaces were entered or made.

use aya_ebpf::macros::raw_tracepoint;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::ActOp;

use crate::act::Draft;
use crate::kernel::{Result, current, namespaces, offset, own_ns_pid, read_or_default};
use crate::syscall::Call;

/// `CLONE_NEW*` (`include/uapi/linux/sched.h`); the one of time namespaces shares its bits with a signal number, and
/// counts for unshare and setns only.
const NEW: u64 = 0x7e02_0080;

/// The calls, in the order of [`ActOp::Namespaces`].
const SETNS: u32 = 0;
const CLONE: u32 = 2;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_namespaces(_: RawTracePointContext) -> i32 {
    let _ = try_namespaces();
    0
}

fn try_namespaces() -> Result<()> {
    let call = Call::take()?;
    let flags = if call.how() == SETNS { call.arg::<1>() } else { call.arg::<0>() };
    // unshare parts other things too: tables of files, and what threads share.
    if call.how() != SETNS && flags & NEW == 0 {
        return Ok(());
    }
    tell(current(), call.how(), flags & NEW, call.error())
}

/// Tells of a child that was made into other namespaces than its maker's.
#[inline(always)]
pub fn cloned(maker: u64, child: u64) -> Result<()> {
    let proxy = |task| read_or_default::<u64>(task, offset!(task_nsproxy));
    let user = |task| read_or_default::<u64>(read_or_default(task, offset!(task_cred)), offset!(cred_user_ns));
    let pid = |task| own_ns_pid(task).map_or(0, |(_, ns)| ns);
    if proxy(maker) == proxy(child) && user(maker) == user(child) && pid(maker) == pid(child) {
        return Ok(());
    }
    tell(child, CLONE, 0, 0)
}

#[inline(always)]
fn tell(task: u64, how: u32, asked: u64, error: i32) -> Result<()> {
    let Some(mut draft) = Draft::begin(task, ActOp::Namespaces, how, error)? else { return Ok(()) };
    let now = namespaces(task);
    let pair = |at: usize| u64::from(now[at]) | u64::from(now[at + 1]) << 32;
    draft.act().args = [asked, pair(0), pair(2), pair(4), pair(6), 0];
    draft.tell();
    Ok(())
}
