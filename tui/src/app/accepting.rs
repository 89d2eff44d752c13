//! Accepting: what is new for a workload is taken to be normal from now on, in the baseline that it was compared with.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::alarm::Alarms;
use super::incidents::AlarmLine;
use super::node::NodeKey;
use super::update::Effect;
use super::{App, Panel};
use crate::baseline::{Acceptance, Baseline, span};
use crate::model::{GroupKey, Process};

/// What may be accepted, and which of it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepting {
    /// The titles of the findings, and what they would be taken for.
    choices: Vec<(String, Acceptance)>,
    chosen: usize,
}

impl Accepting {
    /// The workload, and what is new for it.
    pub fn says(&self) -> (&str, &str) {
        let choice = self.choices.get(self.chosen);
        choice.map(|(title, it)| (it.workload.as_str(), title.as_str())).unwrap_or_default()
    }

    /// How many there are, and the place of the one that is shown, from 1.
    pub fn place(&self) -> (usize, usize) {
        (self.chosen + 1, self.choices.len())
    }
}

impl App {
    /// Shows what of the findings of what is marked can be accepted, to be confirmed.
    pub fn start_accepting(&mut self) {
        let process = match self.alarm_lines().get(self.alarm_cursor) {
            Some(AlarmLine::Stage(_, stage)) if self.focus == Panel::Incidents => Some(stage.process),
            _ => match self.selected {
                Some(NodeKey::Process(id)) => Some(id),
                _ => None,
            },
        };
        if self.baseline().is_none() {
            return self.tell("nothing is compared with: start with --baseline FILE");
        }
        let found = process.map(|id| self.findings_of(id)).unwrap_or_default();
        let choices = found.iter().filter_map(|it| Some((it.title.clone(), self.acceptance(it.number)?.clone())));
        let choices: Vec<_> = choices.collect();
        if choices.is_empty() {
            return self.tell("nothing of what is selected is new for its workload");
        }
        self.accepting = Some(Accepting { choices, chosen: 0 });
        self.dirty = true;
    }

    /// What is compared with.
    pub fn baseline(&self) -> Option<&Arc<Baseline>> {
        self.detector.baseline().or(self.settings.baseline.as_ref())
    }

    /// What a finding would be taken for: live the detector knows it, of a recording whoever compared it.
    fn acceptance(&self, number: u64) -> Option<&Acceptance> {
        self.detector.acceptance(number).or_else(|| self.settings.acceptable.get(&number))
    }

    /// Goes to the next of what can be accepted.
    pub fn next_acceptance(&mut self) {
        if let Some(accepting) = &mut self.accepting {
            accepting.chosen = (accepting.chosen + 1) % accepting.choices.len().max(1);
            self.dirty = true;
        }
    }

    /// Takes what is shown to be normal: what was found of it is muted, and it is written into the file of the baseline.
    pub fn accept(&mut self) -> Option<Effect> {
        let accepting = self.accepting.take()?;
        self.dirty = true;
        let (_, acceptance) = accepting.choices.into_iter().nth(accepting.chosen)?;
        let numbers = self.take_in(&acceptance);
        let mut muted = self.detector.mute_accepted(&numbers);
        self.show_alarms(Alarms::of(&self.detector, &self.live.model));
        if let Some(travel) = &mut self.travel {
            muted = muted.max(travel.detector.mute_accepted(&numbers));
            travel.picture.alarms = Arc::new(Alarms::of(&travel.detector, &travel.picture.model));
        }
        let findings = if muted == 1 { "finding" } else { "findings" };
        self.tell(format!("accepted, {muted} {findings} muted"));
        Some(Effect::Learn(Box::new(acceptance)))
    }

    /// Takes it to be normal from now on, wherever the cursor goes; gives the numbers of the findings that tell of nothing else.
    fn take_in(&mut self, acceptance: &Acceptance) -> Vec<u64> {
        let mut numbers = self.detector.accept(acceptance);
        if let Some(baseline) = &mut self.settings.baseline {
            Arc::make_mut(baseline).accept(acceptance);
        }
        let same = self.settings.acceptable.iter().filter(|(_, it)| it.is_like(acceptance));
        numbers.extend(same.map(|(number, _)| *number));
        self.deck.accept(&numbers);
        numbers
    }

    /// Leaves things as they are.
    pub fn cancel_accepting(&mut self) {
        self.accepting = None;
        self.dirty = true;
    }

    /// Whether the program of a process is normal for its workload, in words; true where it is. `None` where nothing is
    /// compared with, or for a process of the host.
    pub fn normality(&self, process: &Process) -> Option<(bool, String)> {
        let baseline = self.baseline()?;
        if process.group == GroupKey::Host {
            return None;
        }
        let model = self.model();
        let name = crate::baseline::workload_of(&process.group, model)?;
        let image = crate::baseline::image_of(&process.group, model);
        let Some(known) = baseline.find(&name, image.as_ref()) else {
            return Some((false, format!("{name} is not in the baseline")));
        };
        let workload = known.workload;
        let path = &process.image()?.exe;
        let version = known.other_version.map(|from| format!(", learnt from {from}")).unwrap_or_default();
        Some(match workload.known_program(path) {
            Some(program) => {
                let seen = &program.seen;
                let parent = if self.is_new(process) { ", but not like this" } else { "" };
                (
                    parent.is_empty(),
                    format!("ran {} times in {} containers{version}{parent}", seen.count, seen.containers),
                )
            }
            None => {
                let (time, containers) = (span(workload.watched), workload.containers);
                (false, format!("never ran in {time} and {containers} containers{version}"))
            }
        })
    }

    /// Something of it is new, and was not accepted.
    fn is_new(&self, process: &Process) -> bool {
        self.findings_of(process.id).iter().any(|finding| finding.rule.id == "baseline_program")
    }
}
