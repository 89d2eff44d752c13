//! What the fuzzers learned, gone through once more.
#![cfg(any(test, fuzzing))]

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{TARGETS, run};

/// The inputs that are kept for a target, unpacked.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/corpus/{name}.tar.gz"));
    let folder = tempfile::tempdir().expect("a folder");
    let done = Command::new("tar").arg("-xzf").arg(&packed).arg("-C").arg(folder.path()).status().expect("tar");
    assert!(done.success(), "tar cannot unpack {}", packed.display());
    let mut files: Vec<_> = fs::read_dir(folder.path()).expect("it").map(|entry| entry.expect("one").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("it was unpacked")).collect()
}

#[test]
fn what_the_fuzzers_learned_holds() {
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(inputs.len() >= 5, "{name}: only {} inputs are kept", inputs.len());
        inputs.iter().for_each(|input| target(input));
    }
}

#[test]
fn everything_that_is_kept_is_of_a_target() {
    for (folder, end) in [("fuzz/corpus", ".tar.gz"), ("fuzz/dictionaries", "")] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect(folder) {
            let file = entry.expect("one").file_name().to_string_lossy().into_owned();
            let name = file.strip_suffix(end).unwrap_or(&file);
            assert!(TARGETS.iter().any(|(target, _)| *target == name), "tui/{folder}/{file} is of no target");
        }
    }
}

#[test]
#[should_panic(expected = "has no target `nobody`")]
fn a_name_that_is_none_is_no_target() {
    run("nobody", b"");
}
