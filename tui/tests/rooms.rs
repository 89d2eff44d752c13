//! docs/ARCHITECTURE.md against the tree: what each room uses, what lies where, and why each dependency is there.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines that a source file may have, its unit tests aside.
const LONGEST: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below `dir` whose name ends in .rs, as paths from the repository's root.
fn sources(dir: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut dirs = vec![root().join(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() && entry.file_name() != "target" {
                dirs.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert!(!found.is_empty(), "no sources below {dir}");
    found.sort();
    found
}

/// The source without comments, as far as a line tells, and without strings on one line.
fn code(text: &str) -> String {
    let line = |line: &str| -> String {
        let parts: Vec<_> = line.split('"').collect();
        // Odd parts are within quotes.
        let outside = parts.iter().step_by(2).copied().collect::<Vec<_>>().join("\"\"");
        outside.split("//").next().unwrap_or_default().to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The code that is not a test.
fn without_tests(path: &str, text: &str) -> String {
    if is_test(path) { String::new() } else { text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned() }
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// What stands between backticks.
fn ticked(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of the table below a heading, cells trimmed.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = read("docs/ARCHITECTURE.md");
    let section = page.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("no section {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<String>> =
        rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect();
    assert!(!rows.is_empty(), "no table in section {heading}");
    rows
}

/// By the name of the room: what it may use.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let room = |row: Vec<String>| {
        let place = ticked(&row[0]).remove(0);
        let name = place.strip_prefix("tui/src/").unwrap_or_else(|| panic!("{place} is not in tui/src")).to_owned();
        (name.trim_end_matches(".rs").to_owned(), ticked(&row[2]).into_iter().collect())
    };
    table("## Rooms").into_iter().map(room).collect()
}

fn room_of(path: &str) -> String {
    let inside = path.strip_prefix("tui/src/").unwrap();
    inside.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
}

/// Dependencies of a section of tui/Cargo.toml, as cargo names them.
fn dependencies(section: &str) -> Vec<String> {
    let manifest = read("tui/Cargo.toml");
    let section = manifest.split(&format!("\n[{section}]\n")).nth(1).unwrap().split("\n[").next().unwrap();
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap().to_owned();
    let names: Vec<_> = section.lines().filter(|line| line.contains('=')).map(name).collect();
    assert!(!names.is_empty());
    names
}

/// The first segments of the paths that begin with `prefix` in `code`, `{a, b::c}` taken apart.
fn heads(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let word =
            |text: &str| text.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned();
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in list.chars() {
                match c {
                    '}' if depth == 0 => break,
                    ',' if depth == 0 => found.extend([word(&std::mem::take(&mut item))]),
                    _ => {
                        depth += i32::from(c == '{') - i32::from(c == '}');
                        item.push(c);
                    }
                }
            }
            found.insert(word(&item));
        } else {
            found.insert(word(rest));
        }
    }
    found.remove("");
    found
}

#[test]
fn each_room_uses_only_what_the_table_says() {
    let rooms = rooms();
    let crates: Vec<String> = dependencies("dependencies").iter().map(|name| name.replace('-', "_")).collect();
    let mut wrong = Vec::new();
    for path in sources("tui/src") {
        let room = room_of(&path);
        let may = rooms.get(&room).unwrap_or_else(|| panic!("{path}: room {room} is not in the table"));
        if may.contains("all") {
            continue;
        }
        let code = code(&without_tests(&path, &read(&path)));
        let inner = heads(&code, "crate::").into_iter().filter(|name| *name != room && rooms.contains_key(name));
        let outer = crates.iter().filter(|name| !heads(&code, &format!("{name}::")).is_empty()).cloned();
        let used: BTreeSet<String> = inner.chain(outer).collect();
        wrong.extend(used.difference(may).map(|name| format!("{path}: room {room} may not use {name}")));
    }
    assert!(wrong.is_empty(), "not as docs/ARCHITECTURE.md, Rooms, says:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_of_the_table_is_there() {
    for room in rooms().keys() {
        let place = root().join("tui/src").join(room);
        assert!(place.is_dir() || place.with_extension("rs").is_file(), "{} is not there", place.display());
    }
}

#[test]
fn what_a_room_uses_is_found_however_it_is_written() {
    let code = code(
        "use crate::model::A;\nuse crate::{app::{B, C}, view}; // crate::theme\nlet _ = crate::cli::x;\n\"crate::watch\"",
    );
    let expected = ["app", "cli", "model", "view"].map(str::to_owned);
    assert_eq!(heads(&code, "crate::"), BTreeSet::from(expected));
    assert!(heads("a::tokio::b; mytokio::c", "tokio::").is_empty());
    assert!(!heads("#[tokio::main]", "tokio::").is_empty());
}

#[test]
fn the_model_and_the_state_of_the_screen_have_no_clock_and_touch_nothing_outside() {
    for path in sources("tui/src/model").into_iter().chain(sources("tui/src/app")) {
        let code = code(&without_tests(&path, &read(&path)));
        for outside in ["SystemTime", "Instant", "std::fs", "std::process", "std::net::Tcp", "std::env", "std::thread"]
        {
            assert!(!code.contains(outside), "{path} uses {outside}");
        }
    }
}

#[test]
fn every_source_file_opens_with_what_it_is() {
    for dir in ["tui", "probes", "probes-common"] {
        for path in sources(dir) {
            let text = read(&path);
            let opening = text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
            assert!(opening.starts_with("//! "), "{path} opens with: {opening}");
        }
    }
}

#[test]
fn no_source_file_is_too_long() {
    for path in sources("tui/src") {
        let lines = without_tests(&path, &read(&path)).lines().count();
        assert!(lines <= LONGEST, "{path} has {lines} lines without its tests, more than {LONGEST}");
    }
}

#[test]
fn the_top_of_the_repository_holds_only_what_belongs_there() {
    let listed = Command::new("git").arg("ls-files").current_dir(root()).output();
    // A source archive has no git: then the directory itself is looked at.
    let names: BTreeSet<String> = match listed {
        Ok(listed) if listed.status.success() => String::from_utf8(listed.stdout)
            .unwrap()
            .lines()
            .map(|line| line.split('/').next().unwrap().to_owned())
            .collect(),
        _ => fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect(),
    };
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "tui",
        "probes",
        "probes-common",
        "themes",
        "docs",
        "demo",
        "target",
    ];
    let stray: Vec<_> =
        names.iter().filter(|name| !name.starts_with('.') && !allowed.contains(&name.as_str())).collect();
    assert!(stray.is_empty(), "at the top of the repository: {stray:?}");
    assert!(names.contains("tui"));
}

#[test]
fn every_dependency_is_explained_and_every_explained_one_is_there() {
    let explained: BTreeSet<String> = table("## Dependencies").iter().flat_map(|row| ticked(&row[0])).collect();
    let there: BTreeSet<String> = ["dependencies", "dev-dependencies"].into_iter().flat_map(dependencies).collect();
    assert_eq!(explained, there, "docs/ARCHITECTURE.md, Dependencies (left), and tui/Cargo.toml (right)");
}
