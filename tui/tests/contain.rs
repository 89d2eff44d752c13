//! Containing from the real screen, on a throw-away node: who is killed is gone to the last, who is frozen stands still, and
//! the recording has who asked, for what, and what came of it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::docker::Dockerd;
use common::terminal::Terminal;
use serde_json::Value;

const NEEDS: &str = "dockerd, unshare, tmux, and a kernel with BTF";

/// `nsenter`, which stops when what it started is stopped, and so would wait for ever.
struct Entered(Child);

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The screen of the node, with nothing of the machine around it in reach.
fn screen(node: &Dockerd, arguments: &[&str], size: (u16, u16)) -> Terminal {
    let command = node.on_node(&[&[env!("CARGO_BIN_EXE_ktrace-tui")], arguments].concat());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<&str> = words.map(|word| word.to_str().unwrap()).collect();
    Terminal::start(&words.join(" "), size)
}

/// Marks the line that has `text`.
fn mark(terminal: &Terminal, text: &str) {
    terminal.keys("/");
    terminal.types(text);
    terminal.keys("Enter");
    terminal.shows("1/");
}

/// Answers both questions.
fn twice(terminal: &Terminal, word: &str) {
    terminal.shows("really?");
    terminal.keys("Enter");
    terminal.shows("sure?");
    terminal.types(word);
    terminal.keys("Enter");
}

/// What the recording has of what was done.
fn contained(recording: &Path) -> Vec<String> {
    let mut events = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    let out = events.args(["events", recording.to_str().unwrap(), "--format", "json"]).output().unwrap();
    let lines =
        std::str::from_utf8(&out.stdout).unwrap().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told = lines.filter(|line| line["type"] == "status" && line["topic"] == "contain");
    told.map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

/// Whether the container stands still, as the kernel has it.
fn frozen(node: &Dockerd, id: &str) -> bool {
    let pid = node.docker(&["inspect", "-f", "{{.State.Pid}}", id]);
    let script = format!(
        "path() {{ sed -n \"s/^[0-9]*:$1://p\" /proc/{pid}/cgroup; }}
         for mount in $(sed -n 's/^[^ ]* \\([^ ]*\\) cgroup2 .*/\\1/p' /proc/mounts); do cat \"$mount$(path '')/cgroup.events\"; done
         for mount in $(sed -n 's/^[^ ]* \\([^ ]*\\) cgroup [^ ]*freezer.*/\\1/p' /proc/mounts); do cat \"$mount$(path freezer)/freezer.state\"; done"
    );
    let out = node.on_node(&["sh", "-c", &script]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("frozen") || text.contains("THAWED") || text.contains("FROZEN"), "{text}");
    text.contains("frozen 1") || text.contains("FROZEN")
}

#[test]
fn a_branch_is_killed_and_a_container_frozen_and_both_are_written_down() {
    if !common::privileged(NEEDS) {
        return;
    }
    let node = Dockerd::on_a_node();
    let app = node.run("app", "while :; do sleep 4321; done");
    let script = "kt_victim=1; sleep 7731 & sleep 7731 & sh -c 'sleep 7731 & wait' & wait";
    let victim = node.on_node(&["sh", "-c", script]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let victim = Entered(victim);
    let recording = node.path().join("contained.ktrace");
    let terminal = screen(&node, &["--allow-actions", "--record", recording.to_str().unwrap()], (120, 40));
    terminal.shows("kt_victim");
    mark(&terminal, "kt_victim");
    terminal.keys("K k");
    terminal.shows("1 process:");
    terminal.keys("Tab");
    terminal.shows("kill the branch of");
    terminal.shows("5 processes:");
    twice(&terminal, "kill");
    terminal.shows("SIGKILL to 5");
    let left = node.on_node(&["pgrep", "-fx", "sleep 7731"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "", "nobody of the branch is left");
    drop(victim);

    terminal.keys("Escape");
    mark(&terminal, "4321");
    terminal.keys("K f");
    terminal.shows("freeze container app");
    assert!(!frozen(&node, &app), "nothing is done before the second answer");
    twice(&terminal, "freeze");
    terminal.shows("it stands still");
    assert!(frozen(&node, &app));
    terminal.keys("K t");
    twice(&terminal, "thaw");
    terminal.shows("it goes on");
    assert!(!frozen(&node, &app));
    // Its maker keeps the node going.
    terminal.keys("Escape");
    mark(&terminal, "containerd-shim");
    terminal.keys("K k");
    terminal.shows("container runtime");
    terminal.keys("q");
    terminal.ends();

    let told = contained(&recording);
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].starts_with("kill the branch of ") && told[0].contains("SIGKILL to 5: "), "{told:#?}");
    assert!(told[1].starts_with("freeze container app: it stands still") && told[1].contains("asked by "), "{told:#?}");
    let verified = Command::new(env!("CARGO_BIN_EXE_ktrace-tui")).arg("verify").arg(&recording).status().unwrap();
    assert!(verified.success());
    let replay = format!("{} replay {}", env!("CARGO_BIN_EXE_ktrace-tui"), recording.display());
    let replay = Terminal::start(&replay, (120, 40));
    replay.shows("host");
    replay.keys("o");
    replay.shows("kill the branch of");
    replay.keys("Escape");
    replay.keys("K k");
    replay.shows("this is a recording");
    replay.keys("q");
    replay.ends();
}

#[test]
fn without_the_option_nothing_is_asked_and_it_is_said_how_to_turn_it_on() {
    if !common::privileged(NEEDS) {
        return;
    }
    let node = Dockerd::on_a_node();
    node.run("app", "exec sleep 4321");
    let terminal = screen(&node, &[], (80, 24));
    terminal.shows("sleep 4321");
    mark(&terminal, "4321");
    terminal.keys("K k");
    terminal.shows("--allow-actions");
    terminal.keys(":");
    terminal.types("freeze a container");
    terminal.shows("off: --allow-actions");
    terminal.keys("Escape q");
    terminal.ends();
}
