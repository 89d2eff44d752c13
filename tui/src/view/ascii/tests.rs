//! Tests of the screen in ASCII.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;
use crate::action::{self, Keymap};
use crate::app::scene::{Scene, WEB, container};
use crate::app::{App, Message, Settings};
use crate::model::{Health, LossKind, Time};
use crate::theme::Theme;
use crate::view;

fn show(mut scene: Scene, (width, height): (u16, u16)) -> App {
    let settings = Settings { help: action::help(&Keymap::default()), ..Settings::default() };
    let mut app = App::new(settings, width, height);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
    app
}

fn press(app: &mut App, key: &str) {
    if let Ok(key) = key.parse() {
        action::press(&Keymap::default(), app, key);
    }
}

fn drawn(app: &mut App) -> Buffer {
    app.prepare();
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    let measure = view::draw(&mut buffer, app, &Theme::dark());
    app.update(Message::Drawn(measure));
    ascii(&mut buffer);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned() + "\n").collect()
}

/// Losses, what does not work, and names that are not ASCII.
fn busy() -> Scene {
    let mut scene = Scene::node();
    scene.container(WEB, "wéb-日本", "img", Some(("pod", "ns")));
    scene.seen(4000, 0, container(WEB), &["日本語", "Grüße", "\u{1f468}\u{200d}\u{1f469}", "a\u{301}"], 0);
    scene.loss(LossKind::Exec, 1_204);
    scene.status("podman", Health::Missing, "no socket");
    scene
}

#[test]
fn each_view_has_its_marks_in_ascii() {
    let mut app = show(busy(), (80, 24));
    for (name, keys) in [("tree", ""), ("detail", "Enter"), ("help", "Esc ?"), ("events", "Esc 5"), ("time", "6")] {
        keys.split(' ').for_each(|key| press(&mut app, key));
        let _ = drawn(&mut app);
        assert_snapshot!(format!("ascii_{name}"), text(&drawn(&mut app)));
    }
}

#[test]
fn what_is_wide_stays_wide_and_what_is_not_known_is_a_question_mark() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
    buffer.set_string(0, 0, "a日b─✕ü│", Style::new());
    buffer.set_string(0, 1, "e\u{301}▾", Style::new().bg(ratatui::style::Color::Red));
    ascii(&mut buffer);
    assert_eq!(text(&buffer), "a??b-x?|\n?-\n");
    assert_eq!(buffer[(1, 1)].bg, ratatui::style::Color::Red, "what it looks like otherwise stays");
}

#[test]
fn nothing_stands_twice_in_the_table_and_all_of_it_is_one_cell_of_ascii() {
    let drawn: BTreeSet<char> = TABLE.iter().map(|(drawn, _)| *drawn).collect();
    assert_eq!(drawn.len(), TABLE.len());
    for (drawn, sign) in TABLE {
        assert!(!drawn.is_ascii() && (sign.is_ascii_graphic() || *sign == ' '), "{drawn} {sign}");
        assert_eq!(drawn.to_string().width(), 1, "{drawn}");
        assert_ne!(*sign, '?', "{drawn}");
    }
}

#[test]
fn marks_that_mean_different_things_stay_different() {
    let groups = [
        // In the rows of the tree.
        "▾▸✕⌂↳┃→…",
        // The rails beside them, and the mark of an incident.
        "│║┃",
        // On the time line: bars, what is missing, what was found and noted.
        "·▁▂▃▄▅▆▇█×◆▲●∘✎⚑",
        // On the status line and in lists of evidence.
        "✓✗…│",
        // Beside moments, and where the clock goes.
        "✎⚑×◆▲●∘▶■",
        // Who called whom, and sorted which way.
        "→←↑↓",
        // Boxes: the marked one and the others.
        "─━",
        "│┃",
        "╭┏",
        "╰┗",
    ];
    for group in groups {
        let signs: BTreeMap<char, char> =
            group.chars().map(|mark| (stands_for(&mark.to_string()).unwrap(), mark)).collect();
        assert_eq!(signs.len(), group.chars().count(), "{group} is {signs:?}");
    }
}

/// Characters beyond ASCII in strings and characters of Rust source, without its comments.
fn literals(code: &str) -> BTreeSet<char> {
    let mut found = BTreeSet::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                let _ = chars.by_ref().find(|c| *c == '\n');
            }
            '"' => {
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    match c {
                        '\\' => {
                            let _ = chars.next();
                        }
                        c if !c.is_ascii() => {
                            found.insert(c);
                        }
                        _ => {}
                    }
                }
            }
            '\'' => match (chars.next(), chars.peek()) {
                (Some('\\'), _) => {
                    let _ = chars.next();
                }
                (Some(c), Some('\'')) => {
                    if !c.is_ascii() {
                        found.insert(c);
                    }
                    let _ = chars.next();
                }
                // A lifetime.
                _ => {}
            },
            _ => {}
        }
    }
    found
}

fn sources(directory: &Path, found: &mut BTreeMap<char, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, found);
        } else if name.ends_with(".rs") && !name.contains("test") && !path.to_string_lossy().contains("/tests/") {
            let code = fs::read_to_string(&path).unwrap();
            let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            found.extend(literals(code).into_iter().map(|c| (c, path.display().to_string())));
        }
    }
}

#[test]
fn every_sign_that_is_drawn_stands_in_the_table() {
    let mut found = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in ["view", "app", "action", "detect", "model"] {
        sources(&root.join(room), &mut found);
    }
    assert!(found.contains_key(&'▸') && found.contains_key(&'█'), "the sources are read: {found:?}");
    let missing: Vec<_> = found.iter().filter(|(c, _)| stands_for(&c.to_string()).is_none()).collect();
    assert!(missing.is_empty(), "not in the table of view/ascii.rs: {missing:?}");
}

#[test]
fn comments_and_lifetimes_are_no_signs() {
    let code = "// ü\nfn f<'a>(x: &'a str) { let _ = ('é', '\\'', \"a\\\"ö\"); } /// ä";
    assert_eq!(literals(code), BTreeSet::from(['é', 'ö']));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_state_of_the_screen_has_anything_but_ascii(
        size in (1u16..=220, 1u16..=60), keys in proptest::collection::vec(0usize..400, 0..12), name: String,
    ) {
        let mut scene = busy();
        scene.seen(4100, 0, container(WEB), &[&name], 0);
        let mut app = show(scene, size);
        let all: Vec<&str> = action::ALL.iter().flat_map(|action| action.keys).flat_map(|keys| keys.split(' ')).collect();
        for key in keys {
            for cell in &drawn(&mut app).content {
                prop_assert!(cell.symbol().is_ascii() && cell.symbol().width() == 1, "{:?}", cell.symbol());
            }
            press(&mut app, all[key % all.len()]);
        }
    }
}
