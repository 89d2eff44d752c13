//! Tests of time travel: what is asked, and what the answers make of the screen.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::super::scene::NOON;
use super::super::*;
use super::desk::{Desk, LONG, SECOND};
use crate::model::{Event, LossKind};
use crate::runtime::deck::answer;
use crate::store::{Batch, Moment, Outline, Packed, Player, Span, StoreError, Tape};
use std::sync::Arc;

fn notice(app: &App) -> &str {
    app.notice.as_ref().map_or("", |(text, _)| text)
}

#[test]
fn a_recording_opens_at_its_end_with_everything_seen() {
    let desk = Desk::replay((80, 24));
    assert_eq!(desk.number(), desk.events.len() as u64);
    desk.is_whole();
    assert_eq!(desk.app.alarms().list.len(), 1);
    assert!(desk.app.paused() && desk.app.behind().is_none(), "there is no now to be behind of");
    assert!(!desk.app.picture().stream.is_empty(), "the last events stand in the stream");
}

#[test]
fn stepping_back_and_on_comes_to_the_same_tree() {
    let mut desk = Desk::replay((80, 24));
    let end = desk.number();
    for _ in 0..12 {
        desk.step(Step::Event { back: true });
        desk.is_whole();
    }
    assert_eq!(desk.number(), end - 12);
    for _ in 0..12 {
        desk.step(Step::Event { back: false });
        desk.is_whole();
    }
    assert_eq!(desk.number(), end);
    assert_eq!(desk.app.alarms().list.len(), 1, "what was found on the way is there again");
    desk.step(Step::Event { back: false });
    assert_eq!((desk.number(), notice(&desk.app)), (end, "this is the last event"));
}

#[test]
fn a_key_that_is_held_down_asks_once_at_a_time_and_only_for_the_last() {
    let mut desk = Desk::replay((80, 24));
    let end = desk.number();
    desk.app.step_time(Step::Event { back: true });
    let first = desk.app.take_ask();
    assert_eq!(first, Some(Ask::Seek(Moment::Number(end - 1))));
    for _ in 0..5 {
        desk.app.step_time(Step::Event { back: true });
        assert_eq!(desk.app.take_ask(), None, "one thing at a time");
    }
    let player = desk.player.as_mut().unwrap();
    desk.app.update(Message::Answer(answer(player, first.unwrap(), false)));
    assert_eq!(desk.number(), end - 1, "what comes on the way is shown");
    assert_eq!(desk.app.take_ask(), Some(Ask::Seek(Moment::Number(end - 6))), "and then the last");
}

#[test]
fn the_present_goes_on_behind_the_cursor_and_one_key_returns_to_it() {
    let mut desk = Desk::live((80, 24));
    desk.step(Step::Event { back: true });
    let there = desk.number();
    desk.attack(9_002);
    desk.scene.after(60_000);
    desk.feed();
    assert_eq!((desk.number(), desk.app.waiting()), (there, 3), "one that it stepped back over, and two new");
    assert_eq!(desk.app.found_meanwhile(), 1);
    assert!(desk.app.behind().unwrap() >= 70 * SECOND);
    desk.app.back_to_now();
    desk.app.prepare();
    assert!(!desk.app.travelling());
    assert_eq!((desk.number(), desk.app.found_meanwhile()), (desk.events.len() as u64, 0));
    desk.is_whole();
}

#[test]
fn who_is_selected_stays_so_where_it_exists_and_is_again_on_the_way_back() {
    let mut desk = Desk::replay((80, 24));
    let shell = NodeKey::Process(desk.scene.id(3_001));
    let late = NodeKey::Process(desk.scene.id(9_001));
    desk.app.selected = Some(shell.clone());
    desk.app.step(0);
    desk.step(Step::Event { back: true });
    assert_eq!(desk.app.selected, Some(shell));
    desk.app.selected = Some(late.clone());
    desk.app.step(0);
    desk.jump("start");
    assert_ne!(desk.app.selected, Some(late.clone()), "it was not born then");
    desk.jump("end");
    assert_eq!(desk.app.selected, Some(late), "nobody else was selected meanwhile");
}

