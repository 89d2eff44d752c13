//! What a process asked of the kernel, beside running programs and talking: borders crossed, files touched, others
//! reached.

use serde::{Deserialize, Serialize};

use super::descriptor::{Descriptor, DescriptorCall};
use super::observer::Observer;
use super::process::{Caps, Creds, Namespaces, ProcessId};
use super::text::Text;

/// What a process asked of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The errno, when it was refused or failed.
    pub error: Option<i32>,
    /// What it asked for.
    pub what: Deed,
    /// What of the observer it was done to, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observer: Option<Observer>,
}

/// The things that are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// Descriptor 0, 1 or 2 leads elsewhere from now on.
    Descriptor {
        /// Which one.
        fd: u32,
        /// How.
        how: DescriptorCall,
        /// What it leads to now.
        now: Descriptor,
    },
    /// It entered or made namespaces, or tried.
    Namespaces {
        /// How.
        how: NamespaceCall,
        /// `CLONE_NEW*` bits that were asked for; 0 for a setns that left the kind to the descriptor.
        flags: u32,
        /// Its namespaces afterwards.
        now: Namespaces,
    },
    /// The mount table or the root was changed, or that was tried.
    Mount(Box<Mount>),
    /// It reached into another process.
    Reach {
        /// How.
        how: ReachCall,
        /// Whom; `None` when it is not in the observer's pid namespace.
        target: Option<ProcessId>,
    },
    /// It sent a signal to the observer; signals to others are not told.
    Signal {
        /// Which (`signal(7)`).
        number: u8,
        /// Whom to.
        target: Option<ProcessId>,
    },
    /// It made a file that is only in memory.
    Memfd {
        /// The name that it gave.
        name: Text,
    },
    /// Its ids or capabilities changed.
    Creds {
        /// How.
        how: CredCall,
        /// Ids from now on.
        creds: Creds,
        /// Capabilities from now on.
        caps: Caps,
    },
    /// It opened a file that somebody cares for.
    Open(Box<Opened>),
    /// A name in the file system was made, changed or taken away.
    Name(Box<Naming>),
    /// It wrote to a file by which the kernel is told to run something.
    Wrote(Box<Wrote>),
    /// It connected to a unix socket.
    UnixConnect {
        /// Path of the socket, in the view of the process; an abstract name begins with `@`.
        path: Text,
        /// The path on the host, where that is known.
        host: Option<Text>,
        /// Who listens there, where the kernel knows.
        peer: Option<ProcessId>,
    },
    /// It made a raw or packet socket.
    RawSocket {
        /// Address family (`socket(2)`): 17 is AF_PACKET.
        family: u16,
        /// Protocol, as given.
        protocol: u16,
    },
    /// It asked for a part of the kernel that ordinary programs leave alone.
    Kernel {
        /// Which.
        how: KernelCall,
        /// The command or first argument.
        command: u64,
        /// A name where there is one: of the module, the program, the key.
        name: Text,
    },
    /// It handed work to the kernel through an io_uring; told once for each kind of operation.
    Ring {
        /// The operation (`enum io_uring_op`).
        op: u8,
        /// The path that it names, where it names one.
        path: Text,
    },
    /// It passed data between a connection and the standard streams of others.
    Relay(Relay),
}

/// How namespaces are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NamespaceCall {
    /// setns(2): one that is there is entered.
    Enter,
    /// unshare(2): a new one is made.
    Unshare,
    /// clone(2) with flags: the child is in new ones.
    Clone,
}

/// A change of the mount table or of the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// How.
    pub how: MountCall,
    /// What is mounted: a device, a directory, a name; absolute where it is a path.
    pub source: Text,
    /// Where; for chroot and pivot_root, the new root. Absolute, in the view of the process before the call.
    pub target: Text,
    /// File system type; empty where none was given.
    pub kind: Text,
    /// Flags, as given.
    pub flags: u64,
    /// For chroot and pivot_root: the path on the host that the new root is, where it is the host's file.
    pub host: Option<Text>,
    /// For chroot and pivot_root: true when the new root lies in a mount namespace that is not the process's own.
    pub foreign: bool,
}

/// The calls that change mounts or the root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MountCall {
    /// mount(2).
    #[default]
    Mount,
    /// umount2(2).
    Unmount,
    /// move_mount(2).
    Move,
    /// fsmount(2).
    FsMount,
    /// open_tree(2).
    OpenTree,
    /// fsopen(2).
    FsOpen,
    /// pivot_root(2).
    PivotRoot,
    /// chroot(2).
    Chroot,
}

