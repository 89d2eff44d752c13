//! What joins processes beside birth: whom they talk with, what they hand on, into whom they reach.

use serde::{Deserialize, Serialize};

/// What one process has to do with another. It points from whom something comes to whom it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Link {
    /// One writes into the pipe or fifo that the other reads from.
    Pipe,
    /// One holds the master of the pseudo-terminal that the other stands on.
    Terminal,
    /// They are the two ends of a unix connection.
    Unix,
    /// They are the two ends of a connection within the node; from whom opened it.
    Connection,
    /// One wrote the program that the other ran.
    Program,
    /// One wrote a file that the other opened.
    File,
    /// One reached into the other: traced it, wrote into its memory, took a descriptor.
    Reach,
}

/// All that one process has to do with another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Links(u8);

impl Links {
    pub(super) fn has(self, link: Link) -> bool {
        self.0 & 1 << link as u8 != 0
    }

    pub(super) fn add(&mut self, link: Link) {
        self.0 |= 1 << link as u8;
    }
}

impl Link {
    /// Every kind.
    pub const ALL: [Link; 7] =
        [Link::Pipe, Link::Terminal, Link::Unix, Link::Connection, Link::Program, Link::File, Link::Reach];

    /// What it is, said of the first towards the second, and the other way round.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Link::Pipe => ("writes to", "reads from"),
            Link::Terminal => ("holds the terminal of", "on a terminal of"),
            Link::Unix => ("unix socket to", "unix socket from"),
            Link::Connection => ("connected to", "connected from"),
            Link::Program => ("wrote the program of", "program written by"),
            Link::File => ("wrote a file opened by", "opened a file of"),
            Link::Reach => ("reached into", "reached into by"),
        }
    }
}
