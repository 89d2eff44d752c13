//! What the fuzzers learned, gone through once more.
#![cfg(any(test, fuzzing))]

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{TARGETS, run};

/// The inputs that are kept for a target, by name, unpacked.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/corpus/{name}.tar.gz"));
    let folder = tempfile::tempdir().expect("a folder");
    let done = Command::new("tar").arg("-xzf").arg(&packed).arg("-C").arg(folder.path()).status().expect("tar");
    assert!(done.success(), "tar cannot unpack {}", packed.display());
    let files = fs::read_dir(folder.path()).expect("it was unpacked").map(|entry| entry.expect("one"));
    let read =
        |file: fs::DirEntry| (file.file_name().to_string_lossy().into_owned(), fs::read(file.path()).expect("it"));
    files.map(read).collect()
}

#[test]
fn what_the_fuzzers_learned_holds() {
    let mut wrong = Vec::new();
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(inputs.len() >= 5, "{name}: only {} inputs are kept", inputs.len());
        let fails = |input: &[u8]| std::panic::catch_unwind(|| target(input)).is_err();
        wrong.extend(inputs.iter().filter(|(_, input)| fails(input)).map(|(file, _)| format!("{name}/{file}")));
    }
    assert!(wrong.is_empty(), "of what is packed in tui/fuzz/corpus these fail, as told above: {}", wrong.join(", "));
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
