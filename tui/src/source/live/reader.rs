//! The thread that reads the ring: it looks every few milliseconds while something happens, and sleeps when nothing
//! does.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ktrace_probes_common::{self as wire, Header, Kind as WireKind, Record};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::sync::mpsc::{OwnedPermit, Receiver, Sender};

use super::cares;
use super::clock::Clock;
use super::contents::Contents;
use super::homes::Homes;
use super::known::Known;
use super::ledger::{Gap, Ledger};
use super::load::{Attached, Options};
use super::mounts::Mounts;
use super::own::Own;
use super::shares::{Shares, Totals};
use super::translate::Translator;
use crate::allocator;
use crate::model::{
    Deed, Event, GroupKey, Health, Kind, Loss, LossKind, NetOp, NsKind, Placer, ProcessEvent, ProcessId, Status,
};
use crate::source::postures::Postures;

/// How often the ring is looked at while something happens.
const LOOK: Duration = Duration::from_millis(10);

/// How long the ring is looked at after the last record. Longer than the probes wait between two wake-ups, so that no
/// record lies there unseen when the thread goes to sleep.
const LINGER: Duration = Duration::from_millis(40);

/// The longest sleep: how soon it is seen that nobody wants more when nothing happens.
const SLEEP: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// How often the counters are compared and the clock is checked while something happens.
const HOUSEKEEPING: Duration = Duration::from_millis(500);

/// Events handed over at once.
pub(super) const BATCH: usize = 1_024;

/// How often memory that is free is given back to the system: what a burst took would stay for months.
const TIDYING: Duration = Duration::from_secs(10);

/// The connections that were open before the probes: by network namespace, local and remote address.
pub(super) type Orphans = HashMap<(u32, Option<SocketAddr>, Option<SocketAddr>), ProcessId>;

/// The receiver is gone: there is nobody to tell.
pub(super) struct Closed;

pub(super) struct Reader {
    pub(super) attached: Attached,
    pub(super) translator: Translator,
    pub(super) known: Known,
    mounts: Mounts,
    own: Own,
    homes: Homes,
    postures: Postures,
    /// Nobody reads programs where nobody wants to know, or no thread can be had.
    contents: Option<Contents>,
    pub(super) orphans: Orphans,
    pub(super) include_self: bool,
    /// Set when something was lost: when /proc is to be read again, and why.
    pub(super) repair: Option<(Instant, HashSet<LossKind>)>,
    /// When the probes were attached, in nanoseconds since boot.
    pub(super) started: u64,
    ledger: Ledger,
    shares: Shares,
    out: Sender<Vec<Event>>,
    /// A place in `out` that is kept for what is told last.
    place: Option<OwnedPermit<Vec<Event>>>,
    /// Most records that find room on the ring.
    room: usize,
    /// Whose relaying somebody wants to know of.
    wanted: Receiver<ProcessId>,
    /// When what the kernel counts was looked at last, in nanoseconds since boot.
    compared: u64,
}

impl Reader {
    pub(super) fn new(
        attached: Attached,
        placer: Arc<dyn Placer>,
        out: Sender<Vec<Event>>,
        wanted: Receiver<ProcessId>,
        options: &Options,
    ) -> Reader {
        let started = Clock::boot_now();
        let node = super::startup::host_namespaces();
        let host = node.get(NsKind::Mnt).unwrap_or(0);
        Reader {
            attached,
            translator: Translator::new(Clock::new(), placer),
            known: Known::default(),
            mounts: Mounts::new(host),
            own: Own::new(&options.files),
            homes: Homes::new(host),
            postures: Postures::new(node),
            contents: if options.read_programs { Contents::new(host).ok() } else { None },
            orphans: Orphans::new(),
            include_self: options.include_self,
            repair: None,
            started,
            ledger: Ledger::new(started),
            shares: Shares::new(started),
            out,
            place: None,
            room: options.ring_size as usize / size_of::<Header>(),
            wanted,
            compared: started,
        }
    }

    /// Until nobody wants more; what happened before that is told.
    pub(super) fn run(mut self) {
        // An error means that the receiver was closed: this is how it ends.
        let _ = self.start_up().and_then(|()| self.follow());
    }

    /// Keeps a place in the channel, which whoever closes it waits for.
    pub(super) fn reserve(&mut self) -> Result<(), Closed> {
        loop {
            match self.out.clone().try_reserve_owned() {
                Ok(place) => {
                    self.place = Some(place);
                    return Ok(());
                }
                Err(TrySendError::Full(_)) => std::thread::sleep(LOOK),
                Err(TrySendError::Closed(_)) => return Err(Closed),
            }
        }
    }

