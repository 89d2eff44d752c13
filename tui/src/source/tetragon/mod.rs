//! Tetragon's JSON lines as events: what another sensor saw, in the words of the model.

mod record;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::Value;

use crate::model::{
    Act, Argv, Boot, Caps, Cgroup, ContainerNews, Creds, Deed, Direction, Event, Exec, Exit, Fork, GroupKey, Image,
    Kind, Net, NetOp, Opened, Place, ProcessEvent, ProcessId, Protocol, Runtime, Seen, Text, Ticks, Time,
};
use record::{Body, Told, arguments, caps, exec_id, number};

/// Why a line could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum BadLine {
    /// No JSON.
    #[error("it is no JSON object ({0})")]
    NoJson(#[from] serde_json::Error),
    /// JSON of something else.
    #[error("it is no event of Tetragon: `{0}` is missing")]
    Missing(&'static str),
}

/// Reads line after line; it remembers who is who.
#[derive(Debug, Default)]
pub struct Import {
    boot: Option<Boot>,
    /// Every program that ran has an id of its own there; here it is the process's.
    processes: HashMap<String, ProcessId>,
    /// Ids of containers, by what the sensor cut them to.
    containers: HashMap<String, Arc<str>>,
    events: Vec<Event>,
}

impl Import {
    /// The events that a line tells; none for one of a kind that the model has no use for.
    ///
    /// # Errors
    /// When it is no event of Tetragon; the next line can be read all the same.
    pub fn line(&mut self, line: &str) -> Result<Vec<Event>, BadLine> {
        let record: serde_json::Map<String, Value> = serde_json::from_str(line)?;
        let time = record.get("time").and_then(Value::as_str).and_then(moment).ok_or(BadLine::Missing("time"))?;
        let body = record.iter().find(|(name, _)| name.starts_with("process_"));
        let (kind, body) = body.ok_or(BadLine::Missing("process_…"))?;
        let body: Body = serde_json::from_value(body.clone())?;
        let told = body.process.as_ref().ok_or(BadLine::Missing("process"))?;
        let (since_boot, _) = exec_id(&told.exec_id).ok_or(BadLine::Missing("exec_id"))?;
        let host = record.get("node_name").and_then(Value::as_str).unwrap_or_default();
        self.boot(told, time, since_boot, host);
        let parent = body.parent.as_ref().and_then(|parent| self.meet(parent, None, time));
        match kind.as_str() {
            "process_exec" => self.exec(told, parent, time),
            kind => {
                let process = self.meet(told, parent, time);
                let kind = said(kind, &body, time);
                if let (Some(process), Some(kind)) = (process, kind) {
                    let cgroup = self.cgroup(told, time);
                    self.tell(time, process, cgroup, kind);
                }
            }
        }
        Ok(std::mem::take(&mut self.events))
    }

    fn boot(&mut self, told: &Told, time: Time, since_boot: u64, host: &str) {
        let start = moment(&told.start_time).unwrap_or(time);
        let boot = self.boot.get_or_insert_with(Boot::default);
        let before = boot.clone();
        if boot.time == Time(0) {
            (boot.time, boot.host) = (Time(start.since(Time(since_boot))), host.to_owned());
        }
        let (_, known) = told.namespaces();
        for (own, known) in boot.namespaces.0.iter_mut().zip(known.0).filter(|(_, known)| *known != 0) {
            *own = known;
        }
        if *boot != before {
            self.events.push(Event::Boot(boot.clone()));
        }
    }

    /// Who it is; somebody whose exec was not recorded is told as found.
    fn meet(&mut self, told: &Told, parent: Option<ProcessId>, time: Time) -> Option<ProcessId> {
        let known = self.processes.get(&told.exec_id).copied();
        if let Some(known) = known.filter(|known| told.pid == 0 || known.pid == told.pid) {
            return Some(known);
        }
        let (id, parent) = self.identify(told, parent)?;
        let (born, cgroup) = (moment(&told.start_time).unwrap_or(time), self.cgroup(told, time));
        let (namespaces, _) = told.namespaces();
        let seen = Seen {
            parent,
            image: Some(image(told, born)),
            born,
            ns_pid: 0,
            creds: creds(told),
            caps: capabilities(told),
            namespaces,
            tty: Text::default(),
            connections: Vec::new(),
            stdio: [const { None }; 3],
            fifos: Vec::new(),
        };
        self.tell(time, id, cgroup, Kind::Seen(Box::new(seen)));
        Some(id)
    }

    /// Its id here, and its parent. One that was not cloned is the process that ran its parent's program before.
    fn identify(&mut self, told: &Told, parent: Option<ProcessId>) -> Option<(ProcessId, Option<ProcessId>)> {
        let (start, pid) = exec_id(&told.exec_id)?;
        let mut id = ProcessId { pid, start: Ticks::from_nanos(start) };
        if told.pid != 0 && told.pid != pid {
            // The id is somebody else's: only pid and start can be relied on.
            let boot = self.boot.as_ref().map_or(Time(0), |boot| boot.time);
            let start = moment(&told.start_time).map_or(0, |born| born.since(boot));
            return Some((ProcessId { pid: told.pid, start: Ticks::from_nanos(start) }, parent));
        }
        let by_id = self.processes.get(&told.parent_exec_id).copied();
        let mut parent = parent.or(by_id);
        if let Some(same) = parent.filter(|parent| parent.pid == pid && !told.cloned()) {
            (id, parent) = (same, None);
        }
        self.processes.insert(told.exec_id.clone(), id);
        Some((id, parent))
    }

    fn exec(&mut self, told: &Told, parent: Option<ProcessId>, time: Time) {
        let Some((id, parent)) = self.identify(told, parent) else { return };
        let cgroup = self.cgroup(told, time);
        if let Some(maker) = parent {
            let fork = Fork { maker, parent: maker, ns_pid: 0, creds: creds(told) };
            self.tell(time, id, cgroup.clone(), Kind::Fork(fork));
        }
        let (namespaces, _) = told.namespaces();
        let exec = Exec {
            image: image(told, time),
            parent,
            ns_pid: 0,
            creds: creds(told),
            caps: capabilities(told),
            namespaces,
            tty: Text::default(),
            stdio: [const { None }; 3],
            file: None,
        };
        self.tell(time, id, cgroup, Kind::Exec(Box::new(exec)));
    }

    /// Where it stands; a container that is new is told with what the line says of it.
    fn cgroup(&mut self, told: &Told, time: Time) -> Arc<Cgroup> {
        let pod = told.pod.as_ref();
        let (runtime, full) = pod.and_then(|pod| pod.container.id.split_once("://")).unwrap_or_default();
        let short = if told.docker.is_empty() { full } else { &told.docker };
        if short.is_empty() {
            return Arc::default();
        }
        let runtime = match runtime {
            "docker" => Runtime::Docker,
            "containerd" => Runtime::Containerd,
            "cri-o" => Runtime::Crio,
            "podman" => Runtime::Podman,
            _ => Runtime::Unknown,
        };
        let id = if full.is_empty() { short } else { full };
        let new = !self.containers.contains_key(short);
        let id = Arc::clone(self.containers.entry(short.to_owned()).or_insert_with(|| Arc::from(id)));
        if let Some(pod) = pod.filter(|_| new) {
            self.events.push(Event::Container(ContainerNews {
                time,
                id: id.to_string(),
                name: Some(pod.container.name.clone()),
                image: Some(pod.container.image.name.clone()),
                runtime: Some(runtime),
                pod: Some(pod.name.clone()),
                namespace: Some(pod.namespace.clone()),
                ..ContainerNews::default()
            }));
        }
        let place = Place { key: GroupKey::Container(id), runtime: Some(runtime), ..Place::default() };
        Arc::new(Cgroup { place, ..Cgroup::default() })
    }

    fn tell(&mut self, time: Time, process: ProcessId, cgroup: Arc<Cgroup>, kind: Kind) {
        let event = ProcessEvent { time, process, tid: process.pid, cgroup: Some(cgroup), kind };
        self.events.push(Event::Process(event));
    }
}

/// What a line says that is no exec.
fn said(kind: &str, body: &Body, time: Time) -> Option<Kind> {
    let op = match kind {
        "process_exit" => return Some(Kind::Exit(exit(body, time))),
        "process_kprobe" => return file(body),
        "process_connect" => NetOp::Connect,
        "process_accept" => NetOp::Accept,
        "process_listen" => NetOp::Listen,
        "process_close" => NetOp::Close,
        _ => return None,
    };
    let address = |ip: &str, port| Some(SocketAddr::new(ip.parse().ok()?, port));
    let local = address(&body.source_ip, body.source_port).or_else(|| address(&body.ip, body.port));
    let direction = match op {
        NetOp::Accept => Direction::Inbound,
        NetOp::Listen => Direction::Listening,
        _ => Direction::Outbound,
    };
    let protocol = if body.protocol.eq_ignore_ascii_case("udp") { Protocol::Udp } else { Protocol::Tcp };
    Some(Kind::Net(Box::new(Net {
        op,
        protocol,
        direction,
        local,
        remote: address(&body.destination_ip, body.destination_port),
        socket: local.map_or(0, |local| u64::from(local.port())),
        sent: number(&body.stats["bytes_sent"]),
        received: number(&body.stats["bytes_received"]),
        error: None,
    })))
}

fn exit(body: &Body, time: Time) -> Exit {
    let start = body.process.as_ref().and_then(|told| moment(&told.start_time));
    let code = if body.signal.is_empty() { body.status.unwrap_or(0) } else { 0 };
    Exit {
        code: u8::try_from(code).ok().filter(|_| body.signal.is_empty()),
        run_time: start.map(|start| time.since(start)),
        ..Exit::default()
    }
}

/// A file that was opened, read or written: the name of the function says which.
fn file(body: &Body) -> Option<Kind> {
    let name = body.function_name.as_str();
    let path = body.args.iter().find_map(|arg| arg["file_arg"]["path"].as_str())?;
    // MAY_WRITE and MAY_READ of `linux/fs.h`, where the function is asked for a permission.
    let mask = body.args.iter().find_map(|arg| arg["int_arg"].as_u64()).filter(|_| name.ends_with("_permission"));
    let write = name.contains("write") || mask.is_some_and(|mask| mask & 2 != 0);
    let read = name.contains("read") || mask.is_some_and(|mask| mask & 4 != 0) || !write;
    let path = Text::from(format!("/{}", path.trim_start_matches('/')).as_str());
    let opened = Opened { inside: path.clone(), path, read, write, ..Opened::default() };
    Some(Kind::Act(Box::new(Act { error: None, observer: None, what: Deed::Open(Box::new(opened)) })))
}

fn image(told: &Told, time: Time) -> Image {
    let args = arguments(&told.binary, &told.arguments).into_iter().collect();
    let cwd = if told.cwd.len() > 1 { told.cwd.trim_end_matches('/') } else { &told.cwd };
    Image {
        time,
        exe: Text::from(told.binary.as_str()),
        given: Text::from(told.binary.as_str()),
        argv: Argv { args, ..Argv::default() },
        cwd: Text::from(cwd),
        unlinked: false,
    }
}

fn creds(told: &Told) -> Creds {
    let login_uid = told.auid.filter(|auid| *auid != u32::MAX);
    Creds { uid: told.uid, euid: told.uid, login_uid, ..Creds::default() }
}

fn capabilities(told: &Told) -> Caps {
    Caps { effective: caps(&told.cap.effective), permitted: caps(&told.cap.permitted) }
}

fn moment(text: &str) -> Option<Time> {
    let nanos = DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt()?;
    u64::try_from(nanos).ok().map(Time)
}

#[cfg(test)]
mod tests;
