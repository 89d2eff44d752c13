//! Whose doing it is: the login that a process comes from, and who became whom since.
//!
//! It follows from what the model knows of a process and its makers, so it holds at every moment and of every recording.
//! Where the kernel's audit has a login, that is one; else a login is told by what it does, and nothing is guessed: who
//! was put into a container by a runtime descends from nobody's login.

use std::net::SocketAddr;

use super::descriptor::{Descriptor, Target};
use super::event::Direction;
use super::graph::Model;
use super::process::{Process, ProcessId, Time};

/// Ancestors that are looked at.
const FAR: usize = 128;

/// Makers beyond the first with an audit session that may have served the login: whoever sets the session of a process
/// is not in it for as long as nothing tells so.
const SERVERS: usize = 3;

/// Marks that are shown for sessions, one after the other.
pub const SESSION_MARKS: u32 = 4;

/// How somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Means {
    /// A secure shell.
    Ssh,
    /// Another connection that somebody serves who becomes who logged in.
    Network,
    /// A terminal of the machine.
    Console,
    /// `su` and its kin: somebody became somebody else, and where that one came from is not known.
    Su,
    /// `sudo` and its kin, likewise.
    Sudo,
    /// The kernel's audit says so; what served it was not seen.
    Audit,
}

impl Means {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Means::Ssh => "ssh",
            Means::Network => "network",
            Means::Console => "console",
            Means::Su => "su",
            Means::Sudo => "sudo",
            Means::Audit => "audit",
        }
    }
}

/// A login, as the makers of a process tell of it.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    /// The process that it began with.
    pub first: &'a Process,
    /// How they came.
    pub how: Means,
    /// The other end of the connection that they came by.
    pub from: Option<SocketAddr>,
    /// The kernel's audit session.
    pub audit: Option<u32>,
    /// Uids, as the host numbers them: who logged in, and whom they became since, up to the process that was asked for.
    pub people: Vec<u32>,
}

impl Session<'_> {
    /// What names it on this node until the next boot: the audit session, else the process that it began with.
    pub fn id(&self) -> String {
        self.audit.map_or_else(|| self.first.id.to_string(), |session| session.to_string())
    }

    /// A number of the few by which sessions are told apart on the screen, from 0 up to [`SESSION_MARKS`].
    pub fn mark(&self) -> u32 {
        self.audit.unwrap_or(self.first.id.pid) % SESSION_MARKS
    }

    /// When it began.
    pub fn since(&self) -> Time {
        self.first.born
    }

    /// Who logged in.
    pub fn login(&self) -> Option<u32> {
        self.people.first().copied()
    }
}

impl Model {
    /// The login that a process comes from; `None` for what nobody who logged in has started.
    pub fn session(&self, id: ProcessId) -> Option<Session<'_>> {
        let process = self.process(id)?;
        let line = self.line(process);
        let told = told(&line);
        let found = begin(&line);
        let Some(last) = told else { return found };
        // What served it stands at the border of the audit session, or a little beyond it.
        let served = found.filter(|found| {
            let place = line.iter().position(|it| it.id == found.first.id).unwrap_or(usize::MAX);
            place + SERVERS >= last && place <= last + SERVERS
        });
        let (how, from) = served.map_or((Means::Audit, None), |served| (served.how, served.from));
        let people = named(&line[..=last], process.creds.login_uid);
        Some(Session { first: line[last], how, from, audit: process.creds.session, people })
    }

    /// The uid of who logged in whom a process comes from: as the kernel's audit has it, else as it follows from what its
    /// makers did.
    pub fn login_of(&self, process: &Process) -> Option<u32> {
        process.creds.login_uid.or_else(|| self.session(process.id)?.login())
    }

    /// The process and its makers, nearest first.
    fn line<'a>(&'a self, process: &'a Process) -> Vec<&'a Process> {
        let mut line = vec![process];
        let mut next = process.birth_parent;
        while let Some(process) = next.filter(|id| id.pid != 0).and_then(|id| self.process(id)) {
            if line.len() >= FAR {
                break;
            }
            line.push(process);
            next = process.birth_parent;
        }
        line
    }
}

/// The place of the furthest maker within the audit session of the first; `None` where that has none.
fn told(line: &[&Process]) -> Option<usize> {
    let key = |process: &Process| (process.creds.login_uid, process.creds.session);
    let own = key(line.first()?);
    if own == (None, None) {
        return None;
    }
    line.iter().take_while(|process| key(process) == own).count().checked_sub(1)
}

/// The login that was nearest; where there was none, the first time that somebody became somebody else.
fn begin<'a>(line: &[&'a Process]) -> Option<Session<'a>> {
    let logins = (1..line.len()).find_map(|at| {
        let (how, from) = network(line, at).or_else(|| console(line, at).map(|how| (how, None)))?;
        Some(Session { first: line[at], how, from, audit: None, people: came(line, at) })
    });
    logins.or_else(|| {
        let (at, how) = (0..line.len()).rev().find_map(|at| Some((at, switch(line, at)?)))?;
        let before = line.get(at + 1).map(|maker| maker.creds.uid);
        let people = before.into_iter().chain(people(line, 0..=at));
        Some(Session { first: line[at], how, from: None, audit: None, people: distinct(people) })
    })
}

