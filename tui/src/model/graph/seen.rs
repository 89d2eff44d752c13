//! What a look into /proc adds to what the kernel's events told.

use std::sync::Arc;

use petgraph::stable_graph::NodeIndex;

use super::super::descriptor::Descriptor;
use super::super::event::Seen;
use super::super::process::{Connection, Image, Namespaces, Process, Time};
use super::Model;
use super::life::push_image;

impl Model {
    pub(super) fn seen(&mut self, at: NodeIndex, time: Time, seen: &Seen) {
        let limits = self.limits;
        let Some(process) = self.process_mut(at) else { return };
        // An exec or an exit that the look did not see yet.
        let stale = !process.alive() || process.image().is_some_and(|image| image.time > time);
        if process.ns_pid == 0 {
            process.ns_pid = seen.ns_pid;
        }
        let moved = !process.forked && process.born != seen.born;
        if moved {
            process.born = seen.born;
        }
        if !stale || process.images.is_empty() {
            process.creds = seen.creds;
            process.caps = seen.caps;
            process.tty = seen.tty.clone();
            see_stdio(process, &seen.stdio);
            process.namespaces = merge(process.namespaces, seen.namespaces);
            see_image(process, seen.image.as_ref(), limits.images);
        }
        if process.alive() {
            see_connections(process, &seen.connections, time, limits.connections);
        }
        let (unknown, alive) = (process.birth_parent.is_none(), process.alive());
        if moved {
            self.stir(at);
        }
        if let Some(parent) = seen.parent {
            if unknown {
                self.set_birth_parent(at, parent, time);
            }
            if unknown || alive {
                self.set_parent(at, parent, time);
            }
        }
    }
}

/// What could be read now; what was known, where it could not.
fn merge(known: Namespaces, found: Namespaces) -> Namespaces {
    let mut merged = known;
    for (old, new) in merged.0.iter_mut().zip(found.0) {
        if new != 0 {
            *old = new;
        }
    }
    merged
}

/// What the kernel told of the same stream says more.
fn see_stdio(process: &mut Process, found: &[Option<Descriptor>; 3]) {
    for (known, found) in process.stdio.iter_mut().zip(found) {
        let Some(found) = found else { continue };
        if known.as_ref().is_none_or(|known| (known.inode, known.device) != (found.inode, found.device)) {
            *known = Some(found.clone());
        }
    }
}

fn see_image(process: &mut Process, found: Option<&Image>, keep: usize) {
    let Some(found) = found else { return };
    let Some(known) = process.images.last_mut() else {
        process.images.push(Arc::new(found.clone()));
        return;
    };
    let unread = found.argv.args.is_empty() || found.argv.unreadable;
    if known.argv == found.argv && known.exe == found.exe || unread && (found.exe.is_empty() || known.exe == found.exe)
    {
        return;
    }
    if known.exe != found.exe || process.doubt && known.argv.cut_from.is_none() && !known.argv.unreadable {
        push_image(process, Arc::new(found.clone()), keep);
    } else if known.given.is_empty() {
        // A process may write over its arguments; what it shows now is all that anybody knows.
        *known = Arc::new(found.clone());
    }
}

fn see_connections(process: &mut Process, found: &[Connection], time: Time, keep: usize) {
    for connection in found {
        let room = process.connections.len() < keep;
        match process.connections.iter_mut().rev().find(|known| same(known, connection, time)) {
            Some(known) => known.local = known.local.or(connection.local),
            None if room => process.connections.push(connection.clone()),
            None => return,
        }
    }
}

/// True when both are one, still open or closed after /proc was read.
fn same(known: &Connection, found: &Connection, time: Time) -> bool {
    let there = known.closed.is_none_or(|closed| closed >= time);
    let socket = found.socket != 0 && known.socket == found.socket;
    let ends = (known.local.is_none() || known.local == found.local) && known.remote == found.remote;
    there && known.protocol == found.protocol && (socket || ends)
}
