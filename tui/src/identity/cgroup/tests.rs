//! The grammar held against a table of real-world paths, and against any bytes at all.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

/// Columns: path, group, runtime, pod uid, outer, source.
const TABLE: &str = include_str!("../../../tests/data/cgroup_paths.tsv");

struct Row {
    path: &'static str,
    place: Place,
}

fn rows() -> Vec<Row> {
    TABLE.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

fn row(line: &'static str) -> Row {
    let fields: Vec<&str> = line.split('\t').collect();
    let [path, group, runtime, pod, outer, source] = fields[..] else { panic!("six columns are needed: {line}") };
    assert!(!source.is_empty(), "a row needs a source: {line}");
    let key = match group.split_once(' ') {
        None if group == "host" => GroupKey::Host,
        Some(("service", unit)) => GroupKey::Service(unit.into()),
        Some(("container", id)) => GroupKey::Container(id.into()),
        _ => panic!("no such group: {line}"),
    };
    let known = [Runtime::Docker, Runtime::Containerd, Runtime::Crio, Runtime::Podman, Runtime::Unknown];
    let some = |text: &str| (text != "-").then(|| Arc::from(text));
    let runtime = some(runtime).map(|name: Arc<str>| known.into_iter().find(|one| one.name() == &*name).unwrap());
    Row { path, place: Place { key, runtime, pod_uid: some(pod), outer: some(outer) } }
}

fn containers() -> Vec<Row> {
    rows().into_iter().filter(|row| matches!(row.place.key, GroupKey::Container(_))).collect()
}

#[test]
fn every_path_of_the_table_is_placed_as_the_table_says() {
    let rows = rows();
    assert!(rows.len() >= 100, "the table has shrunk to {} rows", rows.len());
    for row in rows {
        assert_eq!(Paths.place(row.path.as_bytes()), row.place, "{}", row.path);
    }
}

#[test]
fn the_table_knows_every_runtime_and_every_group() {
    for runtime in [Runtime::Docker, Runtime::Containerd, Runtime::Crio, Runtime::Podman, Runtime::Unknown] {
        assert!(rows().iter().any(|row| row.place.runtime == Some(runtime)), "{runtime:?}");
    }
    assert!(rows().iter().any(|row| row.place.key == GroupKey::Host));
    assert!(rows().iter().any(|row| matches!(row.place.key, GroupKey::Service(_))));
}

#[test]
fn a_container_is_the_same_seen_from_inside_any_cgroup_namespace() {
    for row in containers() {
        assert_eq!(Paths.place(format!("/../..{}", row.path).as_bytes()), row.place, "{}", row.path);
    }
}

#[test]
fn bytes_that_are_not_utf8_neither_hide_a_container_nor_merge_two_services() {
    let id = "b43d92bf1e5c6f78bb9b7bc6f40721280299855ba692092716e3a1b6c0b86f3f";
    let path = [b"/caf\xe9/docker/", id.as_bytes(), b"/\xff\xfe"].concat();
    assert_eq!(Paths.place(&path).key, GroupKey::Container(id.into()));
    assert_ne!(Paths.place(b"/system.slice/\xe9.service").key, Paths.place(b"/system.slice/\xe8.service").key);
    assert_eq!(Paths.place(b"/system.slice/\xe9.service").key, GroupKey::Service("\\xe9.service".into()));
}

/// A component that looks like nothing a runtime makes.
fn plain() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9_.@-]{0,20}(\\.service|\\.slice|\\.scope)?",
        Just("init".to_owned()),
        Just("system.slice".to_owned()),
        Just("nginx.service".to_owned()),
        Just("docker".to_owned()),
    ]
    .prop_filter("LXC and nspawn name their own", |name| {
        !name.starts_with("lxc") && !name.starts_with("machine-") && !name.starts_with("systemd-nspawn@")
    })
}

proptest! {
    #[test]
    fn no_bytes_panic(path in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Paths.place(&path);
    }

    #[test]
    fn no_mix_of_known_pieces_panics_and_every_container_has_an_id(
        pieces in proptest::collection::vec(
            prop::sample::select(vec![
                "/", "docker", "-", "lxc", ".scope", ".service", ":", "pod", "kubepods", ".slice", "machine-", "..",
                "b43d92bf1e5c6f78bb9b7bc6f40721280299855ba692092716e3a1b6c0b86f3f", "ecs", "_", "systemd-nspawn@",
                " (deleted)", "é", "lxc.payload.", "buildkit", "supervisor", "conmon",
            ]),
            0..20,
        )
    ) {
        let place = Paths.place(pieces.concat().as_bytes());
        match place.key {
            GroupKey::Container(id) => prop_assert!(!id.is_empty() && place.runtime.is_some()),
            _ => prop_assert!(place.runtime.is_none() && place.pod_uid.is_none() && place.outer.is_none()),
        }
    }

    #[test]
    fn what_is_below_a_container_is_the_container(
        index in any::<prop::sample::Index>(),
        below in proptest::collection::vec(plain(), 1..5),
    ) {
        let rows: Vec<Row> = containers().into_iter().filter(|row| !row.path.ends_with(" (deleted)")).collect();
        let row = &rows[index.index(rows.len())];
        let path = format!("{}/{}", row.path, below.join("/"));
        prop_assert_eq!(Paths.place(path.as_bytes()), row.place.clone(), "{}", path);
    }
}
