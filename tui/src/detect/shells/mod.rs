//! Shells on the network: whoever's input and output lead to a connection, whatever it is called.

mod channels;
mod commands;
mod leads;
mod passed;
mod piecemeal;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::{Chain, Fact, Part};
use super::image::{bare, interprets, is_shell, who};
use super::rule::Severity;
use crate::model::{Deed, Descriptor, Kind, Model, NetOp, Process, ProcessId, Target};
use channels::Channels;
use commands::Commands;
use leads::{Lead, Way};
use passed::{Passed, relays_of};
use piecemeal::words;

/// Scripts that are fetched from the same place before somebody is said to fetch commands.
const FETCHES: usize = 3;
/// Answers that are seen before somebody is said to answer with what commands write.
const ANSWERS: u32 = 2;
/// Different commands by which a program of no known name is known for a shell.
const COMMANDS: usize = 2;
/// `st_mode`: the type of a file, and that of a named pipe.
const S_IFMT: u32 = 0o170_000;
const S_IFIFO: u32 = 0o010_000;
/// Processes whose commands are remembered.
const SPAWNERS: usize = 16_384;

/// A connection: the kernel's handle, and the peer.
type Connected = (u64, Option<std::net::SocketAddr>);

/// Watches standard streams.
#[derive(Debug, Default)]
pub(super) struct Shells {
    channels: Channels,
    /// What was raised over a connection, and how bad it was: a shell and its commands are one finding.
    connections: HashMap<(&'static str, Connected), Severity>,
    /// What was raised of whom, and how bad it was.
    told: HashMap<(ProcessId, &'static str), Severity>,
    commands: Commands,
    /// Relays that the source was asked to look at.
    asked: HashSet<ProcessId>,
    /// Who has a raw socket.
    raw: HashSet<ProcessId>,
    /// Who looked into the files of users and their keys: what logs people in does.
    authenticated: HashSet<ProcessId>,
}

impl Behaviour for Shells {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            // Almost nobody: terminals, files and the null device lead nowhere.
            Kind::Exec(exec) if exec.stdio.iter().flatten().any(leads_on) => {
                self.channels.learn(scene.process);
                self.note_command(scene, out);
                self.judge_around(scene, out);
            }
            Kind::Seen(seen) if scene.process.stdio.iter().flatten().any(leads_on) => {
                self.channels.learn(scene.process);
                for fifo in &seen.fifos {
                    self.channels.opened(scene.process.id, fifo.clone());
                }
                self.judge_around(scene, out);
            }
            Kind::Exit(_) => self.channels.ended(scene.process.id),
            Kind::Seen(_) if !scene.process.connections.is_empty() => self.judge_around(scene, out),
            Kind::Net(net) if net.op == NetOp::Close => self.connections.retain(|(_, it), _| it.0 != net.socket),
            Kind::Net(net) if matches!(net.op, NetOp::Connect | NetOp::Established | NetOp::Accept) => {
                self.judge_around(scene, out);
            }
            Kind::Act(act) if act.error.is_none() => match &act.what {
                Deed::Descriptor { .. } => {
                    self.channels.learn(scene.process);
                    self.judge_around(scene, out);
                }
                Deed::RawSocket { .. } if self.raw.len() < SPAWNERS => {
                    self.raw.insert(scene.process.id);
                }
                Deed::Relay(relay) => {
                    self.channels.relayed(scene.process.id, scene.event.time, *relay);
                    self.judge_around(scene, out);
                    self.answers(*relay, scene, out);
                }
                Deed::Open(opened) if opened.mode & S_IFMT == S_IFIFO => {
                    let (inode, device) = (opened.inode, opened.device);
                    let fifo = Descriptor { to: Target::Fifo, inode, device, read: opened.read, write: opened.write };
                    self.channels.opened(scene.process.id, fifo);
                    self.judge_around(scene, out);
                }
                Deed::Open(opened) if opened.read && logs_in(opened.path.bytes()) => {
                    self.authenticated.insert(scene.process.id);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn forget(&mut self, gone: ProcessId, model: &Model) {
        self.channels.forget(gone);
        self.commands.forget(gone);
        self.authenticated.remove(&gone);
        self.asked.remove(&gone);
        self.raw.remove(&gone);
        if self.told.len() > SPAWNERS {
            self.told.retain(|(process, _), _| model.process(*process).is_some_and(Process::alive));
        }
    }

    fn chains(&self, process: &Process, model: &Model) -> Vec<Chain> {
        let input = self.channels.lead(process, Way::In, model);
        let output = self.channels.lead(process, Way::Out, model);
        if input.is_none() && output.is_none() {
            return Vec::new();
        }
        let inward = [&input, &output].into_iter().flatten().any(|lead| !lead.outward());
        let part = |label: &str, seen: Option<Fact>| Part { label: label.to_owned(), seen };
        let fact = |lead: &Option<Lead>| lead.as_ref().map(|lead| shown(process, lead));
        let runs = process.image().filter(|image| interprets(image)).map(|image| Fact {
            time: image.time,
            process: process.id,
            kind: "exec".into(),
            text: image.exe.lossless(),
        });
        vec![Chain {
            rule: if inward { "bind_shell" } else { "reverse_shell" },
            parts: vec![
                part("its input comes from a connection", fact(&input)),
                part("its output goes to a connection", fact(&output)),
                part("it runs what it is told: a shell, a language, or one command after another", runs),
            ],
        }]
    }
}

/// Whether a descriptor can lead to the network.
fn leads_on(descriptor: &Descriptor) -> bool {
    matches!(descriptor.to, Target::Pipe(_) | Target::Pty(_) | Target::Fifo | Target::Socket(_) | Target::Unix(_))
}

/// Files that are read to log somebody in.
fn logs_in(path: &[u8]) -> bool {
    path.ends_with(b"/shadow") || path.ends_with(b"/authorized_keys") || path.ends_with(b"/master.passwd")
}

/// The fact that a stream leads somewhere.
fn shown(process: &Process, lead: &Lead) -> Fact {
    let time = process.image().map_or(process.born, |image| image.time);
    Fact { time, process: process.id, kind: "exec".into(), text: lead.said.join("; ") }
}

impl Shells {
    /// Looks at the process of the event, at the one that it was made by, and at all that may lead to it.
    fn judge_around(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let mut around = self.channels.neighbours(scene.process);
        if matches!(scene.event.kind, Kind::Net(_) | Kind::Act(_)) {
            // Two filters may stand between: whoever is led to them is led here.
            let further: Vec<_> = around.iter().filter_map(|id| scene.model.process(*id)).collect();
            let further: Vec<_> = further.into_iter().flat_map(|process| self.channels.neighbours(process)).collect();
            around.extend(further);
        }
        around.extend(scene.process.birth_parent);
        around.insert(0, scene.process.id);
        let mut seen = HashSet::new();
        for id in around.into_iter().take(256) {
            if let Some(process) = scene.model.process(id).filter(|process| process.alive() && seen.insert(process.id))
            {
                self.judge(process, scene, out);
            }
        }
    }

    fn judge(&mut self, process: &Process, scene: &Scene<'_>, out: &mut Sink) {
        let model = scene.model;
        let input = self.channels.lead(process, Way::In, model);
        let output = self.channels.lead(process, Way::Out, model);
        match (input, output) {
            (Some(input), Some(output)) => {
                self.look_closely(&input, &output, model, out);
                self.both(process, &input, &output, scene, out);
            }
            (Some(input), None) => self.only_in(process, &input, scene, out),
            (None, Some(output)) if output.direct() => self.only_out(process, &output, scene, out),
            (None, Some(output)) if output.outward() => {
                // The next relay reads what the command writes, and may send it.
                self.look_closely(&output, &output, model, out);
                if let Some(&reader) = output.relays.first() {
                    self.commands.note(reader, words(process));
                }
            }
            _ => {}
        }
    }

    /// Between it and the connection stands somebody with other things to do, too: what that one passes on tells.
    fn look_closely(&mut self, input: &Lead, output: &Lead, model: &Model, out: &mut Sink) {
        if input.dedicated && output.dedicated {
            return;
        }
        for relay in relays_of(input, output, model) {
            if self.asked.len() < SPAWNERS && self.asked.insert(relay) {
                out.attention.push(relay);
            }
        }
    }

    /// Input and output lead to the network.
    fn both(&mut self, process: &Process, input: &Lead, output: &Lead, scene: &Scene<'_>, out: &mut Sink) {
        let direct = input.direct() && output.direct();
        let shell = process.image().is_some_and(|image| interprets(image) && bare(image));
        // A script is what it is; of a program of no known name its commands show that it runs what it is told.
        let script = process.image().is_some_and(|image| interprets(image) && !bare(image));
        let spawns = !script && self.commands.of(process.id) >= COMMANDS;
        let passed = self.channels.passed(input, output, scene.model);
        if (input.weak || output.weak) && passed.is_none() {
            return;
        }
        if input.outward() && output.outward() {
            let whole = input.dedicated && output.dedicated || passed.is_some();
            if !direct && !shell && !spawns {
                return;
            }
            let severity = if direct || whole {
                Severity::Critical
            } else if shell && through_pty(process) {
                // Somebody types there: what pipes a script into a shell wants no terminal.
                Severity::High
            } else {
                Severity::Medium
            };
            return self.raise("reverse_shell", severity, process, &[input, output], scene, out);
        }
        let unknown = input.direction.is_none() || output.direction.is_none();
        if unknown && direct && (shell || spawns) {
            return self.raise("reverse_shell", Severity::High, process, &[input, output], scene, out);
        }
        if unknown || !(shell || spawns) || self.logged_in(process, input, scene.model) {
            return;
        }
        let dedicated = direct || input.dedicated && output.dedicated;
        if process.began_unseen() && !dedicated {
            // Whether somebody logged in was not seen.
            return;
        }
        let severity = if dedicated {
            // A program of no known name that runs commands may be a server of its own kind.
            if shell { Severity::Critical } else { Severity::High }
        } else if passed == Some(Passed::Exactly) {
            Severity::High
        } else if passed.is_some() || process.image().is_some_and(is_shell) && through_pty(process) {
            // Wrapped into something, as a terminal in a browser is; or nothing was typed yet.
            Severity::Medium
        } else {
            return;
        };
        self.raise("bind_shell", severity, process, &[input, output], scene, out);
    }

    /// Code from the network.
    fn only_in(&mut self, process: &Process, input: &Lead, scene: &Scene<'_>, out: &mut Sink) {
        let takes_code = process.image().is_some_and(|image| interprets(image) && bare(image));
        if takes_code && input.outward() && (input.direct() || input.dedicated) && !process.inherited {
            self.raise("remote_code_piped", Severity::Medium, process, &[input], scene, out);
            // Once is an installation; again and again is somebody who gives commands.
            if let (Some(maker), Some(remote)) = (process.birth_parent, input.remote)
                && self.commands.fetched(maker, remote, process.id) >= FETCHES
                && let Some(maker) = scene.model.process(maker)
            {
                self.raise("fetched_commands", Severity::Medium, maker, &[input], scene, out);
            }
        }
    }

    /// Whether it was a login: between the connection and the shell somebody looked at who may come in.
    fn logged_in(&self, process: &Process, input: &Lead, model: &Model) -> bool {
        let lineage = model.lineage(process.id).take(6).map(|ancestor| ancestor.id);
        let between = lineage.chain(input.relays.iter().copied()).chain(input.owner).chain([process.id]);
        between.into_iter().any(|id| {
            self.authenticated.contains(&id) || model.born_of(id).take(16).any(|it| self.authenticated.contains(&it.id))
        })
    }

    fn raise(
        &mut self,
        rule: &'static str,
        severity: Severity,
        process: &Process,
        leads: &[&Lead],
        scene: &Scene<'_>,
        out: &mut Sink,
    ) {
        if self.told.get(&(process.id, rule)).is_some_and(|told| *told >= severity) {
            return;
        }
        // Handles are used again, and of UDP no end is told.
        let connected = leads.iter().find(|lead| lead.socket != 0).map(|lead| (lead.socket, lead.remote));
        if let Some(connected) = connected {
            if self.connections.get(&(rule, connected)).is_some_and(|told| *told >= severity) {
                return;
            }
            if self.connections.len() > SPAWNERS {
                self.connections.clear();
            }
            self.connections.insert((rule, connected), severity);
        }
        let Some(finding) = out.raise_for(rule, process.id, scene.event.time) else { return };
        self.told.insert((process.id, rule), severity);
        let place = super::incident::name_of(&process.group, scene.model);
        let peer = leads.first().map(|lead| lead.peer()).unwrap_or_default();
        let name = who(process);
        finding.rated(severity).titled(match rule {
            "bind_shell" => format!("{name} of {place} takes commands from {peer}, which connected to it"),
            "remote_code_piped" => format!("{name} of {place} runs what comes from {peer}"),
            "output_sent" => format!("{name} of {place} writes straight to a connection to {peer}"),
            "fetched_commands" => format!("{name} of {place} runs what it fetches from {peer}, again and again"),
            "commands_over_connection" => format!("{name} of {place} sends the output of commands to {peer}"),
            _ => format!("{name} of {place} takes its commands from {peer}, which it connected to"),
        });
        for lead in leads {
            let (which, opened) =
                match (lead.said.first().is_some_and(|said| said.starts_with("its input")), lead.outward()) {
                    (true, true) => ("its input comes from a connection that was opened from here", lead.owner),
                    (true, false) => ("its input comes from a connection that a peer opened", lead.owner),
                    (false, true) => ("its output goes to a connection that was opened from here", lead.owner),
                    (false, false) => ("its output goes to a connection that a peer opened", lead.owner),
                };
            finding.because(which, shown(process, lead)).with(opened);
            for &relay in &lead.relays {
                let told = finding.others.contains(&relay);
                finding.with(Some(relay));
                if told {
                    continue;
                }
                if let Some((time, passed)) = self.channels.relay(relay) {
                    let fact =
                        Fact { time, process: relay, kind: "relay".into(), text: Deed::Relay(passed).to_string() };
                    finding.because("data was passed on between them", fact);
                }
            }
        }
        if let Some(image) = process.image() {
            let text = image.argv.args.iter().map(|arg| arg.lossless()).collect::<Vec<_>>().join(" ");
            let fact = Fact { time: image.time, process: process.id, kind: "exec".into(), text };
            finding.because(if interprets(image) { "it is a shell or a language" } else { "it runs" }, fact);
        }
    }
}

fn through_pty(process: &Process) -> bool {
    process.stdio.iter().flatten().any(|descriptor| matches!(&descriptor.to, Target::Pty(pty) if !pty.master))
}
