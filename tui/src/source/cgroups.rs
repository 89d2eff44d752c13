//! Where cgroup hierarchies begin, and what the paths in /proc are relative to: within a cgroup namespace
//! (`cgroup_namespaces(7)`) they begin at the reader's own container, while the kernel's events tell them whole.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use procfs::process::Process;

use super::host::{Host, Place};

/// The inode number of the initial cgroup namespace (`PROC_CGROUP_INIT_INO` in `include/linux/proc_ns.h`).
const INITIAL_NS: u64 = 0xEFFF_FFFB;
/// The inode number of the root of every hierarchy, however it is mounted.
const ROOT_INODE: u64 = 1;
/// Cgroups of a hierarchy that are looked at.
const MOST: usize = 50_000;

/// The root of the first process, whose mounts are the node's.
const FIRST: &str = "/proc/1/root";

/// A hierarchy that says whose a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hierarchy {
    /// The unified one.
    V2,
    /// That of a controller.
    V1(&'static str),
}

impl Hierarchy {
    /// In the order in which they are asked: the first in which a process is not at the root says most about it.
    pub(super) const ALL: [Hierarchy; 4] =
        [Hierarchy::V2, Hierarchy::V1("pids"), Hierarchy::V1("memory"), Hierarchy::V1("cpu")];

    /// That of a line of /proc/PID/cgroup, by its controllers.
    pub(super) fn of_line(controllers: &[u8]) -> Option<Hierarchy> {
        let names = |wanted: &str| controllers.split(|&byte| byte == b',').any(|name| name == wanted.as_bytes());
        Hierarchy::ALL.into_iter().find(|hierarchy| match hierarchy {
            Hierarchy::V2 => controllers.is_empty(),
            Hierarchy::V1(name) => names(name),
        })
    }

    /// Its place in [`Hierarchy::ALL`].
    pub(super) fn rank(self) -> usize {
        Hierarchy::ALL.iter().position(|one| *one == self).unwrap_or(Hierarchy::ALL.len())
    }

    /// Where a process has it mounted, in whole or in part.
    fn mounts(self, pid: i32) -> Vec<PathBuf> {
        let Ok(mounts) = Process::new(pid).and_then(|process| process.mountinfo()) else { return Vec::new() };
        let own = mounts.into_iter().filter(|mount| match self {
            Hierarchy::V2 => mount.fs_type == "cgroup2",
            Hierarchy::V1(name) => mount.fs_type == "cgroup" && mount.super_options.contains_key(name),
        });
        own.map(|mount| mount.mount_point).collect()
    }

    /// Its root, wherever that can be seen: among our own mounts, the node's below its root included, or through the
    /// node's first process.
    pub(super) fn root(self) -> Option<PathBuf> {
        let own = self.mounts(std::process::id().try_into().ok()?);
        let below = |path: &PathBuf| path.strip_prefix("/").ok().map(|path| Path::new(FIRST).join(path));
        let whole = |path: &PathBuf| inode(path) == Some(ROOT_INODE);
        own.into_iter().find(whole).or_else(|| {
            let shared = Host::here().place == Place::Container { node_pids: true };
            let of_first = if shared { self.mounts(1) } else { Vec::new() };
            of_first.iter().filter_map(below).find(whole)
        })
    }

    /// The path of a cgroup in which this process is, out of the text of /proc/self/cgroup.
    fn path_in(self, text: &str) -> Option<&str> {
        text.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let controllers = parts.next()?;
            let path = parts.next()?;
            (Hierarchy::of_line(controllers.as_bytes()) == Some(self)).then_some(path)
        })
    }
}

