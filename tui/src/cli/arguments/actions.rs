//! What the live screen may do to what runs.

use clap::Args;

/// Options for whoever does more than look on.
#[derive(Args, Debug)]
pub struct ActionArguments {
    /// Let the screen stop, kill and freeze what runs: asked twice each time, and recorded
    #[arg(long)]
    pub allow_actions: bool,
}
