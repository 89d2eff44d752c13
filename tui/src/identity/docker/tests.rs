//! What becomes of the names when a daemon misbehaves, against a fake one.
#![allow(clippy::unwrap_used, reason = "tests")]

mod fake;

use std::path::Path;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use self::fake::{Fake, Manner};
use super::super::scene::{PATIENCE, Scene, hurried};
use super::*;
use crate::model::{ContainerState, Health};

fn open() -> Scene {
    open_at(hurried())
}

fn open_at(pace: Pace) -> Scene {
    Scene::of(|socket, out| follow(Endpoint { pace, ..Endpoint::new("docker", Runtime::Docker, socket) }, out))
}

impl Scene {
    fn daemon(&self, manner: Manner) -> Fake {
        Fake::start(&self.socket(), manner)
    }

    /// A daemon that has these containers before its socket can be found.
    fn daemon_with(&self, containers: &[(&str, &str, &str)]) -> Fake {
        let behind = self.dir().join("behind.sock");
        let fake = Fake::start(&behind, Manner::Well);
        fake.has(containers);
        let socket = self.socket();
        let _ = std::fs::remove_file(&socket);
        std::os::unix::fs::symlink(behind, socket).unwrap();
        fake
    }
}

async fn until(mut done: impl FnMut() -> bool) {
    let wait = async {
        while !done() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("it happens in time");
}

#[tokio::test]
async fn what_is_there_at_the_start_is_told_with_the_version_and_the_number() {
    let mut scene = open();
    let _fake = scene.daemon_with(&[("id1", "web", "running"), ("id2", "db", "exited")]);
    let (web, db) = (scene.news().await, scene.news().await);
    assert_eq!((web.id.as_str(), web.name.as_deref(), web.state), ("id1", Some("web"), ContainerState::Running));
    assert_eq!((db.id.as_str(), db.name.as_deref(), db.state), ("id2", Some("db"), ContainerState::Exited));
    assert_eq!((web.image.as_deref(), web.runtime), (Some("img"), Some(Runtime::Docker)));
    let status = scene.status().await;
    assert_eq!((status.topic.as_str(), status.health), ("docker", Health::Ok));
    assert!(status.text.contains("Docker 99.1") && status.text.contains("2 containers"), "{}", status.text);
}

#[tokio::test]
async fn a_missing_socket_is_told_once_and_found_when_it_comes() {
    let mut scene = open();
    let status = scene.status().await;
    assert_eq!(status.health, Health::Missing);
    assert!(status.text.contains("runtime.sock") && status.text.contains("DOCKER_HOST"), "{}", status.text);
    scene.quiet().await;
    let fake = scene.daemon(Manner::Well);
    fake.has(&[("id1", "web", "running")]);
    assert_eq!(scene.status().await.health, Health::Ok);
}

#[tokio::test]
async fn events_change_names_and_states_without_asking_twice() {
    let mut scene = open();
    let fake = scene.daemon(Manner::Well);
    scene.healthy().await;
    until(|| fake.followers() == 1).await;
    fake.has(&[("id1", "web", "running")]);
    fake.event("start", "id1", "web");
    let news = scene.news().await;
    assert_eq!((news.id.as_str(), news.name.as_deref(), news.state), ("id1", Some("web"), ContainerState::Running));
    assert_eq!(news.labels["a"], "b");
    fake.has(&[("id1", "shop", "paused")]);
    fake.event("rename", "id1", "shop");
    assert_eq!(scene.news().await.name.as_deref(), Some("shop"));
    // The answer to the question after the burst.
    assert_eq!(scene.news().await.state, ContainerState::Paused);
    scene.quiet().await;
}

#[tokio::test]
async fn a_container_too_short_lived_to_be_asked_for_still_has_its_name() {
    let mut scene = open();
    let fake = scene.daemon(Manner::Well);
    scene.healthy().await;
    until(|| fake.followers() == 1).await;
    for action in ["create", "start", "die", "destroy"] {
        fake.event(action, "id9", "blink");
    }
    let news = scene.news().await;
    assert_eq!((news.name.as_deref(), news.state), (Some("blink"), ContainerState::Created));
    assert_eq!(scene.news().await.state, ContainerState::Running);
    assert_eq!(scene.news().await.state, ContainerState::Exited);
    scene.quiet().await;
}

#[tokio::test]
async fn an_event_that_a_list_has_overtaken_does_not_turn_the_clock_back() {
    let mut scene = open();
    let fake = scene.daemon_with(&[("id1", "web", "exited")]);
    scene.healthy().await;
    until(|| fake.followers() == 1).await;
    fake.event_at("start", "id1", "web", 1_000);
    scene.quiet().await;
    fake.event_at("start", "id1", "web", u64::from(u32::MAX) * 1_000_000_000);
    assert_eq!(scene.news().await.state, ContainerState::Running);
}

#[tokio::test]
async fn a_daemon_that_hangs_from_the_start_is_degraded_once_and_heals() {
    let mut scene = open();
    let fake = scene.daemon(Manner::Hang);
    let mut status = scene.status().await;
    if status.health == Health::Missing {
        status = scene.status().await;
    }
    assert_eq!(status.health, Health::Degraded);
    assert!(status.text.contains("no answer in 0.2 s"), "{}", status.text);
    scene.quiet().await;
    fake.behave(Manner::Well);
    scene.healthy().await;
}

#[tokio::test]
async fn a_daemon_that_hangs_later_is_noticed_though_its_event_stream_stays_open() {
    let mut scene = open();
    let fake = scene.daemon(Manner::Well);
    scene.healthy().await;
    until(|| fake.followers() == 1).await;
    fake.behave(Manner::Hang);
    let status = scene.status().await;
    assert_eq!(status.health, Health::Degraded);
    scene.quiet().await;
    fake.behave(Manner::Well);
    scene.healthy().await;
}

#[tokio::test]
async fn answers_that_are_no_answers_are_degraded_once_name_the_socket_and_heal() {
    let cases = [
        (Manner::NotJson, "does not speak the Docker API"),
        (Manner::OtherJson, "does not speak the Docker API"),
        (Manner::NotHttp, "invalid HTTP"),
        (Manner::Error500, "answers with an error (HTTP 500: disk full)"),
    ];
    for (manner, words) in cases {
        let mut scene = open();
        let fake = scene.daemon(Manner::Well);
        fake.has(&[("id1", "web", "running")]);
        scene.healthy().await;
        until(|| fake.followers() == 1).await;
        fake.behave(manner);
        drop(fake);
        let fake = scene.daemon(manner);
        let status = loop {
            let status = scene.status().await;
            // On the way its stream ends, and for a moment there is no socket.
            if status.text.contains(words) && !status.text.contains("ended") && status.health == Health::Degraded {
                break status;
            }
        };
        assert!(status.text.contains("runtime.sock"), "{manner:?}: {}", status.text);
        scene.quiet().await;
        fake.behave(Manner::Well);
        fake.has(&[("id1", "web", "running")]);
        assert_eq!(scene.next_kind().await, "status ok", "{manner:?}");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_in_the_middle_is_taken_up_again_without_a_storm() {
    let mut scene = open_at(Pace {
        retry: Duration::from_millis(50),
        retry_cap: Duration::from_millis(400),
        look: Duration::from_millis(20),
        ..Pace::default()
    });
    let fake = scene.daemon(Manner::BreakEvents);
    fake.has(&[("id1", "web", "running")]);
    scene.healthy().await;
    assert_eq!(scene.status().await.health, Health::Degraded);
    let before = fake.requests("/version");
    sleep(Duration::from_secs(1)).await;
    // 50, 100, 200, 400, 400 ms.
    let tries = fake.requests("/version") - before;
    assert!((1..=6).contains(&tries), "{tries} sessions in a second");
    fake.behave(Manner::Well);
    until(|| fake.followers() == 1).await;
}

#[tokio::test]
async fn after_a_restart_the_list_tells_what_came_and_what_went_meanwhile() {
    let mut scene = open();
    let fake = scene.daemon(Manner::Well);
    fake.has(&[]);
    scene.healthy().await;
    until(|| fake.followers() == 1).await;
    fake.has(&[("id1", "web", "running"), ("id2", "db", "running")]);
    fake.event("start", "id1", "web");
    fake.event("start", "id2", "db");
    scene.news().await;
    scene.news().await;
    drop(fake);
    assert_ne!(scene.status().await.health, Health::Ok);
    let _fake = scene.daemon_with(&[("id2", "db", "running"), ("id3", "new", "running")]);
    let came = scene.news().await;
    assert_eq!((came.id.as_str(), came.state), ("id3", ContainerState::Running));
    let went = scene.news().await;
    assert_eq!((went.id.as_str(), went.name.as_deref(), went.state), ("id1", Some("web"), ContainerState::Exited));
    assert_eq!(scene.next_kind().await, "status ok");
    scene.quiet().await;
}

#[tokio::test]
async fn a_stale_socket_that_nobody_listens_on_is_missing_and_says_so() {
    let mut scene = open();
    scene.status().await;
    drop(std::os::unix::net::UnixListener::bind(scene.socket()).unwrap());
    let status = scene.status().await;
    assert_eq!(status.health, Health::Missing);
    assert!(status.text.contains("nobody listens"), "{}", status.text);
    scene.quiet().await;
}

#[tokio::test]
async fn it_ends_promptly_when_nobody_reads_any_more() {
    for manner in [Manner::Well, Manner::Hang, Manner::Error500] {
        let scene = open_at(Pace { look: Duration::from_millis(20), ..Pace::default() });
        let _fake = scene.daemon(manner);
        scene.leave().await;
    }
}

#[test]
fn docker_host_takes_the_place_of_dockers_socket_only_when_it_is_local() {
    let at = |root: &str, host| -> Vec<String> {
        let all = default_endpoints(Path::new(root), host).into_iter();
        all.map(|one| one.socket.display().to_string()).collect()
    };
    let (docker, podman) = ("/var/run/docker.sock", "/run/podman/podman.sock");
    assert_eq!(at("/", None), [docker, podman]);
    assert_eq!(at("/", Some("unix:///tmp/d.sock")), ["/tmp/d.sock", podman]);
    assert_eq!(at("/", Some("tcp://10.0.0.1:2376")), [docker, podman]);
    assert_eq!(at("/", Some("unix:///run/podman/podman.sock")), [podman]);
    assert_eq!(at("/", Some("unix://")), [docker, podman]);
    // A link at /host/var/run would lead to this container's own /run.
    assert_eq!(at("/host", None), ["/host/run/docker.sock", "/host/run/podman/podman.sock"]);
    assert_eq!(at("/host", Some("unix:///tmp/d.sock")), ["/tmp/d.sock", "/host/run/podman/podman.sock"]);
}
