//! A screen with its tape, for tests: what is asked is answered at once.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::super::scene::Scene;
use super::super::*;
use crate::detect::Detector;
use crate::model::Event;
use crate::runtime::deck::answer;
use crate::store::{Player, Tape, Winder};

pub(crate) const SECOND: u64 = 1_000_000_000;
/// What a note says that takes more than a line.
pub(crate) const LONG: &str = "Here the second stage comes in: curl runs below a shell that the web server started, as \
    its user, and fetches from an address that nobody in the company knows.";

/// A tape of events, as an import makes it.
pub(crate) fn tape(events: &[Event]) -> Box<dyn Tape> {
    let (mut model, mut detector) = (Model::default(), Detector::new(Vec::new()));
    let mut winder = Winder::new(&model);
    for event in events {
        model.apply(event);
        let news = detector.observe(event, &model);
        winder.note(event, detector.entries(&news, &model), &model);
    }
    Box::new(winder.finish())
}

/// A screen with its tape.
pub(crate) struct Desk {
    pub(crate) app: App,
    pub(crate) scene: Scene,
    pub(crate) events: Vec<Event>,
    /// Keeps its notes; made anew whenever something happened.
    pub(crate) player: Option<Player>,
    pub(crate) first: bool,
}

impl Desk {
    /// The live screen of a node on which things go wrong: `nginx` runs what calls itself a kernel thread, twice.
    pub(crate) fn live((width, height): (u16, u16)) -> Desk {
        let app = App::new(Settings { author: "ada".into(), ..scene::settings() }, width, height);
        let mut desk = Desk { app, scene: Scene::node(), events: Vec::new(), player: None, first: true };
        desk.feed();
        desk.attack(9_001);
        desk.scene.after(20_000);
        desk.feed();
        desk
    }

    /// The same as a recording.
    pub(crate) fn replay((width, height): (u16, u16)) -> Desk {
        let mut desk = Desk::live((width, height));
        let settings = Settings { replay: true, author: "ada".into(), ..scene::settings() };
        desk.app = App::new(settings, width, height);
        desk.app.update(Message::Tick(Time(desk.scene.now + 3_600 * SECOND)));
        desk.serve();
        desk
    }

    pub(crate) fn attack(&mut self, pid: u32) {
        self.scene.after(10_000);
        self.scene.fork(pid, 2_101, 0);
        self.scene.exec(pid, "/opt/x", &["[kworker/0:1]"]);
        self.feed();
    }

    pub(crate) fn feed(&mut self) {
        let events = std::mem::take(&mut self.scene.events);
        self.events.extend(events.iter().cloned());
        self.app.update(Message::Batch(events));
        self.app.update(Message::Tick(Time(self.scene.now)));
        self.app.prepare();
        self.player = None;
    }

    /// Does what is asked until nothing is asked any more.
    pub(crate) fn serve(&mut self) {
        while let Some(ask) = self.app.take_ask() {
            let events = &self.events;
            let player = self.player.get_or_insert_with(|| Player::new(tape(events), KEPT));
            let first = std::mem::take(&mut self.first);
            self.app.update(Message::Answer(answer(player, ask, first)));
        }
        self.app.prepare();
    }

    pub(crate) fn step(&mut self, step: Step) {
        self.app.step_time(step);
        self.serve();
    }

    pub(crate) fn jump(&mut self, text: &str) {
        self.app.start_jump();
        self.serve();
        self.app.type_prompt(Some(text));
        assert_eq!(self.app.accept_prompt(), None);
        self.serve();
    }

    /// Lets time pass on the wall clock, in steps of 100 ms.
    pub(crate) fn pass(&mut self, millis: u64) {
        for _ in 0..millis / 100 {
            self.scene.now += 100_000_000;
            self.app.update(Message::Tick(Time(self.scene.now)));
            self.serve();
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.app.picture().number
    }

    /// Notes about two processes, the later one written first.
    pub(crate) fn write_notes(&mut self) {
        for (at, pid, text) in [("#30", 3_002, LONG), ("#20", 2_101, "the server that was broken into")] {
            self.jump(at);
            self.app.selected = Some(NodeKey::Process(self.scene.id(pid)));
            self.app.step(0);
            self.app.start_note();
            self.app.type_prompt(Some(text));
            self.app.accept_prompt();
            self.serve();
        }
    }

    /// The picture is what the first events make, without any travelling.
    pub(crate) fn is_whole(&self) {
        let mut model = Model::default();
        self.events.iter().take(self.number() as usize).for_each(|event| model.apply(event));
        assert!(self.app.model().remember() == model.remember(), "another tree after event {}", self.number());
    }
}
