//! What a descriptor leads to.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::{LruHashMap, PerCpuArray};
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{Descriptor, DescriptorKind, Header, Kind, Redirect, Who, access, how};

use crate::emit::{emit, header, set_cgroup};
use crate::kernel::{Result, Unreadable, current, offset, own, read, read_or_default, who, who_of_pid};
use crate::path::cgroup_of;
use crate::syscall::Call;
use crate::tcp::{AF_INET, AF_INET6, INBOUND, OUTBOUND, SOCKETS};

/// Who made a pipe, by its inode number.
#[map]
static PIPES: LruHashMap<u64, Who> = LruHashMap::with_max_entries(16_384, 0);

/// Who opened the master of a pty, by the address of the master's `tty_struct`.
#[map]
static PTYS: LruHashMap<u64, Who> = LruHashMap::with_max_entries(4_096, 0);

/// What was told last of a descriptor: by process and number, the inode.
#[map]
static REDIRECTED: LruHashMap<[u32; 2], u64> = LruHashMap::with_max_entries(8_192, 0);

#[map]
static REDIRECT: PerCpuArray<Redirect> = PerCpuArray::with_max_entries(1, 0);

// include/uapi/linux/stat.h
const S_IFMT: u16 = 0o170_000;
const S_IFSOCK: u16 = 0o140_000;
const S_IFREG: u16 = 0o100_000;
const S_IFBLK: u16 = 0o060_000;
const S_IFDIR: u16 = 0o040_000;
const S_IFCHR: u16 = 0o020_000;
const S_IFIFO: u16 = 0o010_000;

// include/uapi/linux/magic.h
const PIPEFS: u64 = 0x5049_5045;
const TMPFS: u64 = 0x0102_1994;

/// /dev/null, /dev/zero, /dev/full (`Documentation/admin-guide/devices.txt`).
const NULLS: [u32; 3] = [1 << 20 | 3, 1 << 20 | 5, 1 << 20 | 7];
/// /dev/ptmx.
pub const PTMX: u32 = 5 << 20 | 2;

/// Major numbers of the slaves of ptys.
const PTS: u32 = 136;
const PTS_LAST: u32 = 143;

const AF_UNIX: u16 = 1;
const IPPROTO_UDP: u16 = 17;
/// The port was chosen by the program (`SOCK_BINDPORT_LOCK` in `include/net/sock.h`).
const BINDPORT_LOCK: u32 = 8;

/// Modes of an open file (`include/linux/fs.h`), as the records have them.
const FMODE: u32 = 3;

/// The last descriptor of the three that count.
const STDERR: i64 = 2;

// include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h
const F_DUPFD: u64 = 0;
const F_DUPFD_CLOEXEC: u64 = 1030;

/// A process that was forked and has not run a program yet (`PF_FORKNOEXEC`): it is setting up what it will run, and
/// the exec will tell.
const PF_FORKNOEXEC: u32 = 0x40;

/// The `struct file` of a descriptor; 0 where there is none.
#[inline(always)]
pub fn file_at(task: u64, fd: u32) -> u64 {
    let files: u64 = read_or_default(task, offset!(task_files));
    let table: u64 = read_or_default(files, offset!(files_table));
    // struct fdtable: how many there are, and the list, a word each.
    let [max, list] = read_or_default::<[u64; 2]>(table, offset!(table_max));
    if fd >= max as u32 {
        return 0;
    }
    read_or_default(list, fd * 8)
}

