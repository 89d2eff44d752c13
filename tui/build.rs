//! Packs the probe object: the program carries a tenth of what it is, and unpacks it when it loads the probes.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const OBJECT: &str = "src/source/live/probes.o";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={OBJECT}");
    let packed = zstd::encode_all(fs::File::open(OBJECT)?, 19)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("probes.zst"), packed)?;
    Ok(())
}
