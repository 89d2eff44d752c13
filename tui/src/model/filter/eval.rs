//! Whether something fulfils a filter.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::super::container::{Container, GroupKey};
use super::super::event::{Kind, ProcessEvent};
use super::super::graph::Model;
use super::super::process::{Image, Process, ProcessId};
use super::fields::Field;
use super::{Compare, Expr, Filter, Needle, Op, SEVERITIES, Value};

/// What a filter can ask of a finding.
#[derive(Clone, Copy, Debug)]
pub struct FindingView<'a> {
    /// Name of the rule.
    pub rule: &'a str,
    /// Name of its class.
    pub class: &'a str,
    /// Name of its severity.
    pub severity: &'a str,
    /// Name of its incident.
    pub incident: &'a str,
    /// Its title.
    pub title: &'a str,
    /// When.
    pub time: u64,
}

/// What is asked about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) model: &'a Model,
    pub(super) process: Option<&'a Process>,
    event: Option<&'a ProcessEvent>,
    finding: Option<FindingView<'a>>,
}

impl Filter {
    /// True for a process that fulfils it.
    pub fn process(&self, process: &Process, model: &Model) -> bool {
        holds(&self.expr, Subject::process(process, model))
    }

    /// True for an event that fulfils it, or whose process does; `model` has taken it in already.
    pub fn event(&self, event: &ProcessEvent, model: &Model) -> bool {
        holds(&self.expr, Subject::event(event, model))
    }

    /// True for a finding of a process that fulfils it.
    pub fn finding(&self, finding: FindingView<'_>, process: ProcessId, model: &Model) -> bool {
        let process = model.process(process);
        holds(&self.expr, Subject { model, process, event: None, finding: Some(finding) })
    }
}

pub(super) fn holds(expr: &Expr, subject: Subject<'_>) -> bool {
    match expr {
        Expr::And(all) => all.iter().all(|expr| holds(expr, subject)),
        Expr::Or(all) => all.iter().any(|expr| holds(expr, subject)),
        Expr::Not(expr) => !holds(expr, subject),
        Expr::Text(needle) => subject.contains(needle),
        Expr::Is(compare) => subject.is(compare),
        Expr::Under(expr) => subject.process.is_some_and(|process| {
            let line = std::iter::once(process).chain(subject.model.lineage(process.id));
            line.into_iter().any(|process| holds(expr, subject.about(process)))
        }),
        Expr::Within(expr) => subject.process.is_some_and(|process| {
            holds(expr, subject.about(process))
                || !only_of_containers(expr)
                    && subject.model.members(&process.group).any(|member| holds(expr, subject.about(member)))
        }),
    }
}

/// True where nothing is asked that differs between the processes of a group.
pub(super) fn only_of_containers(expr: &Expr) -> bool {
    match expr {
        Expr::And(all) | Expr::Or(all) => all.iter().all(only_of_containers),
        Expr::Not(expr) => only_of_containers(expr),
        Expr::Is(compare) => {
            matches!(compare.field, Field::Container | Field::Image | Field::Pod | Field::Namespace | Field::Service)
        }
        Expr::Text(_) | Expr::Under(_) | Expr::Within(_) => false,
    }
}

