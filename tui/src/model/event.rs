//! The one stream: what every source tells and the model understands.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::act::Act;
use super::container::{ContainerNews, GroupKey, Runtime};
use super::content::Content;
use super::descriptor::Descriptor;
use super::health::{Loss, Status};
use super::names::Names;
use super::posture::Posture;
use super::process::{Caps, Connection, Creds, Image, Namespaces, ProcessId, Time};
use super::text::Text;

/// Bytes that an event takes with what it names: most take less.
const AVERAGE: usize = 512;

/// One thing that a source has to tell.
#[derive(Clone, Debug)]
pub enum Event {
    /// Which boot the following is about. First in every stream.
    Boot(Boot),
    /// Something a process did.
    Process(ProcessEvent),
    /// Something a container runtime told.
    Container(ContainerNews),
    /// A name that was told.
    Names(Box<Names>),
    /// What a container is allowed.
    Posture(Box<Posture>),
    /// Records that did not arrive.
    Loss(Loss),
    /// How a part of the machinery is.
    Status(Status),
}

impl Event {
    /// When it happened, or was told; 0 for the boot, which is about all that follows.
    pub fn time(&self) -> Time {
        match self {
            Event::Boot(_) => Time(0),
            Event::Process(event) => event.time,
            Event::Container(news) => news.time,
            Event::Names(names) => names.time,
            Event::Posture(posture) => posture.time,
            Event::Loss(loss) => loss.time,
            Event::Status(status) => status.time,
        }
    }

    /// Bytes that it takes, about: arguments are what can be much.
    pub fn size(&self) -> usize {
        let arguments = match self {
            Event::Process(ProcessEvent { kind: Kind::Exec(exec), .. }) => exec.image.argv.args.size(),
            _ => 0,
        };
        AVERAGE + arguments
    }
}

/// The boot that a stream is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// /proc/sys/kernel/random/boot_id.
    pub id: String,
    /// Host name of the node.
    pub host: String,
    /// Wall-clock time of boot: what start times are counted from.
    pub time: Time,
    /// Namespaces of the node (of pid 1, as the observer sees it).
    pub namespaces: Namespaces,
}

/// A cgroup, as the kernel names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cgroup {
    /// The kernel's id (`kernfs_node.id`); 0 where /proc was the witness.
    pub id: u64,
    /// Path from the root of its hierarchy.
    pub path: Text,
    /// What the path says about who lives there.
    pub place: Place,
}

/// What a cgroup path alone says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The group.
    pub key: GroupKey,
    /// For a container: the runtime, where the path shows it.
    pub runtime: Option<Runtime>,
    /// For a pod's container: the pod uid, with dashes.
    pub pod_uid: Option<Arc<str>>,
    /// For a nested container: the id of the one around it.
    pub outer: Option<Arc<str>>,
}

/// Reads a cgroup path. The identity room has the one that is used; sources are handed it.
pub trait Placer: Send + Sync {
    /// What `path` says. Any bytes are valid; a path that says nothing belongs to the host.
    fn place(&self, path: &[u8]) -> Place;
}

/// Something that a process did.
#[derive(Clone, Debug)]
pub struct ProcessEvent {
    /// When.
    pub time: Time,
    /// Who: for a fork, the child.
    pub process: ProcessId,
    /// The thread that did it.
    pub tid: u32,
    /// Its cgroup at that moment; `None` where the source could not tell.
    pub cgroup: Option<Arc<Cgroup>>,
    /// What.
    pub kind: Kind,
}

/// What a process did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// It was made.
    Fork(Fork),
    /// It ran a program.
    Exec(Box<Exec>),
    /// It ended.
    Exit(Exit),
    /// It was moved to the cgroup of the event.
    Move,
    /// Something on the network.
    Net(Box<Net>),
    /// Something else that it asked of the kernel.
    Act(Box<Act>),
    /// It was found in /proc.
    Seen(Box<Seen>),
    /// What is in the file that it runs was read: told once of each program of a group.
    Content(Box<Content>),
    /// It was no longer in /proc, and no exit of it arrived.
    Vanished,
}

impl Kind {
    /// The lower-case word that JSON and the screen use.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Fork(_) => "fork",
            Kind::Exec(_) => "exec",
            Kind::Exit(_) => "exit",
            Kind::Move => "move",
            Kind::Net(net) => net.op.name(),
            Kind::Act(act) => act.what.name(),
            Kind::Seen(_) => "seen",
            Kind::Content(_) => "content",
            Kind::Vanished => "vanished",
        }
    }
}

/// A fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The process that made it (which called fork or clone).
    pub maker: ProcessId,
    /// Its parent from the first moment: another than the maker after `CLONE_PARENT`.
    pub parent: ProcessId,
    /// The child's pid in its own pid namespace.
    pub ns_pid: u32,
    /// Ids of the child.
    pub creds: Creds,
}

