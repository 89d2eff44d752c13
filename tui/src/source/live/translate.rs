//! From records of the kernel to events of the model.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use ktrace_probes_common as wire;
use lru::LruCache;
use wire::{Parts, Record, flags};

mod acts;
mod stdio;

use super::cgroup_paths::CgroupPaths;
use super::clock::Clock;
use crate::model::{
    Act, Args, Argv, Caps, Cgroup, Creds, Deed, Direction, Exec, Exit, Fork, GroupKey, Image, Kind, Names, Namespaces,
    Net, NetOp, Placer, ProcessEvent, ProcessId, Protocol, Target, Text, Ticks, Told,
};
use crate::source::dns;
use crate::source::host::in_initial_pid_namespace;

/// Cgroups remembered: those that were told of last.
const CGROUPS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// Address families (`socket(2)`).
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/// Makes events of records.
pub(super) struct Translator {
    pub(super) clock: Clock,
    placer: Arc<dyn Placer>,
    cgroups: LruCache<(u32, u64), Arc<Cgroup>>,
    paths: CgroupPaths,
}

impl Translator {
    pub(super) fn new(clock: Clock, placer: Arc<dyn Placer>) -> Translator {
        Translator { clock, placer, cgroups: LruCache::new(CGROUPS), paths: CgroupPaths::new() }
    }

    /// The event that a record tells of; `None` for what no process did.
    pub(super) fn event(&mut self, record: &Record<'_>) -> Option<ProcessEvent> {
        let kind = self.kind(record)?;
        let header = record.header();
        let path = match record {
            Record::Fork(_, path) | Record::Move(_, path) => Some(*path),
            Record::Exec(_, parts) => Some(parts.cgroup),
            Record::Exit(_)
            | Record::Net(..)
            | Record::Redirect(_)
            | Record::Open(..)
            | Record::Act(..)
            | Record::Signal(_)
            | Record::Answer(..) => None,
        };
        Some(ProcessEvent {
            time: self.clock.wall(header.time),
            process: process_id(header.who),
            tid: header.tid,
            cgroup: self.cgroup(header, path),
            kind,
        })
    }

    /// What a name server told, and whom. Of a socket outside of the observer's pid namespace nothing is told: with one of
    /// its own, only who was seen in it belongs to this node.
    pub(super) fn answer(&mut self, answer: &wire::Answer, said: &[u8]) -> Option<Names> {
        let id = answer.header.cgroup;
        if !self.cgroups.contains(&(0, id)) && !in_initial_pid_namespace() {
            return None;
        }
        let group = self.group(0, id);
        let server = address(answer.family, &answer.server, 53)?.ip();
        let told = Told::Answer(dns::read(said, server)?);
        Some(Names { time: self.clock.wall(answer.header.time), group, told })
    }

    /// What a cgroup belongs to, by its hierarchy and id; `None` where nobody told its path.
    pub(super) fn group(&mut self, hierarchy: u32, id: u64) -> Option<GroupKey> {
        if let Some(known) = self.cgroups.get(&(hierarchy, id)) {
            return Some(known.place.key.clone());
        }
        let path = (hierarchy == 0).then(|| self.paths.path(id)).flatten().filter(|path| *path != b"/")?;
        Some(self.placer.place(path).key)
    }

    /// A cgroup that /proc names.
    pub(super) fn cgroup_from_proc(&self, path: &[u8]) -> Arc<Cgroup> {
        Arc::new(Cgroup { id: 0, path: Text::from(path), place: self.placer.place(path) })
    }

    fn cgroup(&mut self, header: &wire::Header, reversed: Option<&[u8]>) -> Option<Arc<Cgroup>> {
        let key = (header.hierarchy, header.cgroup);
        let Some(reversed) = reversed else { return self.cgroups.get(&key).cloned() };
        let path = path(reversed, header.flags & flags::CGROUP_CUT != 0);
        if let Some(known) = self.cgroups.get(&key)
            && known.path.bytes() == path
        {
            return Some(Arc::clone(known));
        }
        let place = self.placer.place(&path);
        let cgroup = Arc::new(Cgroup { id: header.cgroup, path: Text::from(path), place });
        self.cgroups.put(key, Arc::clone(&cgroup));
        Some(cgroup)
    }

