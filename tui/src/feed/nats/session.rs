//! A connection to the servers of the bus: made, its stream seen to, and messages over it.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::jetstream::context::{ContextBuilder, GetStreamErrorKind, PublishError, PublishErrorKind};
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{Context, ErrorCode, message::PublishMessage};
use async_nats::{ConnectErrorKind, ConnectOptions, Event, ServerAddr, ServerError};
use tokio::sync::watch;

use super::super::item::Sort;
use super::look::{Doubts, Last, Stands};
use super::message::Message;
use super::subject::Names;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a connection that broke is left alone by the library: it is made anew here, so that nothing which was on its
/// way in the old one comes after what the new one brings.
const NEVER: Duration = Duration::from_secs(1 << 30);
/// How long a reader waits at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often it is looked whether the server is still there.
const PING: Duration = Duration::from_secs(10);
/// How long the server knows a message again by its name, in streams that are made here.
const WINDOW: Duration = Duration::from_secs(120);

/// A server, as `nats://host:4222` or `tls://host:4222`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server(ServerAddr);

impl std::fmt::Display for Server {
    /// Without what may be secret in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}:{}", self.0.scheme(), self.0.host(), self.0.port())
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Server, String> {
        let server: ServerAddr = text.parse().map_err(|error: std::io::Error| error.to_string())?;
        match server.scheme() {
            "nats" | "tls" => Ok(Server(server)),
            other => Err(format!("{other}:// is not spoken; nats:// and tls:// are")),
        }
    }
}

/// Where the bus is, and who asks.
#[derive(Clone, Debug)]
pub struct BusOptions {
    /// Its servers; one of them is enough.
    pub servers: Vec<Server>,
    /// Credentials (JWT and seed), as `nsc` writes them.
    pub creds: Option<PathBuf>,
    /// Who may have signed the certificates of the servers, instead of whom this system trusts; asks for TLS.
    pub ca: Option<PathBuf>,
    /// A certificate of our own, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The stream.
    pub stream: StreamOptions,
    /// How subjects are called.
    pub names: Names,
    /// What the server calls this connection, and where it answers: `_INBOX_<node>.>`.
    pub node: String,
}

/// The stream, and how it is made where there is none of that name; one that is there is used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamOptions {
    /// What it is called.
    pub name: String,
    /// How many servers keep it.
    pub replicas: usize,
    /// How long it keeps something.
    pub max_age: Option<Duration>,
    /// How much it keeps.
    pub max_bytes: Option<u64>,
}

/// What became of some messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// How many of the first are settled: kept by the server, or refused for good.
    pub(super) settled: usize,
    /// Of those, the ones refused for good.
    pub(super) refused: Vec<Sort>,
    /// Why the rest is not, or why some were refused.
    pub(super) why: Option<String>,
}

/// A connection.
pub(super) struct Session {
    context: Context,
    names: Names,
    stream: String,
    heard: watch::Receiver<Heard>,
    node: String,
    /// Whether this user may ask what is in the stream.
    asks: bool,
    last: Option<Last>,
}

/// What the library tells beside what it is asked.
#[derive(Clone, Debug, Default)]
struct Heard {
    /// That the connection broke.
    gone: bool,
    /// What the server complained of last.
    complaint: Option<String>,
    /// That it let us not do something: another server of the same bus would not, either.
    denied: bool,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoWay {
    /// In words.
    pub(super) why: String,
    /// True where we are not who may: nothing that passes by itself.
    pub(super) denied: bool,
}

impl From<String> for NoWay {
    fn from(why: String) -> NoWay {
        NoWay { why, denied: false }
    }
}

impl Session {
    /// Connects, and sees that the stream is there. What it starts ends with the runtime that it is called on.
    pub(super) async fn connect(options: &BusOptions) -> Result<Session, NoWay> {
        let (hear, heard) = watch::channel(Heard::default());
        let context = connected(options, prepared(options, hear).await?).await?;
        let asks = ensure(&context, &options.stream).await?;
        let (names, stream, node) = (options.names.clone(), options.stream.name.clone(), options.node.clone());
        Ok(Session { context, names, stream, heard, node, asks, last: None })
    }

