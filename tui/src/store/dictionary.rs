//! The dictionaries of a recording: what many rows have in common stands once, and has a number.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;
use std::num::NonZeroUsize;

use lru::LruCache;
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::model::{Cgroup, Creds, GroupKey, Image, ProcessId, Ticks};
/// A process as a number: ordered by start.
pub(super) fn key(id: ProcessId) -> i64 {
    // Pids have at most 22 bits (PID_MAX_LIMIT), and the rest counts hundredths of seconds for 69 years after boot.
    ((id.start.0 << 22) | u64::from(id.pid) & 0x3f_ffff) as i64
}

/// The process of a number.
pub(super) fn id_of(key: i64) -> ProcessId {
    ProcessId { pid: (key as u64 & 0x3f_ffff) as u32, start: Ticks(key as u64 >> 22) }
}

/// Entries of a dictionary that are remembered: those that were asked for last. The others are looked up.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// Numbers that are in the tables already.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    kinds: HashMap<&'static str, i64>,
    images: Remembered<u64, i64>,
    states: Remembered<Facts, i64>,
    facts: Remembered<i64, Facts>,
    places: Remembered<(String, GroupKey), i64>,
    paths: Remembered<String, i64>,
    endpoints: Remembered<SocketAddr, i64>,
}

/// Numbers by what they stand for.
#[derive(Debug)]
struct Remembered<K: Hash + Eq, V>(LruCache<K, V>);

impl<K: Hash + Eq, V> Default for Remembered<K, V> {
    fn default() -> Remembered<K, V> {
        Remembered(LruCache::new(REMEMBERED))
    }
}

/// Ids, capabilities and terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Facts {
    uid: u32,
    gid: u32,
    euid: u32,
    login_uid: Option<u32>,
    session: Option<u32>,
    effective: u64,
    permitted: u64,
    pub(super) tty: String,
}

impl Dictionary {
    pub(super) fn kind(&mut self, to: &Connection, name: &'static str) -> Result<i64> {
        if let Some(&id) = self.kinds.get(name) {
            return Ok(id);
        }
        let id =
            look_up(to, "SELECT id FROM kind WHERE name = ?", "INSERT INTO kind (name) VALUES (?)", params![name])?;
        self.kinds.insert(name, id);
        Ok(id)
    }

    pub(super) fn image(&mut self, to: &Connection, image: &Image) -> Result<i64> {
        let exe = image.exe.lossless();
        let args: Vec<String> = image.argv.args.iter().map(|arg| arg.lossless()).collect();
        let (argv, cwd) = (serde_json::Value::from(args.clone()).to_string(), image.cwd.lossless());
        let mut digest = blake3::Hasher::new();
        for part in [&exe, &argv, &cwd] {
            digest.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        let digest = u64::from_le_bytes(digest.finalize().as_bytes()[..8].try_into().unwrap_or_default());
        if let Some(&id) = self.images.0.get(&digest) {
            return Ok(id);
        }
        let command = args.join(" ");
        // Where no argument is empty or holds a space, the command says it all.
        let plain = args.iter().all(|arg| !arg.is_empty() && !arg.contains(' '));
        let argv = (!plain).then_some(argv);
        let known = to
            .prepare_cached("SELECT id FROM image WHERE digest = ?")?
            .query_row([digest as i64], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO image (digest, exe, command, argv, cwd) VALUES (?, ?, ?, ?, ?)";
                to.prepare_cached(sql)?.execute(params![digest as i64, exe, command, argv, cwd])?;
                let id = to.last_insert_rowid();
                let sql = "INSERT INTO image_text (rowid, exe, command, cwd) VALUES (?, ?, ?, ?)";
                to.prepare_cached(sql)?.execute(params![id, exe, command, cwd])?;
                id
            }
        };
        self.images.0.put(digest, id);
        Ok(id)
    }

