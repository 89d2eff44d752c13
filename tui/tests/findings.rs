//! `ktrace-tui findings` of real recordings that another sensor made (tests/data/tetragon).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn findings(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.arg("findings").args(arguments).env_clear().env("XDG_CONFIG_HOME", "/nonexistent").stdin(Stdio::null());
    command.output().unwrap()
}

fn data(name: &str) -> String {
    format!("{}/tests/data/tetragon/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn lines(name: &str) -> Vec<Value> {
    let output = findings(&[&data(name), "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_kubernetes_attack_is_one_incident_from_the_pod_to_the_data_that_left() {
    let lines = lines("tetragon-attack.jsonl");
    let incidents: Vec<_> = lines.iter().filter(|line| line["type"] == "incident").collect();
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    let incident = incidents[0];
    assert_eq!(incident["severity"], "critical");
    let stages: Vec<_> =
        incident["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    let told: BTreeSet<_> = stages.iter().copied().collect();
    for stage in ["exposure", "escape", "persistence", "execution", "exfiltration"] {
        assert!(told.contains(stage), "no {stage} in {stages:?}");
    }
    assert_eq!(stages.first(), Some(&"exposure"), "it begins with the privileged pod");
    assert_eq!(stages.last(), Some(&"exfiltration"), "and ends with the data going out");
    let endpoints: Vec<_> = incident["endpoints"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(endpoints.contains(&"34.116.205.187:443"), "{endpoints:?}");
    assert!(incident["containers"].as_array().unwrap().len() >= 2, "the pod, and the one that no fork joins to it");
}

#[test]
fn an_ordinary_day_raises_nothing_above_medium() {
    let lines = lines("tetragon-everyday.jsonl");
    let loud: Vec<_> =
        lines.iter().filter(|line| ["critical", "high"].iter().any(|it| line["severity"] == *it)).collect();
    assert!(loud.is_empty(), "{loud:#?}");
}

#[test]
fn a_bad_line_is_named_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mixed.jsonl");
    let good = std::fs::read_to_string(data("tetragon-attack.jsonl")).unwrap();
    std::fs::write(&file, format!("not json\n\n{{\"time\":\"2022-01-19T11:05:54Z\"}}\n{good}")).unwrap();
    let output = findings(&[file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("line 1: passed over: it is no JSON object"), "{said}");
    assert!(said.contains("line 3: passed over: it is no event of Tetragon"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("incident i1"));
}

#[test]
fn a_file_without_events_and_one_that_is_not_there_fail_and_say_what_is_wanted() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    let output = findings(&[empty.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("a recording, or JSON lines as ktrace-tui writes or Tetragon exports them, are wanted")
    );
    let output = findings(&["/nonexistent/x.jsonl"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read /nonexistent/x.jsonl"));
}

#[test]
fn what_ktrace_tui_wrote_itself_is_read_again_and_tells_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.jsonl");
    let attack = data("tetragon-attack.jsonl");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    let events = command.args(["events", &attack, "--format", "json"]).stdin(Stdio::null()).output().unwrap();
    let found = findings(&[&attack, "--format", "json"]);
    assert!(events.status.success() && found.status.success());
    std::fs::write(&file, [events.stdout, found.stdout].concat()).unwrap();
    let again = findings(&[file.to_str().unwrap(), "--format", "json"]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let told = |line: &Value| {
        let process = |of: &Value| (of["pid"].clone(), of["start_time"].clone(), of["exe"].clone(), of["argv"].clone());
        let kind = line["type"].as_str().unwrap().to_owned();
        let lineage: Vec<_> = line["lineage"].as_array().into_iter().flatten().map(process).collect();
        let stages =
            line["stages"].as_array().into_iter().flatten().map(|it| (it["stage"].clone(), it["findings"].clone()));
        let rest = ["id", "time", "rule", "title", "severity", "why", "incident", "containers", "endpoints"]
            .map(|it| line[it].clone());
        (kind, process(&line["process"]), lineage, stages.collect::<Vec<_>>(), rest)
    };
    let again: Vec<Value> =
        String::from_utf8(again.stdout).unwrap().lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let before = lines("tetragon-attack.jsonl");
    assert_eq!(again.iter().map(told).collect::<Vec<_>>(), before.iter().map(told).collect::<Vec<_>>());
}
