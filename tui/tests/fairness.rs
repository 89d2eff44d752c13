//! Who floods the ring loses what it has too much of, by name, and nobody else loses anything.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::privileged;
use common::watch::{Told, Watch};

const NEEDS: &str = "a kernel with BTF and BPF ring buffers, and a cgroup v2 hierarchy";

const FLOODER: &str = "f100df100df100df100df100df100df100df100df100df100df100df100df100";
const QUIET: &str = "0501e70501e70501e70501e70501e70501e70501e70501e70501e70501e70501";

/// Programs that each runs: a fork, an exec and an exit.
const FLOODERS_PROGRAMS: usize = 40;
const QUIET_PROGRAMS: usize = 340;

/// Opens of the flooder: about twice what the ring holds.
const OPENS: u64 = 16_000;

/// A cgroup that looks like a container of Docker.
struct Container(PathBuf);

impl Container {
    fn new(id: &str) -> Container {
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
        let root = mounts.lines().find_map(|line| {
            let mut words = line.split(' ').skip(1);
            let (at, kind) = (words.next()?, words.next()?);
            (kind == "cgroup2").then(|| PathBuf::from(at))
        });
        let dir = root.expect("cgroup v2 is mounted").join(format!("docker-{id}.scope"));
        std::fs::create_dir(&dir).unwrap();
        Container(dir)
    }

    /// Runs a script of the shell in it, to its end.
    fn run(&self, script: &str, argument: &Path) {
        let enter = format!("echo 0 >{}/cgroup.procs; {script}", self.0.display());
        let mut command = Command::new("sh");
        command.args(["-c", &enter, "sh"]).arg(argument).stdin(Stdio::null());
        assert!(command.status().unwrap().success());
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        std::fs::remove_dir(&self.0).unwrap();
    }
}

/// Runs a program so often.
fn programs(count: usize) -> String {
    format!("i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done")
}

/// Events of a kind in a container.
fn told(told: &Told, kind: &str, container: &str) -> usize {
    told.kind(kind).filter(|event| event["process"]["container"]["id"] == container).count()
}

#[test]
fn whoever_floods_the_ring_takes_nothing_from_others_and_is_named() {
    if !privileged(NEEDS) {
        return;
    }
    let (flooder, quiet) = (Container::new(FLOODER), Container::new(QUIET));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shadow");
    std::fs::write(&file, "").unwrap();
    let watch = Watch::start(&["--ring-size", "4MiB"]);
    // Nobody reads meanwhile: what does not fit is lost, whatever the machine can do.
    watch.signal("STOP");
    let opens = format!(r#"i=0; while [ $i -lt {OPENS} ]; do : <"$1"; i=$((i+1)); done"#);
    flooder.run(&format!("{opens}; {}", programs(FLOODERS_PROGRAMS)), &file);
    quiet.run(&programs(QUIET_PROGRAMS), &file);
    let mut stays = Command::new("sleep").arg("3").spawn().unwrap();
    watch.signal("CONT");
    stays.wait().unwrap();
    let all = watch.finish();
    for kind in ["fork", "exec", "exit"] {
        assert!(told(&all, kind, QUIET) >= QUIET_PROGRAMS, "{kind}: {} of the quiet one", told(&all, kind, QUIET));
        // What makes the tree is kept where opens are not any more.
        assert!(told(&all, kind, FLOODER) >= FLOODERS_PROGRAMS, "{kind}: {} of the flooder", told(&all, kind, FLOODER));
    }
    let losses = |container: &str| -> Vec<_> {
        all.0.iter().filter(|line| line["type"] == "loss" && line["container"]["id"] == container).collect()
    };
    assert!(losses(QUIET).is_empty(), "{:?}", losses(QUIET));
    assert!(losses(FLOODER).iter().all(|loss| loss["kind"] == "act"), "{:?}", losses(FLOODER));
    let lost: u64 = losses(FLOODER).iter().map(|loss| loss["count"].as_u64().unwrap()).sum();
    let opened = told(&all, "open", FLOODER) as u64;
    assert!(opened > 0 && lost > 0, "{opened} opens told, {lost} lost");
    assert!(opened + lost >= OPENS, "{opened} opens told, {lost} lost: each is one of both");
}
