//! `picture`: the same picture everywhere, of what the screen shows; and docs/screens as it is made from it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use roxmltree::Document;

#[path = "../benches/kit/grid.rs"]
#[expect(dead_code, unreachable_pub, reason = "the benchmarks ask it more")]
mod grid;

use grid::Grid;

const WALK: &str = "# to the incident, and on\nkey 2\nwait 500ms\nkey j\nkey 1 /\ntype curl\nkey Enter\nwait 1s\nkey < p\nwait 800ms\n";

fn run(arguments: &[&str], zone: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.arg("picture").args(arguments).env_clear().env("XDG_CONFIG_HOME", "/nonexistent").env("TZ", zone);
    command.output().unwrap()
}

fn drawn(arguments: &[&str], zone: &str) -> String {
    let out = run(arguments, zone);
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(0), ""), "{arguments:?}");
    String::from_utf8(out.stdout).unwrap()
}

/// Column, row and text of each run.
fn texts(svg: &str) -> Vec<(usize, usize, String)> {
    let document = Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let at = |node: &roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap().parse::<usize>().unwrap();
    texts.map(|node| (at(&node, "x") / 9, at(&node, "y") / 18, node.text().unwrap().to_owned())).collect()
}

fn says(svg: &str, wanted: &str) -> bool {
    texts(svg).iter().any(|(.., text)| text.contains(wanted))
}

#[test]
fn every_view_of_the_bundled_attack_is_drawn_the_same_each_time() {
    for view in ["tree", "incidents", "network", "containers", "events", "time"] {
        for size in ["80x24", "200x50"] {
            let arguments = ["--view", view, "--size", size, "--utc"];
            let svg = drawn(&arguments, "UTC");
            assert!(says(&svg, "ktrace-tui"), "{view}: {svg}");
            let title = format!("<title>ktrace-tui: {}{} of host-", view[..1].to_uppercase(), &view[1..]);
            assert!(svg.contains(&title), "{view}: {svg}");
            assert!(svg == drawn(&arguments, "Asia/Kolkata"), "{view} {size} depends on the zone");
        }
    }
}

#[test]
fn times_are_those_of_the_zone_unless_utc_is_asked_for() {
    let header = |arguments: &[&str], zone| {
        let svg = drawn(arguments, zone);
        texts(&svg).into_iter().find(|(_, row, text)| *row == 0 && text.contains(':')).unwrap().2
    };
    let utc = header(&[], "UTC");
    assert_eq!(header(&["--utc"], "<+0545>-5:45"), utc);
    let there = header(&[], "<+0545>-5:45");
    assert_ne!(there, utc);
    let minute = |text: &str| text.split(':').nth(1).unwrap().parse::<u32>().unwrap();
    assert_eq!((minute(&utc) + 45) % 60, minute(&there));
}

#[test]
fn keys_are_pressed_and_their_answers_awaited() {
    let svg = drawn(&["--keys", "2 j", "--utc"], "UTC");
    assert!(svg.contains("<title>ktrace-tui: Incidents"), "{svg}");
    let svg = drawn(&["--keys", "T # 9 0 Enter", "--utc"], "UTC");
    assert!(says(&svg, "event #90"), "{svg}");
    let svg = drawn(&["--keys", "?"], "UTC");
    assert!(says(&svg, "what is on the screen, as SVG") || says(&svg, "Tree"), "{svg}");
}

