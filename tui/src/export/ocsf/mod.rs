//! Events and findings as the Open Cybersecurity Schema Framework has them, version 1.5.0: Process Activity (1007),
//! Network Activity (4001) and Detection Finding (2004).
//!
//! Made of the lines of docs/JSON.md, so that nothing can stand here that was taken out there. What the schema has no
//! place for is in `unmapped`.

mod activity;
mod finding;
mod network;
mod parts;

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::json;
use crate::detect::Finding;
use crate::model::{Event, Model};

/// The version of the schema.
pub const VERSION: &str = "1.5.0";

/// An object, as it is put together.
type Object = Map<String, Value>;

/// What an object of the schema says, of a line as docs/JSON.md has it; `node` is the host name where the line has none.
/// `None` for what the three classes have no room for: incidents (their findings name them), losses and statuses.
pub fn object(line: &Value, node: &str) -> Option<Value> {
    let made = match line["type"].as_str()? {
        "event" if line["endpoint"].is_object() => network::activity(line),
        "event" => activity::activity(line),
        "finding" => finding::finding(line),
        _ => return None,
    };
    Some(Value::Object(common(made, line, node)))
}

/// Writes the line of an event that `model` has taken in already; nothing for what [`object`] has none for.
///
/// # Errors
/// Whatever writing gives.
pub fn write_event(out: &mut impl Write, event: &Event, model: &Model) -> io::Result<()> {
    let mut line = Vec::new();
    json::write_event(&mut line, event, model)?;
    write(out, &line, model)
}

/// Writes the line of a finding.
///
/// # Errors
/// Whatever writing gives.
pub fn write_finding(out: &mut impl Write, finding: &Finding, model: &Model) -> io::Result<()> {
    let mut line = Vec::new();
    json::write_finding(&mut line, finding, model)?;
    write(out, &line, model)
}

fn write(out: &mut impl Write, line: &[u8], model: &Model) -> io::Result<()> {
    if line.is_empty() {
        return Ok(());
    }
    let line = serde_json::from_slice(line)?;
    let Some(object) = object(&line, &model.boot().host) else { return Ok(()) };
    serde_json::to_writer(&mut *out, &object)?;
    out.write_all(b"\n")
}

/// What sort of object it is.
struct Class {
    uid: u64,
    name: &'static str,
    category: (u64, &'static str),
    activity: (u64, String),
    severity: &'static str,
    own: Object,
}

/// The class, and what every object has.
fn common(class: Class, line: &Value, node: &str) -> Object {
    let Class { uid, name, category, activity, severity, own } = class;
    let (severity_id, severity) = parts::severity(severity);
    let mut object = Object::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("class_uid", uid.into());
    put("class_name", name.into());
    put("category_uid", category.0.into());
    put("category_name", category.1.into());
    put("activity_id", activity.0.into());
    put("activity_name", activity.1.as_str().into());
    put("type_uid", (uid * 100 + activity.0).into());
    put("type_name", format!("{name}: {}", if activity.0 == 99 { "Other" } else { &activity.1 }).into());
    put("severity_id", severity_id.into());
    put("severity", severity.into());
    put("time", parts::millis(&line["time"]));
    put("metadata", metadata(line));
    let mut device = json!({"type_id": 0, "type": "Unknown", "os": {"name": "Linux", "type_id": 200, "type": "Linux"}});
    device["hostname"] = line["node"].as_str().unwrap_or(node).into();
    if let Some(boot) = line["boot"].as_str() {
        device["boot_uid"] = boot.into();
    }
    put("device", device);
    object.extend(own);
    object
}

fn metadata(line: &Value) -> Value {
    let mut metadata = json!({
        "version": VERSION,
        "product": {"name": "ktrace-tui", "vendor_name": "ktrace-tui", "version": env!("CARGO_PKG_VERSION")},
        "profiles": ["host", "container", "linux/linux_users"],
        "original_time": line["time"],
    });
    if let (Some(boot), Some(run), Some(seq)) = (line["boot"].as_str(), line["run"].as_u64(), line["seq"].as_u64()) {
        metadata["uid"] = format!("{boot}-{run}-{seq}").into();
        metadata["sequence"] = seq.into();
    }
    if let Some(incident) = line["incident"].as_str() {
        metadata["correlation_uid"] = incident.into();
    }
    metadata
}

#[cfg(test)]
mod tests;
