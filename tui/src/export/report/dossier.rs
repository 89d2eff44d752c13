//! What a report tells of one incident: plain data that outlives the model.

use std::borrow::Cow;

use std::collections::BTreeMap;

use serde::Serialize;

use super::contact::Contact;
use super::key::{Key, moment, perhaps, severity};
use super::login::Login;
use crate::detect::Severity;
use crate::model::Time;

/// Everything that a report needs to know of one incident. Text is as [`crate::model::Text::lossless`] gives it: whoever
/// shows it escapes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dossier {
    /// The name of the incident: `i3`.
    pub id: String,
    /// One line that a person would write.
    pub title: String,
    /// How bad it is.
    #[serde(serialize_with = "severity")]
    pub severity: Severity,
    /// When the first of it was found.
    #[serde(serialize_with = "moment")]
    pub first: Time,
    /// When the last was.
    #[serde(serialize_with = "moment")]
    pub last: Time,
    /// False where records were lost that it may rest on.
    pub complete: bool,
    /// The node on which it happened.
    pub node: NodeFacts,
    /// What happened, in the order of time.
    pub stages: Vec<StageTold>,
    /// Who had a part in it, and their ancestors: makers stand before those whom they made.
    pub processes: Vec<Actor>,
    /// Where it happened: the host, services, containers.
    pub places: Vec<PlaceTold>,
    /// Whom the processes talked to, and where they listened.
    pub endpoints: Vec<Contact>,
    /// How they hang together.
    pub edges: Vec<Edge>,
    /// Files that were run, or that evidence is about.
    pub files: Vec<FileTold>,
    /// MITRE ATT&CK techniques of its findings, each once.
    pub techniques: Vec<Technique>,
    /// CIS, NIST and ISO references of its findings, each once.
    pub references: Vec<String>,
    /// What to do next, in the order of the findings, each once.
    pub next: Vec<String>,
    /// Records that were lost while it went on.
    pub losses: Vec<LossTold>,
    /// Which evidence is missing, in words; empty when nothing is known to be.
    pub missing: Vec<String>,
    /// True when secrets, addresses and names were replaced.
    pub redacted: bool,
    /// How what it rests on can be verified.
    pub proof: Proof,
}

/// The node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NodeFacts {
    /// Its host name; empty where unknown.
    pub host: String,
    /// The id of its boot; empty where unknown.
    pub boot_id: String,
    /// When it booted.
    #[serde(serialize_with = "moment")]
    pub booted: Time,
}

/// A stage: findings of one sort that follow upon each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StageTold {
    /// What it is called: `escape`.
    pub stage: Cow<'static, str>,
    /// When it began.
    #[serde(serialize_with = "moment")]
    pub time: Time,
    /// What was found, in the order of time.
    pub findings: Vec<FindingTold>,
}

/// A finding, with what the catalogue says of its rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingTold {
    /// Which one of the dossier.
    pub key: Key,
    /// When.
    #[serde(serialize_with = "moment")]
    pub time: Time,
    /// Name of the rule.
    pub rule: String,
    /// Name of its class.
    pub class: &'static str,
    /// How bad it is.
    #[serde(serialize_with = "severity")]
    pub severity: Severity,
    /// One line that a person would write.
    pub title: String,
    /// What the rule means.
    pub meaning: String,
    /// What to do next.
    pub next: String,
    /// MITRE ATT&CK technique ids.
    pub mitre: Vec<String>,
    /// References to standards.
    pub references: Vec<String>,
    /// False where records were lost that it may rest on.
    pub complete: bool,
    /// True when it was tried and refused.
    pub failed: bool,
    /// Whose it is.
    pub process: Option<Key>,
    /// Who else had a part in it.
    pub others: Vec<Key>,
    /// What shows it.
    pub why: Vec<EvidenceTold>,
}

/// A predicate that held, and the event that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceTold {
    /// The predicate, in words.
    pub predicate: String,
    /// When the event happened.
    #[serde(serialize_with = "moment")]
    pub time: Time,
    /// Its kind.
    pub kind: Cow<'static, str>,
    /// Who did it, where that one is told.
    pub process: Option<Key>,
    /// Its pid.
    pub pid: u32,
    /// What it says, in words.
    pub text: String,
}

