//! The configuration, with keys and exceptions in it.
#![cfg(any(test, fuzzing))]

use std::path::Path;

use super::read::parse;
use super::{ConfigError, parse_size};
use crate::fuzz::harmless;

/// Tries text as a configuration: its exceptions are the same when they are written and read again.
pub(crate) fn config(bytes: &[u8]) {
    let (text, file) = (String::from_utf8_lossy(bytes), Path::new("/etc/own.toml"));
    let _ = parse_size(&text);
    match parse(&text, file) {
        Ok(config) => {
            let written: String = config.exceptions.iter().map(|exception| exception.to_toml() + "\n").collect();
            match parse(&written, file) {
                Ok(again) => assert_eq!(again.exceptions, config.exceptions),
                Err(error) => panic!("{error}: {written}"),
            }
        }
        Err(error) => {
            if let ConfigError::Wrong { line, .. } = &error {
                assert!((1..=text.split('\n').count()).contains(line), "{error}");
            }
            assert!(error.to_string().starts_with("/etc/own.toml"), "{error} does not say where");
            error.to_string().lines().for_each(harmless);
        }
    }
}
