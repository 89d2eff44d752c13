//! A file was opened. Almost every open is of interest to nobody, and is dropped here after a few reads.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::{Array, LruHashMap, PerCpuArray};
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{CARE_MAX, care, class, how};

use crate::cares::named;
use crate::descriptor::{PTMX, file_at, pty_opened};
use crate::file::{Border, border, is_upper, written};
use crate::kernel::{Chunk, Result, Unreadable, current, offset, own, read, read_or_default, settings, who};
use crate::syscall::{Call, MAP, TRUNCATE, hand_over, hand_over_as};

/// Address of the host's mount namespace, once it was met: that one never goes.
#[map]
static HOST: Array<u64> = Array::with_max_entries(1, 0);

/// How often a process was told to have opened something beyond the border, or to have been refused.
#[map]
static BEYOND: LruHashMap<u32, u32> = LruHashMap::with_max_entries(8_192, 0);

/// More than these are not told: the first show it.
const BEYOND_MAX: u32 = 8;
const REFUSED_MAX: u32 = 16;
/// Beside a pid in the key of [`BEYOND`]: what is counted apart.
const REFUSED: u32 = 1 << 31;
const ALIEN: u32 = 1 << 30;
const MAPPED: u32 = 1 << 29;

/// What an open is looked at with.
#[repr(C)]
struct Look {
    name: [u8; CARE_MAX],
    chunk: Chunk,
}

#[map]
static LOOK: PerCpuArray<Look> = PerCpuArray::with_max_entries(1, 0);

// include/uapi/linux/stat.h
const S_IFMT: u16 = 0o170_000;
const S_IFREG: u16 = 0o100_000;
const S_IFBLK: u16 = 0o060_000;
const S_IFCHR: u16 = 0o020_000;
const S_IFIFO: u16 = 0o010_000;

/// Somebody may run it.
const EXECUTABLE: u16 = 0o111;

// include/uapi/asm-generic/mman-common.h
const PROT_EXEC: u64 = 4;
const MAP_ANONYMOUS: u64 = 0x20;

pub const FMODE_WRITE: u32 = 2;
const PIPEFS: u64 = 0x5049_5045;
const TMPFS: u64 = 0x0102_1994;
/// /dev/mem, /dev/kmem, /dev/port.
const MEMORY: [u32; 3] = [1 << 20 | 1, 1 << 20 | 2, 1 << 20 | 4];

// include/uapi/asm-generic/errno-base.h
const EPERM: i32 = 1;
const EACCES: i32 = 13;

/// [`Call::how`] of open_by_handle_at.
pub const HANDLE: u32 = 1;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_open(ctx: RawTracePointContext) -> i32 {
    let _ = try_open(&ctx);
    0
}

#[inline(always)]
fn try_open(ctx: &RawTracePointContext) -> Result<()> {
    let call = Call::take()?;
    let task = current();
    if call.result < 0 && call.how() != TRUNCATE {
        if is_refused(&call) && first_few(task, REFUSED, REFUSED_MAX) {
            hand_over(ctx, class::OPENED);
        }
        return Ok(());
    }
    if call.how() == TRUNCATE && call.arg::<1>() != 0 {
        return Ok(());
    }
    let fd = call.fd();
    let file = file_at(task, fd);
    if file == 0 {
        return Ok(());
    }
    let path = file + u64::from(offset!(file_path));
    let scratch = LOOK.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer; this program does not run inside itself on one CPU.
    let (inode, access, dentry) = unsafe {
        let chunk = &raw mut (*scratch).chunk;
        Chunk::read(chunk, file)?;
        let dentry: u64 = (*chunk).get(offset!(file_path) + offset!(path_dentry));
        ((*chunk).get::<u64>(offset!(file_inode)), (*chunk).get::<u32>(offset!(file_mode)) & 3, dentry)
    };
    let mode: u16 = read_or_default(inode, offset!(inode_mode));
    let special = mode & S_IFMT != S_IFREG && special(file, inode, mode, task);
    let wanted = if access & FMODE_WRITE != 0 { care::WRITE } else { care::READ };
    // SAFETY: as above.
    let named = unsafe {
        let (name, chunk) = (&raw mut (*scratch).name, &raw mut (*scratch).chunk);
        special || call.how() == HANDLE || named(chunk, dentry, wanted, name).unwrap_or(false)
    };
    let cared =
        named || beyond(path, task) || mode & EXECUTABLE != 0 && access & FMODE_WRITE == 0 && alien(path, inode, task);
    if cared {
        hand_over(ctx, class::OPENED);
    }
    taken_in(ctx, &call, task, inode, mode, access)
}

