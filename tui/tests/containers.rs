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

#[test]
fn an_engine_that_restarts_again_and_again_costs_names_and_nothing_else() {
    if !privileged(NEEDS) {
        return;
    }
    const ROUNDS: usize = 5;
    let mut dockerd = Dockerd::start();
    let mut watch = watch(&dockerd);
    let mut ids = Vec::new();
    for round in 0..ROUNDS {
        let id = dockerd.run(&format!("round{round}"), "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/echo up; done");
        ended(&dockerd, &id);
        ids.push(id);
        dockerd.down();
        for _ in 0..10 {
            Command::new("/bin/true").arg(format!("down{round}")).status().unwrap();
        }
        dockerd.up();
    }
    dockerd.run("last", "while :; do /bin/sleep 0.05; done");
    watch.await_told(|line| line["process"]["container"]["name"] == "last");
    let told = watch.finish();
    assert_eq!(told.lost(), 0);
    let runs = |fits: &dyn Fn(&serde_json::Value) -> bool| told.kind("exec").filter(|exec| fits(exec)).count();
    for (round, id) in ids.iter().enumerate() {
        let process = |exec: &serde_json::Value, word: &str| exec["process"]["argv"][1] == word;
        let inside = runs(&|exec| process(exec, "up") && exec["process"]["container"]["id"] == id.as_str());
        let meanwhile = runs(&|exec| process(exec, &format!("down{round}")));
        assert_eq!((inside, meanwhile), (10, 10), "round {round}");
    }
    let said = |ok: bool| {
        let docker = |line: &&serde_json::Value| {
            line["type"] == "status" && line["topic"].as_str().unwrap().contains("docker.sock")
        };
        told.0.iter().filter(docker).filter(|line| (line["health"] == "ok") == ok).count()
    };
    assert!(
        said(false) >= 1 && said(true) >= 2,
        "each is told: {} times gone, {} times there",
        said(false),
        said(true)
    );
}
