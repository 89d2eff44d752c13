//! Files that somebody else made: whatever is in them, what is said of them moves no cursor.

use std::path::Path;
use std::process::{Command, Output};

use ktrace_tui::store::{Limits, Writer};
use rusqlite::Connection;

/// Clears the screen, and writes into the clipboard.
const CODES: &str = "\x1b[2J\x1b]52;c;eA==\x07";

fn run(arguments: &[&str], file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(arguments).arg(file).output().expect("the program")
}

/// What was said, which quotes what the file holds.
fn said(output: &Output, quoted: &str) {
    for stream in [&output.stdout, &output.stderr] {
        let codes = stream.iter().filter(|byte| byte.is_ascii_control() && **byte != b'\n').count();
        assert_eq!(codes, 0, "{:?}", String::from_utf8_lossy(stream));
    }
    let all = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(String::from_utf8_lossy(&all).contains(quoted), "{:?}", String::from_utf8_lossy(&all));
}

#[test]
fn a_recording_that_is_signed_by_control_codes_is_told_without_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.ktrace");
    let writer = Writer::create(&file, &Vec::new(), None, Limits::default()).expect("a recording");
    writer.close(ktrace_tui::model::Time(1)).expect("a recording");
    let database = Connection::open(&file).expect("a database");
    database.execute("INSERT INTO node VALUES (9, 'signer', ?)", [CODES]).expect("a signer");
    drop(database);
    let output = run(&["verify"], &file);
    assert_eq!(output.status.code(), Some(4));
    said(&output, "signed by \\x1b[2J");
}

#[test]
fn a_line_that_cannot_be_read_is_quoted_without_its_control_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.jsonl");
    let status = r#"{"type":"status","time":"2026-11-23T12:00:00Z","topic":"t","health":"ok","text":"x"}"#;
    let kind = serde_json::json!({ "type": CODES });
    std::fs::write(&file, format!("{status}\n{kind}\n")).expect("a file");
    said(&run(&["events"], &file), "line 2: passed over");
    said(&run(&["events"], &file), "\\x1b[2J");
}

#[test]
fn a_configuration_that_names_control_codes_is_refused_without_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("c.toml");
    std::fs::write(&file, format!("{} = 1\n", toml::Value::from(CODES))).expect("a file");
    said(&run(&["doctor", "--config"], &file), "unknown key");
}
