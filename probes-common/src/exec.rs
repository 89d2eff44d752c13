//! A process ran a program.

use crate::descriptor::Descriptor;
use crate::file::File;
use crate::header::{Header, Who};
use crate::wire::wire;

/// The namespaces of [`Exec::namespaces`], in their order: names as under /proc/PID/ns.
pub const NAMESPACES: [&str; 8] = ["mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time"];

wire! {
    /// An exec. Followed by the cgroup's path, the image's path, the path as given, the working directory, the
    /// terminal's name and argv, in this order. The three resolved paths are lists of components, the last first,
    /// each ended by a NUL.
    pub struct Exec {
        /// Who.
        pub header: Header,
        /// Its parent as the kernel knows it now.
        pub parent: Who,
        /// The image's file.
        pub file: File,
        /// Who opened the image's file for writing last.
        pub writer: Who,
        /// Descriptors 0, 1 and 2.
        pub stdio: [Descriptor; 3],
        /// Effective capabilities.
        pub effective: u64,
        /// Permitted capabilities.
        pub permitted: u64,
        /// Inode numbers of its namespaces; 0 where unknown.
        pub namespaces: [u32; 8],
        /// Real user id.
        pub uid: u32,
        /// Real group id.
        pub gid: u32,
        /// Effective user id.
        pub euid: u32,
        /// Audit login uid.
        pub login_uid: u32,
        /// Audit session id.
        pub session: u32,
        /// Its pid in its own pid namespace.
        pub ns_pid: u32,
        /// Bytes of argv as the kernel has it; the record may carry fewer.
        pub argv_full: u64,
        /// Bytes of the cgroup's path.
        pub cgroup_len: u16,
        /// Bytes of the image's path.
        pub exe_len: u16,
        /// Bytes of the path as given.
        pub given_len: u16,
        /// Bytes of the working directory.
        pub cwd_len: u16,
        /// Bytes of the terminal's name.
        pub tty_len: u16,
        /// Bytes of argv.
        pub argv_len: u16,
        /// Keeps the size a multiple of 8.
        pub reserved: u32,
    }
}
