//! The arguments of `verify` and `redact`.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Options of `verify`.
#[derive(Args, Debug)]
pub struct VerifyArguments {
    /// The recording
    pub file: PathBuf,
    /// The key that it must be signed with: Ed25519, public, PEM
    #[arg(long, value_name = "KEY")]
    pub trust: Option<PathBuf>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Options of `redact`.
#[derive(Args, Debug)]
pub struct RedactArguments {
    /// The recording
    pub file: PathBuf,
    /// The copy, which must not exist yet
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub out: PathBuf,
    /// Copy only what those processes did that ever fulfil this, like `under 4711`: docs/FILTER.md
    #[arg(long, value_name = "EXPR")]
    pub only: Option<String>,
    /// Sign the copy with this key: Ed25519, PKCS#8 in PEM
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
}