impl<'a> Subject<'a> {
    /// A process.
    pub(super) fn process(process: &'a Process, model: &'a Model) -> Subject<'a> {
        Subject { model, process: Some(process), event: None, finding: None }
    }

    /// An event, which `model` has taken in already.
    pub(super) fn event(event: &'a ProcessEvent, model: &'a Model) -> Subject<'a> {
        Subject { model, process: model.process(event.process), event: Some(event), finding: None }
    }

    /// The same question about a process alone.
    fn about(self, process: &'a Process) -> Subject<'a> {
        Subject { process: Some(process), event: None, finding: None, ..self }
    }

    fn container(self) -> Option<(&'a str, Option<&'a Container>)> {
        let group = &self.process?.group;
        match group {
            GroupKey::Container(id) => {
                let known = self.model.group(group).and_then(|group| group.container.as_ref());
                Some((id, known))
            }
            _ => None,
        }
    }

    fn is(self, compare: &Compare) -> bool {
        let Compare { field, op, value } = compare;
        match value {
            Value::Regex(regex) => {
                self.texts(*field, &mut |text| regex.is_match(text))
                    || self.numbers(*field, &mut |number| regex.is_match(number.to_string().as_bytes()))
                    || self.addresses(*field, &mut |address| regex.is_match(address.ip().to_string().as_bytes()))
            }
            Value::Text(wanted) if *field == Field::Container => self.in_container(wanted),
            Value::Text(wanted) => self.texts(*field, &mut |text| glob(wanted.as_bytes(), text)),
            Value::Numbers(from, to) => self.numbers(*field, &mut |number| match op {
                Op::Lt => number < *from,
                Op::Le => number <= *to,
                Op::Gt => number > *to,
                Op::Ge => number >= *from,
                _ => (*from..=*to).contains(&number),
            }),
            Value::Network(network, bits) => {
                self.addresses(*field, &mut |address| within(address.ip(), *network, *bits))
            }
            Value::Flag(wanted) => self.flag(*field) == Some(*wanted),
        }
    }

    /// `container = host`, or a name, or the beginning of an id.
    fn in_container(self, wanted: &str) -> bool {
        match self.container() {
            None => wanted == "host" && self.process.is_some(),
            Some((id, known)) => {
                id.starts_with(wanted)
                    || glob(wanted.as_bytes(), id.as_bytes())
                    || known
                        .and_then(|it| it.news.name.as_deref())
                        .is_some_and(|name| glob(wanted.as_bytes(), name.as_bytes()))
            }
        }
    }

    /// What the process runs; for an event, what it ran then, however late one asks.
    fn image(self) -> Option<&'a Image> {
        let process = self.process?;
        let Some(event) = self.event else { return process.image() };
        let then = process.images.iter().rev().find(|image| image.time <= event.time);
        then.or(process.images.first()).map(Arc::as_ref)
    }

    /// Asks `ask` of each text that a field has, until it says yes.
    pub(super) fn texts(self, field: Field, ask: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let image = self.image();
        let mut told = |text: Option<&str>| text.is_some_and(|text| ask(text.as_bytes()));
        match field {
            Field::Exe => image.is_some_and(|image| ask(image.exe.bytes())),
            Field::Name => image.is_some_and(|image| ask(image.exe.file_name().bytes())),
            Field::Argv => image.is_some_and(|image| {
                let all: Vec<&[u8]> = image.argv.args.iter().map(|arg| arg.bytes()).collect();
                ask(&all.join(&b' '))
            }),
            Field::Arg => image.is_some_and(|image| image.argv.args.iter().any(|arg| ask(arg.bytes()))),
            Field::Cwd => image.is_some_and(|image| ask(image.cwd.bytes())),
            Field::Tty => self.process.is_some_and(|process| !process.tty.is_empty() && ask(process.tty.bytes())),
            Field::Container => match self.container() {
                None => self.process.is_some() && told(Some("host")),
                Some((id, known)) => told(Some(id)) || told(known.and_then(|it| it.news.name.as_deref())),
            },
            Field::Image => told(self.container().and_then(|(_, known)| known?.news.image.as_deref())),
            Field::Pod => told(self.container().and_then(|(_, known)| known?.news.pod.as_deref())),
            Field::Namespace => told(self.container().and_then(|(_, known)| known?.news.namespace.as_deref())),
            Field::Service => match self.process.map(|process| &process.group) {
                Some(GroupKey::Service(name)) => told(Some(name)) || told(name.strip_suffix(".service")),
                _ => false,
            },
            Field::Kind => told(self.event.map(|event| event.kind.name())),
            Field::Path => self.paths(ask),
            Field::Sha256 => match self.event.map(|event| &event.kind) {
                Some(Kind::Content(content)) => told(Some(&content.sha256.to_string())),
                _ => false,
            },
            Field::RemoteName => {
                let model = self.model;
                self.addresses(Field::Remote, &mut |address| model.names_of(address.ip()).any(&mut *ask))
            }
            Field::Direction => match self.event.map(|event| &event.kind) {
                Some(Kind::Net(net)) => told(Some(net.direction.name())),
                Some(_) => false,
                None => self.process.is_some_and(|it| it.connections.iter().any(|it| told(Some(it.direction.name())))),
            },
            Field::Protocol => match self.event.map(|event| &event.kind) {
                Some(Kind::Net(net)) => told(Some(net.protocol.name())),
                Some(_) => false,
                None => self.process.is_some_and(|it| it.connections.iter().any(|it| told(Some(it.protocol.name())))),
            },
            Field::Rule => told(self.finding.map(|finding| finding.rule)),
            Field::Class => told(self.finding.map(|finding| finding.class)),
            Field::Severity => told(self.finding.map(|finding| finding.severity)),
            Field::Incident => told(self.finding.map(|finding| finding.incident)),
            _ => false,
        }
    }

    fn paths(self, ask: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.event.is_some_and(|event| event.kind.paths().iter().any(|path| ask(path.bytes())))
    }

    pub(super) fn numbers(self, field: Field, ask: &mut dyn FnMut(u64) -> bool) -> bool {
        let process = self.process;
        let creds = process.map(|process| process.creds);
        let mut told = |number: Option<u64>| number.is_some_and(&mut *ask);
        let exit = match self.event.map(|event| &event.kind) {
            Some(Kind::Exit(exit)) => Some(*exit),
            Some(_) => None,
            None => process.and_then(|process| process.exit).map(|(_, exit)| exit),
        };
        match field {
            Field::Pid => {
                told(self.event.map(|event| event.process.pid).or(process.map(|it| it.id.pid)).map(u64::from))
            }
            Field::Ppid => told(process.and_then(|process| process.birth_parent).map(|parent| u64::from(parent.pid))),
            Field::Uid => told(creds.map(|creds| u64::from(creds.uid))),
            Field::Gid => told(creds.map(|creds| u64::from(creds.gid))),
            Field::Euid => told(creds.map(|creds| u64::from(creds.euid))),
            Field::Login => told(process.and_then(|process| self.model.login_of(process)).map(u64::from)),
            Field::Session => told(creds.and_then(|creds| creds.session).map(u64::from)),
            Field::Time => {
                let time = self.event.map(|event| event.time.0).or(self.finding.map(|finding| finding.time));
                told(time.or(process.map(|process| process.born.0)))
            }
            Field::Error => told(self.error().and_then(|error| u64::try_from(error).ok())),
            Field::Code => told(exit.and_then(|exit| exit.code).map(u64::from)),
            Field::Signal => told(exit.and_then(|exit| exit.signal).map(u64::from)),
            Field::Port => self.addresses(Field::Address, &mut |address| ask(u64::from(address.port()))),
            Field::Sent => self.bytes(true, ask),
            Field::Received => self.bytes(false, ask),
            Field::Severity => {
                let place = |finding: FindingView<'_>| SEVERITIES.iter().position(|word| *word == finding.severity);
                told(self.finding.and_then(place).map(|place| place as u64))
            }
            _ => false,
        }
    }

    fn bytes(self, sent: bool, ask: &mut dyn FnMut(u64) -> bool) -> bool {
        match (self.event.map(|event| &event.kind), self.process) {
            (Some(Kind::Net(net)), _) => (if sent { net.sent } else { net.received }).is_some_and(ask),
            (None, Some(process)) => {
                process.connections.iter().filter_map(|it| if sent { it.sent } else { it.received }).any(ask)
            }
            _ => false,
        }
    }

    fn error(self) -> Option<i32> {
        match self.event.map(|event| &event.kind) {
            Some(Kind::Act(act)) => act.error,
            Some(Kind::Net(net)) => net.error,
            _ => None,
        }
    }

    pub(super) fn flag(self, field: Field) -> Option<bool> {
        match field {
            Field::Alive => self.process.map(Process::alive),
            Field::Failed => self.event.map(|_| self.error().is_some()),
            _ => None,
        }
    }

    pub(super) fn addresses(self, field: Field, ask: &mut dyn FnMut(SocketAddr) -> bool) -> bool {
        let (local, remote) = match field {
            Field::Address => (true, true),
            Field::Local => (true, false),
            Field::Remote => (false, true),
            _ => return false,
        };
        let mut ends = |own: Option<SocketAddr>, other: Option<SocketAddr>| {
            local && own.is_some_and(&mut *ask) || remote && other.is_some_and(&mut *ask)
        };
        match (self.event.map(|event| &event.kind), self.process) {
            (Some(Kind::Net(net)), _) => ends(net.local, net.remote),
            (Some(_), _) | (None, None) => false,
            (None, Some(process)) => process.connections.iter().any(|it| ends(it.local, it.remote)),
        }
    }

    /// Whether a text occurs in what people see of it.
    fn contains(self, needle: &Needle) -> bool {
        let mut holds = |text: &[u8]| needle.occurs(text);
        let by_pid = self.process.is_some_and(|process| process.id.pid.to_string().starts_with(&needle.lower));
        by_pid
            || [
                Field::Exe,
                Field::Arg,
                Field::Cwd,
                Field::Container,
                Field::Image,
                Field::Pod,
                Field::Namespace,
                Field::Service,
            ]
            .into_iter()
            .any(|field| self.texts(field, &mut holds))
            || self.paths(&mut holds)
            || self.addresses(Field::Address, &mut |address| address.to_string().contains(&needle.lower))
            || self.finding.is_some_and(|finding| {
                [finding.rule, finding.class, finding.title].iter().any(|text| needle.occurs(text.as_bytes()))
            })
    }
}

impl Needle {
    /// Whether `text` holds it, whatever the case.
    pub fn occurs(&self, text: &[u8]) -> bool {
        let wanted = self.lower.as_bytes();
        if wanted.is_empty() {
            return true;
        }
        text.windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted))
            || (!self.lower.is_ascii() || self.lower.contains('\\'))
                && super::super::text::lossless(text).to_lowercase().contains(&self.lower)
    }
}

/// Whether `text` is what `pattern` says; `*` stands for any bytes. A pattern may name bytes as they are shown.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    if pattern.contains(&b'\\') && !text.is_ascii() {
        return plain_glob(pattern, super::super::text::lossless(text).as_bytes());
    }
    plain_glob(pattern, text)
}

fn plain_glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            (p, t) = (at + 1, from + 1);
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Whether an address is in a network.
pub fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address.to_canonical(), network.to_canonical()) {
        (IpAddr::V4(own), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            own.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(own), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            own.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}
