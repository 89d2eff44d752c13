//! An HTTP server of the test's own, on loopback, that answers as it is told.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::papers::Papers;

/// What was asked.
#[derive(Clone, Debug)]
pub(in crate::feed) struct Asked {
    /// The first line and the headers, in lower case.
    pub(in crate::feed) head: String,
    pub(in crate::feed) body: Vec<u8>,
}

/// Answers, one after the other, and then 200: a status line with headers, and a body; or silence for a while.
#[derive(Clone, Debug)]
pub(in crate::feed) enum Answer {
    Says(&'static str, Vec<u8>),
    Silence(Duration),
}

/// A server that lives as long as the test.
#[derive(Clone)]
pub(in crate::feed) struct Server {
    pub(in crate::feed) address: SocketAddr,
    pub(in crate::feed) asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(in crate::feed) fn answering(answers: impl IntoIterator<Item = Answer>) -> Server {
        Server::start(answers, None)
    }

    /// One that shows a certificate first.
    pub(in crate::feed) fn secure(papers: &Papers) -> Server {
        Server::start([], Some(papers.config()))
    }

    fn start(answers: impl IntoIterator<Item = Answer>, tls: Option<Arc<ServerConfig>>) -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Arc<Mutex<VecDeque<Answer>>> = Arc::new(Mutex::new(answers.into_iter().collect()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Server { address, asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, asked, tls) = (Arc::clone(&answers), Arc::clone(&asked), tls.clone());
                thread::spawn(move || match tls {
                    None => serve(stream, &answers, &asked),
                    Some(config) => {
                        let session = ServerConnection::new(config).unwrap();
                        serve(StreamOwned::new(session, stream), &answers, &asked);
                    }
                });
            }
        });
        server
    }

    pub(in crate::feed) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn serve(stream: impl Read + Write, answers: &Mutex<VecDeque<Answer>>, asked: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        asked.lock().unwrap().push(Asked { head, body });
        let answer = answers.lock().unwrap().pop_front().unwrap_or(Answer::Says("200 OK", Vec::new()));
        match answer {
            Answer::Silence(time) => {
                thread::sleep(time);
                return;
            }
            Answer::Says(head, body) => {
                let length = body.len();
                let out = reader.get_mut();
                let _ = write!(out, "HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n");
                let _ = out.write_all(&body).and_then(|()| out.flush());
            }
        }
    }
}
