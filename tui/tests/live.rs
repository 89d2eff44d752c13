//! Real probes in the real kernel, through the real program.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::privileged;
use common::watch::Watch;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers";

#[test]
fn an_exec_is_told_with_everything_the_kernel_knows() {
    if !privileged(NEEDS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real");
    std::fs::copy("/bin/sleep", &real).unwrap();
    let link = dir.path().join("link");
    symlink(&real, &link).unwrap();
    let watch = Watch::start(&[]);
    let mut child = Command::new(&link).arg("0.01").current_dir(dir.path()).spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let told = watch.finish();
    let exec = told.one("exec", pid);
    let process = &exec["process"];
    assert_eq!(process["exe"], real.to_str().unwrap());
    assert_eq!(exec["exec"]["given"], link.to_str().unwrap());
    assert_eq!(process["argv"], serde_json::json!([link.to_str().unwrap(), "0.01"]));
    assert_eq!(process["cwd"], dir.path().to_str().unwrap());
    assert_eq!(process["uid"], 0);
    assert_eq!(exec["parent"]["pid"], std::process::id());
    let own_mnt = std::fs::read_link("/proc/self/ns/mnt").unwrap();
    let inode = exec["exec"]["namespaces"]["mnt"].as_u64().unwrap();
    assert_eq!(own_mnt.to_str().unwrap(), format!("mnt:[{inode}]"));
    assert_eq!(told.lost(), 0);
}

#[test]
fn what_is_in_a_program_is_told_though_it_is_gone_at_once() {
    if !privileged(NEEDS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let program = |name: &str, more: &[u8]| {
        let path = dir.path().join(name);
        let content = [std::fs::read("/bin/sleep").unwrap(), more.to_vec()].concat();
        std::fs::write(&path, &content).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let sum = Command::new("sha256sum").arg(&path).output().unwrap().stdout;
        (path, String::from_utf8(sum).unwrap()[..64].to_owned(), content.len())
    };
    let mut watch = Watch::start(&[]);
    let run = |path: &std::path::Path, seconds: &str| Command::new(path).arg(seconds).spawn().unwrap();
    let (brief, gone, changed) = (program("brief", b"1"), program("gone", b"2"), program("changed", b"3"));
    // Who is gone is taken for what was there for long.
    std::thread::sleep(Duration::from_millis(100));
    run(&brief.0, "0").wait().unwrap();
    let mut running = run(&gone.0, "1");
    std::fs::remove_file(&gone.0).unwrap();
    running.wait().unwrap();
    run(&changed.0, "0").wait().unwrap();
    std::fs::write(&changed.0, "something else").unwrap();
    // It has been read by now, however busy the machine is.
    let (last, sum, _) = program("last", b"4");
    let mut running = run(&last, "20");
    watch.await_told(|line| line["content"]["sha256"] == *sum);
    running.kill().unwrap();
    running.wait().unwrap();
    let told = watch.finish();
    let of = |path: &std::path::Path| {
        let lines = told.kind("content").filter(|line| line["content"]["exe"] == path.to_str().unwrap());
        lines.map(|line| line["content"].clone()).collect::<Vec<_>>()
    };
    for (path, sum, size) in [&brief, &gone] {
        assert_eq!(of(path), [serde_json::json!({"exe": path.to_str().unwrap(), "sha256": sum, "size": size})]);
    }
    // What was written into it later is not what ran.
    assert!(of(&changed.0).iter().all(|told| told["sha256"] == changed.1), "{:?}", of(&changed.0));
}

#[test]
fn bytes_that_are_not_utf8_and_long_arguments_survive() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let odd = OsString::from_vec(b"a\xff\x1bb".to_vec());
    let long = "x".repeat(20_000);
    let mut first = Command::new("/bin/true").arg(&odd).arg("").spawn().unwrap();
    let mut second = Command::new("/bin/true").arg(&long).spawn().unwrap();
    let (odd, cut) = (first.id(), second.id());
    first.wait().unwrap();
    second.wait().unwrap();
    let told = watch.finish();
    let exec = told.one("exec", odd);
    assert_eq!(exec["process"]["argv"], serde_json::json!(["/bin/true", "a\\xff\u{1b}b", ""]));
    assert_eq!(exec["exec"]["argv_truncated"], false);
    let exec = told.one("exec", cut);
    let kept: usize = exec["process"]["argv"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().len()).sum();
    assert!((16_000..=16_384).contains(&kept), "{kept} bytes kept");
    assert_eq!(exec["exec"]["argv_truncated"], 20_000 + "/bin/true".len() + 2);
}

#[test]
fn a_long_path_is_resolved_whole() {
    if !privileged(NEEDS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Longer than a page less one name is not promised; this is close to it, with many components.
    let mut path = dir.path().to_owned();
    while path.as_os_str().len() < 3_600 {
        path.push("component-of-a-long-path");
    }
    std::fs::create_dir_all(&path).unwrap();
    let program = path.join("true");
    std::fs::copy("/bin/true", &program).unwrap();
    let watch = Watch::start(&[]);
    let mut child = Command::new(&program).spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let told = watch.finish();
    assert_eq!(told.one("exec", pid)["process"]["exe"], program.to_str().unwrap());
}

#[test]
fn a_bind_mount_is_told_by_where_it_is_mounted() {
    if !privileged(NEEDS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    std::fs::create_dir_all(&from).unwrap();
    std::fs::create_dir_all(&to).unwrap();
    std::fs::copy("/bin/true", from.join("program")).unwrap();
    let watch = Watch::start(&[]);
    let script = format!("mount --bind {} {} && exec {}/program bound", from.display(), to.display(), to.display());
    let status = Command::new("unshare").args(["--mount", "sh", "-c", &script]).status().unwrap();
    assert!(status.success());
    let told = watch.finish();
    let bound = |event: &&serde_json::Value| event["process"]["argv"][1] == "bound";
    let exec = told.kind("exec").find(bound).expect("the exec is told");
    assert_eq!(exec["process"]["exe"], to.join("program").to_str().unwrap());
}

#[test]
fn an_exit_is_told_with_its_code_or_its_signal() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let mut exits = Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
    let mut killed = Command::new("sleep").arg("60").spawn().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    killed.kill().unwrap();
    let signal = killed.wait().unwrap().signal();
    assert_eq!(signal, Some(9));
    exits.wait().unwrap();
    let told = watch.finish();
    let exit = &told.one("exit", exits.id())["exit"];
    assert_eq!((&exit["code"], &exit["signal"]), (&3.into(), &serde_json::Value::Null));
    let exit = &told.one("exit", killed.id())["exit"];
    assert_eq!((&exit["code"], &exit["signal"]), (&serde_json::Value::Null, &9.into()));
    assert!(exit["run_time"].as_u64().unwrap() >= 50_000_000);
}

#[test]
fn lineage_survives_re_parenting() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    // The middle shell ends while its child lives: the child is re-parented, but who made it stays.
    let output = Command::new("sh").args(["-c", "(sleep 0.3 & echo $!) ; sleep 0.1"]).output().unwrap();
    let orphan: u32 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    std::thread::sleep(Duration::from_millis(400));
    let told = watch.finish();
    let fork = told.one("fork", orphan);
    let exit = told.one("exit", orphan);
    assert_eq!(exit["parent"], fork["parent"], "the birth parent is kept");
    assert_ne!(exit["present_parent"], serde_json::Value::Null, "the present parent is told beside it");
}

#[test]
fn a_thread_is_no_process() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let tid = std::thread::spawn(|| rustix::thread::gettid().as_raw_nonzero().get()).join().unwrap();
    let mut process = Command::new("true").spawn().unwrap();
    process.wait().unwrap();
    let told = watch.finish();
    told.one("fork", process.id());
    for kind in ["fork", "exit"] {
        assert!(told.of(kind, tid.unsigned_abs()).is_empty(), "{kind} of a thread");
    }
}

