//! An event as Sigma rules ask of it: fields by their names in Sysmon, each found out once, when it is asked for first.

use std::cell::OnceCell;

use super::super::super::behaviour::Scene;
use crate::model::{Deed, Direction, Image, Kind, NameCall, NetOp, Process, ProcessEvent};

/// A sort of events that Sigma has rules for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Category {
    /// `process_creation`: a program was run.
    Process,
    /// `network_connection`: a connection was begun, or accepted.
    Network,
    /// `file_event`: a file was made, or what was in it replaced.
    File,
}

impl Category {
    pub(super) const ALL: [(&'static str, Category); 3] = [
        ("process_creation", Category::Process),
        ("network_connection", Category::Network),
        ("file_event", Category::File),
    ];

    /// The kinds of events that it is about.
    pub(super) fn kinds(self) -> &'static [&'static str] {
        match self {
            Category::Process => &["exec"],
            Category::Network => &["connect", "accept"],
            Category::File => &["open", "rename", "link", "symlink", "mknod"],
        }
    }

    /// The sort that an event is of.
    pub(super) fn of(event: &ProcessEvent) -> Option<Category> {
        match &event.kind {
            Kind::Exec(_) => Some(Category::Process),
            Kind::Net(net) if matches!(net.op, NetOp::Connect | NetOp::Accept) => Some(Category::Network),
            Kind::Act(act) if act.error.is_none() => match &act.what {
                Deed::Open(opened) => (opened.write && (opened.create || opened.emptied)).then_some(Category::File),
                Deed::Name(naming) => {
                    const MADE: [NameCall; 4] = [NameCall::Rename, NameCall::Link, NameCall::Symlink, NameCall::Mknod];
                    MADE.contains(&naming.how).then_some(Category::File)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// A field of Sigma that this knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Field {
    Image,
    CommandLine,
    CurrentDirectory,
    User,
    LogonId,
    ProcessId,
    ParentImage,
    ParentCommandLine,
    ParentProcessId,
    TargetFilename,
    Initiated,
    Protocol,
    SourceIp,
    SourcePort,
    SourceHostname,
    SourceIsIpv6,
    DestinationIp,
    DestinationPort,
    DestinationHostname,
    DestinationIsIpv6,
}

const FIELDS: usize = 20;

impl Field {
    /// Every field, with its name, in the order of the variants.
    pub(super) const ALL: [(&'static str, Field); FIELDS] = [
        ("Image", Field::Image),
        ("CommandLine", Field::CommandLine),
        ("CurrentDirectory", Field::CurrentDirectory),
        ("User", Field::User),
        ("LogonId", Field::LogonId),
        ("ProcessId", Field::ProcessId),
        ("ParentImage", Field::ParentImage),
        ("ParentCommandLine", Field::ParentCommandLine),
        ("ParentProcessId", Field::ParentProcessId),
        ("TargetFilename", Field::TargetFilename),
        ("Initiated", Field::Initiated),
        ("Protocol", Field::Protocol),
        ("SourceIp", Field::SourceIp),
        ("SourcePort", Field::SourcePort),
        ("SourceHostname", Field::SourceHostname),
        ("SourceIsIpv6", Field::SourceIsIpv6),
        ("DestinationIp", Field::DestinationIp),
        ("DestinationPort", Field::DestinationPort),
        ("DestinationHostname", Field::DestinationHostname),
        ("DestinationIsIpv6", Field::DestinationIsIpv6),
    ];

    /// The field of this name, where events of the category have it.
    pub(super) fn of(name: &str, category: Category) -> Option<Field> {
        let field = Field::ALL.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)?;
        let own = match field {
            Field::TargetFilename => Some(Category::File),
            field if field >= Field::Initiated => Some(Category::Network),
            _ => None,
        };
        own.is_none_or(|own| own == category).then_some(field)
    }

    pub(super) fn name(self) -> &'static str {
        Field::ALL[self as usize].0
    }
}

/// A value, as it is and in lower case.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) plain: String,
    lower: OnceCell<String>,
}

impl Value {
    fn new(plain: String) -> Value {
        Value { plain, lower: OnceCell::new() }
    }

    pub(super) fn lower(&self) -> &str {
        self.lower.get_or_init(|| lowered(&self.plain))
    }
}

/// In lower case, as patterns and values are compared.
pub(super) fn lowered(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}

/// An event, asked by rules.
#[derive(Debug)]
pub(in crate::detect::own) struct Seen<'a> {
    scene: Scene<'a>,
    cells: [OnceCell<Vec<Value>>; FIELDS],
}

impl<'a> Seen<'a> {
    pub(in crate::detect::own) fn new(scene: Scene<'a>) -> Seen<'a> {
        Seen { scene, cells: [const { OnceCell::new() }; FIELDS] }
    }

    pub(in crate::detect::own) fn scene(&self) -> &Scene<'a> {
        &self.scene
    }

