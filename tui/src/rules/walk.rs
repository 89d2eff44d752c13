//! The files of rules below a directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::shelf::Place;

/// How deep directories are looked into, and how many files are taken.
const DEEPEST: usize = 16;
const MOST: usize = 50_000;

/// The files of a place, in the order of their names. Hidden ones are left out, and so is what a link to a directory
/// leads to: it may lead back.
///
/// # Errors
/// When the place itself cannot be read.
pub(super) fn files(place: &Place) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(&place.path)?.is_dir() {
        return Ok(vec![place.path.clone()]);
    }
    let mut found = Vec::new();
    below(&place.path, place.only_sigma, 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn below(directory: &Path, only_sigma: bool, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let Ok(entry) = entry else { continue };
        if found.len() >= MOST || entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEEPEST => {
                // What lies deeper and cannot be read takes nothing else away.
                let _ = below(&path, only_sigma, depth + 1, found);
            }
            Ok(kind) if kind.is_dir() => {}
            Ok(_) if is_rules(&path, only_sigma) => found.push(path),
            _ => {}
        }
    }
    Ok(())
}

fn is_rules(path: &Path, only_sigma: bool) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yml" | "yaml") => true,
        Some("toml") => !only_sigma,
        _ => false,
    }
}