/// The root of the v2 hierarchy, or what stands for it where the node itself is within a cgroup namespace.
///
/// # Errors
/// What is missing, and what to do.
pub fn v2_root() -> Result<PathBuf, String> {
    if let Some(root) = Hierarchy::V2.root() {
        return Ok(root);
    }
    let own = i32::try_from(std::process::id()).map(|pid| Hierarchy::V2.mounts(pid)).unwrap_or_default();
    let inside = matches!(Host::here().place, Place::Container { .. });
    match own.into_iter().next() {
        Some(part) if !inside => Ok(part),
        _ if inside => Err("the root of the node's cgroup v2 hierarchy cannot be seen from this container; mount the \
                            node's / at /host, or give CAP_SYS_PTRACE"
            .into()),
        _ => {
            Err("no cgroup v2 hierarchy is mounted; mount one with: mount -t cgroup2 none /sys/fs/cgroup/unified"
                .into())
        }
    }
}

/// The whole paths of the cgroups that this process is in now, of every hierarchy.
pub(super) fn own() -> Vec<Vec<u8>> {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = |line: &str| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let path = path.as_bytes();
        Some(match Hierarchy::of_line(controllers.as_bytes()) {
            Some(hierarchy) => Bases::own().whole(hierarchy, path).into_owned(),
            None => path.to_vec(),
        })
    };
    text.lines().filter_map(path).collect()
}

/// What the paths that /proc tells begin at.
#[derive(Debug, Default)]
pub struct Bases {
    /// Whether they are relative to a cgroup namespace.
    namespaced: bool,
    /// Per hierarchy of [`Hierarchy::ALL`]: where that namespace is, `None` where it could not be found.
    at: [Option<Vec<u8>>; 4],
}

impl Bases {
    /// Those of this process: a namespace is for life, and so is its place.
    pub fn own() -> &'static Bases {
        static OWN: LazyLock<Bases> = LazyLock::new(Bases::read);
        &OWN
    }

    fn read() -> Bases {
        use std::os::unix::fs::MetadataExt as _;
        let initial = fs::metadata("/proc/self/ns/cgroup").map_or(INITIAL_NS, |ns| ns.ino()) == INITIAL_NS;
        if initial {
            return Bases::default();
        }
        let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let find =
            |hierarchy: Hierarchy| base(&place_of(&hierarchy.root()?, std::process::id())?, hierarchy.path_in(&text)?);
        Bases { namespaced: true, at: Hierarchy::ALL.map(find) }
    }

    /// Where the namespace is, for people: the hierarchy in which it says most.
    pub fn told(&self) -> Option<String> {
        let known = self.at.iter().flatten().find(|at| at.len() > 1);
        known.or(self.at.iter().flatten().next()).map(|at| String::from_utf8_lossy(at).into_owned())
    }

    /// True where paths are relative to a cgroup namespace.
    pub fn namespaced(&self) -> bool {
        self.namespaced
    }

    /// The whole path of what /proc calls `path`. Where the namespace could not be found it stays as it is; what leads
    /// upwards and nowhere else is the root then.
    pub(super) fn whole<'a>(&self, hierarchy: Hierarchy, path: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.namespaced {
            return Cow::Borrowed(path);
        }
        match self.at.get(hierarchy.rank()).and_then(Option::as_deref) {
            Some(at) => Cow::Owned(joined(at, path)),
            None if path.split(|&byte| byte == b'/').all(|name| matches!(name, b"" | b"..")) => Cow::Borrowed(b"/"),
            None => Cow::Borrowed(path),
        }
    }
}

#[cfg(any(test, fuzzing))]
impl Bases {
    /// Those of a namespace that begins at `base` in every hierarchy.
    pub(super) fn all_at(base: &[u8]) -> Bases {
        Bases { namespaced: true, at: std::array::from_fn(|_| Some(base.to_vec())) }
    }
}

