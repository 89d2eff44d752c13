//! Real containers of a real Docker Engine: who lives in which, and what they are called.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use common::docker::Dockerd;
use common::privileged;
use common::watch::Watch;

const NEEDS: &str = "dockerd and a kernel with BTF";

fn watch(dockerd: &Dockerd) -> Watch {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(["watch", "--format", "json", "--docker-socket"]).arg(dockerd.socket());
    Watch::spawn(command)
}

/// Waits until a container has ended by itself.
fn ended(dockerd: &Dockerd, id: &str) {
    let began = Instant::now();
    while dockerd.docker(&["inspect", "-f", "{{.State.Running}}", id]) == "true" {
        assert!(began.elapsed() < Duration::from_secs(60), "container {id} does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn processes_that_live_milliseconds_are_told_under_their_container() {
    if !privileged(NEEDS) {
        return;
    }
    let dockerd = Dockerd::shared();
    let watch = watch(&dockerd);
    let script = |word: &str| format!("i=0; while [ $i -lt 100 ]; do /bin/echo {word}; i=$((i+1)); done");
    let red = dockerd.run("red", &script("red"));
    let blue = dockerd.run("blue", &script("blue"));
    ended(&dockerd, &red);
    ended(&dockerd, &blue);
    let told = watch.finish();
    assert_eq!(told.lost(), 0);
    for (word, id) in [("red", &red), ("blue", &blue)] {
        let echoes: Vec<_> = told.kind("exec").filter(|e| e["process"]["argv"][1] == word).collect();
        assert_eq!(echoes.len(), 100, "{word}");
        for echo in &echoes {
            assert_eq!(echo["process"]["container"]["id"], id.as_str(), "{word}");
            assert_eq!(echo["process"]["container"]["runtime"], "docker");
            assert_eq!(echo["process"]["exe"], "/bin/busybox", "as it is called inside the container");
        }
        let exits = told.kind("exit").filter(|exit| exit["process"]["container"]["id"] == id.as_str()).count();
        assert!(exits > 100, "the exits too: {exits}");
    }
    let first = told.kind("move").filter(|event| event["process"]["container"]["id"] == red.as_str()).count();
    assert!(first > 0, "its first process is seen to be moved there");
}

#[test]
fn a_container_that_ran_before_is_known_and_one_that_comes_gets_its_name() {
    if !privileged(NEEDS) {
        return;
    }
    let dockerd = Dockerd::shared();
    let before = dockerd.run("before", "while :; do /bin/sleep 0.05; done");
    let watch = watch(&dockerd);
    let after = dockerd.run("after", "sleep 1; while :; do /bin/sleep 0.05; done");
    std::thread::sleep(Duration::from_secs(2));
    let told = watch.finish();
    for (name, id) in [("before", &before), ("after", &after)] {
        let mut last = told.kind("exec").filter(|exec| exec["process"]["container"]["id"] == id.as_str());
        let last = last.next_back().expect("its processes are told");
        assert_eq!(last["process"]["container"]["name"], name);
    }
}
