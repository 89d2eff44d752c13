//! A process was moved to another cgroup.

use crate::header::Header;
use crate::wire::wire;

wire! {
    /// A move. Followed by the path of the cgroup that it is in now.
    pub struct Move {
        /// Who, and the cgroup that it is in now.
        pub header: Header,
        /// Bytes of the cgroup's path.
        pub cgroup_len: u16,
        /// Keeps the size a multiple of 8.
        pub reserved: [u16; 3],
    }
}
