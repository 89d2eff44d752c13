//! Rules of one's own: conditions in the filter language, and Sigma rules. They come and go while a stream is watched;
//! what they find is a finding like any other.

mod count;
mod fault;
mod kinds;
mod read;
mod set;
mod sigma;
#[cfg(test)]
mod tests;
mod title;

use std::collections::HashMap;
use std::sync::Arc;

use super::behaviour::{Scene, Sink};
use super::finding::{Fact, Finding};
use super::rule::Rule;
use super::told::Told;
use crate::model::filter::Filter;
use crate::model::{ProcessEvent, ProcessId};

pub use fault::Fault;
pub use set::{Broken, RuleSet, Unmapped, read_rules, read_rules_rating};

use count::{Counting, Counts};
use sigma::{Seen, Sigma};
use title::Title;

/// Longest condition that stands in evidence, in characters.
const LONGEST: usize = 300;

/// A rule of somebody's own.
#[derive(Debug)]
pub struct OwnRule {
    /// What it says of what it finds.
    pub rule: Arc<Rule>,
    /// Where it was read.
    pub origin: Origin,
    /// The kinds of events that it is asked on.
    pub on: Vec<&'static str>,
    test: Test,
    title: Title,
    counting: Option<Counting>,
}

/// Where a rule was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// The line that it begins at, counted from 1.
    pub line: usize,
}

/// The condition of a rule.
#[derive(Debug)]
enum Test {
    Filter(Filter),
    Sigma(Box<Sigma>),
}

/// What is made of a rule in a file.
#[derive(Debug)]
pub enum Outcome {
    /// It is watched for.
    Rule(Arc<OwnRule>),
    /// Something is wrong with it.
    Broken(Fault),
    /// It is right, and asks for something that nobody here can tell.
    Unmapped(Unmapped),
}

impl OwnRule {
    /// True for a Sigma rule.
    pub fn is_sigma(&self) -> bool {
        matches!(self.test, Test::Sigma(_))
    }

    /// What it asks for: an expression of the filter language, or the condition of a Sigma rule.
    pub fn asks(&self) -> &str {
        match &self.test {
            Test::Filter(filter) => filter.text(),
            Test::Sigma(sigma) => sigma.condition(),
        }
    }

    /// True when what it has counted may be gone on with by `other`.
    fn counts_as(&self, other: &OwnRule) -> bool {
        self.counting == other.counting && self.asks() == other.asks() && self.on == other.on
    }
}

/// Watches for rules of one's own.
#[derive(Debug, Default)]
pub(super) struct Own {
    rules: Arc<RuleSet>,
    counts: HashMap<String, Counts>,
    told: Told,
}

impl Own {
    /// Goes on with other rules. What was counted for one that is as it was stays counted.
    pub(super) fn renew(&mut self, rules: Arc<RuleSet>) {
        let same = |id: &str| rules.get(id).zip(self.rules.get(id)).is_some_and(|(new, old)| new.counts_as(old));
        self.counts.retain(|id, _| same(id));
        self.rules = rules;
    }

    /// The rules.
    pub(super) fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Looks at an event that the model has taken in already.
    pub(super) fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let rules = Arc::clone(&self.rules);
        for rule in rules.asked_on(scene.event.kind.name()) {
            if let Test::Filter(filter) = &rule.test
                && filter.event(scene.event, scene.model)
            {
                self.holds(rule, scene, out);
            }
        }
        let Some(seen) = rules.sigma_asked(scene.event).then(|| Seen::new(*scene)) else { return };
        for rule in rules.sigma_on(&seen) {
            if let Test::Sigma(sigma) = &rule.test
                && sigma.holds(&seen)
            {
                self.sigma(rule, sigma, &seen, out);
            }
        }
    }

    /// Forgets a process that ended.
    pub(super) fn forget(&mut self, process: ProcessId) {
        self.counts.values_mut().for_each(|counts| counts.forget(process));
    }

    /// Raises what a condition of the filter language finds: once for a process, unless the title says something else.
    fn holds(&mut self, rule: &OwnRule, scene: &Scene<'_>, out: &mut Sink) {
        let said = kinds::said(scene);
        let condition = shortened(rule.asks());
        let title = rule.title.fill(scene.event, scene.model);
        let Some(counting) = &rule.counting else {
            if self.told.once("own", scene.process.id, (&rule.rule.id, &title)) {
                let mut finding = finding(rule, scene, title);
                finding.because(format!("it fulfils `{condition}`"), Fact::of(scene.event, said));
                out.found.push(finding);
            }
            return;
        };
        let counts = self.counts.entry(rule.rule.id.clone()).or_default();
        let Some((first, last)) = counts.hit(counting, scene, said) else { return };
        let seconds = last.time.since(first.time) as f64 / 1e9;
        let many = match counting.unique {
            Some(field) => format!("{} with different `{}`", counting.count, field.name()),
            None => counting.count.to_string(),
        };
        let mut finding = finding(rule, scene, title);
        finding.with(Some(first.process));
        finding.because(format!("the first of {many} that fulfil `{condition}`"), first);
        finding.because(format!("the last of them, {seconds:.1} s later"), last);
        out.found.push(finding);
    }

    /// Raises what a Sigma rule finds: once for a program and whoever runs it, as a script runs the same a hundred times.
    fn sigma(&mut self, rule: &OwnRule, sigma: &Sigma, seen: &Seen<'_>, out: &mut Sink) {
        let scene = seen.scene();
        let asker = scene.process.birth_parent.unwrap_or(scene.process.id);
        let program = scene.process.image().map(|image| image.exe.clone()).unwrap_or_default();
        if !self.told.once("own", asker, (&rule.rule.id, program.bytes())) {
            return;
        }
        let title = format!("{}: {} ({})", rule.rule.title, program.file_name().lossless(), scene.process.id.pid);
        let mut finding = finding(rule, scene, title);
        for predicate in sigma.evidence(seen) {
            finding.because(shortened(&predicate), Fact::of(scene.event, kinds::said(scene)));
        }
        out.found.push(finding);
    }
}

fn finding(rule: &OwnRule, scene: &Scene<'_>, title: String) -> Finding {
    let mut finding = Finding::of(&rule.rule, scene.process.id, scene.event.time);
    finding.titled(title).refused(failed(scene.event));
    finding
}

/// What was asked of the kernel was refused.
fn failed(event: &ProcessEvent) -> bool {
    match &event.kind {
        crate::model::Kind::Act(act) => act.error.is_some(),
        crate::model::Kind::Net(net) => net.error.is_some(),
        _ => false,
    }
}

fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
