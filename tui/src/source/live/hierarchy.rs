//! The cgroups of the v2 hierarchy by the kernel's id of them: what a socket's record names, and no process may have told.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How soon the tree is gone through again for an id that was not in it.
const AGAIN: Duration = Duration::from_secs(2);
/// Directories that are looked at.
const MOST: usize = 16_384;

/// The paths of cgroups, read when somebody asks.
pub(super) struct Hierarchy {
    root: Option<PathBuf>,
    paths: HashMap<u64, Vec<u8>>,
    read: Option<Instant>,
}

impl Hierarchy {
    /// That which is mounted; without one nothing is found.
    pub(super) fn new() -> Hierarchy {
        let mounts = procfs::process::Process::myself().and_then(|me| me.mountinfo()).ok();
        let found = mounts.and_then(|all| all.into_iter().find(|mount| mount.fs_type == "cgroup2"));
        Hierarchy { root: found.map(|mount| mount.mount_point), paths: HashMap::new(), read: None }
    }

    /// The path of a cgroup below the root; `None` for what is not there (any more).
    pub(super) fn path(&mut self, id: u64) -> Option<&[u8]> {
        let fresh = self.read.is_some_and(|read| read.elapsed() < AGAIN);
        if !self.paths.contains_key(&id) && !fresh {
            self.read = Some(Instant::now());
            self.look();
        }
        self.paths.get(&id).map(Vec::as_slice)
    }

    fn look(&mut self) {
        self.paths.clear();
        let Some(root) = self.root.clone() else { return };
        let mut left = vec![root.clone()];
        while let Some(dir) = left.pop().filter(|_| self.paths.len() < MOST) {
            if let Ok(found) = dir.symlink_metadata() {
                self.paths.insert(id(&found), below(&root, &dir));
            }
            let entries = std::fs::read_dir(&dir).into_iter().flatten().flatten();
            left.extend(entries.filter(|it| it.file_type().is_ok_and(|kind| kind.is_dir())).map(|it| it.path()));
        }
    }
}

/// On machines of 64 bits the id of a cgroup is the inode number of its directory.
fn id(found: &Metadata) -> u64 {
    found.ino()
}

fn below(root: &Path, dir: &Path) -> Vec<u8> {
    let below = dir.strip_prefix(root).unwrap_or(dir);
    [b"/", below.as_os_str().as_bytes()].concat()
}
