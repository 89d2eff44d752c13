//! Webhooks, syslog and the journal get what is bad enough, whatever happens on the way.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;

use super::server::{Answer, Server};
use super::*;
use crate::detect::Severity;

/// A finding of `severity`, with what an attacker might write in it.
fn finding(number: u64, severity: Severity) -> Arc<Outgoing> {
    let line = serde_json::json!({
        "type": "finding",
        "time": "2026-11-23T07:21:31.372191340Z",
        "rule": "reverse_shell",
        "class": "reverse_shell",
        "severity": severity.name(),
        "title": "bash (7) of <!channel>\nFAKE [critical] takes its commands from 203.0.113.9:4444",
        "why": [{"predicate": "its input is a connection", "event": {}}],
        "incident": "i1",
        "process": {"pid": 7, "uid": 33, "exe": "/usr/bin/bash", "container": {"id": "9f2c", "name": "web", "pod": null}},
        "lineage": [{"pid": 1, "exe": "/sbin/init"}],
        "node": "node 1",
        "boot": "b",
        "seq": number,
    });
    let item = item(Sort::Finding, number);
    Arc::new(Outgoing { severity: Some(severity), line: line.to_string().into(), ..(*item).clone() })
}

fn webhook(url: &str, message: Message) -> (Feed, Receiver<Said>) {
    let url = address(url, false).unwrap();
    started(Webhook::new(url, message, Severity::Medium).unwrap(), Room::default())
}

#[test]
fn a_webhook_gets_what_is_bad_enough_as_it_is() {
    let server = Server::answering([]);
    let (feed, _said) = webhook(&server.url("/hook?key=1"), Message::Json);
    feed.offer(&finding(1, Severity::Low));
    feed.offer(&finding(2, Severity::High));
    feed.offer(&item(Sort::Event, 3));
    finish(feed);
    let asked = server.asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].head.starts_with("post /hook?key=1 http/1.1\r\n"), "{}", asked[0].head);
    assert!(asked[0].head.contains("content-type: application/json\r\n"), "{}", asked[0].head);
    assert_eq!(asked[0].body, finding(2, Severity::High).line.as_bytes());
}

#[test]
fn slack_gets_text_that_mentions_nobody() {
    let server = Server::answering([]);
    let (feed, _said) = webhook(&server.url("/"), Message::Slack);
    feed.offer(&finding(1, Severity::Critical));
    finish(feed);
    let asked = server.asked.lock().unwrap();
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("*[CRITICAL] bash (7) of &lt;!channel&gt;"), "{text}");
    assert!(!text.contains("\nFAKE"), "{text}");
    assert!(text.contains("container web") && text.ends_with("bash (7) ← init (1)"), "{text}");
}

#[test]
fn a_webhook_that_is_busy_gets_it_later_and_is_named() {
    let busy = |head| Answer::Says(head, Vec::new());
    let answers = [busy("429 Too Many Requests\r\nRetry-After: 1"), busy("503 Service Unavailable")];
    let server = Server::answering(answers);
    let (feed, mut said) = webhook(&server.url("/secret-path"), Message::Json);
    let began = Instant::now();
    feed.offer(&finding(1, Severity::High));
    let counts = Arc::clone(feed.counts());
    wait("the finding", || counts.sent(Sort::Finding) == 1);
    assert!(began.elapsed() >= Duration::from_secs(1), "not before it was asked to");
    assert_eq!((counts.retried(), server.asked.lock().unwrap().len()), (2, 3));
    finish(feed);
    let said: Vec<_> = std::iter::from_fn(|| said.try_recv().ok()).map(|said| said.text).collect();
    assert_eq!(said, ["answered 429 Too Many Requests", "answered 503 Service Unavailable", "sends again"]);
}

#[test]
fn what_a_webhook_does_not_want_is_given_up() {
    let fails = || Answer::Says("500 Oh", Vec::new());
    let no = Answer::Says("404 No", Vec::new());
    let moved = Answer::Says("302 There\r\nLocation: http://192.0.2.1/", Vec::new());
    let server = Server::answering([no, moved, fails()]);
    let (feed, mut said) = webhook(&server.url("/hook"), Message::Json);
    (1..=3).for_each(|number| feed.offer(&finding(number, Severity::High)));
    let counts = Arc::clone(feed.counts());
    wait("the third", || counts.sent(Sort::Finding) == 1);
    assert_eq!(counts.lost(Sort::Finding, Reason::Refused), 2, "nobody is followed elsewhere");
    finish(feed);
    let said = std::iter::from_fn(|| said.try_recv().ok()).map(|said| said.text).collect::<Vec<_>>().join("\n");
    assert!(!said.contains("hook"), "the address may be a secret: {said}");
}

#[test]
fn a_webhook_that_is_gone_is_tried_again_and_does_not_hold_up_the_end() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    drop(listener);
    let (feed, mut said) = webhook(&url, Message::Json);
    feed.offer(&finding(1, Severity::High));
    let mut text = String::new();
    let began = Instant::now();
    while text.is_empty() && began.elapsed() < LATE {
        text = said.try_recv().map(|said| said.text).unwrap_or_default();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(text.starts_with("cannot connect") && !text.contains("hook"), "{text}");
    let (end, counts) = (Instant::now() + Duration::from_millis(200), Arc::clone(feed.counts()));
    feed.close(end);
    feed.join(end);
    assert!(end.elapsed() < Duration::from_secs(5));
    assert_eq!(counts.lost(Sort::Finding, Reason::Ended), 1);
}

