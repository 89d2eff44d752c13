//! Moments as people write them. Without an offset they are UTC, unless the anchor says otherwise.

use chrono::NaiveDate;

use super::super::process::Time;

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;

/// What a moment that leaves something out is understood by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    /// Now, or the end of a recording: whose day a time of day is of, and what `-5m` is before.
    pub now: Time,
    /// Seconds that local time is ahead of UTC, for moments without an offset.
    pub offset: i32,
}

/// True for `2026-11-23`.
pub(super) fn is_date(text: &str) -> bool {
    date(text).is_some()
}

/// True for `12:03` and the like, alone or as a range.
pub(super) fn is_clock(text: &str) -> bool {
    text.split("..").all(|part| clock(part).is_some() || part.is_empty())
}

/// The first and the last nanosecond of a moment: `12:03` is a minute long.
pub(super) fn read(text: &str, anchor: Anchor) -> Option<(u64, u64)> {
    if let Some(rest) = text.strip_prefix('-') {
        let at = anchor.now.0.checked_sub(span(rest)?)?;
        return Some((at, at));
    }
    if text == "now" {
        return Some((anchor.now.0, anchor.now.0));
    }
    let shift = i64::from(anchor.offset) * SECOND as i64;
    let (day, rest, whole) = match text.split_once(['T', 't']) {
        Some((day, rest)) => (date(day)?, rest, false),
        None => match date(text) {
            Some(day) => (day, "", true),
            None => {
                let local = anchor.now.0.checked_add_signed(shift)?;
                (local - local % DAY, text, false)
            }
        },
    };
    let (rest, shift) = match offset(rest) {
        Some((rest, shift)) => (rest, shift),
        None => (rest, shift),
    };
    let (clock, length) = if whole { (0, DAY) } else { clock(rest)? };
    let at = day.checked_add(clock)?.checked_add_signed(-shift)?;
    Some((at, at.checked_add(length - 1)?))
}

/// Nanoseconds of `90s`, `5m`, `1h30m`, `2d`, `250ms`.
pub fn span(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let unit = match unit {
            "ms" => SECOND / 1_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            "d" => DAY,
            _ => return None,
        };
        sum = sum.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(sum)
}

/// What stands before an offset, and the offset in nanoseconds.
fn offset(text: &str) -> Option<(&str, i64)> {
    if let Some(rest) = text.strip_suffix(['Z', 'z']) {
        return Some((rest, 0));
    }
    let at = text.rfind(['+', '-'])?;
    let (hours, minutes) = text[at + 1..].split_once(':')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i64>().ok())?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let sign = if text[at..].starts_with('-') { -1 } else { 1 };
    let fits = hours <= 23 && minutes <= 59;
    fits.then(|| (&text[..at], sign * (hours * 3_600 + minutes * 60) * SECOND as i64))
}

/// `HH:MM`, `HH:MM:SS` or with a fraction, as nanoseconds since midnight; and how long it lasts.
fn clock(text: &str) -> Option<(u64, u64)> {
    let mut parts = text.split(':');
    let mut number = |most: u64| {
        let part = parts.next()?;
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u64>().ok().filter(|number| digits && *number <= most)
    };
    let at = (number(23)? * 3_600 + number(59)? * 60) * SECOND;
    let Some(seconds) = parts.next() else { return Some((at, 60 * SECOND)) };
    if parts.next().is_some() {
        return None;
    }
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 2 || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let seconds: u64 = whole.parse().ok().filter(|seconds| *seconds <= 60)?;
    let scale = 10_u64.pow(9 - fraction.len() as u32);
    let fraction = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? * scale };
    Some((at + seconds * SECOND + fraction, scale))
}

/// The midnight, UTC, of `2026-11-23`, in nanoseconds since 1970.
fn date(text: &str) -> Option<u64> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| shape)?;
    let days = u64::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok()?;
    days.checked_mul(DAY)
}
