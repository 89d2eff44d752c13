//! Reading the kernel's structs: tasks, credentials, namespaces.

use aya_ebpf::EbpfContext as _;
use aya_ebpf::helpers::generated::bpf_probe_read_kernel as gen_probe_read_kernel;
use aya_ebpf::helpers::{bpf_get_current_task, bpf_probe_read_kernel};
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ABSENT, Offsets, RDONLY_CAST, Settings, Who};

/// Where fields lie; set by the loader.
#[unsafe(no_mangle)]
pub static OFFSETS: Offsets = Offsets::NONE;

/// What the reader wants; set by the loader.
#[unsafe(no_mangle)]
static SETTINGS: Settings =
    Settings { own_pid: 0, observer: 0, pid_ns: 0, host_mnt_ns: 0, ring_bytes: 0, wake_bytes: 0, wake_nanos: 0 };

/// Flag of `signal_struct.flags`: the whole group is exiting (`include/linux/sched/signal.h`).
pub const SIGNAL_GROUP_EXIT: u32 = 4;

/// The deepest pid namespace (`MAX_PID_NS_LEVEL` in `include/linux/pid_namespace.h`).
const PID_LEVELS: u32 = 32;

/// Something could not be read; what rests on it is left out.
pub struct Unreadable;

pub type Result<T> = core::result::Result<T, Unreadable>;

/// The table of offsets. A volatile read of the global: what it holds at compile time means nothing.
macro_rules! offset {
    ($field:ident) => {
        $crate::kernel::volatile(&raw const $crate::kernel::OFFSETS.$field)
    };
}
pub(crate) use offset;

#[inline(always)]
pub fn settings() -> Settings {
    let settings = &raw const SETTINGS;
    // SAFETY: it is a static.
    unsafe { core::ptr::read_volatile(settings) }
}

#[inline(always)]
pub fn volatile(field: *const u32) -> u32 {
    // SAFETY: only called through `offset!`, with a field of a static.
    unsafe { core::ptr::read_volatile(field) }
}

/// The value at `base + offset`. Any address may be given: the kernel's helper checks it.
#[inline(always)]
pub fn read<T>(base: u64, offset: u32) -> Result<T> {
    if base == 0 || offset == ABSENT {
        return Err(Unreadable);
    }
    let at = base + u64::from(offset);
    if is_direct() {
        // SAFETY: `OFFSETS` says that this kernel has the function.
        return Ok(unsafe { load(cast(at)) });
    }
    // SAFETY: the helper reads kernel memory at any address without faulting.
    unsafe { bpf_probe_read_kernel(at as *const T) }.map_err(|_| Unreadable)
}

/// Whether this kernel lets memory be read by plain loads. The loader decides before the programs are verified, and what is
/// not taken is taken out by the verifier.
#[inline(always)]
pub fn is_direct() -> bool {
    offset!(rdonly_cast) != ABSENT
}

/// An address as a pointer that may be read: `bpf_rdonly_cast` of type 0, void, since 6.17. It costs nothing, and a load
/// through it is a single instruction that gives 0 where nothing is mapped; the helper costs some 30 ns a time.
///
/// # Safety
/// Only where [`is_direct`] says so: the loader puts the function's number into the call.
#[inline(always)]
unsafe fn cast(at: u64) -> *const u8 {
    // SAFETY: the number stands for the function.
    let cast: unsafe extern "C" fn(u64, u32) -> *const u8 = unsafe { core::mem::transmute(RDONLY_CAST as usize) };
    // SAFETY: it takes any address.
    unsafe { cast(at, 0) }
}

/// What is there, in the words that the type is made of.
///
/// # Safety
/// `at` must come from [`cast`], `T` be made of integers.
#[inline(always)]
unsafe fn load<T>(at: *const u8) -> T {
    let mut value = core::mem::MaybeUninit::<T>::uninit();
    let into: *mut u8 = value.as_mut_ptr().cast();
    // SAFETY: the caller vouches for it. Volatile, so that each is one load of its size.
    unsafe {
        match size_of::<T>() {
            1 => *into = at.read_volatile(),
            2 => into.cast::<u16>().write_unaligned(at.cast::<u16>().read_volatile()),
            4 => into.cast::<u32>().write_unaligned(at.cast::<u32>().read_volatile()),
            size if align_of::<T>() == 8 => {
                for word in 0..size / 8 {
                    into.cast::<u64>().add(word).write(at.cast::<u64>().add(word).read_volatile());
                }
            }
            size => {
                for word in 0..size / 4 {
                    into.cast::<u32>().add(word).write_unaligned(at.cast::<u32>().add(word).read_volatile());
                }
            }
        }
        value.assume_init()
    }
}

