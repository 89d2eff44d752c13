//! What processes have open: sockets, and the ends of pipes and ptys that lead to others.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use procfs::net::TcpState;
use procfs::process::{FDTarget, Process};

use super::stdio::{self, Ends};
use crate::model::{Connection, Descriptor, Direction, NsKind, ProcessId, Protocol, Seen, Time};

/// A socket, and the network namespace that it is in.
#[derive(Clone, Debug)]
struct Socket {
    net_ns: u32,
    connection: Connection,
}

/// A process of a snapshot.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Holder {
    /// Which.
    pub(in crate::source) id: ProcessId,
    /// Its network namespace.
    pub(in crate::source) net_ns: u32,
    /// It has a pipe on a standard stream: only there does a named pipe beside lead anywhere.
    pub(in crate::source) piped: bool,
}

/// What the processes of a snapshot have open.
#[derive(Default)]
pub(in crate::source) struct Files {
    /// Per process: network namespace and connection.
    pub(in crate::source) held: HashMap<ProcessId, Vec<(u32, Connection)>>,
    sockets: HashMap<u64, Socket>,
    ends: Ends,
    /// Named pipes that a process has open beside its standard streams.
    fifos: HashMap<ProcessId, Vec<Descriptor>>,
}

impl Files {
    /// Adds to what was read of a process what its descriptors lead to.
    pub(in crate::source) fn complete(&self, id: ProcessId, seen: &mut Seen) {
        let held = self.held.get(&id).into_iter().flatten();
        seen.connections = held.map(|(_, connection)| connection.clone()).collect();
        seen.fifos = self.fifos.get(&id).cloned().unwrap_or_default();
        self.ends.complete(id, &mut seen.stdio, |inode| self.sockets.get(&inode).map(|socket| &socket.connection));
    }
}

/// Looks up what `processes` have open; `now` is when connections are said to
/// be opened, as nobody knows better.
pub(in crate::source) fn files(processes: &[Holder], now: Time) -> Files {
    let mut files = Files::default();
    let mut namespaces = HashSet::new();
    for Holder { id, net_ns, .. } in processes {
        if namespaces.insert(*net_ns) && !read_tables(*id, *net_ns, now, &mut files.sockets) {
            // It went meanwhile: the next process of that namespace may still be there.
            namespaces.remove(net_ns);
        }
    }
    for holder in processes {
        files.look(holder);
    }
    files
}

impl Files {
    fn look(&mut self, &Holder { id, piped, .. }: &Holder) {
        let Some(fds) = process(id).and_then(|process| process.fd().ok()) else { return };
        let mut known = HashSet::new();
        for fd in fds.filter_map(Result::ok) {
            // The three streams stand for themselves.
            let number = u32::try_from(fd.fd).unwrap_or(0);
            match fd.target {
                FDTarget::Socket(inode) if known.insert(inode) => {
                    if let Some(socket) = self.sockets.get(&inode) {
                        self.held.entry(id).or_default().push((socket.net_ns, socket.connection.clone()));
                    }
                }
                FDTarget::Pipe(inode) if number > 2 => self.ends.pipe(inode, id, fd.mode),
                FDTarget::Path(path) if number > 2 && path.ends_with("ptmx") => self.ends.device(number, id),
                FDTarget::Path(_) if number > 2 && piped => {
                    if let Some(fifo) = stdio::fifo(id.pid, number) {
                        self.fifos.entry(id).or_default().push(fifo);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The process, if it is still the same.
fn process(id: ProcessId) -> Option<Process> {
    let process = Process::new(id.pid.try_into().ok()?).ok()?;
    (super::start_of(id.pid)? == id.start).then_some(process)
}

/// Reads the tables of a network namespace through one of its processes; false when that is gone.
fn read_tables(id: ProcessId, net_ns: u32, now: Time, into: &mut HashMap<u64, Socket>) -> bool {
    let Some(process) = process(id) else { return false };
    let still = process.namespaces().ok().and_then(|all| {
        all.0.get(std::ffi::OsStr::new(NsKind::Net.name())).map(|ns| ns.identifier == u64::from(net_ns))
    });
    if still != Some(true) {
        return false;
    }
    let mut listening = HashSet::new();
    let tcp = [process.tcp(), process.tcp6()].into_iter().filter_map(Result::ok).flatten().collect::<Vec<_>>();
    for entry in tcp.iter().filter(|entry| entry.state == TcpState::Listen) {
        listening.insert(entry.local_address.port());
    }
    for entry in &tcp {
        let direction = match entry.state {
            TcpState::Listen => Direction::Listening,
            TcpState::Established | TcpState::CloseWait | TcpState::FinWait1 | TcpState::FinWait2
                if listening.contains(&entry.local_address.port()) =>
            {
                Direction::Inbound
            }
            TcpState::Close | TcpState::TimeWait => continue,
            _ => Direction::Outbound,
        };
        let connection = connection(Protocol::Tcp, direction, entry.local_address, entry.remote_address, now);
        into.insert(entry.inode, Socket { net_ns, connection });
    }
    for entry in [process.udp(), process.udp6()].into_iter().filter_map(Result::ok).flatten() {
        // An unconnected socket has no peer to tell of.
        if entry.remote_address.port() != 0 {
            let direction = Direction::Outbound;
            let connection = connection(Protocol::Udp, direction, entry.local_address, entry.remote_address, now);
            into.insert(entry.inode, Socket { net_ns, connection });
        }
    }
    true
}

fn connection(
    protocol: Protocol,
    direction: Direction,
    local: SocketAddr,
    remote: SocketAddr,
    now: Time,
) -> Connection {
    Connection {
        socket: 0,
        protocol,
        direction,
        local: Some(plain(local)),
        remote: (direction != Direction::Listening).then(|| plain(remote)),
        opened: now,
        established: true,
        closed: None,
        sent: None,
        received: None,
    }
}

/// IPv4 in IPv6 is told as IPv4.
fn plain(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V6(ip) => SocketAddr::new(ip.to_canonical(), address.port()),
        IpAddr::V4(_) => address,
    }
}
