//! A moment as people type it: `12:03`, `12:03:41.250`, `-5m`, `2026-11-23T12:03Z`, `#1234`, `start`.

use std::ops::Range;

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime};

use crate::model::Time;
use crate::store::Moment;

/// What a typed moment is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where the cursor is.
    pub now: Time,
    /// From the earliest to the latest moment that can be gone to.
    pub times: (Time, Time),
    /// Number of the first event, and one more than that of the last.
    pub numbers: Range<u64>,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: i32,
}

/// What can be typed, for whoever typed something else.
pub const EXAMPLES: &str = "12:03, 12:03:41.250, -5m, +10s, 2026-11-23T12:03Z, #1234, start, end";

const DAY: i64 = 86_400_000_000_000;

/// Reads a moment.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn parse(text: &str, frame: &Frame) -> Result<Moment, String> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "" => return Err(format!("type a moment: {EXAMPLES}")),
        "start" => return Ok(Moment::Start),
        "end" | "now" => return Ok(Moment::End),
        _ => {}
    }
    if let Some(number) = text.strip_prefix('#') {
        return event(number, frame);
    }
    let bad = || format!("`{text}` is no moment: {EXAMPLES}");
    let nanos = if let Some(length) = text.strip_prefix(['-', '−', '+']) {
        let length = humantime::parse_duration(length.trim()).map_err(|_| bad())?;
        let length = i64::try_from(length.as_nanos()).map_err(|_| bad())?;
        let now = signed(frame.now);
        if text.starts_with('+') { now.saturating_add(length) } else { now.saturating_sub(length) }
    } else if let Some(clock) = clock(text) {
        on_which_day(clock, frame).ok_or_else(bad)?
    } else {
        date(text, frame).ok_or_else(bad)?
    };
    within(nanos, frame)
}

fn event(number: &str, frame: &Frame) -> Result<Moment, String> {
    let number: u64 = number.replace(',', "").parse().map_err(|_| format!("`{number}` is no number of an event"))?;
    let last = frame.numbers.end.saturating_sub(1);
    if !frame.numbers.contains(&number) {
        return Err(format!("no event has the number {number}: they go from {} to {last}", frame.numbers.start));
    }
    Ok(Moment::Number(number))
}

/// Hours and minutes, and seconds where they matter.
fn clock(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

/// A time of day is of the cursor's day, or else of the nearest on which it can be gone to.
fn on_which_day(clock: NaiveTime, frame: &Frame) -> Option<i64> {
    let today = local(signed(frame.now), frame)?.date();
    let at = |day: NaiveDate| Some(utc(day.and_time(clock), frame));
    let (start, end) = (signed(frame.times.0), signed(frame.times.1));
    let days = (end.saturating_sub(start) / DAY).clamp(0, 3_650) + 1;
    let near = (0..=days).flat_map(|by| [-by, by]).filter_map(|by| at(today.checked_add_signed(Duration::days(by))?));
    let mut near = near.flatten();
    near.find(|nanos| (start..=end).contains(nanos)).or_else(|| at(today)?)
}

/// A date and a time; local, unless it ends in `Z` or an offset.
fn date(text: &str, frame: &Frame) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return time.timestamp_nanos_opt();
    }
    let (plain, is_utc) = match text.strip_suffix(['Z', 'z']) {
        Some(plain) => (plain, true),
        None => (text, false),
    };
    let plain = plain.replace('T', " ");
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(&plain, format).ok())?;
    if is_utc { time.and_utc().timestamp_nanos_opt() } else { utc(time, frame) }
}

fn local(nanos: i64, frame: &Frame) -> Option<NaiveDateTime> {
    let ahead = Duration::try_seconds(frame.utc_offset.into())?;
    DateTime::from_timestamp_nanos(nanos).naive_utc().checked_add_signed(ahead)
}

