//! Where fields lie in the structs of the running kernel: the table of the probes, filled from its BTF.

use std::path::Path;

use ktrace_probes_common::{ABSENT, OFFSETS, Offsets};

use super::btf::Btf;
use super::load::LoadError;

/// Where the kernel describes its types.
pub const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

/// The offsets of the running kernel.
///
/// # Errors
/// [`LoadError::Btf`], or [`LoadError::Offset`] naming the first required field that is missing.
pub fn offsets() -> Result<Offsets, LoadError> {
    let btf = Btf::read(Path::new(BTF_PATH), OFFSETS)?;
    match OFFSETS.iter().find(|line| line.required && btf.find(line.path).is_none()) {
        Some(missing) => Err(LoadError::Offset(missing.path)),
        None => Ok(btf.offsets()),
    }
}

/// What the table asks for and this kernel does not have, as the table names it; alternatives are told as one. Functions that
/// only make it quicker are not missed.
pub fn missing_offsets(offsets: &Offsets) -> Vec<&'static str> {
    let words = offsets.words();
    OFFSETS
        .iter()
        .zip(words)
        .filter(|(line, word)| *word == ABSENT && !line.path.starts_with("func "))
        .map(|(line, _)| line.path)
        .collect()
}
