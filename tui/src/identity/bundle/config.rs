//! `config.json` of an OCI bundle: its annotations, read with a limit and without a surprise.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};
use serde::Deserialize;
use serde_json::Value;

use super::super::labels::{Words, describe, maker};
use super::super::posture::of_spec;
use super::Place;
use crate::model::{Allowed, ContainerNews};

/// Bytes of a file that are read at most; with hundreds of mounts it has some hundred KiB.
pub(super) const LIMIT: u64 = 2 << 20;

/// Why a bundle says nothing.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// It is a link, a pipe or a device.
    #[error("config.json is no plain file")]
    NotPlain,
    /// It is larger than any runtime writes.
    #[error("config.json is larger than {} MiB", LIMIT >> 20)]
    TooLarge,
    /// It is not what the OCI runtime specification says.
    #[error("config.json cannot be understood: {0}")]
    Foreign(#[from] serde_json::Error),
}

/// What is read of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    annotations: Words,
    allowed: Option<Allowed>,
}

#[derive(Deserialize)]
struct Spec {
    annotations: Option<BTreeMap<String, Value>>,
}

impl Config {
    /// Reads a file. Its last component is not followed where it is a link; a pipe or a device is not waited for.
    ///
    /// # Errors
    /// As [`Fault`] says; none of them is more than a container without a name.
    pub fn read(file: &Path) -> Result<Config, Fault> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = match open(file, flags, Mode::empty()) {
            Err(rustix::io::Errno::LOOP) => return Err(Fault::NotPlain),
            opened => File::from(opened.map_err(io::Error::from)?),
        };
        if !opened.metadata()?.is_file() {
            return Err(Fault::NotPlain);
        }
        let mut bytes = Vec::new();
        opened.take(LIMIT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LIMIT {
            return Err(Fault::TooLarge);
        }
        Config::parse(&bytes)
    }

    /// Reads what a file holds. Annotations that are not strings are left out.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Config, Fault> {
        let spec: Spec = serde_json::from_slice(bytes)?;
        let text = |(key, value)| match value {
            Value::String(text) => Some((key, text)),
            _ => None,
        };
        let annotations = spec.annotations.into_iter().flatten().filter_map(text).collect();
        Ok(Config { annotations, allowed: of_spec(bytes) })
    }

    /// What it allows its container; `None` where it does not say.
    pub(in crate::identity) fn allowed(&self) -> Option<&Allowed> {
        self.allowed.as_ref()
    }

    /// Its annotations.
    pub(in crate::identity) fn annotations(&self) -> &Words {
        &self.annotations
    }

    /// What it tells of its container.
    pub fn news(&self, place: &Place) -> ContainerNews {
        let runtime = maker(&self.annotations).or(place.runtime);
        let mut news = ContainerNews { id: place.id.clone(), runtime, ..ContainerNews::default() };
        describe(&mut news, &self.annotations);
        news
    }
}
