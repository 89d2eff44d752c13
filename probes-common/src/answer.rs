//! A name server's answer arrived.

use crate::header::Header;
use crate::wire::wire;

wire! {
    /// A datagram from port 53 that says that it is an answer, has no error and holds something. Followed by its bytes.
    /// Nobody's: the header names no process, and the cgroup is that of the socket.
    pub struct Answer {
        /// When, and the cgroup.
        pub header: Header,
        /// Address of who answered, the first 4 bytes for IPv4, network order.
        pub server: [u8; 16],
        /// 2 for IPv4, 10 for IPv6 (`socket(2)`).
        pub family: u16,
        /// The port that it was sent to.
        pub port: u16,
        /// Bytes that follow.
        pub len: u16,
        /// Keeps the size a multiple of 8.
        pub reserved: u16,
        /// Bytes of the datagram; more than follow where it is longer than a record carries.
        pub full: u32,
        /// Keeps the size a multiple of 8.
        pub reserved2: u32,
    }
}
