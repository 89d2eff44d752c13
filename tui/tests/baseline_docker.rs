//! What is normal, learnt live from real containers, and what a later one does beside it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::docker::Dockerd;
use common::privileged;
use common::watch::{Told, Watch};
use serde_json::Value;

const NEEDS: &str = "dockerd and a kernel with BTF";
/// What the containers do every day.
const USUAL: &str = "i=0; while [ $i -lt 20 ]; do /bin/sleep 0.05; i=$((i+1)); done";

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ktrace-tui"))
}

/// Runs a script in a container until it ends, and its id.
fn through(dockerd: &Dockerd, name: &str, script: &str) -> String {
    let id = dockerd.run(name, script);
    let began = Instant::now();
    while dockerd.docker(&["inspect", "-f", "{{.State.Running}}", &id]) == "true" {
        assert!(began.elapsed() < Duration::from_secs(60), "container {name} does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    id
}

/// Learns while `happens`, and gives what was said.
fn learn(dockerd: &Dockerd, file: &Path, happens: impl FnOnce()) -> String {
    let mut command = program();
    command.args(["policy", "--kind", "baseline", "--learn", "12s", "-o"]).arg(file);
    command.arg("--docker-socket").arg(dockerd.socket()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "ready"), "it becomes ready");
    happens();
    let said: Vec<String> = lines.collect();
    assert!(child.wait().unwrap().success(), "{said:?}");
    said.join("\n")
}

/// What was new in a container.
fn new<'a>(told: &'a Told, id: &str) -> Vec<&'a Value> {
    let of = |line: &&Value| line["process"]["container"]["id"] == id;
    let new = told.0.iter().filter(|line| line["rule"].as_str().is_some_and(|rule| rule.starts_with("baseline_")));
    new.filter(of).collect()
}

#[test]
fn what_a_container_never_did_is_told_and_what_it_always_did_is_not() {
    if !privileged(NEEDS) {
        return;
    }
    let dockerd = Dockerd::shared();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("normal.toml");
    let said = learn(&dockerd, &file, || {
        through(&dockerd, "usual-1", USUAL);
        let id = dockerd.run("usual-2", &format!("{USUAL}; /bin/sleep 2"));
        dockerd.docker(&["exec", &id, "/bin/id"]);
    });
    assert!(said.contains("1 processes that were brought in from outside"), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    for learnt in ["path = \"/bin/busybox\", name = \"sleep\"", "parent = \"start\"", "containers = 2\n"] {
        assert!(text.contains(learnt), "{learnt} is not in\n{text}");
    }
    let busybox = Command::new("sha256sum").arg("/bin/busybox").output().unwrap().stdout;
    let digest = String::from_utf8_lossy(&busybox[..64]).into_owned();
    assert!(text.contains(&format!("sha256 = [\"{digest}\"]")), "{digest} is not in\n{text}");
    assert!(!text.contains("name = \"id\""), "who was brought in is not learnt:\n{text}");

    let mut command = program();
    command.args(["watch", "--format", "json", "--only", "findings", "--baseline"]).arg(&file);
    command.arg("--docker-socket").arg(dockerd.socket());
    let watch = Watch::spawn(command);
    let same = through(&dockerd, "usual-3", USUAL);
    let other = through(&dockerd, "unusual", &format!("{USUAL}; /bin/nc -l -p 4444 & sleep 2; kill $!"));
    let told = watch.finish();
    assert!(new(&told, &same).is_empty(), "{:#?}", new(&told, &same));
    let rules: Vec<(&str, &str)> = new(&told, &other)
        .iter()
        .map(|line| (line["rule"].as_str().unwrap(), line["title"].as_str().unwrap()))
        .collect();
    let has = |rule: &str, word: &str| rules.iter().any(|(it, title)| *it == rule && title.contains(word));
    assert!(has("baseline_program", "/bin/busybox as nc") && has("baseline_port", "4444/tcp"), "{rules:?}");
    let why = new(&told, &other)[0]["why"].to_string();
    assert!(why.contains("hardly known"), "it was learnt from seconds: {why}");
}
