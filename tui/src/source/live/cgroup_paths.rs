//! The cgroups of the v2 hierarchy by the kernel's id of them: what a socket's record names, and no process may have told.

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::source::cgroups;

/// How soon the tree is gone through again for an id that was not in it.
const AGAIN: Duration = Duration::from_secs(2);

/// The paths of cgroups, read when somebody asks.
pub(super) struct CgroupPaths {
    root: Option<PathBuf>,
    paths: HashMap<u64, Vec<u8>>,
    read: Option<Instant>,
}

impl CgroupPaths {
    /// Those below the root to which the probes of sockets are attached; without one nothing is found.
    pub(super) fn new() -> CgroupPaths {
        CgroupPaths { root: cgroups::v2_root().ok(), paths: HashMap::new(), read: None }
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
        let Some(root) = &self.root else { return };
        for dir in cgroups::all(root) {
            // On machines of 64 bits the id of a cgroup is the inode number of its directory.
            if let (Ok(found), Ok(below)) = (dir.symlink_metadata(), dir.strip_prefix(root)) {
                self.paths.insert(found.ino(), [b"/", below.as_os_str().as_bytes()].concat());
            }
        }
    }
}
