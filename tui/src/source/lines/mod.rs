//! Lines of JSON as `watch`, `events` and `agent` write them (docs/JSON.md), as events and findings: what another
//! ktrace-tui saw and found, in the words of the model.

mod found;

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize as _;
use serde_json::Value;

use crate::detect::Entry;
use crate::jsonl::{
    CgroupShape, ContainerShape, EventLine, ExecShape, ExitShape, From, Id, Line, LossLine, ProcessShape, StatusLine,
};
use crate::model::{
    Argv, Boot, Caps, Cgroup, ContainerNews, ContainerState, Content, Creds, Event, Exec, Exit, Fork, GroupKey, Image,
    Kind, Loss, LossKind, Namespaces, Net, NsKind, Place, Placer, ProcessEvent, ProcessId, Role, Runtime, Seen, Status,
    Text, Ticks, Time,
};
use found::Findings;

/// Processes that are remembered; those that ended are forgotten, and beyond this everybody is met anew.
const REMEMBERED: usize = 262_144;

/// Why a line could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum BadLine {
    /// No JSON, or none of these.
    #[error("it is no line of ktrace-tui ({0})")]
    NoLine(#[from] serde_json::Error),
}

/// What lines tell: events in their order, and what was found, by the place of the event that it follows.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What happened.
    pub events: Vec<Event>,
    /// What was found.
    pub found: Vec<(usize, Entry)>,
}

/// Reads line after line of one node; it remembers who is who.
pub struct Lines {
    placer: Arc<dyn Placer>,
    from: Option<From>,
    /// Start times are counted from here: below the grain of all of them.
    boot: Option<Time>,
    known: HashMap<ProcessId, Known>,
    containers: HashMap<String, Names>,
    findings: Findings,
    told: Told,
}

/// What a container is called, as was told last.
type Names = [Option<String>; 5];

/// What was told of a process beside what every line tells.
#[derive(Clone, Default)]
struct Known {
    parent: Option<ProcessId>,
    creds: Creds,
    caps: Caps,
    namespaces: Namespaces,
    tty: Text,
    ns_pid: u32,
}

impl Lines {
    /// Reads paths of cgroups with `placer`.
    pub fn new(placer: Arc<dyn Placer>) -> Lines {
        Lines {
            placer,
            from: None,
            boot: None,
            known: HashMap::new(),
            containers: HashMap::new(),
            findings: Findings::default(),
            told: Told::default(),
        }
    }

    /// Whether a line looks like one of these, and not like one of another sensor.
    pub fn knows(line: &str) -> bool {
        let kind = serde_json::from_str::<Value>(line).ok();
        let kind = kind.as_ref().and_then(|line| line.get("type")).and_then(|kind| kind.as_str());
        matches!(kind, Some("event" | "finding" | "incident" | "loss" | "status"))
    }

    /// What a line tells.
    ///
    /// # Errors
    /// When it is none of ours; the next line can be read all the same.
    pub fn line(&mut self, line: &[u8]) -> Result<Told, BadLine> {
        self.value(&serde_json::from_slice(line)?)
    }

    /// As [`Lines::line`], of one that is JSON already.
    ///
    /// # Errors
    /// As there.
    pub fn value(&mut self, line: &Value) -> Result<Told, BadLine> {
        let from = From::deserialize(line)?;
        let line = Line::deserialize(line)?;
        self.from(from);
        match line {
            Line::Event(event) => self.event(*event),
            Line::Finding(finding) => self.finding(*finding),
            Line::Incident(incident) => self.incident(*incident),
            Line::Loss(loss) => {
                let LossLine { time, kind, count, from, to, container, service } = loss;
                // What another feed could not send is lost to its receiver, and not to this one.
                if kind != "unsent" {
                    let kind = LossKind::of(&kind);
                    let group = container.map(|container| GroupKey::Container(container.id.into()));
                    let group = group.or(service.map(|name| GroupKey::Service(name.into())));
                    self.told.events.push(Event::Loss(Loss { time, kind, count, from, to, group }));
                }
            }
            Line::Status(status) => {
                let health = status.health();
                let StatusLine { time, topic, text, .. } = status;
                self.told.events.push(Event::Status(Status { time, topic, health, text }));
            }
        }
        Ok(std::mem::take(&mut self.told))
    }

    /// Another run of the agent numbers anew, and another boot has other processes.
    fn from(&mut self, from: From) {
        if self.from.as_ref() == Some(&from) {
            return;
        }
        self.findings.next_run();
        if self.from.as_ref().is_none_or(|before| before.boot != from.boot) {
            self.known.clear();
            (self.boot, self.from) = (None, Some(from));
        } else {
            self.from = Some(from);
        }
    }

