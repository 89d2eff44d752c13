//! The mount table was changed, or the root of a process.

use aya_ebpf::helpers::bpf_probe_read_user;
use aya_ebpf::macros::raw_tracepoint;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::ActOp;

use crate::act::{Draft, directory, working_directory};
use crate::file::facts;
use crate::kernel::{Result, current, offset, read_or_default};
use crate::syscall::Call;

/// The calls, in the order of [`ActOp::Mount`].
const UMOUNT: u32 = 1;
const MOVE: u32 = 2;
const FSMOUNT: u32 = 3;
const OPEN_TREE: u32 = 4;
const FSOPEN: u32 = 5;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_mount(_: RawTracePointContext) -> i32 {
    let _ = try_mount();
    0
}

fn try_mount() -> Result<()> {
    let call = Call::take()?;
    let task = current();
    let Some(mut draft) = Draft::begin(task, ActOp::Mount, call.how(), call.error())? else { return Ok(()) };
    let (mut source, mut target, mut kind) = (0, 0, 0);
    let mut from = working_directory(task);
    match call.how() {
        UMOUNT => {
            target = call.arg::<0>();
            draft.act().args[0] = call.arg::<1>();
        }
        MOVE => {
            (source, target) = (call.arg::<1>(), call.arg::<3>());
            from = directory(task, call.arg::<0>());
            draft.act().args[0] = call.arg::<4>();
        }
        FSMOUNT => draft.act().args[0] = call.arg::<1>(),
        OPEN_TREE => {
            source = call.arg::<1>();
            from = directory(task, call.arg::<0>());
            draft.act().args[0] = call.arg::<2>();
        }
        FSOPEN => kind = call.arg::<0>(),
        _ => {
            (source, target, kind) = (call.arg::<0>(), call.arg::<1>(), call.arg::<2>());
            draft.act().args[0] = call.arg::<3>();
            // SAFETY: the helper reads user memory at any address.
            let name: [u8; 8] = unsafe { bpf_probe_read_user(kind as *const _) }.unwrap_or_default();
            if name == *b"overlay\0" {
                // What it is called says nothing; its options say what it is made of.
                source = call.arg::<4>();
            }
        }
    }
    draft.base(from);
    draft.base2(working_directory(task));
    draft.a(source);
    draft.b(target);
    draft.c(kind);
    draft.tell();
    Ok(())
}

/// chroot, pivot_root.
#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_root(_: RawTracePointContext) -> i32 {
    let _ = try_root();
    0
}

fn try_root() -> Result<()> {
    let call = Call::take()?;
    let task = current();
    let Some(mut draft) = Draft::begin(task, ActOp::Mount, call.how(), call.error())? else { return Ok(()) };
    if call.result == 0 {
        let root = read_or_default::<u64>(task, offset!(task_fs)) + u64::from(offset!(fs_root));
        let dentry: u64 = read_or_default(root, offset!(path_dentry));
        draft.act().file = facts(root, read_or_default(dentry, offset!(dentry_inode)), task);
        draft.base2(root);
        draft.inside(root);
    } else {
        draft.base2(working_directory(task));
        draft.b(call.arg::<0>());
    }
    draft.tell();
    Ok(())
}
