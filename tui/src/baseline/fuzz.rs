//! Baselines, which are files that people keep and merge.
#![cfg(any(test, fuzzing))]

use super::{Baseline, BaselineError};
use crate::fuzz::harmless;

/// Tries text as a baseline: it is the same when it is written and read again, and merged with itself it has all that it had.
pub(crate) fn baseline(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Baseline::read(&text) {
        Ok(baseline) => {
            let written = baseline.to_string();
            match Baseline::read(&written) {
                Ok(again) => assert_eq!(again, baseline, "{written}"),
                Err(error) => panic!("{error}: {written}"),
            }
            let mut merged = baseline.clone();
            merged.merge(baseline.clone());
            assert!(merged.workloads.keys().eq(baseline.workloads.keys()));
            merged.prune(None, 2);
        }
        Err(error) => {
            if let BaselineError::Wrong { line, column, .. } = &error {
                assert!((1..=text.split('\n').count()).contains(line) && *column > 0, "{error}");
            }
            error.to_string().lines().for_each(harmless);
        }
    }
}
