//! A process: who it is, what it ran, whom it talked to, how it ended.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::args::Args;
use super::container::GroupKey;
use super::descriptor::Descriptor;
use super::event::{Cgroup, Direction, Exit, ImageFile, Protocol};
use super::text::Text;

/// A moment: nanoseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub u64);

impl Time {
    /// Nanoseconds from `earlier` to `self`; 0 when `earlier` is later.
    pub fn since(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Hundredths of a second since boot: the grain in which /proc tells a start time (`proc(5)`, stat field 22).
///
/// Kernel events know the start to the nanosecond; both are kept at this grain so that a process met in /proc
/// and the same process met in an event have one identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticks(pub u64);

impl Ticks {
    /// Nanoseconds in one tick.
    pub const NANOS: u64 = 10_000_000;

    /// The tick that holds a moment, given in nanoseconds since boot.
    pub fn from_nanos(nanos: u64) -> Ticks {
        Ticks(nanos / Ticks::NANOS)
    }
}

/// A process, never a bare pid: pids are used again. With the boot id of its node it is unique.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessId {
    /// Process id (the kernel's tgid), as seen from the pid namespace of the observer.
    pub pid: u32,
    /// When it started.
    pub start: Ticks,
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.pid, self.start.0)
    }
}

/// The arguments of an exec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argv {
    /// The arguments, `argv[0]` first.
    pub args: Args,
    /// When it was cut: the length in bytes that the kernel reported for the whole.
    pub cut_from: Option<u64>,
    /// True when the kernel could not read the arguments at all.
    pub unreadable: bool,
}

/// One program image that a process ran, from its exec on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// When it was executed; the start of the process where /proc was the witness.
    pub time: Time,
    /// Absolute path of the image, as the kernel resolved it in the mount namespace of the process.
    pub exe: Text,
    /// The path as it was given to execve; empty where /proc was the witness.
    pub given: Text,
    /// Its arguments.
    pub argv: Argv,
    /// Working directory at exec.
    pub cwd: Text,
    /// True when the file had no name left when it was run (deleted, or a memfd).
    pub unlinked: bool,
}

/// User and group ids, as the init user namespace numbers them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creds {
    /// Real user id.
    pub uid: u32,
    /// Real group id.
    pub gid: u32,
    /// Effective user id.
    pub euid: u32,
    /// Audit login uid; `None` when never set (4294967295).
    pub login_uid: Option<u32>,
    /// Audit session id; `None` when never set.
    pub session: Option<u32>,
}

/// Capability sets, one bit per capability (`capabilities(7)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// Effective set.
    pub effective: u64,
    /// Permitted set.
    pub permitted: u64,
}

/// A kind of namespace (`namespaces(7)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NsKind {
    /// Mount points.
    Mnt,
    /// Process ids.
    Pid,
    /// Network.
    Net,
    /// System V IPC and message queues.
    Ipc,
    /// Host name.
    Uts,
    /// Cgroup root.
    Cgroup,
    /// User and group ids.
    User,
    /// Clock offsets.
    Time,
}

impl NsKind {
    /// Every kind, in the order in which [`Namespaces`] keeps them.
    pub const ALL: [NsKind; 8] =
        [NsKind::Mnt, NsKind::Pid, NsKind::Net, NsKind::Ipc, NsKind::Uts, NsKind::Cgroup, NsKind::User, NsKind::Time];

    /// The name under /proc/PID/ns.
    pub fn name(self) -> &'static str {
        match self {
            NsKind::Mnt => "mnt",
            NsKind::Pid => "pid",
            NsKind::Net => "net",
            NsKind::Ipc => "ipc",
            NsKind::Uts => "uts",
            NsKind::Cgroup => "cgroup",
            NsKind::User => "user",
            NsKind::Time => "time",
        }
    }
}

/// Inode numbers of a process's namespaces, in the order of [`NsKind::ALL`]; 0 where it could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespaces(pub [u32; 8]);

impl Namespaces {
    /// The inode number of one namespace; `None` where it could not be read.
    pub fn get(&self, kind: NsKind) -> Option<u32> {
        let inode = self.0[kind as usize];
        (inode != 0).then_some(inode)
    }
}

/// A connection, or a listening socket, of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The kernel's handle of the socket, unique among those open at a time; 0 where /proc was the witness.
    pub socket: u64,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Who opened it.
    pub direction: Direction,
    /// Local address; `None` until the kernel has chosen it.
    pub local: Option<SocketAddr>,
    /// Remote address; `None` for a listening socket.
    pub remote: Option<SocketAddr>,
    /// When it was opened (first seen, where /proc was the witness).
    pub opened: Time,
    /// True once the handshake is done (always for UDP, listening and accepted sockets).
    pub established: bool,
    /// When it was closed; `None` while it is open.
    pub closed: Option<Time>,
    /// Bytes sent (acknowledged by the peer), known once closed.
    pub sent: Option<u64>,
    /// Bytes received, known once closed.
    pub received: Option<u64>,
}

