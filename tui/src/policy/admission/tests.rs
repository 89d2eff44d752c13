//! Admission: what is written against what an API server makes of it, pod by pod.
#![allow(clippy::unwrap_used, reason = "tests")]

use cel::{Context, Program};
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use serde_json::{Value, json};

use super::*;
use crate::model::{USUAL_CAPABILITIES, capability};

/// A pod of a specification, as whoever watches it would see it.
fn seen(namespace: &str, name: &str, spec: &Value) -> PodShape {
    let flag = |value: &Value| value.as_bool().unwrap_or(false);
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let containers = lists.iter().flat_map(|list| spec[list].as_array().cloned().unwrap_or_default());
    let container = |it: Value| {
        let security = &it["securityContext"];
        let added = security["capabilities"]["add"].as_array().cloned().unwrap_or_default();
        let added = added.iter().filter_map(|name| name.as_str().map(str::to_owned));
        ContainerShape {
            name: it["name"].as_str().unwrap().to_owned(),
            image: it["image"].as_str().unwrap().to_owned(),
            privileged: flag(&security["privileged"]),
            added: added.filter(|name| capability(name) & !USUAL_CAPABILITIES != 0).collect(),
            writable: !flag(&security["readOnlyRootFilesystem"]),
            escalates: security["allowPrivilegeEscalation"].as_bool().unwrap_or(true),
        }
    };
    let volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
    let paths = volumes.iter().filter_map(|volume| volume["hostPath"]["path"].as_str().map(str::to_owned));
    PodShape {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        host_pid: flag(&spec["hostPID"]),
        host_network: flag(&spec["hostNetwork"]),
        host_ipc: flag(&spec["hostIPC"]),
        host_paths: paths.collect(),
        containers: containers.map(container).collect(),
    }
}

fn documents(text: &str) -> (ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding) {
    let read: Vec<Value> = serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let policy: ValidatingAdmissionPolicy = serde_json::from_value(read[0].clone()).unwrap();
    let binding: ValidatingAdmissionPolicyBinding = serde_json::from_value(read[1].clone()).unwrap();
    assert_eq!(serde_json::to_value(&policy).unwrap(), read[0], "the API knows all that it says");
    assert_eq!(serde_json::to_value(&binding).unwrap(), read[1], "the API knows all that it says");
    (policy, binding)
}

fn evaluate(expression: &str, context: &Context<'_, '_>) -> cel::Value {
    let program = Program::compile(expression).unwrap_or_else(|error| panic!("{error} in {expression}"));
    program.execute(context).unwrap_or_else(|error| panic!("{error} in {expression}"))
}

/// What an API server says of a pod: the messages of what it refuses it for.
fn refusals(text: &str, namespace: &str, spec: &Value) -> Vec<String> {
    let (policy, _) = documents(text);
    let policy = policy.spec.unwrap();
    let mut context = Context::default();
    context.add_variable("object", json!({"metadata": {"namespace": namespace}, "spec": spec})).unwrap();
    context.add_variable("request", json!({"namespace": namespace})).unwrap();
    let mut variables = std::collections::HashMap::new();
    for variable in policy.variables.unwrap() {
        context.add_variable_from_value("variables", variables.clone());
        variables.insert(variable.name, evaluate(&variable.expression, &context));
    }
    context.add_variable_from_value("variables", variables);
    let refused =
        policy.validations.unwrap().into_iter().filter(|it| evaluate(&it.expression, &context) != true.into());
    refused.map(|it| it.message.unwrap()).collect()
}

fn pod(container: Value, rest: Value) -> Value {
    let mut own = json!({"name": "main", "image": "web:1"});
    own.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    let mut spec = json!({"containers": [own]});
    spec.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    spec
}

fn secure(security: Value) -> Value {
    pod(json!({"securityContext": security}), json!({}))
}

/// Everything at once, as the pod of the talk that this project goes back to.
fn attacker() -> Value {
    pod(
        json!({"securityContext": {"privileged": true, "capabilities": {"add": ["SYS_ADMIN", "NET_ADMIN"]}}}),
        json!({
            "hostPID": true, "hostNetwork": true, "hostIPC": true,
            "volumes": [{"name": "node", "hostPath": {"path": "/"}}],
        }),
    )
}

fn strict() -> Value {
    json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true})
}

