//! What is left behind, what is taken away, and those who do both for a living.

use crate::detect::Severity::{self, High, Low, Medium};
use crate::detect::testkit::*;
use crate::model::{Deed, NameCall};

/// What is tested here.
const RULES: &[&str] = &["startup_written", "traces_removed", "kernel_thread_name", "host_startup_written"];

/// What `exe`, a child of the host's shell, raises by `deed`.
fn raised(exe: &str, error: Option<i32>, deed: Deed) -> Vec<(String, Severity, bool)> {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, exe);
    node.act(40, error, deed);
    node.take()
}

fn written(severity: Severity) -> [(String, Severity, bool); 1] {
    [("startup_written".into(), severity, false)]
}

#[test]
fn files_that_start_things_are_told_whoever_writes_them() {
    for path in [
        "/etc/cron.d/job",
        "/etc/cron.hourly/job",
        "/var/spool/cron/crontabs/root",
        "/etc/crontab",
        "/etc/systemd/system/x.service",
        "/usr/lib/systemd/system/x.service",
        "/etc/init.d/x",
        "/etc/rc.local",
        "/etc/profile.d/x.sh",
        "/etc/sudoers.d/x",
        "/etc/pam.d/sshd",
        "/etc/udev/rules.d/99-x.rules",
        "/etc/kubernetes/manifests/x.yaml",
        "/root/.ssh/authorized_keys",
        "/home/u/.bashrc",
        "/home/u/.profile",
    ] {
        for exe in ["/usr/bin/bash", "/usr/bin/tee", "/opt/x"] {
            assert_eq!(raised(exe, None, writing(path, None)), written(Medium), "{exe} {path}");
        }
    }
    assert_eq!(raised("/usr/bin/tee", None, writing("/etc/ld.so.preload", None)), written(High));
}

#[test]
fn a_name_that_is_put_into_place_counts_as_a_write() {
    let (cron, unit) = ("/etc/cron.d/job", "/etc/systemd/system/x.service");
    for (exe, deed) in [
        ("/usr/bin/mv", naming(NameCall::Rename, "/tmp/job", cron)),
        ("/usr/bin/ln", naming(NameCall::Link, "/tmp/job", cron)),
        ("/usr/bin/ln", naming(NameCall::Symlink, "/opt/x.service", unit)),
    ] {
        assert_eq!(raised(exe, None, deed), written(Medium), "{exe}");
    }
}

#[test]
fn a_finding_says_who_wrote_what_and_only_once() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/bin/mv");
    node.did(111, naming(NameCall::Rename, "/tmp/job", "/etc/cron.d/job"));
    node.did(111, writing("/etc/cron.d/job", None));
    assert_eq!(node.found[0].title, "mv (111) of web-1 writes /etc/cron.d/job");
    assert_eq!((node.shown(0), node.others(0)), (vec![("rename", 111)], vec![]));
    assert_eq!(node.found[0].why[0].fact.text, "/tmp/job -> /etc/cron.d/job");
    assert_eq!(node.take(), written(Medium));
}

#[test]
fn a_refusal_is_low_and_another_error_is_nothing() {
    for error in [1, 13, 30] {
        let mut node = Node::new().only(RULES);
        node.run(40, 20, "/usr/bin/tee");
        node.act(40, Some(error), writing("/etc/ld.so.preload", None));
        assert_eq!(node.found[0].title, "tee (40) of the host tried: writes /etc/ld.so.preload");
        assert_eq!(node.take(), [("startup_written".into(), Low, true)], "{error}");
    }
    for error in [2, 17, 28] {
        assert_eq!(raised("/usr/bin/tee", Some(error), writing("/etc/cron.d/job", None)), [], "{error}");
    }
    let gone = naming(NameCall::Unlink, "", "/home/u/.bash_history");
    assert_eq!(raised("/usr/bin/rm", Some(13), gone), [("traces_removed".into(), Low, true)]);
}

#[test]
fn those_who_are_there_for_it_write_what_starts_things() {
    for (exe, path) in [
        ("/usr/bin/dpkg --unpack cron.deb", "/etc/cron.d/e2scrub_all"),
        ("/usr/bin/rpm -i x.rpm", "/usr/lib/systemd/system/x.service"),
        ("/usr/bin/crontab -e", "/var/spool/cron/crontabs/u"),
        ("/usr/bin/kubelet", "/etc/kubernetes/manifests/pod.yaml"),
        ("/usr/bin/kubeadm init", "/etc/kubernetes/manifests/kube-apiserver.yaml"),
        ("/usr/sbin/useradd -m u", "/home/u/.bashrc"),
        ("/usr/sbin/visudo", "/etc/sudoers"),
        ("/usr/bin/python3.11 /usr/bin/cloud-init init", "/root/.ssh/authorized_keys"),
    ] {
        assert_eq!(raised(exe, None, writing(path, None)), [], "{exe}");
    }
    let enable = naming(NameCall::Symlink, "/lib/systemd/system/x.service", "/etc/systemd/system/wants/x.service");
    assert_eq!(raised("/usr/bin/systemctl enable x", None, enable), []);
}

