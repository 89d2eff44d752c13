//! The kernel: its version, its types, what it forbids.

use std::path::Path;

use super::Check;
use crate::model::Health;
use crate::source::live::{BTF_PATH, LoadError, missing_offsets, offsets};
use crate::source::lockdown::{self, CONFIDENTIALITY};

/// BPF ring buffers came with this version.
const OLDEST: (u32, u32) = (5, 8);

pub(super) fn version() -> Check {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy().into_owned();
    let machine = uname.machine().to_string_lossy().into_owned();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < OLDEST {
        let (major, minor) = OLDEST;
        let text = format!("Linux {release}: needs {major}.{minor} or later for BPF ring buffers");
        return Check::new("kernel", Health::Missing, text);
    }
    Check::new("kernel", Health::Ok, format!("Linux {release} {machine}"))
}

pub(super) fn btf() -> Check {
    match offsets() {
        Err(error @ LoadError::Btf(_)) => Check::new("btf", Health::Missing, error.to_string()),
        Err(error) => Check::new("btf", Health::Missing, error.to_string()),
        Ok(offsets) => match missing_offsets(&offsets) {
            missing if missing.is_empty() => {
                Check::new("btf", Health::Ok, format!("{BTF_PATH} has every field that is read"))
            }
            missing => {
                Check::new("btf", Health::Degraded, format!("this kernel has no {}; left empty", missing.join(", ")))
            }
        },
    }
}

pub(super) fn lockdown() -> Check {
    let Some(mode) = lockdown::mode() else {
        let text = format!("not told: {} is not there; whether the probes load says more", lockdown::FILE);
        return Check::new("lockdown", Health::Ok, text);
    };
    if mode == CONFIDENTIALITY {
        let text = "confidentiality: probes may not read kernel memory; boot without lockdown=confidentiality";
        return Check::new("lockdown", Health::Missing, text);
    }
    Check::new("lockdown", Health::Ok, format!("{mode}: probes may read kernel memory"))
}

pub(super) fn tracefs() -> Check {
    let mounted = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]
        .into_iter()
        .find(|at| Path::new(at).join("trace").exists());
    match mounted {
        Some(at) => Check::new("tracefs", Health::Ok, format!("mounted at {at}; not needed")),
        None => Check::new("tracefs", Health::Ok, "not mounted; not needed, as raw tracepoints are used"),
    }
}
