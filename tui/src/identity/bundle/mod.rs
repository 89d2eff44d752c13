//! Names for containers from the OCI bundles that runtimes leave on the node's disk: for when no socket can be reached.
//!
//! A bundle is there from before a container's first process until after its last. It is looked for, not announced: a
//! container that is gone within a second may be missed, and then shows by its id, as without any of this.

mod config;
mod roots;

use std::collections::HashMap;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::Sender;

pub use config::{Config, Fault};
pub use roots::{Place, Roots};

use super::teller::Teller;
use crate::clock::now;
use crate::model::{Allowed, ContainerNews, Event, Health, Time, Witness};

/// From one look to the next.
const LOOK: Duration = Duration::from_secs(1);

/// The topic of its statuses.
pub const TOPIC: &str = "bundles";

/// What was read of a bundle, and when its file was written.
struct Known {
    /// Full id of its container.
    id: String,
    written: Option<SystemTime>,
    config: Result<Config, String>,
}

/// Reads bundles, each of them once.
pub struct Reader {
    roots: Roots,
    known: HashMap<PathBuf, Known>,
}

impl Reader {
    /// Nothing is read yet.
    pub fn new(roots: Roots) -> Reader {
        Reader { roots, known: HashMap::new() }
    }

    /// All containers that have a bundle now.
    pub fn look(&mut self) -> Vec<ContainerNews> {
        let (places, time) = (self.roots.all(), now());
        let mut before = std::mem::take(&mut self.known);
        let mut news = Vec::new();
        for place in places {
            let written = std::fs::symlink_metadata(place.config()).and_then(|data| data.modified()).ok();
            let known = before.remove(&place.directory).filter(|known| known.written == written && written.is_some());
            let known = known.unwrap_or_else(|| Known {
                id: place.id.clone(),
                written,
                config: Config::read(&place.config()).map_err(|fault| fault.to_string()),
            });
            if let Ok(config) = &known.config {
                news.push(self.news(&place, config, time));
            }
            self.known.insert(place.directory, known);
        }
        news
    }

    /// What the containers of the last look are allowed, by their full ids.
    pub fn allowed(&self) -> impl Iterator<Item = (&str, &Allowed)> {
        self.known.values().filter_map(|known| Some((known.id.as_str(), known.config.as_ref().ok()?.allowed()?)))
    }

    fn news(&self, place: &Place, config: &Config, time: Time) -> ContainerNews {
        ContainerNews { time, state: self.roots.state(place), ..config.news(place) }
    }

    /// How it does after a look; `None` where there is no place to look at.
    pub fn health(&self) -> Option<(Health, String)> {
        let there: Vec<String> = self.roots.there().map(|root| root.display().to_string()).collect();
        if there.is_empty() {
            return None;
        }
        let there = there.join(", ");
        let failed = self.known.iter().filter_map(|(at, known)| Some((at, known.config.as_ref().err()?)));
        Some(match failed.clone().min() {
            None => (Health::Ok, format!("bundles under {there} are read where no runtime tells")),
            Some((at, why)) => {
                let text =
                    format!("{} of the bundles under {there} cannot be read: {}: {why}", failed.count(), at.display());
                (Health::Degraded, text)
            }
        })
    }
}

/// What there is to read, for `doctor`: the health and a line of text.
pub fn check(roots: Roots) -> (Health, String) {
    let names: Vec<String> = roots.every().map(|root| root.display().to_string()).collect();
    let mut reader = Reader::new(roots);
    let found = reader.look().len();
    match reader.health() {
        Some((health, text)) => (health, format!("{text}; {found} there now")),
        None => {
            (Health::Missing, format!("none of {} is there: no containerd and no CRI-O on this node", names.join(", ")))
        }
    }
}

/// Tells of the containers that have a bundle under `roots`, and of those whose bundle goes, on a thread of its own; ends
/// soon after `out` is closed.
pub fn follow(roots: Roots, out: Sender<Vec<Event>>) {
    std::thread::spawn(move || {
        let mut teller = Teller::new(TOPIC, out.clone());
        let mut reader = Reader::new(roots);
        while !out.is_closed() {
            let asked = now();
            let picture = reader.look();
            let mut events = teller.pictured(None, asked, picture);
            let told = |(id, allowed): (&str, &Allowed)| teller.allowed(id, Witness::Bundle, Some(allowed.clone()));
            events.extend(reader.allowed().filter_map(told));
            events.extend(reader.health().and_then(|(health, text)| teller.status(health, text)));
            if !events.is_empty() && out.blocking_send(events).is_err() {
                return;
            }
            sleep(LOOK);
        }
    });
}

#[cfg(test)]
mod tests;
