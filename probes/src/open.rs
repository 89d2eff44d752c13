//! A file was opened. Almost every open is of interest to nobody, and is dropped here after a few reads.

use aya_ebpf::helpers::generated::bpf_probe_read_kernel_str;
use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::{Array, HashMap, LruHashMap, PerCpuArray};
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{CARE_MAX, File, GIVEN_MAX, Header, Kind, Open, Who, care, flags, how, via};

use crate::descriptor::{PTMX, file_at, pty_opened, redirected};
use crate::emit::{emit, header, set_cgroup};
use crate::file::{Border, border, facts, is_upper, writer, written};
use crate::kernel::{
    Chunk, Result, Unreadable, current, offset, opaque, own, read, read_or_default, settings, who, who_of_pid,
};
use crate::path::{CUT, Deep, TAIL_SIZE, Tail, Walk, cgroup_of, file_path, inside_path};
use crate::syscall::{Call, MAP, RING, TRUNCATE, hand_over_open};
use crate::write::hook_opened;

/// Last names of paths that are cared for, and for which access.
#[map]
static CARES_FILES: HashMap<[u8; CARE_MAX], u32> = HashMap::with_max_entries(512, 0);

/// Names of directories that are.
#[map]
static CARES_DIRECTORIES: HashMap<[u8; CARE_MAX], u32> = HashMap::with_max_entries(256, 0);

/// By the length of a name: the letters that names of this length, that are cared for, begin with, one bit each of the
/// low six bits of the letter. Files in the even places, directories in the odd ones.
#[map]
static CARES_SHAPES: Array<u64> = Array::with_max_entries(2 * CARE_MAX as u32, 0);

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

/// An open with room for its paths.
#[repr(C)]
struct Scratch {
    open: Open,
    tail: [u8; TAIL_SIZE],
    walk: Walk,
    name: [u8; CARE_MAX],
    chunk: Chunk,
    /// 1 when the open is told.
    cared: u64,
}

const _: () = assert!(size_of::<Scratch>() <= 32 * 1024, "a per-CPU value has at most 32 KiB");

#[map]
static OPEN: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

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

const FMODE_WRITE: u32 = 2;
/// Flags of open(2), from the mode of the file.
const O_WRONLY: u32 = 1;
const O_RDWR: u32 = 2;

const PROC: u64 = 0x9fa0;
const PIPEFS: u64 = 0x5049_5045;
/// /dev/mem, /dev/kmem, /dev/port.
const MEMORY: [u32; 3] = [1 << 20 | 1, 1 << 20 | 2, 1 << 20 | 4];

// include/uapi/asm-generic/errno-base.h
const EPERM: i32 = 1;
const EACCES: i32 = 13;

/// [`Call::how`] of open_by_handle_at.
const HANDLE: u32 = 1;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_open(_: RawTracePointContext) -> i32 {
    let _ = try_open();
    0
}

