//! Names from a real Docker Engine: listed, followed, lost and healed.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use common::docker::{BUSYBOX, Dockerd};
use ktrace_tui::identity::Pace;
use ktrace_tui::identity::Paths;
use ktrace_tui::identity::docker::{Endpoint, follow};
use ktrace_tui::model::{ContainerNews, ContainerState, Event, GroupKey, Health, Placer, Runtime, Status};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

struct Told {
    events: Receiver<Vec<Event>>,
    queue: VecDeque<Event>,
    states: HashMap<String, ContainerState>,
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
        if let Event::Container(news) = &event {
            self.states.insert(news.id.clone(), news.state);
        }
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
    let endpoint = Endpoint { pace, ..Endpoint::new("docker", Runtime::Docker, dockerd.socket()) };
    // On a thread of its own: the test blocks on the docker client.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follow(endpoint, out));
    });
    Told { events, queue: Default::default(), states: HashMap::new(), so_far: Vec::new() }
}

#[test]
fn a_process_of_a_real_container_is_placed_by_its_cgroup_in_every_hierarchy() {
    if !common::privileged("dockerd") {
        return;
    }
    let dockerd = Dockerd::start();
    let id = dockerd.run("placed", "sleep 1000");
    let pid = dockerd.docker(&["inspect", "--format", "{{.State.Pid}}", &id]);
    let cgroups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    // A hierarchy that Docker does not manage (`misc`, `rdma` before it knew them) keeps the daemon's own cgroup.
    let own = std::fs::read_to_string(format!("/proc/{}/cgroup", dockerd.pid())).unwrap();
    let path = |line: &str| line.splitn(3, ':').nth(2).unwrap().to_owned();
    let managed: Vec<String> =
        cgroups.lines().filter(|line| !own.lines().any(|mine| mine == *line)).map(path).collect();
    assert!(!managed.is_empty(), "{cgroups}");
    for path in managed {
        let place = Paths.place(path.as_bytes());
        assert_eq!(place.key, GroupKey::Container(id.as_str().into()), "{path}");
        assert_eq!(place.runtime, Some(Runtime::Docker), "{path}");
    }
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
    assert!(told.status(Health::Missing).await.text.contains("docker.sock"));
    dockerd.up();
    told.status(Health::Ok).await;
    assert_eq!(told.states[&before], ContainerState::Exited);
    dockerd.docker(&["start", "before"]);
    told.news(&before, ContainerState::Running).await;
}
