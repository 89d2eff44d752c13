//! Short words for numbers, moments, ends and addresses.

use std::net::SocketAddr;

use crate::model::{Arg, Argv, Connection, Direction, Exit, Image, Process, Time};

/// Nanoseconds in at most five cells: `640ms`, `42s`, `12m`, `31h`, `12d`, `3y`.
pub(super) fn duration(nanos: u64) -> String {
    let seconds = nanos / 1_000_000_000;
    match seconds {
        0 if nanos < 1_000_000 => format!("{}µs", nanos / 1_000),
        0 => format!("{}ms", nanos / 1_000_000),
        1..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        172_800..86_400_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_557_600),
    }
}

/// As [`duration`], with the seconds of minutes and the minutes of hours: `2m10s`.
pub(super) fn ago(nanos: u64) -> String {
    let seconds = nanos / 1_000_000_000;
    match seconds {
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..172_800 => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => duration(nanos),
    }
}

/// Eighths of a cell, from nothing on.
pub(super) const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Counts as bars beside each other, the last `cells` of them; the root of each, so that little is seen beside much.
pub(super) fn spark(series: &[u16], cells: usize) -> String {
    let series = &series[series.len().saturating_sub(cells)..];
    let most = f64::from(series.iter().copied().max().unwrap_or(0).max(4)).sqrt();
    let bar = |count: &u16| match *count {
        0 => '·',
        count => EIGHTHS[((f64::from(count).sqrt() / most * 8.0).ceil() as usize).clamp(1, 8)],
    };
    series.iter().map(bar).collect()
}

/// `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 process`, `2 processes` and the like.
pub(super) fn many(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { more })
}

/// Bytes: `812 B`, `1.4 KiB`, `23 MiB`.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 1_024.0 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 10.0);
    format!("{value:.digits$} {}", UNITS[unit])
}

