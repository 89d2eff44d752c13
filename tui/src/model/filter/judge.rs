//! What a filter says of the processes of one model, remembered for as long as what it rests on stays as it is.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::container::GroupKey;
use super::super::event::ProcessEvent;
use super::super::graph::Model;
use super::super::process::{Process, ProcessId};
use super::eval::{Subject, holds, only_of_containers};
use super::fields::Field;
use super::{Expr, Filter};

/// Verdicts remembered beyond twice the processes of the model, before those of the forgotten are given up.
const SPARE: usize = 1_024;

/// A filter, and its verdicts. It says the same as [`Filter::process`] and [`Filter::event`], and is cheap to ask again
/// and again: what follows from a process itself is found out once per version of it; what follows from others (`under`,
/// `within`) once per version of the model, for each process and each group. It is of one model: another needs another.
#[derive(Clone, Debug)]
pub struct Judge {
    filter: Filter,
    plan: Plan,
    memory: Memory,
}

/// The filter, taken apart where it asks of other processes.
#[derive(Clone, Debug)]
enum Plan {
    And(Vec<Plan>),
    Or(Vec<Plan>),
    Not(Box<Plan>),
    /// A part that follows from the process and its container alone.
    Part(usize),
    /// The process or one of its ancestors fulfils this; with a number of its own.
    Under(usize, Box<Plan>),
    /// A process of the same group fulfils this, likewise.
    Within(usize, Box<Plan>),
}

#[derive(Clone, Debug, Default)]
struct Memory {
    parts: Vec<Expr>,
    own: HashMap<ProcessId, Own>,
    /// The version of the model that the rest is of.
    version: Option<u64>,
    containers: HashMap<GroupKey, u64>,
    under: HashMap<(usize, ProcessId), bool>,
    within: HashMap<(usize, GroupKey), bool>,
    /// Names of addresses are asked for: what was told of them changes no process.
    names: bool,
    /// Logins are asked for: they follow from the makers of a process, too.
    logins: bool,
}

/// What each part says of a process.
#[derive(Clone, Debug)]
struct Own {
    version: u32,
    /// What is told of its container, and how much of names and makers where they are asked for, in a number.
    container: u64,
    says: Box<[bool]>,
}

impl Judge {
    /// One that has looked at nothing yet.
    pub fn new(filter: Filter) -> Judge {
        let (mut memory, mut relations) = (Memory::default(), 0);
        memory.names = filter.expr().asks(Field::RemoteName);
        memory.logins = filter.expr().asks(Field::Login);
        let plan = plan(filter.expr(), &mut memory.parts, &mut relations);
        Judge { filter, plan, memory }
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// True for a process of `model` that fulfils it.
    pub fn process(&mut self, process: &Process, model: &Model) -> bool {
        self.memory.turn(model);
        self.memory.process(&self.plan, process, model)
    }

    /// True for an event that fulfils it, or whose process does; `model` has taken it in already.
    pub fn event(&mut self, event: &ProcessEvent, model: &Model) -> bool {
        self.memory.turn(model);
        self.memory.event(&self.plan, Subject::event(event, model))
    }
}

fn plan(expr: &Expr, parts: &mut Vec<Expr>, relations: &mut usize) -> Plan {
    let mut each = |all: &[Expr]| all.iter().map(|expr| plan(expr, parts, relations)).collect();
    match expr {
        Expr::And(all) if !alone(expr) => Plan::And(each(all)),
        Expr::Or(all) if !alone(expr) => Plan::Or(each(all)),
        Expr::Not(not) if !alone(expr) => Plan::Not(Box::new(plan(not, parts, relations))),
        Expr::Under(who) => {
            *relations += 1;
            Plan::Under(*relations, Box::new(plan(who, parts, relations)))
        }
        Expr::Within(who) if !alone(expr) => {
            *relations += 1;
            Plan::Within(*relations, Box::new(plan(who, parts, relations)))
        }
        _ => {
            parts.push(expr.clone());
            Plan::Part(parts.len() - 1)
        }
    }
}

/// True where nothing is asked of another process.
fn alone(expr: &Expr) -> bool {
    match expr {
        Expr::And(all) | Expr::Or(all) => all.iter().all(alone),
        Expr::Not(expr) => alone(expr),
        Expr::Text(_) | Expr::Is(_) => true,
        Expr::Under(_) => false,
        Expr::Within(expr) => only_of_containers(expr),
    }
}

impl Memory {
    /// Forgets what another version of the model may say otherwise.
    fn turn(&mut self, model: &Model) {
        if self.version.replace(model.version()) == Some(model.version()) {
            return;
        }
        self.containers.clear();
        self.under.clear();
        self.within.clear();
        let kept = model.totals().alive + model.totals().dead;
        if self.own.len() > 2 * kept + SPARE {
            self.own.retain(|id, _| model.process(*id).is_some());
        }
    }

