//! What is known of one container, and on whose word.

use std::fmt::Write as _;

use crate::model::{Allowed, Caps, Container, Group, GroupKey, Model, NsKind, Process, Role, Witness};

/// Something that a witness said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Who.
    pub witness: Witness,
    /// What, in words.
    pub text: String,
}

/// What is known of one container.
pub(super) struct Facts<'a> {
    pub(super) model: &'a Model,
    pub(super) key: &'a GroupKey,
    /// What each witness said, /proc first.
    pub(super) told: Vec<(Witness, Allowed)>,
    /// What was said of its pod, which holds for all containers of it; `None` outside of pods.
    pub(super) pod: Option<Vec<(Witness, Allowed)>>,
}

/// Who says that something is bad, and who says that it is not.
pub(super) struct Votes {
    pub(super) bad: Vec<Word>,
    pub(super) good: Vec<Word>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(model: &'a Model, key: &'a GroupKey) -> Facts<'a> {
        Facts { model, key, told: told(model, key), pod: of_pod(model, key) }
    }

    /// What everybody says of what is asked for a pod as a whole, where it is in one.
    pub(super) fn ask_pod(&self, judge: impl Fn(&Allowed) -> Option<(bool, String)>) -> Votes {
        ask(self.pod.as_ref().unwrap_or(&self.told), |_, allowed| judge(allowed))
    }

    /// What everybody says who knows: `judge` gives whether it is bad, and in which words.
    pub(super) fn ask(&self, judge: impl Fn(&Allowed) -> Option<(bool, String)>) -> Votes {
        ask(&self.told, |_, allowed| judge(allowed))
    }

    /// Likewise, where it matters who says it.
    pub(super) fn ask_each(&self, judge: impl Fn(Witness, &Allowed) -> Option<(bool, String)>) -> Votes {
        ask(&self.told, judge)
    }

    /// The first thing that anybody says, /proc before the others.
    pub(super) fn best<T>(&self, field: impl Fn(&Allowed) -> Option<T>) -> Option<T> {
        self.told.iter().find_map(|(_, allowed)| field(allowed))
    }
}

fn ask(told: &[(Witness, Allowed)], judge: impl Fn(Witness, &Allowed) -> Option<(bool, String)>) -> Votes {
    let mut votes = Votes { bad: Vec::new(), good: Vec::new() };
    for (witness, allowed) in told {
        if let Some((bad, text)) = judge(*witness, allowed) {
            let side = if bad { &mut votes.bad } else { &mut votes.good };
            side.push(Word { witness: *witness, text });
        }
    }
    votes
}

impl Votes {
    pub(super) fn is_unknown(&self) -> bool {
        self.bad.is_empty() && self.good.is_empty()
    }

    /// True when the kernel says that it is so, or nobody asked it.
    pub(super) fn is_so(&self) -> bool {
        let real = |words: &[Word]| words.iter().any(|word| is_real(word.witness));
        real(&self.bad) || !real(&self.good)
    }

    /// What those say who do not agree, in a sentence; `None` where all agree.
    pub(super) fn disagree(&self) -> Option<String> {
        if self.bad.is_empty() || self.good.is_empty() {
            return None;
        }
        let side = |words: &[Word]| {
            let words: Vec<String> =
                words.iter().map(|word| format!("{} says: {}", word.witness.name(), word.text)).collect();
            words.join(", ")
        };
        Some(format!("{}; but {}", side(&self.bad), side(&self.good)))
    }
}

/// Whether somebody tells what is so, not what was asked for.
pub(super) fn is_real(witness: Witness) -> bool {
    matches!(witness, Witness::Proc | Witness::Events)
}

/// What each witness said of what a container is allowed, /proc first; where it was not asked, what events tell stands in.
pub fn told(model: &Model, key: &GroupKey) -> Vec<(Witness, Allowed)> {
    let id = match key {
        GroupKey::Container(id) => id,
        GroupKey::Host | GroupKey::Service(_) => "",
    };
    let mut told: Vec<_> = model.postures(id).map(|it| (it.witness, it.allowed.clone())).collect();
    let seen = told.iter().any(|(witness, _)| *witness == Witness::Proc);
    if let Some(first) = first(model, key).filter(|_| !seen) {
        told.push((Witness::Events, of_process(model, first)));
    }
    told
}

/// What was said of the sandbox of the pod that a container is in.
fn of_pod(model: &Model, key: &GroupKey) -> Option<Vec<(Witness, Allowed)>> {
    let own = model.group(key)?.container.as_ref()?;
    own.news.pod.as_ref()?;
    let same = |group: &&Group| {
        let Some(Container { news, pod_uid, .. }) = &group.container else { return false };
        let apart = pod_uid.is_some() && own.pod_uid.is_some() && *pod_uid != own.pod_uid;
        news.role == Some(Role::Sandbox)
            && (&news.pod, &news.namespace) == (&own.news.pod, &own.news.namespace)
            && !apart
    };
    // One that was made anew goes before the one that ended.
    let sandbox = model
        .groups()
        .filter(same)
        .max_by_key(|group| (group.alive > 0, group.container.as_ref().map(|it| it.news.time)));
    let GroupKey::Container(id) = &sandbox?.key else { return None };
    Some(model.postures(id).map(|it| (it.witness, it.allowed.clone())).collect())
}

/// The process of a container that was there first, its namespaces known.
fn first<'a>(model: &'a Model, key: &GroupKey) -> Option<&'a Process> {
    let known = |process: &&Process| process.namespaces.get(NsKind::Mnt).is_some();
    // A runtime's own process is in the container's cgroup for a moment, still in the node's namespaces.
    let node = model.boot().namespaces.get(NsKind::Mnt);
    let inside = |process: &&Process| process.namespaces.get(NsKind::Mnt) != node;
    let of = || model.members(key).filter(known);
    of().filter(inside).min_by_key(|process| process.id.start).or_else(|| of().min_by_key(|process| process.id.start))
}

fn of_process(model: &Model, process: &Process) -> Allowed {
    let node = model.boot().namespaces;
    let mut allowed = Allowed::default();
    for kind in NsKind::ALL {
        let shared = process.namespaces.get(kind).zip(node.get(kind)).map(|(own, node)| own == node);
        allowed.set_shared(kind, shared);
    }
    let Caps { effective, permitted } = process.caps;
    (allowed.effective, allowed.permitted) = (Some(effective), Some(permitted));
    if allowed.shares(NsKind::User) == Some(true) {
        (allowed.uid, allowed.root_is) = (Some(process.creds.euid), Some(0));
    }
    allowed
}

/// A list in words, cut where it gets long.
pub(super) fn list(words: impl IntoIterator<Item = String>) -> String {
    const SHOWN: usize = 8;
    let words: Vec<String> = words.into_iter().collect();
    let mut text = words.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if words.len() > SHOWN {
        // Writing to a string does not fail.
        let _ = write!(text, " and {} more", words.len() - SHOWN);
    }
    text
}
