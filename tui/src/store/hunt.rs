//! Searching a recording: a filter becomes a question to the database, which its indices answer.
//!
//! Every condition is exact in SQL. Beside it stands a list of candidates wherever an index has one, so that the
//! condition is only looked at there.

use std::sync::Arc;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::StoreError;
use super::file::{Recording, unsigned};
use crate::model::Time;
use crate::model::filter::{Compare, Expr, Field, Filter, Needle, Op, Type, Value, glob, within};

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
/// The same for processes alone: whatever they ever ran.
const PROCESSES: &str = "process
    JOIN run ON run.process = process.id
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
        let mut asker = Asker { values: Vec::new(), asked: Vec::new() };
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

/// What a condition is about.
enum Of {
    /// An event and its process at that moment.
    Event,
    /// A process and one of the programs that it ran.
    Process,
}

/// Something that only Rust can compare with.
enum Asked {
    Value(Value),
    Needle(Needle),
}

struct Asker {
    values: Vec<Sql>,
    asked: Vec<Asked>,
}

impl Asker {
    /// A parameter.
    fn value(&mut self, value: impl Into<Sql>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// A call that compares `what` with a value.
    fn is(&mut self, value: &Value, what: &str) -> String {
        self.asked.push(Asked::Value(value.clone()));
        format!("ktrace_is({}, {what})", self.asked.len() - 1)
    }

    fn has(&mut self, needle: &Needle, what: &str) -> String {
        self.asked.push(Asked::Needle(needle.clone()));
        format!("ktrace_is({}, {what})", self.asked.len() - 1)
    }

    /// What holds exactly when the expression does.
    fn condition(&mut self, expr: &Expr, of: &Of) -> String {
        match expr {
            Expr::And(all) => self.joined(all, " AND ", of),
            Expr::Or(all) => self.joined(all, " OR ", of),
            Expr::Not(inner) => format!("NOT coalesce({}, 0)", self.condition(inner, of)),
            Expr::Text(needle) => self.text(needle, of),
            Expr::Is(compare) => self.compare(compare, of),
            Expr::Under(inner) => format!("process.id IN ({})", self.branch(inner)),
            Expr::Within(inner) => format!("process.id IN ({})", self.neighbours(inner)),
        }
    }

    fn joined(&mut self, all: &[Expr], by: &str, of: &Of) -> String {
        let all: Vec<_> = all.iter().map(|expr| self.condition(expr, of)).collect();
        format!("({})", all.join(by))
    }

    /// The processes that fulfil something, and all that descend from them.
    fn branch(&mut self, inner: &Expr) -> String {
        let roots = self.processes(inner);
        format!(
            "WITH RECURSIVE branch (id) AS (
                 {roots} UNION SELECT child.id FROM process AS child JOIN branch ON child.parent = branch.id
             ) SELECT id FROM branch"
        )
    }

