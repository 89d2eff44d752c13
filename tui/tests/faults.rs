//! What happens when something is taken away while it runs: room on the disk, descriptors, memory, the terminal, a runtime, a
//! cgroup, its only being one. docs/RELIABILITY.md tells what each promises.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::privileged;
use common::terminal::Terminal;
use common::watch::Watch;
use serde_json::Value;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers, tmux and faketime";
const PROGRAM: &str = env!("CARGO_BIN_EXE_ktrace-tui");

/// Runs it so often, and gives the pid of the last.
fn runs(count: usize) -> u32 {
    let mut pid = 0;
    for _ in 0..count {
        let mut child = Command::new("/bin/true").spawn().unwrap();
        pid = child.id();
        child.wait().unwrap();
    }
    pid
}

/// A watch behind a line of shell, as `sh -c` runs it.
fn behind(script: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{script}; exec \"$@\""), "sh", PROGRAM]);
    command.args(["watch", "--format", "json", "--no-runtimes"]).args(arguments);
    command
}

#[test]
fn a_full_disk_takes_from_the_recording_and_nothing_from_what_is_told() {
    if !privileged(NEEDS) {
        return;
    }
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = folder.path().join("r");
    let said_at = outside.path().join("said");
    // A disk of its own, that nobody else sees; 77 where it cannot be made.
    let script = format!(
        "mount -t tmpfs -o size=1m none {} || exit 77; exec \"$@\" 2> >(tee {} >&2)",
        folder.path().display(),
        said_at.display()
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "bash", "-c", &script, "bash", PROGRAM]);
    command.args(["watch", "--format", "json", "--no-runtimes", "--record", at.to_str().unwrap()]);
    let watch = Watch::spawn(command);
    // Held, so that the disk is still there when nobody else has it.
    let disk = File::open(format!("/proc/{}/root{}", watch.pid(), folder.path().display())).unwrap();
    runs(100);
    let began = Instant::now();
    // While it is written, the two files may not be of the same moment.
    while execs_on(&disk).is_none_or(|execs| execs < 100) {
        assert!(began.elapsed() < Duration::from_secs(30), "they are not written");
        std::thread::sleep(Duration::from_millis(100));
    }
    // What cannot be packed well, so that a megabyte is soon full.
    for number in 0..600_u32 {
        let noise = |at: u32| blake3::hash(&[number, at].map(u32::to_le_bytes).concat()).to_hex().to_string();
        Command::new("/bin/true").arg((0..64).map(noise).collect::<String>()).status().unwrap();
    }
    let last = runs(1);
    let told = watch.finish();
    assert_eq!(told.lost(), 0, "the disk is nothing to the stream");
    told.one("exec", last);
    let said = fs::read_to_string(&said_at).unwrap();
    assert!(said.contains("recording: ") && said.contains("it is tried again, tracing goes on"), "{said}");
    let status = |line: &&Value| line["topic"] == "recording" && line["health"] == "degraded";
    assert!(told.0.iter().any(|line| status(&line)), "programs hear of it, too");
    assert!(said.contains("events are in no recording"), "how much is missing there is said: {said}");
    let execs = execs_on(&disk).expect("what is there can be read");
    assert!((100..600).contains(&execs), "{execs} of 701 found room");
}

/// The execs in what is recorded as `r` in a folder; a recording that is not closed is a file and its journal. `None` where
/// it cannot be read.
fn execs_on(disk: &File) -> Option<usize> {
    let outside = tempfile::tempdir().unwrap();
    for name in ["r", "r-wal"] {
        fs::copy(format!("/proc/self/fd/{}/{name}", disk.as_raw_fd()), outside.path().join(name)).unwrap();
    }
    let kept = outside.path().join("r");
    let out = Command::new(PROGRAM).args(["events", kept.to_str().unwrap(), "--format", "json"]).output().unwrap();
    eprintln!("{}", String::from_utf8_lossy(&out.stderr));
    out.status.success().then(|| String::from_utf8(out.stdout).unwrap().matches("\"kind\":\"exec\"").count())
}

#[test]
fn two_at_once_tell_the_same() {
    if !privileged(NEEDS) {
        return;
    }
    let (first, second) = (Watch::start(&[]), Watch::start(&[]));
    let pids: Vec<u32> = (0..50).map(|_| runs(1)).collect();
    for told in [first.finish(), second.finish()] {
        assert_eq!(told.lost(), 0);
        for pid in &pids {
            told.one("exec", *pid);
            told.one("exit", *pid);
        }
    }
}

