//! Following this node: the rights for it, the probes, and what else tells events.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rustix::thread::CapabilitySet;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{oneshot, watch};

use super::rules::shelf;
use super::{Exit, Failure};
use crate::config::Config;
use crate::follow::Renewed;
use crate::identity::Paths;
use crate::identity::bundle::Roots;
use crate::identity::cri;
use crate::identity::docker::{self, Endpoint};
use crate::identity::names::{self, Sources};
use crate::model::{Event, ProcessId, Runtime};
use crate::rules;
use crate::source::host::Host;
use crate::source::live::{self, LoadError, Options, OwnFiles, Rights};

/// Batches that may wait for whoever reads them: with those of the reader some 65,000 events, or 50 MB. What comes on top waits on
/// the ring, and where that is full it is counted as lost.
const BATCHES: usize = 64;

/// Processes that may wait to be looked at closely; more are not.
const ATTENTION: usize = 64;

/// This node, followed.
pub(super) struct Node {
    /// What happens.
    pub(super) events: Receiver<Vec<Event>>,
    /// Whom to look at closely.
    pub(super) attention: Sender<ProcessId>,
    /// The rules of one's own, whenever they are others.
    pub(super) rules: Renewed,
}

/// Somebody who may attach the probes: a thread with all the rights that the program was started with, which waits for what it
/// is to do. Everybody else has given up what is not needed after that, before they did anything.
pub(super) struct Permit(std::sync::mpsc::Sender<Box<dyn FnOnce() + Send>>);

/// Refuses, before anything is touched, what the kernel would refuse; `command` is what to run with more rights. Gives up the
/// rights that only attaching needs, but for `also`.
pub(super) fn permitted(command: &str, also: CapabilitySet) -> Result<Permit, Failure> {
    let rights = Rights::read().context("/proc is needed, and not there; mount it: mount -t proc proc /proc")?;
    if !rights.insufficient() {
        let (permit, task) = std::sync::mpsc::channel::<Box<dyn FnOnce() + Send>>();
        std::thread::spawn(move || task.recv().map(|task| task()));
        // What cannot be given up is no reason to see nothing.
        let _ = live::give_up(also);
        return Ok(Permit(permit));
    }
    let missing: Vec<_> = rights.missing().iter().map(|(name, why)| format!("{name} ({why})")).collect();
    let missing = missing.join(", ");
    let message = format!(
        "not permitted to follow this node: missing {missing}; {}; `ktrace-tui demo` needs no rights",
        rights.remedy(command)
    );
    Err(Failure::new(Exit::NotPermitted, message))
}

/// Follows this node on a runtime of its own, with what `run` makes of it, until that ends or the probes are refused. `own` are
/// this program's files, beside those that the configuration names.
pub(super) fn drive<T>(
    config: &Config,
    command: &'static str,
    permit: Permit,
    own: OwnFiles,
    run: impl AsyncFnOnce(Node) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the runtime")?.block_on(async {
        let (node, refused) = follow(config, command, permit, own);
        tokio::select! {
            biased;
            Ok(failure) = refused => Err(failure),
            done = run(node) => done,
        }
    })
}

/// Everything that tells events, in one stream. Must be called within a runtime, which the container runtimes are
/// followed on; nothing waits for them, and nothing for the probes: loading them takes a tenth of a second, and when
/// they are refused the second part of what is given back tells.
fn follow(config: &Config, command: &'static str, permit: Permit, own: OwnFiles) -> (Node, oneshot::Receiver<Failure>) {
    let (sender, events) = channel(BATCHES);
    let (attention, wanted) = channel(ATTENTION);
    names::follow(runtimes(config, Host::here().root()), &sender);
    let rules = own_rules(config, &sender);
    let options = Options {
        ring_size: config.ring_size,
        include_self: config.include_self,
        read_programs: config.read_programs,
        files: of_config(config, own),
        ..Options::default()
    };
    let (refusal, refused_with) = oneshot::channel();
    let attach = move || {
        // The stream must not end before it is said why.
        let _open = sender.clone();
        if let Err(error) = live::start(&options, Arc::new(Paths), sender, wanted) {
            // Nobody listens any more when the user has left already.
            let _ = refusal.send(refused(error, command));
        }
    };
    // It waits for nothing else.
    let _ = permit.0.send(Box::new(attach));
    (Node { events, attention, rules }, refused_with)
}

/// Adds what the configuration names.
fn of_config(config: &Config, mut own: OwnFiles) -> OwnFiles {
    let named = config.file.iter().chain(&config.rules).chain(&config.rules_beside).chain(&config.sigma);
    own.settings.extend(named.cloned());
    own
}

/// The rules of one's own, which are looked after from now on. How they are is told first, where there are any.
fn own_rules(config: &Config, sender: &Sender<Vec<Event>>) -> Renewed {
    let mut shelf = shelf(config);
    shelf.look();
    let set = shelf.rules();
    if set.summary().is_some() {
        // Nothing waits yet, so there is room.
        let _ = sender.try_send(vec![rules::status(&set)]);
    }
    let (renew, renewed) = watch::channel(Arc::new(set));
    rules::follow(shelf, renew, sender);
    renewed
}

/// Everybody who is asked for the names of containers, on a node whose root is at `root`.
pub(super) fn runtimes(config: &Config, root: &Path) -> Sources {
    let named = std::env::var("CONTAINER_RUNTIME_ENDPOINT").ok();
    let cri = match &config.cri_sockets {
        Some(sockets) => {
            sockets.iter().map(|socket| cri::Endpoint::new(&socket.display().to_string(), socket.clone())).collect()
        }
        None => cri::default_endpoints(root, named.as_deref()),
    };
    let bundles = match &config.bundle_roots {
        Some(roots) if roots.is_empty() => None,
        Some(roots) => Some(Roots { containerd: roots.clone(), storage: roots.clone(), ..Roots::below(root) }),
        None => Some(Roots::below(root)),
    };
    Sources { docker: endpoints(config, root), cri, bundles }
}

/// The sockets that speak the Docker API.
fn endpoints(config: &Config, root: &Path) -> Vec<Endpoint> {
    match &config.docker_sockets {
        Some(sockets) => sockets
            .iter()
            .map(|socket| Endpoint::new(&socket.display().to_string(), Runtime::Docker, socket.clone()))
            .collect(),
        None => docker::default_endpoints(root, std::env::var("DOCKER_HOST").ok().as_deref()),
    }
}

fn refused(error: LoadError, command: &str) -> Failure {
    match error {
        // The rights are there, as far as a process can see its own.
        LoadError::NotPermitted(why) => Failure::new(
            Exit::NotPermitted,
            format!(
                "not permitted to load kernel probes: {why}; a user namespace, seccomp or the kernel's lockdown \
                 forbids it: run it as root on the node itself: sudo {command}"
            ),
        ),
        error @ LoadError::LockedDown => Failure::new(Exit::NotPermitted, error.to_string()),
        error => error.into(),
    }
}
