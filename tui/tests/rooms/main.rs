//! The plan of the house, as docs/ARCHITECTURE.md tells it, held against the code: who may use whom.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod code;
mod lexer;
mod plan;

use code::Module;
use plan::Plan;

/// What may stand at the top of the repository; whatever begins with a dot, and what git ignores, may too.
const TOP: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "demo",
    "docs",
    "probes",
    "probes-common",
    "themes",
    "tui",
];

/// Lines that a file of the program may have, its tests aside.
const LONGEST: usize = 400;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn the_plan() -> Plan {
    Plan::read(&read(&repository().join("docs/ARCHITECTURE.md"))).expect("docs/ARCHITECTURE.md")
}

/// What stands in a section of tui/Cargo.toml.
fn manifest(section: &str) -> BTreeSet<String> {
    let manifest: toml::Table = read(&repository().join("tui/Cargo.toml")).parse().expect("tui/Cargo.toml");
    manifest[section].as_table().expect(section).keys().cloned().collect()
}

/// The dependencies of the program, as Rust names them.
fn dependencies() -> BTreeSet<String> {
    manifest("dependencies").iter().map(|name| name.replace('-', "_")).collect()
}

/// All Rust files below `directory`, without what cargo builds.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The modules of the program, without those that are compiled for tests and fuzzers only.
fn modules() -> Vec<Module> {
    let root = repository().join("tui/src");
    let all: Vec<_> = rust_files(&root)
        .iter()
        .map(|file| (file, read(file)))
        .filter(|(_, code)| !code.contains("\n#![cfg(any(test, fuzzing))]\n"))
        .map(|(file, code)| Module::read(file.strip_prefix(&root).expect("below tui/src"), &code))
        .collect();
    let tests: Vec<Vec<String>> = all.iter().flat_map(|module| module.test_modules.clone()).collect();
    all.into_iter().filter(|module| !tests.iter().any(|test| module.path.starts_with(test))).collect()
}

#[test]
fn every_room_uses_only_what_the_plan_allows() {
    let (plan, dependencies) = (the_plan(), dependencies());
    let modules = modules();
    let wrong: Vec<_> = modules.iter().flat_map(|module| plan.breaches(module, &dependencies)).collect();
    assert!(wrong.is_empty(), "against the table `Rooms` in docs/ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

#[test]
fn the_plan_names_every_room_and_no_other() {
    let rooms: BTreeSet<String> = modules().iter().filter_map(|module| module.path.first().cloned()).collect();
    let planned: BTreeSet<String> = the_plan().rooms().map(str::to_owned).collect();
    assert_eq!(rooms, planned, "left: tui/src, right: the table `Rooms` in docs/ARCHITECTURE.md");
}

#[test]
fn the_plan_allows_nothing_that_no_room_uses() {
    let (plan, dependencies, modules) = (the_plan(), dependencies(), modules());
    let idle = plan.idle(&modules, &dependencies);
    assert!(idle.is_empty(), "allowed in docs/ARCHITECTURE.md and not used: {}", idle.join(", "));
}

#[test]
fn the_root_of_the_program_only_names_its_rooms() {
    // Whatever were re-exported there would be a way around the plan.
    for line in read(&repository().join("tui/src/lib.rs")).lines() {
        let line = line.trim();
        let is_room = line.trim_start_matches("pub ").starts_with("mod ") && line.ends_with(';');
        assert!(
            line.is_empty() || line.starts_with("//") || line.starts_with("#!") || is_room,
            "tui/src/lib.rs: {line}"
        );
    }
}

#[test]
fn every_dependency_has_its_reason_and_every_reason_its_dependency() {
    let reasons = plan::first_cells(&read(&repository().join("docs/ARCHITECTURE.md")), "Dependencies");
    let there = &manifest("dependencies") | &manifest("dev-dependencies");
    assert_eq!(reasons, there, "left: the table `Dependencies` in docs/ARCHITECTURE.md, right: tui/Cargo.toml");
}

#[test]
fn no_file_is_too_long() {
    for module in modules() {
        let (file, lines) = (&module.file, module.lines);
        assert!(lines <= LONGEST, "tui/src/{file} has {lines} lines without its tests, more than {LONGEST}");
    }
}

#[test]
fn every_file_opens_with_what_lives_in_it() {
    let files: Vec<_> = ["tui", "probes", "probes-common"].map(|part| rust_files(&repository().join(part))).concat();
    assert!(files.len() > 50, "only {} files found", files.len());
    let opens = |file: &PathBuf| {
        read(file).lines().find(|line| !line.starts_with("#!")).is_some_and(|line| line.starts_with("//! "))
    };
    let silent: Vec<_> = files.iter().filter(|file| !opens(file)).collect();
    assert!(silent.is_empty(), "no `//!` sentence at the top of {silent:?}");
}

#[test]
fn the_top_of_the_repository_holds_only_what_it_should() {
    let root = repository();
    let git = Command::new("git").arg("-C").arg(&root).args(["ls-tree", "--name-only", "HEAD"]).output();
    let names: Vec<String> = match git {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
        }
        // Not a clone: whatever is there counts, but what cargo builds.
        _ => fs::read_dir(&root)
            .expect("the repository")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| name != "target")
            .collect(),
    };
    assert!(names.iter().any(|name| name == "tui"), "{names:?}");
    let stray: Vec<_> = names.iter().filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str())).collect();
    assert!(stray.is_empty(), "at the top of the repository, where only {TOP:?} belong: {stray:?}");
}
