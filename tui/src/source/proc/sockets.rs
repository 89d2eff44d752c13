//! Which sockets are open, and who holds them.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use procfs::net::TcpState;
use procfs::process::{FDTarget, Process};

use crate::model::{Connection, Direction, NsKind, ProcessId, Protocol, Time};

/// A socket, and the network namespace that it is in.
#[derive(Clone, Debug)]
struct Socket {
    net_ns: u32,
    connection: Connection,
}

/// The open sockets by who holds them.
#[derive(Default)]
pub(in crate::source) struct Sockets {
    /// Per process: network namespace and connection.
    pub(in crate::source) held: HashMap<ProcessId, Vec<(u32, Connection)>>,
}

/// Looks up the sockets of `processes` (who, and the network namespace of each); `now` is when they are said to be
/// opened, as nobody knows better.
pub(in crate::source) fn sockets(processes: &[(ProcessId, u32)], now: Time) -> Sockets {
    let mut by_inode = HashMap::new();
    let mut namespaces = HashSet::new();
    for (id, net_ns) in processes {
        if namespaces.insert(*net_ns) && !read_tables(*id, *net_ns, now, &mut by_inode) {
            // It went meanwhile: the next process of that namespace may still be there.
            namespaces.remove(net_ns);
        }
    }
    let mut found = Sockets::default();
    if by_inode.is_empty() {
        return found;
    }
    for (id, _) in processes {
        let held: Vec<_> = inodes(*id)
            .into_iter()
            .filter_map(|inode| by_inode.get(&inode).map(|s| (s.net_ns, s.connection.clone())))
            .collect();
        if !held.is_empty() {
            found.held.insert(*id, held);
        }
    }
    found
}

fn inodes(id: ProcessId) -> HashSet<u64> {
    let Some(fds) = process(id).and_then(|process| process.fd().ok()) else { return HashSet::new() };
    fds.filter_map(|fd| match fd.ok()?.target {
        FDTarget::Socket(inode) => Some(inode),
        _ => None,
    })
    .collect()
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
