//! What a pod can be refused for: how it is seen, and the expression (CEL) that holds of a pod that does not do it.

use std::collections::BTreeSet;

use super::{ContainerShape, PodShape};
use crate::model::{USUAL_CAPABILITIES, capability_names};

/// Something that a pod can be refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// A privileged container.
    Privileged,
    /// The host's process ids.
    HostPid,
    /// The host's network.
    HostNetwork,
    /// The host's IPC.
    HostIpc,
    /// A path of the host, mounted.
    HostPath,
    /// Capabilities beyond those that every container has.
    Capabilities,
    /// More rights than it was started with can be gained.
    Escalation,
    /// Its image can be written to.
    WritableRoot,
}

impl Control {
    /// Every one, the worst first.
    pub const ALL: [Control; 8] = [
        Control::Privileged,
        Control::HostPid,
        Control::HostNetwork,
        Control::HostIpc,
        Control::HostPath,
        Control::Capabilities,
        Control::Escalation,
        Control::WritableRoot,
    ];

    /// A word for names.
    pub fn word(self) -> &'static str {
        match self {
            Control::Privileged => "privileged",
            Control::HostPid => "host_pid",
            Control::HostNetwork => "host_network",
            Control::HostIpc => "host_ipc",
            Control::HostPath => "host_path",
            Control::Capabilities => "capabilities",
            Control::Escalation => "escalation",
            Control::WritableRoot => "writable_root",
        }
    }

    /// What a refusal says.
    pub fn title(self) -> &'static str {
        match self {
            Control::Privileged => "no container may be privileged",
            Control::HostPid => "hostPID must not be set",
            Control::HostNetwork => "hostNetwork must not be set",
            Control::HostIpc => "hostIPC must not be set",
            Control::HostPath => "no path of the host may be mounted",
            Control::Capabilities => "no container may add capabilities to those that every container has",
            Control::Escalation => "allowPrivilegeEscalation must be false in every container",
            Control::WritableRoot => "readOnlyRootFilesystem must be true in every container",
        }
    }

    /// What of a pod asks for it, in words; `None` where it does nothing of the kind.
    pub fn seen(self, pod: &PodShape) -> Option<String> {
        let of = |that: fn(&ContainerShape) -> bool, words: &str| {
            let container = pod.containers.iter().find(|container| that(container))?;
            Some(format!("{} in {} {words}", container.name, pod.name))
        };
        match self {
            Control::Privileged => of(|it| it.privileged, "is privileged"),
            Control::HostPid => pod.host_pid.then(|| format!("{} has the host's process ids", pod.name)),
            Control::HostNetwork => pod.host_network.then(|| format!("{} has the host's network", pod.name)),
            Control::HostIpc => pod.host_ipc.then(|| format!("{} has the host's IPC", pod.name)),
            Control::HostPath => {
                let paths: Vec<&str> = pod.host_paths.iter().map(String::as_str).collect();
                (!paths.is_empty()).then(|| format!("{} mounts {} of the host", pod.name, paths.join(", ")))
            }
            Control::Capabilities => {
                let container = pod.containers.iter().find(|it| !it.added.is_empty())?;
                let added: Vec<&str> = container.added.iter().map(String::as_str).collect();
                Some(format!("{} in {} has {}", container.name, pod.name, added.join(", ")))
            }
            Control::Escalation => of(|it| it.escalates, "can gain more rights than it was started with"),
            Control::WritableRoot => of(|it| it.writable, "can write to its image"),
        }
    }

    /// Holds of a pod that may pass. `variables.containers` are all of its containers.
    pub(super) fn expression(self) -> String {
        let security = "!has(c.securityContext)";
        match self {
            Control::Privileged => format!(
                "variables.containers.all(c, {security} || !has(c.securityContext.privileged) ||\n\
                 !c.securityContext.privileged)"
            ),
            Control::HostPid => flag("hostPID"),
            Control::HostNetwork => flag("hostNetwork"),
            Control::HostIpc => flag("hostIPC"),
            Control::HostPath => "!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath))".to_owned(),
            Control::Capabilities => capabilities(ordinary()),
            Control::Escalation => "variables.containers.all(c, has(c.securityContext) &&\n\
                 has(c.securityContext.allowPrivilegeEscalation) && !c.securityContext.allowPrivilegeEscalation)"
                .to_owned(),
            Control::WritableRoot => "variables.containers.all(c, has(c.securityContext) &&\n\
                 has(c.securityContext.readOnlyRootFilesystem) && c.securityContext.readOnlyRootFilesystem)"
                .to_owned(),
        }
    }
}

impl Control {
    /// How much of it a pod has, where that differs: its capabilities, or the paths.
    pub fn extent(self, pod: &PodShape) -> BTreeSet<String> {
        match self {
            Control::HostPath => pod.host_paths.clone(),
            Control::Capabilities => pod.containers.iter().flat_map(|container| container.added.clone()).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// Holds of a pod that has no more of it than `extent`; `None` where there is no more or less.
    pub(super) fn within(self, extent: &BTreeSet<String>) -> Option<String> {
        let extent = extent.iter().map(String::as_str);
        match self {
            Control::HostPath => Some(format!(
                "!has(object.spec.volumes) ||\nobject.spec.volumes.all(v, !has(v.hostPath) || v.hostPath.path in {})",
                list(extent)
            )),
            Control::Capabilities => Some(capabilities(ordinary().chain(extent.map(str::to_owned)))),
            _ => None,
        }
    }
}

/// Holds of a pod that adds no other capabilities than these.
fn capabilities(names: impl Iterator<Item = String>) -> String {
    format!(
        "variables.containers.all(c, !has(c.securityContext) || !has(c.securityContext.capabilities) ||\n\
         !has(c.securityContext.capabilities.add) ||\n\
         c.securityContext.capabilities.add.all(name, name in {}))",
        list(names)
    )
}

/// Capabilities that every container has unless they are taken away.
fn ordinary() -> impl Iterator<Item = String> {
    capability_names(USUAL_CAPABILITIES)
}

fn flag(name: &str) -> String {
    format!("!has(object.spec.{name}) || !object.spec.{name}")
}

/// Texts in CEL, as a list.
pub(super) fn list(texts: impl Iterator<Item = impl AsRef<str>>) -> String {
    format!("[{}]", texts.map(|text| literal(text.as_ref())).collect::<Vec<_>>().join(", "))
}

/// A text in CEL.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
