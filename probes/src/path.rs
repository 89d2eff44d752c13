//! Paths of files and of cgroups, walked from the leaf to the root, as no helper gives them in a tracepoint.
//!
//! A path is written as its components, the last first, each ended by a NUL: names hold neither `/` nor NUL, and the
//! reader turns them around.

use aya_ebpf::helpers::generated::{bpf_loop, bpf_probe_read_kernel_str, bpf_probe_read_user, bpf_probe_read_user_str};
use ktrace_probes_common::{
    ABSENT, CGROUP_DEPTH, CGROUP_MAX, EXEC_TAIL_MAX, NAME_MAX, PATH_DEPTH, PATH_DEPTH_SHALLOW, PATH_MAX,
};

use crate::kernel::{offset, opaque, read, read_or_default};

/// Set in what the walks return when components are missing.
pub const CUT: u64 = 1 << 32;

/// Where the variable parts of a record are written: they follow its fixed part.
#[derive(Clone, Copy)]
pub struct Tail(pub *mut u8);

/// Bytes that a [`Tail`] has: what is promised, and one name more, so that a check before a write is enough.
pub const TAIL_SIZE: usize = EXEC_TAIL_MAX + NAME_MAX;

impl Tail {
    /// Writes a NUL-terminated name at `at`; returns its length with the NUL, 0 when it could not be read.
    #[inline(always)]
    pub fn name(self, at: u64, from: u64, max: u32) -> u64 {
        let at = opaque(at);
        if at > (TAIL_SIZE - NAME_MAX) as u64 || max > NAME_MAX as u32 {
            return 0;
        }
        // SAFETY: `at + max` lies within the tail; the helper checks `from`.
        let len = unsafe { bpf_probe_read_kernel_str(self.0.add(at as usize).cast(), max, from as *const _) };
        if len > 0 { len as u64 } else { 0 }
    }

    /// Writes a long NUL-terminated kernel string, without its NUL.
    #[inline(always)]
    pub fn string(self, at: u64, from: u64, max: u32) -> u64 {
        let at = opaque(at);
        if at > (TAIL_SIZE - PATH_MAX) as u64 || max > PATH_MAX as u32 {
            return 0;
        }
        // SAFETY: as above.
        let len = unsafe { bpf_probe_read_kernel_str(self.0.add(at as usize).cast(), max, from as *const _) };
        if len > 0 { len as u64 - 1 } else { 0 }
    }

    /// Writes a NUL-terminated string of user memory, without its NUL.
    #[inline(always)]
    pub fn user_string(self, at: u64, from: u64, max: u32) -> u64 {
        let at = opaque(at);
        if at > (TAIL_SIZE - PATH_MAX) as u64 || max > PATH_MAX as u32 || from == 0 {
            return 0;
        }
        // SAFETY: as above.
        let len = unsafe { bpf_probe_read_user_str(self.0.add(at as usize).cast(), max, from as *const _) };
        if len > 0 { len as u64 - 1 } else { 0 }
    }

    /// Writes `len` bytes of user memory; `None` when they cannot be read.
    #[inline(always)]
    pub fn user<const MAX: usize>(self, at: u64, from: u64, len: u64) -> Option<u64> {
        let (at, len) = (opaque(at), opaque(len));
        if at > (TAIL_SIZE - MAX) as u64 || len > MAX as u64 || len == 0 {
            return None;
        }
        // SAFETY: as above.
        let failed = unsafe { bpf_probe_read_user(self.0.add(at as usize).cast(), len as u32, from as *const _) };
        (failed == 0).then_some(len)
    }
}

/// A cgroup: where it is in memory, and who it is.
#[derive(Clone, Copy, Default)]
pub struct CgroupAt {
    /// Address of `struct cgroup`.
    pub address: u64,
    /// Address of its `struct kernfs_node`.
    pub node: u64,
    /// Its id.
    pub id: u64,
    /// Its hierarchy.
    pub hierarchy: u32,
}

