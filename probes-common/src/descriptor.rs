//! What a descriptor leads to.

use crate::header::{Header, Who};
use crate::wire::wire;

wire! {
    /// A descriptor, as it stands in the table of a process.
    pub struct Descriptor {
        /// Inode number.
        pub inode: u64,
        /// Address of what it leads to: of the kernel's socket, or of the pair of a pty (its master's `tty_struct`).
        pub object: u64,
        /// Unix socket: address of the other end's socket, 0 where there is none.
        pub peer: u64,
        /// Pipe: who made it. Pty: who opened the master. Unix socket: the other side. Inet socket: who opened it.
        pub who: Who,
        /// Inet socket: local address, the first 4 bytes for IPv4, network order.
        pub local: [u8; 16],
        /// Remote address, likewise.
        pub remote: [u8; 16],
        /// Local port.
        pub local_port: u16,
        /// Remote port.
        pub remote_port: u16,
        /// Socket: address family (`socket(2)`).
        pub family: u16,
        /// Inet socket: protocol, 6 for TCP and 17 for UDP.
        pub protocol: u16,
        /// One of [`DescriptorKind`].
        pub kind: u16,
        /// Bits: 1 opened for reading, 2 for writing, 4 the master of a pty.
        pub access: u16,
        /// Device number of the inode's file system (major << 20 | minor).
        pub device: u32,
        /// A device's own number, likewise.
        pub rdev: u32,
        /// Inet socket: as [`crate::Net::direction`].
        pub direction: u32,
    }
}

/// Bits of [`Descriptor::access`].
pub mod access {
    /// Opened for reading.
    pub const READ: u16 = 1;
    /// Opened for writing.
    pub const WRITE: u16 = 2;
    /// The master of a pty.
    pub const MASTER: u16 = 4;
}

/// What a descriptor leads to. The numbers are the wire's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum DescriptorKind {
    /// Nothing: it is closed, or could not be read.
    None = 0,
    /// The null device and its kin.
    Null = 1,
    /// A terminal.
    Tty = 2,
    /// A pseudo-terminal.
    Pty = 3,
    /// An anonymous pipe.
    Pipe = 4,
    /// A named pipe.
    Fifo = 5,
    /// An IPv4 or IPv6 socket.
    Inet = 6,
    /// A unix socket.
    Unix = 7,
    /// Another socket.
    OtherSocket = 8,
    /// A file or directory.
    File = 9,
    /// A file in memory.
    Memfd = 10,
    /// Another device.
    Device = 11,
    /// Something else.
    Other = 12,
}

impl DescriptorKind {
    /// The kind that has this number; a number that is none is something else.
    pub const fn from_number(number: u16) -> DescriptorKind {
        match number {
            0 => DescriptorKind::None,
            1 => DescriptorKind::Null,
            2 => DescriptorKind::Tty,
            3 => DescriptorKind::Pty,
            4 => DescriptorKind::Pipe,
            5 => DescriptorKind::Fifo,
            6 => DescriptorKind::Inet,
            7 => DescriptorKind::Unix,
            8 => DescriptorKind::OtherSocket,
            9 => DescriptorKind::File,
            10 => DescriptorKind::Memfd,
            11 => DescriptorKind::Device,
            _ => DescriptorKind::Other,
        }
    }
}

wire! {
    /// Descriptor 0, 1 or 2 of a process leads elsewhere from now on.
    pub struct Redirect {
        /// Who.
        pub header: Header,
        /// Which one.
        pub fd: u32,
        /// One of [`how`].
        pub how: u32,
        /// What it leads to now.
        pub now: Descriptor,
    }
}

/// How something came to stand on a descriptor: [`Redirect::how`].
pub mod how {
    /// dup and its kin.
    pub const DUP: u32 = 0;
    /// open and its kin.
    pub const OPEN: u32 = 1;
    /// socket, socketpair, pipe.
    pub const MADE: u32 = 2;
    /// accept.
    pub const ACCEPT: u32 = 3;
    /// Received over a unix socket.
    pub const RECEIVED: u32 = 4;
    /// pidfd_getfd.
    pub const TAKEN: u32 = 5;
    /// fcntl: told as [`DUP`] when it is one.
    pub const FCNTL: u32 = 6;
}