    fn follow(&mut self) -> Result<(), Closed> {
        let mut active = Instant::now();
        let mut housekeeping = Instant::now();
        let (mut tidied, mut used) = (Instant::now(), false);
        loop {
            let mut batch = Vec::new();
            if self.drain(&mut batch, BATCH) > 0 {
                (active, used) = (Instant::now(), true);
            }
            let full = batch.len() >= BATCH;
            batch.extend(self.contents());
            self.send(batch)?;
            while let Ok(process) = self.wanted.try_recv() {
                self.attached.relays.watch(process);
            }
            if housekeeping.elapsed() >= HOUSEKEEPING && !full {
                housekeeping = Instant::now();
                self.keep_house()?;
            }
            if used && tidied.elapsed() >= TIDYING {
                (tidied, used) = (Instant::now(), false);
                allocator::give_back();
            }
            self.repair_if_due()?;
            if self.out.is_closed() {
                return self.send(Vec::new());
            }
            match (full, active.elapsed() < LINGER || self.repair.is_some()) {
                (true, _) => {}
                (false, true) => std::thread::sleep(LOOK),
                (false, false) => self.sleep(),
            }
        }
    }

    fn sleep(&self) {
        let fd = self.attached.ring.as_fd();
        // An interrupted sleep is a look too many, nothing else.
        let _ = poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&SLEEP));
    }

    /// Takes what is on the ring, up to `max` events; returns how many records there were.
    pub(super) fn drain(&mut self, batch: &mut Vec<Event>, max: usize) -> usize {
        let mut records = 0;
        let Reader {
            attached, translator, known, mounts, own, homes, postures, contents, orphans, repair, ledger, ..
        } = self;
        while batch.len() < max
            && let Some(item) = attached.ring.next()
        {
            records += 1;
            let record = match wire::decode(&item) {
                Ok(record) => record,
                Err(_) => {
                    let now = Clock::boot_now();
                    let gap = Gap { kind: LossKind::Malformed, count: 1, from: now, to: now };
                    batch.push(lost(&translator.clock, None, gap, repair));
                    continue;
                }
            };
            if let Some(gap) = ledger.arrived(record.header()) {
                batch.push(lost(&translator.clock, None, gap, repair));
            }
            if let Record::Answer(answer, said) = &record {
                batch.extend(translator.answer(answer, said).map(|names| Event::Names(Box::new(names))));
            }
            let Some(mut event) = translator.event(&record) else { continue };
            if let Kind::Exec(exec) = &event.kind {
                mounts.met(event.process.pid, exec.namespaces.get(NsKind::Mnt).unwrap_or(0));
            }
            if let Kind::Act(act) = &mut event.kind {
                let pid = event.process.pid;
                mounts.place(act, &record, pid, known.mount_ns(pid));
                own.mark(act);
                if own.is_namesake(act) {
                    continue;
                }
            }
            if unwanted(&event) {
                continue;
            }
            if !resolve_owner(&record, &mut event, orphans) {
                continue;
            }
            if known.apply(&event) {
                let (told, posture) = (homes.learn(&event), postures.learn(&event));
                contents.iter_mut().for_each(|contents| contents.learn(&event, known));
                batch.push(Event::Process(event));
                batch.extend(told.into_iter().chain(posture));
            }
        }
        records
    }

    /// What was read of programs since the last look.
    fn contents(&mut self) -> Vec<Event> {
        let now = self.translator.clock.wall(Clock::boot_now());
        self.contents.as_mut().map(|contents| contents.told(now)).unwrap_or_default()
    }

    /// The users and services of the containers that were there before, and what those are allowed; what is in their
    /// programs follows.
    pub(super) fn learn_of(&mut self, seen: &[ProcessEvent]) -> Vec<Event> {
        if let Some(contents) = &mut self.contents {
            seen.iter().for_each(|event| contents.learn(event, &self.known));
        }
        let each = |event| self.homes.learn(event).into_iter().chain(self.postures.learn(event));
        seen.iter().flat_map(each).collect()
    }

    /// Hands over what happened. When nobody wants more, this is the last: what is on the ring is told with it, and what
    /// found no place there.
    pub(super) fn send(&mut self, batch: Vec<Event>) -> Result<(), Closed> {
        if batch.is_empty() && !self.out.is_closed() {
            return Ok(());
        }
        // What waits is bounded by how many there are at once: what was read to the ring's end is handed over in parts.
        let mut events = batch.into_iter();
        loop {
            let part = events.by_ref().take(BATCH).collect();
            let Err(SendError(mut unsent)) = self.out.blocking_send(part) else {
                if events.len() == 0 {
                    return Ok(());
                }
                continue;
            };
            if let Some(place) = self.place.take() {
                unsent.extend(events);
                unsent.extend(self.compare(self.room));
                place.send(unsent);
            }
            return Err(Closed);
        }
    }

    pub(super) fn status(&self, topic: &str, health: Health, text: impl Into<String>) -> Event {
        let time = self.translator.clock.wall(Clock::boot_now());
        Event::Status(Status { time, topic: topic.into(), health, text: text.into() })
    }

    fn keep_house(&mut self) -> Result<(), Closed> {
        self.translator.clock.adjust();
        let known = &self.known;
        self.attached.relays.keep(|process| known.by_pid(process.pid) == Some(process));
        let mut batch = self.compare(usize::MAX);
        batch.extend(self.postures.again(Instant::now(), self.translator.clock.wall(Clock::boot_now())));
        self.send(batch)
    }

    /// Compares what the kernel numbered with what arrived, for the holes that no record follows; up to `most` records
    /// are read for it, which must be all that find room.
    fn compare(&mut self, most: usize) -> Vec<Event> {
        let looked = Clock::boot_now();
        let missed = self.attached.hooks.missed.news();
        let (numbered, withheld) = self.counted();
        let now = Clock::boot_now();
        let mut batch = Vec::new();
        // What was numbered before is on the ring now, or lost: the ring is read to its end before the comparison.
        let mut records = 0;
        while records < most {
            let enough = batch.len() + BATCH;
            match self.drain(&mut batch, enough) {
                0 => break,
                more => records += more,
            }
        }
        for (kind, cpu, numbered) in numbered {
            if let Some(gap) = self.ledger.numbered(kind, cpu, numbered, now) {
                batch.push(lost(&self.translator.clock, None, gap, &mut self.repair));
            }
        }
        if self.shares.is_news(&withheld) {
            for (cgroup, gap) in self.shares.news(&withheld, self.attached.shares(), now) {
                let group = cgroup.and_then(|[id, hierarchy]| self.translator.group(hierarchy as u32, id));
                batch.push(lost(&self.translator.clock, group, gap, &mut self.repair));
            }
        }
        for (kind, count) in missed {
            let gap = Gap { kind, count, from: self.compared, to: now };
            batch.push(lost(&self.translator.clock, None, gap, &mut self.repair));
        }
        self.compared = looked;
        batch
    }

    /// What the kernel's side counted: by kind and CPU what it numbered, by kind what found no place.
    fn counted(&self) -> (Vec<(WireKind, usize, u64)>, Totals) {
        let (mut numbered, mut withheld) = (Vec::new(), Totals::default());
        for kind in WireKind::ALL {
            if let Ok(counts) = self.attached.counts.get(&(kind as u32), 0) {
                numbered.extend(counts.iter().enumerate().map(|(cpu, [seq, _])| (kind, cpu, *seq)));
                withheld[kind as usize] = counts.iter().map(|[_, withheld]| withheld).sum();
            }
        }
        (numbered, withheld)
    }
}