    /// The processes of every container or service in which one fulfils something.
    fn neighbours(&mut self, inner: &Expr) -> String {
        let inside = self.processes(inner);
        format!(
            "SELECT process FROM member WHERE place IN (
                 SELECT other.id FROM member JOIN place ON place.id = member.place
                 JOIN place AS other ON other.container IS place.container AND other.service IS place.service
                 WHERE member.process IN ({inside})
             )"
        )
    }

    /// The processes that fulfil something, by whatever they ever ran.
    fn processes(&mut self, expr: &Expr) -> String {
        let exact = self.condition(expr, &Of::Process);
        match self.narrowed(expr) {
            Some(ids) => format!("SELECT process.id FROM {PROCESSES} WHERE process.id IN ({ids}) AND {exact}"),
            None => format!("SELECT process.id FROM {PROCESSES} WHERE {exact}"),
        }
    }

    fn text(&mut self, needle: &Needle, of: &Of) -> String {
        let columns = [
            "image.exe",
            "image.command",
            "image.cwd",
            "place.container",
            "place.service",
            "container.name",
            "container.image",
            "container.pod",
            "container.namespace",
        ];
        let mut all: Vec<_> = columns.into_iter().map(|column| self.has(needle, column)).collect();
        let prefix = self.value(format!("{}%", needle.lower().replace(['%', '_'], "")));
        if needle.lower().bytes().all(|byte| byte.is_ascii_digit()) {
            all.push(format!("CAST(process.pid AS TEXT) LIKE {prefix}"));
        }
        if matches!(of, Of::Event) {
            let path = self.has(needle, "path.path");
            all.push(format!(
                "EXISTS (SELECT 1 FROM touched JOIN path ON path.id = touched.path
                 WHERE touched.seq = event.seq AND event.path IS NOT NULL AND {path})"
            ));
            let end = self.has(needle, END);
            all.push(format!(
                "EXISTS (SELECT 1 FROM endpoint WHERE endpoint.id IN (event.remote, event.local) AND {end})"
            ));
        }
        format!("({})", all.join(" OR "))
    }

    fn compare(&mut self, compare: &Compare, of: &Of) -> String {
        let Compare { field, op, value } = compare;
        let event = matches!(of, Of::Event);
        match field {
            Field::Path if event => {
                let path = self.is(value, "path.path");
                format!(
                    "EXISTS (SELECT 1 FROM touched JOIN path ON path.id = touched.path
                     WHERE touched.seq = event.seq AND event.path IS NOT NULL AND {path})"
                )
            }
            Field::Address | Field::Remote | Field::Local if event => {
                let ends = match field {
                    Field::Remote => "event.remote",
                    Field::Local => "event.local",
                    _ => "event.remote, event.local",
                };
                let address = self.is(value, "endpoint.address");
                format!("EXISTS (SELECT 1 FROM endpoint WHERE endpoint.id IN ({ends}) AND {address})")
            }
            Field::Port if event => {
                let port = self.number("endpoint.port", *op, value);
                format!("EXISTS (SELECT 1 FROM endpoint WHERE endpoint.id IN (event.remote, event.local) AND {port})")
            }
            Field::Container => self.container(value),
            Field::Arg => {
                let argument = self.is(value, "argument.value");
                format!(
                    "EXISTS (SELECT 1 FROM json_each(coalesce(image.argv, '[\"' || replace(replace(replace(
                         image.command, '\\', '\\\\'), '\"', '\\\"'), ' ', '\",\"') || '\"]')) AS argument
                     WHERE image.command <> '' AND {argument})"
                )
            }
            Field::Service => {
                let (long, short) =
                    (self.is(value, "place.service"), self.is(value, "replace(place.service, '.service', '')"));
                format!("({long} OR {short})")
            }
            Field::Name => self.is(value, "ktrace_name(image.exe)"),
            Field::Alive => {
                let alive = if event {
                    "(process.ended IS NULL OR process.ended > event.time)"
                } else {
                    "process.ended IS NULL"
                };
                if *value == Value::Flag(true) { alive.to_owned() } else { format!("NOT {alive}") }
            }
            Field::Failed if event => {
                let not = if *value == Value::Flag(true) { "NOT" } else { "" };
                format!("event.error IS {not} NULL")
            }
            Field::Direction | Field::Protocol if event => {
                let column = if *field == Field::Direction { "event.direction" } else { "event.protocol" };
                let words: &[&str] = if let Type::Word(words) = field.kind() { words } else { &[] };
                let names: String =
                    words.iter().enumerate().map(|(at, word)| format!("WHEN {at} THEN '{word}' ")).collect();
                self.is(value, &format!("CASE {column} {names} END"))
            }
            _ => match column(*field, event) {
                Some(column) if matches!(value, Value::Numbers(..)) => self.number(column, *op, value),
                Some(column) => self.is(value, column),
                // What findings alone have, no event has.
                None => "0".to_owned(),
            },
        }
    }

    /// `host`, the beginning of an id, or a name.
    fn container(&mut self, value: &Value) -> String {
        let (id, name) = (self.is(value, "place.container"), self.is(value, "container.name"));
        let mut all = vec![id, name];
        if let Value::Text(text) = value {
            let prefix = self.value(format!("{}*", text.replace(['*', '?', '['], "")));
            all.push(format!("place.container GLOB {prefix}"));
            if text == "host" {
                all.push("place.container IS NULL".to_owned());
            }
        } else {
            all.push(self.is(value, "iif(place.container IS NULL, 'host', NULL)"));
        }
        format!("({})", all.join(" OR "))
    }

    fn number(&mut self, column: &str, op: Op, value: &Value) -> String {
        let Value::Numbers(from, to) = value else { return self.is(value, column) };
        let (from, to) = (self.value(*from as i64), self.value(*to as i64));
        match op {
            Op::Lt => format!("{column} < {from}"),
            Op::Le => format!("{column} <= {to}"),
            Op::Gt => format!("{column} > {to}"),
            Op::Ge => format!("{column} >= {from}"),
            _ => format!("{column} BETWEEN {from} AND {to}"),
        }
    }

    /// A query for the numbers of all events that may fulfil the expression; `None` where no index knows them.
    fn candidates(&mut self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::And(all) => {
                let all: Vec<_> = all.iter().filter_map(|expr| self.candidates(expr)).collect();
                (!all.is_empty()).then(|| all.join(" INTERSECT "))
            }
            Expr::Or(all) => {
                let all: Option<Vec<_>> =
                    all.iter().map(|expr| Some(format!("SELECT * FROM ({})", self.candidates(expr)?))).collect();
                Some(all?.join(" UNION "))
            }
            Expr::Not(_) => None,
            Expr::Text(needle) => {
                let processes = self.narrowed(expr)?;
                let like = self.value(like(needle)?);
                let (path, end) = (format!("path LIKE {like} ESCAPE '\\'"), format!("{END} LIKE {like} ESCAPE '\\'"));
                Some(format!(
                    "SELECT seq FROM event WHERE process IN ({processes})
                     UNION SELECT seq FROM touched WHERE path IN (SELECT id FROM path WHERE {path})
                     UNION SELECT seq FROM event WHERE remote IN (SELECT id FROM endpoint WHERE {end})
                     UNION SELECT seq FROM event WHERE local IN (SELECT id FROM endpoint WHERE {end})"
                ))
            }
            Expr::Is(Compare { field: Field::Path, value, .. }) => {
                let path = self.is(value, "path");
                let path = self.literal(value, "path").unwrap_or(path);
                Some(format!("SELECT seq FROM touched WHERE path IN (SELECT id FROM path WHERE {path})"))
            }
            Expr::Is(Compare { field: field @ (Field::Address | Field::Remote | Field::Local), value, .. }) => {
                let address = self.is(value, "address");
                Some(ends(*field, &address))
            }
            Expr::Is(Compare { field: Field::Port, op, value }) => {
                let port = self.number("port", *op, value);
                Some(ends(Field::Address, &port))
            }
            Expr::Is(Compare { field: Field::Time, op, value: Value::Numbers(from, to) }) => {
                let (from, to) = match op {
                    Op::Lt => (0, *from),
                    Op::Le => (0, *to),
                    Op::Gt => (*to, i64::MAX as u64),
                    Op::Ge => (*from, i64::MAX as u64),
                    _ => (*from, *to),
                };
                let (from, to) = (self.value(from as i64), self.value(to as i64));
                Some(format!(
                    "SELECT seq FROM event WHERE seq BETWEEN
                         (SELECT min(first) FROM batch WHERE to_time >= {from} AND count > 0) AND
                         (SELECT max(first + count) FROM batch WHERE from_time <= {to} AND count > 0)"
                ))
            }
            _ => self.narrowed(expr).map(|processes| format!("SELECT seq FROM event WHERE process IN ({processes})")),
        }
    }

    /// A query for all processes that may fulfil the expression; `None` where no index knows them.
    fn narrowed(&mut self, expr: &Expr) -> Option<String> {
        let of_images =
            |images: &str| format!("SELECT process FROM run WHERE image IN (SELECT id FROM image WHERE {images})");
        let of_places = |places: &str| {
            format!(
                "SELECT process FROM member WHERE place IN (SELECT place.id FROM place
                 LEFT JOIN container ON container.id = place.container WHERE {places})"
            )
        };
        match expr {
            Expr::And(all) => {
                let all: Vec<_> = all.iter().filter_map(|expr| self.narrowed(expr)).collect();
                (!all.is_empty()).then(|| {
                    let all: Vec<_> = all.iter().map(|one| format!("SELECT * FROM ({one})")).collect();
                    all.join(" INTERSECT ")
                })
            }
            Expr::Or(all) => {
                let all: Option<Vec<_>> =
                    all.iter().map(|expr| Some(format!("SELECT * FROM ({})", self.narrowed(expr)?))).collect();
                Some(all?.join(" UNION "))
            }
            Expr::Not(_) => None,
            Expr::Under(inner) => Some(format!("SELECT * FROM ({})", self.branch(inner))),
            Expr::Within(inner) => Some(self.neighbours(inner)),
            Expr::Text(needle) => {
                let like = self.value(like(needle)?);
                let texts: Vec<_> = ["exe", "command", "cwd"]
                    .iter()
                    .map(|column| format!("SELECT rowid FROM image_text WHERE {column} LIKE {like}"))
                    .collect();
                let places = self.places(needle);
                let pids = needle.lower().bytes().all(|byte| byte.is_ascii_digit());
                let pids = if pids {
                    format!(" UNION SELECT id FROM process WHERE CAST(pid AS TEXT) LIKE ltrim({like}, '%')")
                } else {
                    String::new()
                };
                Some(format!(
                    "SELECT process FROM run WHERE image IN ({}) UNION {}{pids}",
                    texts.join(" UNION "),
                    of_places(&places)
                ))
            }
            Expr::Is(compare @ Compare { field, op, value }) => match field {
                Field::Pid => {
                    let pid = self.number("pid", *op, value);
                    Some(format!("SELECT id FROM process WHERE {pid}"))
                }
                Field::Exe => {
                    let exe = self.literal(value, "exe").unwrap_or_else(|| self.is(value, "exe"));
                    Some(of_images(&exe))
                }
                Field::Name => Some(of_images(&self.is(value, "ktrace_name(exe)"))),
                Field::Argv => Some(of_images(&self.is(value, "command"))),
                Field::Container if !matches!(value, Value::Text(text) if text == "host") => {
                    let container = self.container(value);
                    Some(of_places(&container))
                }
                Field::Image | Field::Pod | Field::Namespace | Field::Service => {
                    let place = self.compare(compare, &Of::Process);
                    Some(of_places(&place))
                }
                _ => None,
            },
        }
    }

    fn places(&mut self, needle: &Needle) -> String {
        let columns = [
            "place.container",
            "place.service",
            "container.name",
            "container.image",
            "container.pod",
            "container.namespace",
        ];
        let all: Vec<_> = columns.into_iter().map(|column| self.has(needle, column)).collect();
        all.join(" OR ")
    }

    /// The comparison with a text that an index can answer.
    fn literal(&mut self, value: &Value, column: &str) -> Option<String> {
        match value {
            Value::Text(text) if !text.contains('*') => {
                let value = self.value(text.clone());
                Some(format!("{column} = {value}"))
            }
            _ => None,
        }
    }
}

