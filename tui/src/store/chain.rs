//! What makes a changed recording show: each batch has a hash over the one before it and its own content, and where a
//! key was given, a signature.

use std::path::Path;

use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};

use super::StoreError;
use super::batch::Packed;

/// A BLAKE3 hash.
pub type Hash = [u8; 32];

/// What the chain begins with: the facts of the node.
pub(super) fn genesis<'a>(facts: impl Iterator<Item = (&'a str, &'a str)>) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"ktrace-tui recording 1\n");
    for (key, value) in facts {
        part(&mut hasher, key.as_bytes());
        part(&mut hasher, value.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// The hash of what is in a batch.
pub(super) fn digest(packed: &Packed) -> Hash {
    let mut hasher = blake3::Hasher::new();
    part(&mut hasher, &packed.events);
    part(&mut hasher, packed.memory.as_deref().unwrap_or_default());
    *hasher.finalize().as_bytes()
}

/// What stands in the row of a batch beside its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) begins: bool,
    pub(super) digest: Hash,
}

impl Header {
    pub(super) fn of(number: u64, packed: &Packed) -> Header {
        Header {
            number,
            first: packed.first,
            count: packed.count,
            from: packed.from.0,
            to: packed.to.0,
            begins: packed.memory.is_some(),
            digest: digest(packed),
        }
    }

    /// The next link of the chain.
    pub(super) fn link(&self, before: &Hash) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(before);
        for number in [self.number, self.first, self.count, self.from, self.to, u64::from(self.begins)] {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(&self.digest);
        *hasher.finalize().as_bytes()
    }
}

/// The last link, which says that nothing comes after it.
pub(super) fn seal(before: &Hash, batches: u64, time: u64) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before).update(b"sealed").update(&batches.to_le_bytes()).update(&time.to_le_bytes());
    *hasher.finalize().as_bytes()
}

fn part(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}

/// A key to sign with.
#[derive(Clone)]
pub struct Key(SigningKey);

impl std::fmt::Debug for Key {
    /// Never the key itself.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.public().fingerprint())
    }
}

impl Key {
    /// Reads an Ed25519 key, PKCS#8 in PEM, as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no such key.
    pub fn read(file: &Path) -> Result<Key, StoreError> {
        let text = std::fs::read_to_string(file).map_err(|error| StoreError::file(file, error))?;
        let key = SigningKey::from_pkcs8_pem(&text);
        key.map(Key).map_err(|_| StoreError::NoKey { file: file.into(), wanted: "an Ed25519 private key" })
    }

    /// The other half of it.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, hash: &Hash) -> [u8; 64] {
        self.0.sign(hash).to_bytes()
    }
}

/// A key to check signatures with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads an Ed25519 public key in PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no such key.
    pub fn read(file: &Path) -> Result<PublicKey, StoreError> {
        let text = std::fs::read_to_string(file).map_err(|error| StoreError::file(file, error))?;
        let key = VerifyingKey::from_public_key_pem(&text);
        key.map(PublicKey).map_err(|_| StoreError::NoKey { file: file.into(), wanted: "an Ed25519 public key" })
    }

    /// The key as 64 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        hex(self.0.as_bytes())
    }

    /// The key of a fingerprint; `None` for a text that is none.
    pub fn of(fingerprint: &str) -> Option<PublicKey> {
        let bytes = unhex(fingerprint)?;
        VerifyingKey::from_bytes(&bytes).ok().map(PublicKey)
    }

    pub(super) fn signed(&self, hash: &Hash, signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify(hash, &signature).is_ok())
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Hash> {
    let mut bytes = Hash::default();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
