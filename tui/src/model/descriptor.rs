//! What the standard streams of a process lead to.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{Direction, Protocol};
use super::process::ProcessId;

/// What a descriptor leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// What it is.
    pub to: Target,
    /// Inode number: with a pipe or fifo, what both ends have in common; 0 where unknown.
    pub inode: u64,
    /// Device number of the file system that the inode is in, as the kernel encodes it (major << 20 | minor).
    pub device: u32,
    /// Opened for reading.
    pub read: bool,
    /// Opened for writing.
    pub write: bool,
}

/// The kinds of things that a descriptor can lead to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// /dev/null, /dev/zero, /dev/full.
    Null,
    /// A terminal that is no pseudo-terminal.
    Tty,
    /// One half of a pseudo-terminal.
    Pty(Pty),
    /// An anonymous pipe, and who made it, where that was seen.
    Pipe(Option<ProcessId>),
    /// A named pipe.
    Fifo,
    /// A TCP or UDP socket, or a raw one.
    Socket(Arc<Endpoint>),
    /// A unix socket.
    Unix(UnixEnd),
    /// A socket of another family (`socket(2)`): AF_VSOCK, AF_PACKET, …
    OtherSocket(u16),
    /// A regular file or a directory.
    File,
    /// A file in memory (`memfd_create(2)`).
    Memfd,
    /// A block or character device that is none of the above: its device number.
    Device(u32),
    /// Something else: epoll, eventfd, …
    Other,
}

/// One half of a pseudo-terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pty {
    /// The kernel's handle of the pair: the same for both halves.
    pub pair: u64,
    /// True for the master: the half of the terminal emulator, of sshd, of a relay.
    pub master: bool,
    /// Who opened the master, where that was seen.
    pub opener: Option<ProcessId>,
}

/// A unix socket, and where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnixEnd {
    /// The kernel's handle of this end.
    pub socket: u64,
    /// The kernel's handle of the other end; 0 where there is none.
    pub peer: u64,
    /// The process that connected, accepted or made the other end, where the kernel knows (`SO_PEERCRED`).
    pub process: Option<ProcessId>,
}

/// An inet socket as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The kernel's handle of the socket, as [`super::Net::socket`].
    pub socket: u64,
    /// TCP, UDP; `None` for another protocol (raw sockets).
    pub protocol: Option<Protocol>,
    /// Who opened it; `None` where that was not seen.
    pub direction: Option<Direction>,
    /// The process that opened it (which connected, or whose listening socket accepted), where that was seen.
    pub owner: Option<ProcessId>,
    /// Local address.
    pub local: Option<SocketAddr>,
    /// Remote address; `None` while there is no peer.
    pub remote: Option<SocketAddr>,
}

/// How something came to stand on a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DescriptorCall {
    /// dup, dup2, dup3, fcntl(F_DUPFD).
    Dup,
    /// open and its kin.
    Open,
    /// socket, socketpair, pipe.
    Made,
    /// accept.
    Accept,
    /// A descriptor sent over a unix socket.
    Received,
    /// pidfd_getfd.
    Taken,
}
