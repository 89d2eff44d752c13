//! A file that grows, and is put aside when it is large or old enough.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::export::rfc3339;
use crate::model::Time;

/// How well files that are put aside are packed: what costs little.
const LEVEL: i32 = 3;

/// When a file is put aside, and what becomes of it then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Before it gets larger than this.
    pub size: Option<u64>,
    /// When it is older than this.
    pub every: Option<Duration>,
    /// How many stay; all without it.
    pub keep: Option<usize>,
    /// Whether they are packed (zstd).
    pub compress: bool,
}

/// The file that is written, readable by its owner alone, and those that were put aside beside it: `FILE.20261123T072131.
/// 123456789Z`, so that they sort as they were written. It is put aside by a rename: whoever follows it loses nothing.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    file: File,
    size: u64,
    since: Instant,
    rotation: Rotation,
    packing: Option<JoinHandle<io::Result<()>>>,
}

impl Rotating {
    pub(super) fn open(path: &Path, rotation: Rotation) -> io::Result<Rotating> {
        let (file, size) = open(path)?;
        let (path, since) = (path.to_owned(), Instant::now());
        Ok(Rotating { path, file, size, since, rotation, packing: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How much more goes into this file.
    pub(super) fn left(&self) -> u64 {
        self.rotation.size.map_or(u64::MAX, |most| most.saturating_sub(self.size))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Writes lines; all of them, or none.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(lines) {
            // What there is of them must not stand before what comes next.
            self.file.set_len(self.size)?;
            return Err(error);
        }
        self.size += lines.len() as u64;
        Ok(())
    }

    /// Puts the file aside when it is old enough, and opens it again when somebody else has put it aside.
    pub(super) fn tend(&mut self) -> io::Result<()> {
        if self.rotation.every.is_some_and(|every| self.since.elapsed() >= every) {
            self.since = Instant::now();
            self.rotate()?;
        }
        let own = self.file.metadata()?;
        let same = |there: fs::Metadata| (there.dev(), there.ino()) == (own.dev(), own.ino());
        if !fs::symlink_metadata(&self.path).is_ok_and(same) {
            (self.file, self.size) = open(&self.path)?;
        }
        match self.packing.take_if(|packing| packing.is_finished()) {
            Some(packing) => packed(packing),
            None => Ok(()),
        }
    }

    /// Puts the file aside, unless there is nothing in it.
    pub(super) fn rotate(&mut self) -> io::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        self.settle()?;
        self.file.sync_data()?;
        let aside = aside(&self.path);
        fs::rename(&self.path, &aside)?;
        (self.file, self.size) = open(&self.path)?;
        self.since = Instant::now();
        let (path, rotation) = (self.path.clone(), self.rotation);
        self.packing = Some(std::thread::spawn(move || {
            if rotation.compress {
                pack(&aside)?;
            }
            prune(&path, rotation.keep)
        }));
        Ok(())
    }

    /// Waits until nothing is packed any more.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        self.packing.take().map_or(Ok(()), packed)
    }

    /// Brings it to the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.settle()?;
        self.file.sync_data()
    }
}

fn packed(packing: JoinHandle<io::Result<()>>) -> io::Result<()> {
    packing.join().unwrap_or_else(|_| Err(io::Error::other("packing failed")))
}

/// Opens it to write at its end; one that ends within a line, as its writer was killed, goes on in the next.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    let mut file = options.open(path)?;
    let mut size = file.metadata()?.len();
    if size > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(size - 1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            size += 1;
        }
    }
    Ok((file, size))
}

/// A name for it that nobody has.
fn aside(path: &Path) -> PathBuf {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut now = Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    loop {
        let stamp: String = rfc3339(now).chars().filter(|c| !"-:".contains(*c)).collect();
        let name = with(path, &stamp);
        if !name.exists() && !with(&name, "zst").exists() {
            return name;
        }
        now.0 += 1;
    }
}

/// `path` with a dot and `end` at its end.
fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    name.into()
}

/// Replaces a file by a packed one.
fn pack(path: &Path) -> io::Result<()> {
    let (packed, part) = (with(path, "zst"), with(path, "zst.part"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    let out = options.open(&part)?;
    let done = zstd::stream::copy_encode(File::open(path)?, &out, LEVEL).and_then(|()| out.sync_data());
    if let Err(error) = done.and_then(|()| fs::rename(&part, packed)) {
        // It stays as it is; that the part cannot be removed either is not the worst.
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    fs::remove_file(path)
}

/// Removes the oldest of those that were put aside.
fn prune(path: &Path, keep: Option<usize>) -> io::Result<()> {
    let (Some(keep), Some(name)) = (keep, path.file_name().and_then(|name| name.to_str())) else { return Ok(()) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut there = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        let rest = other.to_str().and_then(|other| other.strip_prefix(name)?.strip_prefix('.'));
        if rest.is_some_and(is_stamp) {
            there.push(entry.path());
        }
    }
    there.sort();
    let many = there.len().saturating_sub(keep);
    there.iter().take(many).try_for_each(fs::remove_file)
}

/// `20261123T072131.123456789Z`, or that and `.zst`.
fn is_stamp(text: &str) -> bool {
    let stamp = text.strip_suffix(".zst").unwrap_or(text).as_bytes();
    let shape = b"00000000T000000.000000000Z";
    let fits = |(sign, shape): (&u8, &u8)| if *shape == b'0' { sign.is_ascii_digit() } else { sign == shape };
    stamp.len() == shape.len() && stamp.iter().zip(shape).all(fits)
}
