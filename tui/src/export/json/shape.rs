//! The shape of an event's line.

use serde::{Serialize, Serializer};

use super::Rfc3339;
use super::act::ActShape;
use super::endpoint::EndpointShape;
use super::login::LoginShape;
use crate::export::time;
use crate::model::{
    Arg, Argv, Caps, Cgroup, Creds, Descriptor, Exec, Exit, GroupKey, Image, ImageFile, Kind, Model, Namespaces,
    NsKind, Process, ProcessEvent, ProcessId, Role, Runtime, Seen, Text,
};

/// A line of the type `event`.
#[derive(Serialize)]
pub(super) struct EventLine<'a> {
    r#type: &'static str,
    time: Rfc3339,
    kind: &'static str,
    process: ProcessShape<'a>,
    parent: Option<IdShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    present_parent: Option<IdShape>,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    exec: Option<ExecShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<ExitShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<EndpointShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroup: Option<CgroupShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<ActShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<ContentShape<'a>>,
}

/// What is in a program.
#[derive(Serialize)]
struct ContentShape<'a> {
    exe: Bytes<'a>,
    sha256: String,
    size: u64,
}

impl<'a> EventLine<'a> {
    pub(super) fn new(event: &'a ProcessEvent, model: &'a Model) -> EventLine<'a> {
        let process = model.process(event.process);
        let birth = match &event.kind {
            Kind::Fork(fork) => Some(fork.maker),
            _ => process.and_then(|process| process.birth_parent),
        };
        let present = process.and_then(|process| process.parent).filter(|present| Some(*present) != birth);
        let cgroup = event.cgroup.as_deref();
        let group = process.map(|process| &process.group);
        EventLine {
            r#type: "event",
            time: Rfc3339(event.time),
            kind: event.kind.name(),
            process: ProcessShape::new(event, process, model),
            parent: birth.map(|id| IdShape::new(id, model)),
            present_parent: present.map(|id| IdShape::new(id, model)),
            tid: event.tid,
            exec: match &event.kind {
                Kind::Exec(exec) => Some(ExecShape::of_exec(exec, cgroup)),
                Kind::Seen(seen) => ExecShape::of_seen(seen, cgroup),
                _ => None,
            },
            exit: match &event.kind {
                Kind::Exit(exit) => Some(ExitShape::new(exit)),
                Kind::Vanished => Some(ExitShape::new(&Exit::default())),
                _ => None,
            },
            endpoint: match &event.kind {
                Kind::Net(net) => {
                    Some(EndpointShape::new(net, cgroup.map(|it| &it.place.key).or(group), event.time, model))
                }
                _ => None,
            },
            cgroup: match &event.kind {
                Kind::Move => cgroup.map(CgroupShape::new),
                _ => None,
            },
            act: match &event.kind {
                Kind::Act(act) => Some(ActShape::new(act, model)),
                _ => None,
            },
            content: match &event.kind {
                Kind::Content(it) => {
                    Some(ContentShape { exe: Bytes((&it.exe).into()), sha256: it.sha256.to_string(), size: it.size })
                }
                _ => None,
            },
        }
    }
}

/// A process by its identity.
#[derive(Serialize)]
pub(super) struct IdShape {
    pid: u32,
    start_time: Rfc3339,
}

impl IdShape {
    pub(super) fn new(id: ProcessId, model: &Model) -> IdShape {
        IdShape { pid: id.pid, start_time: start_time(id, model) }
    }
}

fn start_time(id: ProcessId, model: &Model) -> Rfc3339 {
    Rfc3339(time::start_time(id, model.boot().time))
}