    /// Sends messages in their order, and waits for what the server says to each.
    pub(super) async fn publish(&mut self, messages: &[Message]) -> Outcome {
        let mut outcome = Outcome::default();
        let (mut waiting, mut stopped) = (Vec::new(), None);
        for message in messages {
            match self.context.send_publish(message.subject(&self.names), self.packet(message)).await {
                Ok(answer) => waiting.push(Ok(answer)),
                Err(error) if is_final(&error) => waiting.push(Err(error)),
                Err(error) => {
                    stopped = Some(self.told(&error));
                    break;
                }
            }
        }
        for (message, answer) in messages.iter().zip(waiting) {
            let answer = match answer {
                Err(error) => Err(error),
                Ok(answer) => tokio::select! {
                    biased;
                    answer = answer.into_future() => answer,
                    why = gone(&mut self.heard) => return Outcome { why: Some(why), ..outcome },
                },
            };
            match answer {
                Ok(answer) => {
                    let (place, fresh) = (answer.sequence, !answer.duplicate);
                    if self.last.is_none_or(|last| place > last.place) {
                        self.last = Some(Last { place, heard: now(), fresh });
                    }
                }
                Err(error) if is_final(&error) => {
                    outcome.refused.push(message.sort);
                    outcome.why = Some(self.told(&error));
                }
                Err(error) => return Outcome { why: Some(self.told(&error)), ..outcome },
            }
            outcome.settled += 1;
        }
        Outcome { why: stopped.or(outcome.why), ..outcome }
    }

    /// Looks at what stands in the stream under this node's name; `None` where that cannot be told.
    pub(super) async fn look(&mut self) -> Option<Doubts> {
        let last = self.last.filter(|_| self.asks)?;
        let stream = self.context.get_stream_no_info(&self.stream).await.ok()?;
        let message = stream.get_last_raw_message_by_subject(&self.names.of_node(&self.node)).await;
        // Some may ask for the stream, but not for this.
        self.asks = message.is_ok();
        let message = message.ok()?;
        let id = message.headers.get(async_nats::header::NATS_MESSAGE_ID).map(ToString::to_string);
        let kept = message.time.unix_timestamp_nanos();
        let stands = Stands { place: message.sequence, kept, id: id.unwrap_or_default() };
        Some(Doubts::of(&self.node, last, &stands))
    }

    fn packet(&self, message: &Message) -> PublishMessage {
        let packet = PublishMessage::build()
            .payload(message.payload.clone().into())
            .message_id(message.id())
            .expected_stream(&self.stream);
        if message.packed { packet.header("Content-Encoding", "zstd") } else { packet }
    }

    /// True once the server said that this user may not do something.
    pub(super) fn is_denied(&self) -> bool {
        self.heard.borrow().denied
    }

    /// Waits until the connection breaks, and says why.
    pub(super) async fn gone(&mut self) -> String {
        gone(&mut self.heard).await
    }

    fn told(&self, error: &PublishError) -> String {
        let stream = &self.stream;
        match error.kind() {
            PublishErrorKind::StreamNotFound => format!("no stream takes what is sent: is there one called {stream}?"),
            PublishErrorKind::TimedOut => match &self.heard.borrow().complaint {
                Some(complaint) => format!("stream {stream}: {complaint}"),
                None => format!("stream {stream}: no answer within {ANSWER:?}"),
            },
            _ => match answered(error) {
                Some(answer) => format!("stream {stream}: {answer}"),
                None => format!("stream {stream}: {}", causes(error)),
            },
        }
    }
}

async fn gone(heard: &mut watch::Receiver<Heard>) -> String {
    match heard.wait_for(|heard| heard.gone).await {
        Ok(heard) => heard.complaint.clone(),
        Err(_) => None,
    }
    .unwrap_or_else(|| "the connection broke".to_owned())
}

/// Whether the same message would be refused again.
fn is_final(error: &PublishError) -> bool {
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => true,
        _ => [ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM, ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM]
            .iter()
            .any(|code| answered(error).is_some_and(|of| of.error_code() == *code)),
    }
}

/// What JetStream answered, where it did.
fn answered(error: &PublishError) -> Option<&async_nats::jetstream::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

/// A connection that is made anew by itself, for who only reads.
pub(super) async fn reader(options: &BusOptions) -> Result<Context, String> {
    let connect = prepared(options, watch::channel(Heard::default()).0).await?;
    connected(options, connect.reconnect_delay_callback(again)).await.map_err(|no| no.why)
}

/// How long a reader waits before it connects once more.
fn again(attempts: usize) -> Duration {
    let doubled = 1_u32.checked_shl(u32::try_from(attempts).unwrap_or(u32::MAX)).unwrap_or(u32::MAX);
    if attempts <= 1 { Duration::ZERO } else { Duration::from_millis(100).saturating_mul(doubled).min(LONGEST_PAUSE) }
}

