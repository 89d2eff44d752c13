//! UDP: connect, which changes no state that a tracepoint tells of, at the hook that cgroups have on it.

use aya_ebpf::macros::cgroup_sock_addr;
use aya_ebpf::programs::SockAddrContext;
use ktrace_probes_common::{Header, Kind, Net, NetOp};

use crate::emit::{emit, header, set_cgroup};
use crate::kernel::{current, namespaces};
use crate::path::cgroup_of;

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const IPPROTO_UDP: u32 = 17;
const OUTBOUND: u32 = 1;

/// The verdict of a hook that only looks on.
const ALLOW: i32 = 1;

#[cgroup_sock_addr(connect4)]
pub fn udp_connect4(ctx: SockAddrContext) -> i32 {
    if let Some(mut net) = begin(&ctx, AF_INET) {
        // SAFETY: the hook's context has this field.
        let address = unsafe { core::ptr::read_volatile(&raw const (*ctx.sock_addr).user_ip4) };
        net.remote[..4].copy_from_slice(&address.to_ne_bytes());
        tell(net);
    }
    ALLOW
}

#[cgroup_sock_addr(connect6)]
pub fn udp_connect6(ctx: SockAddrContext) -> i32 {
    if let Some(mut net) = begin(&ctx, AF_INET6) {
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
        for (to, word) in net.remote.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_ne_bytes());
        }
        tell(net);
    }
    ALLOW
}

/// What both families have in common; `None` for other protocols and for the reader itself.
#[inline(always)]
fn begin(ctx: &SockAddrContext, family: u16) -> Option<Net> {
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
    Some(Net {
        header,
        remote_port: u16::from_be(port as u16),
        family,
        op: NetOp::Connect as u16,
        net_ns: namespaces(task)[2],
        direction: OUTBOUND,
        ..Net::default()
    })
}

#[inline(always)]
fn tell(mut net: Net) {
    // SAFETY: it begins with its header.
    unsafe { emit(Kind::Udp, (&raw mut net).cast::<Header>(), size_of::<Net>() as u64) };
}
