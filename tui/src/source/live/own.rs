//! What of all that happens is done to this program itself: to its process, its cgroup, or its files.

use std::path::{Path, PathBuf};

use ktrace_probes_common::{CARE_MAX, care};
use procfs::process::Process;

use super::super::paths::below;
use crate::model::{Act, Deed, Observer, Opened, Part, ProcessId, Text, Ticks};
use crate::source::cgroups;

/// Magic numbers of file systems (`statfs(2)`).
const PROC: u32 = 0x9fa0;
const CGROUP: u32 = 0x0027_e0eb;
const CGROUP2: u32 = 0x6367_7270;

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
}

impl Own {
    pub(super) fn new(files: &OwnFiles) -> Own {
        let all = files.records.iter().map(|path| (path, Part::Record));
        let all = all.chain(files.settings.iter().map(|path| (path, Part::Settings)));
        Own { pid: std::process::id(), parent: None, files: all.map(|(path, part)| (whole(path), part)).collect() }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::model::{NameCall, Naming, ReachCall};

    fn own(folder: &Path) -> Own {
        std::fs::create_dir(folder.join("spool")).unwrap();
        let records = vec![folder.join("record"), folder.join("spool")];
        Own::new(&OwnFiles { records, settings: vec![folder.join("config.toml")] })
    }

    fn opened(path: &str, write: bool) -> Deed {
        Deed::Open(Box::new(Opened { path: path.into(), read: !write, write, ..Opened::default() }))
    }

    #[test]
    fn its_files_are_known_by_their_paths_and_what_lies_beside_and_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let own = own(folder.path());
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for (name, part) in [
            ("record", Some(Part::Record)),
            ("record-wal", Some(Part::Record)),
            ("record.bak", None),
            ("records", None),
            ("spool/1", Some(Part::Record)),
            ("config.toml", Some(Part::Settings)),
            ("x/config.toml", None),
        ] {
            assert_eq!(own.part(&opened(&at(name), true)), part, "{name}");
            assert_eq!(own.part(&opened(&at(name), false)), None, "{name} is only read");
            let gone = Naming { how: NameCall::Unlink, path: at(name).as_str().into(), ..Naming::default() };
            assert_eq!(own.part(&Deed::Name(Box::new(gone))), part, "{name}");
            let moved = Naming { path: "/tmp/x".into(), from: at(name).as_str().into(), ..Naming::default() };
            assert_eq!(own.part(&Deed::Name(Box::new(moved))), part, "{name} is moved away");
        }
    }

    #[test]
    fn the_kernel_is_told_names_and_of_directories_that_removals_count() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("spool")).unwrap();
        let long = folder.path().join("a".repeat(CARE_MAX));
        let files = OwnFiles {
            records: vec![folder.path().join("record"), folder.path().join("spool"), long],
            settings: Vec::new(),
        };
        let names: Vec<_> = files.names().into_iter().map(|(name, _)| String::from_utf8(name).unwrap()).collect();
        assert_eq!(
            names,
            [
                "record",
                "spool",
                "record-wal",
                "record-shm",
                "record-journal",
                "spool-wal",
                "spool-shm",
                "spool-journal"
            ]
        );
        assert_eq!(files.folders(), [(b"spool".to_vec(), care::WRITE | care::REMOVE)]);
    }

    #[test]
    fn its_process_and_its_cgroup_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let own = own(folder.path());
        let us = Some(ProcessId { pid: std::process::id(), start: Ticks(1) });
        let reach = |target| Deed::Reach { how: ReachCall::Attach, target };
        assert_eq!(own.part(&reach(us)), Some(Part::Process));
        assert_eq!(own.part(&reach(Some(ProcessId { pid: 1, start: Ticks(1) }))), None);
        let of = |fs, inside: &str, subject| {
            let (path, inside) = (inside.into(), inside.into());
            own.part(&Deed::Open(Box::new(Opened {
                path,
                inside,
                fs,
                read: true,
                write: true,
                subject,
                ..Opened::default()
            })))
        };
        assert_eq!(of(PROC, "/7/mem", us), Some(Part::Process));
        assert_eq!(of(PROC, "/7/environ", us), None);
        assert_eq!(of(CGROUP2, "/no/such/group/cgroup.freeze", None), None);
        let group = String::from_utf8(cgroups::own().pop().unwrap()).unwrap();
        let freeze = format!("{}/cgroup.freeze", group.trim_end_matches('/'));
        assert_eq!(of(CGROUP2, &freeze, None), Some(Part::Cgroup), "{freeze}");
    }
}
