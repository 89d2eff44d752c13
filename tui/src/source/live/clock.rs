//! From the kernel's boot clock to the time of day.

use rustix::time::{ClockId, clock_gettime};

use crate::model::{Ticks, Time};

/// Below this a difference between the two clocks is noise of measuring.
const STEP: u64 = 5_000_000;

/// Maps nanoseconds since boot to wall-clock time.
///
/// The time of boot is measured once and kept, so that a start time is always told the same. Times of events follow
/// the wall clock when somebody sets it.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Clock {
    boot: Time,
    offset: u64,
}

impl Clock {
    /// Measures the time of boot.
    pub(in crate::source) fn new() -> Clock {
        let offset = offset();
        Clock { boot: Time(offset), offset }
    }

    /// When the node booted.
    pub(in crate::source) fn boot(&self) -> Time {
        self.boot
    }

    /// The moment that the boot clock shows as `nanos`.
    pub(in crate::source) fn wall(&self, nanos: u64) -> Time {
        Time(self.offset + nanos)
    }

    /// The moment at which a process that started then was born.
    pub(in crate::source) fn born(&self, start: Ticks) -> Time {
        Time(self.boot.0 + start.0 * Ticks::NANOS)
    }

    /// Nanoseconds since boot, now.
    pub(in crate::source) fn boot_now() -> u64 {
        nanos(ClockId::Boottime)
    }

    /// Notices that the wall clock was set.
    pub(in crate::source) fn adjust(&mut self) {
        let offset = offset();
        if offset.abs_diff(self.offset) > STEP {
            self.offset = offset;
        }
    }
}

fn offset() -> u64 {
    nanos(ClockId::Realtime).saturating_sub(nanos(ClockId::Boottime))
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
