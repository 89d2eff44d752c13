//! What is done to this program, and what only looks like it.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::model::{Naming, ReachCall};

fn own(folder: &Path) -> Own {
    std::fs::create_dir(folder.join("spool")).unwrap();
    let records = vec![folder.join("record"), folder.join("spool")];
    Own::new(&OwnFiles { records, settings: vec![folder.join("config.toml")] })
}

fn opened(path: &str, write: bool) -> Deed {
    Deed::Open(Box::new(Opened { path: path.into(), read: !write, write, ..Opened::default() }))
}

#[test]
fn its_files_are_known_by_their_paths_and_what_lies_beside_and_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let own = own(folder.path());
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, part) in [
        ("record", Some(Part::Record)),
        ("record-wal", Some(Part::Record)),
        ("record.bak", None),
        ("records", None),
        ("spool/1", Some(Part::Record)),
        ("config.toml", Some(Part::Settings)),
        ("x/config.toml", None),
    ] {
        assert_eq!(own.part(&opened(&at(name), true)), part, "{name}");
        assert_eq!(own.part(&opened(&at(name), false)), None, "{name} is only read");
        let gone = Naming { how: NameCall::Unlink, path: at(name).as_str().into(), ..Naming::default() };
        assert_eq!(own.part(&Deed::Name(Box::new(gone))), part, "{name}");
        let moved = Naming { path: "/tmp/x".into(), from: at(name).as_str().into(), ..Naming::default() };
        assert_eq!(own.part(&Deed::Name(Box::new(moved))), part, "{name} is moved away");
    }
}

#[test]
fn what_only_has_the_name_of_one_of_its_files_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut own = own(folder.path());
    let act = |what| Act { error: None, observer: None, what };
    let regular = |path: &str| {
        let (path, mode) = (path.into(), S_IFREG | 0o644);
        act(Deed::Open(Box::new(Opened { path, mode, write: true, ..Opened::default() })))
    };
    assert!(own.is_namesake(&regular("/srv/app/config.toml")));
    assert!(own.is_namesake(&regular("/var/spool/x")));
    assert!(!own.is_namesake(&regular("/etc/cron.d/config.toml")), "others look there");
    assert!(!own.is_namesake(&regular("/etc/passwd")));
    let named = |path: &str, mode| act(Deed::Name(Box::new(Naming { path: path.into(), mode, ..Naming::default() })));
    assert!(own.is_namesake(&named("/srv/config.toml", 0)));
    assert!(!own.is_namesake(&named("/srv/config.toml", 0o4755)));
    let mut ours = regular(folder.path().join("record").to_str().unwrap());
    own.mark(&mut ours);
    assert!(!own.is_namesake(&ours));
}

#[test]
fn the_kernel_is_told_names_and_of_directories_that_removals_count() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("spool")).unwrap();
    let long = folder.path().join("a".repeat(CARE_MAX));
    let files = OwnFiles {
        records: vec![folder.path().join("record"), folder.path().join("spool"), long],
        settings: Vec::new(),
    };
    let names: Vec<_> = files.names().into_iter().map(|(name, _)| String::from_utf8(name).unwrap()).collect();
    assert_eq!(
        names,
        ["record", "spool", "record-wal", "record-shm", "record-journal", "spool-wal", "spool-shm", "spool-journal"]
    );
    assert_eq!(files.folders(), [(b"spool".to_vec(), care::WRITE | care::REMOVE)]);
}

#[test]
fn its_process_and_its_cgroup_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let own = own(folder.path());
    let us = Some(ProcessId { pid: std::process::id(), start: Ticks(1) });
    let reach = |target| Deed::Reach { how: ReachCall::Attach, target };
    assert_eq!(own.part(&reach(us)), Some(Part::Process));
    assert_eq!(own.part(&reach(Some(ProcessId { pid: 1, start: Ticks(1) }))), None);
    let of = |fs, inside: &str, subject| {
        let (path, inside) = (inside.into(), inside.into());
        own.part(&Deed::Open(Box::new(Opened {
            path,
            inside,
            fs,
            read: true,
            write: true,
            subject,
            ..Opened::default()
        })))
    };
    assert_eq!(of(PROC, "/7/mem", us), Some(Part::Process));
    assert_eq!(of(PROC, "/7/environ", us), None);
    assert_eq!(of(CGROUP2, "/no/such/group/cgroup.freeze", None), None);
    let group = String::from_utf8(cgroups::own().pop().unwrap()).unwrap();
    let freeze = format!("{}/cgroup.freeze", group.trim_end_matches('/'));
    assert_eq!(of(CGROUP2, &freeze, None), Some(Part::Cgroup), "{freeze}");
}
