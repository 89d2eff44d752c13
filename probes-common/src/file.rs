//! A file, and that one was opened.

use crate::header::{Header, Who};
use crate::wire::wire;

wire! {
    /// A file.
    pub struct File {
        /// Inode number.
        pub inode: u64,
        /// Device number of its file system (major << 20 | minor).
        pub device: u32,
        /// A device's own number, likewise.
        pub rdev: u32,
        /// Type and permissions, as `st_mode`.
        pub mode: u32,
        /// Magic number of its file system (`statfs(2)`).
        pub magic: u32,
        /// Owner.
        pub uid: u32,
        /// Bits of [`marks`].
        pub marks: u32,
    }
}

/// Bits of [`File::marks`].
pub mod marks {
    /// In the writable layer of an overlay.
    pub const UPPER: u32 = 1 << 0;
    /// In no mount namespace: a file in memory, a pipe, a socket.
    pub const INTERNAL: u32 = 1 << 1;
    /// In a mount namespace that is not that of the process.
    pub const FOREIGN: u32 = 1 << 2;
    /// Its name is gone.
    pub const UNLINKED: u32 = 1 << 3;
}

wire! {
    /// A file that is cared for was opened, or that was tried. Followed by the path in the mount namespace that it is
    /// in, the path within its file system, the path as given, and the directory that this is relative to. All but the
    /// third are lists of components, the last first, each ended by a NUL; the first two are empty where it failed.
    pub struct Open {
        /// Who.
        pub header: Header,
        /// The file; zeros where it failed.
        pub file: File,
        /// For a file under /proc/PID: whose.
        pub subject: Who,
        /// Who opened it for writing last.
        pub writer: Who,
        /// Flags of open(2).
        pub open_flags: u32,
        /// Errno, 0 when it was opened.
        pub error: i32,
        /// Bits of [`via`].
        pub via: u32,
        /// Bytes of the path.
        pub path_len: u16,
        /// Bytes of the path within the file system.
        pub inside_len: u16,
        /// Bytes of the path as given.
        pub given_len: u16,
        /// Bytes of the directory's path.
        pub base_len: u16,
        /// Keeps the size a multiple of 8.
        pub reserved: u32,
    }
}

/// Bits of [`Open::via`].
pub mod via {
    /// open_by_handle_at.
    pub const HANDLE: u32 = 1 << 0;
    /// An io_uring.
    pub const RING: u32 = 1 << 1;
    /// It was open before, and is mapped now to be run: a library, or a program that the dynamic loader was given.
    pub const MAPPED: u32 = 1 << 2;
    /// It was open before, and all that was in it is gone.
    pub const EMPTIED: u32 = 1 << 3;
}
