//! The tree at a moment is the one that the events up to then make.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../benches/kit/storm.rs"]
mod storm;

use std::time::{Duration, Instant};

use ktrace_tui::app::{App, KEPT, Message, Settings, Step};
use ktrace_tui::model::{Event, Limits, Model, Time};
use ktrace_tui::runtime::deck::answer;
use ktrace_tui::store::{self, Moment, Player, Recorder};
use storm::Storm;

const EVENTS: usize = 120_000;
/// Few enough that processes are evicted all the time.
const LIMITS: Limits = Limits { dead: 1_000, connections: 16, images: 4 };

/// Keeps the events in memory, as a live view does.
fn recorded(events: &[Event]) -> Recorder {
    let mut recorder = Recorder::start(store::Settings { ring: 1 << 30, ..store::Settings::default() }).unwrap();
    let mut model = Model::new(LIMITS);
    let mut tape = recorder.tape();
    for (batch, noted) in events.chunks(100).zip(1_u64..) {
        for event in batch {
            model.apply(event);
        }
        recorder.note(batch.to_vec(), Vec::new(), &model);
        // A test is faster than any node: it waits where a node would be told of a loss.
        while noted % 50 == 0 && recorder.dropped() == 0 && tape.outline().unwrap().numbers().end + 30_000 < noted * 100
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let begun = Instant::now();
    while recorder.tape().outline().unwrap().numbers().end <= events.len() as u64 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the recorder does not come to its end");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(recorder.dropped(), 0);
    recorder
}

#[test]
fn the_tree_at_a_thousand_moments_is_the_one_made_from_scratch() {
    let events: Vec<Event> = Storm::new(1, 10_000).take(EVENTS).collect();
    let recorder = recorded(&events);
    let outline = recorder.tape().outline().unwrap();
    assert!(outline.spans.iter().filter(|span| span.memory).count() > 2);
    let mut moments: Vec<usize> = (0..1_000).map(|at| at * 7_919 % EVENTS).collect();
    moments.extend([0, 1, EVENTS - 1, EVENTS]);
    moments.sort_unstable();
    // One half for each of two processors.
    std::thread::scope(|threads| {
        for half in moments.chunks(moments.len().div_ceil(2)) {
            let (events, mut player) = (&events, Player::new(recorder.tape(), 50));
            threads.spawn(move || are_true(half, events, &mut player));
        }
    });
}

/// At each moment the player comes to the tree that is made from scratch.
fn are_true(moments: &[usize], events: &[Event], player: &mut Player) {
    let (mut truth, mut done) = (Model::new(LIMITS), 0);
    for &moment in moments {
        for event in &events[done..moment] {
            truth.apply(event);
        }
        done = moment;
        let shot = player.seek(Moment::Number(moment as u64)).unwrap();
        assert_eq!(shot.number, moment as u64);
        assert!(shot.model.remember() == truth.remember(), "another tree after event {moment}");
        assert_eq!(shot.recent.len(), moment.min(50), "after event {moment}");
    }
}

#[test]
fn a_time_is_the_moment_before_the_first_later_event() {
    let events: Vec<Event> = Storm::new(2, 10_000).take(20_000).collect();
    let recorder = recorded(&events);
    let mut player = Player::new(recorder.tape(), 10);
    for at in (10..20_000).step_by(977) {
        let time = events[at].time();
        let shot = player.seek(Moment::Time(time)).unwrap();
        assert_eq!(shot.number, at as u64 + 1);
        assert_eq!(shot.model.now(), time);
    }
    assert_eq!(player.seek(Moment::Start).unwrap().number, 0);
    assert_eq!(player.seek(Moment::End).unwrap().number, 20_000);
    assert_eq!(player.seek(Moment::Time(Time(u64::MAX))).unwrap().number, 20_000);
}

#[test]
fn playing_on_comes_to_the_same_tree_as_going_there() {
    let events: Vec<Event> = Storm::new(3, 10_000).take(60_000).collect();
    let recorder = recorded(&events);
    let mut player = Player::new(recorder.tape(), 10);
    let mut shot = player.seek(Moment::Number(15_000)).unwrap();
    while shot.number < 50_000 {
        let stretch = player.forward(shot.number, Moment::Number(50_000), 777).unwrap();
        assert!(!stretch.gap && !stretch.events.is_empty());
        for event in &stretch.events {
            shot.model.apply(event);
        }
        shot.number = stretch.number;
    }
    assert_eq!(shot.number, 50_000);
    assert!(shot.model.remember() == player.seek(Moment::Number(50_000)).unwrap().model.remember());
}

/// A screen that goes through what was recorded.
struct Desk {
    app: App,
    player: Player,
    first: bool,
}

impl Desk {
    fn new(recorder: &Recorder) -> Desk {
        let app = App::new(Settings { replay: true, ..Settings::default() }, 120, 40);
        let mut desk = Desk { app, player: Player::new(recorder.tape(), KEPT), first: true };
        desk.pass(0);
        desk
    }

    /// So many milliseconds have passed; does what is asked.
    fn pass(&mut self, millis: u64) {
        self.app.update(Message::Tick(Time(storm::START + 1_000_000_000_000 + millis * 1_000_000)));
        while let Some(ask) = self.app.take_ask() {
            let answer = answer(&mut self.player, ask, std::mem::take(&mut self.first));
            self.app.update(Message::Answer(answer));
        }
        self.app.prepare();
    }

    fn jump(&mut self, text: &str) {
        self.app.start_jump();
        self.app.type_prompt(Some(text));
        assert_eq!(self.app.accept_prompt(), None);
        self.pass(0);
        assert_eq!(self.app.prompt, None, "{text}");
    }

    /// What is shown is what the first events make.
    fn is_whole(&self, events: &[Event]) {
        let mut truth = Model::new(LIMITS);
        let number = self.app.picture().number;
        events[..number as usize].iter().for_each(|event| truth.apply(event));
        assert!(self.app.model().remember() == truth.remember(), "another tree after event {number}");
    }
}

#[test]
fn wherever_the_cursor_goes_the_screen_has_the_tree_of_that_moment() {
    let events: Vec<Event> = Storm::new(4, 10_000).take(60_000).collect();
    let recorder = recorded(&events);
    let mut desk = Desk::new(&recorder);
    assert_eq!(desk.app.picture().number, 60_000);
    for number in [59_000, 17, 31_234, 31_233, 16_384, 1, 44_000] {
        desk.jump(&format!("#{number}"));
        assert_eq!(desk.app.picture().number, number);
        desk.is_whole(&events);
        for back in [false, false, true] {
            desk.app.step_time(Step::Event { back });
            desk.pass(0);
        }
        assert_eq!(desk.app.picture().number, number + 1);
        desk.is_whole(&events);
    }
    let line = desk.app.timeline(100);
    assert!(line.columns.iter().all(|column| column.height > 0.3), "a storm is even: {line:?}");
}

#[test]
fn playing_a_storm_keeps_up_and_ends_with_everything() {
    let events: Vec<Event> = Storm::new(5, 10_000).take(60_000).collect();
    let recorder = recorded(&events);
    let mut desk = Desk::new(&recorder);
    desk.jump("start");
    desk.app.change_speed(true);
    desk.app.toggle_pause();
    let mut spent = 0;
    while desk.app.playing() {
        spent += 100;
        desk.pass(spent);
        if spent % 1_000 == 0 {
            desk.is_whole(&events);
        }
        assert!(spent < 20_000, "six seconds at twice the speed are over in three");
    }
    assert!((2_500..6_000).contains(&spent), "{spent} ms");
    assert_eq!(desk.app.picture().number, 60_000);
    desk.is_whole(&events);
}
