//! What the tests of all runtimes have in common: a directory for a socket, and what is told meanwhile.

use std::collections::VecDeque;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::daemon::Pace;
use crate::model::{ContainerNews, Event, Health, Status};

/// Longest that something is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A pace at which a dozen retries take half a second.
pub(super) fn hurried() -> Pace {
    Pace {
        request: Duration::from_millis(200),
        list: Duration::from_millis(400),
        ping: Duration::from_millis(50),
        settle: Duration::from_millis(20),
        retry: Duration::from_millis(10),
        retry_cap: Duration::from_millis(40),
        look: Duration::from_millis(20),
    }
}

pub(super) struct Scene {
    dir: TempDir,
    events: Receiver<Vec<Event>>,
    queue: VecDeque<Event>,
    task: JoinHandle<()>,
}

impl Scene {
    /// Follows what `follow` does with a socket that is not there yet.
    pub(super) fn of<F>(follow: impl FnOnce(PathBuf, Sender<Vec<Event>>) -> F) -> Scene
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let dir = tempfile::tempdir().unwrap();
        let (out, events) = channel(16);
        let task = tokio::spawn(follow(dir.path().join("runtime.sock"), out));
        Scene { dir, events, queue: VecDeque::new(), task }
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.dir.path().join("runtime.sock")
    }

    pub(super) async fn next(&mut self) -> Event {
        while self.queue.is_empty() {
            self.queue.extend(timeout(PATIENCE, self.events.recv()).await.expect("an event in time").unwrap());
        }
        self.queue.pop_front().unwrap()
    }

    pub(super) async fn next_kind(&mut self) -> String {
        match self.next().await {
            Event::Status(status) => format!("status {}", status.health.name()),
            Event::Container(news) => format!("news of {}", news.id),
            other => format!("{other:?}"),
        }
    }

    pub(super) async fn status(&mut self) -> Status {
        loop {
            if let Event::Status(status) = self.next().await {
                return status;
            }
        }
    }

    /// The next status in whose words are `words`.
    pub(super) async fn status_that(&mut self, words: &str) -> Status {
        loop {
            let status = self.status().await;
            if status.text.contains(words) {
                return status;
            }
        }
    }

    pub(super) async fn healthy(&mut self) -> Status {
        loop {
            let status = self.status().await;
            if status.health == Health::Ok {
                return status;
            }
        }
    }

    pub(super) async fn news(&mut self) -> ContainerNews {
        loop {
            if let Event::Container(news) = self.next().await {
                return news;
            }
        }
    }

    /// Nothing more arrives for a while in which a dozen retries happen.
    pub(super) async fn quiet(&mut self) {
        assert!(self.queue.is_empty(), "{:?}", self.queue);
        if let Ok(more) = timeout(Duration::from_millis(500), self.events.recv()).await {
            panic!("unexpected: {more:?}");
        }
    }

    /// Nobody reads any more: it ends promptly.
    pub(super) async fn leave(mut self) {
        sleep(Duration::from_millis(100)).await;
        self.events.close();
        while self.events.try_recv().is_ok() {}
        timeout(Duration::from_millis(500), self.task).await.expect("it ends").unwrap();
    }
}
