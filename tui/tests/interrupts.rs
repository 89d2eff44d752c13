//! What happens in interrupts, in the middle of a call that is told of: nobody else is lost for it. Alone here, as what is lost under
//! this load is lost to everybody who watches the node.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::process::{Command, Stdio};

use common::privileged;
use common::watch::Watch;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers, two CPUs and python3";
/// Connections that each process makes, to itself: what is told of them all finds room on the ring.
const CONNECTIONS: usize = 1_500;

/// Runs of the probes that the kernel left out, as they were at work on that CPU already.
fn missed(watch: u32) -> u64 {
    let files = std::fs::read_dir(format!("/proc/{watch}/fdinfo")).unwrap();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok());
    texts
        .filter_map(|text| {
            text.lines().find_map(|line| line.strip_prefix("recursion_misses:")?.trim().parse::<u64>().ok())
        })
        .sum()
}

#[test]
fn connections_are_told_though_packets_of_others_interrupt_whoever_makes_them() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    // In a network of their own, in which one CPU hands what it sends to the other by an interrupt.
    let script = format!(
        "import os, socket, struct, sys\n\
         def connect():\n\
        \x20   listener = socket.create_server(('127.0.0.1', 0))\n\
        \x20   for _ in range({CONNECTIONS}):\n\
        \x20       client = socket.create_connection(listener.getsockname())\n\
        \x20       client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n\
        \x20       server, _ = listener.accept()\n\
        \x20       client.close()\n\
        \x20       server.close()\n\
        \x20   os._exit(0)\n\
         pids = [os.fork() or connect() for _ in range(3)]\n\
         ends = [os.waitpid(pid, 0)[1] for pid in pids]\n\
         print(*pids)\n\
         sys.exit(any(ends))"
    );
    let spread = "ip link set lo up && mount -t sysfs none /sys && echo 3 >/sys/class/net/lo/queues/rx-0/rps_cpus && exec \"$@\"";
    let mut apart = Command::new("unshare");
    apart.args(["--net", "--mount", "sh", "-c", spread, "sh", "python3", "-c", &script]).stdin(Stdio::null());
    let output = apart.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let missed = missed(watch.pid());
    let told = watch.finish();
    let pids = String::from_utf8(output.stdout).unwrap();
    for pid in pids.split_whitespace().map(|pid| pid.parse().unwrap()) {
        // Nothing is at work on its CPU when it calls; the rest is told in interrupts.
        assert_eq!(told.of("connect", pid).len(), CONNECTIONS);
        let closed = told.of("close", pid).into_iter().filter(|close| close["endpoint"]["direction"] == "outbound");
        assert_eq!(closed.count(), CONNECTIONS);
    }
    println!("left out {missed}, lost {}", told.lost());
    // What comes in the few instructions before a program is at work, and after, nobody can look at: it is counted.
    assert!(missed >= 20, "{missed} runs were left out: this load proves nothing");
    assert!(told.lost() * 2 <= missed, "lost {} of the {missed} that were left out", told.lost());
}
