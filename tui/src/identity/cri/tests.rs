//! What becomes of the names when a runtime misbehaves, against a fake one.
#![allow(clippy::unwrap_used, reason = "tests")]

mod fake;

use std::time::Duration;

use self::fake::{Fake, Manner};
use super::super::scene::{Scene, hurried};
use super::wire::{Container, ContainerName, Sandbox, SandboxName};
use super::*;
use crate::model::{ContainerState, Health, Role, Runtime};

fn open(expected: bool) -> Scene {
    let pace = Pace { request: Duration::from_millis(300), look: Duration::from_millis(30), ..hurried() };
    Scene::of(|socket, out| follow(Endpoint { pace, expected, ..Endpoint::new("cri-o", socket) }, out))
}

impl Scene {
    fn runtime(&self, manner: Manner) -> Fake {
        Fake::start(&self.socket(), manner)
    }
}

fn sandbox() -> Sandbox {
    let metadata = Some(SandboxName { name: "shop-1".into(), namespace: "prod".into() });
    Sandbox { id: "s1".into(), metadata, ..Sandbox::default() }
}

fn container(state: i32) -> Container {
    let metadata = Some(ContainerName { name: "app".into() });
    Container { id: "c1".into(), sandbox: "s1".into(), metadata, state, ..Container::default() }
}

#[tokio::test]
async fn what_is_there_is_told_and_each_change_with_and_without_events() {
    for manner in [Manner::Well, Manner::WithEvents] {
        let mut scene = open(true);
        assert_eq!(scene.status().await.health, Health::Missing);
        let fake = scene.runtime(manner);
        fake.has(vec![sandbox()], vec![container(1)]);
        let (one, other) = (scene.news().await, scene.news().await);
        let (app, pause) = if one.id == "c1" { (one, other) } else { (other, one) };
        let at: Vec<String> = pause.addresses.iter().map(ToString::to_string).collect();
        assert_eq!((at, app.addresses.len()), (vec!["10.244.0.7".into(), "fd00::7".into()], 0));
        assert_eq!(
            (app.name.as_deref(), app.pod.as_deref(), app.state),
            (Some("app"), Some("shop-1"), ContainerState::Running)
        );
        assert_eq!(
            (pause.role, pause.namespace.as_deref(), pause.runtime),
            (Some(Role::Sandbox), Some("prod"), Some(Runtime::Crio))
        );
        let status = scene.status_that("cri-o 1.99").await;
        assert_eq!(status.health, Health::Ok);
        assert!(status.text.contains("listed, by CRI"), "{}", status.text);
        fake.has(vec![sandbox()], vec![container(2)]);
        assert_eq!(scene.news().await.state, ContainerState::Exited, "{manner:?}");
        fake.has(Vec::new(), Vec::new());
        let gone = scene.news().await;
        assert_eq!((gone.id.as_str(), gone.state), ("s1", ContainerState::Exited));
        scene.quiet().await;
    }
}

#[tokio::test]
async fn with_events_nobody_is_asked_all_the_time() {
    // Whose answers are late is asked anew: on a busy machine they may be.
    let pace = Pace { request: Duration::from_secs(30), list: Duration::from_secs(30), ..hurried() };
    let scene = Scene::of(|socket, out| follow(Endpoint { pace, ..Endpoint::new("cri-o", socket) }, out));
    let fake = scene.runtime(Manner::WithEvents);
    // At first, and once more for what happened before the stream of events began.
    let asked = async {
        while fake.calls(super::line::cri::CONTAINERS) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(fake.calls(super::line::cri::CONTAINERS), 2);
}

#[tokio::test]
async fn a_runtime_that_misbehaves_is_degraded_once_named_and_heals() {
    for (manner, words) in [
        (Manner::Mute, "gives no answer in 0.3 s"),
        (Manner::HangLater, "gives no answer in 0.4 s"),
        (Manner::Garbage, "speaks neither CRI v1 nor containerd's API"),
        (Manner::OtherBytes, "answers with an error"),
        (Manner::Foreign, "speaks neither CRI v1 nor containerd's API"),
        (Manner::Error, "answers with an error"),
    ] {
        let mut scene = open(true);
        let fake = scene.runtime(manner);
        let status = scene.status_that(words).await;
        assert_eq!(status.health, Health::Degraded, "{manner:?}");
        assert!(status.text.contains("runtime.sock"), "{}", status.text);
        scene.quiet().await;
        fake.behave(Manner::Well);
        // Connections of before are as they were.
        fake.stop().await;
        let _fake = scene.runtime(Manner::Well);
        scene.status_that("cri-o 1.99").await;
    }
}

#[tokio::test]
async fn a_runtime_that_hangs_later_is_noticed_though_its_stream_stays_open() {
    let mut scene = open(true);
    let fake = scene.runtime(Manner::WithEvents);
    scene.status_that("cri-o 1.99").await;
    fake.behave(Manner::Mute);
    assert!(scene.status_that("no answer").await.health == Health::Degraded);
    fake.behave(Manner::WithEvents);
    assert_eq!(scene.status_that("cri-o 1.99").await.health, Health::Ok);
}

#[tokio::test]
async fn a_runtime_that_restarts_is_followed_again_and_what_went_meanwhile_is_told() {
    let mut scene = open(true);
    let fake = scene.runtime(Manner::WithEvents);
    fake.has(vec![sandbox()], Vec::new());
    scene.news().await;
    scene.status_that("cri-o 1.99").await;
    fake.stop().await;
    assert_ne!(scene.status().await.health, Health::Ok);
    let _fake = scene.runtime(Manner::WithEvents);
    let gone = scene.news().await;
    assert_eq!((gone.id.as_str(), gone.state), ("s1", ContainerState::Exited));
    scene.status_that("cri-o 1.99").await;
}

#[tokio::test]
async fn a_socket_that_nobody_expects_is_silent_until_it_is_there() {
    let mut scene = open(false);
    scene.quiet().await;
    let fake = scene.runtime(Manner::Well);
    assert_eq!(scene.status_that("cri-o 1.99").await.health, Health::Ok);
    fake.stop().await;
    assert_eq!(scene.status_that("no socket").await.health, Health::Missing, "it was there");
}

#[tokio::test]
async fn it_ends_promptly_when_nobody_reads_any_more() {
    for manner in [Manner::Well, Manner::WithEvents, Manner::Mute, Manner::Error] {
        let scene = open(true);
        let _fake = scene.runtime(manner);
        scene.leave().await;
    }
}

#[test]
fn the_endpoint_of_the_environment_comes_first_and_only_when_it_is_local() {
    let root = tempfile::tempdir().unwrap();
    let sockets = |named| {
        let all = default_endpoints(root.path(), named);
        all.into_iter().map(|one| (one.socket, one.expected)).collect::<Vec<_>>()
    };
    let usual: Vec<_> = USUAL.iter().map(|(_, path)| (root.path().join(path), false)).collect();
    assert_eq!(sockets(None), usual);
    assert_eq!(sockets(Some("tcp://10.0.0.1:1234")), usual);
    assert_eq!(sockets(Some("unix:///tmp/x.sock"))[0], ("/tmp/x.sock".into(), true));
    assert_eq!(sockets(Some("/tmp/x.sock")).len(), usual.len() + 1);
    let crio = format!("unix://{}", root.path().join("run/crio/crio.sock").display());
    assert_eq!(sockets(Some(&crio)).len(), usual.len(), "it is one of them");
    std::fs::create_dir_all(root.path().join("var/run")).unwrap();
    assert!(sockets(None).contains(&(root.path().join("var/run/crio/crio.sock"), false)), "/var/run is its own");
}