/// Tells of a loss, and of whose records where that is known, and has /proc read again soon where it knows of such.
fn lost(clock: &Clock, group: Option<GroupKey>, gap: Gap, repair: &mut Option<(Instant, HashSet<LossKind>)>) -> Event {
    if !matches!(gap.kind, LossKind::Act | LossKind::Name) {
        let (_, kinds) = repair.get_or_insert_with(|| (Instant::now(), HashSet::new()));
        kinds.insert(gap.kind);
    }
    let time = clock.wall(Clock::boot_now());
    let (from, to) = (clock.wall(gap.from), clock.wall(gap.to));
    Event::Loss(Loss { time, kind: gap.kind, count: gap.count, from, to, group })
}

/// A refused open of a name that nobody cares for: the kernel's side cannot tell.
fn unwanted(event: &ProcessEvent) -> bool {
    let Kind::Act(act) = &event.kind else { return false };
    match &act.what {
        Deed::Open(opened) if act.error.is_some() && act.observer.is_none() && !opened.by_handle => {
            !cares::last_name(opened.path.bytes())
        }
        _ => false,
    }
}

/// Finds the owner of a socket that the kernel side does not know, as it was opened before the probes came; false when
/// nobody knows.
fn resolve_owner(record: &Record<'_>, event: &mut ProcessEvent, orphans: &mut Orphans) -> bool {
    let (Record::Net(net, ..), Kind::Net(told)) = (record, &event.kind) else { return true };
    if event.process.pid != 0 {
        return true;
    }
    let key = (net.net_ns, told.local, told.remote);
    let owner = if told.op == NetOp::Close { orphans.remove(&key) } else { orphans.get(&key).copied() };
    if let Some(owner) = owner {
        event.process = owner;
        event.tid = owner.pid;
    }
    owner.is_some()
}
