//! Everything else that a process asks of the kernel and that is told.

use crate::file::File;
use crate::header::{Header, Who};
use crate::wire::wire;

wire! {
    /// An act. Followed by a directory that `a` is relative to, one that `b` is relative to, the path of `file` within
    /// its file system (these three as lists of components, the last first, each ended by a NUL), and the strings
    /// `a`, `b`, `c`.
    pub struct Act {
        /// Who did it; for clone, the child.
        pub header: Header,
        /// What the operation says: see [`ActOp`].
        pub args: [u64; 6],
        /// Whom it was done to.
        pub target: Who,
        /// What it was done to.
        pub file: File,
        /// One of [`ActOp`].
        pub op: u16,
        /// Which call of the operation: its place in the list that [`ActOp`] gives.
        pub how: u16,
        /// Errno, 0 when it was done.
        pub error: i32,
        /// Bytes of the directory that `a` is relative to.
        pub base_len: u16,
        /// Bytes of the directory that `b` is relative to.
        pub base2_len: u16,
        /// Bytes of the path of `file`.
        pub inside_len: u16,
        /// Bytes of `a`.
        pub a_len: u16,
        /// Bytes of `b`.
        pub b_len: u16,
        /// Bytes of `c`.
        pub c_len: u16,
        /// Keeps the size a multiple of 8.
        pub reserved: u32,
    }
}

/// The operations. The numbers are the wire's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum ActOp {
    /// setns, unshare, clone. `args`: the flags, then the namespaces afterwards, two to a word.
    Namespaces = 0,
    /// mount, umount, move_mount, fsmount, open_tree, fsopen, pivot_root, chroot. `args`: the flags. `a` the source
    /// (for an overlay its options),
    /// `b` the target, `c` the type; for chroot and pivot_root `file` is the new root, and its path in its mount
    /// namespace the directory of `b`.
    Mount = 1,
    /// ptrace attach, ptrace poke, process_vm_readv, process_vm_writev, pidfd_getfd, prlimit (of the observer). `args`: the
    /// request.
    Reach = 2,
    /// memfd_create. `a` the name.
    Memfd = 3,
    /// setuid and kin, capset. `args`: uid and gid, euid and login uid, audit session (two to a word, the first in the
    /// low half), effective, permitted.
    Creds = 4,
    /// rename, link, symlink, unlink, chmod, truncate, mknod, mkdir, setxattr of capabilities. `args`: the mode.
    /// `a` the name that it is about, `b` the old name or what it points to.
    Name = 5,
    /// A write to a file that the kernel acts upon. `a` the bytes; the file's path in the directory of `a`.
    Wrote = 6,
    /// connect to a unix socket. `args`: 1 when the name is an abstract one. `a` the path or name.
    UnixConnect = 7,
    /// socket. `args`: family, type, protocol.
    RawSocket = 8,
    /// bpf, init_module, delete_module, perf_event_open, userfaultfd, keyctl, kexec, io_uring_setup,
    /// open_by_handle_at. `args`: the command. `a` a name.
    Kernel = 9,
    /// An operation of an io_uring. `args`: the operation, 1 for an open into a slot of the ring, and its flags. `a`
    /// the path.
    Ring = 10,
    /// Data passed on. `args`: socket, into, inward and exact, outward and exact (two to a word), answered, inward
    /// and outward with little more or less (two to a word).
    Relay = 11,
}

impl ActOp {
    /// The operation that has this number.
    pub const fn from_number(number: u16) -> Option<ActOp> {
        Some(match number {
            0 => ActOp::Namespaces,
            1 => ActOp::Mount,
            2 => ActOp::Reach,
            3 => ActOp::Memfd,
            4 => ActOp::Creds,
            5 => ActOp::Name,
            6 => ActOp::Wrote,
            7 => ActOp::UnixConnect,
            8 => ActOp::RawSocket,
            9 => ActOp::Kernel,
            10 => ActOp::Ring,
            11 => ActOp::Relay,
            _ => return None,
        })
    }

    /// How many calls it has: [`Act::how`] is less.
    pub const fn calls(self) -> u16 {
        match self {
            ActOp::Namespaces => 3,
            ActOp::Mount => 8,
            ActOp::Reach => 6,
            ActOp::Creds => 2,
            ActOp::Name => 9,
            ActOp::Kernel => 9,
            ActOp::Memfd | ActOp::Wrote | ActOp::UnixConnect | ActOp::RawSocket | ActOp::Ring | ActOp::Relay => 1,
        }
    }
}