/// The cgroup that says most about a task: that of v2, or, where v2 leaves everybody at the root, that of the first
/// v1 controller that does not.
#[inline(always)]
pub fn cgroup_of(task: u64) -> CgroupAt {
    let css_set: u64 = read_or_default(task, offset!(task_cgroups));
    let unified = cgroup_at(read_or_default(css_set, offset!(css_default)));
    if !is_root(unified.node) {
        return unified;
    }
    for index in [offset!(subsys_pids), offset!(subsys_memory), offset!(subsys_cpu)] {
        if index == ABSENT || offset!(css_subsys) == ABSENT {
            continue;
        }
        let css: u64 = read_or_default(css_set, offset!(css_subsys) + index * 8);
        let found = cgroup_at(read_or_default(css, offset!(css_cgroup)));
        if found.node != 0 && !is_root(found.node) {
            return found;
        }
    }
    unified
}

#[inline(always)]
fn cgroup_at(address: u64) -> CgroupAt {
    let node: u64 = read_or_default(address, offset!(cgroup_kn));
    let root: u64 = read_or_default(address, offset!(cgroup_root));
    CgroupAt {
        address,
        node,
        id: read_or_default(node, offset!(kn_id)),
        hierarchy: read_or_default(root, offset!(root_hierarchy)),
    }
}

#[inline(always)]
fn is_root(node: u64) -> bool {
    read_or_default::<u64>(node, offset!(kn_parent)) == 0
}

/// Writes the path of a cgroup at the beginning of `tail`; returns its length, with [`CUT`].
///
/// # Safety
/// `walk` must be valid and nobody else's.
#[inline(always)]
pub unsafe fn cgroup_path(tail: Tail, node: u64, walk: *mut Walk) -> u64 {
    // SAFETY: the caller vouches for it.
    unsafe {
        (&raw mut (*walk).dentry).write_volatile(node);
        (&raw mut (*walk).len).write_volatile(0);
        (&raw mut (*walk).cut).write_volatile(CUT);
        for _ in 0..CGROUP_DEPTH {
            if cgroup_step(tail, walk) {
                break;
            }
        }
        (&raw const (*walk).len).read_volatile() | (&raw const (*walk).cut).read_volatile()
    }
}

/// One component; true when there are no more.
///
/// # Safety
/// `walk` must be valid and nobody else's.
#[inline(always)]
unsafe fn cgroup_step(tail: Tail, walk: *mut Walk) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe {
        let node = (&raw const (*walk).dentry).read_volatile();
        let parent: u64 = read_or_default(node, offset!(kn_parent));
        if parent == 0 {
            (&raw mut (*walk).cut).write_volatile(0);
            return true;
        }
        let len = (&raw const (*walk).len).read_volatile();
        if len > (CGROUP_MAX - NAME_MAX) as u64 {
            return true;
        }
        let written = tail.name(len, read_or_default(node, offset!(kn_name)), NAME_MAX as u32);
        (&raw mut (*walk).len).write_volatile(len + written);
        (&raw mut (*walk).dentry).write_volatile(parent);
    }
    false
}

/// Where a walk is. It lies in a map and not in registers: what the verifier forgets between two steps it does not
/// have to tell apart, and so it checks each step once, instead of every way of arriving at it.
#[repr(C)]
pub struct Walk {
    /// The mount that a file's walk is in.
    vfsmount: u64,
    /// The component: a dentry, or a cgroup's node.
    dentry: u64,
    /// Bytes written.
    len: u64,
    /// [`CUT`] until the root is reached.
    cut: u64,
}

/// How the components of a file's path are gone through.
pub trait Walker {
    /// Makes steps until one says that it was the last.
    ///
    /// # Safety
    /// `walk` must be valid and nobody else's.
    unsafe fn run(tail: Tail, at: u64, walk: *mut Walk);
}

/// With `bpf_loop`, since Linux 5.17: [`PATH_DEPTH`] components, checked by the verifier once.
pub struct Deep;

/// With a plain loop: fewer components, as the verifier goes through it step by step.
pub struct Shallow;

/// What `bpf_loop` hands to each step.
#[repr(C)]
struct Context {
    tail: Tail,
    at: u64,
    walk: *mut Walk,
}

impl Walker for Deep {
    #[inline(always)]
    unsafe fn run(tail: Tail, at: u64, walk: *mut Walk) {
        let mut context = Context { tail, at, walk };
        // SAFETY: the callback gets the context that is given here.
        unsafe { bpf_loop(PATH_DEPTH, each as *mut _, (&raw mut context).cast(), 0) };
    }
}

