//! Tests of time travel, drawn.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{SIZES, all_keys, any_keys, frame, frame_in, press};
use crate::app::NodeKey;
use crate::app::desk::{Desk, LONG};
use crate::model::LossKind;
use crate::theme::Theme;

/// A snapshot at both sizes.
fn both(name: &str, open: fn((u16, u16)) -> Desk, travel: impl Fn(&mut Desk)) {
    for size in SIZES {
        let mut desk = open(size);
        travel(&mut desk);
        assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), frame(&mut desk.app));
    }
}

/// Presses keys, and does what is asked after each.
fn go(desk: &mut Desk, keys: &str) {
    for key in keys.split(' ') {
        press(&mut desk.app, key);
        desk.serve();
    }
}

#[test]
fn in_the_past_the_live_screen_says_how_far_now_is_and_what_came_meanwhile() {
    both("travel", Desk::live, |desk| {
        go(desk, "[ [");
        desk.attack(9_002);
        desk.scene.after(130_000);
        desk.feed();
        desk.serve();
    });
}

#[test]
fn a_recording_has_a_time_line() {
    both("replay", Desk::replay, |desk| {
        desk.write_notes();
        go(desk, "{ t");
    });
}

#[test]
fn what_was_lost_is_a_gap_in_the_time_line() {
    let mut desk = Desk::live((80, 24));
    desk.scene.loss(LossKind::Exec, 12);
    desk.feed();
    go(&mut desk, "t [");
    let text = frame_in(&mut desk.app, &Theme::mono()).to_string();
    assert!(text.contains('×'), "{text}");
}

#[test]
fn a_note_is_told_beside_what_it_is_about() {
    both("walkthrough", Desk::replay, |desk| {
        desk.write_notes();
        go(desk, "w n");
    });
}

#[test]
fn the_caption_never_hides_the_process_that_it_is_about() {
    for size in [(80, 24), (200, 50), (60, 16), (40, 12), (120, 30)] {
        let mut desk = Desk::replay(size);
        desk.write_notes();
        go(&mut desk, "w n");
        let text = frame(&mut desk.app);
        assert_eq!(desk.app.selected, Some(NodeKey::Process(desk.scene.id(3_002))));
        let row = text.lines().any(|line| line.contains(" 3002 ") && line.contains("curl"));
        assert!(row && text.contains(&LONG[..20]), "{size:?}:\n{text}");
    }
}

#[test]
fn what_is_wrong_with_a_typed_moment_stands_below_it() {
    both("jump", Desk::replay, |desk| go(desk, "T 1 2 : 6 3 Enter"));
}

#[test]
fn the_notes_are_listed() {
    both("notes", Desk::replay, |desk| {
        desk.write_notes();
        go(desk, "b o Down");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_pressed_the_tree_is_that_of_its_moment(
        keys in any_keys(), live: bool, passes in 0u64..3_000, mouse in (0u16..120, 0u16..30),
    ) {
        let mut desk = if live { Desk::live((120, 30)) } else { Desk::replay((120, 30)) };
        desk.write_notes();
        let all = all_keys();
        for key in keys {
            press(&mut desk.app, &all[key % all.len()]);
            desk.serve();
            desk.is_whole();
            frame(&mut desk.app);
        }
        desk.app.update(crate::app::Message::Click(mouse.0, mouse.1));
        desk.pass(passes);
        desk.is_whole();
    }
}
