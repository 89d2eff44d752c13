//! A process, and whom it talked to, as a dossier tells them.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::collect::Collector;
use super::contact::{Contact, Use};
use super::dossier::{Actor, Ran, Role};
use super::key::Key;
use super::login::Login;
use crate::export::time::start_time;
use crate::model::{Argv, Connection, Exit, Image, Process, ProcessId, Time};

/// Addresses that are told.
const CONTACTS: usize = 200;
/// Connections of one address that are told.
const USES: usize = 32;
/// Earlier programs of a process that are told.
const BEFORE: usize = 16;

/// What is known of a process.
pub(super) fn actor(
    id: ProcessId,
    process: Option<&Process>,
    role: Role,
    place: Key,
    boot: Time,
    keys: &HashMap<ProcessId, Key>,
    login: Option<Login>,
) -> Actor {
    let image = process.and_then(Process::image);
    let birth = process.and_then(|process| process.birth_parent);
    let present = process.and_then(|process| process.parent).filter(|present| Some(*present) != birth);
    // A process of which nothing but its id is known has no ids rather than those of root.
    let known = process.filter(|process| process.ns_pid != 0 || !process.images.is_empty());
    Actor {
        key: keys[&id],
        pid: id.pid,
        start_time: start_time(id, boot),
        role,
        parent: birth.and_then(|id| keys.get(&id).copied()),
        parent_pid: birth.map(|id| id.pid),
        present_parent_pid: present.map(|id| id.pid),
        place,
        exe: image.map(|image| image.exe.lossless()).filter(|exe| !exe.is_empty()),
        argv: image.map(|image| words(&image.argv)).unwrap_or_default(),
        argv_cut: image.is_some_and(|image| image.argv.cut_from.is_some() || image.argv.unreadable),
        cwd: image.map(|image| image.cwd.lossless()).filter(|cwd| !cwd.is_empty()),
        uid: known.map(|process| process.creds.uid),
        euid: known.map(|process| process.creds.euid),
        login,
        ns_pid: process.map(|process| process.ns_pid).filter(|pid| *pid != 0),
        executed: image.map(|image| image.time),
        before: process.map(before).unwrap_or_default(),
        ended: process.and_then(|process| process.exit).map(|(time, _)| time),
        end: process.and_then(|process| process.exit).map(|(_, exit)| end(exit)),
        unlinked: image.is_some_and(|image| image.unlinked),
        began_unseen: process.is_none_or(Process::began_unseen),
        doubt: process.is_some_and(|process| process.doubt),
    }
}

fn words(argv: &Argv) -> Vec<String> {
    argv.args.iter().map(|word| word.lossless()).collect()
}

/// What it ran itself; not what its maker ran when it was made.
fn before(process: &Process) -> Vec<Ran> {
    let own = process.images.iter().filter(|image| image.time >= process.born);
    let earlier: Vec<_> = own.rev().skip(1).take(BEFORE).collect();
    let told =
        |image: &std::sync::Arc<Image>| Ran { time: image.time, exe: image.exe.lossless(), argv: words(&image.argv) };
    earlier.into_iter().rev().map(told).collect()
}

fn end(exit: Exit) -> String {
    match (exit.code, exit.signal) {
        (_, Some(signal)) => format!("signal {signal}"),
        (Some(code), None) => format!("exit code {code}"),
        (None, None) => "end not seen".to_owned(),
    }
}

/// The addresses that those who had a part in it had to do with.
pub(super) fn contacts(
    order: &[ProcessId],
    roles: &HashMap<ProcessId, Role>,
    collector: &Collector,
    keys: &HashMap<ProcessId, Key>,
) -> Vec<Contact> {
    let mut contacts: Vec<Contact> = Vec::new();
    for id in order.iter().filter(|id| roles.get(id) != Some(&Role::Ancestor)) {
        let connections = collector.kept.get(id).map(|process| process.connections.as_slice()).unwrap_or_default();
        for connection in connections {
            let Some(address) = connection.remote.or(connection.local) else { continue };
            let name = connection.remote.and_then(|remote| collector.names.get(&(*id, remote.ip())));
            contact(&mut contacts, address, name, told(keys[id], connection));
        }
    }
    contacts
}

fn contact(contacts: &mut Vec<Contact>, address: SocketAddr, name: Option<&String>, told: Use) {
    let listens = told.direction == "listening";
    let same = |it: &&mut Contact| it.address == address && (it.uses[0].direction == "listening") == listens;
    if let Some(known) = contacts.iter_mut().find(same) {
        known.name = known.name.take().or_else(|| name.cloned());
        if known.uses.len() < USES {
            known.uses.push(told);
        }
    } else if contacts.len() < CONTACTS {
        contacts.push(Contact { key: Key::Endpoint(contacts.len()), address, name: name.cloned(), uses: vec![told] });
    }
}

fn told(process: Key, connection: &Connection) -> Use {
    Use {
        process,
        direction: connection.direction.name(),
        protocol: connection.protocol.name(),
        local: connection.local,
        opened: connection.opened,
        closed: connection.closed,
        sent: connection.sent,
        received: connection.received,
    }
}
