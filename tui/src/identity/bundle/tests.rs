//! Bundles as runtimes leave them, and as nobody should.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::model::{ContainerState, Role, Runtime};

const ID: &str = "4a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddeeff0";

fn node() -> (TempDir, Roots) {
    let node = tempfile::tempdir().unwrap();
    let roots = Roots::below(node.path());
    (node, roots)
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn containerd(node: &TempDir, namespace: &str, id: &str) -> PathBuf {
    node.path().join("run/containerd/io.containerd.runtime.v2.task").join(namespace).join(id)
}

const CONTAINER: &str = r#"{"ociVersion":"1.0.2-dev","process":{"args":["x"]},"annotations":{
    "io.kubernetes.cri.container-name":"app","io.kubernetes.cri.container-type":"container",
    "io.kubernetes.cri.image-name":"registry.example/shop:1","io.kubernetes.cri.sandbox-id":"5b",
    "io.kubernetes.cri.sandbox-name":"shop-1","io.kubernetes.cri.sandbox-namespace":"prod","odd":7,"odder":null}}"#;

#[test]
fn a_container_of_containerd_is_named_by_its_bundle() {
    let (node, roots) = node();
    write(&containerd(&node, "k8s.io", ID).join("config.json"), CONTAINER);
    let news = Reader::new(roots.clone()).look().remove(0);
    assert_eq!(
        (news.id.as_str(), news.name.as_deref(), news.image.as_deref()),
        (ID, Some("app"), Some("registry.example/shop:1"))
    );
    assert_eq!((news.pod.as_deref(), news.namespace.as_deref()), (Some("shop-1"), Some("prod")));
    assert_eq!((news.role, news.runtime), (Some(Role::Workload), Some(Runtime::Containerd)));
    assert_eq!(news.state, ContainerState::Unknown, "no pid, no state");
    assert_eq!(roots.find(ID).map(|place| place.directory), Some(containerd(&node, "k8s.io", ID)));
    assert_eq!(roots.find(&ID[1..]), None);
}

