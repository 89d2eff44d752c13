//! The file that a process runs: found while it runs, or by its path while another process sees the same files; and never
//! taken for another one.

use std::io::Read as _;
use std::path::PathBuf;

use rustix::fs::Stat;

use super::start_of;
use crate::model::{ProcessId, Sha256, Text, Time};
use crate::source::files::{self, Plain};
use crate::source::host::Host;

/// The grain of the clock of files (ns): what is changed after a moment may bear an earlier one by as much.
const GRAIN: u64 = 20_000_000;
/// How far the clock of files and that of events may be apart (ns).
const SLACK: u64 = 100_000_000;
/// Files larger than this are not read.
const LARGEST: u64 = 512 << 20;

/// File systems that answer from this machine alone: what is elsewhere, or made up by a process, may keep a reader waiting
/// for as long as it likes. Magic numbers of `statfs(2)`.
const HERE: [u32; 11] = [
    0x794c_7630, // overlay
    0x0000_ef53, // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683e, // btrfs
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x2fc1_2fc1, // zfs
    0x7371_7368, // squashfs
    0xe0f5_e1e2, // erofs
    0xf2f5_2010, // f2fs
    0xca45_1a4e, // bcachefs
];

/// Whose program is wanted.
pub(in crate::source) struct Wanted {
    /// Who runs it.
    pub(in crate::source) process: ProcessId,
    /// Where the same files are seen when it is gone.
    pub(in crate::source) roots: Vec<Root>,
    /// Its path, as they see it.
    pub(in crate::source) path: Text,
    /// Its inode number, as the kernel told; 0 where it did not.
    pub(in crate::source) inode: u64,
    /// When it was run.
    pub(in crate::source) run: Time,
    /// Magic number of its file system; `None` where that is to be asked for.
    pub(in crate::source) magic: Option<u32>,
}

/// Where files are seen from.
pub(in crate::source) enum Root {
    /// By the node itself.
    Node,
    /// By another process in the same mounts.
    Of(ProcessId),
}

/// A program that was found.
pub(in crate::source) struct Program {
    file: Plain,
    /// It is run while it is read: nobody may write it.
    held: bool,
}

/// What a file is known by as long as nobody writes it: device, inode, length, times of the last change.
pub(in crate::source) type Key = (u64, u64, i64, [i64; 4]);

/// Finds the file that a process runs, or ran; `None` where it is gone, is another one by now, was written since, lies
/// elsewhere than on this machine, or is too large.
pub(in crate::source) fn open(wanted: &Wanted) -> Option<Program> {
    if wanted.magic.is_some_and(|magic| !HERE.contains(&magic)) {
        return None;
    }
    running(wanted).or_else(|| left(wanted)).filter(|program| program.is_as_it_was(wanted))
}

/// Through the process, which still runs it.
fn running(wanted: &Wanted) -> Option<Program> {
    let file = Plain::behind(&format!("/proc/{}/exe", wanted.process.pid)).ok()?;
    let program = Program::of(file, wanted, true)?;
    is_there(wanted.process).then_some(program)
}

/// By its path, as it is still seen.
fn left(wanted: &Wanted) -> Option<Program> {
    // Without its number nobody knows whether it is the same.
    let path = wanted.path.bytes().strip_prefix(b"/").filter(|_| wanted.inode != 0)?;
    wanted.roots.iter().find_map(|root| within(root, path, wanted))
}

fn within(root: &Root, path: &[u8], wanted: &Wanted) -> Option<Program> {
    let place = match root {
        Root::Node => Host::here().root().to_owned(),
        Root::Of(process) => PathBuf::from(format!("/proc/{}/root", process.pid)),
    };
    let program = Program::of(Plain::below(&place, path).ok()?, wanted, false)?;
    let stands = match root {
        Root::Node => true,
        Root::Of(process) => is_there(*process),
    };
    stands.then_some(program)
}

fn is_there(process: ProcessId) -> bool {
    start_of(process.pid) == Some(process.start)
}

impl Program {
    fn of(file: Plain, wanted: &Wanted, held: bool) -> Option<Program> {
        if wanted.magic.is_none() && !HERE.contains(&file.magic().ok()?) {
            return None;
        }
        let same = wanted.inode == 0 || file.stat.st_ino == wanted.inode;
        (same && file.size() <= LARGEST).then_some(Program { file, held })
    }

    /// Its length in bytes.
    pub(in crate::source) fn size(&self) -> u64 {
        self.file.size()
    }

    /// What it is known by.
    pub(in crate::source) fn key(&self) -> Key {
        key(&self.file.stat)
    }

    /// What is in it; `None` where somebody changes it meanwhile, as far as can be told.
    pub(in crate::source) fn sha256(&self, wanted: &Wanted) -> Option<Sha256> {
        let sha256 = files::sha256(self.file.open().ok()?.take(LARGEST)).ok()?;
        // Its times may be set by whoever owns it; that it was run all the while, by nobody.
        let now = key(&self.file.again().ok()?);
        let unchanged = now == self.key() && (!self.held || is_there(wanted.process));
        unchanged.then_some(sha256)
    }

    /// Whether nobody wrote it since it was run. Whoever takes its name away changes it as well, which does not matter while
    /// it is run: then nobody can write it.
    fn is_as_it_was(&self, wanted: &Wanted) -> bool {
        let stat = &self.file.stat;
        let changed = moment(stat.st_ctime, stat.st_ctime_nsec as i64);
        let written = moment(stat.st_mtime, stat.st_mtime_nsec as i64);
        changed + GRAIN <= wanted.run.0 || self.held && written.min(changed) <= wanted.run.0 + SLACK
    }
}

fn key(stat: &Stat) -> Key {
    let times = [stat.st_mtime, stat.st_mtime_nsec as i64, stat.st_ctime, stat.st_ctime_nsec as i64];
    (stat.st_dev, stat.st_ino, stat.st_size, times)
}

/// Nanoseconds since 1970; 0 for what was before.
fn moment(seconds: i64, nanos: i64) -> u64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos).try_into().unwrap_or(0)
}