async fn connected(options: &BusOptions, connect: ConnectOptions) -> Result<Context, NoWay> {
    let places: Vec<_> = options.servers.iter().map(|Server(at)| format!("{}:{}", at.host(), at.port())).collect();
    let servers: Vec<ServerAddr> = options.servers.iter().map(|Server(server)| server.clone()).collect();
    let client = connect.connect(servers).await;
    let client = client.map_err(|error| NoWay {
        why: format!("no connection to {}: {}", places.join(", "), causes(&error)),
        denied: matches!(error.kind(), ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation),
    })?;
    Ok(ContextBuilder::new().timeout(ANSWER).build(client))
}

async fn prepared(options: &BusOptions, hear: watch::Sender<Heard>) -> Result<ConnectOptions, String> {
    // Where several kinds of cryptography are linked, the library would not know which one to take; that one was chosen
    // already is no fault.
    let _ = async_nats::rustls::crypto::ring::default_provider().install_default();
    let met = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&met);
    let mut connect = ConnectOptions::new()
        .name(format!("ktrace-tui {}", options.node))
        .custom_inbox_prefix(format!("_INBOX_{}", super::token(&options.node)))
        .connection_timeout(CONNECT)
        .request_timeout(Some(ANSWER))
        .ping_interval(PING)
        .reconnect_delay_callback(move |_| if seen.load(Ordering::Acquire) { NEVER } else { Duration::ZERO })
        .event_callback(move |event| {
            match event {
                Event::Connected => met.store(true, Ordering::Release),
                Event::Disconnected | Event::Closed => hear.send_modify(|heard| heard.gone = true),
                Event::ServerError(error) => {
                    let (text, denied) = match error {
                        ServerError::Other(text) => (text.clone(), is_denial(&text)),
                        other => (other.to_string(), other == ServerError::AuthorizationViolation),
                    };
                    hear.send_modify(|heard| {
                        heard.complaint = Some(format!("the server says: {text}"));
                        heard.denied |= denied;
                    });
                }
                _ => {}
            }
            async {}
        });
    // The library leaves what stands in the URL to us.
    let named = options.servers.iter().find_map(|Server(at)| Some((at.username()?, at.password())));
    connect = match named {
        Some((user, Some(password))) => connect.user_and_password(user.to_owned(), password.to_owned()),
        Some((token, None)) => connect.token(token.to_owned()),
        None => connect,
    };
    if let Some(creds) = &options.creds {
        let read = connect.credentials_file(creds).await;
        connect = read.map_err(|error| format!("cannot use {}: {error}", creds.display()))?;
    }
    if let Some(ca) = &options.ca {
        connect = connect.add_root_certificates(ca.clone()).require_tls(true);
    }
    if let Some((cert, key)) = &options.identity {
        connect = connect.add_client_certificate(cert.clone(), key.clone()).require_tls(true);
    }
    Ok(connect)
}

/// Whether the server said that somebody may not do something.
fn is_denial(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["permissions violation", "authorization violation", "authentication"].iter().any(|word| text.contains(word))
}

/// Makes the stream where there is none; whether the server answered. Whoever may not ask for it goes on: what is sent tells whether it is there.
async fn ensure(context: &Context, options: &StreamOptions) -> Result<bool, String> {
    let name = &options.name;
    match context.get_stream(name).await {
        Ok(_) => return Ok(true),
        Err(error) => match error.kind() {
            GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {}
            GetStreamErrorKind::JetStream(error) => return Err(format!("stream {name}: {error}")),
            GetStreamErrorKind::Request => return Ok(false),
            other => return Err(format!("stream {name}: {other}")),
        },
    }
    let config = Config {
        name: name.clone(),
        subjects: vec![Names::everything()],
        max_bytes: options.max_bytes.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(-1),
        max_age: options.max_age.unwrap_or_default(),
        num_replicas: options.replicas,
        duplicate_window: options.max_age.map_or(WINDOW, |age| age.min(WINDOW)),
        allow_direct: true,
        description: Some("What ktrace-tui agents tell".to_owned()),
        ..Config::default()
    };
    context.create_stream(config).await.map(|_| true).map_err(|error| format!("cannot make stream {name}: {error}"))
}

/// The wall clock: nanoseconds since 1970.
fn now() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
}

/// An error, and what is behind it where it does not say so itself.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(of) = cause {
        let more = of.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = of.source();
    }
    text
}
