//! Where a program stands that sees this and that.

use super::*;

fn mounted(device: &str, root: &str, point: &str) -> Mount {
    Mount { what: (device.into(), root.into()), point: point.into() }
}

/// A container with an overlay as its root, in a mount namespace of its own.
fn container() -> Facts {
    Facts {
        one_mounts: Some(false),
        marked: true,
        own: vec![mounted("0:50", "/", "/"), mounted("0:51", "/", "/proc")],
        first_root: Some(("254:0".into(), "/".into())),
        ..Facts::default()
    }
}

#[test]
fn who_shares_the_mounts_of_the_first_process_is_on_the_node() {
    let node = Host { place: Place::Node, root: Some("/".into()) };
    assert_eq!(Facts { initial_pids: true, one_mounts: Some(true), ..Facts::default() }.host(), node);
    // A throw-away node, or another user who may not look at the first process.
    assert_eq!(Facts { one_mounts: Some(true), ..Facts::default() }.host(), node);
    assert_eq!(Facts { initial_pids: true, ..Facts::default() }.host(), node);
    // A service with PrivateTmp=.
    let own = vec![mounted("254:0", "/", "/"), mounted("254:0", "/tmp/private", "/tmp")];
    assert_eq!(Facts { own, marked: false, initial_pids: true, ..container() }.host(), node);
}

#[test]
fn the_root_of_the_node_is_found_wherever_it_is_mounted() {
    let at = |point: &str| {
        let own = [container().own, vec![mounted("254:0", "/", point)]].concat();
        Facts { own, ..container() }.host()
    };
    let pids = Place::Container { node_pids: true };
    assert_eq!(at("/host"), Host { place: pids, root: Some("/host".into()) });
    assert_eq!(at("/rootfs"), Host { place: pids, root: Some("/rootfs".into()) });
    // Parts of it at their places below /host; nothing at all, and then the first process has it.
    assert_eq!(Facts { usual: true, first: true, ..container() }.host().root(), Path::new("/host"));
    assert_eq!(Facts { first: true, ..container() }.host().root(), Path::new("/proc/1/root"));
    assert_eq!(container().host(), Host { place: pids, root: None });
}

#[test]
fn a_container_with_processes_of_its_own_is_alone() {
    let alone = Facts { one_mounts: Some(true), first: true, usual: true, ..container() }.host();
    assert!(alone.alone());
    assert_eq!(alone.root(), Path::new("/host"), "its sockets and users are the node's all the same");
    // Whoever may not look at the first process shares it with the node.
    let blind = Facts { one_mounts: None, first_root: None, ..container() }.host();
    assert_eq!(blind, Host { place: Place::Container { node_pids: true }, root: None });
    // The containers of a pod that share their processes: the first one is no node's.
    let shared = Facts { first_contained: true, first: true, ..container() }.host();
    assert!(shared.alone());
    assert_eq!((shared.root(), &shared.root), (Path::new("/"), &None));
}

#[test]
fn a_container_is_known_by_a_full_id_in_the_path_of_its_cgroup() {
    let id = "a".repeat(64);
    assert!(names_container(&format!("0::/../cri-containerd-{id}.scope\n")));
    assert!(names_container(&format!("4:memory:/docker/{id}\n0::/\n")));
    assert!(!names_container("0::/../../../init.scope\n"));
    assert!(!names_container(&format!("0::/user.slice/{}\n", &id[..32])));
}
