//! Maps by process: what is looked up most, with a hash that costs next to nothing.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::process::ProcessId;

/// A map by process. Its hash is not keyed: pids and start times come from the kernel, and whoever starts processes
/// chooses neither as it would take to make them collide.
pub type IdMap<V> = HashMap<ProcessId, V, BuildHasherDefault<IdHasher>>;

/// Mixes the few integers that a process id is.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

/// An odd number without a pattern: the fraction of the golden ratio.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl IdHasher {
    fn add(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(29) ^ number).wrapping_mul(MIX);
    }
}

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.add(byte.into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.add(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    fn finish(&self) -> u64 {
        // The table looks at the lowest bits and at the highest: what is mixed best is in the middle and above.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, RandomState};

    use super::super::process::Ticks;
    use super::*;

    #[test]
    fn pids_in_a_row_fall_apart_as_well_as_with_a_keyed_hash() {
        let ids = || (0..20_000_u32).map(|pid| ProcessId { pid, start: Ticks(u64::from(pid / 7)) });
        let fullest = |hash: &dyn Fn(ProcessId) -> u64| {
            let mut buckets = vec![0_u32; 1 << 15];
            ids().for_each(|id| buckets[(hash(id) & 0x7fff) as usize] += 1);
            buckets.into_iter().max().unwrap_or_default()
        };
        let (plain, keyed) = (BuildHasherDefault::<IdHasher>::default(), RandomState::new());
        assert!(fullest(&|id| plain.hash_one(id)) <= fullest(&|id| keyed.hash_one(id)) * 2);
        let mut tops: Vec<_> = ids().map(|id| plain.hash_one(id) >> 57).collect();
        tops.sort_unstable();
        tops.dedup();
        assert_eq!(tops.len(), 128, "all of the bits that tell apart what shares a bucket are used");
    }
}