/// An exec.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exec {
    /// What it runs from now on.
    pub image: Image,
    /// The process that made it, as far as the kernel still knows.
    pub parent: Option<ProcessId>,
    /// Its pid in its own pid namespace.
    pub ns_pid: u32,
    /// Ids after the exec.
    pub creds: Creds,
    /// Capabilities after the exec.
    pub caps: Caps,
    /// Namespaces.
    pub namespaces: Namespaces,
    /// Controlling terminal, empty when there is none.
    pub tty: Text,
    /// What descriptors 0, 1 and 2 lead to; `None` for one that is closed, or could not be read.
    pub stdio: [Option<Descriptor>; 3],
    /// What is known of the image's file; `None` where it could not be read.
    pub file: Option<Box<ImageFile>>,
}

/// The file that a process runs, and where it and the process stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFile {
    /// Device number of its file system (major << 20 | minor).
    pub device: u32,
    /// Inode number.
    pub inode: u64,
    /// `st_mode`, with the setuid and setgid bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Magic number of its file system (`statfs(2)`).
    pub fs: u32,
    /// True when it lies in the writable layer of an overlay: written there after the image was made.
    pub upper: bool,
    /// True when it is a file in memory (`memfd_create(2)`) that no directory has.
    pub in_memory: bool,
    /// True when the file lies in a mount namespace that is not the process's own.
    pub foreign: bool,
    /// True when the working directory does.
    pub cwd_foreign: bool,
    /// True when the root of the process is a directory within a mount: it was put there by chroot.
    pub chrooted: bool,
    /// Who opened the file for writing last, where that was seen.
    pub writer: Option<ProcessId>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code, 0 to 255; `None` when a signal ended it, or when nobody saw it end.
    pub code: Option<u8>,
    /// The signal that ended it.
    pub signal: Option<u8>,
    /// True when it dumped core.
    pub core: bool,
    /// How long it ran, in nanoseconds; `None` when nobody saw it end.
    pub run_time: Option<u64>,
    /// Who became the parent of its children, when it left any.
    pub heir: Option<ProcessId>,
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// Transmission Control Protocol.
    Tcp,
    /// User Datagram Protocol.
    Udp,
}

impl Protocol {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        }
    }
}

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// The process did.
    Outbound,
    /// A peer did.
    Inbound,
    /// Nobody yet: a listening socket.
    Listening,
}

impl Direction {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Outbound => "outbound",
            Direction::Inbound => "inbound",
            Direction::Listening => "listening",
        }
    }
}

/// What happened to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NetOp {
    /// A connect began (TCP: the SYN is on its way; UDP: the peer is set).
    Connect,
    /// A TCP connect came to its end: the handshake is done.
    Established,
    /// A peer's connection was accepted by a listening socket of the process.
    Accept,
    /// The process listens.
    Listen,
    /// A connection or a listening socket was closed, or a connect failed.
    Close,
}

impl NetOp {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            NetOp::Connect => "connect",
            NetOp::Established => "established",
            NetOp::Accept => "accept",
            NetOp::Listen => "listen",
            NetOp::Close => "close",
        }
    }
}

/// Something on the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Net {
    /// What happened.
    pub op: NetOp,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Who opened it.
    pub direction: Direction,
    /// Local address; `None` until the kernel has chosen it.
    pub local: Option<SocketAddr>,
    /// Remote address; `None` for a listening socket.
    pub remote: Option<SocketAddr>,
    /// The kernel's handle of the socket, unique among those open at a time.
    pub socket: u64,
    /// For a close: bytes sent, acknowledged by the peer.
    pub sent: Option<u64>,
    /// For a close: bytes received.
    pub received: Option<u64>,
    /// For a connect that failed: the errno.
    pub error: Option<i32>,
}

/// A process found in /proc: as much as /proc tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Its parent now.
    pub parent: Option<ProcessId>,
    /// What it runs; `None` for a kernel thread.
    pub image: Option<Image>,
    /// When it started.
    pub born: Time,
    /// Its pid in its own pid namespace.
    pub ns_pid: u32,
    /// Ids.
    pub creds: Creds,
    /// Capabilities.
    pub caps: Caps,
    /// Namespaces.
    pub namespaces: Namespaces,
    /// Controlling terminal, empty when there is none.
    pub tty: Text,
    /// Its connections.
    pub connections: Vec<Connection>,
    /// What descriptors 0, 1 and 2 lead to, as far as /proc tells.
    pub stdio: [Option<Descriptor>; 3],
    /// Named pipes that it has open beside these.
    pub fifos: Vec<Descriptor>,
}
