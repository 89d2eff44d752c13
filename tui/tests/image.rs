//! The static program and the image of it: how large they are, and that they do what they should with nothing around them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::docker::{Dockerd, NAMED};
use common::terminal::Terminal;
use common::watch::Watch;
use serde_json::Value;

/// Bytes that the program and its image may have at most; demo/kubernetes/README.md says what they have.
const PROGRAM: u64 = 15_000_000;
const IMAGE: u64 = 20_000_000;

/// The rights of docs/PRIVILEGES.md, by the names that the engine of a throw-away node gives them.
const RIGHTS: [&str; 5] = ["LEASE", "WAKE_ALARM", "NET_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH"];

/// The static program that `KTRACE_TEST_STATIC` names, as in CI: building it takes minutes. Without it a test says on
/// stderr that it was skipped.
fn program() -> Option<PathBuf> {
    let Some(program) = std::env::var_os("KTRACE_TEST_STATIC") else {
        eprintln!("skipped: needs a static program: cargo static, then KTRACE_TEST_STATIC=PATH");
        return None;
    };
    // Tests run in the directory of their crate.
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(program))
}

#[test]
fn the_program_is_static_and_small_and_needs_nothing_around_it() {
    let Some(program) = program() else { return };
    let linked = Command::new("ldd").arg(&program).output().unwrap();
    let said = [linked.stdout, linked.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(said.contains("statically linked") || said.contains("not a dynamic executable"), "{said}");
    let size = program.metadata().unwrap().len();
    assert!(size < PROGRAM, "{size} bytes");
}

/// An image of the program, on the engine of a node.
fn image(node: &Dockerd, program: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/kubernetes/image");
    let docker = format!("docker --host unix://{}", node.socket().display());
    let built = Command::new(script).arg("ktrace-tui:test").env("DOCKER", docker).env("KTRACE_TUI", program).output();
    let built = built.unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    "ktrace-tui:test".to_owned()
}

#[test]
fn the_image_is_small_and_has_nothing_but_the_program() {
    let Some(program) = program() else { return };
    if !common::privileged("dockerd and unshare") {
        return;
    }
    let node = Dockerd::on_a_node();
    let image = image(&node, &program);
    let size: u64 = node.docker(&["image", "inspect", "--format", "{{.Size}}", &image]).parse().unwrap();
    assert!(size < IMAGE, "{size} bytes");
    let run = |words: &[&str]| node.docker(&[&["run", "--rm", "--network", "none", image.as_str()], words].concat());
    assert!(run(&["--version"]).starts_with("ktrace-tui "));
    assert!(run(&["config"]).contains("theme"));
    // Modules for names of hosts belong to a C library that is not there: it does without.
    let modules = node.path().join("nsswitch.conf");
    std::fs::write(&modules, "hosts: mymachines nosuch\n").unwrap();
    let modules = format!("{}:/etc/nsswitch.conf:ro", modules.display());
    let told = node.command(&[
        "run",
        "--rm",
        "--network",
        "none",
        "--add-host",
        "bus.test:127.0.0.9",
        "-v",
        &modules,
        "--runtime",
        NAMED,
        "--cap-add",
        "SYS_ADMIN",
        "--security-opt",
        "seccomp=unconfined",
        &image,
        "agent",
        "--nats",
        "nats://bus.test:4222",
        "--duration",
        "3s",
    ]);
    let told = { told }.output().unwrap();
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("Connection refused"), "the name is found, and nobody is there: {told}");
    // The screen of the bundled incident, on the terminal of a container.
    let command = format!("docker --host unix://{} run --rm -it --network none {image} demo", node.socket().display());
    let terminal = Terminal::start(&command, (120, 40));
    terminal.shows("kubernetes");
    terminal.keys("q");
    terminal.ends();
}

#[test]
fn a_node_is_watched_from_the_image_with_the_rights_of_the_agent() {
    let Some(program) = program() else { return };
    if !common::privileged("dockerd and unshare") {
        return;
    }
    let node = Dockerd::on_a_node();
    let image = image(&node, &program);
    let mut words = vec!["run", "--rm", "--runtime", NAMED, "--pid=host", "--network", "none", "--read-only"];
    words.extend(["--cgroupns", "private", "--security-opt", "no-new-privileges", "--cap-drop", "ALL"]);
    words.extend(["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]);
    words.extend(["-v", "/run:/host/run:ro", "-v", "/etc/passwd:/host/etc/passwd:ro"]);
    words.extend(RIGHTS.iter().flat_map(|name| ["--cap-add", name]));
    let doctor = node.docker(&[words.as_slice(), &[image.as_str(), "doctor", "--format", "json"]].concat());
    let lines = doctor.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let bad: Vec<Value> = lines
        .filter(|line| line["health"] != "ok")
        // A throw-away node is a pid namespace of its own, without podman, CRI and lockdown.
        .filter(|line| !["pid namespace", "podman", "cri"].contains(&line["topic"].as_str().unwrap()))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    let app = node.run("app", "while :; do busybox true; sleep 0.1; done");
    let words = [words.as_slice(), &[image.as_str(), "watch", "--format", "json"]].concat();
    let watch = Watch::spawn(node.command(&words));
    std::thread::sleep(std::time::Duration::from_secs(1));
    let told = watch.finish();
    let inside = told.kind("exec").rfind(|event| event["process"]["container"]["id"] == app.as_str());
    assert_eq!(inside.expect("what the container runs")["process"]["container"]["name"], "app");
}
