//! What a frame of each view costs on a node with very many processes, how soon a key is answered there, and what the
//! screen costs where nothing happens, beside other programs of its kind.

#[path = "views/frames.rs"]
mod frames;
#[path = "views/idle.rs"]
mod idle;
#[path = "views/keys.rs"]
mod keys;
mod kit;
#[path = "kit/storm.rs"]
mod storm;

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::work::run_if_asked();
    match kit::word("--only").as_deref() {
        None => {
            kit::root();
            frames::measure();
            keys::measure();
            idle::measure();
        }
        Some("frames") => frames::measure(),
        Some("keys") => {
            kit::root();
            keys::measure();
        }
        Some("idle") => {
            kit::root();
            idle::measure();
        }
        Some(other) => {
            eprintln!("`--only {other}`: there are `frames`, `keys` and `idle`");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