fn with(mut security: Value, more: Value) -> Value {
    security.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    security
}

/// Pods good and bad, and who is to be refused when everything is asked for.
fn pods() -> Vec<(&'static str, Value, bool)> {
    let volumes = |volumes: Value| pod(json!({"securityContext": strict()}), json!({"volumes": volumes}));
    let beside = |list: &str, security: Value| {
        let more = json!([{"name": "more", "image": "more:1", "securityContext": security}]);
        pod(json!({"securityContext": strict()}), json!({list: more}))
    };
    let rest = |rest: Value| pod(json!({"securityContext": strict()}), rest);
    vec![
        ("strict", secure(strict()), false),
        ("told not to be privileged", secure(with(strict(), json!({"privileged": false}))), false),
        ("ordinary rights named", secure(with(strict(), json!({"capabilities": {"add": ["CHOWN", "KILL"]}}))), false),
        ("all rights dropped", secure(with(strict(), json!({"capabilities": {"drop": ["ALL"]}}))), false),
        ("nothing added", secure(with(strict(), json!({"capabilities": {"add": []}}))), false),
        ("host flags off", rest(json!({"hostPID": false, "hostNetwork": false, "hostIPC": false})), false),
        ("volumes of its own", volumes(json!([{"name": "a", "emptyDir": {}}, {"name": "b", "secret": {}}])), false),
        ("no volumes", volumes(json!([])), false),
        ("a strict init container", beside("initContainers", strict()), false),
        ("a strict ephemeral container", beside("ephemeralContainers", strict()), false),
        ("a pod's own settings", rest(json!({"securityContext": {"fsGroup": 1}})), false),
        ("attacker", attacker(), true),
        ("nothing said", pod(json!({}), json!({})), true),
        ("privileged", secure(with(strict(), json!({"privileged": true}))), true),
        ("all rights", secure(with(strict(), json!({"capabilities": {"add": ["ALL"]}}))), true),
        ("one right too many", secure(with(strict(), json!({"capabilities": {"add": ["CHOWN", "SYS_PTRACE"]}}))), true),
        ("a right by its long name", secure(with(strict(), json!({"capabilities": {"add": ["CAP_BPF"]}}))), true),
        ("host's processes", rest(json!({"hostPID": true})), true),
        ("host's network", rest(json!({"hostNetwork": true})), true),
        ("host's IPC", rest(json!({"hostIPC": true})), true),
        ("a path of the host", volumes(json!([{"name": "log", "hostPath": {"path": "/var/log"}}])), true),
        (
            "the second volume",
            volumes(json!([{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}}])),
            true,
        ),
        ("escalation not ruled out", secure(json!({"readOnlyRootFilesystem": true})), true),
        ("escalation wanted", secure(with(strict(), json!({"allowPrivilegeEscalation": true}))), true),
        ("a writable image", secure(with(strict(), json!({"readOnlyRootFilesystem": false}))), true),
        ("a privileged init container", beside("initContainers", with(strict(), json!({"privileged": true}))), true),
        (
            "a privileged ephemeral container",
            beside("ephemeralContainers", with(strict(), json!({"privileged": true}))),
            true,
        ),
    ]
}

#[test]
fn an_api_server_refuses_what_we_say_that_it_refuses() {
    let made = admission("ktrace-incident", &[seen("default", "attacker", &attacker())], &[]);
    assert_eq!(made.asked.len(), Control::ALL.len(), "all is asked for: {:?}", made.left);
    for (name, spec, refused) in pods() {
        let ours = made.asked.iter().filter(|asked| asked.refuses(&seen("default", name, &spec)));
        let ours: Vec<&str> = ours.map(|asked| asked.control.title()).collect();
        let theirs = refusals(&made.text, "default", &spec);
        assert_eq!(theirs, ours, "{name}: {spec}\n{}", made.text);
        assert_eq!(!theirs.is_empty(), refused, "{name}: {spec}");
    }
}

