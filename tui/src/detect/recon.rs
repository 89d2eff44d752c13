//! Looking around: many questions in a short time, many doors tried, and what only those read who want to know the
//! kernel.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{installs, program};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Deed, Direction, Exec, GroupKey, Kind, NetOp, Process, ProcessId, Time};

/// Questions of different kinds that make a look around.
const QUESTIONS: usize = 5;
/// Different doors that were shut.
const DOORS: usize = 12;
/// For so long belongs together what one asks (ns).
const WHILE: u64 = 120_000_000_000;
/// Askers remembered.
const KEEP: usize = 8_192;

/// What programs are asked for, by kind: who one is, where, who else, what runs, what is mounted, who talks.
const ASKS: &[(&str, &[&str])] = &[
    ("who am I", &["id", "whoami", "groups", "logname"]),
    ("where am I", &["uname", "hostname", "hostnamectl", "lsb_release", "arch", "lscpu", "dmidecode", "dmesg"]),
    ("who else is here", &["w", "who", "last", "lastlog", "users", "finger", "getent"]),
    ("what runs", &["ps", "pstree", "pgrep", "top", "lsof", "systemctl"]),
    ("what is mounted", &["mount", "df", "lsblk", "findmnt", "fdisk", "blkid"]),
    ("which network", &["ip", "ifconfig", "route", "arp", "iwconfig", "resolvectl"]),
    ("who talks", &["ss", "netstat"]),
    ("what was I given", &["env", "printenv"]),
    ("what may I", &["sudo", "capsh", "getcap", "getpcaps", "aa-status", "getenforce"]),
    ("what is around", &["nmap", "masscan", "zmap", "dig", "nslookup", "host", "ping", "traceroute", "fping"]),
    ("which cluster", &["kubectl", "crictl", "ctr", "docker", "amicontained", "deepce", "cdk", "botb", "peirates"]),
];

/// Files of the kernel, and what they tell.
const KERNEL: &[(&[u8], &str, Severity)] = &[
    (b"/proc/kcore", "the memory of the kernel", Severity::High),
    (b"/proc/kallsyms", "where the functions of the kernel lie", Severity::Medium),
    (b"/proc/sys/kernel/randomize_va_space", "whether addresses are random", Severity::Low),
    (b"/sched/debug", "everything that the kernel runs", Severity::Medium),
    (b"/proc/sched_debug", "everything that the kernel runs", Severity::Medium),
];

/// Watches who wants to know.
#[derive(Debug, Default)]
pub(super) struct Recon {
    askers: HashMap<ProcessId, Asker>,
    knockers: HashMap<ProcessId, Knocker>,
    told: Told,
}

#[derive(Debug)]
struct Asker {
    since: Time,
    kinds: BTreeSet<usize>,
    asked: Vec<Fact>,
}

#[derive(Debug)]
struct Knocker {
    since: Time,
    doors: HashSet<SocketAddr>,
    /// Who tried them: itself, or those whom it started for it.
    by: HashSet<ProcessId>,
}

impl Behaviour for Recon {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            Kind::Exec(exec) => {
                self.asks(exec, scene, out);
                self.searches(exec, scene, out);
            }
            Kind::Net(net) if net.op == NetOp::Close && net.direction == Direction::Outbound => {
                // Refused, or nobody answered.
                let mut known = scene.process.connections.iter().rev();
                let never = known.find(|it| it.socket == net.socket).is_some_and(|it| !it.established);
                if let Some(remote) = net.remote.filter(|_| never) {
                    self.knocks(remote, scene, out);
                }
            }
            Kind::Act(act) => match &act.what {
                Deed::Open(opened) if opened.read => {
                    let path = opened.path.bytes();
                    if let Some((_, what, severity)) = KERNEL.iter().find(|(end, ..)| path.ends_with(end)) {
                        self.reads_kernel(what, *severity, act.error.is_some(), act.to_string(), scene, out);
                    }
                }
                Deed::RawSocket { family, .. } if act.error.is_none() => self.listens(*family, scene, out),
                _ => {}
            },
            _ => {}
        }
    }

    fn forget(&mut self, gone: ProcessId, _: &crate::model::Model) {
        self.askers.remove(&gone);
        self.knockers.remove(&gone);
    }
}

