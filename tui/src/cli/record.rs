//! What a recording is told at its start: where it is, how large it may become, and which node it is of.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Failure;
use super::arguments::RecordArguments;
use crate::store::{Facts, Key, Limits, Recorder, Settings};

/// What keeps what happens; `ring` bytes of it in memory.
pub(super) fn recorder(
    arguments: &RecordArguments,
    incidents: Option<PathBuf>,
    ring: usize,
) -> Result<Recorder, Failure> {
    let key = arguments.sign.as_deref().map(Key::read).transpose()?;
    if let Some(folder) = &incidents {
        std::fs::create_dir_all(folder)
            .map_err(|error| anyhow::anyhow!("cannot make the directory {}: {error}", folder.display()))?;
    }
    let age = arguments.record_age.map(|age| u64::try_from(age.as_nanos()).unwrap_or(u64::MAX));
    let settings = Settings {
        ring,
        facts: facts(),
        key,
        record: arguments.record.clone(),
        incidents,
        limits: Limits { size: arguments.record_size, age },
    };
    Ok(Recorder::start(settings)?)
}

/// What keeps in memory what another node told, `ring` bytes of it.
pub(super) fn of_node(node: &str, ring: usize) -> Result<Recorder, Failure> {
    // Kernel and boot are not this node's, and the options may name who may read the bus.
    let ours = ["version", "started", "utc_offset"];
    let mut facts: Facts = facts().into_iter().filter(|(key, _)| ours.contains(&key.as_str())).collect();
    facts.push(("host".to_owned(), node.to_owned()));
    let limits = Limits { size: None, age: None };
    Ok(Recorder::start(Settings { ring, facts, key: None, record: None, incidents: None, limits })?)
}

/// The node, as recordings name it.
fn facts() -> Facts {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let uname = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let since_boot = i128::from(since_boot.tv_sec) * 1_000_000_000 + i128::from(since_boot.tv_nsec);
    let offset = i128::try_from(now).unwrap_or_default() - since_boot;
    let options: Vec<String> = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("host", text(uname.nodename())),
        ("boot_id", read("/proc/sys/kernel/random/boot_id")),
        ("kernel", text(uname.release())),
        ("kernel_version", text(uname.version())),
        ("machine", text(uname.machine())),
        ("started", now.to_string()),
        ("clock_offset", offset.to_string()),
        ("utc_offset", chrono::Local::now().offset().local_minus_utc().to_string()),
        ("options", options.join(" ")),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