    fn kind(&self, record: &Record<'_>) -> Option<Kind> {
        Some(match record {
            Record::Answer(..) => return None,
            Record::Fork(fork, _) => Kind::Fork(fork_event(fork)),
            Record::Exec(exec, parts) => Kind::Exec(Box::new(self.exec(exec, parts))),
            Record::Exit(exit) => Kind::Exit(exit_event(exit)),
            Record::Move(..) => Kind::Move,
            Record::Net(net, op, transport) => Kind::Net(Box::new(net_event(net, *op, *transport))),
            Record::Redirect(redirect) => Kind::Act(Box::new(redirect_event(redirect))),
            Record::Open(open, parts) => Kind::Act(Box::new(acts::open(open, parts))),
            Record::Signal(signal) => Kind::Act(Box::new(acts::signal(signal))),
            Record::Act(act, op, parts) => Kind::Act(Box::new(acts::act(act, *op, parts))),
        })
    }

    fn exec(&self, exec: &wire::Exec, parts: &Parts<'_>) -> Exec {
        let marks = exec.header.flags;
        Exec {
            image: Image {
                time: self.clock.wall(exec.header.time),
                exe: Text::from(path(parts.exe, marks & flags::EXE_CUT != 0)),
                given: Text::from(parts.given),
                argv: Argv {
                    args: Args::from_kernel(parts.argv),
                    cut_from: (marks & flags::ARGV_CUT != 0).then_some(exec.argv_full),
                    unreadable: marks & flags::ARGV_UNREADABLE != 0,
                },
                cwd: Text::from(path(parts.cwd, marks & flags::CWD_CUT != 0)),
                unlinked: marks & flags::UNLINKED != 0,
            },
            parent: known(exec.parent),
            ns_pid: exec.ns_pid,
            creds: creds([exec.uid, exec.gid, exec.euid, exec.login_uid, exec.session]),
            caps: Caps { effective: exec.effective, permitted: exec.permitted },
            namespaces: Namespaces(exec.namespaces),
            tty: tty(parts.tty),
            stdio: exec.stdio.each_ref().map(stdio::descriptor),
            file: stdio::image_file(exec),
        }
    }
}

/// A process as the model names it.
pub(super) fn process_id(who: wire::Who) -> ProcessId {
    ProcessId { pid: who.pid, start: Ticks::from_nanos(who.start) }
}

fn known(who: wire::Who) -> Option<ProcessId> {
    (who.pid != 0).then(|| process_id(who))
}

fn redirect_event(redirect: &wire::Redirect) -> Act {
    let closed = crate::model::Descriptor { to: Target::Other, inode: 0, device: 0, read: false, write: false };
    let now = stdio::descriptor(&redirect.now).unwrap_or(closed);
    Act { error: None, observer: None, what: Deed::Descriptor { fd: redirect.fd, how: stdio::call(redirect.how), now } }
}

fn fork_event(fork: &wire::Fork) -> Fork {
    // A maker outside the observer's pid namespace has no pid there; the parent may have one.
    let parent = known(fork.parent).unwrap_or(process_id(fork.maker));
    Fork {
        maker: known(fork.maker).unwrap_or(parent),
        parent,
        ns_pid: fork.ns_pid,
        creds: creds([fork.uid, fork.gid, fork.euid, fork.login_uid, fork.session]),
    }
}

fn exit_event(exit: &wire::Exit) -> Exit {
    // wait(2): the signal in bits 0 to 6, the core dump in 7, the code in 8 to 15.
    let signal = (exit.status & 0x7f) as u8;
    Exit {
        code: (signal == 0).then_some((exit.status >> 8) as u8),
        signal: (signal != 0).then_some(signal),
        core: exit.status & 0x80 != 0,
        run_time: Some(exit.run_time),
        heir: known(exit.heir),
    }
}

