//! All who tell names, and who of them is believed: a runtime that answers before a bundle on disk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::bundle::{self, Roots};
use super::{cri, docker};
use crate::model::{ContainerState, Event, Health};

/// Batches of one source that may wait.
const BATCHES: usize = 64;

/// Everybody who is asked.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Daemons that speak the Docker API.
    pub docker: Vec<docker::Endpoint>,
    /// Sockets of containerd and CRI runtimes.
    pub cri: Vec<cri::Endpoint>,
    /// Where bundles are looked for.
    pub bundles: Option<Roots>,
}

/// Follows all of `sources`, each on its own, until `out` is closed. Must be called within a runtime.
pub fn follow(sources: Sources, out: &Sender<Vec<Event>>) {
    let belief = Arc::new(Mutex::new(Belief::default()));
    let attach = |source: &str| {
        let (sender, told) = channel(BATCHES);
        tokio::spawn(pass_on(source.to_owned(), told, out.clone(), Arc::clone(&belief)));
        sender
    };
    for endpoint in sources.docker {
        let sender = attach(&endpoint.topic);
        tokio::spawn(docker::follow(endpoint, sender));
    }
    for endpoint in sources.cri {
        let sender = attach(&endpoint.topic);
        tokio::spawn(cri::follow(endpoint, sender));
    }
    if let Some(roots) = sources.bundles {
        bundle::follow(roots, attach(bundle::TOPIC));
    }
}

/// Hands on what is believed.
async fn pass_on(source: String, mut told: Receiver<Vec<Event>>, out: Sender<Vec<Event>>, belief: Arc<Mutex<Belief>>) {
    loop {
        let batch = tokio::select! {
            batch = told.recv() => batch,
            () = out.closed() => None,
        };
        let Some(mut batch) = batch else { return };
        {
            let mut belief = belief.lock().unwrap_or_else(PoisonError::into_inner);
            batch.retain(|event| belief.takes(&source, event));
        }
        if !batch.is_empty() && out.send(batch).await.is_err() {
            return;
        }
    }
}

/// Who told of which container last.
#[derive(Debug, Default)]
struct Belief(HashMap<String, String>);

impl Belief {
    /// Whether what `source` tells is handed on. As long as a runtime tells of a container, its bundle has no say: it knows
    /// less. Once the runtime fails, or says that the container ended, it has.
    fn takes(&mut self, source: &str, event: &Event) -> bool {
        match event {
            Event::Container(news) if source == bundle::TOPIC => !self.0.contains_key(&news.id),
            Event::Container(news) => {
                match news.state {
                    ContainerState::Exited => drop(self.0.remove(&news.id)),
                    _ => drop(self.0.insert(news.id.clone(), source.to_owned())),
                }
                true
            }
            Event::Status(status) if status.health != Health::Ok => {
                self.0.retain(|_, teller| teller != source);
                true
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ContainerNews, Status, Time};

    fn news(state: ContainerState) -> Event {
        Event::Container(ContainerNews { id: "c1".into(), state, ..ContainerNews::default() })
    }

    fn status(health: Health) -> Event {
        Event::Status(Status { time: Time(1), topic: String::new(), health, text: String::new() })
    }

    #[test]
    fn a_bundle_has_a_say_only_where_no_runtime_tells() {
        let mut belief = Belief::default();
        let mut takes = |source: &str, event: Event| belief.takes(source, &event);
        use ContainerState::{Exited, Running, Unknown};
        assert!(takes(bundle::TOPIC, news(Unknown)), "nobody else has told");
        assert!(takes("containerd", news(Running)) && !takes(bundle::TOPIC, news(Running)));
        assert!(
            takes("cri-o", status(Health::Degraded)) && !takes(bundle::TOPIC, news(Running)),
            "somebody else failed"
        );
        assert!(takes("containerd", status(Health::Ok)) && !takes(bundle::TOPIC, news(Running)));
        assert!(takes("containerd", status(Health::Degraded)) && takes(bundle::TOPIC, news(Exited)), "now it has");
        assert!(takes("containerd", news(Running)) && takes("containerd", news(Exited)));
        assert!(takes(bundle::TOPIC, news(Unknown)), "it ended");
    }
}
