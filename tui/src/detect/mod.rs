//! What is wrong in the tree: behaviours, the rule catalogue, findings, and the incidents that join them. Pure: it sees
//! events and the model, and nothing else.

mod beacon;
mod behaviour;
mod comparing;
mod drift;
mod escapes;
mod exception;
mod exfiltration;
mod fileless;
mod finding;
pub(crate) mod fuzz;
mod hints;
mod image;
mod incident;
mod injection;
mod joining;
mod kin;
mod log;
mod misuse;
mod normal;
mod own;
mod persistence;
mod recon;
mod rule;
mod secrets;
mod sensor;
mod servers;
mod shells;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;
mod told;
mod ways;

pub use exception::Exception;
pub use finding::{Chain, Evidence, Fact, Finding, Part};
pub use incident::{Incident, Stage, stage_of};
pub use log::Entry;
pub use own::{Broken, Fault, Outcome, OwnRule, RuleSet, Unmapped, read_rules, read_rules_rating};
pub use rule::{Class, Rule, Severity, catalogue, rule};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use behaviour::{Behaviour, Scene, Sink};
use incident::Gist;
use joining::Joining;
use normal::Normal;
use own::Own;

use crate::baseline::Acceptance;
use crate::model::{Connection, Event, Model, Process, ProcessId};

/// Findings kept; beyond that the oldest of the least severity leave, a sixteenth of them at once, and are counted.
const FINDINGS: usize = 10_000;
/// Findings of an incident of which each one is worth telling it anew.
const MANY: usize = 256;

/// Watches a stream for everything that the catalogue knows.
#[derive(Debug, Default)]
pub struct Detector {
    behaviours: Vec<Box<dyn Behaviour>>,
    /// Compares with what is normal, where somebody told what that is.
    normal: Option<Box<Normal>>,
    exceptions: Vec<(Arc<Exception>, u64)>,
    own: Own,
    joining: Joining,
    findings: BTreeMap<u64, Finding>,
    /// The numbers of the findings of each incident.
    incidents: BTreeMap<u64, Vec<u64>>,
    /// What makes each as bad as it is: changes with what is found, not with what is let go.
    gists: BTreeMap<u64, Gist>,
    /// Incidents that turned out to be part of another.
    merged: HashMap<u64, u64>,
    /// Incidents as a log tells them: what they rest on may be gone from the model.
    recalled: BTreeMap<u64, Incident>,
    /// What findings would be taken for if they were normal, by their numbers.
    acceptable: BTreeMap<u64, Acceptance>,
    /// Incidents of a recording to which something was added by comparing.
    extended: BTreeSet<u64>,
    last: u64,
    dropped: u64,
}

/// What an event brought to light.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The numbers of new findings, the muted ones too.
    pub findings: Vec<u64>,
    /// The incidents that changed. Of one with more than 256 findings another of the same changes nothing that is worth
    /// telling, until a good part came on top: else whoever makes findings would have all of them gone through for each.
    pub incidents: Vec<u64>,
    /// Incidents that turned out to be part of others, each with the one that it is part of.
    pub merged: Vec<(u64, u64)>,
    /// Processes that the source is to look at closely: what they pass on between a connection and others tells what
    /// they are.
    pub attention: Vec<ProcessId>,
}

impl Detector {
    /// One that has seen nothing yet.
    pub fn new(exceptions: Vec<Exception>) -> Detector {
        let exceptions = exceptions.into_iter().map(|exception| (Arc::new(exception), 0)).collect();
        Detector { behaviours: behaviours(), exceptions, ..Detector::default() }
    }

    /// Watches for these rules of one's own from now on, instead of those before. What was found stays found.
    pub fn renew(&mut self, rules: Arc<RuleSet>) {
        self.own.renew(rules);
    }

    /// The rules of one's own that are watched for.
    pub fn own_rules(&self) -> &Arc<RuleSet> {
        self.own.rules()
    }

