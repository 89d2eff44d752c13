//! Where this program stands: on the node itself, or in a container there, and then where it finds what is the node's.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use procfs::process::{MountInfo, Process};

/// Where `kubectl debug node/NAME` and most pods have the node's root.
const USUAL: &str = "/host";

/// The node's root as its first process has it.
const FIRST: &str = "/proc/1/root";

/// What a node's root has, of which one is enough: a pod may have mounted only parts of it.
const OF_A_ROOT: [&str; 3] = ["run", "etc", "var"];

/// What runtimes put into containers.
const MARKS: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];
/// What the kubelet puts into the environment of each.
const SERVICE: &str = "KUBERNETES_SERVICE_HOST";

/// The inode number of the initial pid namespace (`PROC_PID_INIT_INO` in `include/linux/proc_ns.h`).
const INITIAL_PID_NS: u64 = 0xEFFF_FFFC;

/// What somebody is told whose container has a pid namespace of its own.
pub const ALONE: &str = "in a container with processes of its own, and only those are seen; share the node's: kubectl debug \
                         node/NAME -it --profile=sysadmin, hostPID: true in a pod, docker run --pid=host";

/// Where this program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where the node's own services run.
    Node,
    /// In a container.
    Container {
        /// Whether it shares the pid namespace of the node; else it sees nobody but itself.
        node_pids: bool,
    },
}

/// Where this program stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Where it runs.
    pub place: Place,
    /// Where the node's root is, `/` on the node itself; `None` in a container that sees nothing of it.
    pub root: Option<PathBuf>,
}

impl Host {
    /// Where this program stands; found out once.
    pub fn here() -> &'static Host {
        static HERE: LazyLock<Host> = LazyLock::new(|| Facts::read().host());
        &HERE
    }

    /// Where to look for what is the node's: where nothing of it is to be seen, in the container's own root, as what is
    /// mounted at its place on the node is found there.
    pub fn root(&self) -> &Path {
        self.root.as_deref().unwrap_or(Path::new("/"))
    }

    /// True in a container whose only processes are its own.
    pub fn alone(&self) -> bool {
        self.place == Place::Container { node_pids: false }
    }

    /// What the node is called: in a container the kernel tells the name of the pod.
    pub fn name(&self) -> String {
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let kernel = || read(Path::new("/proc/sys/kernel/hostname"));
        match (&self.place, &self.root) {
            (Place::Container { node_pids: true }, Some(root)) => {
                Some(read(&root.join("etc/hostname"))).filter(|name| !name.is_empty()).unwrap_or_else(kernel)
            }
            _ => kernel(),
        }
    }
}

/// True when pids are those of the whole machine.
pub fn in_initial_pid_namespace() -> bool {
    own_pid_namespace() == INITIAL_PID_NS
}

/// The inode number of the pid namespace that this program is in.
pub(super) fn own_pid_namespace() -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self/ns/pid").map_or(INITIAL_PID_NS, |ns| ns.ino())
}

/// A mounted directory: by its file system and the directory in that, the same in every mount namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    what: (String, String),
    point: PathBuf,
}

/// What is known of this process and of the first one in its pid namespace.
#[derive(Clone, Debug, Default)]
struct Facts {
    initial_pids: bool,
    /// Whether both are in one mount namespace; `None` where that may not be known.
    one_mounts: Option<bool>,
    /// Something says that this is a container.
    marked: bool,
    /// The first process is a container's: the pod shares its processes among its containers.
    first_contained: bool,
    own: Vec<Mount>,
    /// What the first process has as its root.
    first_root: Option<(String, String)>,
    /// There is something like a node's root at [`USUAL`].
    usual: bool,
    /// The root of the first process may be entered.
    first: bool,
}

impl Facts {
    fn read() -> Facts {
        let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/mnt")).ok();
        let like_root = |at: &str| OF_A_ROOT.iter().any(|name| Path::new(at).join(name).is_dir());
        let first = Process::new(1).and_then(|first| first.mountinfo()).ok();
        let first_root = first.and_then(|mounts| mounts.into_iter().map(mount).find(|it| it.point == Path::new("/")));
        let own = Process::myself().and_then(|own| own.mountinfo()).ok();
        Facts {
            initial_pids: in_initial_pid_namespace(),
            one_mounts: namespace("self").zip(namespace("1")).map(|(own, first)| own == first),
            marked: MARKS.iter().any(|mark| Path::new(mark).exists()) || std::env::var_os(SERVICE).is_some(),
            first_contained: names_container(&std::fs::read_to_string("/proc/1/cgroup").unwrap_or_default()),
            own: own.into_iter().flatten().map(mount).collect(),
            first_root: first_root.map(|mount| mount.what),
            usual: like_root(USUAL),
            first: like_root(FIRST),
        }
    }

    fn host(&self) -> Host {
        let node = Host { place: Place::Node, root: Some("/".into()) };
        match self.one_mounts {
            Some(true) if self.initial_pids || !self.marked => return node,
            None if !self.marked => return node,
            _ => {}
        }
        // Who may not look at the first process is not of its container.
        let apart = self.one_mounts != Some(true);
        let node_pids = self.initial_pids || (apart && !self.first_contained);
        let mounted = self.first_root.as_ref().filter(|_| apart && node_pids).and_then(|root| self.mounted(root));
        // A service that has mounts of its own, and the node's root.
        if mounted == Some(Path::new("/")) {
            return node;
        }
        let usual = || self.usual.then_some(Path::new(USUAL));
        let first = || (self.first && apart && node_pids).then_some(Path::new(FIRST));
        let root = mounted.or_else(usual).or_else(first).map(Path::to_owned);
        Host { place: Place::Container { node_pids }, root }
    }

    /// Where this process has a directory mounted: the shortest path, as submounts of a container's own may show it, too.
    fn mounted(&self, what: &(String, String)) -> Option<&Path> {
        let places = self.own.iter().filter(|mount| mount.what == *what).map(|mount| mount.point.as_path());
        places.min_by_key(|point| (*point != Path::new(USUAL), point.as_os_str().len()))
    }
}

fn mount(info: MountInfo) -> Mount {
    Mount { what: (info.majmin, info.root), point: info.mount_point }
}

/// True when a path in the text of a /proc/PID/cgroup holds the full id of a container.
fn names_container(cgroups: &str) -> bool {
    cgroups.split(|letter: char| !letter.is_ascii_hexdigit()).any(|word| word.len() == 64)
}

#[cfg(test)]
mod tests;
