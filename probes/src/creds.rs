//! Ids or capabilities of a process changed.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::LruHashMap;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::ActOp;

use crate::act::Draft;
use crate::kernel::{Result, capabilities, current, ids, offset, read};
use crate::syscall::Call;

/// What was told of a thread last: uid and euid, effective capabilities.
#[map]
static CREDS: LruHashMap<u32, [u64; 2]> = LruHashMap::with_max_entries(8_192, 0);

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_creds(_: RawTracePointContext) -> i32 {
    let _ = try_creds();
    0
}

fn try_creds() -> Result<()> {
    let call = Call::take()?;
    if call.result != 0 {
        return Ok(());
    }
    let task = current();
    let [uid, gid, euid, login_uid, session] = ids(task);
    let (effective, permitted) = capabilities(task);
    let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let now = [pair(uid, euid), effective];
    let thread: u32 = read(task, offset!(task_pid))?;
    // SAFETY: compared at once.
    if unsafe { CREDS.get(&thread) }.is_some_and(|told| *told == now) {
        return Ok(());
    }
    let _ = CREDS.insert(&thread, &now, 0);
    let Some(mut draft) = Draft::begin(task, ActOp::Creds, call.how(), 0)? else { return Ok(()) };
    draft.act().args = [pair(uid, gid), pair(euid, login_uid), u64::from(session), effective, permitted, 0];
    draft.tell();
    Ok(())
}
