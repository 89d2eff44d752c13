//! A detector that compares with a baseline: live, or beside what a recording tells was found.

use std::sync::Arc;

use super::behaviour::{Scene, Sink};
use super::finding::Finding;
use super::log::Entry;
use super::normal::Normal;
use super::{Detector, News};
use crate::baseline::Baseline;
use crate::model::{Event, Model};

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
        let mut news = News::default();
        let (Event::Process(event), Some(normal)) = (event, &mut self.normal) else { return news };
        let Some(process) = model.process(event.process) else { return news };
        let mut sink = Sink::default();
        normal.observe(&Scene { event, process, model }, &mut sink);
        for finding in sink.found {
            self.take(finding, model, &mut news);
            // What the recording tells of it is not all of it any more.
            for id in &news.incidents {
                self.recalled.remove(id);
                self.extended.insert(*id);
            }
        }
        news
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
