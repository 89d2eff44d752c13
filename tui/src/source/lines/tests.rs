//! What is written is read: the same tree, the same incidents.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::app::desk::Desk;
use crate::detect::Detector;
use crate::export::json;
use crate::identity::Paths;
use crate::model::Model;

/// What the lines of a node tell, as they are written while events are taken in.
struct Wire {
    model: Model,
    detector: Detector,
    lines: Vec<Vec<u8>>,
}

impl Wire {
    fn of(events: &[Event]) -> Wire {
        let mut wire = Wire { model: Model::default(), detector: Detector::new(Vec::new()), lines: Vec::new() };
        events.iter().for_each(|event| wire.take(event));
        wire
    }

    fn take(&mut self, event: &Event) {
        self.model.apply(event);
        let mut line = Vec::new();
        json::write_event(&mut line, event, &self.model).expect("a line");
        if !line.is_empty() {
            self.lines.push(line);
        }
        let news = self.detector.observe(event, &self.model);
        for finding in news.findings.iter().filter_map(|&number| self.detector.finding(number)) {
            let mut line = Vec::new();
            json::write_finding(&mut line, finding, &self.model).expect("a line");
            self.lines.push(line);
        }
        for incident in news.incidents.iter().filter_map(|&id| self.detector.incident(id, &self.model)) {
            let mut line = Vec::new();
            json::write_incident(&mut line, &incident, &self.detector, &self.model).expect("a line");
            self.lines.push(line);
        }
    }
}

/// What is known at the other end.
#[derive(Default)]
struct Heard {
    model: Model,
    detector: Detector,
}

fn hear<'a>(lines: impl IntoIterator<Item = &'a Vec<u8>>) -> Heard {
    let mut reader = Lines::new(Arc::new(Paths));
    let mut heard = Heard::default();
    for line in lines {
        let Told { events, found } = reader.line(line).expect("a line of ours");
        assert!(found.iter().all(|(at, _)| *at < events.len()), "each finding follows upon an event");
        events.iter().for_each(|event| heard.model.apply(event));
        found.into_iter().for_each(|(_, entry)| drop(heard.detector.read_at(entry, &heard.model)));
    }
    heard
}

/// Processes, as far as lines tell of them.
fn processes(model: &Model) -> BTreeMap<u32, String> {
    let shape = |process: &crate::model::Process| {
        let image = process.image().map(|image| {
            let argv: Vec<String> = image.argv.args.iter().map(|arg| arg.lossless()).collect();
            (image.exe.lossless(), argv)
        });
        let parent = process.birth_parent.map(|parent| parent.pid);
        let ends: Vec<_> =
            process.connections.iter().map(|it| (it.direction, it.remote, it.closed.is_some())).collect();
        // Without a pid of its own there is no uid in a line.
        let uid = (process.ns_pid != 0).then_some(process.creds.uid);
        format!("{image:?} {parent:?} {:?} {:?} {uid:?} {ends:?}", process.group, process.exit)
    };
    model.processes().map(|process| (process.id.pid, shape(process))).collect()
}

fn incidents(detector: &Detector, model: &Model) -> Vec<String> {
    let told = |incident: crate::detect::Incident| {
        let stages: Vec<_> = incident.stages.iter().map(|it| (&it.stage, it.process.pid, it.findings.len())).collect();
        format!("{} {} {:?} {stages:?}", incident.name(), incident.title, incident.severity)
    };
    detector.incidents(model).into_iter().map(told).collect()
}

fn attack() -> Vec<Event> {
    let mut desk = Desk::live((80, 24));
    desk.attack(4001);
    desk.events
}