    /// Its id here. The first start time that is told says where between two ticks the boot was.
    fn id(&mut self, id: Id) -> ProcessId {
        let Id { pid, start_time: Time(start) } = id;
        let boot = match self.boot {
            Some(boot) => boot,
            None => {
                let boot = Time(start % Ticks::NANOS);
                let (node, id) = self.from.as_ref().map(|it| (it.node.clone(), it.boot.clone())).unwrap_or_default();
                let told = Boot { id, host: node, time: boot, namespaces: Namespaces::default() };
                self.told.events.push(Event::Boot(told));
                *self.boot.insert(boot)
            }
        };
        // Another run measures the boot anew, and is off by less than half a tick unless the clock was set.
        let since = start.saturating_sub(boot.0).saturating_add(Ticks::NANOS / 2);
        ProcessId { pid, start: Ticks::from_nanos(since) }
    }

    fn event(&mut self, line: EventLine) {
        let (time, tid) = (line.time, line.tid);
        let parent = line.parent.map(|id| self.id(id));
        let present = line.present_parent.map(|id| self.id(id)).or(parent);
        let id = self.id(line.process.id);
        let cgroup = line.exec.as_ref().and_then(|exec| exec.cgroup.as_ref()).or(line.cgroup.as_ref());
        let place = self.place(&line.process, cgroup, time);
        let mut known = self.known.get(&id).cloned().unwrap_or_default();
        known.parent = known.parent.or(parent);
        is_of(&mut known, id, line.process.uid);
        if let Some(exec) = &line.exec {
            learn(&mut known, exec, line.process.uid);
        }
        let kind = match line.kind.as_str() {
            "fork" => match parent {
                Some(maker) => {
                    let parent = present.unwrap_or(maker);
                    Some(Kind::Fork(Fork { maker, parent, ns_pid: known.ns_pid, creds: known.creds }))
                }
                None => None,
            },
            "exec" => line.exec.as_ref().map(|exec| Kind::Exec(Box::new(ran(&line.process, exec, &known, time)))),
            "exit" => line.exit.as_ref().map(|exit| {
                let ExitShape { code, signal, core_dumped: core, run_time } = *exit;
                Kind::Exit(Exit { code, signal, core, run_time, heir: None })
            }),
            "vanished" => Some(Kind::Vanished),
            "move" => Some(Kind::Move),
            "content" => line
                .content
                .map(|it| Kind::Content(Box::new(Content { exe: it.exe, sha256: it.sha256, size: it.size }))),
            _ => line.net_op().zip(line.endpoint.as_ref()).map(|(op, end)| {
                Kind::Net(Box::new(Net {
                    op,
                    protocol: end.protocol(),
                    direction: end.direction(),
                    local: end.local,
                    remote: end.remote,
                    socket: 0,
                    sent: end.bytes_sent,
                    received: end.bytes_received,
                    error: end.error,
                }))
            }),
        };
        let new = !self.known.contains_key(&id);
        self.remember(id, known);
        match kind {
            Some(kind) => {
                if new && !matches!(kind, Kind::Fork(_)) {
                    self.see(&line.process, id, Arc::clone(&place), time);
                }
                if matches!(kind, Kind::Exit(_) | Kind::Vanished) {
                    self.known.remove(&id);
                }
                self.tell(ProcessEvent { time, process: id, tid, cgroup: Some(place), kind });
            }
            // Something that is told in words alone: the process is there, and is this.
            None => self.see(&line.process, id, place, time),
        }
    }

    /// A process whose picture is whole, and those above it, from the nearest on.
    fn meet(&mut self, process: &ProcessShape, lineage: &[ProcessShape], time: Time) -> ProcessId {
        for (at, ancestor) in lineage.iter().enumerate().rev() {
            let parent = lineage.get(at + 1).map(|parent| self.id(parent.id));
            let id = self.id(ancestor.id);
            // One of which nothing but its own was told has no parent yet.
            if self.known.get(&id).is_none_or(|known| known.parent.is_none() && parent.is_some()) {
                self.introduce(ancestor, id, parent, time);
            }
        }
        let (id, parent) = (self.id(process.id), lineage.first().map(|parent| self.id(parent.id)));
        self.introduce(process, id, parent, time);
        id
    }

    fn introduce(&mut self, process: &ProcessShape, id: ProcessId, parent: Option<ProcessId>, time: Time) {
        let mut known = self.known.get(&id).cloned().unwrap_or_default();
        known.parent = known.parent.or(parent);
        is_of(&mut known, id, process.uid);
        self.remember(id, known);
        let place = self.place(process, None, time);
        self.see(process, id, place, time);
    }

    fn remember(&mut self, id: ProcessId, known: Known) {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(id, known);
    }

    /// Tells the whole picture of a process.
    fn see(&mut self, process: &ProcessShape, id: ProcessId, place: Arc<Cgroup>, time: Time) {
        let known = self.known.get(&id).cloned().unwrap_or_default();
        let born = process.id.start_time;
        let image = (!process.exe.is_empty() || !process.argv.is_empty()).then(|| image(process, None, born));
        let seen = Seen {
            parent: known.parent,
            image,
            born,
            ns_pid: known.ns_pid,
            creds: known.creds,
            caps: known.caps,
            namespaces: known.namespaces,
            tty: known.tty,
            connections: Vec::new(),
            stdio: [const { None }; 3],
            fifos: Vec::new(),
        };
        let kind = Kind::Seen(Box::new(seen));
        self.tell(ProcessEvent { time, process: id, tid: id.pid, cgroup: Some(place), kind });
    }

