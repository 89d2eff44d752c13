//! Files, roots, processes, sockets and the kernel.

use crate::detect::Severity::{Critical, High, Low, Medium};
use crate::detect::testkit::*;
use crate::model::{Creds, Deed, Fork, KernelCall, Kind, Mount, MountCall, NameCall, Naming, Opened, ReachCall, Text};

/// A shell in the container web-1 (pid 111).
fn shell() -> Node {
    let mut node = Node::web();
    node.fork(111, 110);
    node.exec(111, "/bin/sh");
    assert_eq!(node.take(), []);
    node
}

#[test]
fn a_file_of_the_host_that_starts_things_is_told_apart_from_the_containers_own() {
    let mut node = shell();
    node.did(111, writing("/etc/cron.d/job", None));
    assert!(!node.has("host_startup_written"), "its own");
    node.take();
    node.did(111, writing("/data/x", Some("/srv/data/x")));
    assert_eq!(node.take(), [], "a volume");
    node.did(111, writing("/host/etc/cron.d/job", Some("/etc/cron.d/job")));
    assert_eq!(node.take(), [("host_startup_written".into(), Critical, false)]);
}

#[test]
fn a_file_renamed_into_place_counts_as_one_that_was_written() {
    let mut node = shell();
    let naming = Naming {
        how: NameCall::Rename,
        path: "/k/x.yaml".into(),
        host: Some("/etc/kubernetes/manifests/x.yaml".into()),
        ..Naming::default()
    };
    node.did(111, Deed::Name(Box::new(naming)));
    assert!(node.has("host_startup_written"));
}

#[test]
fn the_runtime_itself_may_write_where_it_likes() {
    let mut node = Node::web();
    node.fork(120, 31);
    node.exec(120, "/usr/bin/runc init");
    node.tell(120, Some(inside(WEB)), Kind::Move);
    node.did(120, writing("/etc/cron.d/job", Some("/etc/cron.d/job")));
    assert!(!node.has("host_startup_written"));
}

#[test]
fn the_kernels_hooks_are_known_by_their_file_system_and_a_refusal_is_less() {
    let hook = |fs| {
        Deed::Open(Box::new(Opened {
            path: "/x".into(),
            inside: "/sys/kernel/core_pattern".into(),
            fs,
            write: true,
            ..Opened::default()
        }))
    };
    let mut node = shell();
    node.did(111, hook(0x794c_7630));
    assert_eq!(node.take(), []);
    node.did(111, hook(0x9fa0));
    assert_eq!(node.take(), [("kernel_hook_written".into(), Critical, false)]);
    let refused = Opened { path: "/proc/sys/kernel/core_pattern".into(), write: true, ..Opened::default() };
    node.act(111, Some(13), Deed::Open(Box::new(refused)));
    assert_eq!(node.take(), [("kernel_hook_written".into(), Medium, true)]);
}

#[test]
fn a_root_of_the_host_is_an_escape_and_one_of_the_container_is_not() {
    let root = |host: Option<&str>, foreign| {
        let mount = Mount {
            how: MountCall::Chroot,
            target: "/x".into(),
            host: host.map(Text::from),
            foreign,
            ..Mount::default()
        };
        Deed::Mount(Box::new(mount))
    };
    let mut node = shell();
    node.did(111, root(None, false));
    node.did(111, root(Some("/var/lib/kubelet/pods/1/volumes/build/rootfs"), false));
    assert_eq!(node.take(), []);
    node.did(111, root(Some("/"), false));
    assert_eq!(node.take(), [("host_tree_entered".into(), Critical, false)]);
    let mut node = shell();
    node.did(111, root(None, true));
    assert!(node.has("host_tree_entered"), "through another mount namespace");
}

#[test]
fn a_debugger_inside_is_nothing_and_one_across_the_border_is() {
    let attach = |pid| Deed::Reach { how: ReachCall::Attach, target: Some(id(pid)) };
    let mut node = shell();
    node.did(111, attach(110));
    assert_eq!(node.take(), []);
    node.did(111, attach(20));
    assert_eq!(node.take(), [("reach_across_border".into(), Critical, false)]);
}

#[test]
fn whoever_starts_containers_is_known_by_that_and_not_by_the_name_of_its_socket() {
    let connect = |path: &str, peer| Deed::UnixConnect { path: path.into(), host: None, peer: Some(id(peer)) };
    let mut node = shell();
    node.did(111, connect("/run/db.sock", 20));
    assert_eq!(node.take(), []);
    node.did(111, connect("/run/anything", 31));
    assert_eq!(node.take(), [("runtime_socket".into(), High, false)]);
}

#[test]
fn modules_and_rare_doors_of_the_kernel_are_told_apart() {
    let call = |how| Deed::Kernel { how, command: 0, name: Text::default() };
    let mut node = shell();
    node.did(111, call(KernelCall::Userfaultfd));
    node.did(111, call(KernelCall::LoadModule));
    let rules =
        [("rare_kernel_interface".into(), Low, false), ("kernel_module_from_container".into(), Critical, false)];
    assert_eq!(node.take(), rules);
}

#[test]
fn standing_outside_of_the_container_is_an_escape_unless_it_is_the_runtime() {
    let mut node = shell();
    let mut file = overlay_file();
    file.cwd_foreign = true;
    node.fork(112, 111);
    node.exec_as(112, "/bin/ls", file);
    assert_eq!(node.take(), [("outside_working_directory".into(), Critical, false)]);
}

#[test]
fn root_out_of_nowhere_is_told_and_a_setuid_program_is_not() {
    let user = Creds { uid: 1000, gid: 1000, euid: 1000, ..Creds::default() };
    let mut node = Node::new();
    (node.uid, node.caps) = (1000, 0);
    node.fork(50, 20);
    node.exec(50, "/bin/sh");
    node.tell(51, None, Kind::Fork(Fork { maker: id(50), parent: id(50), ns_pid: 51, creds: user }));
    assert_eq!(node.take(), []);
    let mut sudo = disk_file();
    sudo.mode = 0o104_755;
    node.uid = 0;
    node.exec_as(51, "/usr/bin/sudo", sudo);
    assert_eq!(node.take(), []);
    let root = Creds::default();
    node.tell(52, None, Kind::Fork(Fork { maker: id(50), parent: id(50), ns_pid: 52, creds: root }));
    assert_eq!(node.take(), [("root_from_nowhere".into(), Critical, false)]);
}
