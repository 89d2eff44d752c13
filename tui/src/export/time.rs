//! Moments as RFC 3339, UTC, in nanoseconds.

use std::io::Write as _;

use chrono::{DateTime, Datelike as _, Timelike as _};

use crate::model::Time;

/// `2026-11-23T07:21:31.123456789Z`. Years beyond 9999 do not occur: the clock of a node ends in 2554.
pub(super) fn rfc3339(time: Time) -> String {
    let (seconds, nanos) = (time.0 / 1_000_000_000, time.0 % 1_000_000_000);
    let moment = i64::try_from(seconds).ok().and_then(|s| DateTime::from_timestamp(s, 0)).unwrap_or_default();
    let mut out = Vec::with_capacity(30);
    // Writing to a vector cannot fail. By hand, as a format string that is parsed for each event costs more than all
    // the rest of it.
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{nanos:09}Z",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
    );
    String::from_utf8(out).unwrap_or_default()
}

/// `07:21:31.123`, UTC.
pub(super) fn clock(time: Time) -> String {
    let seconds = time.0 / 1_000_000_000;
    let milli = time.0 / 1_000_000 % 1_000;
    format!("{:02}:{:02}:{:02}.{milli:03}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}
