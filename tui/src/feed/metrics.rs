//! What the agent counts, and how Prometheus reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::counts::{Counts, Reason};
use super::item::Sort;
use super::queue::Depth;
use super::worker::Feed;
use crate::detect::{Class, Finding, RuleSet, Severity};
use crate::model::{Health, LossKind, Status};

/// How many severities there are.
const SEVERITIES: [Severity; 5] = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

/// Every family: its name, whether it is a counter, its labels, and what it is. docs/AGENT.md has this table.
pub const FAMILIES: &[(&str, bool, &str, &str)] = &[
    ("ktrace_build_info", false, "version", "1; the version of the program"),
    ("ktrace_ready", false, "", "1 once the probes are attached and what was there before is known"),
    ("ktrace_events_total", true, "kind", "Events that happened"),
    ("ktrace_lost_total", true, "kind", "Records that did not arrive from the kernel, or could not be read"),
    ("ktrace_findings_total", true, "class, severity", "Findings that no exception mutes"),
    ("ktrace_findings_muted_total", true, "", "Findings that an exception mutes"),
    ("ktrace_incidents_total", true, "", "Incidents, from the first time that each was told"),
    ("ktrace_status_ok", false, "topic", "1 where the last status of a topic is `ok`: sources, runtimes, feeds"),
    ("ktrace_own_rules", false, "kind", "Rules of one's own that are in use: `own`, `sigma`"),
    ("ktrace_own_rules_broken", false, "file, line, column", "Rules of one's own that are wrong, and left out"),
    ("ktrace_processes", false, "", "Processes alive"),
    ("ktrace_source_queue_batches", false, "", "Batches of events that wait for the model"),
    ("ktrace_feed_up", false, "feed", "1 while the last attempt to send was taken, and the other side can be reached"),
    ("ktrace_feed_queued_total", true, "feed, type", "Lines that were taken into the queue"),
    ("ktrace_feed_sent_total", true, "feed, type", "Lines that arrived, as far as the other side says"),
    (
        "ktrace_feed_lost_total",
        true,
        "feed, type, reason",
        "Lines that were not sent: `queue_full`, `refused`, `spool_full`, `ended`",
    ),
    ("ktrace_feed_retries_total", true, "feed", "Attempts to send once more"),
    ("ktrace_feed_queue_lines", false, "feed", "Lines that wait"),
    ("ktrace_feed_queue_bytes", false, "feed", "Bytes of them"),
    ("ktrace_feed_spool_lines", false, "feed", "Lines that wait on disk, where there is a spool"),
    ("ktrace_feed_spool_bytes", false, "feed", "Bytes of their files"),
    ("process_resident_memory_bytes", false, "", "Memory of the agent"),
    ("process_virtual_memory_bytes", false, "", "Address space of the agent"),
    ("process_cpu_seconds_total", true, "", "Time that the agent used, in user and kernel"),
    ("process_start_time_seconds", false, "", "When the agent started, since 1970"),
];

/// What there is to read, at any time, by anybody.
#[derive(Debug, Default)]
pub struct Metrics {
    ready: AtomicBool,
    events: Mutex<BTreeMap<&'static str, u64>>,
    lost: [AtomicU64; LossKind::ALL.len()],
    findings: [[AtomicU64; SEVERITIES.len()]; Class::ALL.len()],
    muted: AtomicU64,
    incidents: AtomicU64,
    processes: AtomicU64,
    batches: AtomicU64,
    statuses: Mutex<BTreeMap<String, bool>>,
    rules: Mutex<Arc<RuleSet>>,
    feeds: Mutex<Vec<Watched>>,
}

/// A feed, seen from outside.
struct Watched {
    name: String,
    counts: Arc<Counts>,
    depth: Box<dyn Fn() -> Depth + Send + Sync>,
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Metrics {
    /// Tells of a feed from now on.
    pub fn watch(&self, feed: &Feed) {
        let watched =
            Watched { name: feed.name().to_owned(), counts: Arc::clone(feed.counts()), depth: Box::new(feed.gauge()) };
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner).push(watched);
    }

    pub(super) fn ready(&self) {
        self.ready.store(true, Relaxed);
    }

    pub(super) fn event(&self, kind: &'static str) {
        *self.events.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
    }

    pub(super) fn loss(&self, kind: LossKind, count: u64) {
        let at = LossKind::ALL.iter().position(|of| *of == kind);
        at.map(|at| self.lost[at].fetch_add(count, Relaxed));
    }

