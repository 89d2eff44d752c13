//! Remembers what was told, so that only changes are told again.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc::Sender;

use crate::clock::now;
use crate::model::{Allowed, ContainerNews, ContainerState, Event, Health, Posture, Status, Time, Witness};

/// What an event changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) news: ContainerNews,
    /// The container is no more.
    pub(super) gone: bool,
}

/// The outgoing side of one endpoint.
pub(super) struct Teller {
    topic: String,
    out: Sender<Vec<Event>>,
    status: Option<(Health, String)>,
    /// The containers that the daemon has, as last told.
    known: BTreeMap<String, Known>,
    /// What they are allowed, as last told; `None` where it was asked for, and is not known.
    allowed: BTreeMap<(String, Witness), Option<Allowed>>,
}

struct Known {
    news: ContainerNews,
    /// When the daemon was last asked for it: events from before that are in the answer.
    asked: Time,
}

impl Teller {
    pub(super) fn new(topic: &str, out: Sender<Vec<Event>>) -> Teller {
        Teller { topic: topic.to_owned(), out, status: None, known: BTreeMap::new(), allowed: BTreeMap::new() }
    }

    pub(super) fn known(&self, id: &str) -> Option<&ContainerNews> {
        self.known.get(id).map(|known| &known.news)
    }

    /// True when an event of that moment is older than what is known of the container.
    pub(super) fn outdated(&self, id: &str, time: Time) -> bool {
        self.known.get(id).is_some_and(|known| time < known.asked)
    }

    /// True when a witness told what a container is allowed, or was asked for it in vain.
    pub(super) fn knows_allowed(&self, id: &str, witness: Witness) -> bool {
        self.allowed.contains_key(&(id.to_owned(), witness))
    }

    fn forget_allowed(&mut self, id: &str) {
        self.allowed.retain(|(of, _), _| of != id);
    }

    /// What a container is allowed, as an event if it is another than what was told last. It is forgotten when the
    /// container ends, as one that is started again may be allowed otherwise.
    pub(super) fn allowed(&mut self, id: &str, witness: Witness, allowed: Option<Allowed>) -> Option<Event> {
        let key = (id.to_owned(), witness);
        if self.allowed.get(&key) == Some(&allowed) {
            return None;
        }
        self.allowed.insert(key, allowed.clone());
        let (time, container) = (now(), id.into());
        Some(Event::Posture(Box::new(Posture { time, container, witness, process: None, allowed: allowed? })))
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

    /// A picture of the containers `asked` for (of all without), at a moment: what differs, and what is gone.
    pub(super) fn pictured(
        &mut self,
        asked: Option<&BTreeSet<String>>,
        at: Time,
        picture: Vec<ContainerNews>,
    ) -> Vec<Event> {
        let there: BTreeSet<String> = picture.iter().map(|news| news.id.clone()).collect();
        let lost: Vec<String> = self
            .known
            .keys()
            .filter(|id| !there.contains(*id) && asked.is_none_or(|asked| asked.contains(*id)))
            .cloned()
            .collect();
        let mut events: Vec<Event> = picture.into_iter().filter_map(|news| self.learn(news, Some(at))).collect();
        for id in lost {
            self.forget_allowed(&id);
            if let Some(Known { mut news, .. }) = self.known.remove(&id)
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
        let event = self.learn(change.news, None);
        if change.gone {
            self.known.remove(&id);
        }
        event
    }

    /// The news as an event, if they say more than the time.
    fn learn(&mut self, news: ContainerNews, asked: Option<Time>) -> Option<Event> {
        if news.state == ContainerState::Exited {
            self.forget_allowed(&news.id);
        }
        let old = self.known.get(&news.id);
        let asked = asked.or(old.map(|old| old.asked)).unwrap_or_default();
        let same = old.is_some_and(|old| old.news == ContainerNews { time: old.news.time, ..news.clone() });
        self.known.insert(news.id.clone(), Known { news: news.clone(), asked });
        (!same).then_some(Event::Container(news))
    }
}