/// Describes an open file.
///
/// # Safety
/// `into` must be valid.
#[inline(never)]
pub unsafe fn describe(file: u64, into: *mut Descriptor) {
    // SAFETY: the caller vouches for it.
    let into = unsafe { &mut *into };
    *into = Descriptor::default();
    let inode: u64 = read_or_default(file, offset!(file_inode));
    if inode == 0 {
        return;
    }
    let sb: u64 = read_or_default(inode, offset!(inode_sb));
    let mode: u16 = read_or_default(inode, offset!(inode_mode));
    into.inode = read_or_default(inode, offset!(inode_number));
    into.rdev = read_or_default(inode, offset!(inode_rdev));
    into.device = read_or_default(sb, offset!(sb_dev));
    into.access = (read_or_default::<u32>(file, offset!(file_mode)) & FMODE) as u16;
    let magic: u64 = read_or_default(sb, offset!(sb_magic));
    let kind = match mode & S_IFMT {
        S_IFSOCK => socket(inode, into),
        S_IFIFO if magic == PIPEFS => {
            // SAFETY: copied at once.
            into.who = unsafe { PIPES.get(&into.inode) }.copied().unwrap_or_default();
            DescriptorKind::Pipe
        }
        S_IFIFO => DescriptorKind::Fifo,
        S_IFCHR if into.rdev == NULLS[0] || into.rdev == NULLS[1] || into.rdev == NULLS[2] => DescriptorKind::Null,
        S_IFCHR => terminal(file, into),
        S_IFBLK => DescriptorKind::Device,
        S_IFREG if magic == TMPFS && is_internal(file) => DescriptorKind::Memfd,
        S_IFREG | S_IFDIR => DescriptorKind::File,
        _ => DescriptorKind::Other,
    };
    into.kind = kind as u16;
}

/// A file that is in no mount namespace.
#[inline(always)]
fn is_internal(file: u64) -> bool {
    let vfsmount: u64 = read_or_default(file + u64::from(offset!(file_path)), offset!(path_mnt));
    let ns: u64 = read_or_default(vfsmount - u64::from(offset!(mount_mnt)), offset!(mount_ns));
    // No namespace, or an error in the place of its address.
    ns == 0 || ns >= u64::MAX - 4095
}

#[inline(always)]
fn terminal(file: u64, into: &mut Descriptor) -> DescriptorKind {
    let major = into.rdev >> 20;
    // Terminals, consoles, serial lines; ptys.
    if !matches!(major, 2..=5 | PTS..=PTS_LAST | 204 | 229) {
        return DescriptorKind::Device;
    }
    let private: u64 = read_or_default(file, offset!(file_private));
    let tty: u64 = read_or_default(private, offset!(tty_file_tty));
    let master = into.rdev == PTMX;
    if !master && !matches!(major, PTS..=PTS_LAST) {
        return DescriptorKind::Tty;
    }
    into.object = if master { tty } else { read_or_default(tty, offset!(tty_link)) };
    if master {
        into.access |= access::MASTER;
    }
    // SAFETY: copied at once.
    into.who = unsafe { PTYS.get(&into.object) }.copied().unwrap_or_default();
    DescriptorKind::Pty
}

#[inline(always)]
fn socket(inode: u64, into: &mut Descriptor) -> DescriptorKind {
    let sock: u64 = read_or_default(inode - u64::from(offset!(socket_inode)), offset!(socket_sock));
    into.object = sock;
    into.family = read_or_default(sock, offset!(sock_family));
    match into.family {
        AF_INET | AF_INET6 => inet(sock, into),
        AF_UNIX => {
            into.peer = read_or_default(sock, offset!(unix_peer));
            into.who = who_of_pid(read_or_default(sock, offset!(sock_peer_pid))).unwrap_or_default();
            DescriptorKind::Unix
        }
        _ => DescriptorKind::OtherSocket,
    }
}

#[inline(always)]
fn inet(sock: u64, into: &mut Descriptor) -> DescriptorKind {
    into.protocol = read_or_default(sock, offset!(sock_protocol));
    into.local_port = read_or_default(sock, offset!(sock_port));
    into.remote_port = u16::from_be(read_or_default(sock, offset!(sock_remote_port)));
    if into.family == AF_INET {
        let (local, remote): ([u8; 4], [u8; 4]) =
            (read_or_default(sock, offset!(sock_local4)), read_or_default(sock, offset!(sock_remote4)));
        into.local[..4].copy_from_slice(&local);
        into.remote[..4].copy_from_slice(&remote);
    } else {
        into.local = read_or_default(sock, offset!(sock_local6));
        into.remote = read_or_default(sock, offset!(sock_remote6));
    }
    // SAFETY: copied at once.
    if let Some(owner) = unsafe { SOCKETS.get(&sock) }.copied() {
        (into.direction, into.who) = (owner.direction, owner.who);
    } else if into.protocol == IPPROTO_UDP && into.remote_port != 0 {
        // Nobody accepts over UDP: whoever chose its own port waits there for others.
        let bit = offset!(sock_userlocks);
        let locks = read_or_default::<u8>(sock, bit / 8) >> (bit % 8);
        into.direction = if u32::from(locks) & BINDPORT_LOCK != 0 { INBOUND } else { OUTBOUND };
    }
    DescriptorKind::Inet
}