fn net_event(net: &wire::Net, op: wire::NetOp, transport: wire::Transport) -> Net {
    let closed = op == wire::NetOp::Close;
    let direction = match net.direction {
        2 => Direction::Inbound,
        3 => Direction::Listening,
        _ => Direction::Outbound,
    };
    let counted = closed && direction != Direction::Listening;
    Net {
        op: match op {
            wire::NetOp::Connect => NetOp::Connect,
            wire::NetOp::Established => NetOp::Established,
            wire::NetOp::Accept => NetOp::Accept,
            wire::NetOp::Listen => NetOp::Listen,
            wire::NetOp::Close => NetOp::Close,
        },
        protocol: match transport {
            wire::Transport::Tcp => Protocol::Tcp,
            wire::Transport::Udp => Protocol::Udp,
        },
        direction,
        local: address(net.family, &net.local, net.local_port),
        remote: address(net.family, &net.remote, net.remote_port),
        socket: net.socket,
        sent: counted.then_some(net.sent),
        received: counted.then_some(net.received),
        error: (net.error != 0).then_some(net.error),
    }
}

/// An address; `None` for a port that is not chosen yet. IPv4 in IPv6 is told as IPv4.
pub(super) fn address(family: u16, bytes: &[u8; 16], port: u16) -> Option<SocketAddr> {
    if port == 0 {
        return None;
    }
    let ip = match family {
        AF_INET => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
        AF_INET6 => IpAddr::V6(Ipv6Addr::from(*bytes)).to_canonical(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// uid, gid, euid, login uid, audit session: where the last two are all ones, nobody set them.
pub(super) fn creds([uid, gid, euid, login_uid, session]: [u32; 5]) -> Creds {
    let set = |id: u32| (id != u32::MAX).then_some(id);
    Creds { uid, gid, euid, login_uid: set(login_uid), session: set(session) }
}

/// The kernel says `pts3` where everybody else says `pts/3`.
fn tty(name: &[u8]) -> Text {
    match name.strip_prefix(b"pts") {
        Some(number) if !number.is_empty() => Text::from([b"pts/", number].concat()),
        _ => Text::from(name),
    }
}

/// A path from its components, the last first, each ended by a NUL. One that lost its beginning starts with `…/`.
pub(super) fn path(reversed: &[u8], cut: bool) -> Vec<u8> {
    let mut path = Vec::with_capacity(reversed.len() + 4);
    if cut {
        path.extend("…".as_bytes());
    }
    for name in reversed.strip_suffix(b"\0").unwrap_or(reversed).rsplit(|&b| b == 0) {
        path.push(b'/');
        path.extend(name);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_turned_around() {
        assert_eq!(path(b"sh\0bin\0", false), b"/bin/sh");
        assert_eq!(path(b"", false), b"/");
        assert_eq!(path(b"sh\0bin\0", true), "…/bin/sh".as_bytes());
    }

    #[test]
    fn a_mapped_address_is_told_as_ipv4() {
        let mut bytes = [0; 16];
        bytes[10..].copy_from_slice(&[0xff, 0xff, 127, 0, 0, 1]);
        assert_eq!(address(AF_INET6, &bytes, 80), Some("127.0.0.1:80".parse().expect("valid")));
        assert_eq!(address(AF_INET, &[0; 16], 0), None);
    }

    #[test]
    fn a_status_is_a_code_or_a_signal() {
        let exit = |status| exit_event(&wire::Exit { status, ..wire::Exit::default() });
        assert_eq!((exit(3 << 8).code, exit(3 << 8).signal), (Some(3), None));
        assert_eq!((exit(139).code, exit(139).signal, exit(139).core), (None, Some(11), true));
    }
}
