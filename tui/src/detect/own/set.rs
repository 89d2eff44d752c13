//! A set of rules, indexed by what they are asked on, and what became of the rest.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::fault::Fault;
use super::sigma::{self, Index, Seen};
use super::{Origin, Outcome, OwnRule, read};
use crate::detect::rule::{Severity, catalogue, rule};
use crate::model::ProcessEvent;

/// Rules of one's own.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Arc<OwnRule>>,
    /// Places of those in the filter language, by the kind of event.
    asked_on: HashMap<&'static str, Vec<usize>>,
    sigma: Index,
    broken: Vec<Broken>,
    unmapped: Vec<(String, Unmapped)>,
}

/// Something that is wrong in a file of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: String,
    /// What, and where.
    pub fault: Fault,
}

/// A rule that is right, and asks for something that nobody here can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    /// What the rule is called.
    pub title: String,
    /// Why, and where it says so.
    pub fault: Fault,
    /// The sort of reason, the same words for all of a sort.
    pub sort: &'static str,
}

/// Reads the rules of a file: TOML, or Sigma where its name ends with `.yml` or `.yaml`. Whatever the text is, there is
/// an answer.
pub fn read_rules(file: &str, text: &str) -> Vec<Outcome> {
    read_rules_rating(file, text, Severity::High)
}

/// Likewise; Sigma rules of the level `critical` have the severity `critical`.
pub fn read_rules_rating(file: &str, text: &str, critical: Severity) -> Vec<Outcome> {
    let yaml = file.ends_with(".yml") || file.ends_with(".yaml");
    if yaml { sigma::read(file, text, critical) } else { read::toml(file, text) }
}

impl RuleSet {
    /// The rules of some files; a name that is there already is a fault of whoever comes later.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a [Outcome])>) -> RuleSet {
        let (mut set, mut known) = (RuleSet::default(), BTreeMap::<String, Origin>::new());
        for (file, outcomes) in files {
            for outcome in outcomes {
                match outcome {
                    Outcome::Rule(rule) => match known.get(&rule.rule.id) {
                        None => {
                            known.insert(rule.rule.id.clone(), rule.origin.clone());
                            set.add(rule);
                        }
                        Some(other) => {
                            let place = format!("{}:{}", other.file, other.line);
                            let message = format!("`{}` is the name of a rule in {place} already", rule.rule.id);
                            let fault = Fault { line: rule.origin.line, column: 1, width: 1, message };
                            set.broken.push(Broken { file: file.to_owned(), fault });
                        }
                    },
                    Outcome::Broken(fault) => {
                        set.broken.push(Broken { file: file.to_owned(), fault: fault.clone() });
                    }
                    Outcome::Unmapped(unmapped) => set.unmapped.push((file.to_owned(), unmapped.clone())),
                }
            }
        }
        set.sigma = Index::of(&set.rules);
        set
    }

    fn add(&mut self, rule: &Arc<OwnRule>) {
        if !rule.is_sigma() {
            rule.on.iter().for_each(|kind| self.asked_on.entry(kind).or_default().push(self.rules.len()));
        }
        self.rules.push(Arc::clone(rule));
    }

    /// Something that is wrong with a file as a whole, such as that it cannot be read.
    pub fn blame(&mut self, file: impl Into<String>, message: impl Into<String>) {
        let fault = Fault { line: 1, column: 1, width: 1, message: message.into() };
        self.broken.push(Broken { file: file.into(), fault });
    }

    /// An exception of `file`, which holds `text`, is about the rule of this name: it is wrong where there is none.
    pub fn want(&mut self, file: &str, text: &str, name: &str) {
        if rule(name).is_some() || self.get(name).is_some() {
            return;
        }
        let all = catalogue().map(|rule| rule.id.as_str()).chain(self.rules().map(|own| own.rule.id.as_str()));
        let near = read::nearest(name, all).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let at = text.find(&format!("\"{name}\"")).or(text.find(&format!("'{name}'"))).map_or(0, |at| at + 1);
        let message = format!("an exception is about the rule `{name}`, which is none and so mutes nothing{near}");
        self.broken.push(Broken { file: file.to_owned(), fault: Fault::at(text, at..at + name.len(), message) });
    }

    /// The rules, in the order of their files.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &OwnRule> {
        self.rules.iter().map(Arc::as_ref)
    }

    /// The rule of this name.
    pub fn get(&self, id: &str) -> Option<&OwnRule> {
        self.rules().find(|rule| rule.rule.id == id)
    }

    /// What is wrong.
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// Which rules ask for what nobody here can tell, each with its file.
    pub fn unmapped(&self) -> &[(String, Unmapped)] {
        &self.unmapped
    }

    /// How many there are, how many of them are Sigma rules.
    pub fn count(&self) -> (usize, usize) {
        (self.rules.len(), self.rules().filter(|rule| rule.is_sigma()).count())
    }

    fn counts(&self) -> String {
        let (all, sigma) = self.count();
        let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        match (all - sigma, sigma) {
            (own, 0) => many(own, "own rule"),
            (0, sigma) => many(sigma, "Sigma rule"),
            (own, sigma) => format!("{} and {}", many(own, "own rule"), many(sigma, "Sigma rule")),
        }
    }

    /// In few words, for whoever has just changed them: what is wrong with the first that is, its file without the way there; else
    /// how many there are.
    pub fn notice(&self) -> String {
        let Some(first) = self.broken.first() else { return format!("{} in use", self.counts()) };
        let file = first.file.rsplit('/').next().unwrap_or(&first.file);
        let more = match self.broken.len() - 1 {
            0 => String::new(),
            more => format!("{} are wrong, ", more + 1),
        };
        format!("{more}{file}:{}", first.fault)
    }

    /// In a line: what is watched for, and what is wrong. Nothing where there is nothing.
    pub fn summary(&self) -> Option<String> {
        let counts = self.counts();
        if self.rules.is_empty() && self.broken.is_empty() {
            return None;
        }
        let Some(first) = self.broken.first() else { return Some(counts) };
        let more = match self.broken.len() - 1 {
            0 => String::new(),
            more => format!("; and {more} more: see `ktrace-tui rules list`"),
        };
        Some(format!("{counts}; left out: {}:{}{more}", first.file, first.fault))
    }

    pub(super) fn asked_on(&self, kind: &str) -> impl Iterator<Item = &OwnRule> {
        let places = self.asked_on.get(kind).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|&at| self.rules.get(at)).map(Arc::as_ref)
    }

    pub(super) fn sigma_asked(&self, event: &ProcessEvent) -> bool {
        self.sigma.asked(event)
    }

    /// The Sigma rules that may hold of an event.
    pub(super) fn sigma_on(&self, seen: &Seen<'_>) -> impl Iterator<Item = &OwnRule> {
        self.sigma.candidates(seen).into_iter().filter_map(|at| self.rules.get(at)).map(Arc::as_ref)
    }
}
