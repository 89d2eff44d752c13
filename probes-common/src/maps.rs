//! What the probes and the reader share beside the ring: the values of maps.

use crate::header::Who;

/// Per CPU and kind of record.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records numbered: the next one's number.
    pub seq: u64,
    /// Of those, the ones that found no place on the ring.
    pub lost: u64,
}

/// Who owns a socket.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The process.
    pub who: Who,
    /// Its cgroup's id.
    pub cgroup: u64,
    /// The cgroup's hierarchy.
    pub hierarchy: u32,
    /// The thread.
    pub tid: u32,
    /// As [`crate::Net::direction`].
    pub direction: u32,
    /// Keeps the size a multiple of 8.
    pub reserved: u32,
}

/// Which listening sockets a connection may have come through.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListenKey {
    /// Inode number of the network namespace.
    pub net_ns: u32,
    /// Local port.
    pub port: u32,
}
