//! A name server's answer arrived: datagrams from port 53, at the hook that cgroups have on what their sockets receive.
//!
//! Whatever else arrives costs a look at four places of its first bytes.

use aya_ebpf::helpers::generated::{bpf_skb_cgroup_id, bpf_skb_load_bytes};
use aya_ebpf::macros::{cgroup_skb, map};
use aya_ebpf::maps::PerCpuArray;
use aya_ebpf::programs::SkBuffContext;
use ktrace_probes_common::{ANSWER_MAX, Answer, Header, Kind, Who};

use crate::emit::{emit, header_for};
use crate::kernel::{Result, Unreadable, opaque};

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const IPPROTO_UDP: u8 = 17;
/// The port of name servers, as it stands in a datagram.
const DNS: [u8; 2] = [0, 53];
/// Bytes of a UDP header.
const UDP: u32 = 8;
/// Bytes of a DNS header.
const HEAD: u32 = 12;

/// The verdict of a hook that only looks on.
const ALLOW: i32 = 1;

/// An answer with room for what it says.
#[repr(C)]
struct Scratch {
    answer: Answer,
    bytes: [u8; ANSWER_MAX],
}

#[map]
static ANSWER: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// Where the UDP header of a datagram from port 53 begins, and what kind of address it comes from.
struct Place {
    at: u32,
    family: u16,
}

#[cgroup_skb(ingress)]
pub fn answer(ctx: SkBuffContext) -> i32 {
    if let Some(place) = look(&ctx) {
        let _ = tell(&ctx, &place);
    }
    ALLOW
}

/// Looks whether it comes from a name server. Options of IPv4 and further headers of IPv6 are passed over with the
/// packet: no name server sends any.
#[inline(always)]
fn look(ctx: &SkBuffContext) -> Option<Place> {
    let skb = ctx.skb.skb;
    // SAFETY: the hook's context has these fields. Volatile, so that they are read as the whole words that they are.
    let (begin, end) = unsafe {
        let (begin, end) = (&raw const (*skb).data, &raw const (*skb).data_end);
        (core::ptr::read_volatile(begin) as usize, core::ptr::read_volatile(end) as usize)
    };
    if begin + 28 > end {
        return None;
    }
    let byte = |at: usize| {
        // SAFETY: every place that is read lies before the end, which was looked at before.
        unsafe { core::ptr::read_volatile((begin + at) as *const u8) }
    };
    match byte(0) {
        0x45 if byte(9) == IPPROTO_UDP && [byte(20), byte(21)] == DNS => Some(Place { at: 20, family: AF_INET }),
        first if first >> 4 == 6 && byte(6) == IPPROTO_UDP => {
            if begin + 48 > end || [byte(40), byte(41)] != DNS {
                return None;
            }
            Some(Place { at: 40, family: AF_INET6 })
        }
        _ => None,
    }
}

#[inline(always)]
fn tell(ctx: &SkBuffContext, place: &Place) -> Result<()> {
    let from = place.at + UDP;
    let full = ctx.len().checked_sub(from).filter(|len| *len > HEAD).ok_or(Unreadable)?;
    let scratch = ANSWER.get_ptr_mut(0).ok_or(Unreadable)?;
    let skb = ctx.skb.skb;
    // That it is not 0 older verifiers believe only of a sum.
    let more = opaque(u64::from(full.min(ANSWER_MAX as u32) - HEAD));
    if more > (ANSWER_MAX as u32 - HEAD) as u64 {
        return Err(Unreadable);
    }
    let len = more + u64::from(HEAD);
    // SAFETY: the map gave the pointer, with room for as many bytes; this program does not run inside itself on one CPU.
    unsafe {
        load(skb.cast(), from, (&raw mut (*scratch).bytes).cast(), len as u32)?;
        let bytes = &raw const (*scratch).bytes;
        // It is an answer, without an error, and there is something in it.
        if (*bytes)[2] & 0x80 == 0 || (*bytes)[3] & 0x0f != 0 || ((*bytes)[6] | (*bytes)[7]) == 0 {
            return Ok(());
        }
        let mut header: Header = header_for(Kind::Answer, Who::default(), 0);
        header.cgroup = bpf_skb_cgroup_id(skb);
        let answer = &raw mut (*scratch).answer;
        *answer = Answer { header, family: place.family, len: len as u16, full, ..Answer::default() };
        let server = (&raw mut (*answer).server).cast();
        match place.family {
            AF_INET => load(skb.cast(), 12, server, 4)?,
            _ => load(skb.cast(), 8, server, 16)?,
        }
        let mut port = [0u8; 2];
        load(skb.cast(), place.at + 2, (&raw mut port).cast(), 2)?;
        (*answer).port = u16::from_be_bytes(port);
        emit(Kind::Answer, answer.cast(), opaque(size_of::<Answer>() as u64 + len));
    }
    Ok(())
}

/// Copies bytes of the packet.
///
/// # Safety
/// `to` must have room for `len` bytes.
#[inline(always)]
unsafe fn load(skb: *const core::ffi::c_void, from: u32, to: *mut core::ffi::c_void, len: u32) -> Result<()> {
    // SAFETY: the caller vouches for `to`; the helper looks whether the packet has as many.
    if unsafe { bpf_skb_load_bytes(skb, from, to, len) } == 0 { Ok(()) } else { Err(Unreadable) }
}
