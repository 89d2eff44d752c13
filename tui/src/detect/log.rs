//! What a detector did, as lines of a log: from them another one knows the same without seeing the events.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exception::Exception;
use super::finding::{Evidence, Finding};
use super::incident::Incident;
use super::rule::{Class, Rule, Severity, rule};
use super::{Detector, News};
use crate::model::{Model, ProcessId, Time};

/// A line of the log of a detector. Variants keep their names and fields their order: recordings keep them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// Something was found.
    Found(Box<Finding>),
    /// The first incident turned out to be part of the second.
    Merged(u64, u64),
    /// An incident is like this now: it is new, or changed. It follows from the rest, and spares whoever reads the log
    /// the model.
    Incident(Box<Incident>),
}

impl Detector {
    /// What `news` of this detector, about `model`, tells for a log.
    pub fn entries(&self, news: &News, model: &Model) -> Vec<Entry> {
        let merged = news.merged.iter().map(|&(from, into)| Entry::Merged(from, into));
        let found = news.findings.iter().filter_map(|&number| self.finding(number));
        let found = found.map(|finding| Entry::Found(Box::new(finding.clone())));
        let changed = news.incidents.iter().filter_map(|&id| self.incident(id, model));
        merged.chain(found).chain(changed.map(|incident| Entry::Incident(Box::new(incident)))).collect()
    }

    /// A detector that knows what a log tells. What it found is there; events that it has not seen, it knows nothing of.
    pub fn recall(log: impl IntoIterator<Item = Entry>) -> Detector {
        let mut detector = Detector::new(Vec::new());
        for entry in log {
            detector.read(entry);
        }
        detector
    }

    /// A detector that knows what this one found, and nothing of what it has seen.
    pub fn knowing(&self) -> Detector {
        Detector {
            exceptions: self.exceptions.clone(),
            findings: self.findings.clone(),
            incidents: self.incidents.clone(),
            merged: self.merged.clone(),
            last: self.last,
            dropped: self.dropped,
            ..Detector::new(Vec::new())
        }
    }

    /// As [`Detector::read`], for whoever has the model of that moment: what the exceptions of this detector are about
    /// is muted. Gives what the line brought to light.
    pub fn read_at(&mut self, mut entry: Entry, model: &Model) -> News {
        let mut news = News::default();
        match &mut entry {
            Entry::Found(finding) => {
                news.findings.push(finding.number);
                finding.incident = self.now_part_of(finding.incident);
                news.merged.extend(self.know(finding, model));
                let mut all = self.exceptions.iter().map(|(exception, _)| exception);
                if finding.muted.is_none()
                    && let Some(exception) = all.find(|exception| exception.mutes(finding, model))
                {
                    finding.muted = Some(Arc::clone(exception));
                }
            }
            Entry::Merged(from, into) => news.merged.push((*from, *into)),
            Entry::Incident(incident) => {
                news.incidents.push(incident.id);
                let mut all = self.findings.values();
                if !self.exceptions.is_empty() && all.any(|it| it.muted.is_some() && it.incident == incident.id) {
                    // It is less than it was.
                    return news;
                }
            }
        }
        self.read(entry);
        news
    }

    /// Takes in the next line of a log.
    pub fn read(&mut self, entry: Entry) {
        match entry {
            Entry::Incident(incident) => {
                if !self.extended.contains(&incident.id) && !self.merged.contains_key(&incident.id) {
                    self.recalled.insert(incident.id, *incident);
                }
            }
            Entry::Merged(from, into) => {
                self.recalled.remove(&from);
                let all = self.incidents.remove(&from).unwrap_or_default();
                for number in &all {
                    if let Some(finding) = self.findings.get_mut(number) {
                        finding.incident = into;
                    }
                }
                self.merged.insert(from, into);
                self.gather(into, all);
            }
            Entry::Found(finding) => {
                let (number, incident) = (finding.number, finding.incident);
                self.last = self.last.max(number);
                if let Some(exception) = &finding.muted {
                    self.mute_recalled(exception);
                }
                let muted = finding.muted.is_some();
                self.findings.insert(number, *finding);
                if !muted && incident != 0 {
                    self.gather(incident, vec![number]);
                }
                self.bound();
            }
        }
    }

    /// The incident that an incident is part of by now.
    fn now_part_of(&self, incident: u64) -> u64 {
        let mut id = incident;
        while let Some(&into) = self.merged.get(&id) {
            id = into;
        }
        id
    }

    /// Adds findings to an incident, in the order of time.
    pub(super) fn gather(&mut self, incident: u64, numbers: Vec<u64>) {
        let findings = &self.findings;
        let key = |number: &u64| (findings.get(number).map_or(Time(u64::MAX), |it| it.time), *number);
        let all = self.incidents.entry(incident).or_default();
        if let [number] = numbers[..] {
            // By far the most come one by one, and at the end.
            let at = all.partition_point(|other| key(other) < key(&number));
            if all.get(at) != Some(&number) {
                all.insert(at, number);
            }
        } else {
            all.extend(numbers);
            all.sort_by_cached_key(key);
            all.dedup();
        }
        if all.is_empty() {
            self.incidents.remove(&incident);
        }
    }