/// Who was the first witness of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// An event of the kernel.
    Kernel,
    /// A look into /proc: it ran before the probes did, or its events were lost.
    Proc,
}

/// Everything known of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Who it is.
    pub id: ProcessId,
    /// Its pid in its own pid namespace; 0 where unknown.
    pub ns_pid: u32,
    /// When it was born.
    pub born: Time,
    /// The process that made it.
    pub birth_parent: Option<ProcessId>,
    /// The process that is its parent now (after re-parenting, the reaper).
    pub parent: Option<ProcessId>,
    /// What it ran, oldest first. The first is its parent's at the fork, where that was known.
    pub images: Vec<Arc<Image>>,
    /// True while the last image is the one it was forked with.
    pub inherited: bool,
    /// Ids.
    pub creds: Creds,
    /// Capabilities.
    pub caps: Caps,
    /// Namespaces.
    pub namespaces: Namespaces,
    /// Controlling terminal (`pts/3`), empty when there is none.
    pub tty: Text,
    /// Its cgroup, as the kernel named it last.
    pub cgroup: Option<Arc<Cgroup>>,
    /// The group it belongs to, from that cgroup.
    pub group: GroupKey,
    /// What descriptors 0, 1 and 2 lead to: inherited at the fork, told at each exec and change.
    pub stdio: [Option<Descriptor>; 3],
    /// The file that it runs, as of its last exec (its maker's, before its first).
    pub file: Option<Box<ImageFile>>,
    /// The group that it was born into: another than [`Process::group`] after a move between cgroups.
    pub born_in: Option<GroupKey>,
    /// Its connections, oldest first, bounded by [`super::Limits::connections`].
    pub connections: Vec<Connection>,
    /// When and how it ended.
    pub exit: Option<(Time, Exit)>,
    /// Who saw it first.
    pub origin: Origin,
    /// True when records that may concern it were lost.
    pub doubt: bool,
    /// Grows by one with every change: what the screen compares.
    pub version: u32,
    /// Its fork record arrived.
    pub(super) forked: bool,
    /// When its cgroup was told last: older news must not undo it.
    pub(super) placed: Time,
    /// Children by birth that are alive or have living descendants: while there are any it is not evicted.
    pub(super) held: u32,
    /// The other end of the connection that it was given as its standard input when it ran what it runs: whom it serves.
    /// Recordings from before it was kept have none.
    #[serde(default)]
    pub caller: Option<SocketAddr>,
}

impl Process {
    /// True when it was there before anything was recorded: what it did until then is not known.
    pub fn began_unseen(&self) -> bool {
        !self.forked
    }

    /// A process of which nothing is known yet but that it is.
    pub(super) fn new(id: ProcessId, born: Time, origin: Origin) -> Process {
        Process {
            id,
            ns_pid: 0,
            born,
            birth_parent: None,
            parent: None,
            images: Vec::new(),
            inherited: false,
            creds: Creds::default(),
            caps: Caps::default(),
            namespaces: Namespaces::default(),
            tty: Text::default(),
            cgroup: None,
            group: GroupKey::Host,
            stdio: [const { None }; 3],
            file: None,
            born_in: None,
            connections: Vec::new(),
            exit: None,
            origin,
            doubt: false,
            version: 0,
            forked: false,
            placed: Time(0),
            held: 0,
            caller: None,
        }
    }

    /// The image it runs now (or ran last).
    pub fn image(&self) -> Option<&Image> {
        self.images.last().map(Arc::as_ref)
    }

    /// True until its exit was seen.
    pub fn alive(&self) -> bool {
        self.exit.is_none()
    }

    /// The namespaces that it has in common with `host`, of those that make the border of a container.
    pub fn shared_with(&self, host: &Namespaces) -> impl Iterator<Item = NsKind> {
        const BORDER: [NsKind; 5] = [NsKind::Mnt, NsKind::Pid, NsKind::Net, NsKind::Ipc, NsKind::Uts];
        let (own, host) = (self.namespaces, *host);
        BORDER.into_iter().filter(move |&kind| own.get(kind).is_some() && own.get(kind) == host.get(kind))
    }

    /// Its connections that are open.
    pub fn open_connections(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|c| c.closed.is_none())
    }
}
