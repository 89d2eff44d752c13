//! Tests of keys and actions.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::app::{Settings, Wants};

fn app() -> App {
    App::new(Settings::default(), 80, 24)
}

#[test]
fn every_default_key_can_be_read_and_no_two_actions_share_one() {
    let keymap = Keymap::default();
    for action in ALL {
        assert_eq!(keymap.keys_of(action).count(), action.keys.len(), "{}", action.name);
        for key in action.keys {
            let key: Key = key.parse().unwrap();
            assert_eq!(keymap.get(key).unwrap().name, action.name, "{key}");
            assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        }
    }
}

#[test]
fn the_help_names_every_action() {
    let help = help(&Keymap::default());
    assert_eq!(help.len(), ALL.len());
    assert_eq!(help[0], HelpLine { keys: "Up k".into(), does: "up one line", block: true });
}

#[test]
fn no_key_is_dead_even_when_nothing_is_known_yet() {
    let keymap = Keymap::default();
    for action in ALL {
        for key in keymap.keys_of(action) {
            let mut app = app();
            app.prepare();
            let effect = press(&keymap, &mut app, key);
            assert!(effect.is_some() || app.needs_draw(), "{key}");
        }
    }
    let mut app = app();
    app.prepare();
    press(&keymap, &mut app, Code::F(9).into());
    assert_eq!(app.notice.unwrap().0, "F9 does nothing; ? lists the keys");
}

#[test]
fn a_key_that_is_given_to_another_action_leaves_its_old_one() {
    let mut keymap = Keymap::default();
    keymap.bind("quit", &["p", "Ctrl-x"]).unwrap();
    assert_eq!(keymap.get("p".parse().unwrap()).unwrap().name, "quit");
    assert!(keymap.get("q".parse().unwrap()).is_none());
    assert!(!help(&keymap).iter().any(|line| line.does.starts_with("freeze")));
}

#[test]
fn a_typo_in_a_binding_is_named_with_what_there_is() {
    let mut keymap = Keymap::default();
    let error = keymap.bind("qiut", &["q"]).unwrap_err().to_string();
    assert!(error.starts_with("no action is called `qiut`; there are: up, down"), "{error}");
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
