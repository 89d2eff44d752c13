//! Names from a real Docker Engine: listed, followed, lost and healed.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use common::docker::{BUSYBOX, Dockerd};
use ktrace_tui::identity::docker::{Endpoint, Pace, follow};
use ktrace_tui::model::{ContainerNews, ContainerState, Event, Health, Runtime, Status};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

struct Told {
    events: Receiver<Vec<Event>>,
    queue: std::collections::VecDeque<Event>,
    /// For the message of a failure.
    so_far: Vec<String>,
}

impl Told {
    async fn next(&mut self) -> Event {
        while self.queue.is_empty() {
            let told = timeout(PATIENCE, self.events.recv()).await;
            let told = told.unwrap_or_else(|_| panic!("no event in time; so far:\n{}", self.so_far.join("\n")));
            self.queue.extend(told.expect("it goes on telling"));
        }
        let event = self.queue.pop_front().unwrap();
        self.so_far.push(match &event {
            Event::Container(news) => format!("{:?} {} {:?}", news.name, news.id, news.state),
            other => format!("{other:?}"),
        });
        event
    }

    async fn news(&mut self, id: &str, state: ContainerState) -> ContainerNews {
        loop {
            match self.next().await {
                Event::Container(news) if news.id == id && news.state == state => return news,
                _ => {}
            }
        }
    }

    async fn status(&mut self, health: Health) -> Status {
        loop {
            match self.next().await {
                Event::Status(status) if status.health == health => return status,
                _ => {}
            }
        }
    }
}

fn told(dockerd: &Dockerd) -> Told {
    let pace = Pace { request: Duration::from_secs(2), ping: Duration::from_millis(500), ..Pace::default() };
    let (out, events) = channel(64);
    tokio::spawn(follow(Endpoint { pace, ..Endpoint::new("docker", Runtime::Docker, dockerd.socket()) }, out));
    Told { events, queue: Default::default(), so_far: Vec::new() }
}

#[tokio::test(flavor = "current_thread")]
async fn a_real_engine_is_listed_followed_lost_and_healed() {
    if !common::privileged("dockerd") {
        return;
    }
    let mut dockerd = Dockerd::start();
    let before = dockerd.docker(&[
        "run",
        "-d",
        "--name",
        "before",
        "--network",
        "none",
        "--label",
        "io.kubernetes.pod.name=shop-1",
        "--label",
        "io.kubernetes.pod.namespace=prod",
        "--label",
        "tier=front",
        BUSYBOX,
        "sleep",
        "1000",
    ]);
    let mut told = told(&dockerd);

    // Listed.
    let news = told.news(&before, ContainerState::Running).await;
    assert_eq!((news.name.as_deref(), news.image.as_deref()), (Some("before"), Some(BUSYBOX)));
    assert_eq!((news.pod.as_deref(), news.namespace.as_deref()), (Some("shop-1"), Some("prod")));
    assert_eq!((news.labels["tier"].as_str(), news.runtime), ("front", Some(Runtime::Docker)));
    let status = told.status(Health::Ok).await;
    assert!(status.text.starts_with("Docker ") && status.text.ends_with("1 containers listed"), "{}", status.text);

    // Followed.
    let after = dockerd.run("after", "sleep 1000");
    assert_eq!(told.news(&after, ContainerState::Running).await.name.as_deref(), Some("after"));
    dockerd.docker(&["pause", "after"]);
    told.news(&after, ContainerState::Paused).await;
    dockerd.docker(&["unpause", "after"]);
    told.news(&after, ContainerState::Running).await;
    dockerd.docker(&["rename", "after", "later"]);
    assert_eq!(told.news(&after, ContainerState::Running).await.name.as_deref(), Some("later"));
    dockerd.docker(&["run", "--rm", "--name", "blink", "--network", "none", BUSYBOX, "true"]);
    let blink = loop {
        match told.next().await {
            Event::Container(news) if news.name.as_deref() == Some("blink") => break news.id,
            _ => {}
        }
    };
    told.news(&blink, ContainerState::Exited).await;

    // Hung, and back.
    dockerd.freeze();
    let status = told.status(Health::Degraded).await;
    assert!(status.text.contains("no answer"), "{}", status.text);
    dockerd.thaw();
    told.status(Health::Ok).await;

    // Stopped, and back: what it lost meanwhile is told.
    dockerd.docker(&["rm", "-f", "later"]);
    told.news(&after, ContainerState::Exited).await;
    dockerd.down();
    told.news(&before, ContainerState::Exited).await;
    assert!(told.status(Health::Missing).await.text.contains("docker.sock"));
    dockerd.up();
    told.status(Health::Ok).await;
    dockerd.docker(&["start", "before"]);
    told.news(&before, ContainerState::Running).await;
}
