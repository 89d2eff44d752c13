//! What the standard streams of a process lead to, as far as /proc tells: who made a pipe or opened a pty it does not
//! say, so whoever holds the other end beside its own standard streams stands for them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::{FileType, Stat, major, minor};

use crate::model::{Connection, Descriptor, Endpoint, ProcessId, Pty, Target, UnixEnd};

/// /dev/null, /dev/zero, /dev/full (`Documentation/admin-guide/devices.txt`).
const NULLS: [u32; 3] = [1 << 20 | 3, 1 << 20 | 5, 1 << 20 | 7];
/// /dev/ptmx.
const PTMX: u32 = 5 << 20 | 2;
/// Permissions of the link of a descriptor: what it is open for.
const READ: u32 = 0o400;
const WRITE: u32 = 0o200;
/// Major number of the file systems that are on no device: sockets and pipes are in such.
const NO_DEVICE: u32 = 0;

/// Who holds the far end of what stands on a standard stream.
#[derive(Default)]
pub(super) struct Ends {
    /// By the inode of a pipe.
    pipes: HashMap<u64, Vec<End>>,
    /// Masters, by the pair.
    masters: HashMap<u64, ProcessId>,
}

struct End {
    holder: ProcessId,
    read: bool,
    write: bool,
}

/// The three of a process; sockets and ends are filled in by [`Ends::complete`].
pub(super) fn read(pid: u32) -> [Option<Descriptor>; 3] {
    std::array::from_fn(|fd| descriptor(pid, fd as u32))
}

fn descriptor(pid: u32, fd: u32) -> Option<Descriptor> {
    let path = PathBuf::from(format!("/proc/{pid}/fd/{fd}"));
    let (stat, link) = (rustix::fs::stat(&path).ok()?, rustix::fs::lstat(&path).ok()?);
    let device = number(stat.st_dev);
    let rdev = number(stat.st_rdev);
    let to = match FileType::from_raw_mode(stat.st_mode) {
        // Only the tables tell which family: until then it is of another one.
        FileType::Socket => Target::OtherSocket(0),
        FileType::Fifo
            if rustix::fs::readlink(&path, Vec::new()).is_ok_and(|to| to.as_bytes().starts_with(b"pipe:")) =>
        {
            Target::Pipe(None)
        }
        FileType::Fifo => Target::Fifo,
        FileType::CharacterDevice if NULLS.contains(&rdev) => Target::Null,
        FileType::CharacterDevice => terminal(pid, fd, &stat),
        FileType::BlockDevice => Target::Device(rdev),
        FileType::RegularFile if is_memfd(&path) => Target::Memfd,
        FileType::RegularFile | FileType::Directory => Target::File,
        _ => Target::Other,
    };
    let (read, write) = (link.st_mode & READ != 0, link.st_mode & WRITE != 0);
    Some(Descriptor { to, inode: stat.st_ino, device, read, write })
}

/// The descriptor, when it is a named pipe.
pub(super) fn fifo(pid: u32, fd: u32) -> Option<Descriptor> {
    descriptor(pid, fd).filter(|it| matches!(it.to, Target::Fifo))
}

fn is_memfd(path: &std::path::Path) -> bool {
    rustix::fs::readlink(path, Vec::new()).is_ok_and(|to| to.as_bytes().starts_with(b"/memfd:"))
}

fn terminal(pid: u32, fd: u32, stat: &Stat) -> Target {
    let rdev = number(stat.st_rdev);
    match rdev >> 20 {
        136..=143 => {
            let index = (rdev >> 20).saturating_sub(136) << 20 | rdev & 0xf_ffff;
            Target::Pty(Pty { pair: pair(number(stat.st_dev), index), master: false, opener: None })
        }
        _ if rdev == PTMX => match master(pid, fd, stat) {
            Some(pair) => Target::Pty(Pty { pair, master: true, opener: None }),
            None => Target::Device(rdev),
        },
        2..=5 | 204 | 229 => Target::Tty,
        _ => Target::Device(rdev),
    }
}

/// The pair that a master is of. It was opened through the node of its own devpts, or through /dev/ptmx of the host.
fn master(pid: u32, fd: u32, stat: &Stat) -> Option<u64> {
    let info = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).ok()?;
    let index = info.lines().find_map(|line| line.strip_prefix("tty-index:"))?.trim().parse().ok()?;
    Some(pair(number(stat.st_dev), index))
}

/// A handle for a pair; the kernel's own are addresses, which have the upper bits set. The host's devpts is 0, as its
/// masters are opened through a node of another file system.
fn pair(device: u32, index: u32) -> u64 {
    let host = |path: &str| rustix::fs::stat(path).is_ok_and(|stat| number(stat.st_dev) == device);
    let device = if host("/dev/pts") || host("/dev") { 0 } else { device };
    1 << 60 | u64::from(device) << 24 | u64::from(index & 0xff_ffff)
}

/// As the kernel encodes it.
fn number(device: u64) -> u32 {
    major(device) << 20 | minor(device) & 0xf_ffff
}

impl Ends {
    /// Notes a pipe that `holder` has beside its standard streams.
    pub(super) fn pipe(&mut self, inode: u64, holder: ProcessId, link: u16) {
        let (read, write) = (u32::from(link) & READ != 0, u32::from(link) & WRITE != 0);
        self.pipes.entry(inode).or_default().push(End { holder, read, write });
    }

    /// Notes what may be the master of a pty.
    pub(super) fn device(&mut self, fd: u32, holder: ProcessId) {
        let Ok(stat) = rustix::fs::stat(format!("/proc/{}/fd/{fd}", holder.pid)) else { return };
        if number(stat.st_rdev) == PTMX
            && let Some(pair) = master(holder.pid, fd, &stat)
        {
            self.masters.insert(pair, holder);
        }
    }

    /// Says of the streams of `of` what `connection` and the ends know.
    pub(super) fn complete<'a>(
        &self,
        of: ProcessId,
        stdio: &mut [Option<Descriptor>; 3],
        connection: impl Fn(u64) -> Option<&'a Connection>,
    ) {
        for descriptor in stdio.iter_mut().flatten() {
            match &mut descriptor.to {
                Target::OtherSocket(_) if descriptor.device >> 20 == NO_DEVICE => {
                    descriptor.to = match connection(descriptor.inode) {
                        Some(connection) => Target::Socket(Arc::new(endpoint(connection, descriptor.inode, of))),
                        // The other end is not in /proc.
                        None => Target::Unix(UnixEnd { socket: descriptor.inode, peer: 0, process: None }),
                    }
                }
                Target::Pipe(maker) => {
                    let ends = self.pipes.get(&descriptor.inode).into_iter().flatten();
                    let far =
                        |end: &&End| end.holder != of && (descriptor.read && end.write || descriptor.write && end.read);
                    *maker = ends.filter(far).map(|end| end.holder).next();
                }
                Target::Pty(pty) if !pty.master => pty.opener = self.masters.get(&pty.pair).copied(),
                _ => {}
            }
        }
    }
}

/// The inode stands for the handle, which /proc does not know.
fn endpoint(connection: &Connection, inode: u64, owner: ProcessId) -> Endpoint {
    Endpoint {
        socket: inode,
        protocol: Some(connection.protocol),
        direction: Some(connection.direction),
        owner: Some(owner),
        local: connection.local,
        remote: connection.remote,
    }
}
