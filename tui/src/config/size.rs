//! Sizes as people write them: `8MiB`.

/// Most bytes of the ring: the greatest power of two that the kernel's `max_entries` holds.
const MOST: u64 = 1 << 31;

/// Reads a number of bytes: `8388608`, `512KiB`, `8MiB`, `1GiB` (or `512K`, `8M`, `1G`).
///
/// # Errors
/// What is wrong with it and what would be right, as half a sentence.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        _ => return Err(format!("`{text}` is not a size like `8MiB` (units: KiB, MiB, GiB)")),
    };
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is not a size like `8MiB`"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("`{text}` is more than there is"))
}

/// Reads the size of a ring: a power of two, from a page to 2 GiB.
///
/// # Errors
/// As [`parse_size`].
pub fn ring_size(text: &str) -> Result<u32, String> {
    let size = parse_size(text)?;
    let page = procfs::page_size();
    if !size.is_power_of_two() || !(page..=MOST).contains(&size) {
        return Err(format!("`{text}` is not a power of two from {}KiB (a page) to 2GiB", page / 1024));
    }
    u32::try_from(size).map_err(|error| error.to_string())
}