/// Time of day: `HH:MM:SS.mmm`, `offset` seconds ahead of UTC.
pub(super) fn clock(time: Time, offset: i32) -> String {
    let millis = i128::from(time.0 / 1_000_000) + i128::from(offset) * 1_000;
    let millis = millis.rem_euclid(86_400_000);
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Day: `YYYY-MM-DD`, `offset` seconds ahead of UTC.
pub(super) fn date(time: Time, offset: i32) -> String {
    let seconds = i64::try_from(time.0 / 1_000_000_000).unwrap_or(i64::MAX) + i64::from(offset);
    chrono::DateTime::from_timestamp(seconds, 0).map(|day| day.format("%Y-%m-%d").to_string()).unwrap_or_default()
}

/// Names of the signals, by number from 1 (`signal(7)`, x86 and ARM).
const SIGNALS: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// How a process ended: `exit 0`, `SIGKILL`, `SIGSEGV, core`, `end unseen`.
pub(super) fn end(exit: &Exit) -> String {
    match (exit.signal, exit.code) {
        (Some(signal), _) => {
            let name = usize::from(signal).checked_sub(1).and_then(|at| SIGNALS.get(at));
            let name = name.map_or_else(|| format!("signal {signal}"), |name| (*name).to_owned());
            if exit.core { format!("{name}, core") } else { name }
        }
        (None, Some(code)) => format!("exit {code}"),
        (None, None) => "end unseen".to_owned(),
    }
}

/// An address, IPv4 in IPv6 as IPv4.
pub(super) fn address(address: SocketAddr) -> String {
    SocketAddr::new(address.ip().to_canonical(), address.port()).to_string()
}

/// A connection in one short piece: `→ 10.0.0.5:443`, `← 10.0.0.9:51324`, `listens :80`.
pub(super) fn peer(connection: &Connection) -> String {
    let remote = connection.remote.map(address).unwrap_or_else(|| "?".to_owned());
    match connection.direction {
        Direction::Outbound => format!("→ {remote}"),
        Direction::Inbound => format!("← {remote}"),
        Direction::Listening => listens(connection.local),
    }
}

fn listens(local: Option<SocketAddr>) -> String {
    match local {
        Some(local) if local.ip().is_unspecified() => format!("listens :{}", local.port()),
        Some(local) => format!("listens {}", address(local)),
        None => "listens".to_owned(),
    }
}

/// The open connection that tells most: to elsewhere before to here, opened before accepted before listening.
pub(super) fn telling(process: &Process) -> Option<&Connection> {
    process.open_connections().min_by_key(|connection| {
        let here = connection.remote.is_some_and(|remote| remote.ip().to_canonical().is_loopback());
        let rank = match connection.direction {
            Direction::Outbound => 0,
            Direction::Inbound => 1,
            Direction::Listening => 2,
        };
        (connection.direction == Direction::Listening, here, rank, std::cmp::Reverse(connection.opened))
    })
}

/// What a process runs: the program, and its arguments, read no further than about `limit` characters.
pub(super) fn command(process: &Process, limit: usize) -> (String, String) {
    match process.image() {
        Some(image) => command_of(image, limit),
        None if process.id.pid == 2 => ("kernel threads".to_owned(), String::new()),
        None if process.origin == crate::model::Origin::Proc => ("kernel thread".to_owned(), String::new()),
        None => ("not seen yet".to_owned(), String::new()),
    }
}

/// As [`command`], of one image.
pub(super) fn command_of(image: &Image, limit: usize) -> (String, String) {
    let Some(first) = image.argv.args.first().filter(|first| !first.is_empty()) else {
        return (head((&image.exe).into(), limit), arguments(&image.argv, limit));
    };
    (head(first, limit), arguments(&image.argv, limit))
}

fn arguments(argv: &Argv, limit: usize) -> String {
    let mut out = String::new();
    for arg in argv.args.iter().skip(1) {
        if out.len() > limit {
            break;
        }
        out.push(' ');
        out.push_str(&quoted(arg, limit));
    }
    if argv.cut_from.is_some() {
        out.push_str(" …cut");
    }
    if argv.unreadable {
        out.push_str(" (arguments unreadable)");
    }
    out
}

/// An argument so that its ends are seen: in quotes if it is empty or holds a space or a quote. (Not for
/// `argv[0]`, into which daemons write titles.)
fn quoted(arg: Arg<'_>, limit: usize) -> String {
    let text = head(arg, limit);
    let plain = !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c == '\'' || c == '"');
    if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The beginning of a text, long enough to fill `limit` cells.
fn head(text: Arg<'_>, limit: usize) -> String {
    let bytes = text.bytes();
    let cut = limit.saturating_mul(4).saturating_add(4);
    if bytes.len() <= cut { text.lossless() } else { Arg::of(&bytes[..cut]).lossless() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fit_five_cells() {
        let second = 1_000_000_000u64;
        for (nanos, text) in [
            (0, "0µs"),
            (999_000, "999µs"),
            (640_000_000, "640ms"),
            (59 * second, "59s"),
            (47 * 3_600 * second, "47h"),
            (3 * 86_400 * second, "3d"),
            (u64::MAX, "584y"),
        ] {
            assert_eq!(duration(nanos), text);
            assert!(duration(nanos).chars().count() <= 5);
        }
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(100), "100");
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(1_434), "1.4 KiB");
        assert_eq!(clock(Time(1_000_000_000 * 3_600 * 23), 7_200), "01:00:00.000");
    }

    #[test]
    fn the_end_of_a_process_is_named() {
        let end_of = |code, signal, core| end(&Exit { code, signal, core, ..Exit::default() });
        assert_eq!(end_of(Some(3), None, false), "exit 3");
        assert_eq!(end_of(None, Some(9), false), "SIGKILL");
        assert_eq!(end_of(None, Some(11), true), "SIGSEGV, core");
        assert_eq!(end_of(None, Some(40), false), "signal 40");
        assert_eq!(end_of(None, None, false), "end unseen");
    }

    #[test]
    fn the_ends_of_arguments_are_seen() {
        let argv = |args: &[&str]| Argv { args: args.iter().collect(), ..Argv::default() };
        assert_eq!(arguments(&argv(&["sh", "-c", "echo it's", ""]), 80), " -c 'echo it'\\''s' ''");
    }
}