#[derive(Serialize)]
pub(super) struct ProcessShape<'a> {
    pid: u32,
    start_time: Rfc3339,
    exe: Option<Bytes<'a>>,
    argv: Vec<Bytes<'a>>,
    cwd: Option<Bytes<'a>>,
    uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    container: Option<ContainerShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<LoginShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl<'a> ProcessShape<'a> {
    /// A process as it is known now.
    pub(super) fn known(id: ProcessId, model: &'a Model) -> ProcessShape<'a> {
        let process = model.process(id);
        let sha256 = process.and_then(|process| model.content(process)).map(|sha256| sha256.to_string());
        let (image, group) = (process.and_then(Process::image), process.map(|it| &it.group));
        ProcessShape { sha256, ..ProcessShape::of(id, process, image, group, None, model) }
    }

    fn new(event: &'a ProcessEvent, process: Option<&'a Process>, model: &'a Model) -> ProcessShape<'a> {
        let image = match &event.kind {
            Kind::Exec(exec) => Some(&exec.image),
            _ => process.and_then(Process::image),
        };
        // The cgroup that the kernel named in the event, where it did: the process may have been moved since.
        let group = event.cgroup.as_ref().map(|c| &c.place.key).or(process.map(|process| &process.group));
        ProcessShape::of(event.process, process, image, group, event.cgroup.as_deref(), model)
    }

    fn of(
        id: ProcessId,
        process: Option<&'a Process>,
        image: Option<&'a Image>,
        group: Option<&'a GroupKey>,
        cgroup: Option<&'a Cgroup>,
        model: &'a Model,
    ) -> ProcessShape<'a> {
        ProcessShape {
            pid: id.pid,
            start_time: start_time(id, model),
            exe: image.map(|image| Bytes((&image.exe).into())).filter(|exe| !exe.0.is_empty()),
            argv: image.map(|image| image.argv.args.iter().map(Bytes).collect()).unwrap_or_default(),
            cwd: image.map(|image| Bytes((&image.cwd).into())).filter(|cwd| !cwd.0.is_empty()),
            // Who told the ids told the pid in its own namespace too; without it, a 0 would say root of a stranger.
            uid: process.filter(|process| process.ns_pid != 0).map(|process| process.creds.uid),
            user: process.and_then(|process| model.own_user(process)).map(|user| user.name.as_str()),
            container: group.and_then(|group| ContainerShape::new(group, cgroup, model)),
            service: match group {
                Some(GroupKey::Service(name)) => Some(name),
                _ => None,
            },
            login: model.session(id).as_ref().map(LoginShape::new),
            sha256: None,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ContainerShape<'a> {
    id: &'a str,
    name: Option<&'a str>,
    image: Option<&'a str>,
    runtime: Option<&'static str>,
    pod: Option<&'a str>,
    namespace: Option<&'a str>,
    role: Option<&'static str>,
}

impl<'a> ContainerShape<'a> {
    /// As it is known now; `None` for what is no container.
    pub(super) fn of_group(group: &'a GroupKey, model: &'a Model) -> Option<ContainerShape<'a>> {
        ContainerShape::new(group, None, model)
    }

    /// `None` for what is no container.
    fn new(group: &'a GroupKey, cgroup: Option<&Cgroup>, model: &'a Model) -> Option<ContainerShape<'a>> {
        let GroupKey::Container(id) = group else { return None };
        let known = model.group(group).and_then(|group| group.container.as_ref());
        let news = known.map(|container| &container.news);
        let runtime = known.and_then(|c| c.runtime).or(cgroup.and_then(|c| c.place.runtime));
        Some(ContainerShape {
            id,
            name: news.and_then(|news| news.name.as_deref()),
            image: news.and_then(|news| news.image.as_deref()),
            runtime: runtime.map(Runtime::name),
            pod: news.and_then(|news| news.pod.as_deref()),
            namespace: news.and_then(|news| news.namespace.as_deref()),
            role: news.and_then(|news| news.role).map(Role::name),
        })
    }
}

#[derive(Serialize)]
struct ExecShape<'a> {
    given: Option<Bytes<'a>>,
    argv_truncated: Truncated,
    argv_unreadable: bool,
    gid: u32,
    euid: u32,
    login_uid: Option<u32>,
    audit_session: Option<u32>,
    caps: CapsShape,
    namespaces: NamespacesShape,
    tty: Option<Bytes<'a>>,
    cgroup: Option<CgroupShape<'a>>,
    ns_pid: u32,
    unlinked: bool,
    stdio: [Option<String>; 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileShape>,
}

/// The file that is run.
#[derive(Serialize)]
struct FileShape {
    device: u32,
    inode: u64,
    mode: String,
    upper_layer: bool,
    in_memory: bool,
    other_mount_namespace: bool,
    cwd_in_other_mount_namespace: bool,
    chrooted: bool,
    written_by: Option<u32>,
}

impl FileShape {
    fn new(file: &ImageFile) -> FileShape {
        FileShape {
            device: file.device,
            inode: file.inode,
            mode: format!("{:o}", file.mode),
            upper_layer: file.upper,
            in_memory: file.in_memory,
            other_mount_namespace: file.foreign,
            cwd_in_other_mount_namespace: file.cwd_foreign,
            chrooted: file.chrooted,
            written_by: file.writer.map(|writer| writer.pid),
        }
    }
}

/// What an exec and a process found in /proc have in common.
struct Facts<'a> {
    image: &'a Image,
    creds: &'a Creds,
    caps: &'a Caps,
    namespaces: &'a Namespaces,
    tty: &'a Text,
    ns_pid: u32,
    stdio: &'a [Option<Descriptor>; 3],
    file: Option<&'a ImageFile>,
}

