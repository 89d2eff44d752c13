//! Makes lines of what leaves: rendered once, without what is secret, each with where it comes from and its number.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};
use std::io::{self, Read as _};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::item::{Origin, Outgoing, Sort};
use super::queue::Missing;
use crate::detect::{Class, Detector, Finding, Incident, Severity};
use crate::export::redact::Redactor;
use crate::export::{json, rfc3339};
use crate::model::{Boot, Event, Kind, Model, Time};

/// Command lines remembered from which was learned.
const HEARD: usize = 65_536;

/// Secrets remembered, so that they are known wherever they stand.
const SECRETS: usize = 2_000;

/// Makes lines.
#[derive(Debug)]
pub(super) struct Press {
    origin: Arc<Origin>,
    /// What the node is called, where that is not its host name.
    node: Option<String>,
    /// What stands at the end of each line before the number, as JSON.
    mark: String,
    number: u64,
    redactor: Option<Redactor>,
    /// Command lines from which was learned, by their hash: the same ones come again and again.
    heard: HashSet<u64>,
    keys: RandomState,
    line: Vec<u8>,
}

/// What it is besides its line.
struct Facts {
    sort: Sort,
    time: Time,
    severity: Option<Severity>,
    class: Option<Class>,
}

impl Press {
    /// One that takes secrets out, unless asked otherwise; `run` is that of [`Origin::run`].
    ///
    /// # Errors
    /// When the system gives no key to make pseudonyms with.
    pub(super) fn new(redact: bool, run: u64) -> io::Result<Press> {
        let redactor = redact.then(|| key().map(Redactor::of_secrets)).transpose()?;
        let origin = Arc::new(Origin { run, ..Origin::default() });
        let (mark, heard, keys, line) = (String::new(), HashSet::new(), RandomState::new(), Vec::new());
        let mut press = Press { origin, node: None, mark, number: 0, redactor, heard, keys, line };
        press.marked();
        Ok(press)
    }

    /// Calls the node `node`, whatever its host name is.
    pub(super) fn name(&mut self, node: &str) {
        self.origin = Arc::new(Origin { node: node.to_owned(), ..(*self.origin).clone() });
        self.node = Some(node.to_owned());
        self.marked();
    }

    /// Where things come from from now on.
    pub(super) fn boot(&mut self, boot: &Boot) {
        let node = self.node.as_ref().unwrap_or(&boot.host).clone();
        self.origin = Arc::new(Origin { node, boot: boot.id.clone(), run: self.origin.run });
        self.marked();
    }

    fn marked(&mut self) {
        let Origin { node, boot, run } = &*self.origin;
        self.mark = format!(",\"node\":{},\"boot\":{},\"run\":{run},\"seq\":", json!(node), json!(boot));
    }

    /// Learns what is secret from command lines, those of events that do not leave, too: what is found later may name it.
    pub(super) fn learn(&mut self, event: &Event) {
        let Some(redactor) = &mut self.redactor else { return };
        let Event::Process(process) = event else { return redactor.learn(event) };
        let image = match &process.kind {
            Kind::Exec(exec) => Some(&exec.image),
            Kind::Seen(seen) => seen.image.as_ref(),
            _ => None,
        };
        let Some(image) = image else { return };
        if redactor.learned() > SECRETS || self.heard.len() >= HEARD {
            self.heard.clear();
        }
        if redactor.learned() > SECRETS {
            redactor.forget();
        }
        let mut hasher = self.keys.build_hasher();
        image.argv.args.iter().for_each(|word| word.bytes().hash(&mut hasher));
        if self.heard.insert(hasher.finish()) {
            redactor.learn(event);
        }
    }

    /// An event that `model` has taken in.
    pub(super) fn event(&mut self, event: &Event, model: &Model) -> io::Result<Arc<Outgoing>> {
        let sort = match event {
            Event::Loss(_) => Sort::Loss,
            Event::Status(_) => Sort::Status,
            Event::Boot(_) | Event::Process(_) | Event::Container(_) | Event::Names(_) | Event::Posture(_) => {
                Sort::Event
            }
        };
        json::write_event(&mut self.line, event, model)?;
        self.print(Facts { sort, time: event.time(), severity: None, class: None })
    }

    pub(super) fn finding(&mut self, finding: &Finding, model: &Model) -> io::Result<Arc<Outgoing>> {
        json::write_finding(&mut self.line, finding, model)?;
        let (severity, class) = (Some(finding.severity), Some(finding.class()));
        self.print(Facts { sort: Sort::Finding, time: finding.time, severity, class })
    }

    pub(super) fn incident(
        &mut self,
        incident: &Incident,
        detector: &Detector,
        model: &Model,
    ) -> io::Result<Arc<Outgoing>> {
        json::write_incident(&mut self.line, incident, detector, model)?;
        let severity = Some(incident.severity);
        self.print(Facts { sort: Sort::Incident, time: incident.last, severity, class: None })
    }

    /// Makes what stands in `line` leave.
    fn print(&mut self, facts: Facts) -> io::Result<Arc<Outgoing>> {
        let mut line = std::mem::take(&mut self.line);
        if let Some(redactor) = &mut self.redactor {
            line = redactor.json(&line)?.into_bytes();
        }
        let text = std::str::from_utf8(&line).map_err(io::Error::other)?.trim_end();
        self.number += 1;
        let (body, mark, number) = (text.strip_suffix('}').unwrap_or(text), &self.mark, self.number);
        let text = format!("{body}{mark}{number}}}").into_boxed_str();
        line.clear();
        self.line = line;
        let Facts { sort, time, severity, class } = facts;
        Ok(Arc::new(Outgoing { sort, origin: Arc::clone(&self.origin), number, time, severity, class, line: text }))
    }
}

/// What tells that some things could not be sent by a feed. It has the number of the last of them.
pub(super) fn missing(missing: &Missing, feed: &str) -> Outgoing {
    let Missing { counts, from, to, origin, number } = missing;
    let of: Map<String, Value> = Sort::ALL
        .iter()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(sort, count)| (sort.name().to_owned(), json!(count)))
        .collect();
    let (count, to_text) = (counts.iter().sum::<u64>(), rfc3339(*to));
    // By hand, as `type` comes first.
    let line = format!(
        "{{\"type\":\"loss\",\"time\":\"{to_text}\",\"kind\":\"unsent\",\"count\":{count},\"from\":\"{}\",\"to\":\"{to_text}\",\
         \"feed\":{},\"of\":{},\"node\":{},\"boot\":{},\"run\":{},\"seq\":{number}}}",
        rfc3339(*from),
        json!(feed),
        Value::Object(of),
        json!(origin.node),
        json!(origin.boot),
        origin.run,
    );
    Outgoing {
        sort: Sort::Loss,
        origin: Arc::clone(origin),
        number: *number,
        time: *to,
        severity: None,
        class: None,
        line: line.into_boxed_str(),
    }
}

/// A key that nobody knows, and that is gone with this process.
fn key() -> io::Result<[u8; 32]> {
    let mut key = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    Ok(key)
}
