//! The other side of the bus: what nodes sent, as it was made, or refused.
//!
//! Who sends is not trusted: a message is what its subject says, as the server lets each user publish to its own subjects
//! alone, and what says something else inside is refused and counted.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::header::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::pull::{Ordered, OrderedConfig};
use async_nats::jetstream::consumer::{DeliverPolicy, OrderedPullConsumer};
use futures_util::StreamExt as _;
use serde_json::Value;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::super::item::Sort;
use super::message::unpacked;
use super::session::{BusOptions, reader};
use super::subject::{Names, name_of, token};
use crate::model::Time;

/// How long nothing may come before it is asked whether there is something. Where a server is gone that knew how far this
/// reader was, the library notices by two heartbeats that do not come, in a minute; and of the first it says that nothing is
/// there yet without seeing to it that it is asked again, so that who waits for it may not be woken.
const SILENCE: Duration = Duration::from_secs(3);

/// A line that came over the bus.
#[derive(Clone, Debug, PartialEq)]
pub struct BusLine {
    /// What it is.
    pub sort: Sort,
    /// The cluster of the node.
    pub cluster: String,
    /// The node that sent it.
    pub node: String,
    /// That node's boot.
    pub boot: String,
    /// The run of its agent within the boot.
    pub run: u64,
    /// The number of the line within the run.
    pub number: u64,
    /// When the server took it, by the server's clock. Times in the line are by the node's.
    pub kept: Time,
    /// The line, as docs/JSON.md has it.
    pub line: Value,
}

/// Why something is not taken for a line of a node.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// `ktrace.<cluster>.<node>.<kind>` is expected.
    #[error("its subject is none of an agent")]
    Subject,
    /// It is packed, and not with zstd, or unpacks to more than a line may have.
    #[error("it does not unpack")]
    Packed,
    /// It is no JSON, or lacks what each line has.
    #[error("it is no line of an agent")]
    Line,
    /// Its `type` is not the kind of its subject.
    #[error("it is of another kind than its subject says")]
    Kind,
    /// Its `node` is not the node of its subject.
    #[error("it names another node than its subject does")]
    Node,
}

/// Reads what is in a stream, and then what comes.
pub struct BusReader {
    context: Context,
    stream: String,
    config: OrderedConfig,
    messages: Ordered,
    /// The place in the stream of what was read last; 0 before there is any.
    last: u64,
    /// When something came last, or it was asked whether there is something.
    heard: Instant,
    refused: BTreeMap<Refusal, u64>,
}

impl BusReader {
    /// Begins with what the server took at `since`, or with the first that it has.
    ///
    /// # Errors
    /// When there is no connection, or no such stream.
    pub async fn since(options: &BusOptions, since: Option<Time>) -> Result<BusReader, String> {
        BusReader::of(options, since, &Names::everything()).await
    }

    /// As [`BusReader::since`], of what was sent to `subject` alone, which may have wildcards.
    ///
    /// # Errors
    /// As there.
    pub async fn of(options: &BusOptions, since: Option<Time>, subject: &str) -> Result<BusReader, String> {
        let context = reader(options).await?;
        let name = &options.stream.name;
        let failed = |error: &dyn std::error::Error| format!("stream {name}: {error}");
        let deliver_policy = match since {
            None => DeliverPolicy::All,
            Some(Time(since)) => {
                let start_time = async_nats::datetime::from_nanos(since.into()).map_err(|error| error.to_string())?;
                DeliverPolicy::ByStartTime { start_time }
            }
        };
        let config = OrderedConfig { deliver_policy, filter_subject: subject.to_owned(), ..OrderedConfig::default() };
        let messages = begun(&context, name, config.clone()).await.map_err(|error| failed(&*error))?;
        let (stream, heard) = (name.clone(), Instant::now());
        Ok(BusReader { context, stream, config, messages, last: 0, heard, refused: BTreeMap::new() })
    }

    /// The next line; what is refused is counted and passed over. `None` when the connection is closed.
    ///
    /// # Errors
    /// When the server no longer hands out what it has; the next call asks once more.
    pub async fn next(&mut self) -> Option<Result<BusLine, String>> {
        loop {
            let message = match timeout_at(self.heard + SILENCE, self.messages.next()).await {
                Ok(next) => match next? {
                    Ok(message) => message,
                    Err(error) => {
                        if self.heard.elapsed() >= SILENCE {
                            self.catch_up().await;
                        }
                        return Some(Err(error.to_string()));
                    }
                },
                Err(_) => {
                    self.catch_up().await;
                    continue;
                }
            };
            self.heard = Instant::now();
            self.last = message.info().map_or(self.last, |info| info.stream_sequence);
            let kept = message.info().ok().map(|info| info.published.unix_timestamp_nanos());
            let kept = Time(kept.and_then(|kept| u64::try_from(kept).ok()).unwrap_or_default());
            match decode(&message.subject, message.headers.as_ref(), &message.payload) {
                Ok(line) => return Some(Ok(BusLine { kept, ..line })),
                Err(refusal) => *self.refused.entry(refusal).or_default() += 1,
            }
        }
    }

