//! What the benchmarks share: their arguments, the tracer under test, the workloads, and what a process costs.
#![allow(dead_code, unreachable_pub, reason = "each benchmark includes this folder and uses its part")]

pub mod cost;
pub mod crowd;
pub mod grid;
pub mod mixed;
pub mod pty;
pub mod tiny;
pub mod tracer;
pub mod watched;
pub mod work;

use std::process::exit;

/// The ktrace-tui that is measured: the one that cargo built for this, unless KTRACE_TUI names another, as a static one.
pub fn program() -> std::process::Command {
    let named = std::env::var_os("KTRACE_TUI");
    std::process::Command::new(named.unwrap_or_else(|| env!("CARGO_BIN_EXE_ktrace-tui").into()))
}

/// Ends the program with a message unless this is root.
pub fn root() {
    // SAFETY: geteuid has no preconditions and cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        eprintln!("this benchmark loads probes into the kernel: run it as root (`sudo -E cargo bench …`)");
        exit(3);
    }
}

/// The number after `name` on the command line, or `default`.
pub fn number(name: &str, default: usize) -> usize {
    let mut rest = std::env::args().skip_while(|argument| argument != name).skip(1);
    match std::env::args().any(|argument| argument == name).then(|| rest.next()) {
        None => default,
        Some(given) => given.and_then(|given| given.parse().ok()).unwrap_or_else(|| {
            eprintln!("`{name}` wants a whole number after it");
            exit(2);
        }),
    }
}

/// The word after `name` on the command line.
pub fn word(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// The middle of what was measured; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}

/// The smallest value that `percent` of all do not exceed; 0 of nothing.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// Nanoseconds of the monotonic clock, which all processes share.
pub fn now() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

/// Nanoseconds of CPU that this thread has used: what else runs on the machine does not count.
pub fn used() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid timespec to write to.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
