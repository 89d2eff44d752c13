//! Packs the probe object: the program carries a tenth of what it is, and unpacks it when it loads the probes. Leaves tables for
//! unwinding out of the program that is static, and so ends at a panic without unwinding.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const OBJECT: &str = "src/source/live/probes.o";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={OBJECT}");
    let packed = zstd::encode_all(fs::File::open(OBJECT)?, 19)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("probes.zst"), packed)?;
    without_unwinding()
}

/// The standard library and C bring tables of their own, whatever this is compiled with: a twelfth of a static program. Cargo does
/// not tell here whether a panic unwinds; `cargo static` does (.cargo/config.toml).
fn without_unwinding() -> Result<(), Box<dyn Error>> {
    const SCRIPT: &str = "SECTIONS {
  /DISCARD/ : { *(.eh_frame) *(.eh_frame.*) *(.gcc_except_table) *(.gcc_except_table.*) }
} INSERT AFTER .text;
";
    println!("cargo::rerun-if-env-changed=KTRACE_NO_UNWINDING");
    if env::var_os("KTRACE_NO_UNWINDING").is_some() {
        let script = Path::new(&env::var("OUT_DIR")?).join("no-unwinding.ld");
        fs::write(&script, SCRIPT)?;
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    }
    Ok(())
}
