//! Tests of keys and actions.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::app::{Settings, Wants};

fn app() -> App {
    App::new(Settings { help: help(&Keymap::default()), ..Settings::default() }, 80, 24)
}

/// Presses keys one after the other, as they are written.
fn type_keys(keymap: &Keymap, app: &mut App, keys: &str) -> Option<Effect> {
    let mut effect = None;
    for key in keys.split_whitespace() {
        effect = press(keymap, app, key.parse().unwrap());
    }
    effect
}

#[test]
fn every_default_key_can_be_read_and_no_two_actions_share_one() {
    let keymap = Keymap::default();
    let all: Vec<&str> = ALL.iter().flat_map(|action| action.keys).copied().collect();
    for action in ALL {
        assert_eq!(keymap.keys_of(action).count(), action.keys.len(), "{}", action.name);
        for keys in action.keys {
            let pressed: Vec<Key> = keys.split(' ').map(|key| key.parse().unwrap()).collect();
            assert!(
                matches!(keymap.meaning(&pressed), Meaning::Does(found) if found.name == action.name),
                "{keys} of {}",
                action.name
            );
            assert_eq!(keys.parse::<Keys>().unwrap().to_string(), *keys);
            let begins = |other: &&&str| **other != *keys && other.starts_with(&format!("{keys} "));
            assert_eq!(all.iter().find(begins), None, "{keys} would never let it be pressed");
        }
    }
}

#[test]
fn the_help_names_every_action() {
    let help = help(&Keymap::default());
    assert_eq!(help.len(), ALL.len());
    let first = HelpLine { name: "view-tree", keys: "1".into(), does: "view: the tree of processes", block: true };
    assert_eq!(help[0], first);
}

#[test]
fn no_key_is_dead_even_when_nothing_is_known_yet() {
    let keymap = Keymap::default();
    for action in ALL {
        for keys in keymap.keys_of(action) {
            let mut app = app();
            app.prepare();
            let effect = type_keys(&keymap, &mut app, &keys.to_string());
            assert!(effect.is_some() || app.needs_draw(), "{keys}");
        }
    }
    let mut app = app();
    app.prepare();
    press(&keymap, &mut app, Code::F(9).into());
    assert_eq!(app.notice.unwrap().0, "F9 does nothing; ? lists the keys");
}

#[test]
fn keys_that_begin_something_say_what_may_come_next_and_esc_leaves_them() {
    let keymap = Keymap::default();
    let mut app = app();
    type_keys(&keymap, &mut app, "y");
    let chord = app.chord.clone().unwrap();
    assert_eq!(chord.typed, "y");
    assert!(chord.next.iter().any(|(key, does)| key == "y" && does.starts_with("copy the command line")));
    type_keys(&keymap, &mut app, "Esc");
    assert_eq!((app.chord.clone(), app.notice.clone()), (None, None));
    type_keys(&keymap, &mut app, "g z");
    assert_eq!(app.notice.unwrap().0, "g z does nothing; ? lists the keys");
}

#[test]
fn a_key_that_is_given_to_another_action_leaves_its_old_one() {
    let mut keymap = Keymap::default();
    keymap.bind("quit", &["p", "Ctrl-x"]).unwrap();
    assert_eq!(keymap.get("p".parse().unwrap()).unwrap().name, "quit");
    assert!(keymap.get("q".parse().unwrap()).is_none());
    let pause = help(&keymap).into_iter().find(|line| line.name == "pause").unwrap();
    assert_eq!(pause.keys, "", "it is still there, for the palette");
    keymap.bind("quit", &["g"]).unwrap();
    assert_eq!(keymap.get("g".parse().unwrap()).unwrap().name, "quit", "and what began with it is gone");
    assert_eq!(keymap.keys_of(by_name("go-parent").unwrap()).map(Keys::to_string).collect::<Vec<_>>(), ["u"]);
}

#[test]
fn the_palette_does_what_it_finds() {
    let keymap = Keymap::default();
    let mut app = app();
    let settings = Settings { help: help(&keymap), themes: vec!["dusk".into()], ..Settings::default() };
    let mut other = App::new(settings, 80, 24);
    type_keys(&keymap, &mut other, ": t i m e Space l i n e Enter");
    assert_eq!(other.view, crate::app::View::Time);
    assert_eq!(type_keys(&keymap, &mut other, ": d u s k Enter"), Some(Effect::Theme("dusk".into())));
    type_keys(&keymap, &mut app, ": x Esc");
    assert!(app.palette.is_none());
}

#[test]
fn a_typo_in_a_binding_is_named_with_what_there_is() {
    let mut keymap = Keymap::default();
    let error = keymap.bind("qiut", &["q"]).unwrap_err().to_string();
    assert_eq!(error, "no action is called `qiut`; did you mean `quit`?");
    let error = keymap.bind("explode", &["q"]).unwrap_err().to_string();
    assert!(error.starts_with("no action is called `explode`; there are: view-tree, view-incidents"), "{error}");
    let error = keymap.bind("quit", &["Ctl-q"]).unwrap_err().to_string();
    assert!(error.starts_with("`Ctl-q` is no key: write a character"), "{error}");
}

#[test]
fn while_a_search_is_typed_letters_go_into_it_and_control_c_still_quits() {
    let keymap = Keymap::default();
    let mut app = app();
    for key in ["/", "q", "p"] {
        assert_eq!(press(&keymap, &mut app, key.parse().unwrap()), None);
    }
    assert_eq!(app.search.query, "qp");
    assert_eq!(press(&keymap, &mut app, "Ctrl-c".parse().unwrap()), Some(Effect::Quit));
}

#[test]
fn under_the_help_a_key_closes_it_before_it_acts() {
    let keymap = Keymap::default();
    let mut app = app();
    press(&keymap, &mut app, "?".parse().unwrap());
    assert!(app.help.is_some());
    press(&keymap, &mut app, "d".parse().unwrap());
    assert!(app.help.is_none());
    assert_eq!(app.wants, Wants { detail: Some(true), ..Wants::default() });
}
