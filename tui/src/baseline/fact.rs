//! What an event says of a workload: the same for whoever learns and for whoever compares.

use std::net::{IpAddr, SocketAddr};

use super::peer::{Destination, Peer, Port, Source, peer};
use super::resident::{Residents, State};
use super::script::script;
use crate::model::{
    Act, CAPABILITIES, Connection, Deed, Direction, Exec, Image, ImageFile, KernelCall, Kind, Model, MountCall,
    NameCall, NamespaceCall, Net, NetOp, Opened, Process, ProcessEvent, Protocol, Seen, Text,
};

/// Stands for whoever starts a container or service, where the parent of a program is named. No path begins like it.
pub const START: &str = "start";

/// The port of name servers.
const DNS: u16 = 53;
/// Magic number of tmpfs (`statfs(2)`).
const TMPFS: u32 = 0x0102_1994;
/// Programs that are many, by the name that they are called by.
const MANY: [&[u8]; 3] = [b"busybox", b"toybox", b"coreutils"];

/// One thing that is known of a workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// A program ran.
    Program {
        /// Its path.
        path: Text,
        /// Of a program of many names: the one that it was called by; of an interpreter the path of its script.
        applet: Option<Text>,
        /// The program of the process that started it, or [`START`]; `None` where it is not known.
        parent: Option<Text>,
        /// The user that ran it, as the host numbers users.
        user: u32,
        /// It is not of the image.
        written: bool,
    },
    /// The content of a program that ran.
    Content {
        /// Its path.
        path: Text,
        /// SHA-256, in hexadecimal.
        hash: String,
    },
    /// It listens.
    Listen(Port),
    /// It connects.
    Connect(Destination, IpAddr),
    /// Somebody connected to it.
    Accept(Source),
    /// It asks a name server.
    Dns(Destination),
    /// It opened a sensitive file.
    File {
        /// Its path.
        path: Text,
        /// For reading.
        read: bool,
        /// For writing.
        write: bool,
        /// The program that did.
        program: Text,
    },
    /// Capabilities that a program had in effect when it was started, one bit each.
    Held(u64),
    /// Something was done that needs the capability of this bit.
    Used(u8),
    /// It wrote a file that is a program, or that others are started by, into its own layer.
    Changed,
}

impl Fact {
    /// The path of the script that it tells of.
    pub fn script(&self) -> Option<&Text> {
        match self {
            Fact::Program { applet, .. } => applet.as_ref().filter(|applet| applet.bytes().starts_with(b"/")),
            _ => None,
        }
    }
}

/// The name of a capability: `CAP_NET_RAW`; of one that is newer than this program, its bit.
pub fn capability_name(bit: u8) -> String {
    match CAPABILITIES.get(usize::from(bit)) {
        Some(name) => format!("CAP_{name}"),
        None => format!("bit {bit}"),
    }
}

impl Residents {
    /// What an event, which `model` has taken in, says of the workload of its process: nothing of the runtime on its way
    /// in, and of who was brought in from outside only where `brought_in` asks for it.
    pub fn facts(&mut self, event: &ProcessEvent, model: &Model, brought_in: bool) -> (bool, Vec<Fact>) {
        let Some(process) = model.process(event.process) else { return (false, Vec::new()) };
        let known = self.knows(process.id);
        let state = self.meet(event, process, model);
        let foreign = state == State::BroughtIn;
        if state == State::Runtime || foreign && !brought_in {
            return (foreign, Vec::new());
        }
        let facts = match &event.kind {
            Kind::Exec(exec) => self.of_exec(exec, process, model),
            Kind::Seen(seen) if !known => self.of_seen(seen, process, model),
            Kind::Net(net) => of_net(net, process, model),
            Kind::Content(content) => {
                vec![Fact::Content { path: content.exe.clone(), hash: content.sha256.to_string() }]
            }
            Kind::Act(act) if act.error.is_none() => of_act(act, process),
            _ => Vec::new(),
        };
        (foreign, facts)
    }

    /// What a process that was there before anything was told says of its workload.
    pub(super) fn of_known(&mut self, process: &Process, model: &Model) -> Option<Vec<Fact>> {
        if !matches!(self.meet_known(process, model), State::Home | State::Outside) || !process.alive() {
            return None;
        }
        let mut facts: Vec<Fact> =
            process.image().map(|it| self.program(it, process.file.as_deref(), process, model)).into_iter().collect();
        facts.push(Fact::Held(process.caps.effective));
        facts.extend(process.open_connections().filter_map(|it| of_connection(it, process, model)));
        Some(facts)
    }

    fn of_exec(&self, exec: &Exec, process: &Process, model: &Model) -> Vec<Fact> {
        vec![self.program(&exec.image, exec.file.as_deref(), process, model), Fact::Held(exec.caps.effective)]
    }

    fn of_seen(&self, seen: &Seen, process: &Process, model: &Model) -> Vec<Fact> {
        let image = seen.image.as_ref().map(|image| self.program(image, None, process, model));
        let connections = seen.connections.iter().filter_map(|it| of_connection(it, process, model));
        image.into_iter().chain([Fact::Held(seen.caps.effective)]).chain(connections).collect()
    }

