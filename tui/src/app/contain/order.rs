//! What is to be done, and to whom: found out anew for each question, as who is there changes.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::{App, program};
use super::spare::spared;
use crate::model::{GroupKey, Process, ProcessId};

/// Processes of one order; whoever has more is contained step by step.
const MOST: usize = 10_000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// They stop where they are (SIGSTOP).
    Stop,
    /// They go on (SIGCONT).
    Continue,
    /// They end (SIGKILL).
    Kill,
    /// A container stands still, through its cgroup.
    Freeze,
    /// It goes on.
    Thaw,
}

impl Verb {
    /// The word for it, which is typed in answer to the second question.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Stop => "stop",
            Verb::Continue => "continue",
            Verb::Kill => "kill",
            Verb::Freeze => "freeze",
            Verb::Thaw => "thaw",
        }
    }

    pub(super) fn is_of_containers(self) -> bool {
        matches!(self, Verb::Freeze | Verb::Thaw)
    }
}

/// To whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// One process.
    Process(ProcessId),
    /// A process, and all that descend from it.
    Branch(ProcessId),
    /// Those that something was found of in the incident of this number, and all that descend from them.
    Incident(u64),
    /// The container of this id.
    Container(Arc<str>),
}

/// One of those to whom it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which process.
    pub id: ProcessId,
    /// What it runs, in a word.
    pub name: String,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub verb: Verb,
    /// To whom.
    pub whom: Whom,
    /// To whom that is by now, makers first; of a container, those by whom its cgroup is found.
    pub targets: Vec<Target>,
    /// Who is left out, and why.
    pub left_out: Vec<(Target, &'static str)>,
    /// In words, to whom: `the branch of 2140 /usr/bin/curl in container web-1`.
    pub says: String,
}

impl App {
    /// What something means for whoever is alive now; or why it is refused.
    pub(super) fn order(&self, verb: Verb, whom: Whom) -> Result<Order, String> {
        let (roots, says) = self.roots(&whom)?;
        let branches = matches!(whom, Whom::Branch(_) | Whom::Incident(_));
        let mut all = if branches { self.branches(&roots) } else { roots };
        all.truncate(MOST);
        let (mut targets, mut left_out) = (Vec::new(), Vec::new());
        for process in all {
            let target = Target { id: process.id, name: program(process) };
            match self.settings.allowed.as_ref().and_then(|allowed| spared(process, allowed)) {
                // Of a container only its cgroup is touched.
                Some(why) if !verb.is_of_containers() => left_out.push((target, why)),
                _ => targets.push(target),
            }
        }
        match (targets.is_empty(), left_out.first()) {
            (true, Some((target, why))) => {
                Err(format!("not {}: {} {} is {why}", past(verb), target.id.pid, target.name))
            }
            (true, None) => Err(format!("nothing of {says} is alive")),
            (false, _) => Ok(Order { verb, whom, targets, left_out, says }),
        }
    }

    /// Where it begins, and how that is called.
    fn roots(&self, whom: &Whom) -> Result<(Vec<&Process>, String), String> {
        let model = &self.live.model;
        let one = |id: ProcessId| {
            let process = model.process(id).ok_or_else(|| format!("process {} is no longer kept", id.pid))?;
            let place = self.place(&process.group);
            Ok::<_, String>((process, format!("{} {} {place}", id.pid, exe(process))))
        };
        Ok(match whom {
            Whom::Process(id) => {
                let (process, says) = one(*id)?;
                (Some(process).filter(|process| process.alive()).into_iter().collect(), says)
            }
            Whom::Branch(id) => {
                let (process, says) = one(*id)?;
                // Who may not be touched has no branch that may: what keeps the node going hangs on it.
                if let Some(why) = self.settings.allowed.as_ref().and_then(|allowed| spared(process, allowed)) {
                    return Err(format!("the branch of {} is left alone: it is {why}", id.pid));
                }
                (vec![process], format!("the branch of {says}"))
            }
            Whom::Incident(number) => {
                let alarm = self.alarms().list.iter().find(|alarm| alarm.id == *number);
                let alarm = alarm.ok_or_else(|| format!("incident i{number} is no longer kept"))?;
                let own = alarm.stages.iter().filter_map(|stage| model.process(stage.process));
                (own.collect(), format!("incident i{number}"))
            }
            Whom::Container(id) => {
                let key = GroupKey::Container(Arc::clone(id));
                let members = model.members(&key).filter(|process| process.alive()).collect();
                (members, self.place(&key).trim_start_matches("in ").to_owned())
            }
        })
    }

    /// The living among some and all that descend from them, makers first. Whoever may not be touched has no branch here.
    fn branches<'a>(&'a self, roots: &[&'a Process]) -> Vec<&'a Process> {
        let (mut known, mut all) = (HashSet::new(), Vec::new());
        let mut next: Vec<&Process> = roots.to_vec();
        while let Some(process) = next.pop() {
            if !known.insert(process.id) || all.len() > MOST {
                continue;
            }
            let spared = self.settings.allowed.as_ref().is_some_and(|allowed| spared(process, allowed).is_some());
            if !spared {
                next.extend(self.live.model.born_of(process.id));
            }
            if process.alive() {
                all.push(process);
            }
        }
        all
    }

    fn place(&self, group: &GroupKey) -> String {
        let known = self.live.model.group(group).and_then(|group| group.container.as_ref());
        match group {
            GroupKey::Host => "on the host".to_owned(),
            GroupKey::Service(name) => format!("in {name}"),
            GroupKey::Container(id) => {
                let short = id.get(..12).unwrap_or(id);
                let name = known.and_then(|container| container.news.name.clone());
                format!("in container {}", name.unwrap_or_else(|| short.to_owned()))
            }
        }
    }
}

fn exe(process: &Process) -> String {
    process.image().map(|image| image.exe.lossless()).filter(|exe| !exe.is_empty()).unwrap_or_else(|| program(process))
}

fn past(verb: Verb) -> &'static str {
    match verb {
        Verb::Stop => "stopped",
        Verb::Continue => "continued",
        Verb::Kill => "killed",
        Verb::Freeze => "frozen",
        Verb::Thaw => "thawed",
    }
}
