//! What processes ask of the kernel, seen by the real probes.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::privileged;
use common::watch::{Told, Watch};
use serde_json::Value;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers";

/// Runs a script of bash and waits for its end; gives its pid.
fn bash(script: &str) -> u32 {
    let mut child = Command::new("bash").args(["-c", script]).stdin(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    assert!(child.wait().unwrap().success(), "{script}");
    pid
}

/// A shell on a connection to `listener`.
fn shell_on(listener: &TcpListener) -> Child {
    let port = listener.local_addr().unwrap().port();
    let script = format!("exec bash -i <>/dev/tcp/127.0.0.1/{port} >&0 2>&0");
    Command::new("bash").args(["-c", &script]).spawn().unwrap()
}

fn findings<'a>(told: &'a Told, rule: &str) -> Vec<&'a Value> {
    told.0.iter().filter(|line| line["type"] == "finding" && line["rule"] == rule).collect()
}

#[test]
fn an_open_that_nobody_cares_for_stays_in_the_kernel() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let pid = bash("for n in {1..200}; do : </usr/bin/env; done; : </etc/shadow; : 3>>/dev/null");
    let told = watch.finish();
    let opened: Vec<_> = told.of("open", pid).iter().map(|open| open["act"]["path"].clone()).collect();
    assert_eq!(opened, ["/etc/shadow"]);
    let open = told.one("open", pid);
    assert_eq!((&open["act"]["read"], &open["act"]["write"]), (&Value::from(true), &Value::from(false)));
}

#[test]
fn a_file_is_known_by_where_it_is_and_not_by_how_it_was_named() {
    if !privileged(NEEDS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display();
    let watch = Watch::start(&[]);
    let pid = bash(&format!("cd {at}; ln -s /etc x; : <x/../etc/./shadow; cd /; : <etc/shadow"));
    let told = watch.finish();
    let opened: Vec<_> = told.of("open", pid).iter().map(|open| open["act"]["path"].clone()).collect();
    assert_eq!(opened, ["/etc/shadow", "/etc/shadow"]);
}

#[test]
fn a_connection_that_is_put_onto_the_streams_is_told_with_who_opened_it() {
    if !privileged(NEEDS) {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let watch = Watch::start(&[]);
    let peer = std::thread::spawn(move || listener.accept().unwrap().0.write_all(b"word\n"));
    let pid = bash(&format!("exec 3<>/dev/tcp/127.0.0.1/{port}; exec <&3 >&3; read -r word; [ \"$word\" = word ]"));
    peer.join().unwrap().unwrap();
    let told = watch.finish();
    let texts: Vec<String> = told.of("descriptor", pid).iter().map(|it| it["act"]["text"].to_string()).collect();
    for stream in ["0", "1"] {
        let leads = |text: &&String| text.contains(stream) && text.contains(&format!("-> 127.0.0.1:{port}"));
        assert!(texts.iter().any(|text| leads(&text)), "{stream}: {texts:?}");
    }
}

#[test]
fn a_shell_that_was_there_before_is_found_at_the_start() {
    if !privileged(NEEDS) {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut shell = shell_on(&listener);
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // Its prompt: by now it is what it is going to be.
    let mut prompt = [0; 1];
    peer.read_exact(&mut prompt).unwrap();
    let told = Watch::start(&[]).finish();
    peer.write_all(b"exit\n").unwrap();
    drop(peer);
    shell.wait().unwrap();
    let found = findings(&told, "reverse_shell");
    let found: Vec<_> = found.iter().filter(|it| it["process"]["pid"] == shell.id()).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["severity"], "critical");
}

#[test]
fn what_is_written_to_a_file_that_the_kernel_acts_upon_is_told() {
    if !privileged(NEEDS) {
        return;
    }
    // A hierarchy of its own, which nobody else is in: nothing is ever released there.
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display();
    let watch = Watch::start(&[]);
    let script = format!(
        "mount -t cgroup -o none,name=ktrace-test cgroup {at} && echo /bin/true >{at}/release_agent && umount {at}"
    );
    let status = Command::new("unshare").args(["--mount", "bash", "-c", &script]).status().unwrap();
    assert!(status.success(), "a cgroup v1 hierarchy can be mounted");
    let told = watch.finish();
    let wrote: Vec<_> =
        told.kind("write").filter(|it| it["act"]["path"].to_string().contains("release_agent")).collect();
    assert_eq!(wrote.len(), 1, "{wrote:#?}");
    assert_eq!(wrote[0]["act"]["bytes"], "/bin/true\n");
}

#[test]
fn whoever_relays_between_a_connection_and_a_shell_is_seen_to() {
    if !privileged(NEEDS) {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let watch = Watch::start(&[]);
    // The shell stands on two pipes of bash, which copies line by line between them and the connection.
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{port}; coproc sh; \
         while read -r line <&3; do echo \"$line\" >&${{COPROC[1]}}; read -r answer <&${{COPROC[0]}}; echo \"$answer\" >&3; done"
    );
    let mut relay = Command::new("bash").args(["-c", &script]).stdin(Stdio::null()).spawn().unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut heard = [0; 256];
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(150));
        peer.write_all(b"echo $((40 + 2))\n").unwrap();
        let count = peer.read(&mut heard).unwrap();
        assert_eq!(&heard[..count], b"42\n");
    }
    drop(peer);
    relay.wait().unwrap();
    let told = watch.finish();
    assert!(!told.of("relay", relay.id()).is_empty(), "the relay is looked at");
    let found = findings(&told, "reverse_shell");
    let worst = |it: &&&Value| it["severity"] == "critical";
    assert!(found.iter().any(|it| worst(&it)), "{found:#?}");
}
