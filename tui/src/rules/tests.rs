//! Files of rules, as they come, change and go.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;

const RULE: &str = "[[rule]]\nid = 'own'\nclass = 'recon'\nseverity = 'low'\ntitle = 't'\nwhen = 'kind = exec'\n";

fn place(path: &Path) -> Place {
    Place { path: path.to_owned(), only_sigma: false, expected: true }
}

/// The names of the rules, and what is wrong.
fn held(shelf: &Shelf) -> (Vec<String>, Vec<String>) {
    let rules = shelf.rules();
    let broken = rules.broken().iter().map(|it| it.fault.message.clone()).collect();
    (rules.rules().map(|own| own.rule.id.clone()).collect(), broken)
}

#[test]
fn only_what_changed_is_other_than_before() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("deep/er/a.toml");
    let mut shelf = Shelf::new(vec![place(dir.path())]);
    assert!(!shelf.look(), "nothing was there and nothing is");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, RULE).unwrap();
    assert!(shelf.look());
    assert_eq!(held(&shelf).0, ["own"]);
    assert!(!shelf.look());
    fs::write(&file, RULE.replace("own", "other")).unwrap();
    assert!(shelf.look());
    assert_eq!(held(&shelf).0, ["other"]);
    fs::remove_file(&file).unwrap();
    assert!(shelf.look());
    assert!(held(&shelf).0.is_empty() && !shelf.look());
}

#[test]
fn what_cannot_be_read_is_said_and_takes_nothing_away() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("a.toml"), RULE).unwrap();
    fs::write(at("b.toml"), b"# \xff").unwrap();
    fs::write(at("c.yml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    fs::write(at(".hidden.toml"), "not read").unwrap();
    fs::write(at("notes.txt"), "not read").unwrap();
    symlink(dir.path(), at("back")).unwrap();
    symlink("/nowhere", at("d.toml")).unwrap();
    let mut shelf = Shelf::new(vec![place(dir.path()), place(Path::new("/nonexistent/rules"))]);
    assert!(shelf.look());
    let (rules, broken) = held(&shelf);
    assert_eq!(rules, ["own"]);
    let says = ["byte 3 is not UTF-8", "larger than 1 MiB", "No such file", "No such file"];
    assert_eq!(broken.len(), says.len(), "{broken:?}");
    assert!(broken.iter().zip(says).all(|(is, says)| is.contains(says)), "{broken:?}");
}

#[test]
fn a_directory_for_sigma_holds_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.toml"), RULE).unwrap();
    let mut shelf = Shelf::new(vec![Place { only_sigma: true, ..place(dir.path()) }]);
    assert!(!shelf.look());
    let mut shelf = Shelf::new(vec![Place { expected: false, ..place(Path::new("/nonexistent/rules")) }]);
    assert!(!shelf.look() && shelf.rules().summary().is_none());
}
