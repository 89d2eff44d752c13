//! Ordinary programs where they do not belong.

use crate::detect::Severity::{Low, Medium};
use crate::detect::testkit::*;
use crate::model::{Deed, Mount, NameCall, Naming, Opened};

fn chmod(path: &str, mode: u32) -> Deed {
    Deed::Name(Box::new(Naming { how: NameCall::Chmod, path: path.into(), mode, ..Naming::default() }))
}

#[test]
fn a_package_manager_belongs_to_the_host_and_to_builds() {
    let mut node = Node::web().only(&["packages_in_container"]);
    node.run(111, 110, "/usr/bin/apt-get install nmap");
    assert_eq!(node.take(), [("packages_in_container".into(), Low, false)]);
    node.run(40, 20, "/usr/bin/apt-get install nmap");
    assert_eq!(node.take(), []);
}

#[test]
fn a_hidden_program_out_of_a_temporary_directory_is_told() {
    let mut node = Node::new().only(&["hidden_program"]);
    for (pid, exe) in (40..).zip(["/tmp/.x/run", "/var/tmp/.update", "/home/u/.cargo/bin/cargo", "/tmp/build/run"]) {
        node.run(pid, 20, exe);
    }
    let told = ("hidden_program".to_owned(), Medium, false);
    assert_eq!(node.take(), [told.clone(), told]);
}

#[test]
fn the_setuid_bit_is_given_by_those_who_install_and_by_nobody_else() {
    let mut node = Node::new().only(&["setuid_made"]);
    node.run(40, 20, "/usr/bin/chmod u+s /var/tmp/b");
    node.did(40, chmod("/var/tmp/b", 0o104_755));
    assert_eq!(node.take(), [("setuid_made".into(), Medium, false)]);
    node.run(41, 20, "/usr/bin/dpkg --configure sudo");
    node.did(41, chmod("/usr/bin/sudo", 0o104_755));
    node.run(42, 20, "/usr/bin/chmod 755 x");
    node.did(42, chmod("/srv/x", 0o755));
    assert_eq!(node.take(), []);
}

#[test]
fn a_mount_over_a_process_hides_it_and_one_of_proc_does_not() {
    let mut node = Node::new().only(&["process_hidden"]);
    node.run(40, 20, "/usr/bin/mount --bind e /proc/77");
    for target in ["/proc/77", "/proc", "/proc/sys/fs/binfmt_misc"] {
        node.did(40, Deed::Mount(Box::new(Mount { target: target.into(), ..Mount::default() })));
    }
    assert!(node.found[0].title.ends_with("/proc/77"));
    assert_eq!(node.take(), [("process_hidden".into(), Medium, false)]);
}

#[test]
fn a_link_to_passwords_is_told_and_one_to_a_library_is_not() {
    let mut node = Node::new().only(&["secret_linked"]);
    node.run(40, 20, "/usr/bin/ln -s /etc/shadow /srv/www/x");
    node.did(40, naming(NameCall::Symlink, "/etc/shadow", "/srv/www/x"));
    node.did(40, naming(NameCall::Symlink, "/usr/lib/libz.so.1", "/usr/lib/libz.so"));
    assert_eq!(node.take(), [("secret_linked".into(), Medium, false)]);
}

#[test]
fn a_library_that_somebody_else_put_into_a_temporary_directory_is_told() {
    let mut node = Node::new().only(&["library_preloaded"]);
    node.run(40, 20, "/usr/bin/gcc -shared");
    node.run(41, 20, "/usr/bin/id");
    let mapped = |path: &str, writer: u32| {
        let (path, writer) = (path.into(), Some(id(writer)));
        Deed::Open(Box::new(Opened { path, writer, mapped: true, read: true, ..Opened::default() }))
    };
    node.did(41, mapped("/tmp/z.so", 40));
    assert_eq!(node.others(0), [40]);
    assert_eq!(node.take(), [("library_preloaded".into(), Medium, false)]);
    node.run(42, 20, "/usr/bin/java -jar x");
    node.did(42, mapped("/tmp/jna-1.so", 42));
    node.did(42, mapped("/usr/lib/x.so", 40));
    assert_eq!(node.take(), [], "what it unpacked itself; what lies where libraries do");
}

#[test]
fn the_age_of_a_systems_file_is_forged_and_that_of_a_build_is_not() {
    let mut node = Node::new().only(&["times_forged"]);
    for (pid, command) in (40..).zip([
        "/usr/bin/touch -r /bin/ls /usr/local/bin/helper",
        "/usr/bin/touch -d yesterday build/stamp",
        "/usr/bin/touch /etc/motd",
        "/usr/bin/touch -r /bin/ls out",
    ]) {
        node.run(pid, 20, command);
    }
    assert_eq!(node.take(), [("times_forged".into(), Medium, false)]);
}