#[test]
fn what_normal_work_does_it_may_do_with_its_image_and_in_its_namespace() {
    let proxy = json!({"hostNetwork": true, "containers": [
        {"name": "proxy", "image": "docker.io/library/proxy:1", "securityContext": {"privileged": true}}]});
    let normal = [seen("kube-system", "proxy-x1", &proxy)];
    let made = admission("ktrace-incident", &[seen("default", "attacker", &attacker())], &normal);
    assert_eq!(refusals(&made.text, "kube-system", &proxy), [""; 0], "{}", made.text);
    let mut short = proxy.clone();
    short["containers"][0]["image"] = json!("proxy:1");
    assert_eq!(refusals(&made.text, "kube-system", &short), [""; 0], "as it stands in the specification");
    assert_ne!(refusals(&made.text, "default", &proxy), [""; 0], "elsewhere it is not normal");
    let mut other = proxy;
    other["containers"][0]["image"] = json!("tools:1");
    assert_ne!(refusals(&made.text, "kube-system", &other), [""; 0], "nor is another image");
    assert!(made.asked.iter().all(|asked| normal.iter().all(|pod| !asked.refuses(pod))));
}

#[test]
fn normal_work_may_go_on_with_what_it_has_and_no_more() {
    let agent = |paths: &[&str], add: &[&str]| {
        let volumes: Vec<Value> = paths.iter().map(|path| json!({"name": "v", "hostPath": {"path": path}})).collect();
        json!({"volumes": volumes, "containers": [
            {"name": "agent", "image": "agent:1", "securityContext": with(strict(), json!({"capabilities": {"add": add}}))}]})
    };
    let usual = agent(&["/var/log", "/run/log"], &["SYSLOG"]);
    let normal = [seen("ops", "agent-x1", &usual)];
    let made = admission("ktrace-i1", &[seen("default", "attacker", &attacker())], &normal);
    for (spec, passes) in [
        (usual, true),
        (agent(&["/var/log"], &[]), true),
        (agent(&["/"], &["SYSLOG"]), false),
        (agent(&["/var/log", "/"], &["SYSLOG"]), false),
        (agent(&["/var/log"], &["SYSLOG", "SYS_ADMIN"]), false),
    ] {
        let ours = made.asked.iter().any(|asked| asked.refuses(&seen("ops", "agent-x2", &spec)));
        assert_eq!(refusals(&made.text, "ops", &spec).is_empty(), passes, "{spec}\n{}", made.text);
        assert_eq!(!ours, passes, "{spec}");
    }
}

#[test]
fn who_cannot_be_told_apart_does_not_let_the_others_pass() {
    let alike = seen("default", "web", &secure(json!({"privileged": true})));
    let other = PodShape { namespace: "shop".to_owned(), name: "other".to_owned(), ..alike.clone() };
    let made = admission("ktrace-i1", &[alike.clone(), other.clone()], std::slice::from_ref(&alike));
    assert!(made.asked.iter().any(|asked| asked.control == Control::Privileged && asked.refuses(&other)));
    assert!(made.left.iter().any(|left| left.contains("web") && !left.contains("other")), "{:?}", made.left);
}

#[test]
fn only_what_was_seen_is_asked_for() {
    let guilty = seen("default", "shares", &pod(json!({"securityContext": strict()}), json!({"hostPID": true})));
    let made = admission("ktrace-i1", &[guilty], &[]);
    assert_eq!(made.asked.iter().map(|asked| asked.control).collect::<Vec<_>>(), [Control::HostPid]);
    assert_eq!(refusals(&made.text, "default", &secure(json!({"privileged": true}))), [""; 0]);
    insta::assert_snapshot!(made.text);
}

#[test]
fn who_cannot_be_told_from_normal_work_is_said_and_not_written() {
    let shape = seen("default", "web", &secure(json!({"privileged": true})));
    let made = admission("ktrace-i1", std::slice::from_ref(&shape), std::slice::from_ref(&shape));
    assert!(made.text.is_empty() && made.asked.is_empty(), "{}", made.text);
    assert!(made.left.iter().any(|left| left.contains("cannot tell them apart")), "{:?}", made.left);
}

#[test]
fn names_with_quotes_stay_what_they_are() {
    let mut odd = attacker();
    odd["containers"][0]["image"] = json!("a\"b\\c\n]) || true");
    let normal = seen("kube-\"system", "odd", &odd);
    let made = admission("ktrace-i1", &[seen("default", "attacker", &attacker())], &[normal]);
    assert_eq!(refusals(&made.text, "kube-\"system", &odd), [""; 0], "{}", made.text);
    assert_ne!(refusals(&made.text, "default", &attacker()), [""; 0], "and let nobody else through");
}
