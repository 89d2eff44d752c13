//! Parts of the kernel that ordinary programs leave alone: memfd_create, raw sockets, bpf, modules and their kin.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::LruHashMap;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ActOp, class, how};

use crate::act::Draft;
use crate::kernel::{Result, current, offset, read};
use crate::syscall::{Call, hand_over_as};

/// What was told: process, call, command, whether it was refused.
#[map]
static TOLD: LruHashMap<[u32; 4], u8> = LruHashMap::with_max_entries(8_192, 0);

// include/linux/net.h, include/linux/socket.h
const SOCK_TYPE: u64 = 0xf;
const SOCK_RAW: u64 = 3;
const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;
const AF_PACKET: u64 = 17;

/// Calls of [`ActOp::Kernel`], in its order, that have a name, and where.
const UNLOAD_MODULE: u32 = 2;
const KEYRING: u32 = 5;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_memfd(_: RawTracePointContext) -> i32 {
    let _ = try_memfd();
    0
}

fn try_memfd() -> Result<()> {
    let call = Call::take()?;
    let Some(mut draft) = Draft::begin(current(), ActOp::Memfd, 0, call.error())? else { return Ok(()) };
    draft.a(call.arg::<0>());
    draft.tell();
    Ok(())
}

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_socket(ctx: RawTracePointContext) -> i32 {
    let _ = try_socket();
    if let Ok(call) = Call::take()
        && (0..=2).contains(&call.result)
    {
        hand_over_as(&ctx, class::DESCRIPTOR, call.result as i32, how::MADE, 0);
    }
    0
}

fn try_socket() -> Result<()> {
    let call = Call::take()?;
    let (family, kind) = (call.arg::<0>(), call.arg::<1>() & SOCK_TYPE);
    if family != AF_PACKET && !(matches!(family, AF_INET | AF_INET6) && kind == SOCK_RAW) {
        return Ok(());
    }
    let Some(mut draft) = Draft::begin(current(), ActOp::RawSocket, 0, call.error())? else { return Ok(()) };
    draft.act().args = [family, kind, call.arg::<2>(), 0, 0, 0];
    draft.tell();
    Ok(())
}

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_kernel(_: RawTracePointContext) -> i32 {
    let _ = try_kernel();
    0
}

fn try_kernel() -> Result<()> {
    let call = Call::take()?;
    let task = current();
    let command = call.arg::<0>();
    // Where the first argument is an address or a descriptor it says nothing.
    let command = if matches!(call.how(), 0 | KEYRING) { command } else { 0 };
    let key = [read::<u32>(task, offset!(task_tgid))?, call.how(), command as u32, u32::from(call.error() != 0)];
    // SAFETY: only whether it is there.
    if unsafe { TOLD.get(&key) }.is_some() {
        return Ok(());
    }
    let Some(mut draft) = Draft::begin(task, ActOp::Kernel, call.how(), call.error())? else { return Ok(()) };
    draft.act().args[0] = command;
    if call.how() == UNLOAD_MODULE {
        draft.a(call.arg::<0>());
    }
    draft.tell();
    let _ = TOLD.insert(&key, &1, 0);
    Ok(())
}