    pub(super) fn state(&mut self, to: &Connection, facts: Facts) -> Result<i64> {
        if let Some(&id) = self.states.0.get(&facts) {
            return Ok(id);
        }
        let row = params![
            facts.uid,
            facts.gid,
            facts.euid,
            facts.login_uid,
            facts.session,
            facts.effective as i64,
            facts.permitted as i64,
            facts.tty,
        ];
        let id = look_up(
            to,
            "SELECT id FROM state WHERE uid = ?1 AND gid = ?2 AND euid = ?3 AND login_uid IS ?4 AND session IS ?5 \
             AND effective = ?6 AND permitted = ?7 AND tty = ?8",
            "INSERT INTO state (uid, gid, euid, login_uid, session, effective, permitted, tty) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )?;
        self.facts.0.put(id, facts.clone());
        self.states.0.put(facts, id);
        Ok(id)
    }

    /// What a number of [`Dictionary::state`] stands for.
    pub(super) fn facts(&mut self, to: &Connection, state: i64) -> Result<Facts> {
        if let Some(facts) = self.facts.0.get(&state) {
            return Ok(facts.clone());
        }
        let sql = "SELECT uid, gid, euid, login_uid, session, effective, permitted, tty FROM state WHERE id = ?";
        let facts = to.prepare_cached(sql)?.query_row([state], |row| {
            Ok(Facts {
                uid: row.get(0)?,
                gid: row.get(1)?,
                euid: row.get(2)?,
                login_uid: row.get(3)?,
                session: row.get(4)?,
                effective: row.get::<_, i64>(5)? as u64,
                permitted: row.get::<_, i64>(6)? as u64,
                tty: row.get(7)?,
            })
        })?;
        self.facts.0.put(state, facts.clone());
        Ok(facts)
    }

    pub(super) fn place(&mut self, to: &Connection, cgroup: Option<&Cgroup>, group: &GroupKey) -> Result<i64> {
        let path = cgroup.map(|cgroup| cgroup.path.lossless()).unwrap_or_default();
        let place = (path, group.clone());
        if let Some(&id) = self.places.0.get(&place) {
            return Ok(id);
        }
        let (container, service) = match group {
            GroupKey::Host => (None, None),
            GroupKey::Service(name) => (None, Some(name.as_ref())),
            GroupKey::Container(id) => (Some(id.as_ref()), None),
        };
        let id = look_up(
            to,
            "SELECT id FROM place WHERE cgroup = ?1 AND container IS ?2 AND service IS ?3",
            "INSERT INTO place (cgroup, container, service) VALUES (?, ?, ?)",
            params![place.0, container, service],
        )?;
        self.places.0.put(place, id);
        Ok(id)
    }

    pub(super) fn path(&mut self, to: &Connection, path: &str) -> Result<i64> {
        if let Some(&id) = self.paths.0.get(path) {
            return Ok(id);
        }
        let id =
            look_up(to, "SELECT id FROM path WHERE path = ?", "INSERT INTO path (path) VALUES (?)", params![path])?;
        self.paths.0.put(path.to_owned(), id);
        Ok(id)
    }

    pub(super) fn endpoint(&mut self, to: &Connection, address: SocketAddr) -> Result<i64> {
        if let Some(&id) = self.endpoints.0.get(&address) {
            return Ok(id);
        }
        let id = look_up(
            to,
            "SELECT id FROM endpoint WHERE address = ? AND port = ?",
            "INSERT INTO endpoint (address, port) VALUES (?, ?)",
            params![address.ip().to_string(), address.port()],
        )?;
        self.endpoints.0.put(address, id);
        Ok(id)
    }
}

impl Facts {
    pub(super) fn of(creds: Creds, caps: crate::model::Caps, tty: &str) -> Facts {
        Facts {
            uid: creds.uid,
            gid: creds.gid,
            euid: creds.euid,
            login_uid: creds.login_uid,
            session: creds.session,
            effective: caps.effective,
            permitted: caps.permitted,
            tty: tty.to_owned(),
        }
    }

    /// The same for somebody else.
    pub(super) fn with(self, creds: Creds) -> Facts {
        let (uid, gid, euid) = (creds.uid, creds.gid, creds.euid);
        Facts { uid, gid, euid, login_uid: creds.login_uid, session: creds.session, ..self }
    }
}

/// The number of an entry of a dictionary, which is made where it is not there.
fn look_up(to: &Connection, find: &str, make: &str, row: &[&dyn rusqlite::ToSql]) -> Result<i64> {
    if let Some(id) = to.prepare_cached(find)?.query_row(row, |row| row.get(0)).optional()? {
        return Ok(id);
    }
    to.prepare_cached(make)?.execute(row)?;
    Ok(to.last_insert_rowid())
}
