//! How a record of an act is written, part by part.

use aya_ebpf::macros::map;
use aya_ebpf::maps::PerCpuArray;
use ktrace_probes_common::{Act, ActOp, GIVEN_MAX, Header, Kind, flags};

use crate::descriptor::file_at;
use crate::emit::{emit, header, set_cgroup};
use crate::kernel::{Result, Unreadable, offset, opaque, read_or_default};
use crate::path::{CUT, Deep, TAIL_SIZE, Tail, Walk, cgroup_of, file_path, inside_path};

/// An act with room for all that varies.
#[repr(C)]
struct Scratch {
    act: Act,
    tail: [u8; TAIL_SIZE],
    walk: Walk,
}

const _: () = assert!(size_of::<Scratch>() <= 32 * 1024, "a per-CPU value has at most 32 KiB");

/// Bytes of what is written that are told.
const BYTES_MAX: usize = 256;

/// The act that is being written. The programs that write one run at the end of a system call or at a fork, never one
/// inside the other.
#[map]
static ACT: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// A record that is being written. The variable parts must be written in their order.
pub struct Draft {
    scratch: *mut Scratch,
    len: u64,
}

impl Draft {
    /// Begins one about `task`; `Ok(None)` when the reader does not want to hear of it.
    #[inline(always)]
    pub fn begin(task: u64, op: ActOp, how: u32, error: i32) -> Result<Option<Draft>> {
        let Some(mut header) = header(Kind::Act, task) else { return Ok(None) };
        set_cgroup(&mut header, &cgroup_of(task));
        let scratch = ACT.get_ptr_mut(0).ok_or(Unreadable)?;
        // SAFETY: the map gave the pointer, and see `ACT`.
        unsafe {
            (*scratch).act = Act { header, op: op as u16, how: how as u16, error, ..Act::default() };
        }
        Ok(Some(Draft { scratch, len: 0 }))
    }

    /// The fixed part.
    #[inline(always)]
    pub fn act(&mut self) -> &mut Act {
        // SAFETY: `begin` got it from the map.
        unsafe { &mut (*self.scratch).act }
    }

    #[inline(always)]
    fn tail(&self) -> Tail {
        // SAFETY: as above.
        Tail(unsafe { (&raw mut (*self.scratch).tail).cast() })
    }

    /// The path of a `struct path`, as the directory that `a` is relative to.
    #[inline(always)]
    pub fn base(&mut self, path: u64) {
        let len = self.walk(path);
        self.act().base_len = len;
    }

    /// The same for `b`.
    #[inline(always)]
    pub fn base2(&mut self, path: u64) {
        let len = self.walk(path);
        self.act().base2_len = len;
    }

    #[inline(always)]
    fn walk(&mut self, path: u64) -> u16 {
        // SAFETY: the scratch is ours.
        let len = unsafe { file_path::<Deep>(self.tail(), self.len, path, &raw mut (*self.scratch).walk) };
        if len & CUT != 0 {
            self.act().header.flags |= flags::PATH_CUT;
        }
        self.len += len & 0xffff;
        len as u16
    }

    /// The path of a `struct path` within its own file system.
    #[inline(always)]
    pub fn inside(&mut self, path: u64) {
        // SAFETY: the scratch is ours.
        let len = unsafe { inside_path(self.tail(), self.len, path, &raw mut (*self.scratch).walk) } & 0xffff;
        self.len += len;
        self.act().inside_len = len as u16;
    }

    /// The string `a`, from the memory of the process.
    #[inline(always)]
    pub fn a(&mut self, from: u64) {
        let len = self.user_string(from);
        self.act().a_len = len;
    }

    /// The string `b`, likewise.
    #[inline(always)]
    pub fn b(&mut self, from: u64) {
        let len = self.user_string(from);
        self.act().b_len = len;
    }

    /// The string `c`, likewise.
    #[inline(always)]
    pub fn c(&mut self, from: u64) {
        let len = self.user_string(from);
        self.act().c_len = len;
    }

    /// The string `a`, from the memory of the kernel.
    #[inline(always)]
    pub fn a_kernel(&mut self, from: u64) {
        let len = self.kernel_string(from);
        self.act().a_len = len;
    }

    /// The string `b`, likewise.
    #[inline(always)]
    pub fn b_kernel(&mut self, from: u64) {
        let len = self.kernel_string(from);
        self.act().b_len = len;
    }

    #[inline(always)]
    fn kernel_string(&mut self, from: u64) -> u16 {
        let len = self.tail().string(self.len, from, GIVEN_MAX as u32);
        self.len += len;
        len as u16
    }

    /// The string `a`, of so many bytes from the memory of the process; not more than a few.
    #[inline(always)]
    pub fn bytes(&mut self, from: u64, len: u64) {
        let len = if len < BYTES_MAX as u64 { len } else { BYTES_MAX as u64 };
        if let Some(len) = self.tail().user::<BYTES_MAX>(self.len, from, len) {
            self.len += len;
            self.act().a_len = len as u16;
        }
    }

    #[inline(always)]
    fn user_string(&mut self, from: u64) -> u16 {
        let len = self.tail().user_string(self.len, from, GIVEN_MAX as u32);
        self.len += len;
        len as u16
    }

    /// Puts it on the ring.
    #[inline(always)]
    pub fn tell(self) {
        let total = opaque(size_of::<Act>() as u64 + self.len);
        if total <= (size_of::<Act>() + TAIL_SIZE) as u64 {
            // SAFETY: an act begins with its header, and the tail follows it.
            unsafe { emit(Kind::Act, (&raw mut (*self.scratch).act.header).cast::<Header>(), total) };
        }
    }
}

/// The `struct path` of a directory that is given by its descriptor; negative ones mean the working directory.
#[inline(always)]
pub fn directory(task: u64, fd: u64) -> u64 {
    let file = if (fd as i32) < 0 { 0 } else { file_at(task, fd as u32) };
    if file == 0 { working_directory(task) } else { file + u64::from(offset!(file_path)) }
}

/// The `struct path` of the working directory of a task.
#[inline(always)]
pub fn working_directory(task: u64) -> u64 {
    read_or_default::<u64>(task, offset!(task_fs)) + u64::from(offset!(fs_pwd))
}
