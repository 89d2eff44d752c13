//! Policies for Tetragon against its schema, and against what it makes of them.

use serde_json::{Value, json};

use super::*;
use crate::policy::{Enforce, Guard, tetragon};

/// The schema of the custom resource, in which a field that it does not know is an error, as for `kubectl apply`.
fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../tests/data/tetragon/tracingpolicynamespaced.json");
    let mut schema: Value = serde_json::from_str::<Value>(text).unwrap()["schema"].take();
    strict(&mut schema);
    // What every object of Kubernetes has.
    schema["properties"]["metadata"]["properties"] =
        json!({"name": {"type": "string"}, "namespace": {"type": "string"}});
    jsonschema::validator_for(&schema).unwrap()
}

fn strict(schema: &mut Value) {
    if let Some(properties) = schema.get_mut("properties") {
        properties.as_object_mut().unwrap().values_mut().for_each(strict);
        if schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(false);
        }
    }
    for inner in ["items", "additionalProperties"] {
        schema.get_mut(inner).filter(|inner| inner.is_object()).into_iter().for_each(strict);
    }
}

fn document(text: &str) -> Value {
    let document: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let wrong: Vec<String> =
        schema().iter_errors(&document).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:?} in\n{text}");
    document
}

/// What Tetragon makes of a call: the action of the first selector that matches.
fn action(document: &Value, call: &str, holds: &dyn Fn(u64, &str, &str) -> bool) -> String {
    let hooks = document["spec"]["kprobes"].as_array().unwrap();
    let hook = hooks.iter().find(|hook| hook["call"] == call).unwrap_or_else(|| panic!("no hook {call}"));
    let selectors = hook["selectors"].as_array().unwrap();
    assert!(selectors.len() <= 5, "Tetragon takes five selectors");
    // Whoever is asked about is in namespaces of its own.
    let own = |selector: &&Value| selector.get("matchNamespaces").is_none();
    let selected = selectors.iter().filter(own).find(|selector| {
        selector["matchArgs"].as_array().into_iter().flatten().all(|one| {
            let (index, operator) = (one["index"].as_u64().unwrap(), one["operator"].as_str().unwrap());
            one["values"].as_array().unwrap().iter().any(|value| holds(index, operator, value.as_str().unwrap()))
        })
    });
    let actions = selected.map(|selector| selector["matchActions"][0]["action"].as_str().unwrap().to_owned());
    actions.unwrap_or_else(|| "NoPost".to_owned())
}

fn of_path(document: &Value, call: &str, at: u64, path: &str) -> String {
    action(document, call, &|index, operator, value| {
        assert_eq!(index, at);
        match operator {
            "Equal" => path == value,
            "Prefix" => path.starts_with(value),
            other => panic!("no operator {other}"),
        }
    })
}

fn of_connection(document: &Value, address: &str, port: u16) -> String {
    let address: IpAddr = address.parse().unwrap();
    action(document, "tcp_connect", &|_, operator, value| match operator {
        "DAddr" => match value.split_once('/') {
            Some(("127.0.0.0", _)) => address.is_ipv4() && address.is_loopback(),
            Some(("::1", _)) => address.is_ipv6() && address.is_loopback(),
            Some(other) => panic!("no network {other:?}"),
            None => value.parse::<IpAddr>().unwrap() == address,
        },
        "DPort" => match value.split_once(':') {
            Some((from, to)) => (from.parse().unwrap()..=to.parse().unwrap()).contains(&port),
            None => value.parse::<u16>().unwrap() == port,
        },
        other => panic!("no operator {other}"),
    })
}

fn agrees(guard: &Guard, fact: &Fact, action: &str, refused: bool) {
    assert_eq!(guard.refuses(fact).is_some(), refused, "{fact:?}");
    assert_eq!(action != "NoPost", refused, "{fact:?}: {action}");
}

#[test]
fn it_holds_against_the_schema_and_does_what_the_guard_says() {
    let policy = tetragon("default/web:nginx", &web(), Enforce::Kill, None, WELL).unwrap();
    let document = document(&policy.text);
    assert_eq!(document["metadata"]["namespace"], "default");
    for (path, refused) in [
        ("/usr/sbin/nginx", false),
        ("/usr/bin/a \"b\"\n#", false),
        ("/tmp/job-x1/run", false),
        ("/usr/bin/nc", true),
        ("/usr/sbin/nginx2", true),
        ("/bin/sh", true),
    ] {
        let action = of_path(&document, "security_bprm_creds_from_file", 1, path);
        agrees(&policy.guard, &runs(path), &action, refused);
    }
    for (path, refused) in [
        ("/etc/shadow", true),
        ("/etc/hosts", false),
        ("/root/.ssh/id_rsa", true),
        ("/run/secrets/kubernetes.io/serviceaccount/..2026_11_23/token", true),
    ] {
        agrees(&policy.guard, &opens(path), &of_path(&document, "security_file_permission", 0, path), refused);
    }
    for (to, port, refused) in [
        ("10.0.0.9", 6379, false),
        ("10.0.0.10", 6379, false),
        ("10.0.0.9", 22, true),
        ("10.0.0.11", 6379, true),
        ("127.0.0.1", 9999, false),
        ("::1", 9999, false),
        ("10.0.0.77", 514, true),
    ] {
        let fact = connects(address(to), &format!("{port}/tcp"), to);
        agrees(&policy.guard, &fact, &of_connection(&document, to, port), refused);
    }
    assert_eq!(policy.guard.refuses(&connects(address("10.0.0.77"), "514/udp", "10.0.0.77")), None, "UDP is not asked");
    insta::assert_snapshot!(policy.text);
}

