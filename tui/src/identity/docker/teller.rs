//! Remembers what was told, so that only changes are told again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use tokio::sync::mpsc::Sender;

use super::news::Change;
use crate::model::{ContainerNews, ContainerState, Event, Health, Status, Time};

/// The outgoing side of one endpoint.
pub(super) struct Teller {
    topic: String,
    out: Sender<Vec<Event>>,
    status: Option<(Health, String)>,
    /// The containers that the daemon has, as last told.
    known: BTreeMap<String, ContainerNews>,
}

impl Teller {
    pub(super) fn new(topic: &str, out: Sender<Vec<Event>>) -> Teller {
        Teller { topic: topic.to_owned(), out, status: None, known: BTreeMap::new() }
    }

    pub(super) fn known(&self, id: &str) -> Option<&ContainerNews> {
        self.known.get(id)
    }

    pub(super) async fn send(&self, events: Vec<Event>) {
        if !events.is_empty() {
            // A closed channel ends `follow` as a whole, which watches for it.
            let _ = self.out.send(events).await;
        }
    }

    /// The status, as an event if it is another than the last one.
    pub(super) fn status(&mut self, health: Health, text: String) -> Option<Event> {
        if self.status.as_ref().is_some_and(|last| *last == (health, text.clone())) {
            return None;
        }
        self.status = Some((health, text.clone()));
        Some(Event::Status(Status { time: now(), topic: self.topic.clone(), health, text }))
    }

    /// A picture of the containers `asked` (of all without): what differs, and what is no longer there.
    pub(super) fn pictured(&mut self, asked: Option<&BTreeSet<String>>, picture: Vec<ContainerNews>) -> Vec<Event> {
        let there: BTreeSet<String> = picture.iter().map(|news| news.id.clone()).collect();
        let lost: Vec<String> = self
            .known
            .keys()
            .filter(|id| !there.contains(*id) && asked.is_none_or(|asked| asked.contains(*id)))
            .cloned()
            .collect();
        let mut events: Vec<Event> = picture.into_iter().filter_map(|news| self.learn(news)).collect();
        for id in lost {
            if let Some(mut news) = self.known.remove(&id)
                && news.state != ContainerState::Exited
            {
                (news.state, news.time) = (ContainerState::Exited, now());
                events.push(Event::Container(news));
            }
        }
        events
    }

    /// What an event changed.
    pub(super) fn changed(&mut self, change: Change) -> Option<Event> {
        let id = change.news.id.clone();
        let event = self.learn(change.news);
        if change.gone {
            self.known.remove(&id);
        }
        event
    }

    /// The news as an event, if they say more than the time.
    fn learn(&mut self, news: ContainerNews) -> Option<Event> {
        let same = |old: &ContainerNews| *old == ContainerNews { time: old.time, ..news.clone() };
        if self.known.get(&news.id).is_some_and(same) {
            return None;
        }
        self.known.insert(news.id.clone(), news.clone());
        Some(Event::Container(news))
    }
}

/// The wall clock.
pub(super) fn now() -> Time {
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    Time(u64::try_from(nanos).unwrap_or(u64::MAX))
}
