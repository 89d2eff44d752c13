//! A process was made.

use crate::header::{Header, Who};
use crate::wire::wire;

wire! {
    /// A fork. Followed by the cgroup's path.
    pub struct Fork {
        /// The child.
        pub header: Header,
        /// The process that called fork or clone.
        pub maker: Who,
        /// The child's parent.
        pub parent: Who,
        /// The child's real user id.
        pub uid: u32,
        /// The child's real group id.
        pub gid: u32,
        /// The child's effective user id.
        pub euid: u32,
        /// Audit login uid.
        pub login_uid: u32,
        /// Audit session id.
        pub session: u32,
        /// The child's pid in its own pid namespace.
        pub ns_pid: u32,
        /// Bytes of the cgroup's path.
        pub cgroup_len: u16,
        /// Keeps the size a multiple of 8.
        pub reserved: [u16; 3],
    }
}
