//! What is an escape, and what only looks like one.

mod borders;
mod doors;
