//! How the C library keeps memory that is free: a sensor runs for months beside what it watches.

/// To be called before there are threads. One heap for all of them, as what one thread makes another lets go; large pieces
/// come from the system and go back there at once, and so does what is free at the end.
pub(crate) fn settle() {
    #[cfg(target_env = "gnu")]
    for (setting, value) in
        [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_THRESHOLD, 256 << 10), (libc::M_TRIM_THRESHOLD, 1 << 20)]
    {
        // SAFETY: it has no preconditions; what it does not know it refuses.
        unsafe {
            libc::mallopt(setting, value);
        }
    }
}

/// Gives back to the system what is free now: worth it after something that took much and will not come again soon.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::malloc_trim(0);
    }
}
