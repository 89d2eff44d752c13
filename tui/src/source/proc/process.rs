//! One process, as /proc tells of it.

use std::borrow::Cow;
use std::io::{Cursor, Read as _};
use std::os::unix::ffi::OsStrExt as _;

use procfs::process::{Process, Stat, Status};
use procfs::{FromBufRead as _, FromRead as _};

use crate::model::{Args, Argv, Caps, Creds, Image, Namespaces, NsKind, ProcessId, Seen, Text, Ticks, Time};
use crate::source::cgroups::{Bases, Hierarchy};

/// `PF_KTHREAD` in `include/linux/sched.h`: a kernel thread.
const PF_KTHREAD: u32 = 0x0020_0000;

/// Arguments that are read of one process; as many as the probes carry.
const ARGV_MAX: u64 = ktrace_probes_common::ARGV_MAX as u64;

/// A process found in /proc.
pub(in crate::source) struct Found {
    pub(in crate::source) id: ProcessId,
    /// Its parent's pid, 0 for none.
    pub(in crate::source) parent: u32,
    /// Everything else; the parent is not filled in.
    pub(in crate::source) seen: Seen,
    /// Path of the cgroup that says most about it, as the probes choose it.
    pub(in crate::source) cgroup: Option<Vec<u8>>,
}

/// The pids of all processes there are. Threads are not processes.
pub(in crate::source) fn pids() -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// When the process that has this pid now started; `None` when there is none.
pub(in crate::source) fn start_of(pid: u32) -> Option<Ticks> {
    let process = Process::new(pid.try_into().ok()?).ok()?;
    Some(Ticks(stat(&process)?.starttime))
}

/// Reads a process; `born` tells the moment of a start. `None` when it is gone, or goes meanwhile: what cannot be
/// read of one that stays is left empty.
pub(in crate::source) fn read(pid: u32, born: impl Fn(Ticks) -> Time) -> Option<Found> {
    // The directory is opened once: whatever is read through it is of this process, even if the pid is used again.
    let process = Process::new(pid.try_into().ok()?).ok()?;
    let stat = stat(&process)?;
    let id = ProcessId { pid, start: Ticks(stat.starttime) };
    let born = born(id.start);
    let status = status(&process);
    let image = image(&process, &stat, born);
    let seen = Seen {
        parent: None,
        image: Some(image),
        born,
        ns_pid: status.as_ref().and_then(|s| s.nspid.as_ref()?.last().copied()).map_or(0, |pid| pid as u32),
        creds: creds(&process, status.as_ref()),
        caps: status.as_ref().map_or_else(Caps::default, |s| Caps { effective: s.capeff, permitted: s.capprm }),
        namespaces: namespaces(&process),
        tty: tty(stat.tty_nr),
        connections: Vec::new(),
        stdio: super::stdio::read(pid),
        fifos: Vec::new(),
    };
    Some(Found { id, parent: stat.ppid.try_into().unwrap_or(0), seen, cgroup: cgroup(&process) })
}

/// Names may hold bytes that are not UTF-8, on which the crate's own reading would stop.
fn stat(process: &Process) -> Option<Stat> {
    stat_of(&lossy(process, "stat")?)
}

/// What stands in a `stat`: `4711 (name) S 1 …`, whatever the name is. The crate takes that shape for granted.
pub(super) fn stat_of(text: &str) -> Option<Stat> {
    let text = text.trim();
    let (pid, rest) = text.split_once(" (")?;
    let (_, numbers) = rest.rsplit_once(") ")?;
    if pid.contains('(') || numbers.contains(')') {
        return None;
    }
    Stat::from_read(Cursor::new(text)).ok()
}

pub(super) fn status(process: &Process) -> Option<Status> {
    Status::from_buf_read(Cursor::new(lossy(process, "status")?)).ok()
}

pub(super) fn lossy(process: &Process, file: &str) -> Option<String> {
    Some(String::from_utf8_lossy(&bytes(process, file, 1 << 16)?).into_owned())
}

