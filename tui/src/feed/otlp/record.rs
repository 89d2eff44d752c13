//! Lines as log records, with the names of the semantic conventions where they have one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde_json::Value;

use crate::detect::Severity;
use crate::feed::item::{Outgoing, Sort};

/// The version of the semantic conventions whose names are used.
const SCHEMA: &str = "https://opentelemetry.io/schemas/1.37.0";

/// A request with all of them. They come from one node.
pub(super) fn request(items: &[Arc<Outgoing>]) -> ExportLogsServiceRequest {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
    let mut resource = Attributes::default();
    resource.text("service.name", "ktrace-tui");
    resource.text("service.version", env!("CARGO_PKG_VERSION"));
    resource.text("os.type", "linux");
    if let Some(item) = items.first() {
        resource.text("host.name", &item.origin.node);
        resource.text("ktrace.boot.id", &item.origin.boot);
    }
    let scope = InstrumentationScope {
        name: "ktrace-tui".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let logs = ScopeLogs {
        scope: Some(scope),
        log_records: items.iter().map(|item| record(item, now)).collect(),
        schema_url: SCHEMA.to_owned(),
    };
    let resource = Resource { attributes: resource.0, ..Resource::default() };
    let logs = ResourceLogs { resource: Some(resource), scope_logs: vec![logs], schema_url: SCHEMA.to_owned() };
    ExportLogsServiceRequest { resource_logs: vec![logs] }
}

fn record(item: &Outgoing, now: u64) -> LogRecord {
    let line = item.value();
    let (number, severity) = severity(item, &line);
    let mut attributes = Attributes::default();
    attributes.text("ktrace.type", item.sort.name());
    attributes.number("ktrace.run", item.origin.run);
    attributes.number("ktrace.seq", item.number);
    for name in ["kind", "rule", "class", "incident", "topic", "health"] {
        attributes.maybe(&format!("ktrace.{name}"), &line[name]);
    }
    if let Some(techniques) = line["mitre"].as_array() {
        attributes.list("ktrace.mitre", techniques);
    }
    process(&mut attributes, &line);
    network(&mut attributes, &line["endpoint"]);
    attributes.text("ktrace.line", &item.line);
    let event_name = match (item.sort, line["kind"].as_str()) {
        (Sort::Event, Some(kind)) => format!("ktrace.event.{kind}"),
        (sort, _) => format!("ktrace.{}", sort.name()),
    };
    LogRecord {
        time_unix_nano: item.time.0,
        observed_time_unix_nano: now,
        severity_number: number.into(),
        severity_text: severity,
        body: Some(text(&body(item.sort, &line))),
        attributes: attributes.0,
        event_name,
        ..LogRecord::default()
    }
}

/// What it says in a line.
fn body(sort: Sort, line: &Value) -> String {
    let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match sort {
        Sort::Finding | Sort::Incident => said(&line["title"]),
        Sort::Status => format!("{}: {}: {}", said(&line["topic"]), said(&line["health"]), said(&line["text"])),
        Sort::Loss => format!("{} of kind {} lost", line["count"], said(&line["kind"])),
        Sort::Event => {
            let process = &line["process"];
            let argv = process["argv"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let argv = argv.collect::<Vec<_>>().join(" ");
            let argv = if argv.is_empty() { said(&process["exe"]) } else { argv };
            format!("{} {} {argv}", said(&line["kind"]), process["pid"])
        }
    }
}

fn severity(item: &Outgoing, line: &Value) -> (SeverityNumber, String) {
    let (number, text) = match (item.sort, item.severity) {
        (_, Some(severity)) => {
            let number = match severity {
                Severity::Critical => SeverityNumber::Fatal,
                Severity::High => SeverityNumber::Error,
                Severity::Medium => SeverityNumber::Warn,
                Severity::Low => SeverityNumber::Info2,
                Severity::Info => SeverityNumber::Info,
            };
            (number, severity.name())
        }
        (Sort::Loss, None) => (SeverityNumber::Warn, "warn"),
        (Sort::Status, None) if line["health"] != "ok" => (SeverityNumber::Warn, "warn"),
        _ => (SeverityNumber::Info, "info"),
    };
    (number, text.to_owned())
}

fn process(attributes: &mut Attributes, line: &Value) {
    let process = &line["process"];
    if let Some(pid) = process["pid"].as_u64() {
        attributes.number("process.pid", pid);
    }
    let parent = if line["parent"].is_object() { &line["parent"] } else { &line["lineage"][0] };
    if let Some(pid) = parent["pid"].as_u64() {
        attributes.number("process.parent_pid", pid);
    }
    attributes.maybe("process.creation.time", &process["start_time"]);
    attributes.maybe("process.executable.path", &process["exe"]);
    if let Some(name) = process["exe"].as_str().and_then(|exe| exe.rsplit('/').next()) {
        attributes.text("process.executable.name", name);
    }
    if let Some(argv) = process["argv"].as_array().filter(|argv| !argv.is_empty()) {
        attributes.list("process.command_args", argv);
    }
    attributes.maybe("process.working_directory", &process["cwd"]);
    if let Some(uid) = process["uid"].as_u64() {
        attributes.number("process.real_user.id", uid);
    }
    if let Some(code) = line["exit"]["code"].as_u64() {
        attributes.number("process.exit.code", code);
        attributes.maybe("process.exit.time", &line["time"]);
    }
    let container = &process["container"];
    attributes.maybe("container.id", &container["id"]);
    attributes.maybe("container.name", &container["name"]);
    attributes.maybe("container.image.name", &container["image"]);
    attributes.maybe("container.runtime.name", &container["runtime"]);
    attributes.maybe("k8s.pod.name", &container["pod"]);
    attributes.maybe("k8s.namespace.name", &container["namespace"]);
    if let Some(service) = process["service"].as_str() {
        attributes.text("ktrace.service", service);
    }
}

fn network(attributes: &mut Attributes, net: &Value) {
    attributes.maybe("network.transport", &net["protocol"]);
    attributes.maybe("ktrace.direction", &net["direction"]);
    for (end, name) in [("local", "network.local"), ("remote", "network.peer")] {
        let Some(address) = net[end].as_str().and_then(|text| text.parse::<SocketAddr>().ok()) else { continue };
        attributes.text(&format!("{name}.address"), &address.ip().to_string());
        attributes.number(&format!("{name}.port"), address.port().into());
        if end == "remote" || net["remote"].is_null() {
            attributes.text("network.type", if address.is_ipv4() { "ipv4" } else { "ipv6" });
        }
    }
}

/// Attributes, as they are gathered.
#[derive(Default)]
struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn put(&mut self, key: &str, value: AnyValue) {
        self.0.push(KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() });
    }

    fn text(&mut self, key: &str, value: &str) {
        self.put(key, text(value));
    }

    /// What is no text is not known.
    fn maybe(&mut self, key: &str, value: &Value) {
        if let Some(value) = value.as_str() {
            self.text(key, value);
        }
    }

    fn number(&mut self, key: &str, value: u64) {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        self.put(key, AnyValue { value: Some(Any::IntValue(value)) });
    }

    fn list(&mut self, key: &str, values: &[Value]) {
        let values = values.iter().filter_map(Value::as_str).map(text).collect();
        self.put(key, AnyValue { value: Some(Any::ArrayValue(ArrayValue { values })) });
    }
}

fn text(value: &str) -> AnyValue {
    AnyValue { value: Some(Any::StringValue(value.to_owned())) }
}
