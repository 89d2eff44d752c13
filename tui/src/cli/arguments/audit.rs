//! The arguments of `audit`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Least, SourceArguments};

/// Options of `audit`.
#[derive(Args, Debug)]
pub struct AuditArguments {
    /// A recording; `-` for stdin [default: this node, now]
    pub file: Option<PathBuf>,
    /// Where containers are looked for on this node.
    #[command(flatten)]
    pub source: SourceArguments,
    /// Tell of one container only: its name, its pod, or how its id begins; can be given more than once
    #[arg(long = "container", value_name = "NAME")]
    pub containers: Vec<String>,
    /// Leave out what is less bad
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "low")]
    pub at_least: Least,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
