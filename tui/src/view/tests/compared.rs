//! What is compared with a baseline, drawn.

use std::sync::Arc;

use super::*;
use crate::baseline::{Baseline, Workload};

/// A node whose web server was learnt from another version of its image, and has run something since.
fn compared((width, height): (u16, u16)) -> App {
    let mut scene = Scene::node();
    scene.fork(9_001, 2_101, 0);
    scene.exec(9_001, "/bin/date", &["date"]);
    let images = ["web:0".to_owned()].into();
    let workload = Workload { images, watched: 36_000, containers: 3, ..Workload::default() };
    let baseline = Baseline { workloads: [("shop/web-7d9f:web-1".to_owned(), workload)].into(), ..Baseline::default() };
    let mut app = App::new(Settings { baseline: Some(Arc::new(baseline)), ..Settings::default() }, width, height);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app
}

#[test]
fn that_it_is_another_version_is_said_in_every_size_until_it_is_accepted() {
    for size in SIZES {
        let mut app = compared(size);
        let text = frame(&mut app);
        let last = text.lines().rfind(|line| line.contains('│')).unwrap().to_owned();
        assert!(last.contains("baseline: other version"), "{text}");
        let found = app.detector().findings().find(|it| it.rule.id == "baseline_other_version").unwrap();
        app.selected = Some(NodeKey::Process(found.process));
        app.start_accepting();
        let all = app.accepting.as_ref().unwrap().place().1;
        let is_version = |app: &App| app.accepting.as_ref().unwrap().says().1.contains("another version");
        (0..all).any(|_| {
            is_version(&app) || {
                app.next_acceptance();
                false
            }
        });
        assert!(is_version(&app), "it can be accepted");
        app.accept();
        app.notice = None;
        let text = frame(&mut app);
        assert!(!text.contains("other version"), "{text}");
    }
}

#[test]
fn the_detail_of_the_host_says_which() {
    let mut app = compared((200, 50));
    frame(&mut app);
    press(&mut app, "Down");
    app.selected = Some(NodeKey::Group(GroupKey::Host));
    let text = frame(&mut app);
    assert!(text.contains("version    shop/web-7d9f:web-1 is compared with another version"), "{text}");
}
