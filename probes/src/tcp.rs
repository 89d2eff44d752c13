//! TCP: connections and listening sockets, from the changes of a socket's state, whoever made the call and how.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::{LruHashMap, PerCpuArray};
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{Header, Kind, ListenKey, Net, NetOp, Owner, flags};

use crate::emit::{emit, header_for};
use crate::kernel::{Result, Unreadable, args, current, offset, own, read, read_or_default, visible_pid, who};
use crate::path::cgroup_of;

/// Who owns a socket, by its address: state changes often happen in an interrupt, in nobody's name.
#[map]
pub static SOCKETS: LruHashMap<u64, Owner> = LruHashMap::with_max_entries(32_768, 0);

/// Who listens. The reader adds those that listened before the probes were there.
#[map]
static LISTENERS: LruHashMap<ListenKey, Owner> = LruHashMap::with_max_entries(4_096, 0);

/// The records that are being written, by [`Turn`]: they would not fit on the stack beside the rest.
#[map]
static RECORD: PerCpuArray<Net> = PerCpuArray::with_max_entries(2, 0);

/// 1 while [`tcp`] is at work on this CPU.
#[map]
static AT_WORK: PerCpuArray<u32> = PerCpuArray::with_max_entries(1, 0);

/// How often [`tcp_between`] stood in for it.
#[map]
static BETWEEN: PerCpuArray<u64> = PerCpuArray::with_max_entries(1, 0);

/// Which of the two programs looks.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    First,
    /// The other is at work on this CPU.
    Between,
}

impl Turn {
    /// What its records are numbered as: each of the two has numbers of its own, as it may interrupt the other.
    const fn kind(self) -> Kind {
        match self {
            Turn::First => Kind::Tcp,
            Turn::Between => Kind::TcpBetween,
        }
    }
}

// include/net/tcp_states.h
const ESTABLISHED: u32 = 1;
const SYN_SENT: u32 = 2;
const SYN_RECV: u32 = 3;
const FIN_WAIT1: u32 = 4;
const CLOSE: u32 = 7;
const CLOSE_WAIT: u32 = 8;
const LAST_ACK: u32 = 9;
const LISTEN: u32 = 10;

pub const AF_INET: u16 = 2;
pub const AF_INET6: u16 = 10;
pub const IPPROTO_TCP: u16 = 6;

pub const OUTBOUND: u32 = 1;
pub const INBOUND: u32 = 2;
const LISTENING: u32 = 3;

// TP_PROTO(const struct sock *sk, const int oldstate, const int newstate)
#[raw_tracepoint(tracepoint = "inet_sock_set_state")]
pub fn tcp(ctx: RawTracePointContext) -> i32 {
    let Some(at_work) = AT_WORK.get_ptr_mut(0) else { return 0 };
    // SAFETY: the map gave the pointer. What interrupts this CPU must find it as it is, hence volatile.
    unsafe { at_work.write_volatile(1) };
    look(args(&ctx), Turn::First);
    // SAFETY: as above.
    unsafe { at_work.write_volatile(0) };
    0
}

/// The kernel does not run a program that is at work on the same CPU already, and packets arrive in interrupts, in the middle of a
/// call that connects or closes: there this one looks, in the other's stead, and nowhere else.
#[raw_tracepoint(tracepoint = "inet_sock_set_state")]
pub fn tcp_between(ctx: RawTracePointContext) -> i32 {
    let (Some(at_work), Some(count)) = (AT_WORK.get_ptr_mut(0), BETWEEN.get_ptr_mut(0)) else { return 0 };
    // SAFETY: the maps gave the pointers, and this program does not run inside itself.
    unsafe {
        if at_work.read_volatile() != 0 {
            *count += 1;
            look(args(&ctx), Turn::Between);
        }
    }
    0
}

#[inline(always)]
fn look([sock, old, new]: [u64; 3], turn: Turn) {
    let _ = try_tcp(sock, old as u32, new as u32, turn);
}

/// There once, for both.
#[inline(never)]
fn try_tcp(sock: u64, old: u32, new: u32, turn: Turn) -> Result<()> {
    if read::<u16>(sock, offset!(sock_protocol))? != IPPROTO_TCP {
        return Ok(());
    }
    match (old, new) {
        (_, SYN_SENT) => opened(sock, NetOp::Connect, OUTBOUND, turn),
        (_, LISTEN) => opened(sock, NetOp::Listen, LISTENING, turn),
        (SYN_SENT | SYN_RECV, ESTABLISHED) => established(sock, turn),
        // Both are made by close or shutdown, in the name of the caller.
        (ESTABLISHED, FIN_WAIT1) | (CLOSE_WAIT, LAST_ACK) => {
            handed_over(sock);
            Ok(())
        }
        (_, CLOSE) => closed(sock, old, turn),
        _ => Ok(()),
    }
}

/// The current process connects or listens.
#[inline(always)]
fn opened(sock: u64, op: NetOp, direction: u32, turn: Turn) -> Result<()> {
    let Some(owner) = current_owner(direction) else { return Ok(()) };
    let net = describe(sock, op, &owner, turn)?;
    let _ = SOCKETS.insert(&sock, &owner, 0);
    if direction == LISTENING {
        let _ = LISTENERS.insert(&listen_key(net), &owner, 0);
    }
    tell(net, turn);
    Ok(())
}

