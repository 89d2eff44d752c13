//! What the probes and the reader share beside the ring: the values of maps.

use crate::header::Who;

/// Per CPU and kind of record.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records put onto the ring: the next one's number.
    pub seq: u64,
    /// Beside those, the ones that found no place there.
    pub withheld: u64,
}

/// What a cgroup has on the ring while that is more than half full, and what of it found no place there.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How far the ring was written when `after` began: once it is read that far, nothing of `before` waits.
    pub mark: u64,
    /// Bytes put there before that.
    pub before: u64,
    /// Bytes put there since.
    pub after: u64,
    /// When something found no place for the first time, in nanoseconds since boot; 0 for never.
    pub first: u64,
    /// When for the last time.
    pub last: u64,
    /// How many records found no place, by their kind.
    pub withheld: [u64; crate::Kind::COUNT],
}

impl Share {
    /// 64-bit words that it is made of; the counts by kind are the last of them.
    pub const WORDS: usize = size_of::<Share>() / 8;
}

/// Cgroups of which it is known what they have on the ring; whoever was longest without anything there leaves first.
pub const SHARES_MAX: u32 = 1024;

/// Who owns a socket.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The process.
    pub who: Who,
    /// Its cgroup's id.
    pub cgroup: u64,
    /// The cgroup's hierarchy.
    pub hierarchy: u32,
    /// The thread.
    pub tid: u32,
    /// As [`crate::Net::direction`].
    pub direction: u32,
    /// Keeps the size a multiple of 8.
    pub reserved: u32,
}

/// Which listening sockets a connection may have come through.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListenKey {
    /// Inode number of the network namespace.
    pub net_ns: u32,
    /// Local port.
    pub port: u32,
}

/// What a process has passed on between a connection and others.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relaying {
    /// The connection that it received from last.
    pub socket: u64,
    /// What it handed that on to last.
    pub into: u64,
    /// Bytes received that were not handed on yet; 0 for none.
    pub received: u32,
    /// Bytes read from somebody else that were not sent yet; 0 for none.
    pub read: u32,
    /// How often what was received was handed on, with an answer in between.
    pub inward: u32,
    /// Of these, with exactly as many bytes.
    pub inward_exact: u32,
    /// Of these, with at most [`WRAPPED`] bytes less: what was received was wrapped.
    pub inward_close: u32,
    /// How often what was read was sent.
    pub outward: u32,
    /// Of these, with exactly as many bytes.
    pub outward_exact: u32,
    /// Of these, with at most [`WRAPPED`] bytes more.
    pub outward_close: u32,
    /// How often there was an answer to what was received and not handed on.
    pub answered: u32,
    /// 1 when there was an answer since something was handed on.
    pub turned: u32,
}

/// Bytes by which encryption or framing make a message longer.
pub const WRAPPED: u32 = 64;

/// Processes that may be looked at for what they pass on, at a time.
pub const RELAYS_MAX: u32 = 64;

/// Calls that write to a file.
pub const WRITES: u32 = 2;

/// Entries of the table of system calls: by number, those of the other word size from [`SYSCALL_COMPAT`] on.
pub const SYSCALLS: u32 = 2048;
/// Where the system calls of 32-bit programs begin in the table.
pub const SYSCALL_COMPAT: u32 = 1024;

/// Which access to a file is told: values of the lists of names.
pub mod care {
    /// Opening it for reading.
    pub const READ: u32 = 1;
    /// Opening it for writing, and changing its name.
    pub const WRITE: u32 = 2;
    /// Removing it: of directories, those of which every file counts.
    pub const REMOVE: u32 = 4;
}

/// What is looked for at the end of a system call: the values of the table, and the places of the programs that look.
/// In bits 8 to 15 of a value stands the call: what [`crate::Act::how`] or [`crate::Redirect::how`] says.
pub mod class {
    /// Nothing.
    pub const NONE: u32 = 0;
    /// open and its kin.
    pub const OPEN: u32 = 1;
    /// What puts something on a descriptor: dup and its kin, socket, accept, recvmsg, pidfd_getfd.
    pub const DESCRIPTOR: u32 = 2;
    /// pipe, socketpair: what makes two.
    pub const PAIR: u32 = 3;
    /// setns, unshare.
    pub const NAMESPACES: u32 = 4;
    /// mount and its kin.
    pub const MOUNT: u32 = 5;
    /// chroot, pivot_root.
    pub const ROOT: u32 = 6;
    /// ptrace and its kin.
    pub const REACH: u32 = 7;
    /// memfd_create.
    pub const MEMFD: u32 = 8;
    /// setuid and its kin, capset.
    pub const CREDS: u32 = 9;
    /// rename and its kin.
    pub const NAME: u32 = 10;
    /// write and its kin, while a file is open that the kernel acts upon.
    pub const WRITE: u32 = 11;
    /// connect.
    pub const CONNECT: u32 = 12;
    /// bpf and its kin.
    pub const KERNEL: u32 = 13;
    /// read, write and their kin, while there is somebody who may relay.
    pub const RELAY: u32 = 14;
    /// socket.
    pub const SOCKET: u32 = 15;
    /// mmap of a file that is to be run.
    pub const MAP: u32 = 16;
    /// An open that is told.
    pub const OPENED: u32 = 17;
    /// How many there are.
    pub const COUNT: u32 = 18;
}