#[test]
fn the_runtime_may_come_in_and_nobody_else_by_its_name() {
    let policy = tetragon("default/web:nginx", &web(), Enforce::Kill, None, WELL).unwrap();
    let document = document(&policy.text);
    for path in ["/", "/usr/sbin/runc", "/memfd:runc_cloned:/proc/self/exe"] {
        assert_eq!(
            of_path(&document, "security_bprm_creds_from_file", 1, path),
            "Sigkill",
            "{path} within the container"
        );
    }
    let selectors = document["spec"]["kprobes"][0]["selectors"].as_array().unwrap();
    let way_in = selectors.iter().find(|selector| selector.get("matchNamespaces").is_some()).unwrap();
    let namespaces = way_in["matchNamespaces"].as_array().unwrap();
    assert!(namespaces.len() == 2 && namespaces.iter().all(|it| it["values"] == json!(["host_ns"])), "{way_in}");
}

#[test]
fn what_is_alerted_is_not_ended() {
    let policy = tetragon("default/web:nginx", &web(), Enforce::Alert, None, WELL).unwrap();
    let document = document(&policy.text);
    assert_eq!(of_path(&document, "security_bprm_creds_from_file", 1, "/bin/sh"), "Post");
    assert!(!policy.text.contains("Sigkill"), "{}", policy.text);
}

#[test]
fn connections_to_what_moves_are_told_and_not_ended() {
    let mut web = web();
    web.connects.extend([to(Peer::Name("db.example".into()), "5432/tcp", &["10.0.0.20"])]);
    let policy = tetragon("default/web:nginx", &web, Enforce::Kill, None, WELL).unwrap();
    let document = document(&policy.text);
    assert_eq!(of_connection(&document, "10.0.0.20", 5432), "NoPost");
    assert_eq!(of_connection(&document, "10.0.0.21", 5432), "Post");
    assert_eq!(of_path(&document, "security_bprm_creds_from_file", 1, "/bin/sh"), "Sigkill");
    assert!(policy.notes.iter().any(|note| note.contains("db.example")), "{:?}", policy.notes);
}

#[test]
fn many_destinations_are_joined_and_that_is_said() {
    let mut web = web();
    for at in 1..=9 {
        web.connects.extend([to(address(&format!("10.1.0.{at}")), &format!("{at}000/tcp"), &[])]);
    }
    let policy = tetragon("default/web:nginx", &web, Enforce::Alert, None, WELL).unwrap();
    let document = document(&policy.text);
    for at in 1..=9 {
        let fact = connects(address(&format!("10.1.0.{at}")), &format!("{at}000/tcp"), &format!("10.1.0.{at}"));
        agrees(&policy.guard, &fact, &of_connection(&document, &format!("10.1.0.{at}"), at * 1000), false);
    }
    assert_eq!(of_connection(&document, "10.9.9.9", 1000), "Post");
    assert!(policy.notes.iter().any(|note| note.contains("joined")), "{:?}", policy.notes);
}

#[test]
fn outside_of_pods_somebody_has_to_say_where() {
    let mut image = Workload { namespace: None, labels: BTreeMap::new(), ..web() };
    let why = tetragon("image nginx:1.25", &image, Enforce::Alert, None, WELL).unwrap_err();
    assert!(why.contains("--namespace"), "{why}");
    let policy = tetragon("image nginx:1.25", &image, Enforce::Alert, Some("shop"), WELL).unwrap();
    let read = document(&policy.text);
    let selector = &read["spec"]["containerSelector"]["matchExpressions"][0];
    assert_eq!((&read["metadata"]["namespace"], &selector["key"]), (&json!("shop"), &json!("repo")));
    assert_eq!(selector["values"], json!(["docker.io/library/nginx"]));
    image.images = BTreeSet::from([format!("sha256:{}", "a".repeat(64))]);
    assert!(tetragon("image sha256", &image, Enforce::Alert, Some("shop"), WELL).unwrap_err().contains("no name"));
}

#[test]
fn who_is_not_known_well_enough_gets_no_policy() {
    let refused = |change: fn(&mut Workload)| {
        let mut web = web();
        change(&mut web);
        tetragon("default/web:nginx", &web, Enforce::Kill, None, WELL).unwrap_err()
    };
    assert!(refused(|web| web.watched = 4).contains("4 s"), "{}", refused(|web| web.watched = 4));
    assert!(refused(|web| *web = Workload { labels: labels("web"), ..Workload::default() }).contains("everything"));
    assert!(refused(|web| web.programs.clear()).contains("forbid all"));
    assert!(refused(|web| web.labels.clear()).contains("labels"));
    assert!(
        refused(|web| web.programs.extend([(Text::from(&b"/opt/\xff"[..]), Program::default())])).contains("UTF-8")
    );
}