/// What follows an open, told or not: who writes to a file, and what stands on a standard stream.
#[inline(always)]
pub fn taken_in(ctx: &RawTracePointContext, call: &Call, task: u64, inode: u64, mode: u16, access: u32) -> Result<()> {
    if matches!(call.how(), MAP | TRUNCATE) {
        return Ok(());
    }
    if mode & S_IFMT == S_IFREG && access & FMODE_WRITE != 0 {
        let who = who(task)?;
        if !own(&who) {
            written(inode, &who);
        }
    }
    if call.fd() <= 2 {
        hand_over_as(ctx, class::DESCRIPTOR, call.fd() as i32, how::OPEN, 0);
    }
    Ok(())
}

/// It was not allowed. User space looks at the name.
#[inline(always)]
fn is_refused(call: &Call) -> bool {
    call.how() == HANDLE || matches!(call.error(), EPERM | EACCES)
}

/// Devices and pipes that are of interest whatever they are called.
#[inline(always)]
fn special(file: u64, inode: u64, mode: u16, task: u64) -> bool {
    let rdev: u32 = read_or_default(inode, offset!(inode_rdev));
    match mode & S_IFMT {
        // A named pipe: somebody waits at the other end.
        S_IFIFO => {
            let sb: u64 = read_or_default(inode, offset!(inode_sb));
            read_or_default::<u64>(sb, offset!(sb_magic)) != PIPEFS
        }
        S_IFBLK => is_inside(task),
        S_IFCHR if rdev == PTMX => {
            pty_opened(file, task);
            false
        }
        S_IFCHR => is_inside(task) && (rdev == MEMORY[0] || rdev == MEMORY[1] || rdev == MEMORY[2]),
        _ => false,
    }
}

/// True for a process in another mount namespace than the host's.
#[inline(always)]
pub fn is_inside(task: u64) -> bool {
    let proxy: u64 = read_or_default(task, offset!(task_nsproxy));
    let ns: u64 = read_or_default(proxy, offset!(nsproxy_mnt));
    let Some(known) = HOST.get_ptr_mut(0) else { return false };
    // SAFETY: the map gave the pointer; whoever writes it writes the same.
    unsafe {
        if *known == ns {
            return false;
        }
        let host = settings().host_mnt_ns;
        let inside = host != 0 && read_or_default::<u32>(ns, offset!(mnt_inum)) != host;
        if !inside && host != 0 {
            *known = ns;
        }
        inside
    }
}

/// A program that is in no file system, or that a container wrote itself: whoever opens it may be about to run it. Only
/// the first few.
#[inline(always)]
fn alien(path: u64, inode: u64, task: u64) -> bool {
    (border(path, task) == Border::Internal || is_inside(task) && is_upper(inode)) && first_few(task, ALIEN, BEYOND_MAX)
}

/// mmap of a file, to be run.
#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_map(ctx: RawTracePointContext) -> i32 {
    let _ = try_map(&ctx);
    0
}

/// Libraries are mapped all day. What is told lies in no file system or one that is only in memory, has no name left, or
/// was written by the container that maps it.
#[inline(always)]
fn try_map(ctx: &RawTracePointContext) -> Result<()> {
    let call = Call::take()?;
    let fd = call.arg::<4>() as i32;
    if call.error() != 0 || call.arg::<2>() & PROT_EXEC == 0 || call.arg::<3>() & MAP_ANONYMOUS != 0 || fd < 0 {
        return Ok(());
    }
    let task = current();
    let file = file_at(task, fd as u32);
    let inode: u64 = read(file, offset!(file_inode))?;
    let path = file + u64::from(offset!(file_path));
    let nameless = read_or_default::<u32>(inode, offset!(inode_nlink)) == 0;
    let sb: u64 = read_or_default(inode, offset!(inode_sb));
    let passing = read_or_default::<u64>(sb, offset!(sb_magic)) == TMPFS;
    let alien = nameless || passing || border(path, task) == Border::Internal || is_inside(task) && is_upper(inode);
    if alien && first_few(task, MAPPED, BEYOND_MAX) {
        hand_over_as(ctx, class::OPENED, fd, MAP, 0);
    }
    Ok(())
}

/// A file in a mount namespace that is not the process's own, opened from within a container; only the first few.
#[inline(always)]
fn beyond(path: u64, task: u64) -> bool {
    if !is_inside(task) || border(path, task) != Border::Foreign {
        return false;
    }
    first_few(task, 0, BEYOND_MAX)
}

/// True for the first `max` times of a process; `what` tells apart what is counted.
#[inline(always)]
fn first_few(task: u64, what: u32, max: u32) -> bool {
    let key = read_or_default::<u32>(task, offset!(task_tgid)) | what;
    // SAFETY: copied at once.
    let count = unsafe { BEYOND.get(&key) }.copied().unwrap_or(0);
    if count < max {
        let _ = BEYOND.insert(&key, &(count + 1), 0);
    }
    count < max
}
