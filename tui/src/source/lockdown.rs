//! How far the kernel is locked down (`kernel_lockdown(7)`).

/// Where the kernel says it.
pub const FILE: &str = "/sys/kernel/security/lockdown";

/// The mode in which nobody may read kernel memory.
pub const CONFIDENTIALITY: &str = "confidentiality";

/// The mode in force; `None` where it is not told.
pub fn mode() -> Option<String> {
    // It stands in brackets: `none [integrity] confidentiality`.
    let text = std::fs::read_to_string(FILE).ok()?;
    Some(text.split(['[', ']']).nth(1).unwrap_or("none").to_owned())
}
