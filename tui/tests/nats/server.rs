//! A server of NATS with JetStream, for one test: on loopback, with a directory of its own.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, Context, consumer, stream};
use futures_util::StreamExt as _;
use ktrace_tui::feed::{BusOptions, Names, StreamOptions};
use tempfile::TempDir;

/// Longest that something is waited for.
pub(crate) const LATE: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    child: Option<Child>,
    dir: TempDir,
    pub(crate) port: u16,
}

/// What arrived.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) subject: String,
    pub(crate) id: String,
    pub(crate) line: serde_json::Value,
}

impl Server {
    /// One that is not started yet.
    pub(crate) fn new(config: &str) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let store = dir.path().join("store");
        let config = format!("listen: 127.0.0.1:{port}\njetstream {{ store_dir: {store:?} }}\n{config}\n");
        fs::write(dir.path().join("config"), config).unwrap();
        Server { child: None, dir, port }
    }

    pub(crate) fn started(config: &str) -> Server {
        let mut server = Server::new(config);
        server.start();
        server
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn start(&mut self) {
        let log = self.dir.path().join("log");
        let mut command = Command::new("nats-server");
        command.arg("-c").arg(self.dir.path().join("config")).arg("-l").arg(&log);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(child.expect("nats-server is installed"));
        wait("the server", || {
            std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
                && fs::read_to_string(&log).is_ok_and(|log| log.contains("Server is ready"))
        });
    }

    /// Kills it; what it holds stays.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let _ = fs::remove_file(self.dir.path().join("log"));
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn options(&self) -> BusOptions {
        let stream = StreamOptions { name: "KTRACE".to_owned(), replicas: 1, max_age: None, max_bytes: None };
        BusOptions {
            servers: vec![self.url().parse().unwrap()],
            creds: None,
            ca: None,
            identity: None,
            stream,
            names: Names::of_cluster("c"),
            node: "node.1".to_owned(),
        }
    }

    /// The stream, once there are `count` in it.
    pub(crate) async fn holding(&self, count: u64) -> stream::Stream {
        self.holding_as(None, count).await
    }

    async fn holding_as(&self, creds: Option<&Path>, count: u64) -> stream::Stream {
        let context = match creds {
            None => context(&self.url()).await,
            Some(creds) => {
                let options = async_nats::ConnectOptions::with_credentials_file(creds).await.unwrap();
                jetstream::new(options.connect(self.url()).await.unwrap())
            }
        };
        let began = Instant::now();
        loop {
            if let Ok(mut stream) = context.get_stream("KTRACE").await
                && stream.info().await.is_ok_and(|info| info.state.messages >= count)
            {
                return stream;
            }
            assert!(began.elapsed() < LATE, "{count} messages do not arrive");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everything in the stream, once there are `count`.
    pub(crate) async fn all(&self, count: u64) -> Vec<Got> {
        self.all_as(None, count).await
    }

    /// Everything in the stream, once `count` of it are events of the kind exec: others on this machine may be found guilty
    /// of something meanwhile.
    pub(crate) async fn execs_as(&self, creds: Option<&Path>, count: usize) -> Vec<Got> {
        let began = Instant::now();
        loop {
            let got = self.all_as(creds, 0).await;
            let execs = got.iter().filter(|got| got.line["type"] == "event" && got.line["kind"] == "exec").count();
            if execs >= count {
                assert_eq!(execs, count);
                return got;
            }
            assert!(began.elapsed() < LATE, "{execs} of {count} arrive");
        }
    }

    /// The same, as somebody who has credentials.
    pub(crate) async fn all_as(&self, creds: Option<&Path>, count: u64) -> Vec<Got> {
        let stream = self.holding_as(creds, count).await;
        // What should not be there has time to come.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = Instant::now();
        loop {
            // Servers that are agreeing on who leads them have no time for it.
            match handed_out(&stream).await {
                Ok(got) => return got,
                Err(error) => assert!(began.elapsed() < LATE, "what is there is not handed out: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Everything in a stream.
async fn handed_out(stream: &stream::Stream) -> Result<Vec<Got>, Box<dyn std::error::Error>> {
    let consumer = stream.create_consumer(consumer::pull::OrderedConfig::default()).await?;
    let there = stream.get_info().await?.state.messages;
    let mut messages = consumer.messages().await?;
    let mut got = Vec::new();
    while (got.len() as u64) < there {
        // Whoever waits for longer than that may not be woken: see SILENCE in src/feed/nats/read.rs.
        let next = tokio::time::timeout(Duration::from_secs(5), messages.next()).await;
        let next = next.map_err(|_| format!("nothing comes after {} of {there}", got.len()))?;
        let message = next.ok_or("the connection is closed")??;
        let headers = message.headers.clone().unwrap();
        let line = match headers.get("Content-Encoding") {
            Some(encoding) if encoding.as_str() == "zstd" => zstd::decode_all(&message.payload[..]).unwrap(),
            _ => message.payload.to_vec(),
        };
        let id = headers.get("Nats-Msg-Id").unwrap().to_string();
        let line = serde_json::from_slice(&line).unwrap();
        got.push(Got { subject: message.subject.to_string(), id, line });
    }
    Ok(got)
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) async fn context(url: &str) -> Context {
    jetstream::new(async_nats::connect(url).await.unwrap())
}

/// As somebody who has a name and a password.
pub(crate) async fn context_of(url: &str, user: &str, password: &str) -> Context {
    let options = async_nats::ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned());
    jetstream::new(options.connect(url).await.unwrap())
}

/// A stream as somebody else has made it.
pub(crate) async fn make_stream(context: &Context, config: stream::Config) {
    let config = stream::Config { name: "KTRACE".to_owned(), subjects: vec!["ktrace.>".to_owned()], ..config };
    context.create_stream(config).await.unwrap();
}

/// A port that nobody has.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < LATE, "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}
