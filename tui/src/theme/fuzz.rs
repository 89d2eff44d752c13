//! Themes, which people hand on to each other.
#![cfg(any(test, fuzzing))]

use super::Depth;
use super::read::text;
use crate::fuzz::harmless;

/// Tries text as a theme.
pub(crate) fn theme(bytes: &[u8]) {
    match text(&String::from_utf8_lossy(bytes), "own.toml") {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                assert!(warning.contains("own.toml"), "{warning:?} does not say where");
                harmless(warning);
            }
            for (_, depth) in Depth::NAMES {
                let _ = loaded.theme.fit(*depth);
            }
        }
        Err(error) => {
            assert!(error.to_string().contains("own.toml"), "{error} does not say where");
            error.to_string().lines().for_each(harmless);
        }
    }
}
