//! A process ran a program.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::PerCpuArray;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ABSENT, ARGV_MAX, Descriptor, Exec, GIVEN_MAX, Header, Kind, TTY_MAX, Who, flags};

use crate::descriptor::{describe, file_at};
use crate::emit::{emit, header, set_cgroup};
use crate::file::{self, Border, border, writer};
use crate::kernel::{
    Result, Unreadable, args, capabilities, ids, namespaces, offset, opaque, own_ns_pid, read, read_or_default, who,
};
use crate::path::{CUT, Deep, Shallow, TAIL_SIZE, Tail, Walk, Walker, cgroup_of, cgroup_path, file_path};

/// An exec with room for all that varies.
#[repr(C)]
struct Scratch {
    exec: Exec,
    tail: [u8; TAIL_SIZE],
    walk: Walk,
}

const _: () = assert!(size_of::<Scratch>() <= 32 * 1024, "a per-CPU value has at most 32 KiB");

#[map]
static EXEC: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

// TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)
#[raw_tracepoint(tracepoint = "sched_process_exec")]
pub fn exec(ctx: RawTracePointContext) -> i32 {
    let [task, _, bprm] = args(&ctx);
    let _ = try_exec::<Deep>(task, bprm);
    0
}

/// The same for kernels that have no `bpf_loop`: the loader attaches one of the two.
#[raw_tracepoint(tracepoint = "sched_process_exec")]
pub fn exec_shallow(ctx: RawTracePointContext) -> i32 {
    let [task, _, bprm] = args(&ctx);
    let _ = try_exec::<Shallow>(task, bprm);
    0
}

#[inline(always)]
fn try_exec<W: Walker>(task: u64, bprm: u64) -> Result<()> {
    let Some(mut header) = header(Kind::Exec, task) else { return Ok(()) };
    let scratch = EXEC.get_ptr_mut(0).ok_or(Unreadable)?;
    let cgroup = cgroup_of(task);
    set_cgroup(&mut header, &cgroup);
    // SAFETY: the map gave the pointer, and this program does not run inside itself on one CPU.
    unsafe {
        let exec = &raw mut (*scratch).exec;
        let tail = Tail((&raw mut (*scratch).tail).cast());
        (*exec).header = header;
        facts(task, exec);
        let len = parts::<W>(task, bprm, exec, tail, &raw mut (*scratch).walk, cgroup.node);
        let total = opaque(size_of::<Exec>() as u64 + len);
        if total <= (size_of::<Exec>() + TAIL_SIZE) as u64 {
            emit(Kind::Exec, exec.cast::<Header>(), total);
        }
    }
    Ok(())
}

/// What has a fixed size.
///
/// # Safety
/// `exec` must be valid.
#[inline(always)]
unsafe fn facts(task: u64, exec: *mut Exec) {
    let parent: u64 = read_or_default(task, offset!(task_parent));
    let [uid, gid, euid, login_uid, session] = ids(task);
    let (effective, permitted) = capabilities(task);
    // SAFETY: the caller vouches for it.
    unsafe {
        (*exec).parent = who(parent).unwrap_or(Who::default());
        ((*exec).effective, (*exec).permitted) = (effective, permitted);
        (*exec).namespaces = namespaces(task);
        ((*exec).uid, (*exec).gid, (*exec).euid) = (uid, gid, euid);
        ((*exec).login_uid, (*exec).session) = (login_uid, session);
        (*exec).ns_pid = own_ns_pid(task).map_or(0, |(pid, _)| pid);
        let exe = read_or_default::<u64>(read_or_default(task, offset!(task_mm)), offset!(mm_exe_file));
        let inode = read_or_default(exe, offset!(file_inode));
        (*exec).file = file::facts(exe + u64::from(offset!(file_path)), inode, task);
        (*exec).writer = writer(inode);
        for fd in 0..3u32 {
            describe(file_at(task, fd), (&raw mut (*exec).stdio).cast::<Descriptor>().add(fd as usize));
        }
    }
}

