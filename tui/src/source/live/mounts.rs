//! Where the host sees a file: its mounts, and those of the processes that name one by a path.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use ktrace_probes_common::Record;
use procfs::process::{MountInfo, Process};

use super::super::paths::{below, joined};
use super::translate::path;
use crate::model::{Act, Deed, Text};

/// Shortest time between two looks at the host's mounts.
const AGAIN: Duration = Duration::from_millis(50);
/// Mount namespaces whose mounts are remembered.
const NAMESPACES: usize = 1_024;
/// Mounts that are read of one namespace.
const MOUNTS: usize = 16_384;

/// A mount, as much of it as a path needs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    /// Device number of the file system (major << 20 | minor).
    device: u32,
    /// The directory of the file system that is mounted.
    root: Vec<u8>,
    /// Where.
    point: Vec<u8>,
    overlay: bool,
}

/// The mounts of the host, and of others by the inode number of their namespace.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    host_ns: u32,
    host: Vec<Mount>,
    read: Option<Instant>,
    /// Something was mounted on the host since.
    stale: bool,
    others: HashMap<u32, Vec<Mount>>,
    /// Namespaces in which something was mounted since they were read.
    outdated: HashSet<u32>,
}

impl Mounts {
    /// Those of the host, whose mount namespace is `host_ns`.
    pub(super) fn new(host_ns: u32) -> Mounts {
        Mounts { host_ns, ..Mounts::default() }
    }

    /// Fills in what the host calls the files of an act that `record` tells of, by a process in the mount namespace
    /// `ns`.
    pub(super) fn place(&mut self, act: &mut Act, record: &Record<'_>, pid: u32, ns: u32) {
        match &mut act.what {
            Deed::Mount(mount) => {
                self.changed(ns);
                if let Record::Act(told, _, parts) = record
                    && told.file.inode != 0
                {
                    mount.host = self.host_file(told.file.device, &path(parts.inside, false), pid, ns);
                } else {
                    mount.host = self.host_of_path(mount.source.bytes(), pid, ns);
                }
            }
            Deed::Open(opened) if !opened.inside.is_empty() => {
                opened.host = self.host_file(opened.device, opened.inside.bytes(), pid, ns);
            }
            Deed::Open(opened) => opened.host = self.host_of_path(opened.path.bytes(), pid, ns),
            Deed::Name(naming) => naming.host = self.host_of_path(naming.path.bytes(), pid, ns),
            Deed::UnixConnect { path, host, .. } => *host = self.host_of_path(path.bytes(), pid, ns),
            _ => {}
        }
    }

    /// A program was run in the mount namespace `ns`: its mounts are read while it is there.
    pub(super) fn met(&mut self, pid: u32, ns: u32) {
        if ns != self.host_ns {
            self.mounts_of(pid, ns);
        }
    }

    /// The path on the host of a file that a process has open: none for what is of its container's own root, although
    /// the host may show that somewhere, too.
    fn host_file(&mut self, device: u32, inside: &[u8], pid: u32, ns: u32) -> Option<Text> {
        if ns != self.host_ns {
            let own = self.mounts_of(pid, ns).and_then(|mounts| mounts.iter().rev().find(|mount| mount.point == b"/"));
            if own.is_some_and(|own| own.device == device && own.overlay) {
                return None;
            }
        }
        self.host_path(device, inside)
    }

    /// The path on the host of a file by its device and its path within the file system.
    fn host_path(&mut self, device: u32, inside: &[u8]) -> Option<Text> {
        let known = |mounts: &[Mount]| mounts.iter().any(|mount| mount.device == device);
        if (self.stale || !known(&self.host)) && self.read.is_none_or(|read| read.elapsed() >= AGAIN) {
            (self.read, self.stale) = (Some(Instant::now()), false);
            self.host = of_process(1).or_else(|| of_process(std::process::id())).unwrap_or_default();
        }
        let shown = self.host.iter().filter(|mount| mount.device == device && below(inside, &mount.root).is_some());
        // The mount that shows most of the file system, and of those the one with the shortest name.
        let best = shown.min_by_key(|mount| (mount.root.len(), mount.point.len()))?;
        Some(Text::from(joined(&best.point, below(inside, &best.root)?)))
    }

