//! Where runtimes leave their bundles, and what of a container's state can be seen there.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::cgroup::Paths;
use crate::model::{ContainerState, GroupKey, Placer as _, Runtime};

/// State directories of containerd, those that Docker, k3s and MicroK8s start included.
const CONTAINERD: [&str; 4] =
    ["run/containerd", "run/docker/containerd/daemon", "run/k3s/containerd", "var/snap/microk8s/common/run/containerd"];
/// Below them: by shim, then by namespace of containerd, then by id.
const SHIMS: [&str; 2] = ["io.containerd.runtime.v2.task", "io.containerd.runtime.v1.linux"];
/// Where CRI-O and Podman keep what lives as long as the node is up.
const STORAGE: &str = "run/containers/storage";
/// The containers in it; each has its bundle in `userdata`.
const OVERLAY: &str = "overlay-containers";
/// Containers of one directory that are looked at.
const MOST: usize = 10_000;

/// The places at which bundles are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// State directories of containerd.
    pub containerd: Vec<PathBuf>,
    /// Run roots of the storage that CRI-O and Podman share.
    pub storage: Vec<PathBuf>,
    /// Where /proc is.
    pub proc: PathBuf,
}

/// A bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Full id of its container.
    pub id: String,
    /// The bundle.
    pub directory: PathBuf,
    /// The file in it that holds the pid of the container's first process.
    pub pid_file: &'static str,
    /// Whose the directory is, where that tells.
    pub runtime: Option<Runtime>,
}

impl Place {
    /// Its configuration.
    pub fn config(&self) -> PathBuf {
        self.directory.join("config.json")
    }
}

impl Default for Roots {
    fn default() -> Self {
        Roots::below(Path::new("/"))
    }
}

impl Roots {
    /// The usual places of a node whose root is at `root`: `/`, or where a pod has it mounted (`/host`).
    pub fn below(root: &Path) -> Roots {
        let containerd = CONTAINERD.iter().map(|path| root.join(path)).collect();
        Roots { containerd, storage: vec![root.join(STORAGE)], proc: root.join("proc") }
    }

    /// All places.
    pub fn every(&self) -> impl Iterator<Item = &Path> {
        self.containerd.iter().chain(&self.storage).map(PathBuf::as_path)
    }

    /// The places that there are.
    pub fn there(&self) -> impl Iterator<Item = &Path> {
        self.every().filter(|root| root.is_dir())
    }

    /// The bundle of a container, by its full id.
    pub fn find(&self, id: &str) -> Option<Place> {
        if !is_id(id) {
            return None;
        }
        let task = |namespace: PathBuf| task(&namespace, id);
        let storage = |root: &PathBuf| stored(&root.join(OVERLAY), id);
        let mut places = self.namespaces().map(task).chain(self.storage.iter().map(storage));
        places.find(|place| place.config().symlink_metadata().is_ok())
    }

    /// Every bundle that there is now.
    pub fn all(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for namespace in self.namespaces() {
            places.extend(directories(&namespace).filter(|id| is_id(id)).map(|id| task(&namespace, &id)));
        }
        for root in &self.storage {
            let root = root.join(OVERLAY);
            places.extend(directories(&root).filter(|id| is_id(id)).map(|id| stored(&root, &id)));
        }
        places
    }

    /// The namespaces of containerd, as directories.
    fn namespaces(&self) -> impl Iterator<Item = PathBuf> {
        let shims = self.containerd.iter().flat_map(|root| SHIMS.iter().map(|shim| root.join(shim)));
        shims.flat_map(|shim| directories(&shim).map(|name| shim.join(name)).collect::<Vec<_>>())
    }

    /// Running where its first process lives in its cgroup. Else nothing is known: CRI-O keeps the bundle of a container
    /// that ended, and a pid may be of another pid namespace.
    pub fn state(&self, place: &Place) -> ContainerState {
        let Some(pid) = pid(&place.directory.join(place.pid_file)) else { return ContainerState::Unknown };
        let cgroups = fs::read_to_string(self.proc.join(pid.to_string()).join("cgroup")).unwrap_or_default();
        let mut paths = cgroups.lines().filter_map(|line| line.splitn(3, ':').nth(2));
        let own = GroupKey::Container(place.id.as_str().into());
        match paths.any(|path| Paths.place(path.as_bytes()).key == own) {
            true => ContainerState::Running,
            false => ContainerState::Unknown,
        }
    }
}

/// A bundle of containerd; Docker's are in a namespace of its own.
fn task(namespace: &Path, id: &str) -> Place {
    let runtime = match namespace.file_name().is_some_and(|name| name == "moby") {
        true => Runtime::Docker,
        false => Runtime::Containerd,
    };
    Place { id: id.to_owned(), directory: namespace.join(id), pid_file: "init.pid", runtime: Some(runtime) }
}

/// A bundle of CRI-O or Podman.
fn stored(overlay: &Path, id: &str) -> Place {
    Place { id: id.to_owned(), directory: overlay.join(id).join("userdata"), pid_file: "pidfile", runtime: None }
}

/// The names of the directories in one, links not followed.
fn directories(at: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(at).into_iter().flatten().take(MOST).flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|it| it.file_name().into_string().ok())
}

/// What may be the id of a container, and so is one component of a path.
fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= 128 && !id.starts_with('.') && id.bytes().all(plain)
}

/// A pid out of a file that holds nothing else.
fn pid(file: &Path) -> Option<u32> {
    let data = fs::symlink_metadata(file).ok().filter(|data| data.is_file() && data.len() < 32)?;
    let text = (data.len() > 0).then(|| fs::read_to_string(file).ok()).flatten()?;
    text.trim().parse().ok().filter(|pid| *pid > 0)
}