#[test]
fn scripts_of_a_package_write_what_starts_things() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/usr/bin/apt-get install cron");
    node.run(112, 111, "/usr/bin/dpkg --configure cron");
    node.run(113, 112, "/bin/sh /var/lib/dpkg/info/cron.postinst");
    node.run(114, 113, "/usr/bin/cp a b");
    node.did(113, writing("/etc/crontab", None));
    node.did(114, writing("/etc/init.d/cron", None));
    assert_eq!(node.take(), []);
}

#[test]
fn reading_taking_away_and_files_beside_plant_nothing() {
    for (exe, deed) in [
        ("/usr/bin/cat", reading("/etc/cron.d/job")),
        ("/usr/bin/rm", naming(NameCall::Unlink, "", "/etc/cron.d/job")),
        ("/usr/bin/tee", writing("/etc/hosts", None)),
        ("/usr/bin/vim", writing("/home/u/.bashrc.swp", None)),
        ("/usr/bin/vim", writing("/srv/repo/cron.d/job", None)),
        ("/usr/bin/cp", naming(NameCall::Rename, "/etc/cron.d/job", "/root/job")),
    ] {
        assert_eq!(raised(exe, None, deed), [], "{exe}");
    }
}

#[test]
fn a_file_of_the_host_is_told_as_an_escape_only() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/bin/tee");
    node.did(111, writing("/host/etc/cron.d/job", Some("/etc/cron.d/job")));
    node.did(111, writing("/etc/cron.d/job", Some("/etc/cron.d/job")));
    assert!(node.has("host_startup_written") && !node.has("startup_written"));
}

#[test]
fn histories_and_logs_that_are_taken_away_are_told() {
    for (exe, deed) in [
        ("/usr/bin/rm", naming(NameCall::Unlink, "", "/home/u/.bash_history")),
        ("/usr/bin/shred", naming(NameCall::Rename, "/root/.mysql_history", "/root/0000")),
        ("/usr/bin/ln", naming(NameCall::Symlink, "/dev/null", "/root/.bash_history")),
        ("/opt/x", naming(NameCall::Truncate, "", "/var/log/auth.log")),
        ("/usr/bin/rm", naming(NameCall::Unlink, "", "/var/log/audit/audit.log")),
        ("/usr/bin/mv", naming(NameCall::Rename, "/var/log/wtmp", "/tmp/w")),
        ("/usr/bin/bash", naming(NameCall::Unlink, "", "/var/log/btmp")),
        ("/usr/bin/rm", naming(NameCall::Unlink, "", "/run/utmp")),
    ] {
        let mut node = Node::new().only(RULES);
        node.run(40, 20, exe);
        let (kind, text) = (deed.name(), deed.to_string());
        node.did(40, deed);
        assert_eq!((node.shown(0), node.others(0)), (vec![(kind, 40)], vec![]), "{exe}");
        assert_eq!(node.found[0].why[0].fact.text, text);
        assert!(node.found[0].title.contains(" takes away /"), "{}", node.found[0].title);
        assert_eq!(node.take(), [("traces_removed".into(), Medium, false)], "{exe}");
    }
}

#[test]
fn a_shell_that_keeps_its_own_history_and_turned_logs_are_nothing() {
    for (exe, deed) in [
        ("/usr/bin/bash", naming(NameCall::Truncate, "", "/home/u/.bash_history")),
        ("/usr/bin/bash", naming(NameCall::Rename, "/home/u/.bash_history", "/home/u/.bash_history-1.tmp")),
        ("/usr/bin/zsh", naming(NameCall::Rename, "/home/u/.zsh_history.new", "/home/u/.zsh_history")),
        ("/usr/bin/zsh", naming(NameCall::Unlink, "", "/home/u/.zsh_history")),
        ("/usr/sbin/logrotate /etc/logrotate.conf", naming(NameCall::Rename, "/var/log/syslog", "/var/log/syslog.1")),
        ("/usr/bin/rm", naming(NameCall::Unlink, "", "/var/log/app/app.log")),
        ("/usr/bin/rm", naming(NameCall::Unlink, "", "/srv/mail/messages")),
        ("/usr/bin/ln", naming(NameCall::Symlink, "/var/log/syslog", "/root/syslog")),
    ] {
        let told = deed.to_string();
        assert_eq!(raised(exe, None, deed), [], "{exe} {told}");
    }
}

#[test]
fn a_name_in_brackets_is_told() {
    let mut node = Node::web().only(RULES);
    node.fork(111, 110);
    node.exec_with(111, "/opt/x", |exec| exec.image.argv.args = ["[kworker/0:1]"].into_iter().collect());
    assert_eq!(node.found[0].title, "x (111) of web-1 calls itself [kworker/0:1]");
    assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 111)], vec![]));
    assert_eq!(node.found[0].why[0].fact.text, "[kworker/0:1]");
    assert_eq!(node.take(), [("kernel_thread_name".into(), Medium, false)]);
}

#[test]
fn brackets_elsewhere_are_nothing() {
    let mut node = Node::web().only(RULES);
    for (pid, args) in [
        (111, vec!["[", "-f", "/x", "]"]),
        (112, vec!["[]"]),
        (113, vec!["x", "[kworker/0:1]"]),
        (114, vec!["-[x]"]),
        (115, vec![]),
    ] {
        node.fork(pid, 110);
        node.exec_with(pid, "/usr/bin/[", |exec| exec.image.argv.args = args.into_iter().collect());
    }
    assert_eq!(node.take(), []);
}