impl<'a> ExecShape<'a> {
    fn of_exec(exec: &'a Exec, cgroup: Option<&'a Cgroup>) -> ExecShape<'a> {
        let Exec { image, creds, caps, namespaces, tty, ns_pid, stdio, file, .. } = exec;
        let file = file.as_deref();
        ExecShape::new(&Facts { image, creds, caps, namespaces, tty, ns_pid: *ns_pid, stdio, file }, cgroup)
    }

    fn of_seen(seen: &'a Seen, cgroup: Option<&'a Cgroup>) -> Option<ExecShape<'a>> {
        let Seen { image, creds, caps, namespaces, tty, ns_pid, stdio, .. } = seen;
        let image = image.as_ref()?;
        let facts = Facts { image, creds, caps, namespaces, tty, ns_pid: *ns_pid, stdio, file: None };
        Some(ExecShape::new(&facts, cgroup))
    }

    fn new(facts: &Facts<'a>, cgroup: Option<&'a Cgroup>) -> ExecShape<'a> {
        let Facts { image, creds, caps, namespaces, tty, ns_pid, stdio, file } = *facts;
        let some = |text: &'a Text| Some(Bytes(text.into())).filter(|text| !text.0.is_empty());
        ExecShape {
            given: some(&image.given),
            argv_truncated: Truncated::new(&image.argv),
            argv_unreadable: image.argv.unreadable,
            gid: creds.gid,
            euid: creds.euid,
            login_uid: creds.login_uid,
            audit_session: creds.session,
            caps: CapsShape {
                effective: format!("0x{:x}", caps.effective),
                permitted: format!("0x{:x}", caps.permitted),
            },
            namespaces: NamespacesShape(*namespaces),
            tty: some(tty),
            cgroup: cgroup.map(CgroupShape::new),
            ns_pid,
            unlinked: image.unlinked,
            stdio: stdio.each_ref().map(|end| end.as_ref().map(ToString::to_string)),
            file: file.map(FileShape::new),
        }
    }
}

/// `false`, or how many bytes there were.
#[derive(Serialize)]
#[serde(untagged)]
enum Truncated {
    No(bool),
    From(u64),
}

impl Truncated {
    fn new(argv: &Argv) -> Truncated {
        argv.cut_from.map_or(Truncated::No(false), Truncated::From)
    }
}

#[derive(Serialize)]
struct CapsShape {
    effective: String,
    permitted: String,
}

struct NamespacesShape(Namespaces);

impl Serialize for NamespacesShape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(NsKind::ALL.iter().map(|kind| (kind.name(), self.0.get(*kind))))
    }
}

#[derive(Serialize)]
struct CgroupShape<'a> {
    id: Option<u64>,
    path: Bytes<'a>,
}

impl CgroupShape<'_> {
    fn new(cgroup: &Cgroup) -> CgroupShape<'_> {
        CgroupShape { id: Some(cgroup.id).filter(|id| *id != 0), path: Bytes((&cgroup.path).into()) }
    }
}

#[derive(Serialize)]
struct ExitShape {
    code: Option<u8>,
    signal: Option<u8>,
    core_dumped: bool,
    run_time: Option<u64>,
}

impl ExitShape {
    fn new(exit: &Exit) -> ExitShape {
        ExitShape { code: exit.code, signal: exit.signal, core_dumped: exit.core, run_time: exit.run_time }
    }
}

/// Bytes, as [`Text::lossless`] writes them.
pub(super) struct Bytes<'a>(pub(super) Arg<'a>);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.bytes();
        match std::str::from_utf8(bytes) {
            // Almost always: nothing to escape, nothing to copy.
            Ok(plain) if !bytes.contains(&b'\\') => serializer.serialize_str(plain),
            _ => serializer.serialize_str(&self.0.lossless()),
        }
    }
}
