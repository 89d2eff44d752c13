//! `ktrace-tui report` of real recordings, in every format, and what `--redact` leaves.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use ktrace_tui::detect::Detector;
use ktrace_tui::export::report::{Collector, Dossier, Role};
use ktrace_tui::model::{
    Creds, Event, Exit, Fork, Health, Kind, Limits, Loss, LossKind, Model, ProcessEvent, ProcessId, Status, Ticks, Time,
};
use ktrace_tui::source::tetragon::Import;
use serde_json::Value;

const FORMATS: [&str; 5] = ["md", "html", "json", "mermaid", "dot"];

fn report(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.arg("report").args(arguments).env_clear().env("XDG_CONFIG_HOME", "/nonexistent");
    command.env("TZ", "UTC").stdin(Stdio::null()).output().unwrap()
}

fn data(name: &str) -> String {
    format!("{}/tests/data/tetragon/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn attack() -> String {
    data("tetragon-attack.jsonl")
}

fn said(arguments: &[&str]) -> String {
    let output = report(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(arguments: &[&str], code: i32) -> String {
    let output = report(arguments);
    assert_eq!(output.status.code(), Some(code));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn every_format_of_the_kubernetes_attack_is_as_it_was() {
    for format in FORMATS {
        insta::assert_snapshot!(format!("attack_{format}"), said(&[&attack(), "--format", format]));
    }
}

#[test]
fn the_attack_without_what_it_should_not_tell() {
    insta::assert_snapshot!("attack_redacted", said(&[&attack(), "--redact"]));
    for format in FORMATS {
        let told = said(&[&attack(), "--format", format, "--redact"]);
        for part in ["34.116.205.187", "minikube", "natalia", "SecurePSK", "linux-libs.org"] {
            assert!(!told.contains(part), "{part} in {format}");
        }
        assert!(told.contains("80976c957594"), "ids of containers stay");
        assert_eq!(told, said(&[&attack(), "--format", format, "--redact"]), "the same file gives the same");
    }
}

#[test]
fn times_stand_in_utc_and_in_local_time() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(["report", &attack()]).env_clear().env("TZ", "XST-05:30").stdin(Stdio::null());
    let told = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(told.contains("2022-01-19 11:16:29.378 | 2022-01-19 16:46:29.378 +05:30"), "{told}");
}

#[test]
fn one_incident_can_be_asked_for_and_one_that_is_not_there_names_those_that_are() {
    let told = said(&[&attack(), "--incident", "i1", "--format", "json"]);
    assert_eq!(told.lines().count(), 1);
    let message = refused(&[&attack(), "--incident", "i77"], 1);
    assert_eq!(message, "error: no incident i77: there are i1\n");
}

#[test]
fn a_day_without_incidents_is_written_up_as_such() {
    let told = said(&[&data("tetragon-everyday.jsonl"), "--format", "json"]);
    assert!(told.lines().all(|line| !line.contains("\"critical\"")), "{told}");
    refused(&["/nonexistent/x.jsonl"], 1);
}

#[test]
fn a_file_is_written_for_its_owner_alone_and_takes_the_place_of_another() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("report.html");
    fs::write(&out, "old").unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o644)).unwrap();
    let told = said(&[&attack(), "--format", "html", "-o", out.to_str().unwrap()]);
    assert_eq!(told, "");
    assert!(fs::read_to_string(&out).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let there: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, ["report.html"], "nothing else is left there");
    let message = refused(&[&attack(), "-o", "/nonexistent/x/report.md"], 1);
    assert!(message.starts_with("error: cannot write /nonexistent/x/report.md: "), "{message}");
}

#[test]
fn what_is_read_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events.jsonl");
    fs::copy(attack(), &file).unwrap();
    let message = refused(&[file.to_str().unwrap(), "-o", file.to_str().unwrap()], 1);
    assert!(message.contains("is what is read"), "{message}");
    assert_eq!(fs::read(&file).unwrap(), fs::read(attack()).unwrap());
}

fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                found.insert(key.clone());
                keys(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_the_json_is_explained() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/REPORT.md");
    let document = fs::read_to_string(document).unwrap();
    let mut fields = BTreeSet::new();
    // What the attack has none of: lost records, a recording.
    let name = "ktrace_tui__export__report__tests__small_json.snap";
    let other =
        fs::read_to_string(format!("{}/src/export/report/snapshots/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let line = other.lines().find(|line| line.starts_with("{\"type\":\"report\"")).unwrap();
    keys(&serde_json::from_str(line).unwrap(), &mut fields);
    for line in said(&[&attack(), "--format", "json"]).lines() {
        assert!(line.starts_with("{\"type\":\"report\",\"id\":\"i1\","), "{line}");
        keys(&serde_json::from_str(line).unwrap(), &mut fields);
    }
    assert!(fields.len() > 70, "{fields:?}");
    let missing: Vec<_> = fields.iter().filter(|field| !document.contains(&format!("`{field}`"))).collect();
    assert!(missing.is_empty(), "docs/REPORT.md does not explain {missing:?}");
}

/// What the incident of the attack is called by `findings`.
const TITLE: &str = "A container with too many rights, container escape, persistence and a program that is not of the \
                     image: privileged-pod, a51959123c3b and 80976c957594";

/// The dossier of the attack, when these events follow.
fn collected(more: impl FnOnce(Time) -> Vec<Event>) -> Dossier {
    let mut model = Model::new(Limits { dead: 8, ..Limits::default() });
    let (mut import, mut detector, mut collector) =
        (Import::default(), Detector::new(Vec::new()), Collector::default());
    let text = fs::read_to_string(attack()).unwrap();
    let events: Vec<Event> = text.lines().flat_map(|line| import.line(line).unwrap()).collect();
    let mut take = |event: &Event, model: &mut Model| {
        model.apply(event);
        let news = detector.observe(event, model);
        collector.happened(event, model);
        collector.found(event, &news, model, &detector);
    };
    events.iter().for_each(|event| take(event, &mut model));
    let more = more(model.now());
    more.iter().for_each(|event| take(event, &mut model));
    collector.finish(&model, &detector).remove(0)
}

fn event(time: Time, process: ProcessId, kind: Kind) -> Event {
    Event::Process(ProcessEvent { time, process, tid: process.pid, cgroup: None, kind })
}

#[test]
fn what_the_model_let_go_of_is_told_all_the_same() {
    let plain = collected(|_| Vec::new());
    let later = collected(|now| {
        // All of them end, and so many others that the model keeps none of them.
        let ended = plain.processes.iter().map(|process| {
            let start = Ticks::from_nanos(process.start_time.since(plain.node.booted));
            event(now, ProcessId { pid: process.pid, start }, Kind::Exit(Exit { code: Some(3), ..Exit::default() }))
        });
        let others = (0..500).flat_map(|number| {
            let process = ProcessId { pid: 100_000 + number, start: Ticks(u64::MAX / 20_000_000) };
            let maker = ProcessId { pid: 1, start: Ticks(0) };
            let fork = Fork { maker, parent: maker, ns_pid: 0, creds: Creds::default() };
            let exit = Kind::Exit(Exit { code: Some(0), ..Exit::default() });
            [event(now, process, Kind::Fork(fork)), event(now, process, exit)]
        });
        ended.chain(others).collect()
    });
    let names = |dossier: &Dossier| dossier.processes.iter().map(|process| process.name()).collect::<Vec<_>>();
    assert_eq!(names(&later), names(&plain));
    assert_eq!(later.title, plain.title);
    assert_eq!(plain.title, TITLE, "and it is the title of the incident");
    for (now, then) in later.processes.iter().zip(&plain.processes) {
        assert_eq!((now.pid, &now.argv, &now.parent, now.place), (then.pid, &then.argv, &then.parent, then.place));
        assert!(now.end.is_some(), "how it ended is known, too: {now:?}");
    }
    assert_eq!(later.endpoints.len(), plain.endpoints.len());
    assert!(later.processes.iter().any(|process| process.role == Role::Ancestor));
}

#[test]
fn what_is_missing_is_said() {
    let told = collected(|now| {
        let loss = |from, to| Event::Loss(Loss { time: now, kind: LossKind::Exec, count: 17, from, to, group: None });
        let text = "no permission".to_owned();
        let status = Status { time: now, topic: "docker".to_owned(), health: Health::Missing, text };
        // One while it went on, one long before.
        vec![loss(Time(now.0 - 3_600_000_000_000), now), loss(Time(1), Time(2)), Event::Status(status)]
    });
    assert_eq!(told.losses.len(), 1);
    assert!(told.missing.iter().any(|it| it.starts_with("17 records were lost")), "{:?}", told.missing);
    assert!(told.missing.iter().any(|it| it == "docker: no permission"), "{:?}", told.missing);
    assert!(told.missing.iter().any(|it| it.contains("the image of every container")), "{:?}", told.missing);
}
