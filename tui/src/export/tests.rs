//! Tests of what leaves.

