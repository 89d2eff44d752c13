//! What is learnt from what happens, and what of it a file keeps.

mod file;
mod learning;
