//! What processes have in common on their standard streams: who holds which pipe, pty or unix socket, and who was fed by whom.

use std::collections::{BTreeSet, HashMap};

use crate::model::{Descriptor, Process, ProcessId, Pty, Relay, Target, Time, UnixEnd};

/// Processes at one pipe that are looked at.
const HOLDERS: usize = 64;
/// Channels remembered; beyond that all are forgotten and learned anew.
const CHANNELS: usize = 65_536;

/// Of those that one process feeds, how many are looked at.
const FED: usize = 256;

/// Something that two processes can have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Channel {
    /// A pipe or fifo, by file system and inode.
    Pipe(u32, u64),
    /// A pty, by its pair.
    Pty(u64),
    /// A unix socket, by its own handle.
    Unix(u64),
}

/// Who has which channel on its standard streams, or made it.
#[derive(Debug, Default)]
pub(super) struct Channels {
    pub(super) holders: HashMap<Channel, Vec<ProcessId>>,
    /// Named pipes that a process has open beside its standard streams.
    pub(super) fifos: HashMap<ProcessId, Vec<Descriptor>>,
    /// The living processes whose streams come from one that made them.
    fed: HashMap<ProcessId, BTreeSet<ProcessId>>,
    /// Under which channels and makers a process stands: also those that it has no more.
    ties: HashMap<ProcessId, Ties>,
    relays: HashMap<ProcessId, (Time, Relay)>,
}

#[derive(Debug, Default)]
struct Ties {
    channels: Vec<Channel>,
    makers: Vec<ProcessId>,
}

/// The channel of a descriptor.
pub(super) fn channel(descriptor: &Descriptor) -> Option<Channel> {
    Some(match &descriptor.to {
        Target::Pipe(_) | Target::Fifo => Channel::Pipe(descriptor.device, descriptor.inode),
        Target::Pty(pty) => Channel::Pty(pty.pair),
        Target::Unix(end) => Channel::Unix(end.socket),
        _ => return None,
    })
}

/// Who made what a descriptor leads to, and so may hold the other end.
pub(super) fn maker(descriptor: &Descriptor) -> Option<ProcessId> {
    match &descriptor.to {
        Target::Pipe(maker) => *maker,
        Target::Pty(Pty { opener, master: false, .. }) => *opener,
        Target::Unix(UnixEnd { process, .. }) => *process,
        _ => None,
    }
}

impl Channels {
    /// Learns what is on the streams of a process now.
    pub(super) fn learn(&mut self, process: &Process) {
        if self.holders.len() > CHANNELS || self.fed.len() > CHANNELS || self.ties.len() > CHANNELS {
            *self = Channels::default();
        }
        for descriptor in process.stdio.iter().flatten() {
            if let Some(channel) = channel(descriptor) {
                self.hold(process.id, channel);
            }
            if let Some(maker) = maker(descriptor).filter(|maker| *maker != process.id && process.alive())
                && self.fed.entry(maker).or_default().insert(process.id)
            {
                self.ties.entry(process.id).or_default().makers.push(maker);
            }
        }
    }

    fn hold(&mut self, process: ProcessId, channel: Channel) {
        let holders = self.holders.entry(channel).or_default();
        if holders.contains(&process) {
            return;
        }
        if holders.len() >= HOLDERS {
            holders.remove(0);
        }
        holders.push(process);
        self.ties.entry(process).or_default().channels.push(channel);
    }

    /// Learns of a named pipe that a process opened.
    pub(super) fn opened(&mut self, process: ProcessId, fifo: Descriptor) {
        self.hold(process, Channel::Pipe(fifo.device, fifo.inode));
        let fifos = self.fifos.entry(process).or_default();
        if fifos.len() < 8 {
            fifos.push(fifo);
        }
    }

    /// Every end that a process is known to have.
    pub(super) fn ends<'a>(&'a self, process: &'a Process) -> impl Iterator<Item = &'a Descriptor> {
        process.stdio.iter().flatten().chain(self.fifos.get(&process.id).into_iter().flatten())
    }

