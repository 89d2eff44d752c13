//! UDP: connect and bind, which change no state that a tracepoint tells of, at the hooks that cgroups have on them.

use aya_ebpf::macros::cgroup_sock_addr;
use aya_ebpf::programs::SockAddrContext;
use ktrace_probes_common::{Header, Kind, Net, NetOp};

use crate::emit::{emit, header, set_cgroup};
use crate::kernel::{current, namespaces};
use crate::path::cgroup_of;

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const IPPROTO_UDP: u32 = 17;
// `Net::direction`.
const OUTBOUND: u32 = 1;
const LISTENING: u32 = 3;

/// The verdict of a hook that only looks on.
const ALLOW: i32 = 1;

#[cgroup_sock_addr(connect4)]
pub fn udp_connect4(ctx: SockAddrContext) -> i32 {
    if let Some((mut net, port)) = begin(&ctx, AF_INET) {
        (net.op, net.direction, net.remote_port) = (NetOp::Connect as u16, OUTBOUND, port);
        net.remote[..4].copy_from_slice(&address4(&ctx));
        tell(net);
    }
    ALLOW
}

#[cgroup_sock_addr(connect6)]
pub fn udp_connect6(ctx: SockAddrContext) -> i32 {
    if let Some((mut net, port)) = begin(&ctx, AF_INET6) {
        (net.op, net.direction, net.remote_port) = (NetOp::Connect as u16, OUTBOUND, port);
        net.remote = address6(&ctx);
        tell(net);
    }
    ALLOW
}

#[cgroup_sock_addr(bind4)]
pub fn udp_bind4(ctx: SockAddrContext) -> i32 {
    if let Some((mut net, port)) = begin(&ctx, AF_INET).filter(|(_, port)| *port != 0) {
        (net.op, net.direction, net.local_port) = (NetOp::Listen as u16, LISTENING, port);
        net.local[..4].copy_from_slice(&address4(&ctx));
        tell(net);
    }
    ALLOW
}

#[cgroup_sock_addr(bind6)]
pub fn udp_bind6(ctx: SockAddrContext) -> i32 {
    if let Some((mut net, port)) = begin(&ctx, AF_INET6).filter(|(_, port)| *port != 0) {
        (net.op, net.direction, net.local_port) = (NetOp::Listen as u16, LISTENING, port);
        net.local = address6(&ctx);
        tell(net);
    }
    ALLOW
}

#[inline(always)]
fn address4(ctx: &SockAddrContext) -> [u8; 4] {
    // SAFETY: the hook's context has this field.
    unsafe { core::ptr::read_volatile(&raw const (*ctx.sock_addr).user_ip4) }.to_ne_bytes()
}

#[inline(always)]
fn address6(ctx: &SockAddrContext) -> [u8; 16] {
    // SAFETY: the hook's context has this field. Volatile, as it may only be read in words of 4 bytes.
    let words = unsafe {
        let at = &raw const (*ctx.sock_addr).user_ip6;
        [
            core::ptr::read_volatile(&raw const (*at)[0]),
            core::ptr::read_volatile(&raw const (*at)[1]),
            core::ptr::read_volatile(&raw const (*at)[2]),
            core::ptr::read_volatile(&raw const (*at)[3]),
        ]
    };
    let mut address = [0; 16];
    for (to, word) in address.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_ne_bytes());
    }
    address
}

/// What all have in common, and the port; `None` for other protocols and for the reader itself.
#[inline(always)]
fn begin(ctx: &SockAddrContext, family: u16) -> Option<(Net, u16)> {
    // SAFETY: the hook's context has these fields.
    let (protocol, port) = unsafe {
        (
            core::ptr::read_volatile(&raw const (*ctx.sock_addr).protocol),
            core::ptr::read_volatile(&raw const (*ctx.sock_addr).user_port),
        )
    };
    if protocol != IPPROTO_UDP {
        return None;
    }
    let task = current();
    let mut header = header(Kind::Udp, task)?;
    set_cgroup(&mut header, &cgroup_of(task));
    let net = Net { header, family, net_ns: namespaces(task)[2], ..Net::default() };
    Some((net, u16::from_be(port as u16)))
}

#[inline(always)]
fn tell(mut net: Net) {
    // SAFETY: it begins with its header.
    unsafe { emit(Kind::Udp, (&raw mut net).cast::<Header>(), size_of::<Net>() as u64) };
}
