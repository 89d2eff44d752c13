//! Searching a recording: a filter becomes a question to the database, which its indices answer.
//!
//! Every condition is exact in SQL. Beside it stands a list of candidates wherever an index has one, so that the
//! condition is only looked at there.

mod candidates;
mod condition;
mod logins;
mod named;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::StoreError;
use super::dictionary::id_of;
use super::file::{Recording, unsigned};
use crate::model::filter::{Field, Filter, Value, glob, within};
use crate::model::{ProcessId, Time};
use condition::{Asked, Asker, Of};

/// Who did something, as far as the tables tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// Which process.
    pub process: ProcessId,
    /// What it ran at that moment; empty where that is not known.
    pub exe: String,
    /// With which arguments.
    pub argv: Vec<String>,
    /// Where.
    pub cwd: String,
    /// As whom.
    pub uid: Option<u32>,
    /// In which container, by its id.
    pub container: Option<String>,
    /// Its name, where a runtime told it.
    pub name: Option<String>,
    /// Its image, likewise.
    pub image: Option<String>,
}

/// An event that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// Number of the event.
    pub number: u64,
    /// When.
    pub time: Time,
    /// What.
    pub kind: String,
    /// Who.
    pub who: Who,
    /// The file that it is about.
    pub path: Option<String>,
    /// The other end of a connection.
    pub remote: Option<SocketAddr>,
}

/// A finding that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundHit {
    /// Its number.
    pub number: u64,
    /// Number of the event that showed it.
    pub event: u64,
    /// When.
    pub time: Time,
    /// Of whom.
    pub who: Who,
    /// Name of the rule.
    pub rule: String,
    /// Name of its class.
    pub class: String,
    /// Name of its severity.
    pub severity: String,
    /// What it is, in a line.
    pub title: String,
    /// Its incident; 0 for none.
    pub incident: u64,
    /// An exception mutes it.
    pub muted: bool,
}

/// What the joined tables are called in conditions; `{of}` is the event or the finding.
const JOINED: &str = "
    JOIN process ON process.id = {of}.process
    LEFT JOIN run ON run.process = {of}.process AND run.seq =
        (SELECT max(last.seq) FROM run AS last WHERE last.process = {of}.process AND last.seq <= {of}.seq)
    LEFT JOIN image ON image.id = run.image
    LEFT JOIN state ON state.id = run.state
    LEFT JOIN place ON place.id = run.place
    LEFT JOIN container ON container.id = place.container";

/// What tells who it was.
const WHO: &str = "process.id, image.exe, image.command, image.argv, image.cwd, state.uid, place.container,
    container.name, container.image";

/// Columns of [`WHO`].
const WHO_COLUMNS: usize = 9;

impl Recording {
    /// Gives each event that fulfils `filter` to `found`, oldest first, until that says no; at most `limit`. A finding
    /// is no event: what only findings have, none fulfils.
    ///
    /// # Errors
    /// When the recording cannot be read.
    pub fn hunt(&self, filter: &Filter, limit: u64, found: &mut dyn FnMut(Hit) -> bool) -> Result<(), StoreError> {
        self.ready(filter)?;
        let mut read = || -> rusqlite::Result<()> {
            let (question, values) = self.question(filter)?;
            let sql = format!(
                "SELECT {WHO}, event.seq, event.time, kind.name,
                     (SELECT path FROM path WHERE path.id = event.path),
                     (SELECT address FROM endpoint WHERE endpoint.id = event.remote),
                     (SELECT port FROM endpoint WHERE endpoint.id = event.remote)
                 FROM {} WHERE {question} ORDER BY event.seq LIMIT {}",
                events(),
                limit.min(i64::MAX as u64)
            );
            let mut statement = self.database.prepare(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                if !found(hit(row)?) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|error| self.sql(error))
    }

    /// How many events fulfil `filter`.
    ///
    /// # Errors
    /// When the recording cannot be read.
    pub fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.ready(filter)?;
        let read = || -> rusqlite::Result<i64> {
            let (question, values) = self.question(filter)?;
            let sql = format!("SELECT count(*) FROM {} WHERE {question}", events());
            self.database.query_row(&sql, params_from_iter(values), |row| row.get(0))
        };
        read().map(unsigned).map_err(|error| self.sql(error))
    }

