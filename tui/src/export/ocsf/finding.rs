//! Detection Finding (2004): what was found, with what shows it.

use serde_json::{Value, json};

use super::parts::{millis, process, with_parents};
use super::{Class, Object};

pub(super) fn finding(line: &Value) -> Class {
    let severity = match line["severity"].as_str() {
        Some("critical") => "critical",
        Some("high") => "high",
        Some("medium") => "medium",
        Some("low") => "low",
        _ => "info",
    };
    let muted = line["muted"].as_str();
    let mut own = Object::new();
    let mut put = |name: &str, value: Value| own.insert(name.to_owned(), value);
    put("message", line["title"].clone());
    put("finding_info", info(line));
    put("evidences", line["why"].as_array().into_iter().flatten().map(evidence).collect());
    let lineage = line["lineage"].as_array().map_or(&[][..], Vec::as_slice);
    put("actor", json!({"process": with_parents(process(&line["process"]), lineage)}));
    put("is_alert", (muted.is_none() && matches!(severity, "critical" | "high")).into());
    let (status_id, status) = if muted.is_some() { (3, "Suppressed") } else { (1, "New") };
    put("status_id", status_id.into());
    put("status", status.into());
    if let Some(because) = muted {
        put("status_detail", because.into());
    }
    let container = &line["process"]["container"];
    if let Some(id) = container["id"].as_str() {
        let mut resource = json!({"uid": id, "type": "container"});
        if let Some(name) = container["name"].as_str() {
            resource["name"] = name.into();
        }
        put("resources", json!([resource]));
    }
    let mut rest = json!({});
    for name in ["failed", "complete", "incident", "others"] {
        rest[name] = line[name].clone();
    }
    put("unmapped", rest);
    let activity = (1, "Create".to_owned());
    Class { uid: 2004, name: "Detection Finding", category: (2, "Findings"), activity, severity, own }
}

fn info(line: &Value) -> Value {
    let why: Vec<_> =
        line["why"].as_array().into_iter().flatten().filter_map(|why| why["predicate"].as_str()).collect();
    let rule = line["rule"].as_str().unwrap_or_default();
    let process = &line["process"];
    // Where the agent numbered it, that; else what is the same whenever the recording is read.
    let uid = match (line["boot"].as_str(), line["run"].as_u64(), line["seq"].as_u64()) {
        (Some(boot), Some(run), Some(seq)) => format!("{boot}-{run}-{seq}"),
        _ => format!("{rule}-{}-{}", process["pid"], line["time"].as_str().unwrap_or_default()),
    };
    json!({
        "uid": uid,
        "title": line["title"],
        "desc": why.join("; "),
        "types": [line["class"]],
        "created_time": millis(&line["time"]),
        "analytic": {"uid": rule, "name": rule, "type_id": 1, "type": "Rule"},
        "attacks": line["mitre"].as_array().into_iter().flatten().filter_map(attack).collect::<Value>(),
    })
}

/// A technique of ATT&CK, or a part of one.
fn attack(id: &Value) -> Option<Value> {
    let id = id.as_str()?;
    let technique = id.split('.').next().unwrap_or(id);
    let mut attack = json!({"technique": {"uid": technique}});
    if technique != id {
        attack["sub_technique"] = json!({"uid": id});
    }
    Some(attack)
}

fn evidence(why: &Value) -> Value {
    json!({
        "name": why["predicate"],
        "process": process(&why["event"]["process"]),
        "data": {"kind": why["event"]["kind"], "time": why["event"]["time"], "text": why["event"]["text"]},
    })
}
