//! Commands without a shell that lasts: each is its own process.

use super::super::behaviour::{Scene, Sink};
use super::super::finding::Fact;
use super::super::image::{is_shell, who};
use super::super::incident::name_of;
use super::super::rule::Severity;
use super::leads::Lead;
use super::{ANSWERS, COMMANDS, Shells};
use crate::model::{Connection, Direction, Process, Protocol, Relay, Target};

impl Shells {
    /// A child that runs a program of its own on the streams of its parent: the parent runs commands.
    pub(super) fn note_command(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let process = scene.process;
        let Some(parent) = process.birth_parent.and_then(|id| scene.model.process(id)) else { return };
        let same = |at: usize| match (&process.stdio[at], &parent.stdio[at]) {
            (Some(own), Some(other)) => own.inode != 0 && own.inode == other.inode && own.device == other.device,
            _ => false,
        };
        // Through a raw socket, or datagrams of anybody, there is no connection that a stream could lead to.
        let piped = |at: usize| matches!(&process.stdio[at], Some(it) if it.to == Target::Pipe(Some(parent.id)));
        let waits = |it: &Connection| it.protocol == Protocol::Udp && it.direction == Direction::Listening;
        let (raw, waits) = (self.raw.contains(&parent.id), parent.connections.iter().find(|it| waits(it)));
        if (raw || waits.is_some()) && piped(1) && process.image().is_some_and(is_shell) {
            self.commands.note(parent.id, words(process));
            if self.commands.of(parent.id) >= COMMANDS {
                let (rule, talks) = match waits.and_then(|it| it.local) {
                    Some(local) => ("bind_shell", format!("waits for datagrams at {local}")),
                    None => ("commands_over_connection", "has a raw socket".to_owned()),
                };
                self.without_connection(rule, &talks, parent, scene, out);
            }
        }
        if let Some(image) = process.image().filter(|_| same(1) && (same(0) || same(2))) {
            let program = [image.exe.bytes(), image.argv.args.first().map_or(b"", |arg| arg.bytes())].concat();
            self.commands.note(parent.id, program);
        }
    }

    /// Somebody to whom packets come from anybody has one command after another run, and reads what they write.
    fn without_connection(
        &mut self,
        rule: &'static str,
        talks: &str,
        process: &Process,
        scene: &Scene<'_>,
        out: &mut Sink,
    ) {
        if self.told.insert((process.id, rule), Severity::Medium).is_some() {
            return;
        }
        let Some(found) = out.raise_for(rule, process.id, scene.event.time) else { return };
        let place = name_of(&process.group, scene.model);
        let command = String::from_utf8_lossy(&words(scene.process)).into_owned();
        found
            .titled(format!("{} of {place} {talks}, and runs one command after another", who(process)))
            .rated(Severity::Medium)
            .with(Some(scene.process.id))
            .because(format!("it {talks}, and reads what commands write"), Fact::of(scene.event, command));
    }

    /// The output of a command goes straight out, its input comes from elsewhere: each command its own process.
    pub(super) fn only_out(&mut self, process: &Process, output: &Lead, scene: &Scene<'_>, out: &mut Sink) {
        // Whoever opened the connection itself talks to somebody.
        let owner = output.owner.or(process.birth_parent).filter(|owner| *owner != process.id);
        let Some(owner) = owner.filter(|_| output.outward() && !process.inherited) else { return };
        self.commands.note(owner, words(process));
        let Some(loops) = scene.model.process(owner) else { return };
        if self.commands.of(owner) >= COMMANDS {
            self.raise("commands_over_connection", Severity::High, loops, &[output], scene, out);
        } else {
            self.raise("output_sent", Severity::Medium, process, &[output], scene, out);
        }
    }

    /// It answers what it receives with what commands write: each its own process, gone when the answer is sent.
    pub(super) fn answers(&mut self, relay: Relay, scene: &Scene<'_>, out: &mut Sink) {
        let process = scene.process;
        if relay.answered < ANSWERS || self.commands.of(process.id) < COMMANDS {
            return;
        }
        let connection = process.connections.iter().rev().find(|it| it.socket == relay.socket || it.socket == 0);
        let Some(connection) = connection.filter(|it| it.direction == Direction::Outbound) else { return };
        let output = Lead::answering(process, connection);
        // Whoever wraps the answer in a protocol of its own may be an agent that runs jobs.
        let severity = if relay.outward_exact >= ANSWERS { Severity::High } else { Severity::Medium };
        self.raise("commands_over_connection", severity, process, &[&output], scene, out);
    }
}

/// Its arguments, as one.
pub(super) fn words(process: &Process) -> Vec<u8> {
    let words = process.image().into_iter().flat_map(|image| image.argv.args.iter());
    words.map(|word| word.bytes().to_vec()).collect::<Vec<_>>().join(&b' ')
}