/// What is all zeros by default, and may be any bits.
pub trait Plain: Default {}
impl Plain for u8 {}
impl Plain for [u8; 4] {}
impl Plain for [u8; 16] {}
impl Plain for [u64; 2] {}
impl Plain for u16 {}
impl Plain for u32 {}
impl Plain for u64 {}
impl Plain for i32 {}

/// The value at `base + offset`, or 0 where the kernel has none.
///
/// No branch depends on whether it could be read: the helper writes zeros where it could not. The verifiers before Linux 6.2
/// would go through all that follows once for the zero and once for the value, for each read anew.
#[inline(always)]
pub fn read_or_default<T: Plain>(base: u64, offset: u32) -> T {
    if offset == ABSENT {
        return T::default();
    }
    let from = base.wrapping_add(u64::from(offset));
    if is_direct() {
        // SAFETY: as in `read`.
        return unsafe { load(cast(from)) };
    }
    let mut value = core::mem::MaybeUninit::<T>::uninit();
    // SAFETY: the helper reads kernel memory at any address without faulting, and writes the whole value in each case.
    unsafe {
        gen_probe_read_kernel(value.as_mut_ptr().cast(), size_of::<T>() as u32, from as *const _);
        value.assume_init()
    }
}

/// Bytes of a [`Chunk`].
const CHUNK: usize = 120;

/// The beginning of a struct, read at once: a read costs more than the bytes that it copies. Where memory can be read
/// directly nothing is copied.
#[repr(C)]
pub struct Chunk {
    base: u64,
    bytes: [u8; CHUNK],
}

impl Chunk {
    /// Reads the beginning of the struct at `base`.
    ///
    /// # Safety
    /// `into` must be valid.
    #[inline(always)]
    pub unsafe fn read(into: *mut Chunk, base: u64) -> Result<()> {
        // SAFETY: the caller vouches for it; the helper checks the address.
        let read = unsafe {
            (*into).base = base;
            if is_direct() {
                return if base == 0 { Err(Unreadable) } else { Ok(()) };
            }
            gen_probe_read_kernel((&raw mut (*into).bytes).cast(), CHUNK as u32, base as *const _)
        };
        if read == 0 { Ok(()) } else { Err(Unreadable) }
    }

    /// Where the struct lies.
    #[inline(always)]
    pub fn base(&self) -> u64 {
        self.base
    }

    /// The field at `offset`, wherever that lies; its default where the kernel has none.
    #[inline(always)]
    pub fn get<T: Plain>(&self, offset: u32) -> T {
        if !is_direct() && offset as usize <= CHUNK - size_of::<T>() {
            // SAFETY: it lies within.
            unsafe { self.bytes.as_ptr().add(offset as usize).cast::<T>().read_unaligned() }
        } else {
            read_or_default(self.base, offset)
        }
    }
}

/// Hides where a number comes from, so that the compiler keeps the bounds check that the verifier wants to see.
#[inline(always)]
pub fn opaque(mut number: u64) -> u64 {
    // SAFETY: it moves a register into itself. An empty body would leave two lines of source at one instruction, which
    // the kernel refuses.
    unsafe { core::arch::asm!("{0} = {0}", inout(reg) number, options(nomem, nostack, preserves_flags)) };
    number
}

/// The first arguments of a raw tracepoint. More than it has are refused at load.
#[inline(always)]
pub fn args<const N: usize>(ctx: &RawTracePointContext) -> [u64; N] {
    // SAFETY: the context of a raw tracepoint is its arguments, a word each.
    unsafe { *ctx.as_ptr().cast() }
}

/// The task that runs now.
#[inline(always)]
pub fn current() -> u64 {
    // SAFETY: a plain helper call.
    unsafe { bpf_get_current_task() }
}

/// The process that a task belongs to, as the reader sees it. `Err` for one that is not in its pid namespace.
#[inline(always)]
pub fn who(task: u64) -> Result<Who> {
    let leader: u64 = read(task, offset!(task_leader))?;
    Ok(Who { pid: visible_pid(leader)?, reserved: 0, start: read(leader, offset!(task_start))? })
}

/// The pid of the process that a task belongs to, as the reader sees it; 0 for one that is not in its pid namespace.
#[inline(always)]
pub fn own_pid(task: u64) -> u32 {
    who(task).map_or(0, |who| who.pid)
}

