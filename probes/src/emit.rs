//! Onto the ring: numbering, counting what finds no place, and waking the reader as seldom as can be.

use aya_ebpf::bindings::{BPF_RB_AVAIL_DATA, BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP};
use aya_ebpf::helpers::{bpf_get_smp_processor_id, bpf_ktime_get_boot_ns, bpf_ringbuf_output};
use aya_ebpf::macros::map;
use aya_ebpf::maps::{Array, PerCpuArray, RingBuf};
use ktrace_probes_common::{Counts, Header, Kind, Who};

use crate::kernel::{own, settings, visible_pid, who};
use crate::path::CgroupAt;
use crate::share::may_have;

/// Everything that is told goes through here. The loader sets its size.
#[map]
static EVENTS: RingBuf = RingBuf::with_byte_size(16 * 1024 * 1024, 0);

/// Per CPU and kind: records that were put there, and those that found no place. No two programs write the same kind, and a
/// program is not run inside itself, so that plain additions are enough.
#[map]
static COUNTS: PerCpuArray<Counts> = PerCpuArray::with_max_entries(Kind::COUNT as u32, 0);

/// When the reader was woken last.
#[map]
static WOKEN: Array<u64> = Array::with_max_entries(1, 0);

/// A header for something that `task` does, or `None` when the reader does not want to hear of it.
#[inline(always)]
pub fn header(kind: Kind, task: u64) -> Option<Header> {
    let who = who(task).ok()?;
    if own(&who) {
        return None;
    }
    Some(header_for(kind, who, visible_pid(task).unwrap_or_default()))
}

/// A header for a process that is known already.
#[inline(always)]
pub fn header_for(kind: Kind, who: Who, tid: u32) -> Header {
    Header { kind: kind as u16, who, tid, time: now(), cpu: cpu(), ..Header::default() }
}

/// Names the cgroup in a header.
#[inline(always)]
pub fn set_cgroup(header: &mut Header, cgroup: &CgroupAt) {
    (header.cgroup, header.hierarchy) = (cgroup.id, cgroup.hierarchy);
}

/// Nanoseconds since boot, suspended time included: the clock of `start_boottime`.
#[inline(always)]
pub fn now() -> u64 {
    // SAFETY: a plain helper call.
    unsafe { bpf_ktime_get_boot_ns() }
}

#[inline(always)]
fn cpu() -> u32 {
    // SAFETY: a plain helper call.
    unsafe { bpf_get_smp_processor_id() }
}

/// Numbers the record that begins at `record` and puts its `len` bytes on the ring.
///
/// # Safety
/// `record` must begin with a [`Header`] and have `len` bytes, in memory that the verifier knows.
#[inline(always)]
pub unsafe fn emit(kind: Kind, record: *mut Header, len: u64) {
    let Some(counts) = COUNTS.get_ptr_mut(kind as u32) else { return };
    // SAFETY: the map gave the pointer; the caller vouches for `record`.
    unsafe {
        let waiting = EVENTS.query(BPF_RB_AVAIL_DATA as u64);
        (*record).len = len as u32;
        (*record).seq = (*counts).seq;
        let ring = (&raw const EVENTS).cast_mut().cast();
        if may_have(kind, &*record, &EVENTS, waiting, len)
            && bpf_ringbuf_output(ring, record.cast(), len, wake_flags(kind, waiting, len, (*record).time)) == 0
        {
            (*counts).seq += 1;
        } else {
            (*counts).withheld += 1;
        }
    }
}

/// Whether this record should wake the reader: when the ring passes the mark, or when it was not woken for a while.
/// Between the two the reader looks by itself: a wake-up for each record would cost more than everything else. `now` is when
/// the record was begun: looking at the clock again would cost as much as ten reads.
#[inline(always)]
fn wake_flags(kind: Kind, waiting: u64, len: u64, now: u64) -> u64 {
    let settings = settings();
    let mark = u64::from(settings.wake_bytes);
    // Who is told to stop has little time left to hear by whom.
    let urgent = kind as u16 == Kind::Signal as u16;
    let passes = urgent || waiting < mark && waiting + len >= mark;
    let Some(woken) = WOKEN.get_ptr_mut(0) else { return BPF_RB_FORCE_WAKEUP as u64 };
    // SAFETY: the map gave the pointer. Two CPUs may both wake the reader; that is harmless.
    unsafe {
        if passes || now.saturating_sub(*woken) > u64::from(settings.wake_nanos) {
            *woken = now;
            return BPF_RB_FORCE_WAKEUP as u64;
        }
    }
    BPF_RB_NO_WAKEUP as u64
}
