//! The wall clock, for rooms that may look at it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Time;

/// This moment.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
