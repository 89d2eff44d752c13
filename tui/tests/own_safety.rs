//! What the program itself may do while it runs: which rights it keeps, whom it starts, what it opens, who can read its files.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use common::privileged;
use common::watch::Watch;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers";
const PROGRAM: &str = env!("CARGO_BIN_EXE_ktrace-tui");

/// CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_BPF.
const KEPT: u64 = 1 << 1 | 1 << 2 | 1 << 19 | 1 << 39;

/// A line of /proc/PID/task/TID/status, as a number in hexadecimal.
fn status(text: &str, key: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("no {key} in {text}"));
    u64::from_str_radix(line.trim(), 16).unwrap()
}

#[test]
fn once_attached_every_thread_has_four_capabilities_and_no_way_to_others() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("r");
    let watch = Watch::start(&["--record", recording.to_str().unwrap()]);
    let mut threads = 0;
    for thread in fs::read_dir(format!("/proc/{}/task", watch.pid())).unwrap() {
        let text = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        for key in ["CapEff:", "CapPrm:"] {
            assert_eq!(status(&text, key), KEPT, "{key} {text}");
        }
        assert_eq!(status(&text, "CapInh:"), 0, "{text}");
        assert_eq!(status(&text, "CapBnd:") & !KEPT, 0, "no program could bring them back: {text}");
        assert_eq!(status(&text, "NoNewPrivs:"), 1, "{text}");
        threads += 1;
    }
    assert!(threads >= 3, "the reader and the recorder are threads beside the first: {threads}");
    watch.finish();
    let doctor = Command::new(PROGRAM).args(["doctor", "--no-runtimes"]).output().unwrap();
    let said = String::from_utf8(doctor.stdout).unwrap();
    let line = said.lines().find(|line| line.contains("rights kept")).expect("doctor says so");
    for name in ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE", "CAP_BPF"] {
        assert!(line.contains(name), "{line}");
    }
}

#[test]
fn it_starts_no_program_and_opens_no_connection() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("r");
    // It is watched by another one of its kind, from before it begins.
    let observer = Watch::start(&[]);
    let watch = Watch::start(&["--record", recording.to_str().unwrap()]);
    let pid = watch.pid();
    Command::new("/bin/true").status().unwrap();
    let inodes = internet_sockets(pid);
    let open: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .map(|path| path.display().to_string())
        .collect();
    assert!(open.len() > 5, "it has something open: {open:?}");
    let connected: Vec<_> = open.iter().filter(|name| inodes.contains(name.as_str())).collect();
    assert!(connected.is_empty(), "{connected:?}");
    watch.finish();
    let told = observer.finish();
    let own = told.of("exec", pid);
    assert_eq!(own.len(), 1, "the observer saw it begin: {own:?}");
    let made: Vec<_> = told.kind("fork").filter(|event| event["parent"]["pid"] == pid).collect();
    assert!(made.is_empty(), "{made:#?}");
    for kind in ["connect", "listen", "accept"] {
        assert!(told.of(kind, pid).is_empty(), "{kind}");
    }
}

/// The sockets of IPv4 and IPv6 in the network namespace of a process, as they are named in its /proc/PID/fd.
fn internet_sockets(pid: u32) -> HashSet<String> {
    let tables = ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"];
    let texts = tables.map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap());
    let lines = texts.iter().flat_map(|text| text.lines().skip(1));
    lines.filter_map(|line| line.split_whitespace().nth(9)).map(|inode| format!("socket:[{inode}]")).collect()
}

#[test]
fn nobody_else_reads_its_files_whatever_the_umask() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (recording, redacted, report) = (at("recording"), at("redacted"), at("report.html"));
    let film = at("picture.svg");
    let run = |arguments: &[&str]| {
        let script = "umask 0; exec \"$@\"";
        let out = Command::new("sh").args(["-c", script, "sh", PROGRAM]).args(arguments).output().unwrap();
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    };
    run(&["watch", "--no-runtimes", "--duration", "1s", "--only", "findings", "--record", &recording]);
    run(&["redact", &recording, "-o", &redacted]);
    run(&["report", &recording, "--format", "html", "-o", &report]);
    run(&["picture", &recording, "-o", &film]);
    for file in [&recording, &redacted, &report, &film] {
        let mode = fs::metadata(Path::new(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
    let count = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(count, 4, "nothing else was left there");
}