    /// What a field says: nothing, something, or several things.
    pub(super) fn get(&self, field: Field) -> &[Value] {
        self.cells[field as usize].get_or_init(|| self.find(field).into_iter().map(Value::new).collect())
    }

    fn find(&self, field: Field) -> Vec<String> {
        let Scene { event, process, model } = self.scene;
        let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
        match field {
            Field::Image => one(self.image(process).map(|image| image.exe.lossless())),
            Field::CommandLine => one(self.image(process).and_then(command_line)),
            Field::CurrentDirectory => one(self.image(process).map(|image| image.cwd.lossless())),
            Field::User => {
                let root = (process.creds.uid == 0).then(|| "root".to_owned());
                let own = model.own_user(process).map(|user| user.name.clone());
                root.into_iter().chain(own).chain([process.creds.uid.to_string()]).collect()
            }
            Field::LogonId => vec![process.creds.uid.to_string()],
            Field::ProcessId => vec![process.id.pid.to_string()],
            Field::ParentImage => one(self.parent().and_then(|it| self.image(it)).map(|image| image.exe.lossless())),
            Field::ParentCommandLine => one(self.parent().and_then(|it| self.image(it)).and_then(command_line)),
            Field::ParentProcessId => one(process.birth_parent.map(|parent| parent.pid.to_string())),
            Field::TargetFilename => match &event.kind {
                Kind::Act(act) => match &act.what {
                    Deed::Open(opened) => paths(&[Some(&opened.path), opened.host.as_ref()]),
                    Deed::Name(naming) => paths(&[Some(&naming.path), naming.host.as_ref()]),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            },
            Field::SourceHostname | Field::DestinationHostname => {
                let end = self.end(field == Field::SourceHostname);
                let names = end.into_iter().flat_map(|end| model.names_of(end.ip()));
                names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
            }
            _ => one(self.network(field)),
        }
    }

    fn network(&self, field: Field) -> Option<String> {
        let Kind::Net(net) = &self.scene.event.kind else { return None };
        let (source, destination) = (self.end(true), self.end(false));
        match field {
            Field::Initiated => Some((net.direction == Direction::Outbound).to_string()),
            Field::Protocol => Some(net.protocol.name().to_owned()),
            Field::SourceIp => Some(source?.ip().to_canonical().to_string()),
            Field::SourcePort => Some(source?.port().to_string()),
            Field::SourceIsIpv6 => Some(source?.ip().to_canonical().is_ipv6().to_string()),
            Field::DestinationIp => Some(destination?.ip().to_canonical().to_string()),
            Field::DestinationPort => Some(destination?.port().to_string()),
            Field::DestinationIsIpv6 => Some(destination?.ip().to_canonical().is_ipv6().to_string()),
            _ => None,
        }
    }

    /// The end that began the connection, or the other.
    fn end(&self, source: bool) -> Option<std::net::SocketAddr> {
        let Kind::Net(net) = &self.scene.event.kind else { return None };
        let own = (net.direction == Direction::Outbound) == source;
        if own { net.local } else { net.remote }
    }

    fn parent(&self) -> Option<&'a Process> {
        self.scene.process.birth_parent.and_then(|id| self.scene.model.process(id))
    }

    /// What a process ran at the moment of the event.
    fn image(&self, process: &'a Process) -> Option<&'a Image> {
        let then = process.images.iter().rev().find(|image| image.time <= self.scene.event.time);
        then.or(process.images.first()).map(AsRef::as_ref)
    }
}

/// The arguments, joined by spaces; nothing where the kernel could not read them.
fn command_line(image: &Image) -> Option<String> {
    let args = image.argv.args.iter().map(|arg| arg.lossless()).collect::<Vec<_>>();
    (!image.argv.unreadable).then(|| args.join(" "))
}

fn paths(paths: &[Option<&crate::model::Text>]) -> Vec<String> {
    let mut all: Vec<String> = paths.iter().flatten().filter(|path| !path.is_empty()).map(|it| it.lossless()).collect();
    all.dedup();
    all
}
