//! What leaves: events as lines, for programs and for people; incidents as reports.

pub mod audited;
pub mod json;
pub mod ocsf;
pub mod redact;
pub mod report;
pub mod text;
mod time;

pub use time::{rfc3339, start_time};

#[cfg(test)]
mod tests;
