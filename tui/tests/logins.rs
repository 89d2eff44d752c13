//! Logins by real programs: sshd, su, sudo and the kernel's audit, in a node of their own.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::process::Command;

use common::privileged;
use common::watch::{Told, Watch};
use serde_json::Value;

const NEEDS: &str = "sshd, ssh, su and sudo (Debian: openssh-server, openssh-client, sudo)";

/// The uid of who logs in: nobody else's.
const ADA: u32 = 64_123;

/// What is there in the node: users, a server on its loopback, and a way in.
const NODE: &str = r#"set -eu
dir=$1
ip link set lo up
mount -t tmpfs none /run
mkdir -p /run/sshd "$dir/home/.ssh"
ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
cp "$dir/key.pub" "$dir/home/.ssh/authorized_keys"
chown -R 64123:64123 "$dir/home"
chmod 755 "$dir"
for file in passwd shadow group; do cp -p "/etc/$file" "$dir/$file"; done
echo "kt-ada:x:64123:64123::$dir/home:/bin/sh" >>"$dir/passwd"
echo 'kt-ada:*:19000:0:99999:7:::' >>"$dir/shadow"
echo 'kt-ada:x:64123:' >>"$dir/group"
for file in passwd shadow group; do mount --bind "$dir/$file" "/etc/$file"; done
printf 'root ALL=(ALL) ALL\nkt-ada ALL=(ALL) NOPASSWD: ALL\n' >"$dir/sudoers"
chmod 440 "$dir/sudoers"
mount --bind "$dir/sudoers" /etc/sudoers
cat >"$dir/sshd_config" <<END
Port 2222
ListenAddress 127.0.0.1
HostKey $dir/host
AuthorizedKeysFile .ssh/authorized_keys
UsePAM $2
PermitRootLogin prohibit-password
PidFile none
END
/usr/sbin/sshd -D -e -f "$dir/sshd_config" 2>"$dir/log" &
enter() {
    ssh -q -i "$dir/key" -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes "$@"
}
for _ in $(seq 50); do enter kt-ada@127.0.0.1 true && break; sleep 0.1; done
"#;

/// Runs `script` in a node with an sshd, and gives what was told meanwhile.
fn node(pam: &str, script: &str) -> Told {
    let dir = tempfile::Builder::new().prefix("ktrace-logins-").tempdir().unwrap();
    let watch = Watch::start(&["--only", "events"]);
    let made = Command::new("unshare")
        .args(["--pid", "--mount", "--uts", "--ipc", "--net", "--fork", "--kill-child", "--mount-proc"])
        .args(["sh", "-c", &format!("{NODE}\n{script}"), "node"])
        .arg(dir.path())
        .arg(pam)
        .output()
        .unwrap();
    let log = std::fs::read_to_string(log(dir.path())).unwrap_or_default();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "the node failed: {said}\nsshd says: {log}");
    watch.finish()
}

fn log(dir: &Path) -> std::path::PathBuf {
    dir.join("log")
}

/// The exec of `/bin/true` or its kin that has this argument last.
fn marked<'a>(told: &'a Told, mark: &str) -> &'a Value {
    let own = |event: &&Value| {
        let argv = event["process"]["argv"].as_array().unwrap();
        argv.len() == 2 && argv[1] == mark
    };
    told.kind("exec").find(own).unwrap_or_else(|| panic!("no exec with {mark}"))
}

#[test]
fn who_came_over_ssh_is_told_with_whom_they_became() {
    if !privileged(NEEDS) {
        return;
    }
    let told = node(
        "no",
        r#"enter kt-ada@127.0.0.1 '/bin/true kt-mark-plain; sudo -n /bin/true kt-mark-sudo; sudo -n su -s /bin/sh nobody -c "/bin/true kt-mark-su; true"'
        enter -tt kt-ada@127.0.0.1 '/bin/true kt-mark-tty; true'"#,
    );
    for (mark, uids) in [
        ("kt-mark-plain", vec![ADA]),
        ("kt-mark-tty", vec![ADA]),
        ("kt-mark-sudo", vec![ADA, 0]),
        ("kt-mark-su", vec![ADA, 0, 65_534]),
    ] {
        let login = &marked(&told, mark)["process"]["login"];
        assert_eq!(login["how"], "ssh", "{mark}: {login}");
        assert_eq!(login["uids"], serde_json::json!(uids), "{mark}: {login}");
        assert!(login["from"].as_str().is_some_and(|from| from.starts_with("127.0.0.1:")), "{mark}: {login}");
    }
    let id = |mark| marked(&told, mark)["process"]["login"]["id"].clone();
    assert_eq!(id("kt-mark-plain"), id("kt-mark-sudo"));
    assert_ne!(id("kt-mark-plain"), id("kt-mark-tty"), "two connections are two logins");
}

#[test]
fn the_audit_session_that_pam_sets_is_the_login() {
    if !privileged(NEEDS) {
        return;
    }
    let told = node("yes", "enter kt-ada@127.0.0.1 '/bin/true kt-mark-audit; sudo -n /bin/true kt-mark-audit-sudo'");
    let (plain, sudo) = (marked(&told, "kt-mark-audit"), marked(&told, "kt-mark-audit-sudo"));
    assert_eq!(plain["exec"]["login_uid"], ADA, "pam_loginuid set it: {plain}");
    let session = plain["exec"]["audit_session"].as_u64().expect("and the kernel gave it a session");
    for (event, uids) in [(plain, vec![ADA]), (sudo, vec![ADA, 0])] {
        let login = &event["process"]["login"];
        assert_eq!(login["id"], session.to_string(), "{login}");
        assert_eq!(login["how"], "ssh", "{login}");
        assert_eq!(login["uids"], serde_json::json!(uids), "{login}");
    }
}

#[test]
fn without_a_login_su_begins_one_and_audit_alone_is_believed() {
    if !privileged(NEEDS) {
        return;
    }
    let told = node(
        "no",
        r#"su -s /bin/sh kt-ada -c '/bin/true kt-mark-root-su; true'
        setsid sh -c 'echo 64123 >/proc/self/loginuid; /bin/true kt-mark-loginuid; true'
        /bin/true kt-mark-nobody"#,
    );
    let login = &marked(&told, "kt-mark-root-su")["process"]["login"];
    assert_eq!((&login["how"], &login["uids"]), (&"su".into(), &serde_json::json!([0, ADA])), "{login}");
    let audit = marked(&told, "kt-mark-loginuid");
    assert_eq!(audit["exec"]["login_uid"], ADA);
    assert_eq!(audit["process"]["login"]["how"], "audit", "{audit}");
    assert_eq!(audit["process"]["login"]["uids"], serde_json::json!([ADA, 0]));
}
