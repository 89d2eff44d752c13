//! What was found, as the screen has it: incidents with their stages, and which process belongs to which.

use std::collections::HashMap;

use crate::detect::{self, Detector, Severity};
use crate::model::{GroupKey, IdMap, Model, ProcessId, Time};

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its number: the same as long as it lasts.
    pub id: u64,
    /// What it is called.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Its stages, in the order of time.
    pub stages: Vec<Stage>,
}

/// A stage of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What it is called: `escape`, `persistence`.
    pub name: String,
    /// When it began.
    pub time: Time,
    /// Whose.
    pub process: ProcessId,
    /// How bad the worst of it is.
    pub severity: Severity,
    /// What was found, one line each.
    pub findings: Vec<String>,
    /// The numbers of the findings.
    pub numbers: Vec<u64>,
}

impl Stage {
    fn of(stage: &detect::Stage, detector: &Detector) -> Stage {
        let findings: Vec<_> = stage.findings.iter().filter_map(|&number| detector.finding(number)).collect();
        Stage {
            name: stage.stage.to_string(),
            time: stage.time,
            process: stage.process,
            severity: findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info),
            findings: findings.iter().map(|finding| finding.title.clone()).collect(),
            numbers: findings.iter().map(|finding| finding.number).collect(),
        }
    }
}

/// All incidents, worst first, and the processes of each.
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    /// The incidents.
    pub list: Vec<Alarm>,
    /// Findings that an exception mutes.
    pub muted: u64,
    /// Workloads that are compared with what was learnt from another version of their image, in words; those that were accepted
    /// are not among them.
    pub other_versions: Vec<String>,
    marks: IdMap<Mark>,
    groups: HashMap<GroupKey, Severity>,
}

/// That a process belongs to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The incident.
    pub alarm: u64,
    /// How bad it is.
    pub severity: Severity,
    /// True for one that something was found of; false for one that only lies between them.
    pub own: bool,
}

impl Alarms {
    /// What a detector has found.
    pub(super) fn of(detector: &Detector, model: &Model) -> Alarms {
        let list = detector.incidents(model).into_iter().map(|incident| Alarm {
            id: incident.id,
            title: incident.title,
            severity: incident.severity,
            stages: incident.stages.iter().map(|stage| Stage::of(stage, detector)).collect(),
        });
        let other = detector.findings().filter(|it| it.rule.id == "baseline_other_version" && it.muted.is_none());
        let other_versions = other.map(|it| it.title.clone()).collect();
        Alarms { other_versions, ..Alarms::new(list.collect(), detector.muted(), model) }
    }

    /// Puts them in order, and marks the processes of each and all that lie on the way between them in `model`.
    pub fn new(mut list: Vec<Alarm>, muted: u64, model: &Model) -> Alarms {
        list.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.id.cmp(&b.id)));
        let mut marks = IdMap::default();
        // The worst last, so that its marks stay.
        for alarm in list.iter().rev() {
            let own: Vec<_> = alarm.stages.iter().map(|stage| stage.process).collect();
            for &process in &own {
                for between in way(process, &own, model) {
                    let mark = Mark { alarm: alarm.id, severity: alarm.severity, own: false };
                    marks
                        .entry(between)
                        .and_modify(|old: &mut Mark| {
                            if !old.own {
                                *old = mark
                            }
                        })
                        .or_insert(mark);
                }
            }
            for stage in &alarm.stages {
                marks.insert(stage.process, Mark { alarm: alarm.id, severity: alarm.severity, own: true });
            }
        }
        let mut groups = HashMap::new();
        for (process, mark) in marks.iter().filter(|(_, mark)| mark.own) {
            let Some(process) = model.process(*process) else { continue };
            let worst = groups.entry(process.group.clone()).or_insert(mark.severity);
            *worst = mark.severity.max(*worst);
        }
        Alarms { list, muted, other_versions: Vec::new(), marks, groups }
    }

    /// The worst of the incidents that a group has a part in.
    pub fn of_group(&self, group: &GroupKey) -> Option<Severity> {
        self.groups.get(group).copied()
    }

    /// The mark of a process.
    pub fn mark(&self, process: ProcessId) -> Option<Mark> {
        self.marks.get(&process).copied()
    }

    /// The worst of all.
    pub fn worst(&self) -> Option<Severity> {
        self.list.first().map(|alarm| alarm.severity)
    }

    /// Incidents of each severity, worst first.
    pub fn counts(&self) -> Vec<(Severity, usize)> {
        let mut counts: Vec<(Severity, usize)> = Vec::new();
        for alarm in &self.list {
            match counts.last_mut() {
                Some((severity, count)) if *severity == alarm.severity => *count += 1,
                _ => counts.push((alarm.severity, 1)),
            }
        }
        counts
    }
}

/// The ancestors of a process up to the nearest one of its incident; none when it has none there.
fn way(process: ProcessId, own: &[ProcessId], model: &Model) -> Vec<ProcessId> {
    let lineage: Vec<ProcessId> = model.lineage(process).map(|ancestor| ancestor.id).collect();
    let end = lineage.iter().rposition(|ancestor| own.contains(ancestor)).unwrap_or(0);
    lineage.into_iter().take(end).collect()
}
