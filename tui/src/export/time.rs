//! Moments as RFC 3339, UTC, in nanoseconds.

use std::fmt;

use chrono::{DateTime, Datelike as _, Timelike as _};
use serde::{Serialize, Serializer};

use crate::model::{ProcessId, Ticks, Time};

const NANOS: u64 = 1_000_000_000;

/// A moment that is written as `2026-11-23T07:21:31.123456789Z`: always thirty characters, so that moments sort as
/// strings do. Years beyond 9999 do not occur: the clock of a node ends in 2554.
///
/// Put together by hand in a buffer of its own: every line has several, and a formatter costs more than all the rest
/// of the line.
#[derive(Clone, Copy)]
pub(super) struct Rfc3339(pub(super) Time);

impl Rfc3339 {
    fn with<T>(self, then: impl FnOnce(&str) -> T) -> T {
        let Time(time) = self.0;
        let moment = i64::try_from(time / NANOS).ok().and_then(|s| DateTime::from_timestamp(s, 0)).unwrap_or_default();
        let mut out = *b"0000-00-00T00:00:00.000000000Z";
        digits(&mut out[0..4], u64::from(moment.year().unsigned_abs()));
        digits(&mut out[5..7], moment.month().into());
        digits(&mut out[8..10], moment.day().into());
        digits(&mut out[11..13], moment.hour().into());
        digits(&mut out[14..16], moment.minute().into());
        digits(&mut out[17..19], moment.second().into());
        digits(&mut out[20..29], time % NANOS);
        // Digits and signs alone: it is always UTF-8.
        then(std::str::from_utf8(&out).unwrap_or_default())
    }
}

fn digits(out: &mut [u8], mut number: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// A moment as RFC 3339, UTC, with nanoseconds.
pub fn rfc3339(time: Time) -> String {
    Rfc3339(time).to_string()
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with(|text| serializer.serialize_str(text))
    }
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with(|text| f.write_str(text))
    }
}

/// When a process started, at the grain of its identity: the same moment for the same process, in all that leaves.
pub fn start_time(id: ProcessId, boot: Time) -> Time {
    Time(boot.0.saturating_add(id.start.0.saturating_mul(Ticks::NANOS)))
}

/// `07:21:31.123`, UTC.
pub(super) fn clock(time: Time) -> String {
    let seconds = time.0 / NANOS;
    let milli = time.0 / 1_000_000 % 1_000;
    format!("{:02}:{:02}:{:02}.{milli:03}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}
