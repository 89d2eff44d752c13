//! Files that tell secrets, and who reads them: passwords, keys, tokens, and the service that hands them out.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{administers, program};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Connection, Direction, GroupKey, Kind, Model, NetOp, Opened, Process, ProcessId};

/// Readers of secrets that are remembered.
const KEEP: usize = 16_384;

/// Programs that let people in, or change how they come in: they read passwords.
const LOGIN: &[&str] = &[
    "sshd",
    "sshd-session",
    "sshd-auth",
    "login",
    "su",
    "sudo",
    "passwd",
    "unix_chkpwd",
    "cron",
    "crond",
    "chage",
    "chpasswd",
    "chfn",
    "chsh",
    "newgrp",
    "gpasswd",
    "useradd",
    "usermod",
    "userdel",
    "groupadd",
    "pwck",
    "grpck",
    "pwconv",
    "vipw",
    "nscd",
    "sssd",
    "systemd",
    "systemd-userwork",
    "systemd-logind",
    "gdm",
    "lightdm",
    "polkitd",
    "polkit-agent-helper-1",
    "accounts-daemon",
    "vsftpd",
    "proftpd",
    "dovecot",
    "auth",
    "xinetd",
    "in.telnetd",
    "getty",
    "agetty",
    "atd",
    "gdm-session-worker",
    "runuser",
    "setpriv",
    "doas",
];
/// Programs that use the keys of users.
const SSH: &[&str] = &[
    "ssh",
    "scp",
    "sftp",
    "ssh-add",
    "ssh-agent",
    "ssh-keygen",
    "ssh-copy-id",
    "ssh-keysign",
    "sshd",
    "git",
    "rsync",
    "autossh",
    "mosh",
    "ansible",
];
/// Programs that use the keys of clusters and clouds.
const KEYS: &[&str] = &[
    "git",
    "kubectl",
    "kubelet",
    "kubeadm",
    "helm",
    "k3s",
    "aws",
    "gcloud",
    "docker",
    "dockerd",
    "podman",
    "buildah",
    "skopeo",
    "terraform",
    "vault",
    "curl",
    "wget",
    "psql",
    "pg_dump",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];
/// What files are called that hold keys and passwords.
const CREDENTIALS: &[&str] = &[
    "kubeconfig",
    "admin.conf",
    "super-admin.conf",
    "kubelet.conf",
    "controller-manager.conf",
    "scheduler.conf",
    "bootstrap-kubelet.conf",
    "credentials",
    ".dockerconfigjson",
    ".dockercfg",
    ".git-credentials",
    ".netrc",
    ".pgpass",
    ".vault-token",
    "accessTokens.json",
];
/// Addresses of the services that hand out credentials to machines in a cloud.
const METADATA: [&str; 3] = ["169.254.169.254", "fd00:ec2::254", "169.254.170.2"];

/// Watches who reads secrets.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    told: Told,
    /// Who read what tells secrets, and what shows it.
    read: HashMap<ProcessId, Fact>,
}