    /// Looks at an event that `model` has just taken in.
    pub fn observe(&mut self, event: &Event, model: &Model) -> News {
        let Event::Process(event) = event else { return self.hear(event, model) };
        let Some(process) = model.process(event.process) else { return News::default() };
        let scene = Scene { event, process, model };
        let mut sink = Sink::default();
        for behaviour in &mut self.behaviours {
            behaviour.observe(&scene, &mut sink);
        }
        if let Some(normal) = &mut self.normal {
            normal.observe(&scene, &mut sink);
        }
        self.own.observe(&scene, &mut sink);
        // Some is told of those who have ended, what was in their program and how their connections went: whoever keeps
        // something of them because of that is told again that they are gone.
        if !process.alive() {
            for behaviour in &mut self.behaviours {
                behaviour.forget(event.process, model);
            }
            self.own.forget(event.process);
        }
        let mut news = News { attention: std::mem::take(&mut sink.attention), ..News::default() };
        self.take_all(sink, model, &mut news);
        news
    }

    fn take(&mut self, mut finding: Finding, model: &Model, news: &mut News) {
        self.last += 1;
        finding.number = self.last;
        finding.complete = !in_doubt(&finding, model);
        let muting = self.exceptions.iter_mut().find(|(exception, _)| exception.mutes(&finding, model));
        if let Some((exception, count)) = muting {
            *count += 1;
            finding.muted = Some(Arc::clone(exception));
        } else {
            let joined = self.joining.join(&finding, model);
            finding.incident = joined.incident;
            let mut changed = !joined.merged.is_empty();
            for merged in joined.merged {
                self.merge(merged, joined.incident);
                news.merged.push((merged, joined.incident));
            }
            changed |= self.changes(&finding);
            if changed && !news.incidents.contains(&joined.incident) {
                news.incidents.push(joined.incident);
            }
        }
        let (number, incident) = (finding.number, finding.incident);
        news.findings.push(number);
        self.findings.insert(number, finding);
        if incident != 0 {
            self.gather(incident, vec![number]);
        }
        self.bound();
    }

    /// Whether a finding makes its incident another one than was told.
    fn changes(&mut self, finding: &Finding) -> bool {
        let gist = self.gists.entry(finding.incident).or_default();
        let worse = std::mem::replace(gist, gist.and(finding)) != *gist;
        let count = self.incidents.get(&finding.incident).map_or(0, Vec::len) + 1;
        worse || count <= MANY || count.is_multiple_of(count.next_power_of_two() / 32)
    }

    /// What was an incident of its own becomes part of another.
    fn merge(&mut self, merged: u64, into: u64) {
        let numbers = self.incidents.remove(&merged).unwrap_or_default();
        let gist = self.gists.remove(&merged).unwrap_or_default();
        self.gists.entry(into).or_default().join(gist);
        for number in &numbers {
            if let Some(finding) = self.findings.get_mut(number) {
                finding.incident = into;
            }
        }
        self.gather(into, numbers);
        self.merged.insert(merged, into);
    }

    /// Lets the least of too many go: several at once, as to look for them takes as long as there are findings.
    fn bound(&mut self) {
        if self.findings.len() <= FINDINGS {
            return;
        }
        let mut all: Vec<_> = self.findings.values().map(|finding| (finding.severity, finding.number)).collect();
        let (least, ..) = all.select_nth_unstable(FINDINGS / 16);
        let least = least.iter().filter_map(|(_, number)| self.findings.remove(number));
        let touched: BTreeSet<u64> = least.map(|finding| finding.incident).collect();
        let findings = &self.findings;
        self.dropped += (all.len() - findings.len()) as u64;
        self.acceptable.retain(|number, _| findings.contains_key(number));
        for incident in touched {
            if let Some(numbers) = self.incidents.get_mut(&incident) {
                numbers.retain(|number| findings.contains_key(number));
                if numbers.is_empty() {
                    self.incidents.remove(&incident);
                    self.gists.remove(&incident);
                }
            }
        }
    }

    /// A finding, by its number.
    pub fn finding(&self, number: u64) -> Option<&Finding> {
        self.findings.get(&number)
    }

    /// Every finding that is kept, in the order in which they were made.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }

    /// Findings that were dropped since there were too many.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The incident that has this number, or that it became part of.
    pub fn incident(&self, id: u64, model: &Model) -> Option<Incident> {
        let mut id = id;
        while let Some(&into) = self.merged.get(&id) {
            id = into;
        }
        if let Some(known) = self.recalled.get(&id) {
            return Some(known.clone());
        }
        let findings: Vec<&Finding> = self.incidents.get(&id)?.iter().filter_map(|it| self.findings.get(it)).collect();
        Incident::of(id, &findings, model)
    }

    /// The connections over which an incident came, or went on, each with the process that has it: those whose two ends
    /// are known.
    pub fn ways<'a>(&'a self, incident: &'a Incident, model: &'a Model) -> Vec<(ProcessId, &'a Connection)> {
        let numbers = incident.stages.iter().flat_map(|stage| &stage.findings);
        ways::ways(numbers.filter_map(|number| self.findings.get(number)), model)
    }

    /// Every incident worth a look: those whose worst is medium or more.
    pub fn incidents(&self, model: &Model) -> Vec<Incident> {
        let all = self.incidents.keys().filter_map(|&id| self.incident(id, model));
        all.filter(|incident| incident.severity >= Severity::Medium).collect()
    }

    /// The exceptions, and how many findings each has muted.
    pub fn exceptions(&self) -> impl Iterator<Item = (&Exception, u64)> {
        self.exceptions.iter().map(|(exception, count)| (exception.as_ref(), *count))
    }

    /// Findings that were muted.
    pub fn muted(&self) -> u64 {
        self.exceptions.iter().map(|(_, count)| count).sum()
    }

    /// Adds an exception; it mutes what was found already, too, and gives how many that are.
    pub fn except(&mut self, exception: Exception, model: &Model) -> usize {
        let found = self.findings.values().filter(|finding| exception.mutes(finding, model));
        let numbers = found.map(|finding| finding.number).collect();
        self.mute(exception, numbers)
    }

    /// Mutes findings by their numbers, those that are muted aside; gives how many that are.
    fn mute(&mut self, exception: Exception, mut numbers: Vec<u64>) -> usize {
        let exception = Arc::new(exception);
        numbers.retain(|number| self.findings.get(number).is_some_and(|finding| finding.muted.is_none()));
        for number in &numbers {
            if let Some(finding) = self.findings.get_mut(number) {
                finding.muted = Some(Arc::clone(&exception));
            }
        }
        if !numbers.is_empty() {
            self.recalled.clear();
        }
        for all in self.incidents.values_mut() {
            all.retain(|number| !numbers.contains(number));
        }
        self.incidents.retain(|_, all| !all.is_empty());
        let count = numbers.len() as u64;
        match self.exceptions.iter_mut().find(|(known, _)| *known == exception) {
            Some((_, muted)) => *muted += count,
            None => self.exceptions.push((exception, count)),
        }
        numbers.len()
    }

    /// Which parts of which chains a process shows, and which are missing.
    pub fn explain(&self, process: &Process, model: &Model) -> Vec<Chain> {
        self.behaviours.iter().flat_map(|behaviour| behaviour.chains(process, model)).collect()
    }
}

/// Everything that is watched for.
fn behaviours() -> Vec<Box<dyn Behaviour>> {
    vec![
        Box::new(escapes::Escapes::default()),
        Box::new(shells::Shells::default()),
        Box::new(fileless::Fileless::default()),
        Box::new(drift::Drift::default()),
        Box::new(secrets::Secrets::default()),
        Box::new(persistence::Persistence::default()),
        Box::new(hints::Hints::default()),
        Box::new(exfiltration::Exfiltration::default()),
        Box::new(beacon::Beacons::default()),
        Box::new(recon::Recon::default()),
        Box::new(servers::Servers::default()),
        Box::new(injection::Injection::default()),
        Box::new(misuse::Misuse::default()),
        Box::new(sensor::Sensor::default()),
    ]
}

/// Records were lost that it may rest on.
fn in_doubt(finding: &Finding, model: &Model) -> bool {
    let own = std::iter::once(finding.process).chain(finding.others.iter().copied());
    let lineage = model.lineage(finding.process).take(8).map(|ancestor| ancestor.doubt);
    own.filter_map(|id| model.process(id)).map(|process| process.doubt).chain(lineage).any(|doubt| doubt)
}