/// Somebody with all rights who serves one connection, below whom somebody without them stands; or, where everybody below
/// has them, who is called as such servers are.
fn network(line: &[&Process], at: usize) -> Option<(Means, Option<SocketAddr>)> {
    let process = line[at];
    if process.creds.euid != 0 {
        return None;
    }
    let named = is_named(process, &["sshd", "sshd-session", "dropbear"]);
    let drops = line[..at].iter().rev().take(SERVERS).any(|below| below.creds.uid != 0);
    // Most makers are neither: they are not worth a look at all their connections, nor at all below them.
    let listens = || process.connections.iter().any(|it| it.direction == Direction::Listening && it.closed.is_none());
    if !(named || drops) || listens() {
        return None;
    }
    let from = caller(process);
    let terminal = || process.tty.is_empty() && line[..at].iter().any(|below| !below.tty.is_empty());
    match (from, named) {
        (Some(_), true) => Some((Means::Ssh, from)),
        (None, true) => (drops || terminal()).then_some((Means::Ssh, None)),
        (Some(_), false) => Some((Means::Network, from)),
        (None, false) => None,
    }
}

/// Somebody with all rights on a terminal of the machine, on which whoever is below has none of them; or a `login`.
fn console(line: &[&Process], at: usize) -> Option<Means> {
    let (process, below) = (line[at], line[at - 1]);
    let terminal = !process.tty.is_empty() && process.tty == below.tty;
    let real = !process.tty.bytes().starts_with(b"pts/");
    let drops = real && below.creds.uid != 0;
    let named = || is_named(process, &["login", "agetty", "getty"]);
    (process.creds.euid == 0 && terminal && (drops || named())).then_some(Means::Console)
}

/// Somebody who had the right to become somebody else did.
fn switch(line: &[&Process], at: usize) -> Option<Means> {
    let (process, maker) = (line[at], line.get(at + 1)?);
    let now = people(line, 0..=at).next()?;
    if now == maker.creds.uid {
        return None;
    }
    let ran = |names: &[&str]| {
        process.images.iter().any(|image| names.iter().any(|name| image.exe.file_name().bytes() == name.as_bytes()))
    };
    match () {
        () if process.inherited => None,
        () if ran(&["sudo", "doas", "pkexec"]) => Some(Means::Sudo),
        () if ran(&["su", "runuser"]) => Some(Means::Su),
        () if lends_root(process) && maker.creds.uid != 0 => Some(Means::Su),
        () => None,
    }
}

/// The uids that these places of a line act for, the furthest first.
fn people(line: &[&Process], places: impl DoubleEndedIterator<Item = usize>) -> impl Iterator<Item = u32> {
    places.rev().filter_map(|at| person(line, at))
}

/// The uid that a process acts for; `None` for a tool on its way from one to another, unless it was another tool that
/// ran it: `sudo su` is done by whom `sudo` made of somebody.
fn person(line: &[&Process], at: usize) -> Option<u32> {
    let exe = |process: &Process| process.image().map(|image| image.exe.clone());
    let handed = || line.get(at + 1).is_some_and(|maker| lends_root(maker) && exe(maker) != exe(line[at]));
    (!lends_root(line[at]) || handed()).then_some(line[at].creds.uid)
}

/// True for a program that has root's rights whoever runs it.
fn lends_root(process: &Process) -> bool {
    process.file.as_ref().is_some_and(|file| file.mode & 0o4000 != 0 && file.uid == 0)
}

/// The people below the process that served the login.
fn came(line: &[&Process], at: usize) -> Vec<u32> {
    let server = line[at].image().map(|image| &image.exe);
    let serves = |it: &Process| it.creds.uid == 0 && it.image().map(|image| &image.exe) == server;
    let served = line[..at].iter().rposition(|it| !serves(it)).map_or(0, |last| last + 1);
    distinct(people(line, 0..served))
}

/// The people of an audit session: from whom the kernel says that it is of, to whoever is last.
fn named(line: &[&Process], login: Option<u32>) -> Vec<u32> {
    let Some(login) = login else { return distinct(people(line, 0..line.len())) };
    // Before that one is there, whoever serves the login is.
    let after = line.iter().rposition(|it| it.creds.uid == login).map_or(1, |at| at + 1);
    distinct(std::iter::once(login).chain(people(line, 0..after)))
}

fn distinct(people: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut people: Vec<u32> = people.collect();
    people.dedup();
    people
}

/// The other end of the one connection that a process serves.
fn caller(process: &Process) -> Option<SocketAddr> {
    let holds = || process.connections.iter().find(|it| it.direction == Direction::Inbound)?.remote;
    process.caller.or_else(holds)
}

/// The other end of the connection that a process was given as its standard input.
pub(super) fn given(stdio: &[Option<Descriptor>; 3]) -> Option<SocketAddr> {
    match &stdio[0].as_ref()?.to {
        Target::Socket(end) if end.direction == Some(Direction::Inbound) => end.remote,
        _ => None,
    }
}

fn is_named(process: &Process, names: &[&str]) -> bool {
    let Some(image) = process.image() else { return false };
    let name = image.exe.file_name();
    // A process may write what it does over its name: `sshd: ada [priv]`.
    let name = name.bytes().split(|byte| *byte == b':').next().unwrap_or_default();
    names.iter().any(|wanted| wanted.as_bytes() == name)
}

#[cfg(test)]
mod tests;