#[test]
fn one_that_is_killed_leaves_nothing_in_the_kernel() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let ids = links_of(watch.pid());
    assert!(ids.len() > 5, "its links: {ids:?}");
    watch.signal("KILL");
    let began = Instant::now();
    drop(watch);
    // Whoever comes after has links of its own, with other numbers, and works.
    let next = Watch::start(&[]);
    let pid = runs(1);
    assert!(links_of(next.pid()).iter().all(|id| !ids.contains(id)), "within {:?}", began.elapsed());
    next.finish().one("exec", pid);
}

/// The numbers of the links that a process holds, as /proc/PID/fdinfo tells them.
fn links_of(pid: u32) -> Vec<u64> {
    let infos = fs::read_dir(format!("/proc/{pid}/fdinfo")).unwrap();
    let texts = infos.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
    texts.filter_map(|text| text.lines().find_map(|line| line.strip_prefix("link_id:"))?.trim().parse().ok()).collect()
}

#[test]
fn out_of_descriptors_it_goes_on_telling() {
    if !privileged(NEEDS) {
        return;
    }
    // Enough to attach, and for next to nothing after that.
    let probe = Watch::start(&[]);
    let held = fs::read_dir(format!("/proc/{}/fd", probe.pid())).unwrap().count();
    drop(probe);
    let watch = Watch::spawn(behind("true", &[]));
    let limit = format!("--nofile={}", held + 1);
    let set = Command::new("prlimit").args(["--pid", &watch.pid().to_string(), &limit]).status().unwrap();
    assert!(set.success());
    let pid = runs(200);
    let told = watch.finish();
    told.one("exec", pid);
    assert_eq!(told.lost(), 0);
}

#[test]
fn too_few_descriptors_to_begin_with_end_it_in_one_line() {
    if !privileged(NEEDS) {
        return;
    }
    // Long enough for the kernel's answer however busy the machine is: it ends with that, and not with its time.
    let out = behind("ulimit -n 12", &["--duration", "60s"]).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.lines().count() == 1 && said.contains("Too many open files"), "{said}");
}

#[test]
fn out_of_memory_it_is_killed_and_the_recording_can_be_read() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("r");
    let group = MemoryGroup::make();
    let enter = format!("echo $$ >{}/cgroup.procs", group.path.display());
    let mut watch = Watch::spawn(behind(&enter, &["--record", at.to_str().unwrap()]));
    runs(100);
    std::thread::sleep(Duration::from_secs(2));
    group.allow_no_more();
    let argument = "x".repeat(100_000);
    let began = Instant::now();
    let status = loop {
        assert!(began.elapsed() < Duration::from_secs(60), "it is not killed, and takes no more than it has");
        Command::new("/bin/true").arg(&argument).status().unwrap();
        if let Some(status) = watch.ended() {
            break status;
        }
    };
    assert_eq!(status.signal(), Some(9), "by the kernel, as its cgroup has no more memory");
    drop(watch);
    let out = Command::new(PROGRAM).args(["events", at.to_str().unwrap(), "--format", "json"]).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    let execs = String::from_utf8(out.stdout).unwrap().matches("\"argv\":[\"/bin/true\"]").count();
    assert!(execs >= 100, "{execs}");
}

/// A cgroup that limits memory, of either version. It goes with this.
struct MemoryGroup {
    path: PathBuf,
    usage: &'static str,
    limit: &'static str,
}