    /// Begins anew behind what was read last, where there is more. A server that does not answer is asked later.
    async fn catch_up(&mut self) {
        let stream = self.context.get_stream(&self.stream).await;
        if stream.is_ok_and(|stream| stream.cached_info().state.last_sequence > self.last) {
            let deliver_policy = match self.last {
                0 => self.config.deliver_policy,
                last => DeliverPolicy::ByStartSequence { start_sequence: last + 1 },
            };
            let config = OrderedConfig { deliver_policy, ..self.config.clone() };
            if let Ok(messages) = begun(&self.context, &self.stream, config).await {
                self.messages = messages;
            }
        }
        self.heard = Instant::now();
    }

    /// How many were refused, and why.
    pub fn refused(&self) -> &BTreeMap<Refusal, u64> {
        &self.refused
    }
}

async fn begun(
    context: &Context,
    stream: &str,
    config: OrderedConfig,
) -> Result<Ordered, Box<dyn std::error::Error + Send + Sync>> {
    let consumer: OrderedPullConsumer = context.get_stream(stream).await?.create_consumer(config).await?;
    Ok(consumer.messages().await?)
}

/// A message as the line that it is; `kept` is not known here.
pub(super) fn decode(subject: &str, headers: Option<&HeaderMap>, payload: &[u8]) -> Result<BusLine, Refusal> {
    let mut parts = subject.split('.');
    let (Some("ktrace"), Some(cluster), Some(of), Some(kind), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Subject);
    };
    let cluster = name_of(cluster).ok_or(Refusal::Subject)?;
    let sort = Sort::ALL.into_iter().find(|sort| sort.name() == kind).ok_or(Refusal::Subject)?;
    let packed = match headers.and_then(|headers| headers.get("Content-Encoding")) {
        None => false,
        Some(encoding) if encoding.as_str() == "zstd" => true,
        Some(_) => return Err(Refusal::Packed),
    };
    let line = unpacked(payload, packed).ok_or(Refusal::Packed)?;
    let line: Value = serde_json::from_slice(&line).map_err(|_| Refusal::Line)?;
    let text = |field: &str| line.get(field).and_then(Value::as_str).map(str::to_owned).ok_or(Refusal::Line);
    let number = |field: &str| line.get(field).and_then(Value::as_u64).ok_or(Refusal::Line);
    let (node, boot, run, number) = (text("node")?, text("boot")?, number("run")?, number("seq")?);
    if text("type")? != kind {
        return Err(Refusal::Kind);
    }
    if token(&node) != of {
        return Err(Refusal::Node);
    }
    Ok(BusLine { sort, cluster, node, boot, run, number, kept: Time(0), line })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = r#"{"type":"finding","node":"a.b","boot":"x","run":5,"seq":7}"#;

    fn told(subject: &str, line: &str) -> Result<(String, u64), Refusal> {
        decode(subject, None, line.as_bytes()).map(|line| (line.node, line.number))
    }

    #[test]
    fn what_says_what_its_subject_says_is_taken() {
        assert_eq!(told("ktrace.c.a%2Eb.finding", LINE), Ok(("a.b".to_owned(), 7)));
        assert_eq!(told("ktrace.c.a%2Eb.event", LINE), Err(Refusal::Kind));
        assert_eq!(told("ktrace.c.ab.finding", LINE), Err(Refusal::Node));
        assert_eq!(told("ktrace.c.a.b.finding", LINE), Err(Refusal::Subject));
        assert_eq!(told("ktrace.c.a%2Eb.opinion", LINE), Err(Refusal::Subject));
        assert_eq!(told("ktrace.c.a%2Eb.finding", &LINE.replace("seq", "sec")), Err(Refusal::Line));
        assert_eq!(told("ktrace.c.a%2Eb.finding", "[1"), Err(Refusal::Line));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_line_or_refused(subject in "(ktrace|x)(\\.[a-z%]{0,8}){0,4}", packed: bool, payload: Vec<u8>) {
            let mut headers = HeaderMap::new();
            if packed {
                headers.insert("Content-Encoding", "zstd");
            }
            prop_assert!(decode(&subject, Some(&headers), &payload).is_err());
            prop_assert!(decode("ktrace.c.a%2Eb.finding", Some(&headers), &payload).is_err());
        }
    }
}