#[test]
fn a_sandbox_and_a_container_of_cri_o_are_named_by_their_bundles() {
    let (node, roots) = node();
    let overlay = node.path().join("run/containers/storage/overlay-containers");
    let crio = |kind: &str, name: &str, labels: &str| {
        format!(
            r#"{{"ociVersion":"1.0.2","annotations":{{"io.container.manager":"cri-o",
            "io.kubernetes.container.name":"{name}","io.kubernetes.cri-o.ContainerType":"{kind}",
            "io.kubernetes.cri-o.ContainerName":"k8s_{name}_shop-1_prod_0f_0","io.kubernetes.cri-o.KubeName":"shop-1",
            "io.kubernetes.cri-o.Namespace":"prod","io.kubernetes.cri-o.ImageName":"registry.example/{name}:1",
            "io.kubernetes.cri-o.Labels":"{labels}"}}}}"#
        )
    };
    write(&overlay.join(ID).join("userdata/config.json"), &crio("container", "app", r#"{\"tier\":\"front\"}"#));
    write(&overlay.join("5b").join("userdata/config.json"), &crio("sandbox", "POD", "not json"));
    let mut news = Reader::new(roots).look();
    news.sort_by(|one, other| one.id.cmp(&other.id));
    let [container, sandbox] = news.try_into().unwrap();
    assert_eq!((container.name.as_deref(), container.labels["tier"].as_str()), (Some("app"), "front"));
    assert_eq!((container.role, container.runtime), (Some(Role::Workload), Some(Runtime::Crio)));
    assert_eq!((sandbox.name, sandbox.pod.as_deref()), (None, Some("shop-1")));
    assert_eq!((sandbox.role, sandbox.namespace.as_deref()), (Some(Role::Sandbox), Some("prod")));
}

#[test]
fn a_container_runs_when_its_first_process_lives_in_its_cgroup() {
    let (node, roots) = node();
    let bundle = containerd(&node, "k8s.io", ID);
    write(&bundle.join("config.json"), "{}");
    write(&bundle.join("init.pid"), "77");
    let state = || Reader::new(roots.clone()).look()[0].state;
    assert_eq!(state(), ContainerState::Unknown, "nobody has that pid");
    let cgroup = node.path().join("proc/77/cgroup");
    write(&cgroup, "0::/system.slice/cron.service\n");
    assert_eq!(state(), ContainerState::Unknown, "somebody else has that pid");
    write(&cgroup, &format!("1:pids:/\n0::/kubepods/besteffort/pod0f/{ID}\n"));
    assert_eq!(state(), ContainerState::Running);
}

#[test]
fn what_is_read_once_is_read_again_only_when_it_changed_and_what_goes_is_gone() {
    let (node, roots) = node();
    let file = containerd(&node, "k8s.io", ID).join("config.json");
    write(&file, CONTAINER);
    let mut reader = Reader::new(roots);
    assert_eq!(reader.look()[0].name.as_deref(), Some("app"));
    write(&file, &CONTAINER.replace("\"app\"", "\"new\""));
    fs::File::options().append(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(reader.look()[0].name.as_deref(), Some("new"));
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
    assert_eq!(reader.look(), []);
}

#[test]
fn links_pipes_and_files_without_end_are_no_bundles_and_said() {
    let (node, roots) = node();
    let secret = node.path().join("secret");
    write(&secret, CONTAINER);
    for (id, make) in [
        ("a1", &(|file: &Path| symlink(&secret, file).unwrap()) as &dyn Fn(&Path)),
        ("a2", &|file: &Path| fs::create_dir(file).unwrap()),
        ("a3", &|file: &Path| write(file, &format!("{{\"annotations\":{{\"a\":\"{}\"}}}}", "x".repeat(3 << 20)))),
        ("a4", &|file: &Path| symlink("/dev/zero", file).unwrap()),
        ("a5", &|file: &Path| {
            let made = std::process::Command::new("mkfifo").arg(file).status().unwrap();
            assert!(made.success());
        }),
        ("a6", &|file: &Path| write(file, "no json")),
    ] {
        let file = containerd(&node, "k8s.io", id).join("config.json");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        make(&file);
        assert!(Config::read(&file).is_err(), "{id}");
    }
    // A directory that is a link is not gone into either.
    symlink(node.path(), containerd(&node, "k8s.io", "a7")).unwrap();
    let mut reader = Reader::new(roots);
    assert_eq!(reader.look(), []);
    let (health, text) = reader.health().unwrap();
    assert_eq!(health, Health::Degraded);
    assert!(text.contains("6 of the bundles"), "{text}");
}

#[test]
fn a_node_without_runtimes_has_nothing_to_say_but_to_the_doctor() {
    let (_node, roots) = node();
    assert_eq!(Reader::new(roots.clone()).health(), None);
    let (health, text) = check(roots);
    assert_eq!(health, Health::Missing);
    assert!(text.contains("run/containers/storage"), "{text}");
}

#[test]
fn an_id_never_leads_out_of_its_directory() {
    let (node, roots) = node();
    write(&node.path().join("run/containerd/io.containerd.runtime.v2.task/config.json"), CONTAINER);
    fs::create_dir_all(containerd(&node, "k8s.io", ID)).unwrap();
    for id in ["..", ".", "", "../..", "a/b", "/", "a\0b"] {
        assert_eq!(roots.find(id), None, "{id:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_fail_badly(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = Config::parse(&bytes);
    }

    #[test]
    fn no_annotations_make_it_fail_badly_and_what_is_a_string_is_kept(
        words in prop::collection::btree_map(".{0,40}|io\\.kubernetes\\.cri-o\\.(Labels|ContainerName|ContainerType)", ".{0,60}", 0..12),
        number in any::<i64>(),
    ) {
        let mut map: serde_json::Map<String, serde_json::Value> =
            words.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
        map.insert("a number".into(), number.into());
        let text = serde_json::json!({ "annotations": map, "linux": { "deep": [[[number]]] } }).to_string();
        let config = Config::parse(text.as_bytes()).unwrap();
        let mut kept = words.clone();
        kept.remove("a number");
        prop_assert_eq!(config.annotations(), &kept);
        let place = Place { id: ID.into(), directory: "/nowhere".into(), pid_file: "init.pid", runtime: None };
        prop_assert_eq!(config.news(&place).id, ID);
    }
}
