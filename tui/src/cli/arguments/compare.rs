//! The arguments that say what is normal.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Failure;
use crate::baseline::Baseline;
use crate::cli::baseline;

/// Options of everything that can compare with a baseline.
#[derive(Args, Debug)]
pub struct CompareArguments {
    /// Mark what is new for a workload, by this file, as `policy --kind baseline` writes it: docs/BASELINE.md
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

impl CompareArguments {
    /// What is normal, where a file of it was named; how much that is is said on stderr.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(&self) -> Result<Option<Arc<Baseline>>, Failure> {
        let Some(file) = &self.baseline else { return Ok(None) };
        let known = baseline::load(file)?;
        eprintln!("compared with {}", baseline::summary(&known));
        Ok(Some(Arc::new(known)))
    }
}
