//! Searching a recording: a filter becomes a question to the database, which its indices answer.
//!
//! Every condition is exact in SQL. Beside it stands a list of candidates wherever an index has one, so that the
//! condition is only looked at there.

mod candidates;
mod condition;

use std::sync::Arc;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::StoreError;
use super::file::{Recording, unsigned};
use crate::model::Time;
use crate::model::filter::{Filter, Value, glob, within};
use condition::{Asked, Asker, Of};

/// An event that was found, as far as the tables tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// Number of the event.
    pub seq: u64,
    /// When.
    pub time: Time,
    /// What.
    pub kind: String,
    /// Who.
    pub pid: u32,
    /// What that ran.
    pub exe: String,
    /// With which arguments.
    pub command: String,
    /// Id of the container; empty on the host.
    pub container: String,
    /// Name of the container, where a runtime told it.
    pub name: String,
    /// The file that it is about.
    pub path: String,
    /// The other end.
    pub remote: String,
}

/// What the joined tables are called in conditions.
const TABLES: &str = "event
    JOIN kind ON kind.id = event.kind
    JOIN process ON process.id = event.process
    LEFT JOIN run ON run.process = event.process AND run.seq =
        (SELECT max(last.seq) FROM run AS last WHERE last.process = event.process AND last.seq <= event.seq)
    LEFT JOIN image ON image.id = run.image
    LEFT JOIN state ON state.id = run.state
    LEFT JOIN place ON place.id = run.place
    LEFT JOIN container ON container.id = place.container";

impl Recording {
    /// Gives each event that fulfils `filter` to `found`, oldest first, until that says no; at most `limit`.
    ///
    /// # Errors
    /// When the recording cannot be read.
    pub fn hunt(&self, filter: &Filter, limit: u64, found: &mut dyn FnMut(Hit) -> bool) -> Result<(), StoreError> {
        let mut read = || -> rusqlite::Result<()> {
            let (question, values) = self.question(filter)?;
            let sql = format!(
                "SELECT event.seq, event.time, kind.name, process.pid, image.exe, image.command, place.container,
                     container.name,
                     (SELECT path FROM path WHERE path.id = event.path),
                     (SELECT iif(address LIKE '%:%', '[' || address || ']', address) || ':' || port FROM endpoint
                      WHERE endpoint.id = event.remote)
                 FROM {TABLES} WHERE {question} ORDER BY event.seq LIMIT {limit}"
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
        let read = || -> rusqlite::Result<i64> {
            let (question, values) = self.question(filter)?;
            let sql = format!("SELECT count(*) FROM {TABLES} WHERE {question}");
            self.database.query_row(&sql, params_from_iter(values), |row| row.get(0))
        };
        read().map(unsigned).map_err(|error| self.sql(error))
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

fn hit(row: &Row<'_>) -> rusqlite::Result<Hit> {
    let text = |at| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
    Ok(Hit {
        seq: unsigned(row.get(0)?),
        time: Time(unsigned(row.get(1)?)),
        kind: row.get(2)?,
        pid: row.get(3)?,
        exe: text(4)?,
        command: text(5)?,
        container: text(6)?,
        name: text(7)?,
        path: text(8)?,
        remote: text(9)?,
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
