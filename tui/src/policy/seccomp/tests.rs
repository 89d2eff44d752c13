//! Profiles: what is taken away, and what stays.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::model::Mount;

fn used(deeds: impl IntoIterator<Item = Deed>) -> Used {
    let mut used = Used::default();
    for call in deeds.into_iter().flat_map(|what| calls(&Act { error: Some(1), observer: None, what })) {
        used.add(call, Time(1_763_900_000_000_000_000), "nsenter (7)".to_owned());
    }
    used
}

fn enter() -> Deed {
    Deed::Namespaces { how: NamespaceCall::Enter, flags: 0, now: Default::default() }
}

fn mount(how: MountCall) -> Deed {
    Deed::Mount(Box::new(Mount { how, ..Mount::default() }))
}

const BASE: &str = r#"{
    "defaultAction": "SCMP_ACT_ERRNO",
    "archMap": [{"architecture": "SCMP_ARCH_X86_64"}],
    "syscalls": [
        {"names": ["read", "write", "mount", "setns"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["setns", "unshare"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["setns"], "action": "SCMP_ACT_TRACE"}
    ]
}"#;

/// What a profile says of a call: the action of each rule that names it.
fn actions(text: &str, call: &str) -> Vec<String> {
    let profile: Value = serde_json::from_str(text).unwrap();
    let rules = profile["syscalls"].as_array().unwrap().clone();
    let those = rules.into_iter().filter(|rule| rule["names"].as_array().unwrap().iter().any(|name| name == call));
    those.map(|rule| rule["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_the_incident_used_is_taken_from_the_base_and_the_rest_stays() {
    let made = seccomp(Some(BASE), &used([enter()]), &Used::default()).unwrap();
    assert_eq!(made.denied, ["setns"]);
    assert_eq!(actions(&made.text, "setns"), ["SCMP_ACT_ERRNO"]);
    assert_eq!(actions(&made.text, "mount"), ["SCMP_ACT_ALLOW"]);
    assert_eq!(actions(&made.text, "unshare"), ["SCMP_ACT_ALLOW"]);
    let profile: Value = serde_json::from_str(&made.text).unwrap();
    assert_eq!(profile["archMap"][0]["architecture"], "SCMP_ARCH_X86_64", "what is not known here is kept");
    assert!(made.text.contains("setns by nsenter (7) at 2025-11-23T"), "{}", made.text);
}

#[test]
fn what_normal_work_uses_stays_and_that_is_said() {
    let incident = used([enter(), mount(MountCall::Mount)]);
    let normal = used([mount(MountCall::Mount)]);
    let made = seccomp(Some(BASE), &incident, &normal).unwrap();
    assert_eq!(made.denied, ["setns"]);
    assert!(made.notes.iter().any(|note| note.contains("mount")), "{:?}", made.notes);
    assert!(seccomp(Some(BASE), &normal, &normal).unwrap_err().contains("normal work used mount"));
}

#[test]
fn without_a_base_it_says_what_is_missing_and_writes_nothing() {
    let why = seccomp(None, &used([enter()]), &Used::default()).unwrap_err();
    assert!(why.contains("--base") && why.contains("setns"), "{why}");
    let why = seccomp(None, &Used::default(), &Used::default()).unwrap_err();
    assert!(why.contains("nothing to take away"), "{why}");
}

#[test]
fn a_base_that_allows_by_default_gets_a_rule_and_is_named() {
    let made = seccomp(Some(r#"{"defaultAction": "SCMP_ACT_ALLOW"}"#), &used([enter()]), &Used::default()).unwrap();
    assert_eq!(actions(&made.text, "setns"), ["SCMP_ACT_ERRNO"]);
    assert!(made.notes.iter().any(|note| note.contains("allows whatever")), "{:?}", made.notes);
}

#[test]
fn a_base_that_is_none_is_refused() {
    for base in [
        "",
        "[]",
        "{}",
        r#"{"defaultAction": 1}"#,
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": {}}"#,
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW"}]}"#,
    ] {
        let why = seccomp(Some(base), &used([enter()]), &Used::default()).unwrap_err();
        assert!(why.contains("base profile"), "{base}: {why}");
    }
}

#[test]
fn every_call_that_an_event_shows_is_listed() {
    let deeds = [
        enter(),
        mount(MountCall::PivotRoot),
        mount(MountCall::Unmount),
        Deed::Reach { how: ReachCall::Poke, target: None },
        Deed::Kernel { how: KernelCall::Keyring, command: 0, name: Default::default() },
        Deed::Memfd { name: Default::default() },
    ];
    let used = used(deeds);
    assert!(used.names().iter().all(|call| WATCHED.contains(call)), "{used:?}");
    assert!(WATCHED.is_sorted());
}
