//! All who tell names, and who of them is believed: a runtime that answers before a bundle on disk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::bundle::{self, Roots};
use super::{cri, docker};
use crate::model::{ContainerNews, ContainerState, Event, Health, Time};

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
            batch.retain_mut(|event| belief.takes(&source, event));
        }
        if !batch.is_empty() && out.send(batch).await.is_err() {
            return;
        }
    }
}

/// Who is believed about which container.
#[derive(Debug, Default)]
struct Belief {
    /// The runtime that told of a container first, as long as it answers and the container lives.
    runtimes: HashMap<String, String>,
    /// When a bundle's word was handed on.
    bundles: HashMap<String, Time>,
}

impl Belief {
    /// Whether what `source` tells is handed on. As long as a runtime tells of a container, its bundle has no say: it knows
    /// less; nor has another runtime that has it too (Docker, and CRI in front of it). Once the runtime fails, or says that
    /// the container ended, they have.
    fn takes(&mut self, source: &str, event: &mut Event) -> bool {
        match event {
            Event::Container(news) if source == bundle::TOPIC => self.takes_bundle(news),
            Event::Container(news) => {
                if self.runtimes.get(&news.id).is_some_and(|holder| holder != source) {
                    return false;
                }
                match news.state {
                    ContainerState::Exited => drop(self.runtimes.remove(&news.id)),
                    _ => drop(self.runtimes.insert(news.id.clone(), source.to_owned())),
                }
                // The answer may have been on its way when the bundle was read: it is the better word all the same.
                if let Some(time) = self.bundles.get(&news.id) {
                    news.time = news.time.max(*time);
                }
                true
            }
            Event::Status(status) if status.health != Health::Ok => {
                self.runtimes.retain(|_, holder| holder != source);
                true
            }
            _ => true,
        }
    }

    fn takes_bundle(&mut self, news: &ContainerNews) -> bool {
        if news.state == ContainerState::Exited {
            self.bundles.remove(&news.id);
        }
        if self.runtimes.contains_key(&news.id) {
            return false;
        }
        if news.state != ContainerState::Exited {
            self.bundles.insert(news.id.clone(), news.time);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Status;

    fn news(state: ContainerState) -> Event {
        news_at(state, 7)
    }

    fn news_at(state: ContainerState, time: u64) -> Event {
        Event::Container(ContainerNews { time: Time(time), id: "c1".into(), state, ..ContainerNews::default() })
    }

    fn status(health: Health) -> Event {
        Event::Status(Status { time: Time(1), topic: String::new(), health, text: String::new() })
    }

    #[test]
    fn a_bundle_has_a_say_only_where_no_runtime_tells() {
        let mut belief = Belief::default();
        let mut takes = |source: &str, mut event: Event| belief.takes(source, &mut event);
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

    #[test]
    fn of_two_runtimes_that_have_one_container_the_first_tells() {
        let mut belief = Belief::default();
        let mut takes = |source: &str, state| belief.takes(source, &mut news(state));
        use ContainerState::{Exited, Running};
        assert!(takes("docker", Running) && !takes("cri", Running) && !takes("cri", Exited));
        assert!(takes("docker", Exited) && takes("cri", Exited));
    }

    #[test]
    fn a_runtime_that_answers_a_moment_after_a_bundle_was_read_is_not_older_than_it() {
        let mut belief = Belief::default();
        assert!(belief.takes(bundle::TOPIC, &mut news_at(ContainerState::Unknown, 90)));
        let mut late = news_at(ContainerState::Running, 80);
        assert!(belief.takes("containerd", &mut late));
        assert!(matches!(late, Event::Container(news) if news.time == Time(90)));
    }
}