    pub(super) fn finding(&self, finding: &Finding) {
        if finding.muted.is_some() {
            self.muted.fetch_add(1, Relaxed);
            return;
        }
        let class = Class::ALL.iter().position(|of| *of == finding.class());
        let severity = SEVERITIES.iter().position(|of| *of == finding.severity);
        class.zip(severity).map(|(class, severity)| self.findings[class][severity].fetch_add(1, Relaxed));
    }

    pub(super) fn incident(&self) {
        self.incidents.fetch_add(1, Relaxed);
    }

    pub(super) fn status(&self, status: &Status) {
        let mut statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        statuses.insert(status.topic.clone(), status.health == Health::Ok);
    }

    pub(super) fn rules(&self, rules: &Arc<RuleSet>) {
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(rules);
    }

    pub(super) fn state(&self, processes: usize, batches: usize) {
        self.processes.store(processes as u64, Relaxed);
        self.batches.store(batches as u64, Relaxed);
    }

    /// All of it, in the text format of Prometheus, version 0.0.4.
    pub fn expose(&self) -> String {
        let mut page = Page::default();
        let feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        for &(family, counter, _, help) in FAMILIES {
            page.family(family, counter, help);
            match family {
                "ktrace_build_info" => page.sample(family, &[("version", env!("CARGO_PKG_VERSION"))], 1.0),
                "ktrace_ready" => page.sample(family, &[], f64::from(u8::from(self.ready.load(Relaxed)))),
                "ktrace_events_total" => {
                    for (kind, count) in self.events.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                        page.sample(family, &[("kind", kind)], *count as f64);
                    }
                }
                "ktrace_lost_total" => {
                    for (kind, count) in LossKind::ALL.iter().zip(&self.lost) {
                        page.sample(family, &[("kind", kind.name())], count.load(Relaxed) as f64);
                    }
                }
                "ktrace_findings_total" => self.findings(&mut page, family),
                "ktrace_findings_muted_total" => page.sample(family, &[], self.muted.load(Relaxed) as f64),
                "ktrace_incidents_total" => page.sample(family, &[], self.incidents.load(Relaxed) as f64),
                "ktrace_status_ok" => {
                    for (topic, ok) in self.statuses.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                        page.sample(family, &[("topic", topic)], f64::from(u8::from(*ok)));
                    }
                }
                "ktrace_own_rules" | "ktrace_own_rules_broken" => self.own_rules(&mut page, family),
                "ktrace_processes" => page.sample(family, &[], self.processes.load(Relaxed) as f64),
                "ktrace_source_queue_batches" => page.sample(family, &[], self.batches.load(Relaxed) as f64),
                _ if family.starts_with("process_") => own(&mut page, family),
                _ => feeds.iter().for_each(|feed| feed.samples(&mut page, family)),
            }
        }
        page.text
    }

    fn own_rules(&self, page: &mut Page, family: &str) {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if family == "ktrace_own_rules" {
            let (all, sigma) = rules.count();
            for (kind, count) in [("own", all - sigma), ("sigma", sigma)] {
                page.sample(family, &[("kind", kind)], count as f64);
            }
            return;
        }
        let mut places: BTreeMap<(&str, usize, usize), f64> = BTreeMap::new();
        for broken in rules.broken() {
            *places.entry((&broken.file, broken.fault.line, broken.fault.column)).or_default() += 1.0;
        }
        for ((file, line, column), count) in places {
            let (line, column) = (line.to_string(), column.to_string());
            page.sample(family, &[("file", file), ("line", &line), ("column", &column)], count);
        }
    }

    fn findings(&self, page: &mut Page, family: &str) {
        for (class, counts) in Class::ALL.iter().zip(&self.findings) {
            for (severity, count) in SEVERITIES.iter().zip(counts) {
                let labels = [("class", class.name()), ("severity", severity.name())];
                page.sample(family, &labels, count.load(Relaxed) as f64);
            }
        }
    }
}

