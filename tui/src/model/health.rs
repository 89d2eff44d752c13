//! How the observer itself does: what it lost, and how its parts are.

use serde::{Deserialize, Serialize};

use super::container::GroupKey;
use super::process::Time;

/// What kind of record was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LossKind {
    /// Fork records.
    Fork,
    /// Exec records.
    Exec,
    /// Exit records.
    Exit,
    /// Cgroup moves.
    Move,
    /// TCP and UDP records.
    Net,
    /// Records of what was asked of the kernel.
    Act,
    /// Answers of name servers.
    Name,
    /// Records that arrived but could not be read.
    Malformed,
    /// Events that arrived and were shown, but are not in the recording.
    Unrecorded,
    /// Events that a recording held once, and let go to keep within its limits.
    Pruned,
}

impl LossKind {
    /// Every kind.
    pub const ALL: [LossKind; 10] = [
        LossKind::Fork,
        LossKind::Exec,
        LossKind::Exit,
        LossKind::Move,
        LossKind::Net,
        LossKind::Act,
        LossKind::Name,
        LossKind::Malformed,
        LossKind::Unrecorded,
        LossKind::Pruned,
    ];

    /// The kind of a name; what cannot be told is malformed.
    pub fn of(name: &str) -> LossKind {
        LossKind::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or(LossKind::Malformed)
    }

    /// The lower-case word that JSON uses.
    pub fn name(self) -> &'static str {
        match self {
            LossKind::Fork => "fork",
            LossKind::Exec => "exec",
            LossKind::Exit => "exit",
            LossKind::Move => "move",
            LossKind::Net => "net",
            LossKind::Act => "act",
            LossKind::Name => "name",
            LossKind::Malformed => "malformed",
            LossKind::Unrecorded => "unrecorded",
            LossKind::Pruned => "pruned",
        }
    }
}

/// Records that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// When it was noticed.
    pub time: Time,
    /// What was lost.
    pub kind: LossKind,
    /// How many.
    pub count: u64,
    /// Lost after this moment.
    pub from: Time,
    /// Lost before this moment.
    pub to: Time,
    /// Whose records, where that is known: what belongs to other groups is not among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupKey>,
}

/// How well a part of the machinery does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Health {
    /// It works.
    Ok,
    /// It works in part; the text says what is lost.
    Degraded,
    /// It does not work; the text says what to do.
    Missing,
}

impl Health {
    /// Lower-case word, as in JSON and `doctor`.
    pub fn name(self) -> &'static str {
        match self {
            Health::Ok => "ok",
            Health::Degraded => "degraded",
            Health::Missing => "missing",
        }
    }
}

/// How a part of the machinery is: a runtime, a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// When it was told.
    pub time: Time,
    /// Which part: `docker`, `podman`, `probe tcp`.
    pub topic: String,
    /// How well.
    pub health: Health,
    /// One line for people.
    pub text: String,
}