/// The process that a `struct pid` stands for, as the reader sees it.
#[inline(always)]
pub fn who_of_pid(pid: u64) -> Result<Who> {
    who(task_of_pid(pid)?)
}

/// The task that leads the process that a `struct pid` stands for.
#[inline(always)]
pub fn task_of_pid(pid: u64) -> Result<u64> {
    /// Which list of a pid has its process (`PIDTYPE_TGID`), each a word long; the nodes in the task are two words.
    const TGID: u32 = 1;
    let node: u64 = read(pid, offset!(pid_tasks) + TGID * 8)?;
    if node == 0 || offset!(task_pid_links) == ABSENT {
        return Err(Unreadable);
    }
    Ok(node - u64::from(offset!(task_pid_links)) - u64::from(TGID) * 16)
}

/// True when the reader asked not to hear of this process.
#[inline(always)]
pub fn own(who: &Who) -> bool {
    who.pid == settings().own_pid
}

/// The pid of a task in the pid namespace of the reader.
#[inline(always)]
pub fn visible_pid(task: u64) -> Result<u32> {
    let wanted = settings().pid_ns;
    if wanted == 0 {
        return read(task, offset!(task_pid));
    }
    let pid: u64 = read(task, offset!(task_thread_pid))?;
    let level: u32 = read(pid, offset!(pid_level))?;
    for at in 0..PID_LEVELS {
        if at > level {
            break;
        }
        let (number, ns) = upid(pid, at)?;
        if read::<u32>(ns, offset!(pid_inum))? == wanted {
            return Ok(number);
        }
    }
    Err(Unreadable)
}

/// The pid of a task in its own pid namespace, and the address of that namespace.
#[inline(always)]
pub fn own_ns_pid(task: u64) -> Result<(u32, u64)> {
    let pid: u64 = read(task, offset!(task_thread_pid))?;
    upid(pid, read(pid, offset!(pid_level))?)
}

#[inline(always)]
fn upid(pid: u64, level: u32) -> Result<(u32, u64)> {
    let at = pid + u64::from(offset!(pid_numbers)) + u64::from(level) * u64::from(offset!(upid_size));
    Ok((read(at, offset!(upid_nr))?, read(at, offset!(upid_ns))?))
}

/// uid, gid, euid, login uid, audit session.
#[inline(always)]
pub fn ids(task: u64) -> [u32; 5] {
    let cred: u64 = read_or_default(task, offset!(task_cred));
    [
        read_or_default(cred, offset!(cred_uid)),
        read_or_default(cred, offset!(cred_gid)),
        read_or_default(cred, offset!(cred_euid)),
        read(task, offset!(task_login_uid)).unwrap_or(u32::MAX),
        read(task, offset!(task_session)).unwrap_or(u32::MAX),
    ]
}

/// Effective and permitted capabilities.
#[inline(always)]
pub fn capabilities(task: u64) -> (u64, u64) {
    let cred: u64 = read_or_default(task, offset!(task_cred));
    (read_or_default(cred, offset!(cred_effective)), read_or_default(cred, offset!(cred_permitted)))
}

/// Inode numbers of the namespaces, in the order of `ktrace_probes_common::NAMESPACES`; 0 where unknown.
#[inline(always)]
pub fn namespaces(task: u64) -> [u32; 8] {
    let proxy: u64 = read_or_default(task, offset!(task_nsproxy));
    let cred: u64 = read_or_default(task, offset!(task_cred));
    let pid_ns = own_ns_pid(task).map_or(0, |(_, ns)| ns);
    [
        inum(read_or_default(proxy, offset!(nsproxy_mnt)), offset!(mnt_inum)),
        inum(pid_ns, offset!(pid_inum)),
        inum(read_or_default(proxy, offset!(nsproxy_net)), offset!(net_inum)),
        inum(read_or_default(proxy, offset!(nsproxy_ipc)), offset!(ipc_inum)),
        inum(read_or_default(proxy, offset!(nsproxy_uts)), offset!(uts_inum)),
        inum(read_or_default(proxy, offset!(nsproxy_cgroup)), offset!(cgroup_inum)),
        inum(read_or_default(cred, offset!(cred_user_ns)), offset!(user_inum)),
        inum(read_or_default(proxy, offset!(nsproxy_time)), offset!(time_inum)),
    ]
}

#[inline(always)]
fn inum(ns: u64, offset: u32) -> u32 {
    read_or_default(ns, offset)
}
