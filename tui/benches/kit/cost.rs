//! What a process has cost so far.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

/// Seconds of CPU that all threads of `pid` have used, to the nanosecond; 0 when it is gone.
pub fn cpu_seconds(pid: u32) -> f64 {
    let (mut clock, mut time) = (0, libc::timespec { tv_sec: 0, tv_nsec: 0 });
    // SAFETY: both are valid to write to; a pid that is gone gives an error, not undefined behaviour.
    let read = unsafe {
        libc::clock_getcpuclockid(pid as libc::pid_t, &mut clock) == 0 && libc::clock_gettime(clock, &mut time) == 0
    };
    if read { time.tv_sec as f64 + time.tv_nsec as f64 / 1e9 } else { 0.0 }
}

/// A line of `/proc/PID/status` in MB: `VmRSS`, or `VmHWM` for the peak; 0 when it is gone.
pub fn memory_mb(pid: u32, line: &str) -> f64 {
    line_mb(&format!("/proc/{pid}/status"), line)
}

/// What `pid` has in memory, each page once, in MB: the ring of its probes is mapped twice, one behind the other, and so
/// counted twice in RSS. 0 when it is gone.
pub fn pss_mb(pid: u32) -> f64 {
    line_mb(&format!("/proc/{pid}/smaps_rollup"), "Pss")
}

fn line_mb(file: &str, line: &str) -> f64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    let kib = value.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// What a process costs that ends by itself: looked at every 20 ms for as long as it is there.
pub struct Looked {
    over: Arc<AtomicBool>,
    cost: JoinHandle<(f64, f64)>,
}

impl Looked {
    /// Begins to look at `pid`.
    pub fn at(pid: u32) -> Looked {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let cost = spawn(move || {
            let (mut cpu, mut peak) = (0.0_f64, 0.0_f64);
            while !told.load(Ordering::Relaxed) {
                (cpu, peak) = (cpu.max(cpu_seconds(pid)), peak.max(memory_mb(pid, "VmHWM")));
                sleep(Duration::from_millis(20));
            }
            (cpu, peak)
        });
        Looked { over, cost }
    }

    /// Seconds of CPU that it had used, and the peak of its memory in MB, when it was there last.
    pub fn end(self) -> (f64, f64) {
        self.over.store(true, Ordering::Relaxed);
        self.cost.join().expect("it only looked")
    }
}