/// dup, open, socket, accept, pidfd_getfd: what gives a descriptor back.
#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_descriptor(_: RawTracePointContext) -> i32 {
    let _ = try_descriptor();
    0
}

fn try_descriptor() -> Result<()> {
    let call = Call::take()?;
    if !(0..=STDERR).contains(&call.result) {
        return Ok(());
    }
    let mut how = call.how();
    if how == how::FCNTL {
        if !matches!(call.arg::<1>(), F_DUPFD | F_DUPFD_CLOEXEC) {
            return Ok(());
        }
        how = how::DUP;
    }
    redirected(call.result as u32, how)
}

/// Tells what stands on descriptor 0, 1 or 2 of the current process from now on, where it is worth it.
#[inline(always)]
pub fn redirected(fd: u32, how: u32) -> Result<()> {
    let task = current();
    let record = REDIRECT.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer; this program does not run inside itself on one CPU.
    unsafe {
        let now = &raw mut (*record).now;
        describe(file_at(task, fd), now);
        let kind = DescriptorKind::from_number((*now).kind);
        let through = matches!(kind, DescriptorKind::Pipe | DescriptorKind::Fifo | DescriptorKind::Pty);
        let socket = matches!(kind, DescriptorKind::Inet | DescriptorKind::Unix);
        // A shell puts its own pipes back after each command.
        let place = [read_or_default::<u32>(task, offset!(task_tgid)), fd];
        let told = REDIRECTED.get(&place).copied();
        if !socket && told == Some((*now).inode) {
            return Ok(());
        }
        // Of the process, not of the thread: no thread runs a program of its own.
        let leader: u64 = read_or_default(task, offset!(task_leader));
        let preparing = read_or_default::<u32>(leader, offset!(task_flags)) & PF_FORKNOEXEC != 0;
        // What leads nowhere is told only where something else was told before.
        if !socket && !(through && !preparing) && told.is_none() {
            return Ok(());
        }
        let Some(mut header) = header(Kind::Redirect, task) else { return Ok(()) };
        set_cgroup(&mut header, &cgroup_of(task));
        ((*record).header, (*record).fd, (*record).how) = (header, fd, how);
        if socket || through {
            let _ = REDIRECTED.insert(&place, &(*now).inode, 0);
        } else {
            let _ = REDIRECTED.remove(&place);
        }
        emit(Kind::Redirect, record.cast::<Header>(), size_of::<Redirect>() as u64);
    }
    Ok(())
}

/// pipe, socketpair: two at once.
#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_pair(_: RawTracePointContext) -> i32 {
    let _ = try_pair();
    0
}

fn try_pair() -> Result<()> {
    let call = Call::take()?;
    if call.result != 0 {
        return Ok(());
    }
    let task = current();
    let maker = who(task)?;
    if own(&maker) {
        return Ok(());
    }
    let list = if call.how() == 0 { call.arg::<0>() } else { call.arg::<3>() };
    // SAFETY: the helper reads user memory at any address.
    let pair: [i32; 2] = unsafe { aya_ebpf::helpers::bpf_probe_read_user(list as *const _) }.map_err(|_| Unreadable)?;
    if call.how() == 0 {
        let inode: u64 = read(file_at(task, pair[0] as u32), offset!(file_inode))?;
        let _ = PIPES.insert(&read(inode, offset!(inode_number))?, &maker, 0);
    }
    for fd in pair {
        if (0..=STDERR).contains(&i64::from(fd)) {
            redirected(fd as u32, how::MADE)?;
        }
    }
    Ok(())
}

/// Remembers who opened the master of a pty, when `file` is one.
#[inline(always)]
pub fn pty_opened(file: u64, task: u64) {
    let inode: u64 = read_or_default(file, offset!(file_inode));
    let rdev: u32 = read_or_default(inode, offset!(inode_rdev));
    if rdev != PTMX {
        return;
    }
    let private: u64 = read_or_default(file, offset!(file_private));
    let tty: u64 = read_or_default(private, offset!(tty_file_tty));
    if let Ok(who) = who(task)
        && tty != 0
    {
        let _ = PTYS.insert(&tty, &who, 0);
    }
}