impl Behaviour for Secrets {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            Kind::Act(act) => {
                if let crate::model::Deed::Open(opened) = &act.what
                    && opened.read
                    && let Some((rule, severity)) = judge(opened, scene)
                {
                    let fact = Fact::of(scene.event, act.to_string());
                    self.sent(&fact, None, scene, out);
                    let path = opened.host.as_ref().unwrap_or(&opened.path).lossless();
                    self.raise(rule, severity, &path, act.error.is_some(), fact, scene, out);
                }
            }
            Kind::Net(net) if matches!(net.op, NetOp::Connect | NetOp::Established) => {
                if let Some(fact) = self.read.get(&scene.process.id).cloned()
                    && net.direction == Direction::Outbound
                {
                    self.sent(&fact, net.remote, scene, out);
                }
                let Some(remote) = net.remote.filter(|remote| METADATA.contains(&remote.ip().to_string().as_str()))
                else {
                    return;
                };
                // The software of a cloud asks there by itself; somebody at a shell is another matter.
                if from_shell(scene.process, scene.model) {
                    let fact = Fact::of(scene.event, remote.to_string());
                    self.raise("metadata_service", Severity::Medium, &remote.to_string(), false, fact, scene, out);
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, gone: ProcessId, _: &Model) {
        self.read.remove(&gone);
    }
}

/// The rule that an open for reading breaks, and how badly.
fn judge(opened: &Opened, scene: &Scene<'_>) -> Option<(&'static str, Severity)> {
    let path = opened.path.bytes();
    let last = |path: &'_ [u8]| path.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_vec();
    // Mounted under another name it is the same file.
    let inside_name = last(opened.inside.bytes());
    let name = match &opened.host {
        _ if matches!(&inside_name[..], b"shadow" | b"gshadow") => inside_name,
        Some(host) if !host.is_empty() => last(host.bytes()),
        _ => last(path),
    };
    let program = program(scene.process);
    let inside = matches!(scene.process.group, GroupKey::Container(_));
    let of_host = inside && opened.host.is_some();
    match &name[..] {
        b"shadow" | b"gshadow" | b"sudoers" | b"shadow-" => {
            let system =
                |path: &[u8]| path.strip_suffix(&name[..]).is_some_and(|directory| directory.ends_with(b"/etc/"));
            let host = opened.host.as_ref().map(|host| host.bytes()).unwrap_or_default();
            // A picture may be called so, too; what tells passwords is not for everybody to read.
            let closed = opened.mode & 0o777 != 0 && opened.mode & 0o004 == 0;
            if !closed && ![path, opened.inside.bytes(), host].into_iter().any(system) {
                return None;
            }
            if !of_host && (LOGIN.contains(&program.as_str()) || administers(scene.process, scene.model)) {
                return None;
            }
            Some(("password_file_read", if of_host { Severity::High } else { Severity::Medium }))
        }
        b"environ" => {
            let subject = opened.subject.and_then(|id| scene.model.process(id))?;
            let own = subject.id == scene.process.id || subject.birth_parent == Some(scene.process.id);
            let tools = ["ps", "top", "htop", "systemd", "lsof", "pgrep", "pkill"];
            // On one side of the border the user makes the difference, and somebody must want to know.
            let beyond = subject.group != scene.process.group && inside;
            let other = subject.creds.uid != 0
                && subject.group == scene.process.group
                && from_shell(scene.process, scene.model);
            let stranger = !own && (beyond || other);
            (stranger && !tools.contains(&program.as_str())).then_some(("environment_read", Severity::Medium))
        }
        b"token" => {
            let token =
                path.windows(14).any(|window| window == b"serviceaccount") && from_shell(scene.process, scene.model);
            token.then_some(("service_token_read", Severity::Medium))
        }
        b"mem" | b"kcore" | b"passwd" | b"group" => None,
        b"id_rsa" | b"id_dsa" | b"id_ecdsa" | b"id_ed25519" | b"authorized_keys" => {
            let key = &name[..] != b"authorized_keys" && !SSH.contains(&program.as_str());
            key.then_some(("private_key_read", Severity::Medium))
        }
        _ => {
            let known = KEYS.contains(&program.as_str()) || LOGIN.contains(&program.as_str());
            let keeps = [&b".kube/"[..], b"/etc/kubernetes/", b".docker/", b".aws/", b"gcloud", b".azure/"];
            let place = keeps.iter().any(|keep| path.windows(keep.len()).any(|window| window == *keep));
            let named = CREDENTIALS.iter().any(|known| name == known.as_bytes());
            let keeps = (named || place) && !known && from_shell(scene.process, scene.model);
            keeps.then_some(("private_key_read", Severity::Medium))
        }
    }
}

/// True when it, or who started it, is a shell that somebody may sit at.
fn from_shell(process: &Process, model: &Model) -> bool {
    const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "busybox", "ksh", "fish"];
    let parent = process.birth_parent.and_then(|id| model.process(id));
    std::iter::once(process).chain(parent).any(|it| SHELLS.contains(&program(it).as_str()))
}

impl Secrets {
    /// Whoever reads a secret and has a connection to somewhere may send it.
    fn sent(&mut self, read: &Fact, remote: Option<SocketAddr>, scene: &Scene<'_>, out: &mut Sink) {
        let process = scene.process;
        let open = |it: &&Connection| it.direction == Direction::Outbound && it.closed.is_none();
        let held = process.connections.iter().rev().find(open).and_then(|it| it.remote);
        if self.read.len() > KEEP {
            self.read.clear();
        }
        self.read.insert(process.id, read.clone());
        let Some(remote) = remote.or(held) else { return };
        // A shell that takes its commands from there is told as that.
        if process.image().is_some_and(super::image::is_shell) || !self.told.once("secret_sent", process.id, ()) {
            return;
        }
        let Some(found) = out.raise("secret_sent", scene) else { return };
        let (who, place) = (program(process), name_of(&process.group, scene.model));
        let fact =
            Fact { time: scene.event.time, process: process.id, kind: "connect".into(), text: remote.to_string() };
        found
            .titled(format!("{who} ({}) of {place} read a secret, and talks to {remote}", process.id.pid))
            .because("it read what tells secrets", read.clone())
            .because("it has a connection that it opened", fact);
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding of this behaviour is made of")]
    fn raise(
        &mut self,
        rule: &'static str,
        severity: Severity,
        what: &str,
        failed: bool,
        fact: Fact,
        scene: &Scene<'_>,
        out: &mut Sink,
    ) {
        if !self.told.once(rule, scene.process.id, (what, failed)) {
            return;
        }
        let Some(found) = out.raise(rule, scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let (who, pid) = (program(scene.process), scene.process.id.pid);
        let verb = if failed { "tried to read" } else { "read" };
        let severity = if failed { severity.min(Severity::Low) } else { severity };
        found
            .titled(format!("{who} ({pid}) of {place} {verb} {what}"))
            .rated(severity)
            .refused(failed)
            .because("it is none of those that are there to read it", fact);
    }
}