#[test]
fn a_tcp_connection_is_told_from_both_ends_with_its_bytes() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        stream.write_all(&[7; 3_000]).unwrap();
        all.len()
    });
    let mut stream = TcpStream::connect(server).unwrap();
    let client = stream.local_addr().unwrap();
    stream.write_all(&[1; 1_234]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    drop(stream);
    assert_eq!((peer.join().unwrap(), answer.len()), (1_234, 3_000));
    let told = watch.finish();
    let (server, client) = (server.to_string(), client.to_string());
    let about = |kind: &str, local: &str| {
        let pid = std::process::id();
        let mut found = told.of(kind, pid);
        found.retain(|event| event["endpoint"]["local"] == local);
        found.into_iter().map(|event| event["endpoint"].clone()).collect::<Vec<_>>()
    };
    let connects = told.of("connect", std::process::id());
    assert!(connects.iter().any(|c| c["endpoint"]["remote"] == server.as_str()), "{connects:#?}");
    assert_eq!(about("listen", &server).len(), 1);
    assert_eq!(about("established", &client)[0]["direction"], "outbound");
    let accept = &about("accept", &server)[0];
    assert_eq!((&accept["remote"], &accept["direction"]), (&client.as_str().into(), &"inbound".into()));
    let bytes = |endpoint: &serde_json::Value| (endpoint["bytes_sent"].clone(), endpoint["bytes_received"].clone());
    assert_eq!(bytes(&about("close", &client)[0]), (1_234.into(), 3_000.into()));
    let closed = about("close", &server);
    let inbound = closed.iter().find(|endpoint| endpoint["direction"] == "inbound").unwrap();
    assert_eq!(bytes(inbound), (3_000.into(), 1_234.into()));
}