/// `path` from `base` on, its `..` followed.
fn joined(base: &[u8], path: &[u8]) -> Vec<u8> {
    let mut names: Vec<&[u8]> = Vec::new();
    for name in base.split(|&byte| byte == b'/').chain(path.split(|&byte| byte == b'/')) {
        match name {
            b"" | b"." => {}
            b".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    let mut whole: Vec<u8> = names.iter().flat_map(|name| [b"/", *name].concat()).collect();
    if whole.is_empty() {
        whole.push(b'/');
    }
    whole
}

/// Where a namespace begins, from the whole path of a process and its path within it.
fn base(whole: &[u8], within: &str) -> Option<Vec<u8>> {
    let base = whole.strip_suffix(within.trim_end_matches('/').as_bytes())?;
    Some(if base.is_empty() { b"/".to_vec() } else { base.to_vec() })
}

/// The directories of a hierarchy, `root` first and each before those in it.
pub(super) fn all(root: &Path) -> impl Iterator<Item = PathBuf> {
    let mut waiting = vec![root.to_owned()];
    let next = move || {
        let at = waiting.pop()?;
        let entries = fs::read_dir(&at).into_iter().flatten().flatten();
        waiting.extend(entries.filter(|it| it.file_type().is_ok_and(|kind| kind.is_dir())).map(|it| it.path()));
        Some(at)
    };
    std::iter::from_fn(next).take(MOST)
}

/// The cgroup of a process, by looking for it in all of them.
fn place_of(root: &Path, pid: u32) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt as _;
    let pid = pid.to_string();
    for at in all(root) {
        let members = fs::read_to_string(at.join("cgroup.procs")).unwrap_or_default();
        if members.lines().any(|member| member == pid) {
            let path = at.strip_prefix(root).ok()?.as_os_str().as_bytes();
            return Some([b"/", path].concat());
        }
    }
    None
}

fn inode(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).ok().map(|data| data.ino())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_path_within_a_namespace_becomes_the_one_that_the_kernel_tells() {
        let bases = Bases {
            namespaced: true,
            at: [Some(b"/kubepods/pod1/aa".to_vec()), Some(b"/docker/aa".to_vec()), None, None],
        };
        let whole = |path: &str| String::from_utf8(bases.whole(Hierarchy::V2, path.as_bytes()).into_owned()).unwrap();
        assert_eq!(whole("/"), "/kubepods/pod1/aa");
        assert_eq!(whole("/init"), "/kubepods/pod1/aa/init");
        assert_eq!(whole("/../bb"), "/kubepods/pod1/bb");
        assert_eq!(whole("/../../../system.slice/cron.service"), "/system.slice/cron.service");
        assert_eq!(whole("/../../.."), "/");
        assert_eq!(whole("/../../../../../x"), "/x");
        assert_eq!(&*bases.whole(Hierarchy::V1("pids"), b"/../bb"), b"/docker/bb");
    }

    #[test]
    fn where_the_namespace_is_not_known_a_path_stays_and_what_leads_upwards_only_is_the_root() {
        let bases = Bases { namespaced: true, ..Bases::default() };
        assert_eq!(&*bases.whole(Hierarchy::V2, b"/../bb"), b"/../bb");
        assert_eq!(&*bases.whole(Hierarchy::V2, b"/../../.."), b"/");
        assert_eq!(&*Bases::default().whole(Hierarchy::V2, b"/a"), b"/a");
    }

    #[test]
    fn the_place_of_a_namespace_is_what_stands_before_the_own_path() {
        assert_eq!(base(b"/docker/aa", "/").unwrap(), b"/docker/aa");
        assert_eq!(base(b"/docker/aa/sub", "/sub").unwrap(), b"/docker/aa");
        assert_eq!(base(b"/", "/").unwrap(), b"/");
        assert_eq!(base(b"/docker/aa", "/../bb"), None);
    }

    #[test]
    fn a_line_belongs_to_the_hierarchy_of_its_controllers() {
        assert_eq!(Hierarchy::of_line(b""), Some(Hierarchy::V2));
        assert_eq!(Hierarchy::of_line(b"cpu,cpuacct"), Some(Hierarchy::V1("cpu")));
        assert_eq!(Hierarchy::of_line(b"name=systemd"), None);
        assert_eq!(Hierarchy::V2.path_in("1:cpu:/a\n0::/b:c\n"), Some("/b:c"));
    }
}
