//! Syslog and the journal get what is bad enough, each in its form.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;

use super::*;

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
