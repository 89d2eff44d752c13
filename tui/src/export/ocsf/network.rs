//! Network Activity (4001): connections and who waits for them.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::parts::process;
use super::{Class, Object};

/// `ECONNREFUSED`.
const REFUSED: i64 = 111;

/// Whether it succeeded, where that is known.
pub(super) fn status(own: &mut Object, error: Option<i64>) {
    let (id, name) = if error.is_some() { (2, "Failure") } else { (1, "Success") };
    own.insert("status_id".to_owned(), id.into());
    own.insert("status".to_owned(), name.into());
    if let Some(error) = error {
        own.insert("status_code".to_owned(), error.to_string().into());
    }
}

pub(super) fn activity(line: &Value) -> Class {
    let (kind, net) = (line["kind"].as_str().unwrap_or_default(), &line["endpoint"]);
    let error = net["error"].as_i64();
    let activity = match (kind, error) {
        ("connect" | "accept", _) => (1, "Open"),
        ("close", Some(REFUSED)) => (5, "Refuse"),
        ("close", Some(_)) => (4, "Fail"),
        ("close", None) => (2, "Close"),
        ("listen", _) => (7, "Listen"),
        // The handshake of a connect is done.
        (kind, _) => (99, kind),
    };
    let (local, remote) = (endpoint(&net["local"]), endpoint(&net["remote"]));
    let (direction, from, to) = match net["direction"].as_str() {
        Some("outbound") => ((2, "Outbound"), local, remote),
        Some("inbound") => ((1, "Inbound"), remote, local),
        _ => ((0, "Unknown"), None, local),
    };
    let mut own = Object::new();
    status(&mut own, error);
    let protocol = net["protocol"].as_str().unwrap_or_default();
    let mut info = json!({
        "direction_id": direction.0,
        "direction": direction.1,
        "protocol_name": protocol,
        "protocol_num": if protocol == "udp" { 17 } else { 6 },
    });
    let address = [&net["remote"], &net["local"]].into_iter().find_map(address);
    if let Some(address) = address {
        info["protocol_ver_id"] = if address.is_ipv4() { 4 } else { 6 }.into();
    }
    own.insert("connection_info".to_owned(), info);
    // The schema asks for one of them at least.
    own.extend(from.map(|from| ("src_endpoint".to_owned(), from)));
    let nobody = || json!({"name": "unknown"});
    let to = to.or_else(|| (!own.contains_key("src_endpoint")).then(nobody));
    own.extend(to.map(|to| ("dst_endpoint".to_owned(), to)));
    let (out, back) = (net["bytes_sent"].as_u64(), net["bytes_received"].as_u64());
    if let (Some(out), Some(back)) = (out, back) {
        let all = out.saturating_add(back);
        own.insert("traffic".to_owned(), json!({"bytes_out": out, "bytes_in": back, "bytes": all}));
    }
    let mut actor = process(&line["process"]);
    if line["parent"].is_object() {
        actor["parent_process"] = process(&line["parent"]);
    }
    own.insert("actor".to_owned(), json!({"process": actor}));
    own.insert("unmapped".to_owned(), json!({"kind": kind}));
    let activity = (activity.0, activity.1.to_owned());
    let category = (4, "Network Activity");
    Class { uid: 4001, name: "Network Activity", category, activity, severity: "info", own }
}

fn address(text: &Value) -> Option<SocketAddr> {
    text.as_str()?.parse().ok()
}

fn endpoint(text: &Value) -> Option<Value> {
    let address = address(text)?;
    Some(json!({"ip": address.ip().to_string(), "port": address.port()}))
}