fn bytes(process: &Process, file: &str, max: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    process.open_relative(file).ok()?.take(max).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn image(process: &Process, stat: &Stat, born: Time) -> Image {
    let exe = process.exe().unwrap_or_default();
    let exe = exe.as_os_str().as_bytes();
    let (exe, unlinked) = match exe.strip_suffix(b" (deleted)") {
        Some(exe) => (exe, true),
        None => (exe, false),
    };
    Image {
        time: born,
        exe: Text::from(exe),
        given: Text::default(),
        argv: argv(process, stat),
        cwd: process.cwd().map(|cwd| Text::from(cwd.as_os_str().as_bytes())).unwrap_or_default(),
        unlinked,
    }
}

fn argv(process: &Process, stat: &Stat) -> Argv {
    if stat.flags & PF_KTHREAD != 0 {
        // A kernel thread has a name only; ps(1) shows it in brackets, and so do we.
        return Argv { args: [format!("[{}]", stat.comm)].into_iter().collect(), ..Argv::default() };
    }
    let Some(bytes) = bytes(process, "cmdline", ARGV_MAX + 1) else {
        return Argv { unreadable: true, ..Argv::default() };
    };
    let cut = bytes.len() as u64 > ARGV_MAX;
    let kept = &bytes[..bytes.len().min(ARGV_MAX as usize)];
    Argv {
        args: Args::from_kernel(kept),
        // How much more there is /proc tells only by reading it all.
        cut_from: cut.then_some(bytes.len() as u64),
        unreadable: false,
    }
}

fn creds(process: &Process, status: Option<&Status>) -> Creds {
    let unset = |id: Option<u32>| id.filter(|&id| id != u32::MAX);
    let number = |file| lossy(process, file).and_then(|text| text.trim().parse().ok());
    Creds {
        uid: status.map_or(0, |s| s.ruid),
        gid: status.map_or(0, |s| s.rgid),
        euid: status.map_or(0, |s| s.euid),
        login_uid: unset(number("loginuid")),
        session: unset(number("sessionid")),
    }
}

pub(super) fn namespaces(process: &Process) -> Namespaces {
    let mut found = Namespaces::default();
    if let Ok(all) = process.namespaces() {
        for kind in NsKind::ALL {
            if let Some(ns) = all.0.get(std::ffi::OsStr::new(kind.name())) {
                found.0[kind as usize] = u32::try_from(ns.identifier).unwrap_or(0);
            }
        }
    }
    found
}

/// The name of a terminal from its device number (`Documentation/admin-guide/devices.txt`).
fn tty(number: i32) -> Text {
    let number = number as u32;
    let (major, minor) = (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00);
    match major {
        0 => Text::default(),
        4 if minor < 64 => Text::from(format!("tty{minor}").as_str()),
        4 => Text::from(format!("ttyS{}", minor - 64).as_str()),
        136..=143 => Text::from(format!("pts/{}", (major - 136) * 256 + minor).as_str()),
        _ => Text::from(format!("tty {major}:{minor}").as_str()),
    }
}

/// The cgroup that says most: v2, or where that leaves the process at the root, the first v1 controller that does not,
/// in the order in which the probes try them.
fn cgroup(process: &Process) -> Option<Vec<u8>> {
    let (bytes, bases) = (bytes(process, "cgroup", 1 << 16)?, Bases::own());
    let mut best: Option<(usize, Cow<'_, [u8]>)> = None;
    for line in bytes.split(|&b| b == b'\n') {
        let mut parts = line.splitn(3, |&b| b == b':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let Some(hierarchy) = Hierarchy::of_line(controllers) else { continue };
        let (rank, path) = (hierarchy.rank(), bases.whole(hierarchy, path));
        if &*path != b"/" && best.as_ref().is_none_or(|(least, _)| rank < *least) {
            best = Some((rank, path));
        }
    }
    Some(best.map_or_else(|| b"/".to_vec(), |(_, path)| path.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything_and_what_is_no_stat_is_none() {
        let numbers = "S 1 ".to_owned() + &"0 ".repeat(48);
        let comm = |text: &str| stat_of(text).map(|stat| stat.comm);
        assert_eq!(comm(&format!("7 (a) b (c)) {numbers}")), Some("a) b (c)".to_owned()));
        for wrong in ["", "(", ")", "7 (a)", "7 (a) ", "(a) S 1", "7 a) (S 1", "7 (a)\u{fffd}S 1"] {
            assert_eq!(comm(wrong), None, "{wrong:?}");
        }
    }
}