/// What part a process had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Something was found of it.
    Found,
    /// It had a part in what was found.
    Part,
    /// It made one of these, or one of their makers.
    Ancestor,
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// Which one of the dossier.
    pub key: Key,
    /// Its pid.
    pub pid: u32,
    /// When it started, at the grain of its identity: with the pid, who it is.
    #[serde(serialize_with = "moment")]
    pub start_time: Time,
    /// What part it had.
    pub role: Role,
    /// Who made it, where that is known.
    pub parent: Option<Key>,
    /// Pid of who made it.
    pub parent_pid: Option<u32>,
    /// Pid of its parent at the end, where that is another one.
    pub present_parent_pid: Option<u32>,
    /// Where it ran.
    pub place: Key,
    /// The program that it ran last.
    pub exe: Option<String>,
    /// Its arguments.
    pub argv: Vec<String>,
    /// True when these are not all.
    pub argv_cut: bool,
    /// The directory in which it ran the program.
    pub cwd: Option<String>,
    /// Real user id.
    pub uid: Option<u32>,
    /// Effective user id.
    pub euid: Option<u32>,
    /// The login that it comes from.
    pub login: Option<Login>,
    /// Its pid in its own pid namespace.
    pub ns_pid: Option<u32>,
    /// When the program began to run.
    #[serde(serialize_with = "perhaps")]
    pub executed: Option<Time>,
    /// What it ran before, oldest first.
    pub before: Vec<Ran>,
    /// When it ended.
    #[serde(serialize_with = "perhaps")]
    pub ended: Option<Time>,
    /// How it ended, in words.
    pub end: Option<String>,
    /// True when the file of its program had no name left.
    pub unlinked: bool,
    /// True when it was there before anything was recorded.
    pub began_unseen: bool,
    /// True when records that may concern it were lost.
    pub doubt: bool,
}

/// A program that a process ran before its last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// From when on.
    #[serde(serialize_with = "moment")]
    pub time: Time,
    /// The program.
    pub exe: String,
    /// Its arguments.
    pub argv: Vec<String>,
}

/// A place: the host, a service or a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceTold {
    /// Which one of the dossier.
    pub key: Key,
    /// `host`, `service` or `container`.
    pub kind: &'static str,
    /// What it is called.
    pub name: String,
    /// Id of a container, in full.
    pub id: Option<String>,
    /// Its image.
    pub image: Option<String>,
    /// Its runtime.
    pub runtime: Option<&'static str>,
    /// Its pod.
    pub pod: Option<String>,
    /// The namespace of the pod.
    pub namespace: Option<String>,
}

/// What one has to do with another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// From whom.
    pub from: Key,
    /// To whom.
    pub to: Key,
    /// Of which sort.
    pub kind: EdgeKind,
    /// In words, said of the first towards the second.
    pub text: &'static str,
}

/// The sorts of edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// The first made the second.
    Born,
    /// They have something to do with each other beside birth.
    Relation,
    /// A connection to or from an address.
    Connection,
    /// The second finding follows upon the first.
    Next,
}

/// A file that is an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileTold {
    /// Its path, as the process saw it.
    pub path: String,
    /// Where it was seen.
    pub place: Option<Key>,
    /// SHA-256 of its content: of a program as it was when it ran, where that was told; else as it could still be read.
    pub sha256: Option<String>,
}

/// A technique of MITRE ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Technique {
    /// `T1059.004`.
    pub id: String,
    /// What MITRE calls it; the id again where it is in no table.
    pub name: String,
}

/// Records that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LossTold {
    /// What was lost.
    pub kind: &'static str,
    /// How many.
    pub count: u64,
    /// After this moment.
    #[serde(serialize_with = "moment")]
    pub from: Time,
    /// Before this moment.
    #[serde(serialize_with = "moment")]
    pub to: Time,
}

/// How what a report rests on can be verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Proof {
    /// It was written by another sensor: there is nothing to verify it by.
    #[default]
    Import,
    /// It was written from the screen.
    Screen {
        /// Which showed a recording, and not a live node.
        recording: bool,
    },
    /// A recording.
    Recording {
        /// Its file name.
        file: String,
        /// The hash over all of it.
        root: String,
        /// Who signed it.
        signer: Option<String>,
        /// What verifying it gave, in words.
        state: String,
    },
}

impl Proof {
    /// The command that verifies it.
    pub fn command(&self) -> Option<String> {
        match self {
            Proof::Import | Proof::Screen { .. } => None,
            Proof::Recording { file, .. } => {
                let plain = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
                let file =
                    if file.chars().all(plain) { file.clone() } else { format!("'{}'", file.replace('\'', "'\\''")) };
                Some(format!("ktrace-tui verify {file}"))
            }
        }
    }
}

impl Dossier {
    /// The process of a key.
    pub fn process(&self, key: Key) -> Option<&Actor> {
        if let Key::Process(at) = key { self.processes.get(at) } else { None }
    }

    /// The place of a key.
    pub fn place(&self, key: Key) -> Option<&PlaceTold> {
        if let Key::Place(at) = key { self.places.get(at) } else { None }
    }

    /// Every finding, with the number of its stage, from 0.
    pub fn findings(&self) -> impl Iterator<Item = (usize, &FindingTold)> {
        self.stages.iter().enumerate().flat_map(|(at, stage)| stage.findings.iter().map(move |it| (at, it)))
    }

    /// Adds the SHA-256 of files that could still be read, by path, where nothing better is known.
    pub fn hashed(&mut self, hashes: &BTreeMap<String, String>) {
        for file in &mut self.files {
            file.sha256 = file.sha256.take().or_else(|| hashes.get(&file.path).cloned());
        }
    }
}
