//! What is in the programs that are run: each is read once, in a thread of its own that nothing waits for.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use lru::LruCache;
use rustix::thread::CapabilitySet;

use super::known::Known;
use crate::model::{Cgroup, Content, Event, GroupKey, Kind, NsKind, ProcessEvent, ProcessId, Sha256, Text, Time};
use crate::source::proc::program::{self, Root, Wanted};

/// Programs that wait to be read; of what comes on top, the next run is tried.
const WAITING: usize = 1_024;
/// Programs of groups that are remembered as read: those that were run last.
const KNOWN: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Files of which the content is remembered.
const FILES: usize = 8_192;
/// Bytes that may be read at once, and a second on average: what is left of a core to others is worth more.
const BURST: u64 = 256 << 20;
const RATE: u64 = 32 << 20;

/// How often a program is looked for that is gone before it can be read.
const TRIES: u8 = 4;
/// Processes through which it is looked for when its own is gone.
const ELDERS: usize = 3;

/// A program of a group: the group, device and inode, and its path.
type Key = (GroupKey, u32, u64, Text);

/// How far a program is known.
#[derive(Default)]
struct Looked {
    /// It waits to be read, or was.
    asked: bool,
    tries: u8,
}

/// A program to be read.
struct Job {
    key: Key,
    process: ProcessId,
    tid: u32,
    cgroup: Option<Arc<Cgroup>>,
    wanted: Wanted,
}

/// Which programs were handed over to be read, and what came back: of those that could not be read, which.
pub(super) struct Contents {
    /// Inode number of the host's mount namespace.
    host: u32,
    known: LruCache<Key, Looked>,
    jobs: SyncSender<Job>,
    read: Receiver<Result<ProcessEvent, Key>>,
}

impl Contents {
    /// Starts the thread that reads. It ends with this.
    ///
    /// # Errors
    /// When there can be no thread.
    pub(super) fn new(host: u32) -> std::io::Result<Contents> {
        let (jobs, todo) = sync_channel(WAITING);
        let (done, read) = sync_channel(WAITING);
        std::thread::Builder::new().name("ktrace-contents".into()).spawn(move || {
            // As the reader does.
            let _ = super::give_up(CapabilitySet::empty());
            work(&todo, &done);
        })?;
        Ok(Contents { host, known: LruCache::new(KNOWN), jobs, read })
    }

    /// Has the program read that a process runs, where that is not known of its group.
    pub(super) fn learn(&mut self, event: &ProcessEvent, known: &Known) {
        let Some(runs) = Runs::of(event) else { return };
        let looked = self.known.get_or_insert_mut(runs.key(), Looked::default);
        if looked.asked || looked.tries >= TRIES {
            return;
        }
        // Who finds the queue full is read when it runs again.
        if !matches!(self.jobs.try_send(runs.job(event, known, self.host)), Err(TrySendError::Full(_))) {
            (looked.asked, looked.tries) = (true, looked.tries + 1);
        }
    }

    /// What was read since, as of `now`.
    pub(super) fn told(&mut self, now: Time) -> Vec<Event> {
        let Contents { known, read, .. } = self;
        let told = read.try_iter().filter_map(|outcome| match outcome {
            Ok(event) => Some(Event::Process(ProcessEvent { time: now, ..event })),
            Err(key) => {
                known.get_or_insert_mut(key, Looked::default).asked = false;
                None
            }
        });
        told.collect()
    }
}

/// What a process runs, as an event tells.
struct Runs<'a> {
    group: &'a GroupKey,
    exe: &'a Text,
    device: u32,
    inode: u64,
    magic: Option<u32>,
    mounts: Option<u32>,
}

impl<'a> Runs<'a> {
    /// `None` for what runs no file that can be told from others.
    fn of(event: &'a ProcessEvent) -> Option<Runs<'a>> {
        let (image, namespaces, file) = match &event.kind {
            Kind::Exec(exec) => (&exec.image, exec.namespaces, Some(exec.file.as_deref()?)),
            Kind::Seen(seen) => (seen.image.as_ref()?, seen.namespaces, None),
            _ => return None,
        };
        let group = event.cgroup.as_ref().map_or(&GroupKey::Host, |cgroup| &cgroup.place.key);
        // What has run on the host for long is as many as there are programs, and nobody asks.
        if file.is_none() && *group == GroupKey::Host {
            return None;
        }
        Some(Runs {
            group,
            exe: &image.exe,
            device: file.map_or(0, |file| file.device),
            inode: file.map_or(0, |file| file.inode),
            magic: file.map(|file| file.fs),
            mounts: namespaces.get(NsKind::Mnt),
        })
    }

    fn key(&self) -> Key {
        (self.group.clone(), self.device, self.inode, self.exe.clone())
    }

    fn job(&self, event: &ProcessEvent, known: &Known, host: u32) -> Job {
        let roots = match self.mounts {
            Some(mounts) if mounts == host => vec![Root::Node],
            Some(mounts) => known.elders(mounts, ELDERS).into_iter().map(Root::Of).collect(),
            None => Vec::new(),
        };
        let wanted = Wanted {
            process: event.process,
            roots,
            path: self.exe.clone(),
            inode: self.inode,
            run: event.time,
            magic: self.magic,
        };
        Job { key: self.key(), process: event.process, tid: event.tid, cgroup: event.cgroup.clone(), wanted }
    }
}

/// Reads one after the other, until nobody asks any more.
fn work(todo: &Receiver<Job>, done: &SyncSender<Result<ProcessEvent, Key>>) {
    be_modest();
    let mut shelf = Shelf { files: HashMap::new(), purse: Purse::new() };
    while let Ok(Job { key, process, tid, cgroup, wanted }) = todo.recv() {
        let outcome = shelf.read(wanted).ok_or(key).map(|content| {
            let kind = Kind::Content(Box::new(content));
            ProcessEvent { time: Time(0), process, tid, cgroup, kind }
        });
        if done.send(outcome).is_err() {
            return;
        }
    }
}

/// What was read already, and how much may be.
struct Shelf {
    files: HashMap<program::Key, Sha256>,
    purse: Purse,
}

impl Shelf {
    fn read(&mut self, wanted: Wanted) -> Option<Content> {
        let file = program::open(&wanted)?;
        if self.files.len() >= FILES {
            self.files.clear();
        }
        let known = self.files.get(&file.key()).copied();
        let sha256 = match known {
            Some(sha256) => sha256,
            None => {
                self.purse.pay(file.size());
                file.sha256(&wanted)?
            }
        };
        self.files.insert(file.key(), sha256);
        Some(Content { exe: wanted.path, sha256, size: file.size() })
    }
}

/// Others come first.
fn be_modest() {
    let own = rustix::thread::gettid();
    // Where it may not be, it is read at the pace of everybody else.
    let _ = rustix::process::setpriority_process(Some(own), 10);
}

/// How much may be read now.
struct Purse {
    bytes: u64,
    filled: Instant,
}

impl Purse {
    fn new() -> Purse {
        Purse { bytes: BURST, filled: Instant::now() }
    }

    /// Waits until so much may be read.
    fn pay(&mut self, bytes: u64) {
        let price = bytes.min(BURST);
        loop {
            let earned = self.filled.elapsed().as_millis() as u64 * RATE / 1_000;
            if earned > 0 {
                (self.bytes, self.filled) = ((self.bytes + earned).min(BURST), Instant::now());
            }
            match self.bytes.checked_sub(price) {
                Some(left) => return self.bytes = left,
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}
