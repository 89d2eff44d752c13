//! Something happened to a socket.

use crate::header::Header;
use crate::wire::wire;

wire! {
    /// A socket's record, TCP or UDP by the kind of its header.
    pub struct Net {
        /// The process that owns the socket; pid 0 where the kernel side does not know.
        pub header: Header,
        /// Address of the kernel's socket: unique among those open at a time.
        pub socket: u64,
        /// Bytes acknowledged by the peer.
        pub sent: u64,
        /// Bytes received.
        pub received: u64,
        /// Local address, the first 4 bytes for IPv4, network order.
        pub local: [u8; 16],
        /// Remote address, likewise.
        pub remote: [u8; 16],
        /// Local port; 0 until chosen.
        pub local_port: u16,
        /// Remote port.
        pub remote_port: u16,
        /// 2 for IPv4, 10 for IPv6 (`socket(2)`).
        pub family: u16,
        /// One of [`NetOp`].
        pub op: u16,
        /// Inode number of the network namespace.
        pub net_ns: u32,
        /// Errno of a connect that failed, else 0.
        pub error: i32,
        /// 0 unknown, 1 outbound, 2 inbound, 3 listening.
        pub direction: u32,
        /// Keeps the size a multiple of 8.
        pub reserved: u32,
    }
}

/// What happened. The numbers are the wire's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum NetOp {
    /// A connect began.
    Connect = 0,
    /// A TCP connect's handshake is done.
    Established = 1,
    /// A peer's connection arrived at a listening socket.
    Accept = 2,
    /// The socket listens.
    Listen = 3,
    /// The socket is closed.
    Close = 4,
}

impl NetOp {
    /// The operation that has this number.
    pub const fn from_number(number: u16) -> Option<NetOp> {
        match number {
            0 => Some(NetOp::Connect),
            1 => Some(NetOp::Established),
            2 => Some(NetOp::Accept),
            3 => Some(NetOp::Listen),
            4 => Some(NetOp::Close),
            _ => None,
        }
    }
}

/// Which protocol a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}