impl Recon {
    /// The questions of one asker: whoever started the programs that ask.
    fn asks(&mut self, exec: &Exec, scene: &Scene<'_>, out: &mut Sink) {
        let name = program(scene.process);
        let called = exec.image.argv.args.first().map(|arg| arg.file_name().lossless()).unwrap_or_default();
        let asks = |names: &[&str]| names.contains(&name.as_str()) || names.contains(&called.as_str());
        let Some(kind) = ASKS.iter().position(|(_, names)| asks(names)) else { return };
        let Some(asker) = scene.process.birth_parent.and_then(|id| scene.model.process(id)) else { return };
        if self.askers.len() > KEEP {
            self.askers.clear();
        }
        let now = scene.event.time;
        let entry = self.askers.entry(asker.id).or_insert_with(|| Asker::new(now));
        if now.0.saturating_sub(entry.since.0) > WHILE {
            *entry = Asker::new(now);
        }
        if !entry.kinds.insert(kind) {
            return;
        }
        let words: Vec<String> = exec.image.argv.args.iter().take(8).map(|arg| arg.lossless()).collect();
        entry.asked.push(Fact::of(scene.event, words.join(" ")));
        // What sets up a system asks the same questions.
        let tame = installs(asker, scene.model) || builds(asker, scene);
        if entry.kinds.len() < QUESTIONS || tame || !self.told.once("looks_around", asker.id, ()) {
            return;
        }
        let asked = entry.asked.clone();
        let kinds: Vec<&str> = entry.kinds.iter().map(|&kind| ASKS[kind].0).collect();
        let Some(found) = out.raise_for("looks_around", asker.id, now) else { return };
        let (who, place) = (program(asker), name_of(&asker.group, scene.model));
        found.titled(format!("{who} ({}) of {place} looks around: {}", asker.id.pid, kinds.join(", ")));
        for fact in asked {
            found.with(Some(fact.process));
            found.because("it asks", fact);
        }
        if matches!(asker.group, GroupKey::Container(_)) {
            found.rated(Severity::Medium);
        }
    }

    /// Somebody looks for keys and passwords by their names.
    fn searches(&mut self, exec: &Exec, scene: &Scene<'_>, out: &mut Sink) {
        const FINDERS: &[&str] = &["find", "grep", "egrep", "fgrep", "rg", "ag", "ack", "locate", "mlocate", "fd"];
        const WANTED: &[&str] = &[
            "id_rsa",
            "id_dsa",
            "id_ed25519",
            "id_ecdsa",
            "private key",
            "begin rsa",
            "begin openssh",
            "aws_access_key",
            "aws_secret",
            ".aws/credentials",
            "kubeconfig",
            "serviceaccount",
            "/etc/shadow",
            ".pgpass",
            ".git-credentials",
        ];
        if !FINDERS.contains(&program(scene.process).as_str()) || installs(scene.process, scene.model) {
            return;
        }
        let words: Vec<String> = exec.image.argv.args.iter().skip(1).map(|arg| arg.lossless()).collect();
        let words = words.join(" ");
        let lower = words.to_lowercase();
        let Some(wanted) = WANTED.iter().find(|wanted| lower.contains(**wanted)) else { return };
        let asker = scene.process.birth_parent.unwrap_or(scene.process.id);
        if !self.told.once("secrets_searched", asker, *wanted) {
            return;
        }
        let Some(found) = out.raise("secrets_searched", scene) else { return };
        let (who, place) = (program(scene.process), name_of(&scene.process.group, scene.model));
        found
            .titled(format!("{who} ({}) of {place} searches for {wanted}", scene.process.id.pid))
            .because("its arguments name what secrets are called", Fact::of(scene.event, words));
    }

