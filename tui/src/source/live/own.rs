//! What of all that happens is done to this program itself: to its process, its cgroup, or its files.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use ktrace_probes_common::{CARE_MAX, care};
use procfs::process::Process;

use super::super::paths::below;
use super::cares;
use crate::model::{Act, Deed, NameCall, Observer, Opened, Part, ProcessId, Text, Ticks};
use crate::source::cgroups;

/// Magic numbers of file systems (`statfs(2)`).
const PROC: u32 = 0x9fa0;
const CGROUP: u32 = 0x0027_e0eb;
const CGROUP2: u32 = 0x6367_7270;

// include/uapi/linux/stat.h
const S_IFMT: u32 = 0o170_000;
const S_IFREG: u32 = 0o100_000;
const SETIDS: u32 = 0o6000;

/// Files of a cgroup by which everybody in it is stopped or ended.
const STOPS: [&[u8]; 3] = [b"cgroup.freeze", b"cgroup.kill", b"freezer.state"];

/// The files of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnFiles {
    /// What it writes: files, and directories of such.
    pub records: Vec<PathBuf>,
    /// What it goes by, likewise.
    pub settings: Vec<PathBuf>,
}

/// What SQLite keeps beside a file.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

impl OwnFiles {
    /// The names that the kernel's side is to look for, and for which access; of a name that is too long nothing is told.
    pub(super) fn names(&self) -> Vec<(Vec<u8>, u32)> {
        let all = self.records.iter().chain(&self.settings).filter_map(|path| name(path));
        let beside = self.records.iter().filter_map(|path| name(path));
        let beside = beside.flat_map(|name| BESIDE.map(|end| [&name, end.as_bytes()].concat()));
        all.chain(beside).filter(|name| name.len() < CARE_MAX).map(|name| (name, care::WRITE)).collect()
    }

    /// Those of its directories, in which everything counts.
    pub(super) fn folders(&self) -> Vec<(Vec<u8>, u32)> {
        let all = self.records.iter().chain(&self.settings).filter(|path| path.is_dir()).filter_map(|path| name(path));
        all.filter(|name| name.len() < CARE_MAX).map(|name| (name, care::WRITE | care::REMOVE)).collect()
    }
}

/// The last name of a path, without links.
fn name(path: &Path) -> Option<Vec<u8>> {
    whole(path).rsplit(|&byte| byte == b'/').next().filter(|name| !name.is_empty()).map(<[u8]>::to_vec)
}

/// This program, as acts of others are held against it.
pub(super) struct Own {
    pid: u32,
    parent: Option<ProcessId>,
    files: Vec<(Vec<u8>, Part)>,
    /// As the kernel's side looks for them.
    names: Vec<Vec<u8>>,
    folders: Vec<Vec<u8>>,
}

impl Own {
    pub(super) fn new(files: &OwnFiles) -> Own {
        let all = files.records.iter().map(|path| (path, Part::Record));
        let all = all.chain(files.settings.iter().map(|path| (path, Part::Settings)));
        Own {
            pid: std::process::id(),
            parent: None,
            files: all.map(|(path, part)| (whole(path), part)).collect(),
            names: files.names().into_iter().map(|(name, _)| name).collect(),
            folders: files.folders().into_iter().map(|(name, _)| name).collect(),
        }
    }

    /// Whether an act was only told since a file of this program has the same name: nobody else asked for it.
    pub(super) fn is_namesake(&self, act: &Act) -> bool {
        if act.observer.is_some() {
            return false;
        }
        match &act.what {
            Deed::Open(opened) => {
                let otherwise = opened.foreign || opened.mapped || opened.by_handle || opened.mode & S_IFMT != S_IFREG;
                opened.write && !otherwise && self.is_named(&opened.path) && !cares::written(opened.path.bytes(), true)
            }
            Deed::Name(naming) => {
                let otherwise = naming.how == NameCall::SetFileCaps || naming.mode & SETIDS != 0;
                let both = [&naming.path, &naming.from];
                let folders = naming.how != NameCall::Unlink;
                let listed = both.iter().any(|path| cares::written(path.bytes(), folders));
                !otherwise && !listed && both.iter().any(|path| self.is_named(path))
            }
            _ => false,
        }
    }

    /// Whether the kernel's side takes a path for that of one of our files.
    fn is_named(&self, path: &Text) -> bool {
        let mut names = path.bytes().rsplit(|&byte| byte == b'/');
        let (name, folder) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        self.names.iter().any(|own| own == name) || self.folders.iter().any(|own| own == folder)
    }

    /// Says of an act what of this program it was done to, where it was.
    pub(super) fn mark(&mut self, act: &mut Act) {
        if let Some(part) = self.part(&act.what) {
            act.observer = Some(Observer { part, parent: self.parent() });
        }
    }

    fn part(&self, what: &Deed) -> Option<Part> {
        match what {
            Deed::Signal { .. } => Some(Part::Process),
            Deed::Reach { target, .. } => self.is_us(*target).then_some(Part::Process),
            Deed::Open(opened) => self.opened(opened),
            Deed::Name(naming) => {
                let from = (!naming.from.is_empty()).then_some(&naming.from);
                [naming.host.as_ref().or(Some(&naming.path)), from]
                    .into_iter()
                    .flatten()
                    .find_map(|path| self.file(path))
            }
            _ => None,
        }
    }

    fn is_us(&self, process: Option<ProcessId>) -> bool {
        process.is_some_and(|process| process.pid == self.pid)
    }

    fn opened(&self, opened: &Opened) -> Option<Part> {
        if opened.fs == PROC {
            let memory = opened.inside.bytes().ends_with(b"/mem") && self.is_us(opened.subject);
            return memory.then_some(Part::Process);
        }
        if !opened.write && !opened.emptied {
            return None;
        }
        if matches!(opened.fs, CGROUP | CGROUP2) {
            let stops = STOPS.iter().find_map(|name| opened.inside.bytes().strip_suffix(*name))?;
            let of = stops.strip_suffix(b"/").unwrap_or(stops);
            return cgroups::own().iter().any(|own| below(own, of).is_some()).then_some(Part::Cgroup);
        }
        self.file(opened.host.as_ref().unwrap_or(&opened.path))
    }

    fn file(&self, path: &Text) -> Option<Part> {
        self.files.iter().find(|(own, _)| is_of(own, path.bytes())).map(|(_, part)| *part)
    }

    /// The parent, which may be another than before.
    fn parent(&mut self) -> Option<ProcessId> {
        let now = rustix::process::getppid().and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
        if self.parent.map(|parent| parent.pid) != now {
            self.parent = now.and_then(identified);
        }
        self.parent
    }
}

/// Whether a path is that of a file, of what lies in it where it is a directory, or of what SQLite keeps beside it.
fn is_of(own: &[u8], path: &[u8]) -> bool {
    let beside = |rest: &[u8]| BESIDE.iter().any(|end| end.as_bytes() == rest);
    below(path, own).is_some() || path.strip_prefix(own).is_some_and(beside)
}

fn identified(pid: u32) -> Option<ProcessId> {
    let stat = Process::new(i32::try_from(pid).ok()?).ok()?.stat().ok()?;
    Some(ProcessId { pid, start: Ticks(stat.starttime) })
}

/// The path without links, of what may not be there yet.
fn whole(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let resolved = absolute.canonicalize().or_else(|_| {
        let folder = absolute.parent().map(Path::canonicalize).transpose()?.unwrap_or_default();
        Ok::<_, std::io::Error>(folder.join(absolute.file_name().unwrap_or_default()))
    });
    resolved.unwrap_or(absolute).as_os_str().as_bytes().to_vec()
}