/// An end of a connection, as people write it.
const END: &str = "iif(address LIKE '%:%', '[' || address || ']', address) || ':' || port";

/// The events of all connections of which an end fulfils a condition.
fn ends(field: Field, condition: &str) -> String {
    let of =
        |column: &str| format!("SELECT seq FROM event WHERE {column} IN (SELECT id FROM endpoint WHERE {condition})");
    match field {
        Field::Remote => of("remote"),
        Field::Local => of("local"),
        _ => format!("{} UNION {}", of("remote"), of("local")),
    }
}

/// The pattern by which the index of texts finds what holds the needle; `None` where that is too short for it.
fn like(needle: &Needle) -> Option<String> {
    let text = needle.lower();
    let plain = text.chars().count() >= 3 && !text.contains(['%', '_', '\\']);
    plain.then(|| format!("%{text}%"))
}

/// The column of a field that is one.
fn column(field: Field, event: bool) -> Option<&'static str> {
    Some(match field {
        Field::Pid => "process.pid",
        Field::Ppid => "(SELECT parent.pid FROM process AS parent WHERE parent.id = process.parent)",
        Field::Exe => "image.exe",
        Field::Argv => "image.command",
        Field::Cwd => "image.cwd",
        Field::Uid => "state.uid",
        Field::Gid => "state.gid",
        Field::Euid => "state.euid",
        Field::Login => "state.login_uid",
        Field::Session => "state.session",
        Field::Tty => "nullif(state.tty, '')",
        Field::Image => "container.image",
        Field::Pod => "container.pod",
        Field::Namespace => "container.namespace",
        Field::Kind if event => "kind.name",
        Field::Time if event => "event.time",
        Field::Time => "process.born",
        Field::Error if event => "event.error",
        Field::Sent if event => "event.sent",
        Field::Received if event => "event.received",
        Field::Code if event => "iif(kind.name = 'exit', process.code, NULL)",
        Field::Signal if event => "iif(kind.name = 'exit', process.signal, NULL)",
        Field::Code => "process.code",
        Field::Signal => "process.signal",
        _ => return None,
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
