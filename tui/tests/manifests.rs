//! The manifests of demo/kubernetes hold against the API of Kubernetes: every field is one that it knows, and of its type.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Namespace, Pod, PodSpec, Secret, SecurityContext, ServiceAccount};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const MANIFESTS: [(&str, &[&str]); 3] = [
    ("agent.yaml", &["Namespace", "ServiceAccount", "DaemonSet"]),
    ("debug-pod.yaml", &["Pod"]),
    ("secret.example.yaml", &["Secret"]),
];

fn documents(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/kubernetes").join(file);
    let text = fs::read_to_string(&path).unwrap();
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The document as the API understands it; panics where that is not all that it says.
fn understood<T: DeserializeOwned + Serialize>(document: &Value) -> T {
    let kind = &document["kind"];
    let known: T = serde_json::from_value(document.clone()).unwrap_or_else(|error| panic!("{kind}: {error}"));
    let back = serde_json::to_value(&known).unwrap();
    let unknown = unknown("", document, &back);
    assert!(unknown.is_empty(), "{kind}: the API does not know {unknown:?}");
    known
}

/// The paths of what one says and the other does not.
fn unknown(at: &str, said: &Value, back: &Value) -> Vec<String> {
    match (said, back) {
        (Value::Object(said), Value::Object(back)) => said
            .iter()
            .flat_map(|(key, value)| unknown(&format!("{at}.{key}"), value, back.get(key).unwrap_or(&Value::Null)))
            .collect(),
        (Value::Array(said), Value::Array(back)) if said.len() == back.len() => {
            said.iter().zip(back).flat_map(|(said, back)| unknown(&format!("{at}[]"), said, back)).collect()
        }
        (said, back) if said == back => Vec::new(),
        _ => vec![at.to_owned()],
    }
}

fn check(document: &Value) {
    let (version, kind) = (document["apiVersion"].as_str().unwrap(), document["kind"].as_str().unwrap());
    match (version, kind) {
        ("v1", "Namespace") => drop(understood::<Namespace>(document)),
        ("v1", "ServiceAccount") => drop(understood::<ServiceAccount>(document)),
        ("v1", "Secret") => drop(understood::<Secret>(document)),
        ("v1", "Pod") => drop(understood::<Pod>(document)),
        ("apps/v1", "DaemonSet") => drop(understood::<DaemonSet>(document)),
        other => panic!("nobody checks {other:?}"),
    }
}

fn agent() -> (PodSpec, SecurityContext) {
    let set: DaemonSet = understood(&documents("agent.yaml")[2]);
    let template = set.spec.unwrap().template;
    let labels = template.metadata.unwrap().labels.unwrap();
    assert_eq!(labels["app.kubernetes.io/name"], "ktrace-agent", "the selector finds its pods");
    let pod = template.spec.unwrap();
    let rights = pod.containers[0].security_context.clone().unwrap();
    (pod, rights)
}

#[test]
fn every_manifest_says_only_what_the_api_knows() {
    for (file, kinds) in MANIFESTS {
        let documents = documents(file);
        let found: Vec<&str> = documents.iter().map(|document| document["kind"].as_str().unwrap()).collect();
        assert_eq!(found, kinds, "{file}");
        documents.iter().for_each(check);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/kubernetes");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let unchecked: Vec<_> =
        files.filter(|it| it.ends_with("yaml") && !MANIFESTS.iter().any(|(file, _)| file == it)).collect();
    assert!(unchecked.is_empty(), "{unchecked:?}");
}

#[test]
fn a_field_that_the_api_does_not_know_is_found() {
    let mut document = documents("agent.yaml").remove(2);
    document["spec"]["template"]["spec"]["hostPid"] = true.into();
    let back = serde_json::to_value(serde_json::from_value::<DaemonSet>(document.clone()).unwrap()).unwrap();
    assert_eq!(unknown("", &document, &back), [".spec.template.spec.hostPid"]);
    document["spec"]["template"]["spec"]["hostPID"] = "yes".into();
    assert!(serde_json::from_value::<DaemonSet>(document).is_err());
}

/// The names of the table in docs/PRIVILEGES.md that says what each is needed for.
fn documented() -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/PRIVILEGES.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `CAP_"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn the_agent_has_the_rights_that_are_documented_and_no_others() {
    let (pod, rights) = agent();
    let capabilities = rights.capabilities.unwrap();
    assert_eq!(capabilities.drop.unwrap(), ["ALL"]);
    assert_eq!(capabilities.add.unwrap(), documented(), "docs/PRIVILEGES.md has the same, in the same order");
    assert_eq!((rights.privileged, rights.allow_privilege_escalation), (Some(false), Some(false)));
    assert_eq!(rights.read_only_root_filesystem, Some(true));
    assert_eq!(pod.automount_service_account_token, Some(false));
    assert_eq!((pod.host_pid, pod.host_network, pod.host_ipc), (Some(true), None, None));
    let mounts = pod.containers[0].volume_mounts.clone().unwrap();
    let writable: Vec<_> = mounts.iter().filter(|it| it.read_only != Some(true)).map(|it| it.name.as_str()).collect();
    assert_eq!(writable, ["spool"], "nothing else of the node can be written to");
    let volumes = pod.volumes.unwrap();
    assert!(mounts.iter().all(|mount| volumes.iter().any(|volume| volume.name == mount.name)));
}

#[test]
fn the_arguments_of_the_agent_are_ones_that_it_takes() {
    let (pod, _) = agent();
    let arguments = pod.containers[0].args.clone().unwrap();
    let arguments = arguments.iter().map(|it| it.replace("$(POD_IP)", "10.0.0.1").replace("$(NODE_NAME)", "node-1"));
    let parsed = <ktrace_tui::cli::arguments::Arguments as clap::Parser>::try_parse_from(
        std::iter::once("ktrace-tui".to_owned()).chain(arguments),
    );
    assert!(parsed.is_ok(), "{:?}", parsed.err().map(|error| error.to_string()));
}