    fn process(&mut self, plan: &Plan, process: &Process, model: &Model) -> bool {
        match plan {
            Plan::And(all) => all.iter().all(|plan| self.process(plan, process, model)),
            Plan::Or(all) => all.iter().any(|plan| self.process(plan, process, model)),
            Plan::Not(plan) => !self.process(plan, process, model),
            Plan::Part(at) => self.part(*at, process, model),
            Plan::Under(number, plan) => self.under(*number, plan, process, model),
            Plan::Within(number, plan) => self.within(*number, plan, process, model),
        }
    }

    fn event(&mut self, plan: &Plan, subject: Subject<'_>) -> bool {
        match plan {
            Plan::And(all) => all.iter().all(|plan| self.event(plan, subject)),
            Plan::Or(all) => all.iter().any(|plan| self.event(plan, subject)),
            Plan::Not(plan) => !self.event(plan, subject),
            Plan::Part(at) => self.parts.get(*at).is_some_and(|part| holds(part, subject)),
            // Of others it is asked what they are, not what happened.
            Plan::Under(..) | Plan::Within(..) => {
                subject.process.is_some_and(|process| self.process(plan, process, subject.model))
            }
        }
    }

    fn part(&mut self, at: usize, process: &Process, model: &Model) -> bool {
        let names = if self.names { model.named() } else { 0 };
        let makers = if self.logins { model.version() } else { 0 };
        let container = self.container(&process.group, model).wrapping_add(names).wrapping_add(makers);
        let known = self.own.get(&process.id);
        if let Some(own) = known.filter(|own| own.version == process.version && own.container == container) {
            return own.says.get(at).copied().unwrap_or(false);
        }
        let subject = Subject::process(process, model);
        let says: Box<[bool]> = self.parts.iter().map(|part| holds(part, subject)).collect();
        let said = says.get(at).copied().unwrap_or(false);
        self.own.insert(process.id, Own { version: process.version, container, says });
        said
    }

    /// The same number for as long as a runtime tells the same of a container: no process changes when it is renamed.
    fn container(&mut self, key: &GroupKey, model: &Model) -> u64 {
        if !matches!(key, GroupKey::Container(_)) {
            return 0;
        }
        if let Some(&told) = self.containers.get(key) {
            return told;
        }
        let mut hasher = DefaultHasher::new();
        let container = model.group(key).and_then(|group| group.container.as_ref());
        let news = container.map(|it| (&it.news.name, &it.news.image, &it.news.pod, &it.news.namespace));
        news.hash(&mut hasher);
        let told = hasher.finish();
        self.containers.insert(key.clone(), told);
        told
    }

    /// Up the line of ancestors, as far as to one of whom it is known.
    fn under(&mut self, number: usize, plan: &Plan, process: &Process, model: &Model) -> bool {
        let (mut line, mut said) = (Vec::new(), false);
        let mut next = Some(process);
        while let Some(process) = next {
            if let Some(&known) = self.under.get(&(number, process.id)) {
                said = known;
                break;
            }
            // Until it is known better: a malformed stream may make a ring of ancestors.
            self.under.insert((number, process.id), false);
            line.push(process.id);
            if self.process(plan, process, model) {
                said = true;
                break;
            }
            next = process.birth_parent.and_then(|id| model.process(id));
        }
        if said {
            self.under.extend(line.into_iter().map(|id| ((number, id), true)));
        }
        said
    }

    fn within(&mut self, number: usize, plan: &Plan, process: &Process, model: &Model) -> bool {
        let key = (number, process.group.clone());
        if let Some(&known) = self.within.get(&key) {
            return known;
        }
        let said = model.members(&process.group).any(|member| self.process(plan, member, model));
        self.within.insert(key, said);
        said
    }
}