#[test]
fn the_tree_and_the_incidents_come_out_as_they_went_in() {
    let wire = Wire::of(&attack());
    assert!(!wire.detector.incidents(&wire.model).is_empty(), "there is something to tell");
    let heard = hear(&wire.lines);
    assert_eq!(processes(&heard.model), processes(&wire.model));
    assert_eq!(incidents(&heard.detector, &heard.model), incidents(&wire.detector, &wire.model));
    let names = |model: &Model| {
        let container = |group: &crate::model::Group| group.container.as_ref().and_then(|it| it.news.name.clone());
        model.groups().map(|group| (group.key.clone(), container(group))).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(names(&heard.model), names(&wire.model));
}

#[test]
fn findings_alone_bring_their_lineage() {
    let wire = Wire::of(&attack());
    let found: Vec<_> = wire.lines.iter().filter(|line| !line.starts_with(b"{\"type\":\"event\"")).collect();
    let heard = hear(found);
    assert_eq!(incidents(&heard.detector, &heard.model), incidents(&wire.detector, &wire.model));
    let (known, told) = (processes(&wire.model), processes(&heard.model));
    assert!(!told.is_empty() && told.len() < known.len());
    let all: Vec<_> = wire.detector.findings().collect();
    for finding in all {
        let lineage = |model: &Model, pid: u32| {
            let process = model.processes().find(|process| process.id.pid == pid).expect("it is there").id;
            model.lineage(process).map(|it| it.id.pid).collect::<Vec<_>>()
        };
        let pid = finding.process.pid;
        assert_eq!(lineage(&heard.model, pid), lineage(&wire.model, pid));
    }
}

#[test]
fn an_incident_whose_findings_were_told_before_is_whole() {
    let wire = Wire::of(&attack());
    let last = wire.lines.iter().rfind(|line| line.starts_with(b"{\"type\":\"incident\"")).expect("an incident");
    let heard = hear([last]);
    let all = incidents(&wire.detector, &wire.model);
    assert!(incidents(&heard.detector, &heard.model).iter().all(|incident| all.contains(incident)));
    assert_eq!(heard.detector.incidents(&heard.model).len(), 1);
}

#[test]
fn another_run_counts_anew_and_another_boot_has_other_processes() {
    let wire = Wire::of(&attack());
    let marked = |boot: &str, run: u64| {
        let mark = format!(",\"node\":\"n\",\"boot\":\"{boot}\",\"run\":{run},\"seq\":1}}\n");
        let lines = wire.lines.iter().map(move |line| {
            let text = String::from_utf8_lossy(line).trim_end().to_owned();
            format!("{}{mark}", text.strip_suffix('}').unwrap_or(&text)).into_bytes()
        });
        lines.collect::<Vec<_>>()
    };
    let (first, again, other) = (marked("a", 1), marked("a", 2), marked("b", 1));
    let count = |lines: &[&[Vec<u8>]]| {
        let heard = hear(lines.iter().copied().flatten());
        (heard.model.boot().host.clone(), heard.detector.incidents(&heard.model).len())
    };
    let (_, one) = count(&[&first]);
    assert_eq!(count(&[&first, &again]), ("n".to_owned(), 2 * one));
    assert_eq!(count(&[&first, &other]).1, 2 * one);
}

#[test]
fn what_is_no_line_is_told_apart() {
    let mut lines = Lines::new(Arc::new(Paths));
    for bad in
        ["", "[]", "{}", r#"{"type":"opinion"}"#, r#"{"type":"event","time":"yesterday"}"#, "{\"type\":\"loss\"}"]
    {
        assert!(lines.line(bad.as_bytes()).is_err(), "{bad}");
        assert!(!Lines::knows(bad) || bad.contains("event") || bad.contains("loss"));
    }
    let tetragon = include_str!("../../../tests/data/tetragon/tetragon-attack.jsonl");
    assert!(!tetragon.lines().any(Lines::knows));
}

proptest! {
    #[test]
    fn whatever_a_node_sends_is_taken_or_refused(cuts in prop::collection::vec((0_usize..60, 0_usize..400, any::<u8>()), 1..20)) {
        let wire = Wire::of(&attack());
        let mut reader = Lines::new(Arc::new(Paths));
        let (mut model, mut detector) = (Model::default(), Detector::default());
        for (at, place, byte) in cuts {
            let mut line = wire.lines[at % wire.lines.len()].clone();
            let place = place % line.len();
            line[place] = byte;
            if let Ok(Told { events, found }) = reader.line(&line) {
                events.iter().for_each(|event| model.apply(event));
                found.into_iter().for_each(|(_, entry)| drop(detector.read_at(entry, &model)));
            }
        }
        prop_assert!(detector.incidents(&model).len() < 100);
    }
}
