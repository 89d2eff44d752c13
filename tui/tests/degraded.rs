//! The machine's own kernel with something taken away: what `doctor` says of it, what `watch` still does, and how it ends.
//!
//! What is taken away is hidden in a mount namespace of the test's own, or dropped from the capabilities of what it starts.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::process::{Command, Output};

use common::privileged;
use common::watch::Watch;
use serde_json::Value;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers, unshare and setpriv";
const PROGRAM: &str = env!("CARGO_BIN_EXE_ktrace-tui");

/// A command that begins where `hide`, a line of shell, has hidden something.
fn hidden(hide: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    let script = format!("{hide} || exit 77; exec \"$@\"");
    command.args(["--mount", "--propagation", "private", "sh", "-c", &script, "sh", PROGRAM]).args(arguments);
    command
}

/// A command that begins without some capabilities, as `setpriv` names them.
fn without(capabilities: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", capabilities, PROGRAM]).args(arguments);
    command
}

/// What doctor says, by topic; it always ends with 0.
struct Doctor(Vec<Value>);

const DOCTOR: [&str; 4] = ["doctor", "--no-runtimes", "--format", "json"];
const WATCH: [&str; 4] = ["watch", "--no-runtimes", "--format", "json"];

impl Doctor {
    fn asked(mut command: Command) -> Doctor {
        let out = command.output().unwrap();
        assert!(out.status.success(), "that something is missing is an answer: {out:?}");
        let text = String::from_utf8(out.stdout).unwrap();
        Doctor(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn says(&self, topic: &str, health: &str, part: &str) {
        let line =
            self.0.iter().find(|line| line["topic"] == topic).unwrap_or_else(|| panic!("no {topic}: {:#?}", self.0));
        assert!(line["health"] == health && line["text"].as_str().unwrap().contains(part), "{health}, {part}: {line}");
    }

    /// The probes that are not attached, in order.
    fn lost(&self) -> Vec<&str> {
        let lost = self.0.iter().filter(|line| line["health"] != "ok");
        lost.filter_map(|line| line["topic"].as_str()?.strip_prefix("probe ")).collect()
    }
}

/// The five that are attached to the root of cgroup v2.
const AT_CGROUPS: [&str; 5] = ["udp_connect4", "udp_connect6", "udp_bind4", "udp_bind6", "answer"];

/// A watch that begins like this still tells of an exec.
fn still_tells(command: Command) -> Vec<Value> {
    let watch = Watch::spawn(command);
    let mut child = Command::new("/bin/true").arg("told").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let told = watch.finish();
    assert_eq!(told.one("exec", pid)["process"]["argv"][1], "told");
    assert_eq!(told.lost(), 0);
    told.0
}

/// It ends with this code and one line that has `part`.
fn refused(mut command: Command, code: i32, part: &str) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{said}");
    assert!(stdout.is_empty());
    assert!(said.lines().count() == 1 && said.contains(part), "{part}: {said}");
}

#[test]
fn without_the_kernels_types_nothing_is_loaded_and_it_says_what_the_kernel_needs() {
    if !privileged(NEEDS) {
        return;
    }
    let hide = "mount -t tmpfs none /sys/kernel/btf";
    let doctor = Doctor::asked(hidden(hide, &DOCTOR));
    doctor.says("btf", "missing", "CONFIG_DEBUG_INFO_BTF=y");
    doctor.says("probes", "missing", "/sys/kernel/btf/vmlinux");
    refused(hidden(hide, &WATCH), 1, "CONFIG_DEBUG_INFO_BTF=y");
}

#[test]
fn tracefs_is_not_missed() {
    if !privileged(NEEDS) {
        return;
    }
    let hide = "{ umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug; } 2>/dev/null; true";
    let doctor = Doctor::asked(hidden(hide, &DOCTOR));
    doctor.says("tracefs", "ok", "not mounted; not needed");
    assert!(doctor.lost().is_empty(), "{:?}", doctor.lost());
    still_tells(hidden(hide, &WATCH));
}

#[test]
fn without_cgroup_v2_what_is_attached_to_it_is_lost_and_nothing_else() {
    if !privileged(NEEDS) {
        return;
    }
    let hide = "umount -l -R /sys/fs/cgroup";
    let doctor = Doctor::asked(hidden(hide, &DOCTOR));
    doctor.says("cgroups", "degraded", "no UDP connects");
    assert_eq!(doctor.lost(), AT_CGROUPS);
    let told = still_tells(hidden(hide, &WATCH));
    let topics: Vec<_> = told.iter().filter(|line| line["type"] == "status" && line["health"] == "degraded").collect();
    assert_eq!(topics.len(), AT_CGROUPS.len(), "watch says what doctor says: {topics:#?}");
}

#[test]
fn a_proc_that_hides_others_is_said_and_root_sees_them_all_the_same() {
    if !privileged(NEEDS) {
        return;
    }
    let hide = "mount -t proc -o hidepid=2 proc /proc";
    Doctor::asked(hidden(hide, &DOCTOR)).says("proc", "degraded", "hidepid=");
    still_tells(hidden(hide, &WATCH));
}

#[test]
fn without_proc_it_says_what_to_mount() {
    if !privileged(NEEDS) {
        return;
    }
    let hide = "mount -t tmpfs none /proc";
    Doctor::asked(hidden(hide, &DOCTOR)).says("rights", "missing", "mount /proc");
    refused(hidden(hide, &WATCH), 1, "mount it");
}

#[test]
fn what_a_missing_capability_takes_is_named_and_only_that_is_lost() {
    if !privileged(NEEDS) {
        return;
    }
    for (taken, name) in [("-bpf,-sys_admin", "CAP_BPF"), ("-perfmon,-sys_admin", "CAP_PERFMON")] {
        Doctor::asked(without(taken, &DOCTOR)).says("rights", "missing", name);
        refused(without(taken, &WATCH), 3, name);
    }
    let doctor = Doctor::asked(without("-net_admin,-sys_admin", &DOCTOR));
    doctor.says("rights", "degraded", "CAP_NET_ADMIN (to see UDP connects)");
    assert_eq!(doctor.lost(), AT_CGROUPS);
    still_tells(without("-net_admin,-sys_admin", &WATCH));
    for (taken, name) in [("-sys_ptrace", "CAP_SYS_PTRACE"), ("-dac_read_search", "CAP_DAC_READ_SEARCH")] {
        let doctor = Doctor::asked(without(taken, &DOCTOR));
        doctor.says("rights", "degraded", name);
        assert!(doctor.lost().is_empty(), "{taken}: {:?}", doctor.lost());
        still_tells(without(taken, &WATCH));
    }
    // What else root may do is not needed at all.
    let five = "-all,+bpf,+perfmon,+net_admin,+sys_ptrace,+dac_read_search";
    let doctor = Doctor::asked(without(five, &DOCTOR));
    doctor.says("rights", "ok", "every capability that is needed");
    assert!(doctor.lost().is_empty(), "{:?}", doctor.lost());
    still_tells(without(five, &WATCH));
}

#[test]
fn root_of_a_user_namespace_is_told_that_it_is_not_root_of_the_node() {
    if !privileged(NEEDS) {
        return;
    }
    let inside = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", PROGRAM]).args(arguments);
        command
    };
    Doctor::asked(inside(&DOCTOR)).says("probes", "missing", "not permitted to load kernel probes");
    refused(inside(&WATCH), 3, "user namespace");
}
