//! `doctor`: what this kernel, these rights and these runtimes allow.

use super::arguments::DoctorArguments;
use super::{Exit, Failure};

/// TO BE COMPLETED: `crate::doctor` in `arguments.format`.
pub(super) fn doctor(arguments: &DoctorArguments) -> Result<(), Failure> {
    let _format = arguments.format;
    Err(Failure::new(Exit::Failed, "`doctor` is not wired yet; use the live screen: ktrace-tui"))
}
