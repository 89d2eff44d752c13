//! What another detector found, as a log from which ours knows the same.

use std::collections::HashMap;
use std::sync::Arc;

use super::Lines;
use crate::detect::{Class, Entry, Evidence, Exception, Fact, Finding, Incident, Rule, Stage};
use crate::jsonl::{FindingLine, IncidentLine, ShortShape, StageShape, WhyShape};
use crate::model::{GroupKey, ProcessId, Time};

/// Findings that are remembered, so that an incident is made of them and not of what it says itself.
const REMEMBERED: usize = 16_384;

/// The numbers of what was found.
#[derive(Default)]
pub(super) struct Findings {
    last: u64,
    /// Incidents of this run begin after this one.
    before: u64,
    highest: u64,
    numbers: HashMap<(Time, String, String), u64>,
}

impl Findings {
    /// From here on another run of the agent tells, which counts from the start.
    pub(super) fn next_run(&mut self) {
        (self.before, self.numbers) = (self.highest, HashMap::new());
    }

    fn number(&mut self, time: Time, rule: &str, title: &str) -> u64 {
        if self.numbers.len() >= REMEMBERED {
            self.numbers.clear();
        }
        self.last += 1;
        self.numbers.insert((time, rule.to_owned(), title.to_owned()), self.last);
        self.last
    }

    fn known(&self, short: &ShortShape) -> Option<u64> {
        self.numbers.get(&(short.time, short.rule.clone(), short.title.clone())).copied()
    }

    /// The number of an incident, by its name: `i3`.
    fn incident(&mut self, name: &str) -> Option<u64> {
        let number: u64 = name.strip_prefix('i')?.parse().ok()?;
        let number = self.before.checked_add(number)?;
        self.highest = self.highest.max(number);
        Some(number)
    }
}

impl Lines {
    pub(super) fn finding(&mut self, line: FindingLine) {
        let time = line.time;
        let process = self.meet(&line.process, &line.lineage, time);
        let others: Vec<ProcessId> = line.others.iter().map(|other| self.meet(other, &[], time)).collect();
        let why = line.why.into_iter().map(|why| self.evidence(why)).collect();
        let finding = Finding {
            time,
            rule: Rule::named(&line.rule, line.class, line.severity),
            severity: line.severity,
            number: self.findings.number(time, &line.rule, &line.title),
            incident: line.incident.and_then(|name| self.findings.incident(&name)).unwrap_or(0),
            title: line.title,
            why,
            process,
            others,
            complete: line.complete,
            failed: line.failed,
            muted: line.muted.map(|because| Arc::new(Exception { because, ..Exception::default() })),
        };
        self.found(Entry::Found(Box::new(finding)));
    }

    fn evidence(&mut self, why: WhyShape) -> Evidence {
        let WhyShape { predicate, event } = why;
        let process = self.id(event.process);
        Evidence { predicate, fact: Fact { time: event.time, process, kind: event.kind.into(), text: event.text } }
    }

    /// An incident; findings of it that were told before the first line that was read are told as it tells them.
    pub(super) fn incident(&mut self, line: IncidentLine) {
        let Some(id) = self.findings.incident(&line.id) else { return };
        let mut stages = Vec::new();
        for StageShape { stage, time, process, findings } in line.stages {
            let process = self.meet(&process, &[], time);
            let numbers = findings.into_iter().map(|short| match self.findings.known(&short) {
                Some(number) => number,
                None => self.short(short, process, id),
            });
            let findings = numbers.collect();
            stages.push(Stage { stage: stage.into(), time, process, findings });
        }
        let containers = line.containers.iter().map(|id| GroupKey::Container(Arc::from(id.as_str())));
        let incident = Incident {
            id,
            title: line.title,
            severity: line.severity,
            first: line.first,
            last: line.last,
            stages,
            places: containers.chain((!line.hosts.is_empty()).then_some(GroupKey::Host)).collect(),
            endpoints: line.endpoints,
        };
        self.found(Entry::Incident(Box::new(incident)));
    }

    fn short(&mut self, short: ShortShape, process: ProcessId, incident: u64) -> u64 {
        let ShortShape { time, rule, severity, title } = short;
        let number = self.findings.number(time, &rule, &title);
        let finding = Finding {
            time,
            // Where this version does not have the rule, nobody tells of which class it is.
            rule: Rule::named(&rule, Class::Recon, severity),
            severity,
            title,
            why: Vec::new(),
            process,
            others: Vec::new(),
            complete: true,
            failed: false,
            muted: None,
            number,
            incident,
        };
        self.found(Entry::Found(Box::new(finding)));
        number
    }

    fn found(&mut self, entry: Entry) {
        let at = self.told.events.len().saturating_sub(1);
        self.told.found.push((at, entry));
    }
}
