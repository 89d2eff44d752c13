//! What a flood of findings leaves, and what is kept of who is gone.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::testkit::*;
use super::*;
use crate::model::{Content, ImageFile, Kind, Model, Sha256, Time};

#[test]
fn of_too_many_findings_the_worst_and_the_latest_stay() {
    let mut node = Node::web();
    node.exec_as(110, "/srv/x", ImageFile { upper: true, inode: 60, ..overlay_file() });
    let one = node.found.first().expect("what the container wrote is found").clone();
    let (mut detector, model, mut news) = (Detector::default(), Model::default(), News::default());
    let total = FINDINGS as u64 * 5 / 2;
    for at in 0..total {
        let severity = if at % 100 == 0 { Severity::Critical } else { Severity::Low };
        // Each second one comes with an earlier time, and each process is another one.
        let time = Time(one.time.0 + at - at % 2 * 50);
        detector.take(Finding { severity, time, process: id(at as u32 / 4), ..one.clone() }, &model, &mut news);
    }
    let kept = detector.findings().count();
    assert!((FINDINGS - FINDINGS / 8..=FINDINGS).contains(&kept), "{kept}");
    assert_eq!(kept as u64 + detector.dropped, total);
    let worst = detector.findings().filter(|finding| finding.severity == Severity::Critical).count();
    assert_eq!(worst as u64, total / 100, "none of the worst is let go");
    assert!(detector.finding(total - 1).is_some(), "and the latest is there");
    let mut told = BTreeSet::new();
    for (id, numbers) in &detector.incidents {
        let times: Vec<_> = numbers.iter().filter_map(|number| detector.finding(*number)).map(|it| it.time).collect();
        assert!(times.len() == numbers.len() && times.is_sorted(), "incident {id} has what is kept, in its order");
        told.extend(numbers.iter().copied());
    }
    assert_eq!(told.len(), kept, "each is in one incident");
}

#[test]
fn an_incident_with_many_findings_is_told_when_it_gets_worse_or_much_longer() {
    let mut node = Node::web();
    node.exec_as(110, "/srv/x", ImageFile { upper: true, inode: 60, ..overlay_file() });
    let one = node.found.first().expect("what the container wrote is found").clone();
    let (mut detector, model) = (Detector::default(), Model::default());
    let mut changes = |severity| {
        let mut news = News::default();
        detector.take(Finding { severity, process: id(7), ..one.clone() }, &model, &mut news);
        news.incidents.len()
    };
    let few: usize = (0..MANY).map(|_| changes(Severity::Low)).sum();
    assert_eq!(few, MANY, "each of the first");
    let more: usize = (0..MANY).map(|_| changes(Severity::Low)).sum();
    assert_eq!(more, 16, "each sixteenth of the next");
    assert_eq!((changes(Severity::Low), changes(Severity::Medium)), (0, 1), "one that is worse");
    assert_eq!(changes(Severity::Medium), 0);
}

/// Who is gone, as a behaviour is told.
#[derive(Debug)]
struct Gone(Arc<Mutex<Vec<u32>>>);

impl Behaviour for Gone {
    fn observe(&mut self, _: &Scene<'_>, _: &mut Sink) {}

    fn forget(&mut self, gone: ProcessId, _: &Model) {
        self.0.lock().unwrap().push(gone.pid);
    }
}

#[test]
fn nothing_is_kept_of_who_has_ended_whatever_is_told_of_them_later() {
    let mut node = Node::web();
    let gone = Arc::new(Mutex::new(Vec::new()));
    node.detector.behaviours.push(Box::new(Gone(Arc::clone(&gone))));
    node.run(111, 110, "/usr/bin/id");
    let content = || Kind::Content(Box::new(Content { exe: "/usr/bin/id".into(), sha256: Sha256([0; 32]), size: 1 }));
    node.tell(111, None, content());
    assert_eq!(*gone.lock().unwrap(), [0_u32; 0], "it is there");
    node.exit(111);
    node.tell(111, None, content());
    assert_eq!(*gone.lock().unwrap(), [111, 111]);
}
