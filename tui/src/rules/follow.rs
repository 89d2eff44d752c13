//! Looks after files of rules while a node is followed: one thread for all of them.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::{Sender, WeakSender};
use tokio::sync::watch;

use super::shelf::Shelf;
use crate::detect::RuleSet;
use crate::model::{Event, Health, Status, Time};

/// The topic of statuses about rules of one's own.
pub const TOPIC: &str = "rules";

/// How often files are looked at, unless that takes long.
const EVERY: Duration = Duration::from_secs(2);
/// Looking takes at most one part in so many of the time.
const REST: u32 = 200;

/// How the rules are, as an event.
pub fn status(rules: &RuleSet) -> Event {
    let health = if rules.broken().is_empty() { Health::Ok } else { Health::Degraded };
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    let text = rules.summary().unwrap_or_else(|| "no own rules".to_owned());
    Event::Status(Status { time, topic: TOPIC.to_owned(), health, text })
}

/// Looks at the files of `shelf` again and again, until nobody takes `events` any more. When one is other than before,
/// the rules are given to `rules`, and after that the stream is told how they are.
pub fn follow(shelf: Shelf, rules: watch::Sender<Arc<RuleSet>>, events: &Sender<Vec<Event>>) {
    let events = events.downgrade();
    thread::spawn(move || go_on(shelf, &rules, &events));
}

fn go_on(mut shelf: Shelf, rules: &watch::Sender<Arc<RuleSet>>, events: &WeakSender<Vec<Event>>) {
    let mut rest = EVERY;
    loop {
        thread::sleep(rest);
        if events.upgrade().is_none_or(|events| events.is_closed()) {
            return;
        }
        let begun = Instant::now();
        let changed = shelf.look();
        rest = EVERY.max(begun.elapsed() * REST);
        if !changed {
            continue;
        }
        let new = Arc::new(shelf.rules());
        rules.send_replace(Arc::clone(&new));
        if events.upgrade().is_none_or(|events| events.blocking_send(vec![status(&new)]).is_err()) {
            return;
        }
    }
}
