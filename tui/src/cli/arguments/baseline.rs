//! The arguments of `baseline`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

/// Options of `baseline`.
#[derive(Args, Debug)]
pub struct BaselineArguments {
    /// What is done.
    #[command(subcommand)]
    pub what: BaselineCommand,
}

/// What can be done with baselines.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Join several: counts and times add up
    Merge {
        /// The baselines
        #[arg(required = true, num_args = 2..)]
        files: Vec<PathBuf>,
        /// File to write to [default: stdout]
        #[arg(short = 'o', long = "out", value_name = "OUT")]
        out: Option<PathBuf>,
    },
    /// Let go of what is old or rare
    Prune {
        /// The baseline
        file: PathBuf,
        /// What was not seen for so long, like 30d
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, required_unless_present = "seen_less")]
        older: Option<Duration>,
        /// What was seen fewer times than this
        #[arg(long, value_name = "N")]
        seen_less: Option<u64>,
        /// File to write to [default: the baseline itself]
        #[arg(short = 'o', long = "out", value_name = "OUT")]
        out: Option<PathBuf>,
    },
    /// Tell what is in one, or what of a recording is not
    Review {
        /// The baseline
        file: PathBuf,
        /// Tell instead what of this recording is outside of it
        #[arg(long, value_name = "RECORDING")]
        against: Option<PathBuf>,
        /// Only the workloads whose names hold this
        #[arg(long, value_name = "TEXT")]
        workload: Option<String>,
    },
    /// Tell what one has and the other does not: + only in the second, - only in the first
    Diff {
        /// The first
        first: PathBuf,
        /// The second
        second: PathBuf,
    },
}