    /// The findings that fulfil `filter`, oldest first.
    ///
    /// # Errors
    /// When the recording cannot be read.
    pub fn hunt_findings(&self, filter: &Filter) -> Result<Vec<FoundHit>, StoreError> {
        self.ready(filter)?;
        let read = || -> rusqlite::Result<Vec<FoundHit>> {
            let mut asker = Asker::default();
            let question = asker.condition(filter.expr(), &Of::Finding);
            functions(&self.database, asker.asked)?;
            let sql = format!(
                "SELECT {WHO}, finding.number, finding.seq, finding.time, finding.rule, finding.class,
                     finding.severity, finding.title, finding.incident, finding.muted IS NOT NULL
                 FROM finding {} WHERE {question} ORDER BY finding.seq, finding.number",
                JOINED.replace("{of}", "finding")
            );
            self.database.prepare(&sql)?.query_map(params_from_iter(asker.values), found_hit)?.collect()
        };
        read().map_err(|error| self.sql(error))
    }

    /// Makes what is asked for that no table has.
    fn ready(&self, filter: &Filter) -> Result<(), StoreError> {
        if filter.expr().asks(Field::Login) {
            self.gather_logins()?;
        }
        if filter.expr().asks(Field::RemoteName) { self.gather_names() } else { Ok(()) }
    }

    fn question(&self, filter: &Filter) -> rusqlite::Result<(String, Vec<Sql>)> {
        let mut asker = Asker::default();
        let exact = asker.condition(filter.expr(), &Of::Event);
        let candidates = asker.candidates(filter.expr());
        functions(&self.database, asker.asked)?;
        let question = match candidates {
            Some(seqs) => format!("event.seq IN ({seqs}) AND {exact}"),
            None => exact,
        };
        Ok((question, asker.values))
    }
}

fn events() -> String {
    format!("event JOIN kind ON kind.id = event.kind {}", JOINED.replace("{of}", "event"))
}

fn who(row: &Row<'_>) -> rusqlite::Result<Who> {
    let text = |at| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
    let (command, argv) = (text(2)?, row.get::<_, Option<String>>(3)?);
    // Where no argument has a blank, they are not written twice.
    let apart = || command.split(' ').filter(|_| !command.is_empty()).map(str::to_owned).collect();
    Ok(Who {
        process: id_of(row.get(0)?),
        exe: text(1)?,
        argv: argv.and_then(|argv| serde_json::from_str(&argv).ok()).unwrap_or_else(apart),
        cwd: text(4)?,
        uid: row.get(5)?,
        container: row.get(6)?,
        name: row.get(7)?,
        image: row.get(8)?,
    })
}

fn hit(row: &Row<'_>) -> rusqlite::Result<Hit> {
    const AT: usize = WHO_COLUMNS;
    let address: Option<String> = row.get(AT + 4)?;
    let address = address.and_then(|address| address.parse::<IpAddr>().ok());
    Ok(Hit {
        number: unsigned(row.get(AT)?),
        time: Time(unsigned(row.get(AT + 1)?)),
        kind: row.get(AT + 2)?,
        who: who(row)?,
        path: row.get(AT + 3)?,
        remote: address.zip(row.get(AT + 5)?).map(SocketAddr::from),
    })
}

fn found_hit(row: &Row<'_>) -> rusqlite::Result<FoundHit> {
    const AT: usize = WHO_COLUMNS;
    Ok(FoundHit {
        number: unsigned(row.get(AT)?),
        event: unsigned(row.get(AT + 1)?),
        time: Time(unsigned(row.get(AT + 2)?)),
        who: who(row)?,
        rule: row.get(AT + 3)?,
        class: row.get(AT + 4)?,
        severity: row.get(AT + 5)?,
        title: row.get(AT + 6)?,
        incident: unsigned(row.get(AT + 7)?),
        muted: row.get(AT + 8)?,
    })
}

/// What SQL cannot compare is compared here.
fn functions(database: &Connection, asked: Vec<Asked>) -> rusqlite::Result<()> {
    let asked = Arc::new(asked);
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    database.create_scalar_function("ktrace_is", 2, flags, move |context| {
        let at = usize::try_from(context.get::<i64>(0)?).unwrap_or(usize::MAX);
        let number;
        let text = match context.get_raw(1) {
            ValueRef::Null => return Ok(false),
            ValueRef::Text(text) | ValueRef::Blob(text) => text,
            ValueRef::Integer(value) => {
                number = value.to_string();
                number.as_bytes()
            }
            ValueRef::Real(_) => return Ok(false),
        };
        Ok(match asked.get(at) {
            Some(Asked::Needle(needle)) => needle.occurs(text),
            Some(Asked::Value(Value::Text(pattern))) => glob(pattern.as_bytes(), text),
            Some(Asked::Value(Value::Regex(regex))) => regex.is_match(text),
            Some(Asked::Value(Value::Network(network, bits))) => {
                let address = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
                address.is_some_and(|address| within(address, *network, *bits))
            }
            _ => false,
        })
    })?;
    database.create_scalar_function("ktrace_name", 1, flags, |context| {
        let path = context.get::<Option<String>>(0)?;
        Ok(path.map(|path| path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(&path).to_owned()))
    })
}
