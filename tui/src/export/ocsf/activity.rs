//! Process Activity (1007): whatever a process does that is not on the network.

use serde_json::{Value, json};

use super::parts::{content, process};
use super::{Class, Object};

/// What the schema calls what a process did, and what its number is.
fn activity_of(kind: &str) -> (u64, String) {
    let named = match kind {
        "exec" => (1, "Launch"),
        "exit" | "vanished" => (2, "Terminate"),
        "ptrace" | "process_vm_readv" | "pidfd_getfd" => (3, "Open"),
        "ptrace_poke" | "process_vm_writev" => (4, "Inject"),
        "creds" => (5, "Set User ID"),
        // Fork, move, open, mount and the rest go by their own names.
        kind => return (99, kind.to_owned()),
    };
    (named.0, named.1.to_owned())
}

pub(super) fn activity(line: &Value) -> Class {
    let kind = line["kind"].as_str().unwrap_or_default();
    let target = &line["act"]["target"];
    let mut own = Object::new();
    // Who reaches into another is the actor; who runs a program was made by the actor; all else is done by oneself.
    let (mut object, actor) = match (kind, target.is_object()) {
        (_, true) => (process(target), process(&line["process"])),
        ("exec" | "fork", _) if line["parent"].is_object() => (process(&line["process"]), process(&line["parent"])),
        _ => (process(&line["process"]), process(&line["process"])),
    };
    if !target.is_object() && line["parent"].is_object() {
        object["parent_process"] = process(&line["parent"]);
    }
    if let Some(tid) = line["tid"].as_u64().filter(|_| !target.is_object()) {
        object["tid"] = tid.into();
    }
    let told = &line["content"];
    if told.is_object() && told["exe"] == line["process"]["exe"] {
        content(&mut object["file"], &told["sha256"]);
        if told["size"].is_u64() {
            object["file"]["size"] = told["size"].clone();
        }
    }
    let exec = &line["exec"];
    let ids = [("euid", &exec["euid"]), ("auid", &exec["login_uid"]), ("namespace_pid", &exec["ns_pid"])];
    for (name, value) in ids.into_iter().filter(|(_, value)| value.is_u64()) {
        object[name] = value.clone();
    }
    if let Some(group) = exec["gid"].as_u64() {
        object["group"] = json!({"uid": group.to_string()});
    }
    if matches!(kind, "exit" | "vanished") {
        object["terminated_time"] = super::parts::millis(&line["time"]);
    }
    let exit = &line["exit"];
    if let Some(code) = exit["code"].as_u64() {
        own.insert("exit_code".to_owned(), code.into());
    }
    if let Some(run) = exit["run_time"].as_u64() {
        own.insert("duration".to_owned(), (run / 1_000_000).into());
    }
    if matches!(kind, "ptrace_poke" | "process_vm_writev") {
        own.insert("injection_type_id".to_owned(), 99.into());
        own.insert("injection_type".to_owned(), kind.into());
    }
    let act = &line["act"];
    if act.is_object() {
        super::network::status(&mut own, act["error"].as_i64());
        own.insert("message".to_owned(), act["text"].clone());
    }
    own.insert("process".to_owned(), object);
    own.insert("actor".to_owned(), json!({"process": actor}));
    own.insert("unmapped".to_owned(), unmapped(line));
    let activity = activity_of(kind);
    let category = (1, "System Activity");
    Class { uid: 1007, name: "Process Activity", category, activity, severity: "info", own }
}

/// What the schema has no place for, as docs/JSON.md has it.
fn unmapped(line: &Value) -> Value {
    let mut rest = json!({"kind": line["kind"]});
    for name in ["exec", "exit", "act", "cgroup", "content", "present_parent"] {
        if !line[name].is_null() {
            rest[name] = line[name].clone();
        }
    }
    rest
}
