//! A line of a Tetragon export, as much of it as the model has a use for.

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Namespaces, NsKind, capability};

/// What happened to a process.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) process: Option<Told>,
    pub(super) parent: Option<Told>,
    pub(super) source_ip: String,
    pub(super) source_port: u16,
    pub(super) destination_ip: String,
    pub(super) destination_port: u16,
    pub(super) ip: String,
    pub(super) port: u16,
    pub(super) protocol: String,
    pub(super) stats: Value,
    pub(super) signal: String,
    pub(super) status: Option<u32>,
    pub(super) function_name: String,
    pub(super) args: Vec<Value>,
}

/// A process, as every line repeats it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    pub(super) exec_id: String,
    pub(super) pid: u32,
    pub(super) uid: u32,
    pub(super) cwd: String,
    pub(super) binary: String,
    pub(super) arguments: String,
    pub(super) flags: String,
    pub(super) start_time: String,
    pub(super) auid: Option<u32>,
    pub(super) pod: Option<Pod>,
    pub(super) docker: String,
    pub(super) parent_exec_id: String,
    pub(super) cap: CapNames,
    pub(super) ns: Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pod {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) container: PodContainer,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PodContainer {
    /// `docker://ID`
    pub(super) id: String,
    pub(super) name: String,
    pub(super) image: PodImage,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PodImage {
    pub(super) name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CapNames {
    pub(super) permitted: Vec<String>,
    pub(super) effective: Vec<String>,
}

impl Told {
    /// True when the process was made for this program: without it, it is one that ran another before.
    pub(super) fn cloned(&self) -> bool {
        self.flags.split(' ').any(|flag| flag == "clone")
    }

    /// Its namespaces, and of these the ones that are the host's.
    pub(super) fn namespaces(&self) -> (Namespaces, Namespaces) {
        let (mut own, mut host) = (Namespaces::default(), Namespaces::default());
        for kind in NsKind::ALL {
            let told = &self.ns[kind.name()];
            let inum = number(&told["inum"]).and_then(|inum| u32::try_from(inum).ok()).unwrap_or(0);
            own.0[kind as usize] = inum;
            if told["is_host"].as_bool() == Some(true) {
                host.0[kind as usize] = inum;
            }
        }
        (own, host)
    }
}

/// The capabilities of these names, `CAP_` in front or not.
pub(super) fn caps(names: &[String]) -> u64 {
    names.iter().fold(0, |all, name| all | capability(name))
}

/// A number, also where it is written as a text: 64 bits are, in their JSON.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The arguments as a list: they stand in one text, those with spaces within double quotes.
pub(super) fn arguments(binary: &str, text: &str) -> Vec<String> {
    let mut all = vec![binary.to_owned()];
    let (mut quoted, mut open) = (false, None::<String>);
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                open.get_or_insert_default();
            }
            ' ' if !quoted => all.extend(open.take()),
            _ => open.get_or_insert_default().push(c),
        }
    }
    all.extend(open);
    all
}

/// The time since boot (ns) and the pid out of an `exec_id`: base64 of `node:time:pid`.
pub(super) fn exec_id(text: &str) -> Option<(u64, u32)> {
    let plain = String::from_utf8(base64(text)?).ok()?;
    let mut parts = plain.rsplitn(3, ':');
    let pid = parts.next()?.parse().ok()?;
    Some((parts.next()?.parse().ok()?, pid))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        held = (held << 6 | u32::try_from(value).ok()?) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}
