//! What is normal: learnt, compared, joined and thinned out by the program itself, on recordings that another sensor made.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(arguments).env_clear().env("XDG_CONFIG_HOME", "/nonexistent").stdin(Stdio::null());
    command.output().unwrap()
}

fn done(arguments: &[&str]) -> (String, String) {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {said}");
    (String::from_utf8(output.stdout).unwrap(), said)
}

fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    said
}

fn data(name: &str) -> String {
    format!("{}/tests/data/tetragon/{name}.jsonl", env!("CARGO_MANIFEST_DIR"))
}

/// A folder with what is learnt of an ordinary day.
fn everyday() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("normal.toml").to_str().unwrap().to_owned();
    done(&["policy", &data("tetragon-everyday"), "--kind", "baseline", "-o", &file]);
    (folder, file)
}

fn new(recording: &str, baseline: &str) -> Vec<(String, String)> {
    let (lines, _) = done(&["findings", recording, "--baseline", baseline, "--format", "json"]);
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found = lines.filter(|line| line["rule"].as_str().is_some_and(|rule| rule.starts_with("baseline_")));
    found.map(|it| (it["rule"].as_str().unwrap().to_owned(), it["title"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn the_day_that_it_was_learnt_from_has_little_that_is_new() {
    let (_folder, file) = everyday();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let (text, _) = done(&["baseline", "review", &file]);
    assert!(text.contains("tenant-jobs/elasticsearch:elasticsearch"), "{text}");
    assert!(text.contains("connects   142.250.180.196 80/tcp"), "{text}");
    // What was left out as suspicious is new, and nothing else is.
    let new = new(&data("tetragon-everyday"), &file);
    assert!(!new.is_empty() && new.iter().all(|(_, title)| title.contains("vi")), "{new:?}");
}

#[test]
fn an_attack_on_another_workload_is_said_not_to_be_known() {
    let (_folder, file) = everyday();
    let new = new(&data("tetragon-attack"), &file);
    let unknown = new.iter().filter(|(rule, _)| rule == "baseline_unknown_workload");
    assert!(unknown.clone().any(|(_, title)| title.starts_with("default/privileged-pod:")), "{new:?}");
    let (_, said) = done(&["baseline", "review", &file, "--against", &data("tetragon-attack")]);
    assert!(said.contains("outside of the baseline"), "{said}");
}

/// A Tetragon line: an exec in the container of a pod.
fn exec(exe: &str, parent: &str, second: u32) -> String {
    let process = |binary: &str, pid: u32| {
        serde_json::json!({
            "exec_id": data_encoding::BASE64.encode(format!("node:{}:{pid}", pid * 1_000_000).as_bytes()), "pid": pid, "uid": 0, "cwd": "/", "binary": binary, "arguments": "",
            "flags": "execve clone", "start_time": format!("2026-11-20T10:00:{second:02}.{pid:09}Z"),
            "pod": { "namespace": "shop", "name": "web-7d4b9c6f5d-x2x4z", "container": {
                "id": "containerd://3f2a9c1b4d5e8f70112233445566778899aabbccddeeff00112233445566aabb", "name": "web",
                "image": { "id": "docker.io/library/web@sha256:1", "name": "docker.io/library/web:1" },
                "start_time": "2026-11-20T09:59:00Z", "pid": pid } },
        })
    };
    serde_json::json!({
        "process_exec": { "process": process(exe, 100 + second), "parent": process(parent, 100) },
        "node_name": "node", "time": format!("2026-11-20T10:00:{second:02}.000000000Z"),
    })
    .to_string()
}

fn lines(folder: &Path, name: &str, execs: &[(&str, u32)]) -> PathBuf {
    let file = folder.join(name);
    let all: Vec<String> = execs.iter().map(|(exe, second)| exec(exe, "/usr/sbin/app", *second)).collect();
    fs::write(&file, all.join("\n")).unwrap();
    file
}

fn learn(recording: &Path, out: &str) -> String {
    done(&["policy", recording.to_str().unwrap(), "--kind", "baseline", "-o", out]).1
}

#[test]
fn odd_paths_survive_and_a_workload_of_seconds_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "/srv/a \"quoted\"\n\\x41 'name'";
    let recording = lines(folder.path(), "one.jsonl", &[(odd, 1), ("/bin/true", 5)]);
    let out = folder.path().join("b.toml").to_str().unwrap().to_owned();
    let said = learn(&recording, &out);
    assert!(said.contains("shop/web:web: seen for 4 s in 1 container only"), "{said}");
    let (text, _) = done(&["baseline", "review", &out]);
    assert!(text.contains("/srv/a \"quoted\"\\x0a\\x5cx41 'name'"), "{text}");
    assert_eq!(new(recording.to_str().unwrap(), &out), []);
    let (written, _) = done(&["baseline", "prune", &out, "--seen-less", "1", "-o", "-"]);
    assert_eq!(written, fs::read_to_string(&out).unwrap(), "read and written it is the same");
}

#[test]
fn baselines_are_joined_compared_and_thinned_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let first = lines(folder.path(), "one.jsonl", &[("/bin/a", 1), ("/bin/a", 2)]);
    let second = lines(folder.path(), "two.jsonl", &[("/bin/a", 3), ("/bin/b", 4)]);
    learn(&first, &path("1.toml"));
    learn(&second, &path("2.toml"));
    assert!(new(second.to_str().unwrap(), &path("1.toml")).iter().any(|(_, it)| it.contains("/bin/b runs in")));
    let (diff, _) = done(&["baseline", "diff", &path("1.toml"), &path("2.toml")]);
    assert!(diff.contains("+ program    /bin/b") && !diff.contains("/bin/a"), "{diff}");
    assert!(refused(&["baseline", "merge", &path("1.toml"), &path("1.toml")]).contains("count twice"));
    done(&["baseline", "merge", &path("1.toml"), &path("2.toml"), "-o", &path("all.toml")]);
    assert_eq!(new(second.to_str().unwrap(), &path("all.toml")), []);
    fs::set_permissions(path("all.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    let (_, said) = done(&["baseline", "prune", &path("all.toml"), "--seen-less", "2"]);
    assert!(said.contains("are gone, 1 workloads are left"), "{said}");
    assert_eq!(fs::metadata(path("all.toml")).unwrap().permissions().mode() & 0o777, 0o640);
    let (left, _) = done(&["baseline", "review", &path("all.toml")]);
    assert!(left.contains("/bin/a") && !left.contains("/bin/b"), "{left}");
    assert!(refused(&["baseline", "prune", &path("all.toml"), "--older", "1s"]).contains("it stays as it is"));
    assert_eq!(done(&["baseline", "review", &path("all.toml")]).0, left);
}

#[test]
fn what_is_no_baseline_is_refused_with_its_place() {
    let (folder, file) = everyday();
    let bad = folder.path().join("bad.toml");
    let text = fs::read_to_string(&file).unwrap().replacen("port = \"9080/tcp\"", "port = \"9080\"", 1);
    fs::write(&bad, &text).unwrap();
    let line = text.lines().position(|line| line.contains("port = \"9080\"")).unwrap() + 1;
    let said = refused(&["findings", &data("tetragon-attack"), "--baseline", bad.to_str().unwrap()]);
    assert!(said.contains(&format!("bad.toml: line {line}, column ")), "{said}");
    fs::write(&bad, "format = 1\n").unwrap();
    assert!(refused(&["baseline", "review", bad.to_str().unwrap()]).contains("everything would be new"));
    let nobody = folder.path().join("host.jsonl");
    fs::write(&nobody, "{\"type\":\"status\",\"time\":\"2026-11-20T10:00:00Z\",\"topic\":\"source\",\"health\":\"ok\",\"text\":\"\"}\n")
        .unwrap();
    let said = refused(&["policy", nobody.to_str().unwrap(), "--kind", "baseline"]);
    assert!(said.contains("nothing can be learnt"), "{said}");
}