#[test]
fn a_finding_is_gone_to_with_its_process_and_before_it_nothing_is_known_of_it() {
    let mut desk = Desk::live((80, 24));
    desk.attack(9_002);
    desk.step(Step::Finding { back: true });
    desk.is_whole();
    assert_eq!(desk.app.selected, Some(NodeKey::Process(desk.scene.id(9_002))));
    assert!(notice(&desk.app).starts_with("finding 2 of 2: "), "{}", notice(&desk.app));
    desk.step(Step::Finding { back: true });
    assert_eq!(desk.app.selected, Some(NodeKey::Process(desk.scene.id(9_001))));
    assert_eq!(desk.app.alarms().list.iter().map(|alarm| alarm.stages.len()).sum::<usize>(), 1);
    desk.step(Step::Event { back: true });
    assert!(desk.app.alarms().list.is_empty(), "the moment before nothing was found");
    desk.step(Step::Stage { back: true });
    assert_eq!(notice(&desk.app), "no earlier stage");
    desk.step(Step::Stage { back: false });
    assert!(notice(&desk.app).starts_with("stage 1 of 1: "), "{}", notice(&desk.app));
}

#[test]
fn playing_goes_with_the_clock_and_cuts_silences_only_when_it_is_fast() {
    let mut desk = Desk::replay((80, 24));
    desk.jump("start");
    assert_eq!(desk.number(), 0);
    desk.app.toggle_playing();
    desk.pass(1_000);
    let began = desk.app.now();
    assert!(desk.number() > 0 && began.since(Time(NOON)) <= 1_100_000_000, "{began:?}");
    desk.is_whole();
    desk.pass(2_000);
    assert_eq!(desk.app.now().since(began), 2 * SECOND, "a second is a second");
    assert!(desk.app.silence().unwrap() > 5 * SECOND, "it is known how long nothing happens");
    desk.app.change_speed(true);
    desk.pass(1_000);
    desk.is_whole();
    assert!(desk.app.alarms().list.len() == 1, "the silence before the attack was cut short");
    desk.pass(3_000);
    assert!(!desk.app.playing());
    assert_eq!(notice(&desk.app), "this is the end; p plays from the start");
    desk.app.toggle_playing();
    desk.serve();
    assert_eq!((desk.number(), desk.app.playing()), (0, true));
}

#[test]
fn playing_that_reaches_now_is_live_again() {
    let mut desk = Desk::live((80, 24));
    desk.jump("-15s");
    assert!(desk.app.behind().unwrap() >= 15 * SECOND);
    for _ in 0..4 {
        desk.app.change_speed(true);
    }
    desk.app.toggle_pause();
    assert!(desk.app.playing(), "it was moved, and so p plays");
    desk.pass(3_000);
    assert!(!desk.app.travelling());
    assert_eq!(notice(&desk.app), "live again");
}

#[test]
fn a_typed_moment_is_gone_to_and_what_is_wrong_keeps_the_typing() {
    let mut desk = Desk::live((80, 24));
    desk.jump("#5");
    assert_eq!(desk.number(), 5);
    desk.jump("12:00:11.600");
    assert_eq!(desk.app.now(), Time(NOON + 11_600_000_000));
    desk.is_whole();
    desk.app.start_jump();
    desk.app.type_prompt(Some("13:77"));
    assert_eq!(desk.app.accept_prompt(), None);
    let prompt = desk.app.prompt.as_ref().unwrap();
    assert_eq!(prompt.text, "13:77");
    assert!(prompt.error.as_ref().unwrap().starts_with("`13:77` is no moment"));
    desk.app.type_prompt(None);
    assert_eq!(desk.app.prompt.as_ref().unwrap().error, None, "typing on takes the complaint away");
}

#[test]
fn what_cannot_be_read_is_said_and_the_picture_stays() {
    let mut desk = Desk::replay((80, 24));
    let there = desk.number();
    desk.app.step_time(Step::Event { back: true });
    desk.app.take_ask().unwrap();
    let outline = desk.player.as_mut().unwrap().outline().unwrap();
    let what = Answered::Failed(StoreError::Gone.to_string());
    desk.app.update(Message::Answer(Answer { outline: Some(outline), notes: None, what }));
    assert_eq!((desk.number(), notice(&desk.app)), (there, "that moment is no longer kept"));
}