    fn mute_recalled(&mut self, exception: &Arc<Exception>) {
        match self.exceptions.iter_mut().find(|(known, _)| known.because == exception.because) {
            Some((_, count)) => *count += 1,
            None => self.exceptions.push((Arc::clone(exception), 1)),
        }
    }
}

/// A finding as it is kept.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    time: Time,
    rule: String,
    class: Class,
    severity: Severity,
    title: String,
    why: Vec<Evidence>,
    process: ProcessId,
    others: Vec<ProcessId>,
    complete: bool,
    failed: bool,
    /// Why it was muted.
    muted: Option<String>,
    number: u64,
    incident: u64,
    /// The rule, where it is in no catalogue: somebody's own is told whole, as nobody else has it. Recordings from before
    /// there were any have none, and what has none is written as it was then: verifying compares with that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own: Option<Rule>,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let kept = Kept {
            time: self.time,
            rule: self.rule.id.clone(),
            class: self.rule.class,
            severity: self.severity,
            title: self.title.clone(),
            why: self.why.clone(),
            process: self.process,
            others: self.others.clone(),
            complete: self.complete,
            failed: self.failed,
            muted: self.muted.as_ref().map(|exception| exception.because.clone()),
            number: self.number,
            incident: self.incident,
            own: rule(&self.rule.id).is_none().then(|| Rule::clone(&self.rule)),
        };
        kept.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Finding {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Finding, D::Error> {
        let kept = Kept::deserialize(from)?;
        let muted = kept.muted.map(|because| Arc::new(Exception { because, ..Exception::default() }));
        Ok(Finding {
            time: kept.time,
            rule: kept.own.map(Arc::new).unwrap_or_else(|| Rule::named(&kept.rule, kept.class, kept.severity)),
            severity: kept.severity,
            title: kept.title,
            why: kept.why,
            process: kept.process,
            others: kept.others,
            complete: kept.complete,
            failed: kept.failed,
            muted,
            number: kept.number,
            incident: kept.incident,
        })
    }
}

impl Rule {
    /// The rule of that name; what was found elsewhere may have one that this version does not know, and then class and
    /// severity are what was told with it.
    pub fn named(id: &str, class: Class, severity: Severity) -> Arc<Rule> {
        rule(id).map_or_else(|| Arc::new(foreign(id, class, severity)), Arc::clone)
    }
}

/// What stands for a rule that is not known here.
fn foreign(id: &str, class: Class, severity: Severity) -> Rule {
    Rule {
        id: id.to_owned(),
        class,
        severity,
        title: String::new(),
        meaning: "A rule of another version of ktrace-tui, or somebody's own.".to_owned(),
        next: "Look at it with the version that recorded it, or ask whoever wrote the rule.".to_owned(),
        mitre: Vec::new(),
        plants: false,
        references: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::testkit::Node;

    #[test]
    fn a_rule_of_another_version_keeps_its_name_and_class() {
        let rule = Rule::named("from_tomorrow", Class::Recon, Severity::Low);
        assert_eq!((rule.id.as_str(), rule.class), ("from_tomorrow", Class::Recon));
        assert!(Arc::ptr_eq(&Rule::named("reverse_shell", Class::Recon, Severity::Low), known("reverse_shell")));
    }

    fn known(id: &str) -> &'static Arc<Rule> {
        super::rule(id).expect("it is in the catalogue")
    }

    fn finding(rule: &Arc<Rule>) -> Finding {
        Finding::of(rule, ProcessId::default(), Time(1))
    }

    #[test]
    fn a_rule_of_ones_own_is_read_back_whole_and_one_of_the_catalogue_by_its_name() {
        let own =
            Arc::new(Rule { title: "t".into(), meaning: "m".into(), ..foreign("own", Class::Recon, Severity::Low) });
        for rule in [&own, known("reverse_shell")] {
            let bytes = rmp_serde::to_vec(&finding(rule)).expect("it is written");
            let read: Finding = rmp_serde::from_slice(&bytes).expect("it is read");
            assert_eq!(read, finding(rule));
        }
    }

    #[test]
    fn what_was_kept_before_there_were_rules_of_ones_own_is_read() {
        let it = finding(known("reverse_shell"));
        let (id, class) = (it.rule.id.as_str(), it.rule.class);
        let process = (it.process, &it.others, it.complete, it.failed);
        let kept = (it.time, id, class, it.severity, &it.title, &it.why, process.0, process.1, process.2, process.3);
        let (a, b, c, d, e, f, g, h, i, j) = kept;
        let bytes =
            rmp_serde::to_vec(&(a, b, c, d, e, f, g, h, i, j, None::<String>, 0_u64, 0_u64)).expect("it is written");
        assert_eq!(rmp_serde::from_slice::<Finding>(&bytes).map_err(|error| error.to_string()), Ok(it));
    }

    #[test]
    fn what_was_muted_stays_muted_and_is_no_incident() {
        let exception = Exception { because: "known".into(), ..Exception::default() };
        let rule = Arc::new(foreign("r", Class::Recon, Severity::Low));
        let finding = Finding { muted: Some(Arc::new(exception)), number: 1, ..finding(&rule) };
        let detector = Detector::recall([Entry::Found(Box::new(finding))]);
        assert_eq!((detector.muted(), detector.findings().count()), (1, 1));
        assert!(detector.incidents(&Node::new().model).is_empty());
    }
}
