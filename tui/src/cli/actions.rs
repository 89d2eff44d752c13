//! Who may do something to what runs, and to whom never.

use std::collections::HashMap;

use crate::app::Allowed;
use crate::contain::own_line;

/// Nothing is done to this program and its makers; who asks is whoever logged in, as the kernel's audit has it.
pub(super) fn allowed(author: &str, users: &HashMap<u32, String>) -> Allowed {
    let who = match login() {
        Some(uid) => match users.get(&uid) {
            Some(name) => format!("{name} (login uid {uid})"),
            None => format!("login uid {uid}"),
        },
        None => format!("{author} (no login known)"),
    };
    Allowed { own: own_line(), who }
}

/// `None` where audit knows of none: all bits are set then.
fn login() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/self/loginuid").ok()?;
    text.trim().parse().ok().filter(|uid| *uid != u32::MAX)
}