#[test]
fn what_takes_long_can_be_stopped() {
    let mut desk = Desk::replay((80, 24));
    let there = desk.number();
    desk.app.step_time(Step::Event { back: true });
    let ask = desk.app.take_ask().unwrap();
    assert_eq!(desk.app.seeking(), None);
    let now = desk.scene.now + 3_602 * SECOND;
    desk.app.update(Message::Tick(Time(now)));
    assert_eq!(desk.app.seeking(), Some(2 * SECOND));
    desk.app.cancel();
    assert_eq!(desk.app.seeking(), None);
    desk.app.update(Message::Answer(answer(desk.player.as_mut().unwrap(), ask, false)));
    assert_eq!(desk.number(), there, "what comes too late is not shown");
    desk.step(Step::Event { back: true });
    assert_eq!(desk.number(), there - 1, "and the next is");
}

#[test]
fn the_time_line_shows_what_was_found_lost_and_noted_and_a_click_goes_there() {
    let mut desk = Desk::live((80, 24));
    desk.scene.loss(LossKind::Exec, 7);
    desk.feed();
    desk.app.toggle_timeline();
    desk.serve();
    desk.app.add_mark();
    desk.serve();
    let line = desk.app.timeline(80);
    assert_eq!(line.cursor, Some(79), "now is at the right end");
    let attack = line.column(Time(NOON + 11_540_000_000)).unwrap();
    assert!(line.columns[attack].found.is_some() && line.columns[attack].height > 0.0);
    assert!(line.columns[79].lost && line.columns[79].note);
    assert_eq!(line.columns.iter().filter(|column| column.found.is_some()).count(), 1);
    let pane = desk.app.layout().timeline.unwrap();
    desk.app.update(Message::Click(40, pane.body.y));
    desk.serve();
    let there = desk.app.timeline(80).cursor.unwrap();
    assert!((39..=41).contains(&there), "{there}");
    desk.is_whole();
    desk.app.fold_or_parent();
    desk.serve();
    assert!(desk.app.timeline(80).cursor.unwrap() < there, "the arrows move it");
    let whole = desk.app.timeline(80);
    desk.app.step(-1);
    let half = desk.app.timeline(80);
    assert!(half.to.since(half.from) <= whole.to.since(whole.from) / 2 + 1);
    assert!(half.cursor.is_some(), "it is zoomed around the cursor");
}

#[test]
fn notes_are_told_in_the_order_of_their_moments_each_with_its_process() {
    let mut desk = Desk::replay((80, 24));
    desk.write_notes();
    desk.jump("end");
    desk.app.toggle_walk();
    desk.serve();
    let told = |desk: &Desk| {
        let (note, at, count) = desk.app.caption().unwrap();
        (note.text.clone(), at, count, desk.number(), desk.app.selected.clone())
    };
    let process = |desk: &Desk, pid| Some(NodeKey::Process(desk.scene.id(pid)));
    assert_eq!(told(&desk), ("the server that was broken into".into(), 1, 2, 20, process(&desk, 2_101)));
    desk.app.walk_on(false);
    desk.serve();
    assert_eq!(told(&desk), (LONG.into(), 2, 2, 30, process(&desk, 3_002)));
    desk.app.walk_on(false);
    assert!(notice(&desk.app).starts_with("this was the last note"));
    desk.app.end_walk();
    assert!(desk.app.caption().is_none());
    desk.app.toggle_notes();
    desk.app.press_notes(NotesKey::Delete);
    desk.serve();
    assert_eq!(desk.app.notes().len(), 1);
    assert_eq!(desk.app.notes()[0].author, "ada");
}

#[test]
fn an_exception_that_is_made_in_the_past_holds_wherever_the_cursor_goes() {
    let mut desk = Desk::replay((80, 24));
    desk.app.selected = Some(NodeKey::Process(desk.scene.id(9_001)));
    desk.app.start_muting();
    desk.app.type_reason(Some("known"));
    assert!(desk.app.accept_muting().is_some());
    assert!(desk.app.alarms().list.is_empty());
    desk.step(Step::Event { back: true });
    desk.step(Step::Event { back: false });
    desk.jump("end");
    assert!(desk.app.alarms().list.is_empty());
}

#[test]
fn a_file_to_save_to_has_a_name_that_says_of_where_and_when_it_is() {
    let mut desk = Desk::live((80, 24));
    desk.app.start_save();
    assert_eq!(desk.app.prompt.as_ref().unwrap().text, "ktrace-node-7-20261123T120031Z.ktrace");
    let Some(Effect::Save(file)) = desk.app.accept_prompt() else { panic!("it is saved") };
    assert_eq!(file, "ktrace-node-7-20261123T120031Z.ktrace");
    desk.app.start_save();
    desk.app.clear_prompt();
    assert_eq!(desk.app.accept_prompt(), None);
    assert!(desk.app.prompt.is_some(), "without a name nothing is saved");
}

