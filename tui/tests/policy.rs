//! Policies for engines, out of the bundled incident: written, explained, and refused where too little is known.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(arguments).env_clear().env("XDG_CONFIG_HOME", "/nonexistent").stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The bundled incident, as a recording.
fn incident(folder: &Path) -> PathBuf {
    let file = folder.join("incident.ktrace");
    assert!(run(&["demo", "-o", file.to_str().unwrap()]).status.success());
    file
}

fn policy(file: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["policy", file.to_str().unwrap(), "--kind"];
    arguments.extend(more);
    run(&arguments)
}

/// What is said on stderr by a run that ends with `code` and writes nothing.
fn refused(output: &Output, code: i32) -> String {
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), String::new()));
    text(&output.stderr)
}

#[test]
fn admission_refuses_the_pod_of_the_incident_for_what_was_seen_of_it() {
    let folder = TempDir::new().unwrap();
    let file = incident(folder.path());
    let explained = policy(&file, &["admission", "--explain"]);
    insta::assert_snapshot!("explained", text(&explained.stdout));
    let written = policy(&file, &["admission", "--name", "no-debuggers"]);
    assert_eq!((written.status.code(), text(&written.stderr)), (Some(0), String::new()));
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text(&written.stdout)).unwrap();
    assert_eq!(documents[0]["metadata"]["name"], "no-debuggers");
    assert_eq!(documents[1]["spec"]["policyName"], "no-debuggers");
    // With both, what is explained goes to the terminal, and what is written into the file.
    let out = folder.path().join("admission.yaml");
    let both = policy(&file, &["admission", "--name", "no-debuggers", "--explain", "-o", out.to_str().unwrap()]);
    assert_eq!(both.stdout, explained.stdout);
    assert_eq!(fs::read(out).unwrap(), written.stdout);
}

#[test]
fn a_profile_loses_what_the_incident_used_and_none_is_made_up() {
    let folder = TempDir::new().unwrap();
    let file = incident(folder.path());
    let why = refused(&policy(&file, &["seccomp"]), 1);
    assert!(why.contains("--base") && why.contains("memfd_create, setns"), "{why}");
    let base = folder.path().join("base.json");
    fs::write(&base, r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","setns","memfd_create"],"action":"SCMP_ACT_ALLOW"}]}"#).unwrap();
    let written = policy(&file, &["seccomp", "--base", base.to_str().unwrap()]);
    let profile: Value = serde_json::from_slice(&written.stdout).unwrap();
    assert_eq!(profile["syscalls"][0]["names"], serde_json::json!(["read"]));
    fs::write(&base, "no JSON").unwrap();
    assert!(refused(&policy(&file, &["seccomp", "--base", base.to_str().unwrap()]), 1).contains("no JSON object"));
}

#[test]
fn where_nothing_is_known_nothing_is_written_and_the_reason_is_given() {
    let folder = TempDir::new().unwrap();
    let file = incident(folder.path());
    for kind in ["tetragon", "network"] {
        let why = refused(&policy(&file, &[kind]), 1);
        assert!(why.contains("watched for 2 s only"), "{kind}: {why}");
        let why = refused(&policy(&file, &[kind, "--least", "1s"]), 1);
        assert!(why.contains("labels"), "{kind}: {why}");
        assert!(refused(&policy(&file, &[kind, "--workload", "nobody"]), 2).contains("default/debugger:debugger"));
    }
    let everyday = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tetragon/tetragon-everyday.jsonl");
    let calm = folder.path().join("calm.jsonl");
    let first = fs::read_to_string(everyday).unwrap().lines().nth(1).unwrap().to_owned();
    fs::write(&calm, first + "\n").unwrap();
    assert!(refused(&policy(&calm, &["admission"]), 1).contains("no incident"));
    assert!(refused(&policy(&calm, &["seccomp"]), 1).contains("nothing to take away"));
}

#[test]
fn an_option_that_says_nothing_of_the_kind_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = incident(folder.path());
    for (kind, option) in [
        ("admission", vec!["--enforce", "kill"]),
        ("admission", vec!["--namespace", "shop"]),
        ("tetragon", vec!["--label", "a=b", "--namespace", "shop"]),
        ("tetragon", vec!["--base", "x"]),
        ("network", vec!["--incident", "i1"]),
        ("baseline", vec!["--explain"]),
        ("seccomp", vec!["--name", "x"]),
    ] {
        let mut more = vec![kind];
        more.extend(&option);
        let why = refused(&policy(&file, &more), 2);
        assert!(why.contains(option[0]) && why.contains(kind), "{why}");
    }
    let why = refused(&run(&["policy", "-", "--kind", "network", "--explain"]), 2);
    assert!(why.contains("stdin"), "{why}");
}