impl MemoryGroup {
    fn make() -> MemoryGroup {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let v1 = fields.filter(|it| it[2] == "cgroup").find(|it| it[3].split(',').any(|option| option == "memory"));
        let (root, usage, limit) = match v1 {
            Some(fields) => (fields[1].to_owned(), "memory.usage_in_bytes", "memory.limit_in_bytes"),
            None => (v2_root(), "memory.current", "memory.max"),
        };
        if limit == "memory.max" {
            fs::write(Path::new(&root).join("cgroup.subtree_control"), "+memory").unwrap();
        }
        let path = Path::new(&root).join(format!("ktrace-test-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        MemoryGroup { path, usage, limit }
    }

    fn allow_no_more(&self) {
        let used = fs::read_to_string(self.path.join(self.usage)).unwrap();
        fs::write(self.path.join(self.limit), used.trim()).unwrap();
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        let began = Instant::now();
        while fs::remove_dir(&self.path).is_err() && began.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_runtime_that_comes_and_goes_costs_names_and_nothing_else() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let (stop, came) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let flapping = std::thread::spawn({
        let (socket, stop, came) = (socket.clone(), Arc::clone(&stop), Arc::clone(&came));
        move || flap(&socket, &stop, &came)
    });
    let mut command = Command::new(PROGRAM);
    command.args(["watch", "--format", "json", "--docker-socket", socket.to_str().unwrap()]);
    let watch = Watch::spawn(command);
    let began = Instant::now();
    let mut pids = Vec::new();
    while began.elapsed() < Duration::from_secs(5) || came.load(Ordering::Relaxed) < 4 {
        assert!(began.elapsed() < Duration::from_secs(60), "it is not asked again and again");
        pids.push(runs(1));
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = watch.finish();
    stop.store(true, Ordering::Relaxed);
    flapping.join().unwrap();
    assert_eq!(told.lost(), 0);
    for pid in pids {
        told.one("exec", pid);
    }
}

/// Is there for a moment, takes whoever comes and hangs up, and is gone again; counts who came.
fn flap(socket: &Path, stop: &AtomicBool, came: &AtomicUsize) {
    while !stop.load(Ordering::Relaxed) {
        let listener = UnixListener::bind(socket).unwrap();
        listener.set_nonblocking(true).unwrap();
        let until = Instant::now() + Duration::from_millis(200);
        while Instant::now() < until {
            came.fetch_add(usize::from(listener.accept().is_ok()), Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(5));
        }
        fs::remove_file(socket).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_cgroup_that_is_deleted_keeps_its_name_in_what_is_told() {
    if !privileged(NEEDS) {
        return;
    }
    let root = v2_root();
    let id = format!("{:0>64x}", std::process::id());
    let group = format!("{root}/docker-{id}.scope");
    let watch = Watch::start(&[]);
    fs::create_dir(&group).unwrap();
    let script = format!("echo $$ >{group}/cgroup.procs; /bin/true inside; echo $$ >{root}/cgroup.procs");
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    fs::remove_dir(&group).unwrap();
    let told = watch.finish();
    let inside = told.kind("exec").find(|event| event["process"]["argv"][1] == "inside").expect("it is told");
    assert_eq!(inside["process"]["container"]["id"], id.as_str(), "{inside:#}");
}

fn v2_root() -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let v2 = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2")).expect("a cgroup v2 hierarchy");
    v2.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn when_the_terminal_vanishes_it_ends_and_its_recording_is_whole() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (recording, pid_file) = (folder.path().join("r"), folder.path().join("pid"));
    let command =
        format!("echo $$ >{}; exec {PROGRAM} --no-runtimes --record {}", pid_file.display(), recording.display());
    let terminal = Terminal::start(&command, (80, 24));
    terminal.shows("host");
    let pid = fs::read_to_string(&pid_file).unwrap().trim().to_owned();
    runs(20);
    std::thread::sleep(Duration::from_secs(1));
    drop(terminal);
    let began = Instant::now();
    while Path::new(&format!("/proc/{pid}")).exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "it goes on without a terminal");
        std::thread::sleep(Duration::from_millis(50));
    }
    let out = Command::new(PROGRAM).args(["verify", recording.to_str().unwrap()]).output().unwrap();
    assert!(out.status.success(), "closed as it should be: {out:?}");
}

#[test]
fn a_clock_that_is_set_back_changes_no_order_and_loses_nothing() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    fs::write(&clock, "+0d").unwrap();
    // The wrapper itself would stand between this and the watch: only what it preloads is taken.
    let preload = Command::new("faketime").args(["-f", "+1h", "printenv", "LD_PRELOAD"]).output().unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["watch", "--format", "json", "--no-runtimes"]);
    command.env("LD_PRELOAD", String::from_utf8(preload.stdout).unwrap().trim());
    command.env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_CACHE_DURATION", "1");
    let watch = Watch::spawn(command);
    let before = runs(20);
    fs::write(&clock, "-1d").unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    let after = runs(20);
    let told = watch.finish();
    assert_eq!(told.lost(), 0);
    let time = |pid: u32| told.one("exec", pid)["time"].as_str().unwrap().to_owned();
    assert!(time(before) < time(after), "what came later is told with a later time: {} {}", time(before), time(after));
}

#[test]
fn a_reader_of_its_output_that_stops_is_waited_for_and_what_is_lost_meanwhile_is_said() {
    if !privileged(NEEDS) {
        return;
    }
    let out = tempfile::NamedTempFile::new().unwrap();
    let mut command = behind("true", &["--ring-size", "64KiB", "--duration", "8s"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(out.path()).unwrap()).spawn().unwrap();
    let began = Instant::now();
    while !fs::read_to_string(out.path()).unwrap().contains("ready") {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(50));
    }
    // Nobody reads the pipe while this happens.
    runs(1_500);
    let mut text = String::new();
    std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut text).unwrap();
    assert!(child.wait().unwrap().success());
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let execs = lines.iter().filter(|line| line["kind"] == "exec" && line["type"] == "event").count() as u64;
    let losses = lines.iter().filter(|line| line["type"] == "loss" && line["kind"] == "exec");
    let lost: u64 = losses.map(|line| line["count"].as_u64().unwrap()).sum();
    assert!(execs + lost >= 1_500, "{execs} told and {lost} lost");
}