#[test]
fn a_recording_can_begin_with_its_notes_or_at_any_moment() {
    let mut desk = Desk::replay((80, 24));
    desk.write_notes();
    let settings = |begin, walkthrough| Settings { replay: true, begin, walkthrough, ..scene::settings() };
    let mut begin = |settings| {
        desk.app = App::new(settings, 80, 24);
        desk.first = true;
        desk.serve();
        (desk.number(), desk.app.caption().map(|(note, ..)| note.at))
    };
    assert_eq!(begin(settings(Moment::End, true)), (20, Some(20)));
    assert_eq!(begin(settings(Moment::Number(7), false)), (7, None));
    assert_eq!(begin(settings(Moment::Start, false)), (0, None));
}

#[test]
fn what_has_just_happened_is_waited_for_until_it_is_on_the_tape() {
    let mut desk = Desk::live((80, 24));
    let known = desk.events.clone();
    desk.attack(9_002);
    // The tape does not have the last two events yet.
    desk.player = Some(Player::new(super::desk::tape(&known), KEPT));
    desk.step(Step::Event { back: true });
    assert_eq!(desk.number(), known.len() as u64, "as far as it goes");
    assert_eq!(desk.app.heading(), known.len() as u64 + 1);
    desk.pass(400);
    assert_eq!(desk.number(), known.len() as u64);
    desk.player = None;
    desk.pass(400);
    assert_eq!(desk.number(), known.len() as u64 + 1);
    desk.is_whole();
}

#[test]
fn the_keys_leave_a_time_line_that_goes_with_the_past() {
    let mut desk = Desk::live((80, 24));
    desk.step(Step::Event { back: true });
    desk.app.toggle_timeline();
    assert_eq!(desk.app.focus, Panel::Timeline);
    desk.app.back_to_now();
    assert!(desk.app.layout().timeline.is_none());
    assert_eq!(desk.app.focus, Panel::Tree);
}

/// A tape on which events are missing: there are those up to `until`, and those from `from` on.
struct Holed {
    batches: Vec<Arc<Packed>>,
}

impl Holed {
    fn new(events: &[Event], until: usize, from: usize) -> Holed {
        let batch = |first: usize, end: usize| {
            let mut model = Model::default();
            events[..first - 1].iter().for_each(|event| model.apply(event));
            let memory = Some(model.remember());
            let events = events[first - 1..end].to_vec();
            Arc::new(Packed::pack(&Batch {
                first: first as u64,
                events,
                found: Vec::new(),
                memory,
                pruned: Vec::new(),
            }))
        };
        Holed { batches: vec![batch(1, until), batch(from, events.len())] }
    }
}

impl Tape for Holed {
    fn outline(&mut self) -> Result<Arc<Outline>, StoreError> {
        let spans = self.batches.iter().map(|packed| Span::of(packed)).collect();
        Ok(Arc::new(Outline { spans, ..Outline::default() }))
    }

    fn batch(&mut self, at: usize) -> Result<Arc<Packed>, StoreError> {
        self.batches.get(at).cloned().ok_or(StoreError::Gone)
    }
}

#[test]
fn where_events_are_missing_the_cursor_goes_over_and_never_adds_what_does_not_follow() {
    let mut desk = Desk::replay((80, 24));
    let end = desk.number();
    desk.player = Some(Player::new(Box::new(Holed::new(&desk.events, 20, 26)), KEPT));
    desk.jump("#27");
    let mut visited = Vec::new();
    for back in [true, true, true, true, false, false, false, false] {
        desk.step(Step::Event { back });
        desk.is_whole();
        visited.push(desk.number());
    }
    assert_eq!(visited, [26, 25, 20, 19, 20, 25, 26, 27]);
    desk.jump("start");
    desk.app.change_speed(true);
    desk.app.toggle_pause();
    for _ in 0..40 {
        desk.pass(100);
        desk.is_whole();
    }
    assert_eq!(desk.number(), end, "playing goes over it, too");
    let line = desk.app.timeline(80);
    let lost: Vec<_> = (0..80).filter(|at| line.columns[*at].lost).collect();
    assert!(!lost.is_empty(), "and it is seen on the time line");
    desk.app.add_mark();
    desk.serve();
    assert_eq!(notice(&desk.app), "notes are kept in recordings: save first with s");
}
