//! Who may still put something onto a ring that fills: nobody more than is left to everybody else.
//!
//! While less than half of the ring is taken, nobody is asked. Beyond that, a cgroup may have as much waiting there as is
//! still free; of what is no fork, exec, exit or move, a quarter of that. So whoever floods stops where there is room for
//! others, however many flood, and what makes the tree is kept before everything else.

use aya_ebpf::bindings::{BPF_RB_CONS_POS, BPF_RB_PROD_POS};
use aya_ebpf::macros::map;
use aya_ebpf::maps::{LruHashMap, RingBuf};
use ktrace_probes_common::{Header, Kind, SHARES_MAX, Share};

use crate::kernel::settings;

/// What waits on the ring of each cgroup, and what of it found no place: by its id and hierarchy.
#[map]
static SHARES: LruHashMap<[u64; 2], Share> = LruHashMap::with_max_entries(SHARES_MAX, 0);

/// The part of what is free that others than forks, execs, exits and moves may take.
const OTHERS: u64 = 4;

/// Whether a record of `len` bytes may be put where `waiting` bytes wait already; where not, that is counted for the cgroup
/// that it is of.
#[inline(always)]
pub fn may_have(kind: Kind, header: &Header, ring: &RingBuf, waiting: u64, len: u64) -> bool {
    let size = u64::from(settings().ring_bytes);
    if waiting < size / 2 {
        return true;
    }
    let Some(share) = share_of(header) else { return true };
    let (read, written) = (ring.query(BPF_RB_CONS_POS as u64), ring.query(BPF_RB_PROD_POS as u64));
    let free = size.saturating_sub(waiting);
    let most = if is_of_the_tree(kind) { free } else { free / OTHERS };
    // SAFETY: the map gave the pointer; `kind` is one of as many as there are counters. Two CPUs may both count bytes: a few
    // more or less do no harm.
    unsafe {
        // Everything from before the mark was read: what came after it is what may still wait.
        if read >= (*share).mark {
            ((*share).before, (*share).after, (*share).mark) = ((*share).after, 0, written);
        }
        if (*share).before + (*share).after + len <= most {
            (*share).after += len;
            return true;
        }
        if (*share).first == 0 {
            (*share).first = header.time;
        }
        (*share).last = header.time;
        let count = (&raw mut (*share).withheld).cast::<u64>().add(kind as usize);
        // At once: the count must hold when several CPUs withhold something of one cgroup.
        core::arch::asm!("lock *(u64 *)({0} + 0) += {1}", in(reg) count, in(reg) 1_u64, options(nostack));
    }
    false
}

#[inline(always)]
fn share_of(header: &Header) -> Option<*mut Share> {
    let key = [header.cgroup, u64::from(header.hierarchy)];
    if let Some(share) = SHARES.get_ptr_mut(&key) {
        return Some(share);
    }
    let _ = SHARES.insert(&key, &Share::default(), 1);
    SHARES.get_ptr_mut(&key)
}

#[inline(always)]
fn is_of_the_tree(kind: Kind) -> bool {
    matches!(kind, Kind::Fork | Kind::Exec | Kind::Exit | Kind::Move)
}
