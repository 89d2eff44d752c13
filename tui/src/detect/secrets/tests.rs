//! Who reads secrets, and who is there to read them.

use crate::detect::Severity::{self, High, Low, Medium};
use crate::detect::testkit::*;
use crate::model::{Deed, Direction, NetOp, Opened};

/// What is tested here.
const RULES: &[&str] = &[
    "password_file_read",
    "environment_read",
    "service_token_read",
    "private_key_read",
    "metadata_service",
    "secret_sent",
    "reach_across_border",
];

const TOKEN: &str = "/run/secrets/kubernetes.io/serviceaccount/..2026_11_23/token";
const EACCES: Option<i32> = Some(13);

/// What `exe` raises that reads `path`: a child of the host's shell, or of its init.
fn raised(maker: u32, exe: &str, path: &str) -> Vec<(String, Severity, bool)> {
    let mut node = Node::new().only(RULES);
    node.run(40, maker, exe);
    node.did(40, reading(path));
    node.take()
}

fn host_file(path: &str, host: &str) -> Deed {
    Deed::Open(Box::new(Opened { path: path.into(), host: Some(host.into()), read: true, ..Opened::default() }))
}

/// `/proc/PID/environ`
fn environ(of: u32) -> Deed {
    let path = format!("/proc/{of}/environ").as_str().into();
    Deed::Open(Box::new(Opened { path, subject: Some(id(of)), read: true, fs: 0x9fa0, ..Opened::default() }))
}

#[test]
fn secrets_that_are_read_from_a_shell_are_told_by_what_they_are() {
    for (exe, path, rule, severity) in [
        ("/usr/bin/cat", "/etc/shadow", "password_file_read", Medium),
        ("/opt/x", "/etc/gshadow", "password_file_read", Medium),
        ("/usr/bin/python3.11", "/etc/sudoers", "password_file_read", Medium),
        ("/usr/bin/cat", "/root/.ssh/id_rsa", "private_key_read", Medium),
        ("/opt/x", "/home/u/.ssh/id_ed25519", "private_key_read", Medium),
        ("/usr/bin/cat", TOKEN, "service_token_read", Medium),
        ("/usr/bin/cat", "/etc/kubernetes/admin.conf", "private_key_read", Medium),
        ("/usr/bin/cat", "/root/.aws/credentials", "private_key_read", Medium),
        ("/usr/bin/cat", "/home/u/.git-credentials", "private_key_read", Medium),
        ("/usr/bin/grep", "/root/.azure/accessTokens.json", "private_key_read", Medium),
    ] {
        assert_eq!(raised(20, exe, path), [(rule.to_owned(), severity, false)], "{exe} {path}");
    }
}

#[test]
fn keys_and_passwords_are_told_without_a_shell_too() {
    assert_eq!(raised(1, "/opt/x", "/etc/shadow"), [("password_file_read".into(), Medium, false)]);
    assert_eq!(raised(1, "/opt/x", "/root/.ssh/id_ecdsa"), [("private_key_read".into(), Medium, false)]);
}

#[test]
fn a_finding_says_who_read_what_and_only_once() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/cat /etc/shadow");
    node.did(40, reading("/etc/shadow"));
    node.did(40, reading("/etc/shadow"));
    assert_eq!(node.found[0].title, "cat (40) of the host read /etc/shadow");
    assert_eq!((node.shown(0), node.others(0)), (vec![("open", 40)], vec![]));
    assert_eq!(node.found[0].why[0].fact.text, "/etc/shadow");
    assert_eq!(node.found.len(), 1);
}

#[test]
fn what_was_refused_is_low_and_says_so() {
    for path in ["/etc/shadow", "/root/.ssh/id_rsa", TOKEN] {
        let mut node = Node::new().only(RULES);
        node.run(40, 20, "/usr/bin/cat");
        node.act(40, EACCES, reading(path));
        assert_eq!(node.found[0].title, format!("cat (40) of the host tried to read {path}"));
        assert!(node.found[0].why[0].fact.text.ends_with("failed with errno 13"));
        let told = node.take();
        assert!(matches!(told.as_slice(), [(_, Low, true)]), "{told:?}");
    }
}

#[test]
fn the_hosts_passwords_are_worse_from_a_container_and_no_name_excuses() {
    for exe in ["/bin/cat", "/usr/sbin/sshd", "/usr/bin/dpkg"] {
        let mut node = Node::web().only(RULES);
        node.run(111, 110, exe);
        node.did(111, host_file("/host/etc/shadow", "/etc/shadow"));
        assert!(node.found[0].title.ends_with("of web-1 read /etc/shadow"), "{}", node.found[0].title);
        assert_eq!(node.take(), [("password_file_read".into(), High, false)], "{exe}");
    }
}

#[test]
fn a_containers_own_passwords_are_medium() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/bin/cat");
    node.did(111, reading("/etc/shadow"));
    assert_eq!(node.take(), [("password_file_read".into(), Medium, false)]);
}

#[test]
fn those_who_let_people_in_read_passwords() {
    for exe in [
        "/usr/sbin/sshd",
        "/usr/lib/openssh/sshd-session",
        "/usr/bin/login",
        "/usr/bin/su",
        "/usr/bin/sudo",
        "/usr/bin/passwd",
        "/usr/sbin/unix_chkpwd",
        "/usr/sbin/cron",
        "/usr/sbin/useradd",
        "/usr/bin/chage",
        "/usr/lib/systemd/systemd-logind",
    ] {
        assert_eq!(raised(20, exe, "/etc/shadow"), [], "{exe}");
        assert_eq!(raised(1, exe, "/etc/gshadow"), [], "{exe}");
    }
}

