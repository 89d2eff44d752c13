//! The bundled recording is what it says, and holds nothing but the attack.
//!
//! To make it anew, as root on a machine for tests:
//! `demo/run --only kubernetes-attack --record RAW && KTRACE_WRITE_DEMO=RAW cargo test --test demo`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ktrace_tui::model::filter::{Anchor, Filter};
use ktrace_tui::model::{ProcessId, Time};
use ktrace_tui::store::{Note, NoteChange, Recording, Tape as _, Verdict};
use serde::Deserialize;
use tempfile::TempDir;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/kubernetes-attack");
/// The case, the containers of its node, and what started them.
const ONLY: &str =
    "under (name = bash and argv ~ \"kubernetes-attack/story\") or container != host or under name = dockerd";

#[derive(Deserialize)]
struct Notes {
    note: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    r#where: String,
    text: String,
}

fn notes() -> Vec<Written> {
    let text = std::fs::read_to_string(format!("{FOLDER}/notes.toml")).unwrap();
    toml::from_str::<Notes>(&text).unwrap().note
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ktrace-tui"))
        .args(arguments)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .output()
        .unwrap()
}

fn said(arguments: &[&str]) -> String {
    let out = run(arguments);
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The moment and the process that a note is about.
fn place(recording: &Recording, wanted: &str) -> (u64, Time, ProcessId) {
    let filter = Filter::parse(wanted, Anchor::default()).unwrap().unwrap();
    if let Some(found) = recording.hunt_findings(&filter).unwrap().first() {
        return (found.event, found.time, found.who.process);
    }
    let mut first = None;
    let take = &mut |hit: ktrace_tui::store::Hit| {
        first = Some((hit.number, hit.time, hit.who.process));
        false
    };
    recording.hunt(&filter, 1, take).unwrap();
    first.unwrap_or_else(|| panic!("nothing fulfils `{wanted}`"))
}

/// Cuts what belongs to the attack out of a recording, writes the notes into it, and packs it.
fn make(raw: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.ktrace");
    said(&["redact", raw.to_str().unwrap(), "-o", cut.to_str().unwrap(), "--only", ONLY]);
    let mut recording = Recording::open(&cut).unwrap();
    for Written { r#where, text } in notes() {
        let (at, time, process) = place(&recording, &r#where);
        let author = "ktrace-tui".to_owned();
        let note = Note { id: 0, written: time, author, at, time, process: Some(process), text, mark: false };
        recording.change(NoteChange::Add(note)).unwrap();
    }
    drop(recording);
    let packed = zstd::encode_all(std::fs::File::open(&cut).unwrap(), 19).unwrap();
    std::fs::write(format!("{FOLDER}/recording.zst"), packed).unwrap();
}

fn bundled() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.ktrace");
    said(&["demo", "-o", file.to_str().unwrap()]);
    (folder, file)
}

#[test]
fn the_bundled_recording_is_whole_and_tells_the_attack_note_by_note() {
    if let Some(raw) = std::env::var_os("KTRACE_WRITE_DEMO") {
        // The program that is tested has the old one built in.
        return make(Path::new(&raw));
    }
    let (_folder, file) = bundled();
    let mut recording = Recording::open(&file).unwrap();
    assert_eq!(recording.verify(None, &mut |_, _| true).unwrap().verdict, Verdict::Whole);
    let (told, written) = (recording.notes(), notes());
    assert_eq!(told.len(), written.len());
    for (note, Written { r#where, text }) in told.iter().zip(&written) {
        assert_eq!((note.at, note.time, note.process.unwrap()), place(&recording, r#where), "{text}");
        assert_eq!(note.text, *text);
    }
    let findings = said(&["findings", file.to_str().unwrap(), "--format", "json"]);
    let classes: BTreeSet<String> = findings
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["type"] == "finding")
        .map(|line| line["class"].as_str().unwrap().to_owned())
        .collect();
    for class in [
        "privileged_container",
        "container_escape",
        "fileless_exec",
        "reverse_shell",
        "persistence",
        "credential_access",
        "exfiltration",
    ] {
        assert!(classes.contains(class), "{class} is not among {classes:?}");
    }
    assert_eq!(findings.lines().filter(|line| line.starts_with("{\"type\":\"incident\"")).count(), 1);
    let report = said(&["report", file.to_str().unwrap()]);
    assert!(report.contains("escape") && report.contains("ktrace-tui verify"), "{report}");
}

#[test]
fn it_holds_nothing_of_the_machine_that_it_was_made_on() {
    let (_folder, file) = bundled();
    let events = said(&["events", file.to_str().unwrap(), "--format", "json"]);
    let programs: BTreeSet<String> = events
        .lines()
        .filter_map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["process"]["exe"].as_str().map(str::to_owned)
        })
        .collect();
    // Those that the story needs, and no other.
    let known = [
        "bash",
        "cat",
        "containerd",
        "containerd-shim-runc-v2",
        "cp",
        "curl",
        "dash",
        "docker",
        "dockerd",
        "gzip",
        "hostname",
        "id",
        "ls",
        "memfd:agent",
        "mkdir",
        "nsenter",
        "python3.11",
        "runc",
        "sleep",
        "sh",
        "tar",
        "exe",
        "kill",
        "docker-init",
        "docker-proxy",
    ];
    for program in &programs {
        let name = program.rsplit('/').next().unwrap();
        assert!(known.contains(&name) || program == "/", "{program} is no part of the story");
    }
    assert!(programs.len() > 10, "{programs:?}");
    let facts = Recording::open(&file).unwrap().facts().unwrap();
    assert!(facts.iter().any(|(key, value)| key == "host" && value.starts_with("host-")), "{facts:?}");
}

#[test]
fn what_is_there_is_not_written_over() {
    let (_folder, file) = bundled();
    let out = run(&["demo", "-o", file.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("File exists"));
}