    /// The same of a path as a process sees it.
    fn host_of_path(&mut self, path: &[u8], pid: u32, ns: u32) -> Option<Text> {
        if !path.starts_with(b"/") {
            return None;
        }
        if ns == self.host_ns || ns == 0 {
            return Some(Text::from(path));
        }
        let mounts = self.mounts_of(pid, ns)?;
        // Of two at one place the later covers the other.
        let over = mounts.iter().filter(|mount| below(path, &mount.point).is_some());
        let mount = over.max_by_key(|mount| mount.point.len())?;
        let inside = joined(&mount.root, below(path, &mount.point)?);
        let device = mount.device;
        self.host_file(device, &inside, pid, ns)
    }

    /// The mounts of a mount namespace, read through one of its processes.
    fn mounts_of(&mut self, pid: u32, ns: u32) -> Option<&[Mount]> {
        if ns == 0 {
            return None;
        }
        let outdated = self.outdated.remove(&ns);
        if outdated || !self.others.contains_key(&ns) {
            if self.others.len() >= NAMESPACES {
                self.others.clear();
            }
            // Of one that is gone already, what was known before is better than nothing.
            if let Some(mounts) = of_process(pid) {
                self.others.insert(ns, mounts);
            }
        }
        self.others.get(&ns).map(Vec::as_slice)
    }

    /// The mounts of a namespace changed: they are read again when they are needed.
    fn changed(&mut self, ns: u32) {
        self.outdated.insert(ns);
        self.stale |= ns == self.host_ns;
    }
}

fn of_process(pid: u32) -> Option<Vec<Mount>> {
    let mounts = Process::new(pid.try_into().ok()?).ok()?.mountinfo().ok()?;
    let mounts: Vec<_> = mounts.0.iter().take(MOUNTS).filter_map(mount).collect();
    (!mounts.is_empty()).then_some(mounts)
}

fn mount(info: &MountInfo) -> Option<Mount> {
    use std::os::unix::ffi::OsStrExt as _;
    let (major, minor) = info.majmin.split_once(':')?;
    let device = major.parse::<u32>().ok()? << 20 | minor.parse::<u32>().ok()?;
    Some(Mount {
        device,
        root: info.root.as_bytes().to_vec(),
        point: info.mount_point.as_os_str().as_bytes().to_vec(),
        overlay: info.fs_type == "overlay",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(device: u32, root: &str, point: &str, overlay: bool) -> Mount {
        Mount { device, root: root.into(), point: point.into(), overlay }
    }

    fn mounts() -> Mounts {
        let host = vec![
            mount(1, "/", "/", false),
            mount(2, "/", "/boot", false),
            mount(9, "/", "/var/lib/docker/overlay2/x/merged", true),
            mount(1, "/srv", "/export", false),
        ];
        let inside = vec![
            mount(9, "/", "/", true),
            mount(1, "/", "/host", false),
            mount(1, "/etc", "/conf", false),
            mount(3, "/", "/tmp", false),
        ];
        Mounts {
            host_ns: 100,
            host,
            read: Some(Instant::now()),
            stale: false,
            others: [(200, inside)].into(),
            outdated: HashSet::new(),
        }
    }

    fn text(path: Option<Text>) -> Option<String> {
        path.map(|path| path.lossless())
    }

    #[test]
    fn a_file_of_the_host_has_its_path_there_and_one_of_the_own_root_has_none() {
        let mut mounts = mounts();
        let mut host = |device, inside: &[u8]| text(mounts.host_file(device, inside, 0, 200));
        assert_eq!(host(1, b"/etc/cron.d/x"), Some("/etc/cron.d/x".into()));
        assert_eq!(host(1, b"/"), Some("/".into()));
        assert_eq!(host(2, b"/"), Some("/boot".into()));
        assert_eq!(host(2, b"/grub"), Some("/boot/grub".into()));
        assert_eq!(host(9, b"/etc/shadow"), None);
        assert_eq!(host(3, b"/x"), None);
    }

    #[test]
    fn a_path_of_a_container_leads_to_the_host_where_a_mount_does() {
        let mut mounts = mounts();
        let mut host = |path: &str| text(mounts.host_of_path(path.as_bytes(), 0, 200));
        assert_eq!(host("/host/etc/cron.d/x"), Some("/etc/cron.d/x".into()));
        assert_eq!(host("/host"), Some("/".into()));
        assert_eq!(host("/conf/shadow"), Some("/etc/shadow".into()));
        assert_eq!(host("/hostile/etc"), None);
        assert_eq!(host("/tmp/x"), None);
        assert_eq!(host("relative"), None);
        assert_eq!(text(mounts.host_of_path(b"/etc/passwd", 0, 100)), Some("/etc/passwd".into()));
    }
}
