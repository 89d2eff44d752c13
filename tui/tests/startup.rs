//! The live source from within: its start beside a storm of forks, and the events of the observer itself.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{HashMap, HashSet};
use std::net::TcpListener;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::privileged;
use ktrace_tui::model::{Event, Kind, Place, Placer, ProcessEvent};
use ktrace_tui::source::live::{Options, start};
use tokio::sync::mpsc::channel;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers";

struct Nowhere;

impl Placer for Nowhere {
    fn place(&self, _: &[u8]) -> Place {
        Place::default()
    }
}

/// Runs the live source, calls `during` once it is ready, and gives all that it told until a while after: at least
/// until the exit of the process whose pid `during` gives.
fn told(options: &Options, during: impl FnOnce() -> Option<u32>) -> Vec<Event> {
    let (sender, mut batches) = channel(256);
    let (_, wanted) = tokio::sync::mpsc::channel(1);
    start(options, Arc::new(Nowhere), sender, wanted).unwrap();
    let mut all = Vec::new();
    let ready = |event: &Event| matches!(event, Event::Status(status) if status.text == "ready");
    while !all.iter().any(ready) {
        all.extend(batches.blocking_recv().expect("it lives"));
    }
    let refused: Vec<_> = all.iter().filter(|event| matches!(event, Event::Status(s) if s.text != "ready")).collect();
    assert!(refused.is_empty(), "{refused:?}");
    let last = during();
    let began = Instant::now();
    let mut ended = last.is_none();
    while began.elapsed() < Duration::from_millis(300) || !ended {
        assert!(began.elapsed() < Duration::from_secs(20), "the exit of {last:?} is not told");
        match batches.try_recv() {
            Ok(batch) => all.extend(batch),
            Err(_) => {
                ended = ended || process_events(&all).any(|e| Some(e.process.pid) == last && exit(e));
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
    all
}

fn exit(event: &ProcessEvent) -> bool {
    matches!(event.kind, Kind::Exit(_))
}

fn process_events(events: &[Event]) -> impl Iterator<Item = &ProcessEvent> {
    events.iter().filter_map(|event| match event {
        Event::Process(event) => Some(event),
        _ => None,
    })
}

#[test]
fn nothing_is_missing_and_nothing_told_twice_while_a_fork_storm_runs() {
    if !privileged(NEEDS) {
        return;
    }
    let mut before: Vec<Child> = (0..40).map(|_| Command::new("sleep").arg("60").spawn().unwrap()).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let storm = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let mut pids = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let mut child = Command::new("/bin/true").spawn().unwrap();
                pids.push((child.id(), Instant::now()));
                child.wait().unwrap();
            }
            pids
        }
    });
    std::thread::sleep(Duration::from_millis(100));
    // Events of this process itself are wanted: it is the parent of all.
    let options = Options { include_self: true, ..Options::default() };
    let (mut attached, mut stormed) = (Instant::now(), Vec::new());
    let events = told(&options, || {
        attached = Instant::now();
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        stormed = storm.join().unwrap();
        stormed.last().map(|(pid, _)| *pid)
    });
    let existing: HashSet<u32> = before.iter().map(Child::id).collect();
    for child in &mut before {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut forks = HashMap::<_, usize>::new();
    let mut execs = HashMap::<_, usize>::new();
    let mut exits = HashMap::<_, usize>::new();
    let mut seen = HashSet::new();
    for event in process_events(&events) {
        match &event.kind {
            Kind::Fork(_) => *forks.entry(event.process).or_default() += 1,
            Kind::Exec(_) => *execs.entry(event.process).or_default() += 1,
            Kind::Exit(_) => *exits.entry(event.process).or_default() += 1,
            Kind::Seen(_) => {
                seen.insert(event.process);
            }
            _ => {}
        }
    }
    let losses: Vec<_> = events.iter().filter(|event| matches!(event, Event::Loss(_))).collect();
    assert!(losses.is_empty(), "{losses:?}");
    let ran: HashSet<u32> = stormed.iter().map(|(pid, _)| *pid).collect();
    // Others on this machine may well run one program after another.
    execs.retain(|id, _| ran.contains(&id.pid));
    assert!(forks.values().chain(execs.values()).chain(exits.values()).all(|&count| count == 1), "told once");
    assert!(seen.iter().all(|id| !forks.contains_key(id)), "who was forked is not told as found");
    let found: HashSet<u32> = seen.iter().map(|id| id.pid).collect();
    assert!(existing.is_subset(&found), "who was there is found");
    let later: Vec<_> = stormed.iter().filter(|(_, at)| *at > attached).map(|(pid, _)| *pid).collect();
    assert!(later.len() > 20, "the storm ran: {}", later.len());
    for pid in later {
        for (what, told) in [("fork", &forks), ("exec", &execs), ("exit", &exits)] {
            assert!(told.keys().any(|id| id.pid == pid), "{what} of {pid}");
        }
    }
    // Those that began before the source was ready too: forked or found, and their exits.
    let known: HashSet<u32> = forks.keys().chain(&seen).map(|id| id.pid).collect();
    let exited: HashSet<u32> = exits.keys().map(|id| id.pid).collect();
    let first_fork = stormed.iter().position(|(pid, _)| forks.keys().any(|id| id.pid == *pid)).unwrap();
    for (pid, _) in &stormed[first_fork..] {
        assert!(known.contains(pid) && exited.contains(pid), "{pid} is missing");
    }
}

#[test]
fn the_events_of_the_observer_are_left_out_unless_asked_for() {
    if !privileged(NEEDS) {
        return;
    }
    let own = |include_self| {
        let options = Options { include_self, ..Options::default() };
        let events = told(&options, || {
            drop(TcpListener::bind("127.0.0.1:0").unwrap());
            None
        });
        process_events(&events).filter(|event| event.process.pid == std::process::id()).count()
    };
    assert_eq!(own(false), 0);
    assert!(own(true) > 0);
}

#[test]
fn the_probes_for_old_kernels_tell_the_same_of_an_ordinary_exec() {
    if !privileged(NEEDS) {
        return;
    }
    let options = Options { old_kernel: true, ..Options::default() };
    let mut pid = 0;
    let events = told(&options, || {
        let mut child = Command::new("/usr/bin/env").arg("true").current_dir("/usr/share").spawn().unwrap();
        pid = child.id();
        child.wait().unwrap();
        Some(pid)
    });
    let images: Vec<_> = process_events(&events)
        .filter(|event| event.process.pid == pid)
        .filter_map(|event| match &event.kind {
            Kind::Exec(exec) => Some(exec.image.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(images.len(), 2, "env, then true: {images:?}");
    assert_eq!(images[0].exe.bytes(), std::fs::canonicalize("/usr/bin/env").unwrap().as_os_str().as_encoded_bytes());
    assert_eq!(images[0].cwd.bytes(), b"/usr/share");
}