fn utc(time: NaiveDateTime, frame: &Frame) -> Option<i64> {
    let ahead = Duration::try_seconds(frame.utc_offset.into())?;
    time.checked_sub_signed(ahead)?.and_utc().timestamp_nanos_opt()
}

fn within(nanos: i64, frame: &Frame) -> Result<Moment, String> {
    let (start, end) = frame.times;
    // People leave out what is behind the second.
    let slack = 1_000_000_000;
    let (first, last) = (signed(start), signed(end));
    if nanos < first.saturating_sub(slack) || nanos > last.saturating_add(slack) {
        let says = |nanos| local(nanos, frame).map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string());
        let (asked, from, to) = (says(nanos), says(first), says(last));
        let [asked, from, to] = [asked, from, to].map(Option::unwrap_or_default);
        return Err(format!("nothing is kept of {asked}: it goes from {from} to {to}"));
    }
    let time = Time(u64::try_from(nanos).unwrap_or(0));
    Ok(Moment::Time(time.clamp(start, end)))
}

fn signed(time: Time) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_795_435_200_000_000_000;
    const SECOND: u64 = 1_000_000_000;

    /// From noon (UTC) until one o'clock, on a screen two hours ahead; the cursor is in the middle.
    fn frame() -> Frame {
        Frame {
            now: Time(NOON + 1_800 * SECOND),
            times: (Time(NOON), Time(NOON + 3_600 * SECOND)),
            numbers: 17..901,
            utc_offset: 7_200,
        }
    }

    fn at(seconds: f64) -> Result<Moment, String> {
        Ok(Moment::Time(Time(NOON + (seconds * 1e9) as u64)))
    }

    #[test]
    fn a_moment_can_be_typed_in_all_the_ways_that_people_write_it() {
        for (text, moment) in [
            ("14:03", at(180.0)),
            (" 14:03:41.250 ", at(221.25)),
            ("-5m", at(1_500.0)),
            ("+10s", at(1_810.0)),
            ("- 1m 30s", at(1_710.0)),
            ("2026-11-23T12:03Z", at(180.0)),
            ("2026-11-23T12:03:07.5Z", at(187.5)),
            ("2026-11-23T13:03:00+01:00", at(180.0)),
            ("2026-11-23 14:03", at(180.0)),
            ("15:00:00.9", at(3_600.0)),
            ("start", Ok(Moment::Start)),
            ("END", Ok(Moment::End)),
            ("#17", Ok(Moment::Number(17))),
            ("#0,900", Ok(Moment::Number(900))),
        ] {
            assert_eq!(parse(text, &frame()), moment, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, says) in [
            ("", "type a moment: 12:03"),
            ("25:00", "`25:00` is no moment: 12:03"),
            ("soon", "`soon` is no moment"),
            ("-5 parsecs", "`-5 parsecs` is no moment"),
            ("#16", "no event has the number 16: they go from 17 to 900"),
            ("#x", "`x` is no number of an event"),
            (
                "11:00",
                "nothing is kept of 2026-11-23 11:00:00: it goes from 2026-11-23 14:00:00 to 2026-11-23 15:00:00",
            ),
            ("-2h", "nothing is kept of 2026-11-23 12:30:00"),
            ("-99999999999999y", "is no moment"),
        ] {
            let error = parse(text, &frame()).expect_err(text);
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_time_of_day_is_of_the_day_on_which_it_is_kept() {
        let night = Frame { times: (Time(NOON - 14 * 3_600 * SECOND), Time(NOON)), now: Time(NOON), ..frame() };
        let evening = Time(NOON - 13 * 3_600 * SECOND);
        assert_eq!(parse("01:00", &night), Ok(Moment::Time(evening)), "the cursor's day");
        let now = Time(NOON - 14 * 3_600 * SECOND);
        let night = Frame { times: (Time(now.0 - 3_600 * SECOND), Time(NOON)), now, ..frame() };
        let before = Time(now.0 - 1_800 * SECOND);
        assert_eq!(parse("23:30", &night), Ok(Moment::Time(before)), "the day before");
    }
}
