//! What every record begins with.

use crate::wire::wire;

wire! {
    /// A process: pid and start.
    pub struct Who {
        /// Process id (tgid) in the pid namespace of the reader; 0 where unknown.
        pub pid: u32,
        /// Keeps `start` aligned.
        pub reserved: u32,
        /// Start of the process: nanoseconds since boot, suspended time included.
        pub start: u64,
    }
}

wire! {
    /// The beginning of every record.
    pub struct Header {
        /// Bytes of the whole record, this header included.
        pub len: u32,
        /// One of [`Kind`].
        pub kind: u16,
        /// Bits of [`flags`].
        pub flags: u16,
        /// Counts the records of this kind that were put onto the ring on this CPU.
        pub seq: u64,
        /// When: nanoseconds since boot, suspended time included.
        pub time: u64,
        /// Whom it concerns: for a fork, the child.
        pub who: Who,
        /// The cgroup's id within its hierarchy.
        pub cgroup: u64,
        /// The hierarchy that `cgroup` belongs to: 0 for v2.
        pub hierarchy: u32,
        /// The thread that did it.
        pub tid: u32,
        /// The CPU that it happened on.
        pub cpu: u32,
        /// Keeps the size a multiple of 8.
        pub reserved: u32,
    }
}

/// What a record tells. The numbers are the wire's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum Kind {
    /// [`crate::Fork`]
    Fork = 0,
    /// [`crate::Exec`]
    Exec = 1,
    /// [`crate::Exit`]
    Exit = 2,
    /// [`crate::Move`]
    Move = 3,
    /// [`crate::Net`], TCP
    Tcp = 4,
    /// [`crate::Net`], UDP
    Udp = 5,
    /// [`crate::Redirect`]
    Redirect = 6,
    /// [`crate::Open`]
    Open = 7,
    /// [`crate::Act`]
    Act = 8,
    /// [`crate::Answer`]
    Answer = 9,
    /// [`crate::Signal`]
    Signal = 10,
    /// [`crate::Net`], TCP, from where another was being told of on that CPU
    TcpBetween = 11,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Kind; 12] = [
        Kind::Fork,
        Kind::Exec,
        Kind::Exit,
        Kind::Move,
        Kind::Tcp,
        Kind::Udp,
        Kind::Redirect,
        Kind::Open,
        Kind::Act,
        Kind::Answer,
        Kind::Signal,
        Kind::TcpBetween,
    ];

    /// How many kinds there are.
    pub const COUNT: usize = Kind::ALL.len();

    /// The kind that has this number.
    pub const fn from_number(number: u16) -> Option<Kind> {
        if (number as usize) < Kind::COUNT { Some(Kind::ALL[number as usize]) } else { None }
    }

    /// Bytes of the fixed part of a record. A new kind does not compile until it is listed here.
    pub const fn fixed_len(self) -> usize {
        match self {
            Kind::Fork => size_of::<crate::Fork>(),
            Kind::Exec => size_of::<crate::Exec>(),
            Kind::Exit => size_of::<crate::Exit>(),
            Kind::Move => size_of::<crate::Move>(),
            Kind::Tcp | Kind::TcpBetween | Kind::Udp => size_of::<crate::Net>(),
            Kind::Redirect => size_of::<crate::Redirect>(),
            Kind::Open => size_of::<crate::Open>(),
            Kind::Act => size_of::<crate::Act>(),
            Kind::Answer => size_of::<crate::Answer>(),
            Kind::Signal => size_of::<crate::Signal>(),
        }
    }
}

/// Bits of [`Header::flags`].
pub mod flags {
    /// Exec: argv is longer than what the record carries.
    pub const ARGV_CUT: u16 = 1 << 0;
    /// Exec: argv could not be read.
    pub const ARGV_UNREADABLE: u16 = 1 << 1;
    /// Exec: the path of the image has more components than the record carries; the first are missing.
    pub const EXE_CUT: u16 = 1 << 2;
    /// Exec: the same of the working directory.
    pub const CWD_CUT: u16 = 1 << 3;
    /// Exec: the image's file had no name left.
    pub const UNLINKED: u16 = 1 << 4;
    /// The cgroup's path has more components than the record carries; the first are missing.
    pub const CGROUP_CUT: u16 = 1 << 5;
    /// Net: the process is the one that listens; who accepted is not known.
    pub const OWNER_LISTENS: u16 = 1 << 6;
    /// Exec: the working directory lies in a mount namespace that is not that of the process.
    pub const CWD_FOREIGN: u16 = 1 << 7;
    /// Exec: the root of the process is not the root of a mount.
    pub const CHROOTED: u16 = 1 << 8;
    /// Open and act: the path has more components than the record carries; the first are missing.
    pub const PATH_CUT: u16 = 1 << 9;
}
