//! A daemon that behaves, or misbehaves, as told: just enough HTTP on a unix socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Well,
    /// With a page for people.
    NotJson,
    /// With JSON of somebody else.
    OtherJson,
    /// With bytes that are not HTTP.
    NotHttp,
    Error500,
    /// Takes the connection and says nothing.
    Hang,
    /// Lists, then ends in the middle of an event.
    BreakEvents,
}

#[derive(Default)]
struct State {
    manner: Mutex<Option<Manner>>,
    containers: Mutex<String>,
    streams: Mutex<Vec<UnixStream>>,
    hung: Mutex<Vec<UnixStream>>,
    requests: Mutex<Vec<String>>,
    stop: AtomicBool,
}

pub(super) struct Fake {
    state: Arc<State>,
    path: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    pub(super) fn start(path: &Path, manner: Manner) -> Fake {
        let listener = UnixListener::bind(path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let state = Arc::new(State::default());
        *state.manner.lock().unwrap() = Some(manner);
        *state.containers.lock().unwrap() = "[]".into();
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || {
            while !shared.stop.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let shared = Arc::clone(&shared);
                        thread::spawn(move || {
                            // A client that hangs up early is no failure of the fake.
                            let _ = serve(&shared, stream);
                        });
                    }
                    Err(_) => thread::sleep(Duration::from_millis(2)),
                }
            }
        });
        Fake { state, path: path.to_owned(), thread: Some(thread) }
    }

    pub(super) fn behave(&self, manner: Manner) {
        *self.state.manner.lock().unwrap() = Some(manner);
        self.state.hung.lock().unwrap().clear();
    }

    /// (id, name, state) of each container.
    pub(super) fn has(&self, containers: &[(&str, &str, &str)]) {
        let list: Vec<String> = containers
            .iter()
            .map(|(id, name, state)| {
                format!(r#"{{"Id":"{id}","Names":["/{name}"],"Image":"img","State":"{state}","Labels":{{"a":"b"}}}}"#)
            })
            .collect();
        *self.state.containers.lock().unwrap() = format!("[{}]", list.join(","));
    }

    pub(super) fn event(&self, action: &str, id: &str, name: &str) {
        self.event_at(action, id, name, u64::from(u32::MAX) * 1_000_000_000);
    }

    pub(super) fn event_at(&self, action: &str, id: &str, name: &str, nanos: u64) {
        let actor = format!(r#"{{"ID":"{id}","Attributes":{{"name":"{name}","image":"img","a":"b"}}}}"#);
        let line = format!(r#"{{"Type":"container","Action":"{action}","Actor":{actor},"timeNano":{nanos}}}"#);
        for stream in self.state.streams.lock().unwrap().iter_mut() {
            let _ = write!(stream, "{:x}\r\n{line}\n\r\n", line.len() + 1);
        }
    }

    pub(super) fn followers(&self) -> usize {
        self.state.streams.lock().unwrap().len()
    }

    pub(super) fn requests(&self, path: &str) -> usize {
        self.state.requests.lock().unwrap().iter().filter(|request| request.starts_with(path)).count()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.state.streams.lock().unwrap().clear();
        self.state.hung.lock().unwrap().clear();
        let _ = std::fs::remove_file(&self.path);
    }
}

fn serve(state: &State, mut stream: UnixStream) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    let manner = state.manner.lock().unwrap().unwrap();
    if manner == Manner::Hang {
        state.hung.lock().unwrap().push(stream);
        return Ok(());
    }
    let mut head = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    state.requests.lock().unwrap().push(path.clone());
    match manner {
        Manner::NotJson => answer(&mut stream, "200 OK", "<html>Welcome to nginx!</html>"),
        Manner::OtherJson => answer(&mut stream, "200 OK", "{\"status\":\"ok\"}"),
        Manner::NotHttp => stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n"),
        Manner::Error500 => {
            answer(&mut stream, "500 Internal Server Error", "{\"message\":\"disk full\\nsecond line\"}")
        }
        _ if path.starts_with("/events") => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            if manner == Manner::BreakEvents {
                return stream.write_all(b"40\r\n{\"Type\":\"container\",");
            }
            state.streams.lock().unwrap().push(stream);
            Ok(())
        }
        _ if path.starts_with("/containers/json") => {
            let list = state.containers.lock().unwrap().clone();
            answer(&mut stream, "200 OK", &list)
        }
        _ if path.starts_with("/_ping") => answer(&mut stream, "200 OK", "OK"),
        _ => answer(
            &mut stream,
            "200 OK",
            r#"{"Version":"99.1","ApiVersion":"1.41","Components":[{"Name":"Engine","Version":"99.1"}]}"#,
        ),
    }
}

fn answer(stream: &mut UnixStream, status: &str, body: &str) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}
