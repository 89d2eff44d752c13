//! Names for containers, from the Docker API of Docker Engine or Podman; never more than names.
//!
//! A container's id comes from its cgroup and needs none of this. So nothing here may hold anybody up: each request
//! has a limit, a daemon that stops, hangs or talks nonsense is a status, and the first answer after that heals it.

mod fault;
pub(crate) mod fuzz;
mod news;
mod posture;
mod session;

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;

use super::daemon::{self, Daemon, Pace};
use super::fault::{Fault, Words};
use super::teller::Teller;
use crate::model::{Event, Runtime};

/// Docker Engine's socket, below the node's root.
const DOCKER: &str = "run/docker.sock";
/// The same where /var/run is no link to /run; a link of the node leads elsewhere for who has its root somewhere else.
const DOCKER_VAR: &str = "var/run/docker.sock";
/// The socket of Podman as root (`podman.socket`), below the node's root.
const PODMAN: &str = "run/podman/podman.sock";

/// A daemon to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Topic of its statuses: `docker`, `podman`.
    pub topic: String,
    /// Who is expected there; who it is, the daemon tells.
    pub runtime: Runtime,
    /// Its unix socket.
    pub socket: PathBuf,
    /// How patient to be.
    pub pace: Pace,
}

impl Endpoint {
    /// An endpoint at its usual pace.
    pub fn new(topic: &str, runtime: Runtime, socket: impl Into<PathBuf>) -> Endpoint {
        Endpoint { topic: topic.to_owned(), runtime, socket: socket.into(), pace: Pace::default() }
    }
}

/// The daemons that a node may have whose root is at `root`. `docker_host` is the value of DOCKER_HOST, if it is set: a
/// `unix://` path takes the place of Docker's socket; any other scheme is another machine, whose containers are not here.
pub fn default_endpoints(root: &Path, docker_host: Option<&str>) -> Vec<Endpoint> {
    let named = docker_host.and_then(|host| host.strip_prefix("unix://")).filter(|path| !path.is_empty());
    let own_var_run = root.join("var/run").symlink_metadata().is_ok_and(|data| data.is_dir());
    let usual = root.join(if own_var_run || root == Path::new("/") { DOCKER_VAR } else { DOCKER });
    let docker = Endpoint::new("docker", Runtime::Docker, named.map_or(usual, PathBuf::from));
    let podman = Endpoint::new("podman", Runtime::Podman, root.join(PODMAN));
    if docker.socket == podman.socket { vec![podman] } else { vec![docker, podman] }
}

/// Tells of the containers of `endpoint`, all of them first and then each change, and of how the daemon is, once per
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
        true
    }

    async fn session(&self, teller: &mut Teller) -> Result<Infallible, Fault> {
        session::session(self, teller).await
    }
}

#[cfg(test)]
mod tests;
