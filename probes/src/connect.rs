//! A process connected to a unix socket.

use aya_ebpf::helpers::bpf_probe_read_user;
use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::LruHashMap;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::ActOp;

use crate::act::{Draft, working_directory};
use crate::descriptor::file_at;
use crate::kernel::{Result, Unreadable, current, offset, read, read_or_default, task_of_pid, who};
use crate::open::is_inside;
use crate::syscall::Call;

/// Who was told to have connected to whom.
#[map]
static TALKED: LruHashMap<[u32; 2], u8> = LruHashMap::with_max_entries(8_192, 0);

const AF_UNIX: u16 = 1;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_connect(_: RawTracePointContext) -> i32 {
    let _ = try_connect();
    0
}

/// Beyond the border every one is told: such a socket was handed in. Otherwise who talks to whom, once.
fn try_connect() -> Result<()> {
    let call = Call::take()?;
    let task = current();
    let address = call.arg::<1>();
    // SAFETY: the helper reads user memory at any address.
    let family: u16 = unsafe { bpf_probe_read_user(address as *const _) }.map_err(|_| Unreadable)?;
    if family != AF_UNIX {
        return Ok(());
    }
    let file = file_at(task, call.arg::<0>() as u32);
    let inode: u64 = read_or_default(file, offset!(file_inode));
    let sock: u64 = read_or_default(inode - u64::from(offset!(socket_inode)), offset!(socket_sock));
    let peer = task_of_pid(read_or_default(sock, offset!(sock_peer_pid))).unwrap_or(0);
    let mounts =
        |task: u64| -> u64 { read_or_default(read_or_default(task, offset!(task_nsproxy)), offset!(nsproxy_mnt)) };
    if !is_inside(task) || call.result == 0 && peer != 0 && mounts(peer) == mounts(task) {
        let pair = [read(task, offset!(task_tgid))?, read_or_default(peer, offset!(task_tgid))];
        // SAFETY: only whether it is there.
        if call.result != 0 || peer == 0 || unsafe { TALKED.get(&pair) }.is_some() {
            return Ok(());
        }
        let _ = TALKED.insert(&pair, &1, 0);
    }
    // SAFETY: as above.
    let first: u8 = unsafe { bpf_probe_read_user((address + 2) as *const _) }.map_err(|_| Unreadable)?;
    let Some(mut draft) = Draft::begin(task, ActOp::UnixConnect, 0, call.error())? else { return Ok(()) };
    draft.act().target = who(peer).unwrap_or_default();
    draft.act().args[0] = u64::from(first == 0);
    draft.base(working_directory(task));
    draft.a(address + 2 + u64::from(first == 0));
    draft.tell();
    Ok(())
}
