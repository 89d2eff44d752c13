//! `demo`: the bundled attack, told note by note.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;

use super::Failure;
use super::arguments::DemoArguments;
use super::replay::{self, Show};
use crate::store::{Moment, Recording, Tape};

/// A recording of demo/kubernetes-attack, with notes: tests/demo.rs makes it.
const BUNDLED: &[u8] = include_bytes!("../../../demo/kubernetes-attack/recording.zst");

/// Shows the attack, or writes it to a file that every command can be tried on.
pub(super) fn demo(arguments: &DemoArguments) -> Result<(), Failure> {
    if let Some(out) = &arguments.out {
        let recording = unpacked()?;
        write(out, &recording).with_context(|| format!("cannot write {}", out.display()))?;
        eprintln!("{0} is a recording: try `ktrace-tui report {0}`", out.display());
        return Ok(());
    }
    // Notes that are added while it is shown go with it.
    let (tape, _folder) = bundled()?;
    let config = arguments.config.as_deref();
    replay::show(Show { look: &arguments.look, config, walkthrough: true, normal: None }, tape, |_, _| {
        Ok(Moment::Start)
    })
}

/// The attack, to be gone through, and the folder that it is in as long as that is there.
pub(super) fn bundled() -> Result<(Box<dyn Tape>, TempDir), Failure> {
    let folder = tempfile::tempdir().context("cannot make a temporary directory")?;
    let file = folder.path().join("demo.ktrace");
    write(&file, &unpacked()?).with_context(|| format!("cannot write {}", file.display()))?;
    Ok((Box::new(Recording::open(&file)?), folder))
}

fn unpacked() -> Result<Vec<u8>, Failure> {
    Ok(zstd::decode_all(BUNDLED).context("the bundled recording is damaged")?)
}

fn write(file: &Path, recording: &[u8]) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(recording)
}