impl Watched {
    fn samples(&self, page: &mut Page, family: &str) {
        let (feed, counts) = (("feed", self.name.as_str()), &self.counts);
        match family {
            "ktrace_feed_up" => page.sample(family, &[feed], f64::from(u8::from(counts.is_well()))),
            "ktrace_feed_retries_total" => page.sample(family, &[feed], counts.retried() as f64),
            "ktrace_feed_queue_lines" => page.sample(family, &[feed], (self.depth)().items as f64),
            "ktrace_feed_queue_bytes" => page.sample(family, &[feed], (self.depth)().bytes as f64),
            _ => {}
        }
        if let Some(held) = counts.held() {
            match family {
                "ktrace_feed_spool_lines" => page.sample(family, &[feed], held.items as f64),
                "ktrace_feed_spool_bytes" => page.sample(family, &[feed], held.bytes as f64),
                _ => {}
            }
        }
        for sort in Sort::ALL {
            let labels = [feed, ("type", sort.name())];
            match family {
                "ktrace_feed_queued_total" => page.sample(family, &labels, counts.queued(sort) as f64),
                "ktrace_feed_sent_total" => page.sample(family, &labels, counts.sent(sort) as f64),
                "ktrace_feed_lost_total" => {
                    for reason in Reason::ALL {
                        let labels = [labels[0], labels[1], ("reason", reason.name())];
                        page.sample(family, &labels, counts.lost(sort, reason) as f64);
                    }
                }
                _ => {}
            }
        }
    }
}

/// What /proc tells of this process; nothing where it tells nothing.
fn own(page: &mut Page, family: &str) {
    let Ok(stat) = procfs::process::Process::myself().and_then(|own| own.stat()) else { return };
    let ticks = procfs::ticks_per_second() as f64;
    let value = match family {
        "process_resident_memory_bytes" => (stat.rss * procfs::page_size()) as f64,
        "process_virtual_memory_bytes" => stat.vsize as f64,
        "process_cpu_seconds_total" => (stat.utime + stat.stime) as f64 / ticks,
        "process_start_time_seconds" => match procfs::boot_time_secs() {
            Ok(boot) => boot as f64 + stat.starttime as f64 / ticks,
            Err(_) => return,
        },
        _ => return,
    };
    page.sample(family, &[], value);
}

/// The text, as it is put together.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, counter: bool, help: &str) {
        let kind = if counter { "counter" } else { "gauge" };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a text cannot fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.text.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{}{label}=\"{escaped}\"", if at == 0 { '{' } else { ',' });
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The samples of a page, after it was held against the format: HELP and TYPE before the samples of each family, each
    /// sample once, of a family that was named.
    pub(in crate::feed) fn read(page: &str) -> HashMap<String, f64> {
        let (mut samples, mut family, mut seen) = (HashMap::new(), String::new(), Vec::new());
        let mut lines = page.lines();
        assert!(page.ends_with('\n'));
        while let Some(line) = lines.next() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                family = rest.split(' ').next().unwrap_or_default().to_owned();
                assert!(!seen.contains(&family), "{family} twice");
                seen.push(family.clone());
                let kind = lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {family} ")));
                assert_eq!(kind == Some("counter"), family.ends_with("_total"), "{family}");
                continue;
            }
            let Some((name, value)) = line.rsplit_once(' ') else { panic!("{line}") };
            let bare = name.split('{').next().unwrap_or_default();
            assert_eq!(bare, family, "{line}");
            assert!(name == bare || name.ends_with('}'), "{line}");
            let Ok(value) = value.parse() else { panic!("{line}") };
            assert!(samples.insert(name.to_owned(), value).is_none(), "{name} twice");
        }
        samples
    }

    #[test]
    fn a_page_is_what_prometheus_reads() {
        let metrics = Metrics::default();
        metrics.event("exec");
        metrics.loss(LossKind::Net, 3);
        let before = read(&metrics.expose());
        assert_eq!(before["ktrace_events_total{kind=\"exec\"}"], 1.0);
        assert_eq!(before["ktrace_lost_total{kind=\"net\"}"], 3.0);
        assert_eq!(before["ktrace_findings_total{class=\"reverse_shell\",severity=\"critical\"}"], 0.0);
        assert!(before["process_resident_memory_bytes"] > 1e6);
        metrics.event("exec");
        let after = read(&metrics.expose());
        for (name, value) in before.iter().filter(|(name, _)| name.contains("_total")) {
            assert!(after[name] >= *value, "{name} went back");
        }
        assert_eq!(after["ktrace_events_total{kind=\"exec\"}"], 2.0);
    }

    #[test]
    fn labels_are_escaped() {
        let mut page = Page::default();
        page.sample("a", &[("b", "x\"y\\z\nw")], 1.5);
        assert_eq!(page.text, "a{b=\"x\\\"y\\\\z\\nw\"} 1.5\n");
    }
}
