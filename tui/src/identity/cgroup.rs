//! The grammar of cgroup paths: which service or container a path names, and nothing but the path.
//!
//! A path is walked from its root. Each component that is a container makes the one before it its `outer`, so the
//! key is the innermost; whatever follows (systemd inside the container, sub-cgroups of its own) changes nothing.
//! A path that shows no container belongs to its first `.service`, else to the host.
//!
//! Decisions:
//! - A container is a component that a runtime writes and nobody else: a full id of 64 hex digits, bare, or behind a
//!   runtime's prefix. `…-<id>-merged.mount` and the like are not. LXC, systemd-nspawn and BuildKit have ids of
//!   their own, which count only where these put them.
//! - A monitor (`crio-conmon-<id>`, `libpod-conmon-<id>`, `lxc.monitor.<name>`, nspawn's `supervisor`) runs on the
//!   side that started the container, with its namespaces: it is not the container.
//! - User services belong to their `user@<uid>.service`: `dbus.service` of two users are not one group, and neither
//!   is the node's. Scopes (`init.scope`, `session-3.scope`), mounts and slices are the host.
//! - `..` components, as seen from inside a cgroup namespace (`cgroup_namespaces(7)`), say nothing and are dropped,
//!   and so is the ` (deleted)` that `/proc/PID/cgroup` adds.
//! - Who may make cgroups inside a container may name one like a container. `outer` still shows where it is.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::{GroupKey, Place, Placer, Runtime, Text};

/// Reads cgroup paths of version 1, version 2 and hybrid hierarchies alike.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paths;

impl Placer for Paths {
    fn place(&self, path: &[u8]) -> Place {
        let text = match std::str::from_utf8(path) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(Text::from(path).lossless()),
        };
        let mut walk = Walk::default();
        for component in text.strip_suffix(" (deleted)").unwrap_or(&text).split('/') {
            if !matches!(component, "" | "." | "..") {
                walk.step(component);
            }
        }
        walk.end()
    }
}

/// What was understood of a path so far.
#[derive(Default)]
struct Walk<'a> {
    previous: &'a str,
    service: Option<&'a str>,
    pod: Option<String>,
    kubepods: bool,
    ecs: bool,
    /// A machine's unit was met; it is a container unless `supervisor` comes next.
    machine: Option<String>,
    found: Option<Found>,
}

struct Found {
    id: String,
    runtime: Runtime,
    pod: Option<String>,
    outer: Option<String>,
}

impl<'a> Walk<'a> {
    fn step(&mut self, component: &'a str) {
        if let Some(name) = self.machine.take()
            && component != "supervisor"
        {
            self.enter(name, Runtime::Unknown);
        }
        self.kubepods |= component.contains("kubepods");
        self.ecs |= component == "ecs" && self.previous.is_empty();
        if let Some(uid) = pod_uid(component, self.kubepods) {
            self.pod = Some(uid);
        }
        if let Some((id, runtime)) = self.container(component) {
            self.enter(id, runtime);
        } else if self.found.is_none() && self.service.is_none() && is_service(component) {
            self.service = Some(component);
        }
        self.machine = machine(component);
        self.previous = component;
    }

    /// The id and the runtime, if this component is a container.
    fn container(&self, component: &str) -> Option<(String, Runtime)> {
        if is_full_id(component) {
            return Some((component.to_owned(), self.runtime_of_bare_id()));
        }
        // `<slice>:<prefix>:<id>`: a runtime that was handed a systemd path without using systemd.
        if let Some((head, id)) = component.rsplit_once(':') {
            let prefix = head.rsplit(':').next().unwrap_or(head);
            return is_full_id(id).then(|| (id.to_owned(), runtime_of_prefix(prefix)));
        }
        if let Some(name) = component.strip_prefix("lxc.payload.") {
            return (!name.is_empty()).then(|| (name.to_owned(), Runtime::Unknown));
        }
        let named = match self.previous {
            "lxc" | "lxc.payload" => true,
            "buildkit" => is_buildkit_id(component),
            _ => self.ecs && is_fargate_id(component),
        };
        if named {
            return Some((component.to_owned(), self.runtime_of_bare_id()));
        }
        let (prefix, id) = component.strip_suffix(".scope").unwrap_or(component).rsplit_once('-')?;
        (is_full_id(id) && !prefix.ends_with("conmon")).then(|| (id.to_owned(), runtime_of_prefix(prefix)))
    }