    /// Connections that were refused, by whoever made them, or started one program after another to make them.
    fn knocks(&mut self, remote: SocketAddr, scene: &Scene<'_>, out: &mut Sink) {
        let parent = scene.process.birth_parent.filter(|id| id.pid > 1);
        for knocker in std::iter::once(scene.process.id).chain(parent) {
            if self.knockers.len() > KEEP {
                self.knockers.clear();
            }
            let now = scene.event.time;
            let fresh = || Knocker { since: now, doors: HashSet::new(), by: HashSet::new() };
            let entry = self.knockers.entry(knocker).or_insert_with(fresh);
            if now.0.saturating_sub(entry.since.0) > WHILE {
                *entry = fresh();
            }
            entry.doors.insert(remote);
            entry.by.insert(scene.process.id);
            let own = knocker == scene.process.id || entry.by.len() >= DOORS / 2;
            let (doors, hosts) =
                (entry.doors.len(), entry.doors.iter().map(SocketAddr::ip).collect::<HashSet<_>>().len());
            if !own || doors < DOORS || !self.told.once("doors_tried", knocker, ()) {
                continue;
            }
            let Some(process) = scene.model.process(knocker) else { continue };
            let Some(found) = out.raise_for("doors_tried", knocker, now) else { continue };
            let (who, place) = (program(process), name_of(&process.group, scene.model));
            found
                .titled(format!("{who} ({}) of {place} tries doors: {doors} shut, on {hosts} hosts", knocker.pid))
                .because(
                    "one address after the other refused it or did not answer",
                    Fact::of(scene.event, format!("{remote}, the last of {doors}")),
                );
            return;
        }
    }

    fn reads_kernel(
        &mut self,
        what: &str,
        severity: Severity,
        failed: bool,
        said: String,
        scene: &Scene<'_>,
        out: &mut Sink,
    ) {
        let inside = matches!(scene.process.group, GroupKey::Container(_));
        if !self.told.once("kernel_examined", scene.process.id, what) {
            return;
        }
        let Some(found) = out.raise("kernel_examined", scene) else { return };
        let (who, place) = (program(scene.process), name_of(&scene.process.group, scene.model));
        let verb = if failed { "tried to read" } else { "reads" };
        // On the host profilers and debuggers do; in a container nobody needs it.
        let severity = if inside && !failed { severity } else { Severity::Low };
        found
            .titled(format!("{who} ({}) of {place} {verb} {what}", scene.process.id.pid))
            .rated(severity)
            .refused(failed)
            .because("programs that do their work need no look at the kernel", Fact::of(scene.event, said));
    }

    /// A socket that sees what others send.
    fn listens(&mut self, family: u16, scene: &Scene<'_>, out: &mut Sink) {
        const AF_PACKET: u16 = 17;
        let inside = matches!(scene.process.group, GroupKey::Container(_));
        let name = program(scene.process);
        if family != AF_PACKET || !inside || ["ping", "arping", "dhclient", "udhcpc"].contains(&name.as_str()) {
            return;
        }
        if !self.told.once("packets_seen", scene.process.id, ()) {
            return;
        }
        let Some(found) = out.raise("packets_seen", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        found
            .titled(format!("{name} ({}) of {place} listens to what others send", scene.process.id.pid))
            .because("it opened a packet socket", Fact::of(scene.event, "socket(AF_PACKET)"));
    }
}

impl Asker {
    fn new(since: Time) -> Asker {
        Asker { since, kinds: BTreeSet::new(), asked: Vec::new() }
    }
}

/// A configure script, a build, a session that is set up: they ask, too.
fn builds(asker: &Process, scene: &Scene<'_>) -> bool {
    const BUILDS: &[&str] = &["configure", "make", "cmake", "ninja", "cargo", "gcc", "meson", "rustup", "tox", "bazel"];
    let lineage = scene.model.lineage(asker.id);
    std::iter::once(asker).chain(lineage.take(4)).any(|it| {
        let script = it.image().and_then(|image| image.argv.args.get(1)).map(|arg| arg.file_name().lossless());
        BUILDS.contains(&program(it).as_str()) || script.is_some_and(|name| BUILDS.contains(&name.as_str()))
    })
}
