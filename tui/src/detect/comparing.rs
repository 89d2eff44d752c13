//! A detector that compares with a baseline: live, or beside what a recording tells was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::behaviour::{Scene, Sink};
use super::exception::Exception;
use super::finding::Finding;
use super::log::Entry;
use super::normal::Normal;
use super::{Detector, News};
use crate::baseline::{Acceptance, Baseline};
use crate::model::{Event, Model, ProcessEvent};

/// Why a finding is muted that was accepted.
const ACCEPTED: &str = "accepted into the baseline";

impl Detector {
    /// Compares what is observed from now on with `baseline`; with another one than before, where it did already.
    pub fn compare_with(&mut self, baseline: Arc<Baseline>) {
        match &mut self.normal {
            Some(normal) => normal.exchange(baseline),
            None => self.normal = Some(Box::new(Normal::new(baseline))),
        }
    }

    /// What is compared with.
    pub fn baseline(&self) -> Option<&Arc<Baseline>> {
        self.normal.as_ref().map(|normal| &normal.baseline)
    }

    /// Makes room for what is found beside `log`, which is read later: numbers that it has are given to nothing else.
    pub fn leave_numbers<'a>(&mut self, log: impl Iterator<Item = &'a Entry>) {
        for entry in log {
            let incident = match entry {
                Entry::Found(finding) => {
                    self.last = self.last.max(finding.number);
                    finding.incident
                }
                Entry::Merged(from, into) => *from.max(into),
                Entry::Incident(incident) => incident.id,
            };
            self.joining.leave(incident);
        }
    }

    /// Looks at an event of a recording, which `model` has taken in: only compares, as what was found else is told by the
    /// recording.
    pub fn compare(&mut self, event: &Event, model: &Model) -> News {
        let news = match event {
            Event::Process(event) => self.compare_process(event, model),
            _ => self.hear(event, model),
        };
        // What the recording tells of them is not all of it any more.
        for id in &news.incidents {
            self.recalled.remove(id);
            self.extended.insert(*id);
        }
        news
    }

    fn compare_process(&mut self, event: &ProcessEvent, model: &Model) -> News {
        let (mut news, mut sink) = (News::default(), Sink::default());
        if let (Some(normal), Some(process)) = (&mut self.normal, model.process(event.process)) {
            normal.observe(&Scene { event, process, model }, &mut sink);
        }
        self.take_all(sink, model, &mut news);
        news
    }

    /// Listens to what a runtime tells: of whom it tells may have waited for a name.
    pub(super) fn hear(&mut self, event: &Event, model: &Model) -> News {
        let (mut news, mut sink) = (News::default(), Sink::default());
        if let (Some(normal), Event::Container(told)) = (&mut self.normal, event) {
            normal.hear(told, model, &mut sink);
        }
        self.take_all(sink, model, &mut news);
        news
    }

    /// Takes in what was raised, and notes what of it can be accepted.
    pub(super) fn take_all(&mut self, sink: Sink, model: &Model, news: &mut News) {
        let mut acceptable = sink.acceptable.into_iter().peekable();
        for (at, finding) in sink.found.into_iter().enumerate() {
            self.take(finding, model, news);
            if let Some((_, acceptance)) = acceptable.next_if(|(place, _)| *place == at) {
                self.acceptable.insert(self.last, acceptance);
            }
        }
    }

    /// What a finding would be taken for if it were normal; `None` for one that no baseline is asked about.
    pub fn acceptance(&self, number: u64) -> Option<&Acceptance> {
        self.acceptable.get(&number)
    }

    /// Everything that can be accepted, by the numbers of the findings.
    pub fn acceptable(&self) -> &BTreeMap<u64, Acceptance> {
        &self.acceptable
    }

    /// Takes something to be normal from now on; gives the numbers of the findings that tell of nothing else.
    pub fn accept(&mut self, acceptance: &Acceptance) -> Vec<u64> {
        if let Some(normal) = &mut self.normal {
            let mut baseline = Baseline::clone(&normal.baseline);
            baseline.accept(acceptance);
            normal.exchange(Arc::new(baseline));
        }
        self.acceptable.iter().filter(|(_, it)| it.is_like(acceptance)).map(|(number, _)| *number).collect()
    }

    /// Mutes findings that were accepted; gives how many that are.
    pub fn mute_accepted<'a>(&mut self, numbers: impl IntoIterator<Item = &'a u64>) -> usize {
        let numbers: Vec<u64> = numbers.into_iter().copied().collect();
        if numbers.is_empty() {
            return 0;
        }
        // It is about these alone: no rule is called so.
        let rule = Some("(accepted)".to_owned());
        self.mute(Exception { rule, because: ACCEPTED.to_owned(), ..Exception::default() }, numbers)
    }

    /// Notes of whom a recording tells that something was found: what is new of the same joins it. Gives the incidents that
    /// turned out to be part of its.
    pub(super) fn know(&mut self, finding: &Finding, model: &Model) -> Vec<(u64, u64)> {
        if self.normal.is_none() || finding.muted.is_some() || finding.incident == 0 {
            return Vec::new();
        }
        let incident = finding.incident;
        let merged: Vec<_> = self.joining.know(finding, model).into_iter().map(|own| (own, incident)).collect();
        for (own, incident) in &merged {
            self.read(Entry::Merged(*own, *incident));
            self.recalled.remove(incident);
            self.extended.insert(*incident);
        }
        merged
    }
}
