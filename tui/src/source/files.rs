//! Files that belong to others: found below a root whatever their links say, looked at before they are opened, and what is in
//! them.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::path::Arg;
use sha2::{Digest as _, Sha256 as Hasher};

use crate::model::Sha256;

/// A plain file, not opened to be read yet: to open a device may do something, and a pipe may hold a reader up.
pub(crate) struct Plain {
    file: OwnedFd,
    /// What the kernel says of it, as it was found.
    pub(crate) stat: Stat,
}

impl Plain {
    /// The file that an absolute path names for whoever has `root` as its root: no link leads out of it.
    ///
    /// # Errors
    /// When it is not there, is no plain file, or the kernel does not tell.
    pub(crate) fn below(root: &Path, path: impl Arg) -> io::Result<Plain> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let root = rustix::fs::openat(CWD, root, flags | OFlags::DIRECTORY, Mode::empty())?;
        let inside = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        Plain::of(rustix::fs::openat2(&root, path, flags, Mode::empty(), inside)?)
    }

    /// The file that a link of /proc leads to.
    ///
    /// # Errors
    /// When it is not there, is no plain file, or the kernel does not tell.
    pub(crate) fn behind(link: &str) -> io::Result<Plain> {
        Plain::of(rustix::fs::openat(CWD, link, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?)
    }

    fn of(file: OwnedFd) -> io::Result<Plain> {
        let stat = rustix::fs::fstat(&file)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(Plain { file, stat }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file")),
        }
    }

    /// Its length in bytes, as it was found.
    pub(crate) fn size(&self) -> u64 {
        self.stat.st_size.try_into().unwrap_or(0)
    }

    /// Magic number of its file system, as of `statfs(2)`.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub(crate) fn magic(&self) -> io::Result<u32> {
        Ok(rustix::fs::fstatfs(&self.file)?.f_type as u32)
    }

    /// What the kernel says of it now.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub(crate) fn again(&self) -> io::Result<Stat> {
        Ok(rustix::fs::fstat(&self.file)?)
    }

    /// To read it: the same file, whatever its name leads to by now.
    ///
    /// # Errors
    /// When it may not be read.
    pub(crate) fn open(&self) -> io::Result<File> {
        let link = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(CWD, link, flags, Mode::empty())?))
    }
}

/// SHA-256 of all that is read.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn sha256(mut from: impl Read) -> io::Result<Sha256> {
    let (mut hasher, mut buffer) = (Hasher::new(), vec![0; 1 << 17]);
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            count => hasher.update(&buffer[..count]),
        }
    }
}
