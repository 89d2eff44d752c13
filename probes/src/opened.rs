//! An open that somebody cares for: telling it.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::PerCpuArray;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{File, GIVEN_MAX, Header, Kind, Open, Who, flags, via};

use crate::descriptor::file_at;
use crate::emit::{emit, header, set_cgroup};
use crate::file::{facts, writer};
use crate::kernel::{Result, Unreadable, current, offset, opaque, read, read_or_default, who_of_pid};
use crate::open::{FMODE_WRITE, HANDLE, taken_in};
use crate::path::{CUT, Deep, TAIL_SIZE, Tail, Walk, cgroup_of, file_path, inside_path};
use crate::syscall::{Call, MAP, RING, TRUNCATE};
use crate::write::hook_opened;

/// An open with room for its paths.
#[repr(C)]
struct Scratch {
    open: Open,
    tail: [u8; TAIL_SIZE],
    walk: Walk,
}

const _: () = assert!(size_of::<Scratch>() <= 32 * 1024, "a per-CPU value has at most 32 KiB");

#[map]
static OPEN: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// Flags of open(2), from the mode of the file.
const O_WRONLY: u32 = 1;
const O_RDWR: u32 = 2;

const PROC: u64 = 0x9fa0;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_opened(ctx: RawTracePointContext) -> i32 {
    let _ = try_opened(&ctx);
    0
}

#[inline(always)]
fn try_opened(ctx: &RawTracePointContext) -> Result<()> {
    let call = Call::take()?;
    let task = current();
    if call.result < 0 {
        return refused(&call, task);
    }
    let file = file_at(task, call.fd());
    let inode: u64 = read(file, offset!(file_inode))?;
    let access = read_or_default::<u32>(file, offset!(file_mode)) & 3;
    let scratch = OPEN.get_ptr_mut(0).ok_or(Unreadable)?;
    if access & FMODE_WRITE != 0 {
        let sb: u64 = read_or_default(inode, offset!(inode_sb));
        hook_opened(inode, read_or_default(sb, offset!(sb_magic)));
    }
    // SAFETY: the map gave the pointer; this program does not run inside itself on one CPU.
    unsafe { tell(scratch, &call, task, file + u64::from(offset!(file_path)), inode, access)? };
    taken_in(ctx, &call, task, inode, read_or_default(inode, offset!(inode_mode)), access)
}

/// # Safety
/// `scratch` must be valid.
#[inline(always)]
unsafe fn tell(scratch: *mut Scratch, call: &Call, task: u64, path: u64, inode: u64, access: u32) -> Result<()> {
    let Some(mut header) = header(Kind::Open, task) else { return Ok(()) };
    set_cgroup(&mut header, &cgroup_of(task));
    // SAFETY: the caller vouches for it.
    unsafe {
        let tail = Tail((&raw mut (*scratch).tail).cast());
        let walk = &raw mut (*scratch).walk;
        let whole = file_path::<Deep>(tail, 0, path, walk);
        if whole & CUT != 0 {
            header.flags |= flags::PATH_CUT;
        }
        let path_len = whole & 0xffff;
        let inside_len = inside_path(tail, path_len, path, walk) & 0xffff;
        let write = access & FMODE_WRITE != 0;
        let mode = if access == 3 { O_RDWR } else { O_WRONLY & u32::from(write) };
        (*scratch).open = Open {
            header,
            file: facts(path, inode, task),
            subject: subject(inode),
            writer: writer(inode),
            open_flags: mode | open_flags(call) & !3,
            error: 0,
            via: match call.how() {
                HANDLE => via::HANDLE,
                RING => via::RING,
                MAP => via::MAPPED,
                TRUNCATE => via::EMPTIED,
                _ => 0,
            },
            path_len: path_len as u16,
            inside_len: inside_len as u16,
            given_len: 0,
            base_len: 0,
            reserved: 0,
        };
        send(scratch, path_len + inside_len);
    }
    Ok(())
}

/// The flags that were given.
#[inline(always)]
fn open_flags(call: &Call) -> u32 {
    match call.how() {
        // open(path, flags), open_by_handle_at(mount, handle, flags), openat(directory, path, flags).
        2 => call.arg::<1>() as u32,
        3 | MAP | TRUNCATE => 0,
        RING => call.ring_flags() as u32,
        _ => call.arg::<2>() as u32,
    }
}

/// For a file under /proc/PID: the process.
#[inline(always)]
fn subject(inode: u64) -> Who {
    let sb: u64 = read_or_default(inode, offset!(inode_sb));
    if read_or_default::<u64>(sb, offset!(sb_magic)) != PROC || offset!(proc_vfs_inode) == ktrace_probes_common::ABSENT
    {
        return Who::default();
    }
    let info = inode - u64::from(offset!(proc_vfs_inode));
    who_of_pid(read_or_default(info, offset!(proc_pid))).unwrap_or_default()
}

/// # Safety
/// `scratch` must be valid.
#[inline(always)]
unsafe fn send(scratch: *mut Scratch, len: u64) {
    let total = opaque(size_of::<Open>() as u64 + len);
    if total <= (size_of::<Open>() + TAIL_SIZE) as u64 {
        // SAFETY: an open begins with its header, and the tail follows it.
        unsafe { emit(Kind::Open, (&raw mut (*scratch).open.header).cast::<Header>(), total) };
    }
}

/// An open that was not allowed: the first few of a process are told, and user space looks at the name.
#[inline(always)]
fn refused(call: &Call, task: u64) -> Result<()> {
    let error = call.error();
    let scratch = OPEN.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: as in `try_opened`.
    unsafe {
        let tail = Tail((&raw mut (*scratch).tail).cast());
        let given = if call.how() == 2 { call.arg::<0>() } else { call.arg::<1>() };
        let len = if call.how() == HANDLE { 0 } else { tail.user_string(0, given, GIVEN_MAX as u32) };
        let Some(mut header) = header(Kind::Open, task) else { return Ok(()) };
        set_cgroup(&mut header, &cgroup_of(task));
        (*scratch).open = Open {
            header,
            file: File::default(),
            error,
            open_flags: open_flags(call),
            via: if call.how() == HANDLE { via::HANDLE } else { 0 },
            given_len: len as u16,
            ..Open::default()
        };
        send(scratch, len);
    }
    Ok(())
}