#[test]
fn what_a_package_manager_or_an_administrators_tool_starts_reads_passwords() {
    for manager in ["/usr/bin/dpkg --configure passwd", "/usr/bin/python3.11 /usr/bin/ansible x", "/usr/sbin/visudo"] {
        let mut node = Node::new().only(RULES);
        node.run(40, 20, manager);
        node.run(41, 40, "/usr/bin/dash /var/lib/dpkg/info/passwd.postinst");
        node.run(42, 41, "/usr/bin/grep ^u: /etc/shadow");
        node.did(42, reading("/etc/shadow"));
        node.did(42, reading("/etc/sudoers"));
        assert_eq!(node.take(), [], "{manager}");
    }
}

#[test]
fn programs_that_use_keys_read_them() {
    for (exe, path) in [
        ("/usr/bin/ssh host", "/root/.ssh/id_ed25519"),
        ("/usr/bin/ssh-add", "/root/.ssh/id_rsa"),
        ("/usr/bin/git push", "/home/u/.git-credentials"),
        ("/usr/bin/kubectl get pods", "/etc/kubernetes/admin.conf"),
        ("/usr/local/bin/aws s3 ls", "/root/.aws/credentials"),
        ("/usr/bin/psql", "/root/.pgpass"),
        ("/usr/sbin/sshd", "/root/.ssh/authorized_keys"),
        ("/usr/bin/cat", "/root/.ssh/authorized_keys"),
    ] {
        assert_eq!(raised(20, exe, path), [], "{exe}");
    }
}

#[test]
fn a_service_reads_its_own_token_and_credentials() {
    for (exe, path) in [
        ("/usr/sbin/nginx-ingress", TOKEN),
        ("/usr/bin/java -jar app.jar", "/home/app/.aws/credentials"),
        ("/usr/bin/kubelet", "/etc/kubernetes/kubelet.conf"),
    ] {
        assert_eq!(raised(1, exe, path), [], "{exe}");
    }
    assert_eq!(raised(20, "/usr/bin/cat", "/srv/api/token"), [], "no token of a service account");
}

#[test]
fn writing_is_no_reading() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/tee");
    for path in ["/etc/shadow", "/root/.ssh/id_rsa", "/root/.aws/credentials"] {
        node.did(40, writing(path, None));
    }
    assert_eq!(node.take(), []);
}

#[test]
fn the_environment_beyond_the_container_is_told() {
    let mut node = Node::web().only(RULES);
    node.start(DB, 200, own(200), "/usr/bin/postgres");
    for (pid, of) in [(111, 1), (112, 201)] {
        node.run(pid, 110, "/bin/cat");
        node.did(pid, environ(of));
        let at = node.found.iter().position(|it| it.rule.id == "environment_read").expect("it is found");
        assert_eq!(node.found[at].title, format!("cat ({pid}) of web-1 read /proc/{of}/environ"));
        assert_eq!(node.shown(at), [("open", pid)]);
        let rules = [("reach_across_border".into(), High, false), ("environment_read".into(), Medium, false)];
        assert_eq!(node.take(), rules, "of {of}");
    }
}

#[test]
fn environments_within_the_container_and_from_the_host_are_nothing() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/bin/cat");
    for of in [111, 110, 101] {
        node.did(111, environ(of));
    }
    node.run(40, 20, "/usr/bin/cat");
    node.did(40, environ(101));
    node.did(40, environ(1));
    assert_eq!(node.take(), []);
}

#[test]
fn whoever_starts_another_container_may_read_what_it_gave_to_it() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/usr/bin/inner-runtime");
    node.fork_into(112, 111, inside(DB));
    node.did(111, environ(112));
    assert!(!node.has("environment_read"));
    node.run(113, 110, "/bin/cat");
    node.did(113, environ(112));
    assert!(node.has("environment_read"), "nobody else");
}

#[test]
fn the_metadata_service_is_told_when_a_shell_asks() {
    for remote in ["169.254.169.254:80", "[fd00:ec2::254]:80", "169.254.170.2:80"] {
        let mut node = Node::web().only(RULES);
        node.run(111, 110, "/usr/bin/curl");
        node.connects(111, remote);
        node.net(111, NetOp::Established, Direction::Outbound, remote);
        assert_eq!(node.found[0].title, format!("curl (111) of web-1 read {remote}"));
        assert_eq!((node.shown(0), node.others(0)), (vec![("connect", 111)], vec![]));
        assert_eq!(node.take(), [("metadata_service".into(), Medium, false)], "{remote}");
    }
}

#[test]
fn the_clouds_own_software_and_other_addresses_are_nothing() {
    let mut node = Node::new().only(RULES);
    node.run(40, 1, "/usr/bin/amazon-ssm-agent");
    node.connects(40, "169.254.169.254:80");
    node.run(41, 20, "/usr/bin/curl");
    node.connects(41, "169.254.169.253:53");
    node.connects(41, "203.0.113.9:80");
    assert_eq!(node.take(), []);
}
