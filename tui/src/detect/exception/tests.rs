//! What an exception mutes, and what it leaves alone.

use super::*;
use crate::detect::Detector;
use crate::detect::testkit::*;
use crate::model::{ContainerNews, Event};

#[test]
fn a_star_stands_for_any_characters() {
    assert!(glob("registry/*/app:*", "registry/shop/app:1.2"));
    assert!(glob("*", "") && glob("*", "anything") && glob("a*", "a") && glob("*a", "ba"));
    assert!(glob("a*b*c", "aXbYbc"));
    assert!(!glob("a*b", "a") && !glob("ab*ba", "aba") && !glob("a", "ab") && !glob("", "a"));
}

#[test]
fn an_exception_is_written_as_the_configuration_reads_it() {
    let exception = Exception {
        rule: Some("drift_exec".into()),
        exe: Some("/opt/\"x\"*".into()),
        because: "the updater".into(),
        ..Exception::default()
    };
    let back: toml::Table = exception.to_toml().parse().expect("it is TOML");
    let first = &back["exception"].as_array().expect("a list")[0];
    assert_eq!(first["rule"].as_str(), Some("drift_exec"));
    assert_eq!(first["exe"].as_str(), Some("/opt/\"x\"*"));
    assert_eq!(first["because"].as_str(), Some("the updater"));
    assert!(first.get("image").is_none());
}

#[test]
fn one_that_says_nothing_is_told_apart() {
    assert!(!Exception { because: "all".into(), ..Exception::default() }.says_something());
}

const REASON: &str = "known";

/// web-1 and db-1; the shell of web-1 runs `cat`, which reads passwords.
fn read_in_web(exceptions: Vec<Exception>) -> Node {
    let mut node = Node::web();
    let (name, image) = (Some("web-1".to_owned()), Some("registry/shop/web:1.2".to_owned()));
    let (pod, namespace) = (Some("web-7f9".to_owned()), Some("shop".to_owned()));
    let news = ContainerNews { id: WEB.into(), name, image, pod, namespace, ..ContainerNews::default() };
    node.give(&Event::Container(news));
    for exception in exceptions {
        node.detector.except(exception, &node.model);
    }
    node.run(111, 110, "/bin/cat");
    node.did(111, reading("/etc/shadow"));
    node
}

fn with(set: impl FnOnce(&mut Exception)) -> Exception {
    let mut exception = Exception { because: REASON.into(), ..Exception::default() };
    set(&mut exception);
    exception
}

/// Each field, set to something.
fn each(value: &[(&str, &str)]) -> Exception {
    with(|it| {
        for (field, text) in value {
            let value = Some((*text).to_owned());
            match *field {
                "rule" => it.rule = value,
                "class" => it.class = value,
                "image" => it.image = value,
                "container" => it.container = value,
                "namespace" => it.namespace = value,
                "exe" => it.exe = value,
                "where" => it.only_where(text).expect("it is a filter"),
                _ => it.lineage = value,
            }
        }
    })
}

#[test]
fn each_field_mutes_what_it_names_and_nothing_else() {
    for (field, value, other) in [
        ("rule", "password_file_read", "drift_exec"),
        ("class", "sensitive_read", "persistence"),
        ("image", "registry/shop/*", "registry/shop"),
        ("container", "web-1", "db-1"),
        ("container", "web-7f9", "web"),
        ("container", WEB, DB),
        ("container", "3f2a9c1b4d5e*", "3f2a9c1b4d5e"),
        ("namespace", "shop", "kube-system"),
        ("exe", "/bin/cat", "cat"),
        ("lineage", "/bin/sh", "/bin/cat"),
        ("lineage", "/usr/*/app", "/usr/sbin/apache2"),
        ("where", "exe = /bin/cat and within container web-1", "exe = /bin/cat and within container db-1"),
        ("where", "under (name = sh)", "name = sh"),
        ("where", "rule = password_file_read and class = sensitive_read", "rule = drift_exec"),
        ("where", "severity >= low time >= 1970-01-01T00:00:00Z", "severity = critical and severity = low"),
        ("where", "pod = web-7f9 namespace = shop", "container = host"),
    ] {
        let muted = |value| read_in_web(vec![each(&[(field, value)])]).found[0].muted.is_some();
        assert!(muted(value), "{field} = {value}");
        assert!(!muted(other), "{field} = {other}");
    }
}

