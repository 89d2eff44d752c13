//! Findings to syslog (RFC 5424) and to the journal (its native protocol), one datagram each.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::net::{UdpSocket, UnixDatagram};

use super::item::{Outgoing, Sort};
use super::sink::{Batch, Sink, Trouble};
use crate::detect::Severity;
use crate::escape::shown;

/// Where syslog listens on most systems.
pub const LOCAL: &str = "/dev/log";
/// Where the journal listens.
pub const JOURNAL: &str = "/run/systemd/journal/socket";

/// Security and authorization messages that are not for everybody (`LOG_AUTHPRIV`).
const FACILITY: u8 = 10;
/// What every receiver takes (RFC 5426), and what the sockets of a machine do.
const UDP: usize = 2_048;
const UNIX: usize = 8_192;

/// Who listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    /// A socket of this machine.
    Unix(PathBuf),
    /// Another one, or this one.
    Udp(SocketAddr),
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Syslog,
    Journal,
}

/// Sends findings.
#[derive(Debug)]
pub struct Syslog {
    listener: Listener,
    protocol: Protocol,
    least: Severity,
    socket: Option<Socket>,
}

#[derive(Debug)]
enum Socket {
    Unix(UnixDatagram),
    Udp(UdpSocket),
}

impl Syslog {
    /// Sends what is at least `least` to a syslog.
    pub fn new(listener: Listener, least: Severity) -> Syslog {
        Syslog { listener, protocol: Protocol::Syslog, least, socket: None }
    }

    /// The same to the journal.
    pub fn journal(path: &Path, least: Severity) -> Syslog {
        let listener = Listener::Unix(path.to_owned());
        Syslog { listener, protocol: Protocol::Journal, least, socket: None }
    }

    async fn socket(&mut self) -> std::io::Result<&Socket> {
        let socket = match (self.socket.take(), &self.listener) {
            (Some(socket), _) => socket,
            (None, Listener::Unix(path)) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                Socket::Unix(socket)
            }
            (None, Listener::Udp(address)) => {
                let any: SocketAddr = if address.is_ipv4() { ([0; 4], 0).into() } else { ([0; 16], 0).into() };
                let socket = UdpSocket::bind(any).await?;
                socket.connect(address).await?;
                Socket::Udp(socket)
            }
        };
        Ok(self.socket.insert(socket))
    }

    async fn datagram(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let sent = match self.socket().await? {
            Socket::Unix(socket) => socket.send(bytes).await,
            Socket::Udp(socket) => socket.send(bytes).await,
        };
        if sent.is_err() {
            // Whoever listens there next has another socket.
            self.socket = None;
        }
        sent.map(|_| ())
    }
}

impl Sink for Syslog {
    fn wants(&self) -> &[Sort] {
        &[Sort::Finding]
    }

    fn least(&self) -> Severity {
        self.least
    }

    fn batch(&self) -> Batch {
        Batch { items: 1, ..Batch::default() }
    }

    async fn send(&mut self, items: &[Arc<Outgoing>]) -> Result<(), Trouble> {
        for item in items {
            let line = item.value();
            let sent = match (self.protocol, &self.listener) {
                (Protocol::Syslog, listener) => {
                    let most = if matches!(listener, Listener::Udp(_)) { UDP } else { UNIX };
                    let message = syslog(&line, most);
                    self.datagram(message.as_bytes()).await
                }
                (Protocol::Journal, _) => match self.datagram(&journal(&line, Some(&item.line))).await {
                    // Too large for a datagram: without the whole line it is not.
                    Err(error) if error.raw_os_error() == Some(libc::EMSGSIZE) => {
                        self.datagram(&journal(&line, None)).await
                    }
                    sent => sent,
                },
            };
            sent.map_err(|error| Trouble::later(format!("cannot send: {error}")))?;
        }
        Ok(())
    }
}

/// The severity of syslog: from 2, critical, to 6, informational.
fn priority(severity: &Value) -> u8 {
    match severity.as_str() {
        Some("critical") => 2,
        Some("high") => 3,
        Some("medium") => 4,
        Some("low") => 5,
        _ => 6,
    }
}

/// What it says for people, and for those who look for words: on one line, whatever is in it.
fn message(line: &Value) -> String {
    let said = |value: &Value| shown(value.as_str().unwrap_or("-")).as_str().to_owned();
    let process = &line["process"];
    let container = &process["container"];
    format!(
        "[{}] {} rule={} class={} incident={} pid={} uid={} exe={} container={} pod={}",
        said(&line["severity"]),
        said(&line["title"]),
        said(&line["rule"]),
        said(&line["class"]),
        said(&line["incident"]),
        process["pid"],
        process["uid"],
        said(&process["exe"]),
        said(&container["id"]),
        said(&container["pod"]),
    )
}

/// A message of RFC 5424, of `most` bytes at most.
fn syslog(line: &Value, most: usize) -> String {
    // Six digits of a second are what it allows.
    let time = line["time"].as_str().and_then(|time| Some(format!("{}Z", time.get(..26)?)));
    let host: String =
        line["node"].as_str().unwrap_or_default().chars().filter(char::is_ascii_graphic).take(255).collect();
    let host = if host.is_empty() { "-" } else { &host };
    let time = time.as_deref().unwrap_or("-");
    let number = FACILITY * 8 + priority(&line["severity"]);
    let mut text = format!("<{number}>1 {time} {host} ktrace-tui {} finding - {}", std::process::id(), message(line));
    text.truncate(text.floor_char_boundary(most));
    text
}

/// An entry of the journal.
fn journal(line: &Value, whole: Option<&str>) -> Vec<u8> {
    let mut entry = Vec::new();
    let mut put = |name: &str, value: &str| {
        entry.extend_from_slice(name.as_bytes());
        if value.contains('\n') {
            entry.push(b'\n');
            entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
        } else {
            entry.push(b'=');
        }
        entry.extend_from_slice(value.as_bytes());
        entry.push(b'\n');
    };
    put("MESSAGE", &message(line));
    put("PRIORITY", &priority(&line["severity"]).to_string());
    put("SYSLOG_IDENTIFIER", "ktrace-tui");
    put("SYSLOG_FACILITY", &FACILITY.to_string());
    for name in ["severity", "rule", "class", "incident", "boot"] {
        if let Some(value) = line[name].as_str() {
            put(&format!("KTRACE_{}", name.to_uppercase()), value);
        }
    }
    put("OBJECT_PID", &line["process"]["pid"].to_string());
    if let Some(whole) = whole {
        put("KTRACE_JSON", whole);
    }
    entry
}