    /// Remembers what a relay was seen to do.
    pub(super) fn relayed(&mut self, process: ProcessId, time: Time, relay: Relay) {
        self.relays.insert(process, (time, relay));
    }

    /// What a process was seen to pass on.
    pub(super) fn relay(&self, process: ProcessId) -> Option<(Time, Relay)> {
        self.relays.get(&process).copied()
    }

    /// A process has ended: nothing comes from its makers any more, though what it passed on may still be read.
    pub(super) fn ended(&mut self, process: ProcessId) {
        let makers = self.ties.get_mut(&process).map(|ties| std::mem::take(&mut ties.makers)).unwrap_or_default();
        for maker in makers {
            if let Some(fed) = self.fed.get_mut(&maker) {
                fed.remove(&process);
                if fed.is_empty() {
                    self.fed.remove(&maker);
                }
            }
        }
    }

    pub(super) fn forget(&mut self, process: ProcessId) {
        self.ended(process);
        for channel in self.ties.remove(&process).unwrap_or_default().channels {
            if let Some(holders) = self.holders.get_mut(&channel) {
                holders.retain(|holder| *holder != process);
                if holders.is_empty() {
                    self.holders.remove(&channel);
                }
            }
        }
        self.fed.remove(&process);
        self.fifos.remove(&process);
        self.relays.remove(&process);
    }

    /// The processes whose streams may lead to `process`: they have an end in common with it, or one that it made.
    pub(super) fn neighbours(&self, process: &Process) -> Vec<ProcessId> {
        let mut found: Vec<ProcessId> = self.fed.get(&process.id).into_iter().flatten().copied().take(FED).collect();
        for channel in self.ends(process).filter_map(channel) {
            found.extend(self.holders.get(&channel).into_iter().flatten().filter(|holder| **holder != process.id));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::model::{Caps, Creds, Event, Kind, Model, Namespaces, ProcessEvent, Seen, Text, Ticks, Time};

    fn id(pid: u32) -> ProcessId {
        ProcessId { pid, start: Ticks(u64::from(pid)) }
    }

    fn pipe(inode: u64) -> Option<Descriptor> {
        Some(Descriptor { to: Target::Pipe(Some(id(1))), inode, device: 13, read: true, write: false })
    }

    fn process(pid: u32) -> Process {
        let seen = Seen {
            parent: None,
            image: None,
            born: Time(1),
            ns_pid: pid,
            creds: Creds::default(),
            caps: Caps::default(),
            namespaces: Namespaces::default(),
            tty: Text::default(),
            connections: Vec::new(),
            stdio: [pipe(u64::from(pid)), None, None],
            fifos: Vec::new(),
        };
        let (time, kind) = (Time(1), Kind::Seen(Box::new(seen)));
        let mut model = Model::default();
        model.apply(&Event::Process(ProcessEvent { time, process: id(pid), tid: pid, cgroup: None, kind }));
        model.process(id(pid)).unwrap().clone()
    }

    #[test]
    fn whoever_feeds_very_many_brief_ones_is_near_those_that_live() {
        let (mut channels, maker) = (Channels::default(), process(1));
        let stays = process(2);
        channels.learn(&stays);
        for pid in 3..5_000 {
            channels.learn(&process(pid));
            channels.ended(id(pid));
        }
        assert_eq!(channels.neighbours(&maker), [id(2)]);
    }

    #[test]
    fn of_whom_is_forgotten_nothing_stays_whatever_its_streams_have_become() {
        let mut channels = Channels::default();
        let mut changes = process(2);
        channels.learn(&changes);
        changes.stdio[0] = pipe(77);
        channels.learn(&changes);
        changes.stdio[1] = pipe(78);
        channels.learn(&changes);
        channels.opened(id(2), Descriptor { to: Target::Fifo, inode: 3, device: 3, read: true, write: false });
        channels.ended(id(2));
        assert_eq!(channels.holders.len(), 4, "what it passed on may still be read");
        channels.forget(id(2));
        let Channels { holders, fifos, fed, ties, relays } = channels;
        assert_eq!((holders.len(), fifos.len(), fed.len(), ties.len(), relays.len()), (0, 0, 0, 0, 0));
    }
}