    /// Where a process stands; a container that is new, or told of otherwise than before, is told first.
    fn place(&mut self, process: &ProcessShape, cgroup: Option<&CgroupShape>, time: Time) -> Arc<Cgroup> {
        let path = cgroup.map(|cgroup| cgroup.path.clone()).unwrap_or_default();
        let mut place = self.placer.place(path.bytes());
        if let Some(container) = &process.container {
            self.container(container, time);
            place.key = GroupKey::Container(Arc::from(container.id.as_str()));
            place.runtime = container.runtime.as_deref().map(runtime).or(place.runtime);
        } else if let Some(service) = &process.service {
            place.key = GroupKey::Service(Arc::from(service.as_str()));
        } else {
            place = Place::default();
        }
        Arc::new(Cgroup { id: cgroup.and_then(|cgroup| cgroup.id).unwrap_or(0), path, place })
    }

    fn container(&mut self, container: &ContainerShape, time: Time) {
        let ContainerShape { id, name, image, pod, namespace, role, .. } = container;
        let names = [name.clone(), image.clone(), pod.clone(), namespace.clone(), role.clone()];
        if names.iter().all(Option::is_none) || self.containers.get(id) == Some(&names) {
            return;
        }
        let roles = [Role::Sandbox, Role::Init, Role::Ephemeral, Role::Ordinary, Role::Workload];
        self.told.events.push(Event::Container(ContainerNews {
            time,
            id: id.clone(),
            name: name.clone(),
            image: image.clone(),
            runtime: container.runtime.as_deref().map(runtime),
            pod: pod.clone(),
            namespace: namespace.clone(),
            state: ContainerState::Unknown,
            role: roles.into_iter().find(|it| Some(it.name()) == role.as_deref()),
            ..ContainerNews::default()
        }));
        if self.containers.len() >= REMEMBERED {
            self.containers.clear();
        }
        self.containers.insert(id.clone(), names);
    }

    fn tell(&mut self, event: ProcessEvent) {
        self.told.events.push(Event::Process(event));
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("known", &self.known.len()).finish_non_exhaustive()
    }
}

/// Whoever tells the ids told a pid in its own namespace, too: without one, the ids are not known.
fn is_of(known: &mut Known, id: ProcessId, uid: Option<u32>) {
    if let Some(uid) = uid {
        known.creds.uid = uid;
        known.ns_pid = if known.ns_pid == 0 { id.pid } else { known.ns_pid };
    }
}

fn learn(known: &mut Known, exec: &ExecShape, uid: Option<u32>) {
    let ExecShape { gid, euid, login_uid, audit_session, .. } = *exec;
    known.creds = Creds { uid: uid.unwrap_or(known.creds.uid), gid, euid, login_uid, session: audit_session };
    known.caps = Caps { effective: exec.caps.effective, permitted: exec.caps.permitted };
    let inode = |kind: NsKind| exec.namespaces.get(kind.name()).and_then(Value::as_u64);
    known.namespaces =
        Namespaces(NsKind::ALL.map(|kind| inode(kind).and_then(|it| u32::try_from(it).ok()).unwrap_or(0)));
    (known.tty, known.ns_pid) = (exec.tty.clone(), exec.ns_pid);
}

fn ran(process: &ProcessShape, exec: &ExecShape, known: &Known, time: Time) -> Exec {
    Exec {
        image: image(process, Some(exec), time),
        parent: known.parent,
        ns_pid: known.ns_pid,
        creds: known.creds,
        caps: known.caps,
        namespaces: known.namespaces,
        tty: known.tty.clone(),
        stdio: [const { None }; 3],
        file: None,
    }
}

fn image(process: &ProcessShape, exec: Option<&ExecShape>, time: Time) -> Image {
    let argv = Argv {
        args: process.argv.iter().map(|arg| Text::from_lossless(arg)).map(|arg| arg.bytes().to_vec()).collect(),
        cut_from: exec.and_then(|exec| exec.argv_truncated.as_u64()),
        unreadable: exec.is_some_and(|exec| exec.argv_unreadable),
    };
    Image {
        time,
        exe: process.exe.clone(),
        given: exec.map(|exec| exec.given.clone()).unwrap_or_default(),
        argv,
        cwd: process.cwd.clone(),
        unlinked: exec.is_some_and(|exec| exec.unlinked),
    }
}

fn runtime(name: &str) -> Runtime {
    let all = [Runtime::Docker, Runtime::Containerd, Runtime::Crio, Runtime::Podman];
    all.into_iter().find(|runtime| runtime.name() == name).unwrap_or(Runtime::Unknown)
}

#[cfg(test)]
mod tests;