/// How one process reaches into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReachCall {
    /// ptrace(2), attach or seize.
    Attach,
    /// ptrace(2), writing memory or registers.
    Poke,
    /// process_vm_readv(2).
    ReadMemory,
    /// process_vm_writev(2).
    WriteMemory,
    /// pidfd_getfd(2): takes a descriptor.
    TakeDescriptor,
    /// prlimit(2): sets what the observer may use; of others it is not told.
    Limit,
}

/// How ids and capabilities are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CredCall {
    /// setuid and its kin.
    SetIds,
    /// capset(2).
    SetCaps,
    /// No call that the kernel was asked for: they are others than before.
    Unexplained,
}

/// An opened file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Resolved path in the mount namespace that the file is in; as given, made absolute, when it could not be opened.
    pub path: Text,
    /// Path from the root of its own file system; empty when it could not be opened.
    pub inside: Text,
    /// The path on the host, when it is a file that the host's mounts show (never the container's own overlay).
    pub host: Option<Text>,
    /// Magic number of the file system (`statfs(2)`): 0x9fa0 is proc.
    pub fs: u32,
    /// Device number of the file system (major << 20 | minor).
    pub device: u32,
    /// Inode number.
    pub inode: u64,
    /// `st_mode`.
    pub mode: u32,
    /// For a device: its own number (major << 20 | minor).
    pub rdev: u32,
    /// Opened for reading.
    pub read: bool,
    /// Opened for writing.
    pub write: bool,
    /// O_CREAT was given.
    pub create: bool,
    /// True when it lies in a mount namespace that is not the process's own.
    pub foreign: bool,
    /// True for open_by_handle_at(2).
    pub by_handle: bool,
    /// True when it was asked for through an io_uring.
    pub ring: bool,
    /// True when it was open before, and is mapped now to be run.
    pub mapped: bool,
    /// True when what was in it is gone by this.
    pub emptied: bool,
    /// True when it lies in the layer that the container itself wrote.
    pub upper: bool,
    /// True when it is in no file system, but in memory only.
    pub in_memory: bool,
    /// True when it has no name left.
    pub unlinked: bool,
    /// For a file under /proc/PID: whose.
    pub subject: Option<ProcessId>,
    /// Who opened it for writing last, where that was seen and is somebody else.
    pub writer: Option<ProcessId>,
}

/// A change of names in the file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    /// What was done.
    pub how: NameCall,
    /// The name that it is about: for rename and links the new one. Absolute, in the view of the process.
    pub path: Text,
    /// `path` on the host, where it is the host's.
    pub host: Option<Text>,
    /// For rename the old name, for links what they point to.
    pub from: Text,
    /// For chmod and mknod the mode.
    pub mode: u32,
}

/// The calls that change names and modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NameCall {
    /// rename and its kin.
    #[default]
    Rename,
    /// link.
    Link,
    /// symlink.
    Symlink,
    /// unlink, rmdir.
    Unlink,
    /// chmod.
    Chmod,
    /// truncate to nothing.
    Truncate,
    /// mknod.
    Mknod,
    /// mkdir.
    Mkdir,
    /// setxattr of file capabilities (`security.capability`).
    SetFileCaps,
}

/// Bytes written to a file that the kernel acts upon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrote {
    /// As [`Opened::path`].
    pub path: Text,
    /// As [`Opened::inside`].
    pub inside: Text,
    /// As [`Opened::fs`].
    pub fs: u32,
    /// The first bytes that were written, at most 256.
    pub bytes: Text,
}

/// Parts of the kernel that ordinary programs leave alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KernelCall {
    /// bpf(2).
    Bpf,
    /// init_module, finit_module.
    LoadModule,
    /// delete_module.
    UnloadModule,
    /// perf_event_open(2).
    Perf,
    /// userfaultfd(2).
    Userfaultfd,
    /// keyctl, add_key, request_key.
    Keyring,
    /// kexec_load, kexec_file_load.
    Kexec,
    /// io_uring_setup(2).
    IoUring,
    /// open_by_handle_at(2) without a result.
    FileHandle,
}

/// Data that a process passed on: out of a connection into a pipe, fifo, pty or unix socket, and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    /// The kernel's handle of the connection.
    pub socket: u64,
    /// Inode of the pipe, fifo or socket that it fed, or the handle of the pty pair.
    pub into: u64,
    /// How often something that was received was passed on to the same one, with an answer in between.
    pub inward: u32,
    /// Of these, with exactly as many bytes as were received.
    pub inward_exact: u32,
    /// Of these, with as many bytes or a few less: what was received was wrapped, or encrypted.
    pub inward_close: u32,
    /// How often something that was read from the other side was sent.
    pub outward: u32,
    /// Of these, with exactly as many bytes.
    pub outward_exact: u32,
    /// Of these, with as many bytes or a few more.
    pub outward_close: u32,
    /// How often something was received, handed on to nobody, and yet answered with what another one wrote: it runs
    /// commands itself.
    pub answered: u32,
}