#[test]
fn nothing_but_the_picture_is_written_whatever_is_pressed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(["picture", "--keys", "x s Enter x m Enter q"]).current_dir(folder.path());
    let out = command.env("XDG_CONFIG_HOME", "/nonexistent").output().unwrap();
    assert!(out.status.success() && String::from_utf8_lossy(&out.stdout).starts_with("<svg"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_moment_a_note_a_theme_and_an_export_of_tetragon_are_drawn() {
    assert!(says(&drawn(&["--at", "#90", "--utc"], "UTC"), "event #90"));
    let note = drawn(&["--walkthrough", "--utc"], "UTC");
    assert!(says(&note, "A pod begins with rights over its host"), "{note}");
    let light = drawn(&["--theme", "light"], "UTC");
    assert!(light.contains("fill=\"#fafafa\" stroke="), "{light}");
    let plain = drawn(&["--ascii", "--utc"], "UTC");
    assert!(plain.is_ascii() && says(&plain, "C 1 critical"), "{plain}");
    let file = format!("{}/tests/data/tetragon/tetragon-attack.jsonl", env!("CARGO_MANIFEST_DIR"));
    assert!(says(&drawn(&[&file], "UTC"), "alive"));
}

#[test]
fn a_picture_is_for_its_owner_and_made_again_but_never_over_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tree.svg");
    let out = out.to_str().unwrap();
    for _ in 0..2 {
        assert_eq!(drawn(&["-o", out], "UTC"), "");
    }
    assert_eq!(std::fs::metadata(out).unwrap().permissions().mode() & 0o777, 0o600);
    let file = format!("{}/tests/data/tetragon/tetragon-attack.jsonl", env!("CARGO_MANIFEST_DIR"));
    let recording = folder.path().join("r.jsonl");
    std::fs::copy(file, &recording).unwrap();
    let recording = recording.to_str().unwrap();
    let refused = run(&[recording, "-o", recording], "UTC");
    assert_ne!(refused.status.code(), Some(0));
    assert!(std::fs::read_to_string(recording).unwrap().starts_with('{'));
}

#[test]
fn what_cannot_be_drawn_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("walk.tape");
    std::fs::write(&tape, "key 1\nhold q\n").unwrap();
    let tape = tape.to_str().unwrap();
    for (arguments, says) in [
        (vec!["--size", "80"], "columns and rows, from 20x5 to 500x200"),
        (vec!["--size", "9000x24"], "columns and rows"),
        (vec!["--keys", "Entr"], "--keys: `Entr` is no key"),
        (vec!["--tape", tape], "line 2: `hold` is none of key, type, wait"),
        (vec!["--tape", tape, "--keys", "q"], "--keys"),
        (vec!["--at", "13:77"], "--at: `13:77` is no moment"),
        (vec!["--view", "forest"], "forest"),
    ] {
        let out = run(&arguments, "UTC");
        let message = String::from_utf8(out.stderr).unwrap();
        assert_eq!((out.status.code(), out.stdout.len()), (Some(2), 0), "{message}");
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_cast_shows_a_terminal_frame_by_frame_what_the_screen_shows() {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("walk.tape");
    std::fs::write(&tape, WALK).unwrap();
    let tape = tape.to_str().unwrap();
    let arguments = ["--tape", tape, "--size", "100x30", "--utc"];
    let cast = drawn(&[&arguments[..], &["--format", "cast"]].concat(), "UTC");
    assert!(cast == drawn(&[&arguments[..], &["--format", "cast"]].concat(), "UTC"), "the same each time");
    let mut lines = cast.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let head = lines.next().unwrap();
    assert_eq!((&head["version"], &head["width"], &head["height"]), (&2.into(), &100.into(), &30.into()));
    let mut grid = Grid::new(100, 30);
    let (mut last, mut frames) = (0.0, 0);
    for line in lines {
        let at = line[0].as_f64().unwrap();
        assert!(at >= last && line[1] == "o", "{line}");
        (last, frames) = (at, frames + 1);
        grid.feed(line[2].as_str().unwrap().as_bytes());
    }
    // Two waits, four characters, and the clock that is looked at ten times a second.
    assert!(last > 2.6 && last < 2.7, "{last}");
    assert!(frames > 10, "{frames}");
    let svg = drawn(&arguments, "UTC");
    let shown = texts(&svg);
    assert!(shown.len() > 50, "{svg}");
    for (column, row, text) in shown {
        let wanted: Vec<u8> = text.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }).collect();
        assert_eq!(
            String::from_utf8_lossy(&grid.rows()[row][column..column + wanted.len()]),
            String::from_utf8_lossy(&wanted),
            "row {row}, column {column}"
        );
    }
}

#[test]
fn a_film_needs_no_script_and_ends_with_what_the_screen_shows() {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("walk.tape");
    std::fs::write(&tape, WALK).unwrap();
    let arguments = ["--tape", tape.to_str().unwrap(), "--size", "100x30", "--utc"];
    let film = drawn(&[&arguments[..], &["--format", "film"]].concat(), "UTC");
    let document = Document::parse(&film).unwrap();
    assert!(!document.descendants().any(|node| node.has_tag_name("script")));
    // Who wants nothing to move sees what does not, and what stands there in the end.
    let still = |node: &roxmltree::Node<'_, '_>| {
        let moving = node.parent().filter(|parent| parent.attribute("style").is_some());
        moving.is_none_or(|parent| parent.attribute("class") == Some("z"))
    };
    let texts_of = |document: &Document<'_>| {
        let texts = document.descendants().filter(|node| node.has_tag_name("text") && still(node));
        let place = |node: roxmltree::Node<'_, '_>| {
            ["y", "x"].map(|name| node.attribute(name).unwrap().parse::<usize>().unwrap())
        };
        let mut texts: Vec<_> = texts.map(|node| (place(node), node.text().unwrap().to_owned())).collect();
        texts.sort();
        texts
    };
    let last = drawn(&arguments, "UTC");
    assert_eq!(texts_of(&document), texts_of(&Document::parse(&last).unwrap()));
}
