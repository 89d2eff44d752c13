//! ktrace-tui: live process-tree forensics, from kernel probes to the terminal.

pub mod action;
pub mod app;
pub mod audit;
pub mod baseline;
pub mod cli;
pub mod config;
pub mod contain;
pub mod detect;
pub mod doctor;
mod escape;
pub mod export;
pub mod feed;
pub mod fleet;
pub mod follow;
pub mod fuzz;
pub mod identity;
mod jsonl;
pub mod model;
pub mod picture;
pub mod policy;
pub mod rules;
pub mod runtime;
pub mod source;
pub mod store;
pub mod theme;
pub mod view;
pub mod watch;