#[inline(always)]
fn established(sock: u64, turn: Turn) -> Result<()> {
    // SAFETY: copied at once; an entry that is replaced meanwhile is of the same type.
    if let Some(owner) = unsafe { SOCKETS.get(&sock) }.copied() {
        tell(describe(sock, NetOp::Established, &owner, turn)?, turn);
        return Ok(());
    }
    let net = describe(sock, NetOp::Accept, &Owner { direction: INBOUND, ..Owner::default() }, turn)?;
    // SAFETY: as above.
    if let Some(mut owner) = unsafe { LISTENERS.get(&listen_key(net)) }.copied() {
        owner.direction = INBOUND;
        own_it(&mut net.header, &owner);
        net.header.flags |= flags::OWNER_LISTENS;
        let _ = SOCKETS.insert(&sock, &owner, 0);
    }
    tell(net, turn);
    Ok(())
}

/// An accepted connection is closed by whom it was handed to: from now on it is theirs.
#[inline(always)]
fn handed_over(sock: u64) {
    let Some(owner) = SOCKETS.get_ptr_mut(&sock) else { return };
    // SAFETY: the map gave the pointer.
    unsafe {
        if (*owner).direction == INBOUND
            && let Some(now) = current_owner(INBOUND)
        {
            *owner = now;
        }
    }
}

#[inline(always)]
fn closed(sock: u64, old: u32, turn: Turn) -> Result<()> {
    // SAFETY: copied at once.
    let owner = unsafe { SOCKETS.get(&sock) }.copied().unwrap_or_default();
    let net = describe(sock, NetOp::Close, &owner, turn)?;
    if old == SYN_SENT {
        net.error = read_or_default(sock, offset!(sock_err));
    }
    if owner.direction != LISTENING {
        net.sent =
            read_or_default::<u64>(sock, offset!(tcp_sent)).wrapping_sub(read_or_default(sock, offset!(tcp_resent)));
        net.received = read_or_default::<u64>(sock, offset!(tcp_received)).wrapping_sub(fin(sock));
    } else {
        let _ = LISTENERS.remove(&listen_key(net));
    }
    let _ = SOCKETS.remove(&sock);
    tell(net, turn);
    Ok(())
}

/// 1 when the peer's FIN was counted among the bytes received.
#[inline(always)]
fn fin(sock: u64) -> u64 {
    let done = offset!(sock_done);
    read_or_default::<u64>(sock, offset!(sock_flags)) >> (done & 63) & 1
}

#[inline(always)]
fn current_owner(direction: u32) -> Option<Owner> {
    let task = current();
    let who = who(task).ok()?;
    if own(&who) {
        return None;
    }
    let cgroup = cgroup_of(task);
    Some(Owner {
        who,
        cgroup: cgroup.id,
        hierarchy: cgroup.hierarchy,
        tid: visible_pid(task).unwrap_or_default(),
        direction,
        reserved: 0,
    })
}

#[inline(always)]
fn own_it(header: &mut Header, owner: &Owner) {
    (header.who, header.tid) = (owner.who, owner.tid);
    (header.cgroup, header.hierarchy) = (owner.cgroup, owner.hierarchy);
}

#[inline(always)]
fn describe(sock: u64, op: NetOp, owner: &Owner, turn: Turn) -> Result<&'static mut Net> {
    // SAFETY: nobody else has it: neither program runs inside itself on one CPU.
    let net = unsafe { &mut *RECORD.get_ptr_mut(turn as u32).ok_or(Unreadable)? };
    *net = Net { header: header_for(turn.kind(), owner.who, owner.tid), ..Net::default() };
    own_it(&mut net.header, owner);
    net.socket = sock;
    net.op = op as u16;
    net.direction = owner.direction;
    net.family = read(sock, offset!(sock_family))?;
    net.local_port = read(sock, offset!(sock_port))?;
    if net.local_port == 0 {
        // The port is given back before the socket is said to be closed; this copy of it stays.
        net.local_port = u16::from_be(read_or_default(sock, offset!(inet_port)));
    }
    net.remote_port = u16::from_be(read(sock, offset!(sock_remote_port))?);
    net.net_ns = read_or_default(read_or_default(sock, offset!(sock_net)), offset!(net_inum));
    if net.family == AF_INET {
        let (local, remote): ([u8; 4], [u8; 4]) =
            (read(sock, offset!(sock_local4))?, read(sock, offset!(sock_remote4))?);
        net.local[..4].copy_from_slice(&local);
        net.remote[..4].copy_from_slice(&remote);
    } else if net.family == AF_INET6 {
        net.local = read(sock, offset!(sock_local6))?;
        net.remote = read(sock, offset!(sock_remote6))?;
    }
    Ok(net)
}

#[inline(always)]
fn listen_key(net: &Net) -> ListenKey {
    ListenKey { net_ns: net.net_ns, port: u32::from(net.local_port) }
}

#[inline(always)]
fn tell(net: &mut Net, turn: Turn) {
    // SAFETY: it begins with its header.
    unsafe { emit(turn.kind(), (&raw mut *net).cast::<Header>(), size_of::<Net>() as u64) };
}