#[test]
fn a_connect_that_is_refused_says_why() {
    if !privileged(NEEDS) {
        return;
    }
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let watch = Watch::start(&[]);
    assert!(TcpStream::connect(nobody).is_err());
    let told = watch.finish();
    let remote = nobody.to_string();
    let closed = told.of("close", std::process::id());
    let closed = closed.iter().find(|close| close["endpoint"]["remote"] == remote.as_str()).expect("it is closed");
    assert_eq!(closed["endpoint"]["error"], 111, "ECONNREFUSED");
}

#[test]
fn a_udp_connect_is_told() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    UdpSocket::bind("127.0.0.1:0").unwrap().connect("127.0.0.1:5353").unwrap();
    UdpSocket::bind("[::1]:0").unwrap().connect("[::1]:5354").unwrap();
    let told = watch.finish();
    let connects = told.of("connect", std::process::id());
    for remote in ["127.0.0.1:5353", "[::1]:5354"] {
        let connect = connects.iter().find(|connect| connect["endpoint"]["remote"] == remote).expect("it is told");
        assert_eq!(connect["endpoint"]["protocol"], "udp");
    }
}

#[test]
fn what_finds_no_place_is_counted_and_read_again_from_proc() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&["--ring-size", "64KiB"]);
    watch.signal("STOP");
    // Many times what the ring holds, while nobody reads it; one of them stays.
    for _ in 0..600 {
        Command::new("/bin/true").status().unwrap();
    }
    let mut stays = Command::new("sleep").arg("2").stdout(Stdio::null()).spawn().unwrap();
    watch.signal("CONT");
    stays.wait().unwrap();
    let told = watch.finish();
    let count = |kind: &str| told.kind(kind).count() as u64;
    let lost = |kind: &str| -> u64 {
        let losses = told.0.iter().filter(|line| line["type"] == "loss" && line["kind"] == kind);
        losses.map(|line| line["count"].as_u64().unwrap()).sum()
    };
    for kind in ["fork", "exec", "exit"] {
        assert!(lost(kind) > 0, "{kind}: a ring of 64 KiB cannot hold them all");
        assert!(count(kind) + lost(kind) >= 600, "{kind}: {} told, {} lost", count(kind), lost(kind));
    }
    let exit = told.one("exit", stays.id());
    assert_eq!(exit["process"]["argv"], serde_json::json!(["sleep", "2"]), "known from /proc, as its exec was lost");
}

#[test]
fn what_happened_before_the_end_is_told_or_counted_however_soon_the_end_comes() {
    if !privileged(NEEDS) {
        return;
    }
    const RUNS: u64 = 300;
    for (ring, room) in [("64KiB", false), ("8MiB", true)] {
        let watch = Watch::start(&["--ring-size", ring]);
        watch.signal("STOP");
        for _ in 0..RUNS {
            Command::new("/bin/true").status().unwrap();
        }
        // It finds the end as soon as it goes on: nothing of this was read before.
        watch.signal("INT");
        watch.signal("CONT");
        let told = watch.outlast();
        for kind in ["fork", "exec", "exit"] {
            let own = told.kind(kind).filter(|event| event["parent"]["pid"] == std::process::id()).count() as u64;
            let losses = told.0.iter().filter(|line| line["type"] == "loss" && line["kind"] == kind);
            let lost: u64 = losses.map(|line| line["count"].as_u64().unwrap()).sum();
            assert_eq!(lost == 0, room, "{ring}, {kind}: {lost} lost");
            assert!(own + lost >= RUNS, "{ring}, {kind}: {own} told and {lost} lost of {RUNS}");
        }
    }
}

#[test]
fn inside_a_pid_namespace_its_processes_are_told_by_their_pids_there() {
    if !privileged(NEEDS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("go");
    let program = env!("CARGO_BIN_EXE_ktrace-tui");
    let script = format!(
        "{program} watch --format json --no-runtimes --duration 8s & \
         while [ ! -e {marker} ]; do sleep 0.05; done; sh -c 'echo $$ > {marker}.pid; exit 5'; wait",
        marker = marker.display()
    );
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "sh", "-c", &script]).process_group(0);
    let watch = Watch::spawn(command);
    std::fs::write(&marker, "").unwrap();
    let told = watch.outlast();
    let pid: u32 = std::fs::read_to_string(dir.path().join("go.pid")).unwrap().trim().parse().unwrap();
    assert!(pid < 1_000, "a pid of the new namespace: {pid}");
    assert_eq!(told.one("exit", pid)["exit"]["code"], 5);
    let outside = told.0.iter().filter(|line| line["process"]["pid"].as_u64().is_some_and(|pid| pid > 1_000));
    assert_eq!(outside.count(), 0, "nothing from outside is told");
}
