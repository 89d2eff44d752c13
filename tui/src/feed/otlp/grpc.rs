//! OTLP over gRPC, and what its statuses mean.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use prost::Message;
use reqwest::Url;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

use crate::feed::http::{self, Authority};
use crate::feed::sink::Trouble;

/// How long it may take until somebody is reached.
const REACHING: Duration = Duration::from_secs(5);

/// A collector; it is connected to when something is sent, and again when that went away.
#[derive(Debug)]
pub(super) struct Grpc {
    endpoint: Endpoint,
    client: Option<LogsServiceClient<Channel>>,
    headers: Vec<(AsciiMetadataKey, AsciiMetadataValue)>,
}

impl Grpc {
    pub(super) fn new(
        url: &Url,
        headers: &[(String, String)],
        patience: Duration,
        authority: Option<&Authority>,
    ) -> Result<Grpc, String> {
        let endpoint = Endpoint::from_shared(url.to_string()).map_err(|error| error.to_string())?;
        let mut endpoint = endpoint.connect_timeout(REACHING).timeout(patience);
        if url.scheme() == "https" {
            if !http::cryptography() {
                return Err("there is no code for TLS".to_owned());
            }
            let tls = match authority {
                Some(authority) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem())),
                None => ClientTlsConfig::new().with_native_roots(),
            };
            let told = |error| format!("there is no TLS here{}", http::causes(&error));
            endpoint = endpoint.tls_config(tls).map_err(told)?;
        }
        let mut own = Vec::new();
        for (name, value) in headers {
            let wrong = || format!("`{name}` is no header");
            let key = name.to_ascii_lowercase().parse().map_err(|_| wrong())?;
            own.push((key, value.parse().map_err(|_| wrong())?));
        }
        Ok(Grpc { endpoint, client: None, headers: own })
    }

    pub(super) async fn export(
        &mut self,
        request: ExportLogsServiceRequest,
        count: usize,
    ) -> Result<ExportLogsServiceResponse, Trouble> {
        // It needs the runtime that it is used on.
        let client = self.client.get_or_insert_with(|| LogsServiceClient::new(self.endpoint.connect_lazy()));
        let mut request = Request::new(request);
        for (key, value) in &self.headers {
            request.metadata_mut().insert(key.clone(), value.clone());
        }
        client.export(request).await.map(tonic::Response::into_inner).map_err(|status| trouble(&status, count))
    }
}

/// What the specification of OTLP says of a status: who is overloaded for good says when to come back.
fn trouble(status: &Status, count: usize) -> Trouble {
    let after = retry_delay(status.details());
    let (code, message) = (status.code(), status.message());
    let why = if message.is_empty() { format!("answered {code:?}") } else { format!("answered {code:?}: {message}") };
    let passes = matches!(
        code,
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
    );
    match passes || code == Code::ResourceExhausted && after.is_some() {
        true => Trouble::Later { why, after },
        false => Trouble::Refused { why, count },
    }
}

/// `google.rpc.Status`, as far as it is needed.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Details {
    #[prost(message, repeated, tag = "3")]
    pub(super) details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Any {
    #[prost(string, tag = "1")]
    pub(super) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub(super) delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Delay {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

fn retry_delay(details: &[u8]) -> Option<Duration> {
    let details = Details::decode(details).ok()?.details;
    let info = details.iter().find(|any| any.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(&info.value[..]).ok()?.delay.unwrap_or_default();
    Some(Duration::new(
        u64::try_from(delay.seconds).unwrap_or_default(),
        u32::try_from(delay.nanos).unwrap_or_default().min(999_999_999),
    ))
}