unsafe extern "C" fn each(_: u32, context: *mut Context) -> i64 {
    // SAFETY: `Deep::run` gave it.
    unsafe { i64::from(step((*context).tail, (*context).at, (*context).walk)) }
}

impl Walker for Shallow {
    #[inline(always)]
    unsafe fn run(tail: Tail, at: u64, walk: *mut Walk) {
        for _ in 0..PATH_DEPTH_SHALLOW {
            // SAFETY: the caller vouches for it.
            if unsafe { step(tail, at, walk) } {
                return;
            }
        }
    }
}

/// Writes the path of a file (`struct path` at `address`) at `at`, from the root of its mount namespace; returns its
/// length, with [`CUT`].
///
/// # Safety
/// `walk` must be valid and nobody else's.
#[inline(always)]
pub unsafe fn file_path<W: Walker>(tail: Tail, at: u64, address: u64, walk: *mut Walk) -> u64 {
    // SAFETY: the caller vouches for it.
    unsafe {
        (&raw mut (*walk).vfsmount).write_volatile(read_or_default(address, offset!(path_mnt)));
        (&raw mut (*walk).dentry).write_volatile(read_or_default(address, offset!(path_dentry)));
        (&raw mut (*walk).len).write_volatile(0);
        (&raw mut (*walk).cut).write_volatile(CUT);
        W::run(tail, at, walk);
        (&raw const (*walk).len).read_volatile() | (&raw const (*walk).cut).read_volatile()
    }
}

/// Writes the path of a file within its own file system at `at`; returns its length, with [`CUT`].
///
/// # Safety
/// `walk` must be valid and nobody else's.
#[inline(always)]
pub unsafe fn inside_path(tail: Tail, at: u64, address: u64, walk: *mut Walk) -> u64 {
    // SAFETY: the caller vouches for it.
    unsafe {
        (&raw mut (*walk).vfsmount).write_volatile(0);
        (&raw mut (*walk).dentry).write_volatile(read_or_default(address, offset!(path_dentry)));
        (&raw mut (*walk).len).write_volatile(0);
        (&raw mut (*walk).cut).write_volatile(CUT);
        Deep::run(tail, at, walk);
        (&raw const (*walk).len).read_volatile() | (&raw const (*walk).cut).read_volatile()
    }
}

/// One component, or one mount point; true when it was the last.
///
/// # Safety
/// `walk` must be valid and nobody else's.
#[inline(always)]
unsafe fn step(tail: Tail, at: u64, walk: *mut Walk) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe {
        let vfsmount = (&raw const (*walk).vfsmount).read_volatile();
        let dentry = (&raw const (*walk).dentry).read_volatile();
        if dentry == read_or_default(vfsmount, offset!(vfsmount_root)) {
            // The root of a mount: go on where it is mounted.
            let mount = vfsmount - u64::from(offset!(mount_mnt));
            let above: u64 = read_or_default(mount, offset!(mount_parent));
            if above == mount || above == 0 {
                (&raw mut (*walk).cut).write_volatile(0);
                return true;
            }
            (&raw mut (*walk).dentry).write_volatile(read_or_default(mount, offset!(mount_point)));
            (&raw mut (*walk).vfsmount).write_volatile(above + u64::from(offset!(mount_mnt)));
            return false;
        }
        let len = (&raw const (*walk).len).read_volatile();
        if len > (PATH_MAX - NAME_MAX) as u64 {
            return true;
        }
        let parent: u64 = read_or_default(dentry, offset!(dentry_parent));
        if vfsmount == 0 && parent == dentry {
            // The root of the file system.
            (&raw mut (*walk).cut).write_volatile(0);
            return true;
        }
        let Ok(name) = read(dentry, offset!(dentry_name)) else { return true };
        let written = tail.name(at + len, name, NAME_MAX as u32);
        (&raw mut (*walk).len).write_volatile(len + written);
        (&raw mut (*walk).dentry).write_volatile(parent);
        // What is its own parent belongs to no tree: a memfd, a pipe.
        if parent == dentry {
            (&raw mut (*walk).cut).write_volatile(0);
        }
        parent == dentry
    }
}
