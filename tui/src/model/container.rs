//! Groups of processes: the host, its services, and containers with what runtimes tell of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::process::Time;

/// Which group a process belongs to, from its cgroup alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum GroupKey {
    /// The node itself: kernel threads, init, login sessions, whatever has no group of its own.
    #[default]
    Host,
    /// A systemd service, by unit name (`ssh.service`).
    Service(Arc<str>),
    /// A container, by its full id.
    Container(Arc<str>),
}

/// What runs a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Runtime {
    /// Docker Engine.
    Docker,
    /// containerd, through CRI.
    Containerd,
    /// CRI-O.
    Crio,
    /// Podman.
    Podman,
    /// The path shows a container but not who runs it.
    Unknown,
}

impl Runtime {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Docker => "docker",
            Runtime::Containerd => "containerd",
            Runtime::Crio => "cri-o",
            Runtime::Podman => "podman",
            Runtime::Unknown => "unknown",
        }
    }
}

/// The state that a runtime reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContainerState {
    /// No runtime has told yet.
    #[default]
    Unknown,
    /// Made, not started.
    Created,
    /// Running.
    Running,
    /// Frozen.
    Paused,
    /// Ended.
    Exited,
}

/// What a container is there for in its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Holds the namespaces that the containers of a pod share (`pause`).
    Sandbox,
    /// Ran before the others, to prepare.
    Init,
    /// Was put into a pod that ran already (`kubectl debug`).
    Ephemeral,
    /// One of the pod's containers, and told to be neither of the above.
    Ordinary,
    /// One of the pod's containers: whether init, ephemeral or ordinary is not told. CRI does not tell it, and neither
    /// do the labels of today's kubelets.
    Workload,
}

impl Role {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Role::Sandbox => "sandbox",
            Role::Init => "init",
            Role::Ephemeral => "ephemeral",
            Role::Ordinary => "ordinary",
            Role::Workload => "workload",
        }
    }
}

/// What a runtime told of a container: a whole picture, replacing what was known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerNews {
    /// When it was told.
    pub time: Time,
    /// Full id.
    pub id: String,
    /// Name, without Docker's leading slash.
    pub name: Option<String>,
    /// Image reference.
    pub image: Option<String>,
    /// Who told.
    pub runtime: Option<Runtime>,
    /// Pod name, from kubelet's label `io.kubernetes.pod.name`.
    pub pod: Option<String>,
    /// Pod namespace, from `io.kubernetes.pod.namespace`.
    pub namespace: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// State.
    pub state: ContainerState,
    /// What it is there for in its pod; `None` outside of pods, and where nobody told. Recordings from before it was
    /// kept have none.
    #[serde(default)]
    pub role: Option<Role>,
    /// The addresses of its pod, as CRI tells them of a sandbox. Recordings from before they were kept have none.
    #[serde(default)]
    pub addresses: Vec<IpAddr>,
}

/// A container as the model knows it: the id from cgroups, the rest from runtimes, where they told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Name, image, labels and the rest, as far as told.
    pub news: ContainerNews,
    /// Runtime, from the cgroup path or from who told of it.
    pub runtime: Option<Runtime>,
    /// Pod uid, from the cgroup path.
    pub pod_uid: Option<Arc<str>>,
    /// The container that this one runs inside of (kind, docker-in-docker), by its full id.
    pub outer: Option<Arc<str>>,
}

/// A group on screen: the host, a service or a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Which.
    pub key: GroupKey,
    /// For a container, what is known of it.
    pub container: Option<Container>,
    /// When the first process was seen in it.
    pub first: Time,
    /// Processes alive in it.
    pub alive: usize,
    /// Processes seen in it since the start, dead ones included.
    pub seen: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_before_there_were_roles_is_read_without_one() {
        let news = ContainerNews { id: "c1".into(), state: ContainerState::Running, ..ContainerNews::default() };
        let ContainerNews { time, id, name, image, runtime, pod, namespace, labels, state, .. } = &news;
        let bytes = rmp_serde::to_vec(&(time, id, name, image, runtime, pod, namespace, labels, state));
        let read = bytes.map(|bytes| rmp_serde::from_slice::<ContainerNews>(&bytes).map_err(|error| error.to_string()));
        assert_eq!(read.ok(), Some(Ok(news)));
    }
}
