//! OpenTelemetry logs to a collector: OTLP over gRPC or HTTP, as opentelemetry-proto has it.
//!
//! The exporter of opentelemetry-otlp is not what sends: it hides what a collector answers (how many records it refused,
//! when to come back), which is just what is counted and kept to here.

mod grpc;
mod record;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use prost::Message as _;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use self::grpc::Grpc;
use super::http::{Authority, Poster};
use super::item::Outgoing;
use super::sink::{Batch, Sink, Trouble};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it is waited for more, so that not every finding is a request.
const LINGER: Duration = Duration::from_millis(200);

/// How it is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// Protobuf over HTTP.
    Http,
}

/// Sends log records.
#[derive(Debug)]
pub struct Otlp {
    to: To,
}

#[derive(Debug)]
enum To {
    Grpc(Box<Grpc>),
    Http(Poster, Box<Url>),
}

impl Otlp {
    /// Sends to the collector at `url`; the protocol is that of the port (4318 is HTTP) unless it is said. Each of
    /// `headers` goes with every request. `authority` signs for the collector, where that is not one that the system trusts.
    ///
    /// # Errors
    /// What is wrong with the address or a header.
    pub fn new(
        url: &str,
        protocol: Option<Protocol>,
        headers: &[(String, String)],
        authority: Option<&Authority>,
    ) -> Result<Otlp, String> {
        let mut url = super::http::address(url, true)?;
        let of_port = if url.port() == Some(4318) { Protocol::Http } else { Protocol::Grpc };
        let to = match protocol.unwrap_or(of_port) {
            Protocol::Grpc => {
                if url.port().is_none() {
                    url.set_port(Some(4317)).map_err(|()| "it can have no port")?;
                }
                To::Grpc(Box::new(Grpc::new(&url, headers, PATIENCE, authority)?))
            }
            Protocol::Http => {
                let path = url.path().trim_end_matches('/');
                if !path.ends_with("/v1/logs") {
                    let path = format!("{path}/v1/logs");
                    url.set_path(&path);
                }
                To::Http(Poster::new(&url, header_map(headers)?, PATIENCE, authority)?, Box::new(url))
            }
        };
        Ok(Otlp { to })
    }
}

impl Sink for Otlp {
    fn batch(&self) -> Batch {
        Batch { linger: LINGER, ..Batch::default() }
    }

    fn patience(&self) -> Duration {
        PATIENCE + Duration::from_secs(2)
    }

    async fn send(&mut self, items: &[Arc<Outgoing>]) -> Result<(), Trouble> {
        let request = record::request(items);
        let response = match &mut self.to {
            To::Grpc(grpc) => grpc.export(request, items.len()).await?,
            To::Http(poster, url) => {
                let posted = poster.post(url, "application/x-protobuf", request.encode_to_vec()).await;
                let answer = posted.map_err(|answer| answer.trouble(items.len()))?;
                // One that says nothing that can be read has taken it all the same.
                ExportLogsServiceResponse::decode(&answer[..]).unwrap_or_default()
            }
        };
        match response.partial_success {
            Some(ExportLogsPartialSuccess { rejected_log_records, error_message }) if rejected_log_records > 0 => {
                let count = usize::try_from(rejected_log_records).unwrap_or(usize::MAX);
                Err(Trouble::Refused { why: error_message, count })
            }
            _ => Ok(()),
        }
    }
}

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let wrong = || format!("`{name}` is no header");
        let key: HeaderName = name.parse().map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        map.insert(key, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests;
