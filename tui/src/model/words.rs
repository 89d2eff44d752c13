//! The words that JSON and the screen use for what was asked of the kernel.

use super::act::{Deed, KernelCall, MountCall, NameCall, NamespaceCall, ReachCall};

/// The words of events, as [`super::Kind::name`] says them: what is asked for most comes first.
pub const KINDS: [&str; 53] = [
    "exec",
    "fork",
    "exit",
    "connect",
    "established",
    "accept",
    "listen",
    "close",
    "open",
    "write",
    "rename",
    "unlink",
    "link",
    "symlink",
    "chmod",
    "mkdir",
    "mknod",
    "truncate",
    "setcap",
    "mount",
    "umount",
    "move_mount",
    "fsmount",
    "open_tree",
    "fsopen",
    "pivot_root",
    "chroot",
    "setns",
    "unshare",
    "clone",
    "ptrace",
    "ptrace_poke",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "signal",
    "prlimit",
    "creds",
    "descriptor",
    "memfd",
    "unix_connect",
    "raw_socket",
    "bpf",
    "init_module",
    "delete_module",
    "perf_event_open",
    "userfaultfd",
    "keyctl",
    "kexec_load",
    "io_uring_setup",
    "io_uring",
    "relay",
    "content",
];

impl Deed {
    /// The lower-case word that JSON and the screen use.
    pub fn name(&self) -> &'static str {
        match self {
            Deed::Descriptor { .. } => "descriptor",
            Deed::Namespaces { how: NamespaceCall::Enter, .. } => "setns",
            Deed::Namespaces { how: NamespaceCall::Unshare, .. } => "unshare",
            Deed::Namespaces { how: NamespaceCall::Clone, .. } => "clone",
            Deed::Mount(mount) => mount.how.name(),
            Deed::Reach { how, .. } => how.name(),
            Deed::Signal { .. } => "signal",
            Deed::Memfd { .. } => "memfd",
            Deed::Creds { .. } => "creds",
            Deed::Open(_) => "open",
            Deed::Name(naming) => naming.how.name(),
            Deed::Wrote(_) => "write",
            Deed::UnixConnect { .. } => "unix_connect",
            Deed::RawSocket { .. } => "raw_socket",
            Deed::Kernel { how, .. } => how.name(),
            Deed::Ring { .. } => "io_uring",
            Deed::Relay(_) => "relay",
        }
    }
}

impl MountCall {
    /// The name of the call.
    pub fn name(self) -> &'static str {
        match self {
            MountCall::Mount => "mount",
            MountCall::Unmount => "umount",
            MountCall::Move => "move_mount",
            MountCall::FsMount => "fsmount",
            MountCall::OpenTree => "open_tree",
            MountCall::FsOpen => "fsopen",
            MountCall::PivotRoot => "pivot_root",
            MountCall::Chroot => "chroot",
        }
    }
}

impl ReachCall {
    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            ReachCall::Attach => "ptrace",
            ReachCall::Poke => "ptrace_poke",
            ReachCall::ReadMemory => "process_vm_readv",
            ReachCall::WriteMemory => "process_vm_writev",
            ReachCall::TakeDescriptor => "pidfd_getfd",
            ReachCall::Limit => "prlimit",
        }
    }
}

impl NameCall {
    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            NameCall::Rename => "rename",
            NameCall::Link => "link",
            NameCall::Symlink => "symlink",
            NameCall::Unlink => "unlink",
            NameCall::Chmod => "chmod",
            NameCall::Truncate => "truncate",
            NameCall::Mknod => "mknod",
            NameCall::Mkdir => "mkdir",
            NameCall::SetFileCaps => "setcap",
        }
    }
}

impl KernelCall {
    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            KernelCall::Bpf => "bpf",
            KernelCall::LoadModule => "init_module",
            KernelCall::UnloadModule => "delete_module",
            KernelCall::Perf => "perf_event_open",
            KernelCall::Userfaultfd => "userfaultfd",
            KernelCall::Keyring => "keyctl",
            KernelCall::Kexec => "kexec_load",
            KernelCall::IoUring => "io_uring_setup",
            KernelCall::FileHandle => "open_by_handle_at",
        }
    }
}
