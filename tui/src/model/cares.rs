//! Which files somebody cares for: what an open of them must be told, and every other open must not. The kernel's side
//! compares the last name of the path, and the name of the directory that it is in.

/// A name that is cared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Care {
    /// The name, at most 31 bytes.
    pub name: &'static str,
    /// Opening for reading is told.
    pub read: bool,
    /// Opening for writing (or creating, renaming, linking, removing) is told.
    pub write: bool,
}

const fn both(name: &'static str) -> Care {
    Care { name, read: true, write: true }
}

const fn write(name: &'static str) -> Care {
    Care { name, read: false, write: true }
}

/// Last names of paths.
pub const FILES: &[Care] =
    &[both("shadow"), both("authorized_keys"), write("passwd"), write("core_pattern"), write("release_agent")];

/// Names of the directories that the file is in.
pub const DIRECTORIES: &[Care] = &[write("cron.d"), write("manifests")];