/// What varies; returns its length.
///
/// # Safety
/// `exec`, `tail` and `walk` must be valid.
#[inline(always)]
unsafe fn parts<W: Walker>(task: u64, bprm: u64, exec: *mut Exec, tail: Tail, walk: *mut Walk, cgroup: u64) -> u64 {
    let mut marks = 0;
    let mut cut = |len: u64, flag: u16| {
        if len & CUT != 0 {
            marks |= flag;
        }
        len & 0xffff
    };
    // SAFETY: the caller vouches for both.
    let resolve = |at, address| unsafe { file_path::<W>(tail, at, address, walk) };
    let mm: u64 = read_or_default(task, offset!(task_mm));
    let file: u64 = read_or_default(mm, offset!(mm_exe_file));
    let fs: u64 = read_or_default(task, offset!(task_fs));

    // SAFETY: as above.
    let cgroup_len = cut(unsafe { cgroup_path(tail, cgroup, walk) }, flags::CGROUP_CUT);
    let mut at = cgroup_len;
    let exe_len = cut(resolve(at, file + u64::from(offset!(file_path))), flags::EXE_CUT);
    at += exe_len;
    let given_len = tail.string(at, read_or_default(bprm, offset!(bprm_filename)), GIVEN_MAX as u32);
    at += given_len;
    let cwd_len = cut(resolve(at, fs + u64::from(offset!(fs_pwd))), flags::CWD_CUT);
    at += cwd_len;
    let tty_len = tty(task, tail, at);
    at += tty_len;
    let (argv_len, argv_full, argv_marks) = argv(mm, tail, at);
    marks |= argv_marks;

    let inode: u64 = read_or_default(file, offset!(file_inode));
    let known = inode != 0 && offset!(inode_nlink) != ABSENT;
    if known && read_or_default::<u32>(inode, offset!(inode_nlink)) == 0 {
        marks |= flags::UNLINKED;
    }
    if border(fs + u64::from(offset!(fs_pwd)), task) == Border::Foreign {
        marks |= flags::CWD_FOREIGN;
    }
    let root = fs + u64::from(offset!(fs_root));
    let mount: u64 = read_or_default(root, offset!(path_mnt));
    if read_or_default::<u64>(root, offset!(path_dentry)) != read_or_default::<u64>(mount, offset!(vfsmount_root)) {
        marks |= flags::CHROOTED;
    }
    // SAFETY: the caller vouches for it.
    unsafe {
        (*exec).header.flags = marks;
        (*exec).argv_full = argv_full;
        (*exec).cgroup_len = cgroup_len as u16;
        (*exec).exe_len = exe_len as u16;
        (*exec).given_len = given_len as u16;
        (*exec).cwd_len = cwd_len as u16;
        (*exec).tty_len = tty_len as u16;
        (*exec).argv_len = argv_len as u16;
        (*exec).reserved = 0;
    }
    at + argv_len
}

#[inline(always)]
fn tty(task: u64, tail: Tail, at: u64) -> u64 {
    let signal: u64 = read_or_default(task, offset!(task_signal));
    let tty: u64 = read_or_default(signal, offset!(signal_tty));
    if tty == 0 {
        return 0;
    }
    tail.name(at, tty + u64::from(offset!(tty_name)), TTY_MAX as u32).saturating_sub(1)
}

/// Bytes written, bytes that there are, and marks.
#[inline(always)]
fn argv(mm: u64, tail: Tail, at: u64) -> (u64, u64, u16) {
    let (Ok(start), Ok(end)) = (read::<u64>(mm, offset!(mm_arg_start)), read::<u64>(mm, offset!(mm_arg_end))) else {
        return (0, 0, flags::ARGV_UNREADABLE);
    };
    let full = end.wrapping_sub(start);
    let (len, mark) = if full > ARGV_MAX as u64 { (ARGV_MAX as u64, flags::ARGV_CUT) } else { (full, 0) };
    if len == 0 {
        return (0, 0, 0);
    }
    match tail.user::<ARGV_MAX>(at, start, len) {
        Some(len) => (len, full, mark),
        None => (0, full, flags::ARGV_UNREADABLE),
    }
}