    /// Under kubepods a bare id may be containerd's or Docker's: the path does not say.
    fn runtime_of_bare_id(&self) -> Runtime {
        match self.previous {
            "docker" | "moby" | "buildkit" => Runtime::Docker,
            // The namespaces of containerd: `ctr` and `nerdctl` use the first, CRI the second.
            "default" | "k8s.io" => Runtime::Containerd,
            _ if self.ecs => Runtime::Docker,
            _ => Runtime::Unknown,
        }
    }

    fn enter(&mut self, id: String, runtime: Runtime) {
        // A runtime may repeat the id for a cgroup of its own below; that is not another container.
        if self.found.as_ref().is_some_and(|found| found.id == id) {
            return;
        }
        let outer = self.found.take().map(|found| found.id);
        self.found = Some(Found { id, runtime, pod: self.pod.take(), outer });
        (self.kubepods, self.ecs) = (false, false);
    }

    fn end(mut self) -> Place {
        if let Some(name) = self.machine.take() {
            self.enter(name, Runtime::Unknown);
        }
        if let Some(found) = self.found {
            return Place {
                key: GroupKey::Container(Arc::from(found.id)),
                runtime: Some(found.runtime),
                pod_uid: found.pod.map(Arc::from),
                outer: found.outer.map(Arc::from),
            };
        }
        Place {
            key: self.service.map_or(GroupKey::Host, |unit| GroupKey::Service(Arc::from(unit))),
            ..Place::default()
        }
    }
}

fn runtime_of_prefix(prefix: &str) -> Runtime {
    match prefix {
        "docker" => Runtime::Docker,
        "cri-containerd" | "containerd" | "nerdctl" => Runtime::Containerd,
        "crio" => Runtime::Crio,
        // `payload` is what crun makes inside a service (`podman run --cgroups=split`).
        "libpod" | "libpod-payload" => Runtime::Podman,
        _ => Runtime::Unknown,
    }
}

/// The pod uid of `pod<uid>` or `…kubepods…-pod<uid>.slice`, with dashes. A pod from a file of the kubelet has the
/// 32 hex digits of its content instead.
fn pod_uid(component: &str, kubepods: bool) -> Option<String> {
    let unit = component.split(':').next().unwrap_or(component);
    let unit = unit.strip_suffix(".slice").unwrap_or(unit);
    let (uid, sure) = match unit.strip_prefix("pod") {
        Some(uid) => (uid, kubepods),
        None if unit.contains("kubepods") => (unit.rsplit_once("-pod")?.1, true),
        None => return None,
    };
    let uid = uid.replace('_', "-");
    (is_uuid(&uid) || is_hex(&uid, 32) || (sure && !uid.is_empty())).then_some(uid)
}

/// The name of a systemd-nspawn machine, from the unit that it runs in; virtual machines are processes of the host.
fn machine(component: &str) -> Option<String> {
    let name = match component.strip_prefix("systemd-nspawn@") {
        Some(rest) => rest.strip_suffix(".service")?,
        None => component.strip_prefix("machine-")?.strip_suffix(".scope")?,
    };
    (!name.is_empty() && !name.starts_with("qemu")).then(|| name.replace("\\x2d", "-"))
}

fn is_service(component: &str) -> bool {
    component.strip_suffix(".service").is_some_and(|name| !name.is_empty())
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_full_id(text: &str) -> bool {
    is_hex(text, 64)
}

fn is_uuid(text: &str) -> bool {
    let mut parts = text.split('-');
    [8, 4, 4, 4, 12].iter().all(|&length| parts.next().is_some_and(|part| is_hex(part, length)))
        && parts.next().is_none()
}

/// BuildKit's ids: 25 digits in base 36.
fn is_buildkit_id(text: &str) -> bool {
    text.len() == 25 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z'))
}

/// Fargate's ids: the task id and a number.
fn is_fargate_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(task, number)| {
        is_hex(task, 32) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;
