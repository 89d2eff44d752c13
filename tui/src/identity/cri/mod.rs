//! Names for containers from the sockets of containerd and of CRI runtimes (CRI-O): two APIs over gRPC, and a containerd
//! speaks both. Its own knows all that containerd runs; CRI knows what the kubelet asked for. Never more than names.
//!
//! As with [`super::docker`], nothing here may hold anybody up: each call has a limit, a runtime that stops, hangs or talks
//! nonsense is a status, and the first answer after that heals it.

mod fault;
pub(crate) mod fuzz;
mod line;
mod news;
mod posture;
mod session;
mod wire;

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;

use super::daemon::{self, Daemon, Pace};
use super::fault::{Fault, Words};
use super::teller::Teller;
use crate::model::Event;

/// Where sockets are: the topic of the statuses, and the path below the node's root.
const USUAL: [(&str, &str); 4] = [
    ("containerd", "run/containerd/containerd.sock"),
    ("cri-o", "run/crio/crio.sock"),
    ("k3s", "run/k3s/containerd/containerd.sock"),
    ("microk8s", "var/snap/microk8s/common/run/containerd.sock"),
];

/// A runtime to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Topic of its statuses: `containerd`, `cri-o`.
    pub topic: String,
    /// Its unix socket.
    pub socket: PathBuf,
    /// True where somebody said that it is there: then that it is not is told.
    pub expected: bool,
    /// How patient to be.
    pub pace: Pace,
}

impl Endpoint {
    /// A runtime that somebody named, at its usual pace.
    pub fn new(topic: &str, socket: impl Into<PathBuf>) -> Endpoint {
        Endpoint { topic: topic.to_owned(), socket: socket.into(), expected: true, pace: Pace::default() }
    }
}

/// The runtimes that a node may have whose root is at `root`. `named` is the value of CONTAINER_RUNTIME_ENDPOINT, if it is
/// set: `unix://PATH` or a path; any other scheme is another machine.
pub fn default_endpoints(root: &Path, named: Option<&str>) -> Vec<Endpoint> {
    let named = named.map(|named| named.strip_prefix("unix://").unwrap_or(named)).filter(|it| it.starts_with('/'));
    let mut endpoints: Vec<Endpoint> = named.map(|path| Endpoint::new("cri", path)).into_iter().collect();
    // Where /var/run is no link to /run, both are looked at.
    let own_var_run = root.join("var/run").symlink_metadata().is_ok_and(|data| data.is_dir());
    for (topic, path) in USUAL {
        let path = root.join(path);
        let var = root.join("var").join(path.strip_prefix(root).unwrap_or(&path));
        let both = [Some(path), (own_var_run && var.starts_with(root.join("var/run"))).then_some(var)];
        for socket in both.into_iter().flatten() {
            let known = |one: &Endpoint| one.socket == socket || same(&one.socket, &socket);
            if !endpoints.iter().any(known) {
                endpoints.push(Endpoint { expected: false, ..Endpoint::new(topic, socket) });
            }
        }
    }
    endpoints
}

/// True when both are one file.
fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Tells of the containers of `endpoint`, all of them first and then each change, and of how the runtime is, once per
/// change of that. Returns soon after `out` is closed, and for no other reason.
pub async fn follow(endpoint: Endpoint, out: Sender<Vec<Event>>) {
    daemon::follow(&endpoint, out).await;
}

impl Daemon for Endpoint {
    const WORDS: Words = fault::WORDS;

    fn topic(&self) -> &str {
        &self.topic
    }

    fn socket(&self) -> &Path {
        &self.socket
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    fn expected(&self) -> bool {
        self.expected
    }

    async fn session(&self, teller: &mut Teller) -> Result<Infallible, Fault> {
        session::session(self, teller).await
    }
}

#[cfg(test)]
mod tests;