    fn program(&self, image: &Image, file: Option<&ImageFile>, process: &Process, model: &Model) -> Fact {
        let parent = if self.starts(process, model) {
            Some(Text::from(START))
        } else {
            let maker = process.birth_parent.and_then(|id| model.process(id)).and_then(Process::image);
            maker.map(|image| image.exe.clone()).filter(|exe| !exe.is_empty())
        };
        Fact::Program {
            path: image.exe.clone(),
            applet: applet(image).or_else(|| script(image)),
            parent,
            user: process.creds.uid,
            written: file.is_some_and(|file| file.upper || file.in_memory || file.fs == TMPFS),
        }
    }
}

/// The name that a program of many names was called by.
fn applet(image: &Image) -> Option<Text> {
    let many = |name: &[u8]| MANY.contains(&name);
    if !many(image.exe.file_name().bytes()) {
        return None;
    }
    let mut names = image.argv.args.iter().map(|argument| argument.file_name()).take(2);
    let name = names.next().filter(|name| !many(name.bytes())).or_else(|| names.next())?;
    let name = name.bytes().strip_prefix(b"-").unwrap_or(name.bytes());
    Some(Text::from(name))
}

fn of_net(net: &Net, process: &Process, model: &Model) -> Vec<Fact> {
    let fact = match net.op {
        NetOp::Listen => net.local.map(|local| Fact::Listen(Port::of(local.port(), net.protocol))),
        NetOp::Connect if net.direction == Direction::Outbound => {
            net.remote.and_then(|remote| to(remote, net.protocol, process, model))
        }
        NetOp::Accept => {
            net.local.zip(net.remote).map(|(local, remote)| from(local, remote, net.protocol, process, model))
        }
        _ => None,
    };
    let mut facts: Vec<Fact> = fact.into_iter().collect();
    if matches!(facts.first(), Some(Fact::Listen(Port { number: Some(1..1024), .. }))) {
        facts.extend((process.creds.euid != 0 && process.caps.effective >> 10 & 1 == 1).then_some(Fact::Used(10)));
    }
    facts
}

fn of_connection(connection: &Connection, process: &Process, model: &Model) -> Option<Fact> {
    let Connection { protocol, local, remote, .. } = connection;
    match connection.direction {
        Direction::Listening => local.map(|local| Fact::Listen(Port::of(local.port(), *protocol))),
        Direction::Outbound => to((*remote)?, *protocol, process, model),
        Direction::Inbound => Some(from((*local)?, (*remote)?, *protocol, process, model)),
    }
}

fn to(remote: SocketAddr, protocol: Protocol, process: &Process, model: &Model) -> Option<Fact> {
    let address = remote.ip().to_canonical();
    let port = Port::of(remote.port(), protocol);
    match remote.port() {
        // Whoever connects to port 0 asks the kernel for a route, and sends nothing.
        0 => None,
        DNS => Some(Fact::Dns(Destination { peer: Peer::Address(address), port })),
        _ => Some(Fact::Connect(Destination { peer: peer(remote, &process.group, model), port }, address)),
    }
}

fn from(local: SocketAddr, remote: SocketAddr, protocol: Protocol, process: &Process, model: &Model) -> Fact {
    Fact::Accept(Source { port: Port::of(local.port(), protocol), peer: peer(remote, &process.group, model) })
}

fn of_act(act: &Act, process: &Process) -> Vec<Fact> {
    let mut facts: Vec<Fact> = used(&act.what, process).map(Fact::Used).into_iter().collect();
    if let Deed::Open(opened) = &act.what {
        facts.extend(of_open(opened, process));
    }
    facts
}

fn of_open(opened: &Opened, process: &Process) -> Vec<Fact> {
    if opened.mapped || !opened.read && !opened.write {
        return Vec::new();
    }
    let program = process.image().map(|image| image.exe.clone()).unwrap_or_default();
    let file = Fact::File { path: without_pid(&opened.path), read: opened.read, write: opened.write, program };
    // What belongs to the system is told wherever it lies; only what is in the layer of the container itself changes it.
    let changed = (opened.write && opened.upper).then_some(Fact::Changed);
    std::iter::once(file).chain(changed).collect()
}

/// The path with `*` for the process that it is about: a pid is never the same again.
fn without_pid(path: &Text) -> Text {
    let Some(rest) = path.bytes().strip_prefix(b"/proc/") else { return path.clone() };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || rest.get(digits).is_some_and(|byte| *byte != b'/') {
        return path.clone();
    }
    Text::from([b"/proc/*", &rest[digits..]].concat())
}

/// The capability that a deed needs, which was done: where it is certain.
fn used(deed: &Deed, process: &Process) -> Option<u8> {
    let bit = match deed {
        Deed::Mount(mount) if mount.how == MountCall::Chroot => 18,
        Deed::Mount(_) => 21,
        Deed::Namespaces { how: NamespaceCall::Enter, .. } => 21,
        Deed::RawSocket { .. } => 13,
        Deed::Kernel { how: KernelCall::LoadModule | KernelCall::UnloadModule, .. } => 16,
        Deed::Kernel { how: KernelCall::Kexec, .. } => 22,
        Deed::Name(naming) if naming.how == NameCall::SetFileCaps => 31,
        _ => return None,
    };
    // In a user namespace of its own it may do that without.
    (process.caps.effective >> bit & 1 == 1).then_some(bit)
}
