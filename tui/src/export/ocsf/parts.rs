//! What several classes have in common: processes, containers, moments, severities.

use chrono::DateTime;
use serde_json::{Value, json};

/// The number and the name of a severity of ours.
pub(super) fn severity(name: &str) -> (u64, &'static str) {
    match name {
        "critical" => (5, "Critical"),
        "high" => (4, "High"),
        "medium" => (3, "Medium"),
        "low" => (2, "Low"),
        _ => (1, "Informational"),
    }
}

/// A moment as the schema has it: milliseconds since 1970.
pub(super) fn millis(time: &Value) -> Value {
    let moment = time.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    moment.map_or(0, |moment| moment.timestamp_millis()).into()
}

/// The last component of a path.
fn name(path: &str) -> &str {
    path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(path)
}

/// What names a process and no other on its node: its pid and when it started.
fn uid(process: &Value) -> Option<String> {
    Some(format!("{}@{}", process["pid"].as_u64()?, process["start_time"].as_str()?))
}

/// Arguments as a line: those that a shell would take apart stand in quotes.
fn line(argv: &[Value]) -> String {
    let words = argv.iter().filter_map(Value::as_str).map(|word| {
        let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./:=,@%+".contains(c));
        if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Adds to a file what is in it, where that is known.
pub(super) fn content(file: &mut Value, sha256: &Value) {
    if sha256.is_string() {
        file["hashes"] = json!([{"algorithm_id": 3, "algorithm": "SHA-256", "value": sha256}]);
    }
}

/// A process, or as much of it as a line tells.
pub(super) fn process(of: &Value) -> Value {
    let mut made = json!({});
    if let Some(pid) = of["pid"].as_u64() {
        made["pid"] = pid.into();
    }
    if let Some(uid) = uid(of) {
        made["uid"] = uid.into();
        made["created_time"] = millis(&of["start_time"]);
    }
    if let Some(exe) = of["exe"].as_str() {
        made["name"] = name(exe).into();
        made["file"] = json!({"name": name(exe), "path": exe, "type_id": 1, "type": "Regular File"});
        content(&mut made["file"], &of["sha256"]);
    }
    if let Some(argv) = of["argv"].as_array().filter(|argv| !argv.is_empty()) {
        made["cmd_line"] = line(argv).into();
    }
    if let Some(cwd) = of["cwd"].as_str() {
        made["working_directory"] = cwd.into();
    }
    if let Some(user) = of["uid"].as_u64() {
        let (id, name) = if user == 0 { (2, "Admin") } else { (1, "User") };
        made["user"] = json!({"uid": user.to_string(), "type_id": id, "type": name});
    }
    if let Some(session) = session(&of["login"]) {
        made["session"] = session;
    }
    if let Some(container) = container(&of["container"]) {
        made["container"] = container;
    }
    made
}

/// The login that a process comes from.
fn session(of: &Value) -> Option<Value> {
    let remote = of["from"].is_string() || of["how"] == "ssh";
    Some(json!({"uid": of["id"].as_str()?, "created_time": millis(&of["since"]), "is_remote": remote}))
}

/// A container.
pub(super) fn container(of: &Value) -> Option<Value> {
    let mut made = json!({"uid": of["id"].as_str()?});
    for name in ["name", "runtime"] {
        if let Some(text) = of[name].as_str() {
            made[name] = text.into();
        }
    }
    if let Some(image) = of["image"].as_str() {
        made["image"] = json!({"name": image, "uid": image});
    }
    if let Some(pod) = of["pod"].as_str() {
        let mut tags = vec![json!({"name": "k8s.pod.name", "value": pod})];
        tags.extend(of["namespace"].as_str().map(|name| json!({"name": "k8s.namespace.name", "value": name})));
        made["orchestrator"] = "kubernetes".into();
        made["tags"] = tags.into();
    }
    Some(made)
}

/// Makers, nearest first, each as the parent of the one before it.
pub(super) fn with_parents(mut process: Value, lineage: &[Value]) -> Value {
    if let Some((nearest, further)) = lineage.split_first() {
        process["parent_process"] = with_parents(self::process(nearest), further);
    }
    process
}