fn try_open() -> Result<()> {
    let call = Call::take()?;
    let task = current();
    if call.result < 0 && call.how() != TRUNCATE {
        return refused(&call, task);
    }
    let fd = if call.how() == TRUNCATE { call.arg::<0>() } else { call.result as u64 } as u32;
    if call.how() == TRUNCATE && call.arg::<1>() != 0 {
        return Ok(());
    }
    let file = file_at(task, fd);
    if file == 0 {
        return Ok(());
    }
    let path = file + u64::from(offset!(file_path));
    let scratch = OPEN.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer; this program does not run inside itself on one CPU.
    let (inode, access, dentry) = unsafe {
        let chunk = &raw mut (*scratch).chunk;
        Chunk::read(chunk, file)?;
        let dentry: u64 = (*chunk).get(offset!(file_path) + offset!(path_dentry));
        ((*chunk).get::<u64>(offset!(file_inode)), (*chunk).get::<u32>(offset!(file_mode)) & 3, dentry)
    };
    let mode: u16 = read_or_default(inode, offset!(inode_mode));
    let special = mode & S_IFMT != S_IFREG && special(file, inode, mode, task);
    // SAFETY: as above.
    unsafe {
        let wanted = if access & FMODE_WRITE != 0 { care::WRITE } else { care::READ };
        let (name, chunk) = (&raw mut (*scratch).name, &raw mut (*scratch).chunk);
        let cared = special
            || matches!(call.how(), HANDLE | MAP)
            || named(chunk, dentry, wanted, name).unwrap_or(false)
            || beyond(path, task)
            || mode & EXECUTABLE != 0 && access & FMODE_WRITE == 0 && alien(path, inode, task);
        // Through the map, so that the verifier goes on once and not once for each reason.
        (&raw mut (*scratch).cared).write_volatile(u64::from(cared));
        if (&raw const (*scratch).cared).read_volatile() != 0 {
            if access & FMODE_WRITE != 0 {
                let sb: u64 = read_or_default(inode, offset!(inode_sb));
                hook_opened(inode, read_or_default(sb, offset!(sb_magic)));
            }
            tell(scratch, &call, task, path, inode, access)?;
        }
    }
    if matches!(call.how(), MAP | TRUNCATE) {
        return Ok(());
    }
    if mode & S_IFMT == S_IFREG && access & FMODE_WRITE != 0 {
        let who = who(task)?;
        if !own(&who) {
            written(inode, &who);
        }
    }
    if fd <= 2 {
        redirected(fd, how::OPEN)?;
    }
    Ok(())
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

/// True when the name of a file, or that of the directory it is in, is on a list for this access.
///
/// # Safety
/// `chunk` and `name` must be valid.
#[inline(always)]
unsafe fn named(chunk: *mut Chunk, dentry: u64, wanted: u32, name: *mut [u8; CARE_MAX]) -> Result<bool> {
    // SAFETY: the caller vouches for it.
    unsafe {
        Chunk::read(chunk, dentry)?;
        if cared_for(&*chunk, true, wanted, name) {
            return Ok(true);
        }
        let parent: u64 = (*chunk).get(offset!(dentry_parent));
        Chunk::read(chunk, parent)?;
        Ok(cared_for(&*chunk, false, wanted, name))
    }
}

/// True when the name of a dentry is on a list for this access.
///
/// # Safety
/// `name` must be valid.
#[inline(always)]
pub unsafe fn cared_for(dentry: &Chunk, file: bool, wanted: u32, name: *mut [u8; CARE_MAX]) -> bool {
    // struct qstr: the hash, the length, the address of the name.
    let len: u32 = dentry.get(offset!(dentry_name).wrapping_sub(4));
    if len == 0 || len >= CARE_MAX as u32 {
        return false;
    }
    let Some(letters) = CARES_SHAPES.get(2 * len + u32::from(!file)) else { return false };
    if *letters == 0 {
        return false;
    }
    let at: u64 = dentry.get(offset!(dentry_name));
    // A short name stands in the dentry itself.
    if at == dentry.base() + u64::from(offset!(dentry_inline)) {
        let first: u8 = dentry.get(offset!(dentry_inline));
        if *letters >> (first & 63) & 1 == 0 {
            return false;
        }
    }
    // SAFETY: the caller vouches for it; the helper checks the address.
    unsafe {
        *name = [0; CARE_MAX];
        if bpf_probe_read_kernel_str(name.cast(), CARE_MAX as u32, at as *const _) <= 0 {
            return false;
        }
        listed(name, *letters, file, wanted)
    }
}

/// The same of a name that was read already.
///
/// # Safety
/// `name` must be valid, and zeros follow the name.
#[inline(always)]
pub unsafe fn listed_at(name: *mut [u8; CARE_MAX], file: bool, wanted: u32) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe { listed(name, u64::MAX, file, wanted) }
}

/// # Safety
/// `name` must be valid.
#[inline(always)]
unsafe fn listed(name: *mut [u8; CARE_MAX], letters: u64, file: bool, wanted: u32) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe {
        if letters >> ((*name)[0] & 63) & 1 == 0 {
            return false;
        }
        let list = if file { CARES_FILES.get(&*name) } else { CARES_DIRECTORIES.get(&*name) };
        list.is_some_and(|access| access & wanted != 0)
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

/// Libraries are mapped all day. What is told lies in no file system, has no name left, or was written by the container
/// that maps it.
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
    let alien = nameless || border(path, task) == Border::Internal || is_inside(task) && is_upper(inode);
    if alien && first_few(task, MAPPED, BEYOND_MAX) {
        hand_over_open(ctx, fd, MAP, 0);
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
    if call.how() != HANDLE && error != EPERM && error != EACCES {
        return Ok(());
    }
    let scratch = OPEN.get_ptr_mut(0).ok_or(Unreadable)?;
    if !first_few(task, REFUSED, REFUSED_MAX) {
        return Ok(());
    }
    // SAFETY: as in `try_open`.
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
