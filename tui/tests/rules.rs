//! Rules of one's own, through the real program: listed, checked, tried on what was recorded, and read again while a
//! node is watched.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use common::privileged;
use common::terminal::Terminal;
use common::watch::Watch;

const RULES: &str = r#"
[[rule]]
id = "curl_runs"
class = "recon"
severity = "medium"
title = "{name} runs in {container}"
when = 'kind = exec and name = curl'

[[rule]]
id = "never_seen"
class = "recon"
severity = "low"
title = "never"
when = 'kind = exec and name = there_is_no_such_program'

[[rule]]
id = "many_programs"
class = "recon"
severity = "low"
title = "many programs, last {name}"
when = 'kind = exec'
count = 4
window = "5s"
per = "container"
unique = "name"
"#;

const SIGMA: &str = "title: Curl\nid: 1\nlogsource:\n    product: linux\n    category: process_creation\n\
    detection:\n    selection:\n        Image|endswith: /curl\n    condition: selection\nlevel: low\n";

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(arguments).env_clear().env("XDG_CONFIG_HOME", "/nonexistent").stdin(Stdio::null()).output().unwrap()
}

/// Exit code, stdout and stderr.
fn said(arguments: &[&str]) -> (i32, String, String) {
    let output = run(arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A directory with the bundled recording, and rules.
fn desk() -> (tempfile::TempDir, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (recording, rules) = (path("demo.ktrace"), path("rules.d"));
    assert_eq!(run(&["demo", "-o", &recording]).status.code(), Some(0));
    fs::create_dir(&rules).unwrap();
    fs::write(path("rules.d/own.toml"), RULES).unwrap();
    fs::write(path("rules.d/curl.yml"), SIGMA).unwrap();
    (dir, recording, rules)
}

#[test]
fn rules_are_tried_on_a_recording() {
    let (_dir, recording, rules) = desk();
    let (code, out, err) = said(&["rules", "test", &rules, "--on", &recording]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("curl runs in ") && out.contains("[curl_runs]"), "{out}");
    assert!(out.contains("3 of 4 rules would have found something"), "{out}");
    assert!(out.contains("  never  never_seen  never"), "{out}");
    let (code, out, _) = said(&["rules", "test", &rules, "--on", &recording, "--format", "json"]);
    assert_eq!(code, 0);
    let lines = lines(&out);
    let fired = |id: &str| {
        let found = lines.iter().filter(|line| line["type"] == "finding" && line["rule"] == id).count();
        let told = lines.iter().find(|line| line["type"] == "rule" && line["rule"] == id).unwrap();
        assert_eq!(told["fired"], found, "{id}");
        found
    };
    assert!(fired("curl_runs") == 1 && fired("sigma_curl") == 1 && fired("never_seen") == 0);
    assert!(fired("many_programs") >= 1);
    assert!(lines.iter().all(|line| line["type"] != "finding" || !line["why"].as_array().unwrap().is_empty()));
}

#[test]
fn a_recording_is_judged_anew_when_rules_are_named_and_otherwise_left_as_it_is() {
    let (_dir, recording, rules) = desk();
    let found = |more: &[&str]| {
        let (code, out, err) = said(&[&["findings", &recording, "--format", "json"], more].concat());
        assert_eq!(code, 0, "{err}");
        lines(&out)
    };
    let ids = |lines: &[Value]| -> BTreeSet<String> {
        let findings = lines.iter().filter(|line| line["type"] == "finding");
        findings.map(|line| line["rule"].as_str().unwrap().to_owned()).collect()
    };
    let (before, after) = (found(&[]), found(&["--rules", &rules]));
    let own: BTreeSet<String> = ["curl_runs", "many_programs", "sigma_curl"].map(str::to_owned).into();
    assert!(ids(&before).is_disjoint(&own));
    let difference: BTreeSet<String> = ids(&after).difference(&ids(&before)).cloned().collect();
    assert_eq!(difference, own);
    assert_eq!(ids(&before).difference(&ids(&after)).count(), 0);
    let curl = after.iter().find(|line| line["rule"] == "curl_runs").unwrap();
    let incident = after.iter().find(|line| line["type"] == "incident" && line["id"] == curl["incident"]).unwrap();
    assert_eq!(incident["severity"], "critical", "it is part of the attack");
    let (code, report, _) = said(&["report", &recording, "--rules", &rules]);
    assert_eq!(code, 0);
    assert!(report.contains("`curl_runs`"), "{report}");
}

#[test]
fn a_broken_rule_is_pointed_at_and_the_rest_is_tried() {
    let (dir, recording, rules) = desk();
    let bad = RULES.replace("name = there_is", "nmae = there_is");
    fs::write(dir.path().join("rules.d/own.toml"), &bad).unwrap();
    let file = format!("{rules}/own.toml");
    let line = bad.lines().position(|line| line.contains("nmae")).unwrap() + 1;
    let expected = format!("{file}:{line}:25: there is no field `nmae`; did you mean `name`?\n");
    let (code, out, err) = said(&["rules", "check", &rules]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with(&expected), "{err}");
    assert!(err.contains("\n                          ^^^^\nerror: one rule is wrong"), "{err}");
    let (code, out, err) = said(&["rules", "test", &rules, "--on", &recording]);
    assert_eq!(code, 1);
    assert!(err.starts_with(&expected) && out.contains("3 of 3 rules would have found"), "{out}{err}");
    fs::write(&file, RULES).unwrap();
    let (code, out, err) = said(&["rules", "check", &rules]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "3 own rules and 1 Sigma rule, nothing wrong\n", ""));
}

#[test]
fn the_list_says_what_is_in_use_and_why_the_rest_is_not() {
    let (dir, _, rules) = desk();
    fs::write(dir.path().join("rules.d/win.yml"), SIGMA.replace("linux", "windows")).unwrap();
    fs::write(dir.path().join("rules.d/bad.yml"), SIGMA.replace("endswith", "endwith")).unwrap();
    let (code, out, _) = said(&["rules", "list", "--rules", &rules]);
    assert_eq!(code, 0);
    assert!(out.contains("low       sigma_curl"), "{out}");
    assert!(out.contains(&format!("broken    {rules}/bad.yml:8:15: there is no modifier `endwith`")), "{out}");
    assert!(out.contains(&format!("product   {rules}/win.yml:4:14: it is for `windows`")), "{out}");
    assert!(out.ends_with("3 own and 1 Sigma rules in use, 1 broken; not told here: 1 for their product\n"), "{out}");
    let (_, out, _) = said(&["rules", "list", "--sigma", &rules, "--format", "json"]);
    let lines = lines(&out);
    let kinds: Vec<_> = lines.iter().map(|line| (line["type"].as_str().unwrap(), line["reason"].as_str())).collect();
    assert_eq!(kinds, [("rule", None), ("rule_fault", Some("broken")), ("rule_fault", Some("product"))]);
    let (code, _, err) = said(&["rules", "list", "--rules", "/nonexistent/rules"]);
    assert_eq!(code, 1);
    assert!(err.contains("--rules: cannot read /nonexistent/rules: No such file"), "{err}");
}

#[test]
fn exceptions_may_be_about_rules_of_ones_own_and_about_nothing_that_is_none() {
    let (dir, recording, rules) = desk();
    let config = dir.path().join("config.toml");
    let findings = |rule: &str| {
        fs::write(&config, format!("[[exception]]\nrule = \"{rule}\"\nbecause = 'known'\n")).unwrap();
        let file = config.to_str().unwrap();
        said(&["findings", &recording, "--rules", &rules, "--config", file, "--format", "json"])
    };
    let muted = |out: &str| {
        let all = lines(out).into_iter().filter(|line| line["muted"] == "known");
        all.map(|line| line["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (code, out, err) = findings("curl_runs");
    assert_eq!((code, err.as_str(), muted(&out)), (0, "", vec!["curl_runs".to_owned()]));
    let (code, out, err) = findings("curl_run");
    assert_eq!((code, muted(&out).len()), (0, 0));
    let expected = format!("{}:2:9: an exception is about the rule `curl_run`", config.display());
    assert!(err.starts_with(&expected) && err.contains("did you mean `curl_runs`?"), "{err}");
}

/// What stands in the blocks of docs/RULES.md.
#[test]
fn the_examples_of_the_page_are_right() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RULES.md")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut count = 0;
    for (language, name) in [("toml", "a.toml"), ("yaml", "a.yml")] {
        for block in page.split(&format!("```{language}\n")).skip(1) {
            let file = dir.path().join(format!("{count}-{name}"));
            fs::write(&file, block.split("```").next().unwrap()).unwrap();
            count += 1;
        }
    }
    assert_eq!(count, 2, "blocks of the page");
    let (code, out, err) = said(&["rules", "check", dir.path().to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, "3 own rules and 1 Sigma rule, nothing wrong\n");
}

/// A program of this test's own, so that nobody else's is counted.
fn program(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    fs::copy("/bin/true", &path).unwrap();
    path
}

fn ran(path: &Path) -> u32 {
    let mut child = Command::new(path).spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn rules_are_read_again_while_a_node_is_watched() {
    if !privileged("a kernel with BTF and BPF ring buffers") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.toml");
    let rules = dir.path().join("rules.d");
    fs::write(&config, "").unwrap();
    fs::create_dir(&rules).unwrap();
    let own = |name: &str| {
        format!(
            "[[rule]]\nid = '{name}_runs'\nclass = 'recon'\nseverity = 'medium'\ntitle = 'ran'\nmeaning = 'It is {name}.'\n\
             when = 'kind = exec and exe = {}/{name}'\n",
            dir.path().display()
        )
    };
    let (first, second) = (program(dir.path(), "first"), program(dir.path(), "second"));
    fs::write(rules.join("own.toml"), own("first")).unwrap();
    let tape = dir.path().join("tape.ktrace");
    let tape = tape.to_str().unwrap();
    let mut watch = Watch::start(&["--config", config.to_str().unwrap(), "--only", "findings", "--record", tape]);
    let found = ran(&first);
    ran(&second);
    // A broken one beside, and another in the place of the first.
    fs::write(rules.join("broken.toml"), own("third").replace("kind = exec", "kind =")).unwrap();
    fs::write(rules.join("own.toml"), own("second")).unwrap();
    watch
        .await_status("rules", |line| line["health"] == "degraded" && !line["text"].as_str().unwrap().starts_with('0'));
    ran(&first);
    let renewed = ran(&second);
    fs::remove_file(rules.join("broken.toml")).unwrap();
    watch.await_status("rules", |line| line["health"] == "ok");
    let told = watch.finish();
    let findings: Vec<_> = told.0.iter().filter(|line| line["type"] == "finding").collect();
    let of = |name: &str| {
        let all = findings.iter().filter(|line| line["rule"] == name);
        all.map(|line| line["process"]["pid"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((of("first_runs"), of("second_runs")), (vec![u64::from(found)], vec![u64::from(renewed)]));
    let statuses: Vec<_> = told.0.iter().filter(|line| line["type"] == "status" && line["topic"] == "rules").collect();
    assert_eq!(statuses[0]["text"], "1 own rule");
    let broken = statuses.iter().find(|line| line["health"] == "degraded").unwrap();
    let place = format!("{}/broken.toml:7:16: ", rules.display());
    assert!(broken["text"].as_str().unwrap().contains(&place), "{broken}");
    // The recording has both rules, though one was gone before it ended, and no file of them is needed.
    fs::remove_dir_all(&rules).unwrap();
    let (code, out, _) = said(&["findings", tape]);
    assert!(code == 0 && out.contains("[first_runs]") && out.contains("[second_runs]"), "{out}");
    let (code, out, _) = said(&["report", tape]);
    assert!(code == 0 && out.contains("It is first.") && out.contains("It is second."), "{out}");
    let (code, _, err) = said(&["verify", tape]);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn the_live_screen_says_what_became_of_rules_that_changed() {
    if !privileged("a kernel with BTF, unshare and tmux") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (config, rules) = (dir.path().join("config.toml"), dir.path().join("rules.d"));
    fs::write(&config, "docker_sockets = []\ncri_sockets = []\nbundle_roots = []\n").unwrap();
    fs::create_dir(&rules).unwrap();
    let rule = |id: &str, field: &str| {
        format!(
            "[[rule]]\nid = '{id}'\nclass = 'recon'\nseverity = 'low'\ntitle = 't'\nwhen = 'kind = exec and {field} = x'\n"
        )
    };
    let write = |file: &str, text: String| fs::write(rules.join(file), text).unwrap();
    write("own.toml", rule("one", "name"));
    // A node of its own: processes of others are no business of this test.
    let node = "unshare --pid --mount --fork --kill-child --mount-proc";
    let command = format!("{node} {} --config {}", env!("CARGO_BIN_EXE_ktrace-tui"), config.display());
    let screens = [(80, 24), (200, 50)].map(|size| Terminal::start(&command, size));
    let show = |what: &str| screens.iter().for_each(|screen| screen.shows(what));
    show("no loss");
    assert!(screens.iter().all(|screen| !screen.screen().contains("rules:")), "there is nothing new to say");
    write("own.toml", rule("one", "nmae"));
    show("rules: own.toml:6:25: there is no field `nmae`");
    // When the notice is gone, what is wrong stays.
    show("rules degraded");
    write("own.toml", rule("one", "name"));
    show("rules: 1 own rule in use");
    write("two.toml", rule("two", "name"));
    show("rules: 2 own rules in use");
    screens.iter().for_each(|screen| screen.keys("q"));
    screens.iter().for_each(Terminal::ends);
}