#[test]
fn who_has_no_certificate_gets_nothing() {
    let server = Server::answering([]);
    let (feed, mut said) = webhook(&server.url("/").replace("http:", "https:"), Message::Json);
    feed.offer(&finding(1, Severity::High));
    wait("the trouble", || !feed.counts().is_well());
    let text = said.try_recv().unwrap().text;
    assert!(text.starts_with("cannot connect"), "{text}");
    assert!(server.asked.lock().unwrap().is_empty());
    let end = Instant::now();
    feed.close(end);
    feed.join(end);
}

#[test]
fn syslog_gets_one_line_of_rfc_5424() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(LATE)).unwrap();
    let (feed, _said) = started(Syslog::new(Listener::Unix(path), Severity::Medium), Room::default());
    feed.offer(&finding(1, Severity::Info));
    feed.offer(&finding(2, Severity::Critical));
    let mut bytes = [0; 65_536];
    let length = socket.recv(&mut bytes).unwrap();
    finish(feed);
    let text = std::str::from_utf8(&bytes[..length]).unwrap();
    let head =
        format!("<82>1 2026-11-23T07:21:31.372191Z node1 ktrace-tui {} finding - [critical] ", std::process::id());
    assert!(text.starts_with(&head), "{text}");
    assert!(
        !text.contains('\n') && text.contains("\\x0aFAKE"),
        "what an attacker writes makes no line of its own: {text}"
    );
    assert!(text.contains(" rule=reverse_shell ") && text.contains(" container=9f2c "), "{text}");
}

#[test]
fn syslog_over_udp_keeps_to_what_every_receiver_takes() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LATE)).unwrap();
    let (feed, _said) =
        started(Syslog::new(Listener::Udp(socket.local_addr().unwrap()), Severity::Info), Room::default());
    let long = finding(1, Severity::High);
    let line = long.line.replace("bash (7)", &"ä".repeat(9_000)).into();
    feed.offer(&Arc::new(Outgoing { line, ..(*long).clone() }));
    let mut bytes = [0; 65_536];
    let length = socket.recv(&mut bytes).unwrap();
    finish(feed);
    let text = std::str::from_utf8(&bytes[..length]).unwrap();
    assert!(length <= 2_048 && length > 2_000 && text.starts_with("<83>1 "), "{length}");
}

#[test]
fn a_syslog_that_comes_back_gets_what_waited() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (feed, mut said) = started(Syslog::new(Listener::Unix(path.clone()), Severity::Info), Room::default());
    feed.offer(&finding(1, Severity::High));
    wait("the trouble", || !feed.counts().is_well());
    assert!(said.try_recv().unwrap().text.starts_with("cannot send: "));
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(LATE)).unwrap();
    let mut bytes = [0; 65_536];
    assert!(socket.recv(&mut bytes).unwrap() > 0);
    finish(feed);
}

/// Reads an entry of the journal as its documentation says.
fn fields(mut entry: &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().to_owned();
    while !entry.is_empty() {
        let end = entry.iter().position(|byte| *byte == b'\n').unwrap();
        let (line, rest) = (&entry[..end], &entry[end + 1..]);
        match line.iter().position(|byte| *byte == b'=') {
            Some(at) => {
                fields.push((text(&line[..at]), text(&line[at + 1..])));
                entry = rest;
            }
            None => {
                let (length, rest) = rest.split_at(8);
                let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
                fields.push((text(line), text(&rest[..length])));
                assert_eq!(rest[length], b'\n');
                entry = &rest[length + 1..];
            }
        }
    }
    fields
}

#[test]
fn the_journal_gets_fields() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(LATE)).unwrap();
    let (feed, _said) = started(Syslog::journal(&path, Severity::Info), Room::default());
    let sent = finding(1, Severity::Medium);
    feed.offer(&sent);
    let mut bytes = [0; 65_536];
    let length = socket.recv(&mut bytes).unwrap();
    // What is too large for a datagram comes without the whole line.
    let line = sent.line.replace("its input", &"x".repeat(8 << 20)).into();
    feed.offer(&Arc::new(Outgoing { line, ..(*sent).clone() }));
    let fields_of = |bytes: &[u8]| fields(bytes).into_iter().collect::<std::collections::HashMap<_, _>>();
    let got = fields_of(&bytes[..length]);
    assert_eq!((got["PRIORITY"].as_str(), got["SYSLOG_IDENTIFIER"].as_str()), ("4", "ktrace-tui"));
    assert_eq!((got["KTRACE_RULE"].as_str(), got["OBJECT_PID"].as_str()), ("reverse_shell", "7"));
    assert_eq!(got["KTRACE_JSON"], *sent.line);
    assert!(got["MESSAGE"].starts_with("[medium] bash (7)"), "{}", got["MESSAGE"]);
    let length = socket.recv(&mut bytes).unwrap();
    assert!(!fields_of(&bytes[..length]).contains_key("KTRACE_JSON"));
    finish(feed);
}