#[test]
fn every_field_that_is_given_must_hold() {
    let both = |container| each(&[("rule", "password_file_read"), ("container", container)]);
    assert!(read_in_web(vec![both("web-1")]).found[0].muted.is_some());
    assert!(read_in_web(vec![both("db-1")]).found[0].muted.is_none());
}

#[test]
fn what_names_a_container_mutes_nothing_of_the_host() {
    for field in ["container", "image", "namespace"] {
        let mut node = Node::new();
        node.detector.except(each(&[(field, "*")]), &node.model);
        node.run(40, 20, "/bin/cat");
        node.did(40, reading("/etc/shadow"));
        assert!(node.found[0].muted.is_none(), "{field}");
    }
}

#[test]
fn a_filter_mutes_nothing_of_a_process_that_is_no_longer_known() {
    let node = read_in_web(Vec::new());
    let exception = each(&[("where", "not uid = 7")]);
    assert!(exception.mutes(&node.found[0], &node.model));
    assert!(!exception.mutes(&node.found[0], &crate::model::Model::default()));
}

#[test]
fn exceptions_are_the_same_by_their_text() {
    let of = |text| each(&[("where", text)]);
    assert_eq!(of("exe ~ \"a$\""), of("exe ~ \"a$\""));
    assert_ne!(of("exe ~ \"a$\""), of("exe ~ \"b$\""));
    assert!(of("uid = 0").says_something());
    let back: toml::Table = of("exe ~ \"a$\"").to_toml().parse().expect("it is TOML");
    assert_eq!(back["exception"][0]["where"].as_str(), Some("exe ~ \"a$\""));
}

#[test]
fn what_is_muted_is_counted_and_kept_and_no_incident() {
    let node = read_in_web(vec![each(&[("exe", "/bin/ls")]), each(&[("exe", "/bin/*")])]);
    assert_eq!(node.found[0].muted.as_ref().map(|it| it.because.as_str()), Some(REASON));
    assert_eq!(node.found[0].incident, 0);
    assert_eq!(node.detector.findings().count(), 1);
    assert_eq!(node.detector.incidents(&node.model), []);
    let counts: Vec<u64> = node.detector.exceptions().map(|(_, count)| count).collect();
    assert_eq!((counts, node.detector.muted()), (vec![0, 1], 1));
}

#[test]
fn an_exception_of_the_configuration_is_counted_the_same() {
    let mut node = Node::new();
    node.detector = Detector::new(vec![each(&[("rule", "startup_written")])]);
    for pid in [40, 41] {
        node.run(pid, 20, "/usr/bin/tee");
        node.did(pid, writing("/etc/cron.d/job", None));
        node.did(pid, reading("/etc/shadow"));
    }
    let muted: Vec<bool> = node.found.iter().map(|it| it.muted.is_some()).collect();
    assert_eq!((muted, node.detector.muted()), (vec![true, false, true, false], 2));
}

#[test]
fn one_that_comes_later_mutes_what_was_found_and_takes_it_out_of_its_incident() {
    let mut node = read_in_web(Vec::new());
    node.did(111, writing("/etc/cron.d/job", None));
    let incident = node.found[0].incident;
    assert_eq!(node.found[1].incident, incident, "one process, one incident");
    assert_eq!(node.detector.except(each(&[("class", "sensitive_read")]), &node.model), 1);
    assert_eq!(node.detector.except(each(&[("class", "sensitive_read")]), &node.model), 0, "it is muted already");
    let left = node.detector.incident(incident, &node.model).expect("the other finding");
    let findings: Vec<u64> = left.stages.into_iter().flat_map(|stage| stage.findings).collect();
    assert_eq!((findings, node.detector.muted()), (vec![node.found[1].number], 1));
    assert_eq!(node.detector.except(each(&[("lineage", "*")]), &node.model), 1);
    assert!(node.detector.incident(incident, &node.model).is_none());
}
