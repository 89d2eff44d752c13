//! What holds exactly when a filter does, in SQL.

use rusqlite::types::Value as Sql;

use crate::model::CONTENT_TAG;
use crate::model::filter::{Compare, Expr, Field, Needle, Op, Type, Value};

/// The same for processes alone: whatever they ever ran.
const PROCESSES: &str = "process
    JOIN run ON run.process = process.id
    LEFT JOIN image ON image.id = run.image
    LEFT JOIN state ON state.id = run.state
    LEFT JOIN place ON place.id = run.place
    LEFT JOIN container ON container.id = place.container";

/// An end of a connection, as people write it.
pub(super) const END: &str = "iif(address LIKE '%:%', '[' || address || ']', address) || ':' || port";

/// What a condition is about.
pub(super) enum Of {
    /// An event and its process at that moment.
    Event,
    /// A process and one of the programs that it ran.
    Process,
    /// A finding, and its process at that moment.
    Finding,
}

/// Something that only Rust can compare with.
pub(super) enum Asked {
    Value(Value),
    Needle(Needle),
}

/// Puts the question together.
#[derive(Default)]
pub(super) struct Asker {
    /// Its parameters.
    pub(super) values: Vec<Sql>,
    /// What its function calls are about, by their number.
    pub(super) asked: Vec<Asked>,
}

impl Asker {
    /// A parameter.
    pub(super) fn value(&mut self, value: impl Into<Sql>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// A call that compares `what` with a value.
    pub(super) fn is(&mut self, value: &Value, what: &str) -> String {
        self.asked.push(Asked::Value(value.clone()));
        format!("ktrace_is({}, {what})", self.asked.len() - 1)
    }

    pub(super) fn has(&mut self, needle: &Needle, what: &str) -> String {
        self.asked.push(Asked::Needle(needle.clone()));
        format!("ktrace_is({}, {what})", self.asked.len() - 1)
    }

    /// What holds exactly when the expression does.
    pub(super) fn condition(&mut self, expr: &Expr, of: &Of) -> String {
        match expr {
            Expr::And(all) => self.joined(all, " AND ", of),
            Expr::Or(all) => self.joined(all, " OR ", of),
            Expr::Not(inner) => format!("NOT coalesce({}, 0)", self.condition(inner, of)),
            Expr::Text(needle) => self.text(needle, of),
            Expr::Is(compare) => self.compare(compare, of),
            Expr::Under(inner) => format!("process.id IN ({})", self.branch(inner)),
            Expr::Within(inner) => format!("place.id IN ({})", self.groups(inner)),
        }
    }

    fn joined(&mut self, all: &[Expr], by: &str, of: &Of) -> String {
        let all: Vec<_> = all.iter().map(|expr| self.condition(expr, of)).collect();
        format!("({})", all.join(by))
    }

    /// The processes that fulfil something, and all that descend from them.
    pub(super) fn branch(&mut self, inner: &Expr) -> String {
        let roots = self.processes(inner);
        format!(
            "WITH RECURSIVE branch (id) AS (
                 {roots} UNION SELECT child.id FROM process AS child JOIN branch ON child.parent = branch.id
             ) SELECT id FROM branch"
        )
    }

    /// The places of every container or service in which a process fulfils something while it is there.
    pub(super) fn groups(&mut self, inner: &Expr) -> String {
        let exact = self.condition(inner, &Of::Process);
        let exact = match self.narrowed(inner) {
            Some(ids) => format!("process.id IN ({ids}) AND {exact}"),
            None => exact,
        };
        format!(
            "SELECT other.id FROM place AS own
             JOIN place AS other ON other.container IS own.container AND other.service IS own.service
             WHERE own.id IN (SELECT place.id FROM {PROCESSES} WHERE {exact})"
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
        if matches!(of, Of::Finding) {
            all.extend(["finding.rule", "finding.class", "finding.title"].map(|column| self.has(needle, column)));
        }
        if matches!(of, Of::Event) {
            let path = self.has(needle, "path.path");
            all.push(format!(
                "(event.path IS NOT NULL AND EXISTS (SELECT 1 FROM touched JOIN path ON path.id = touched.path
                 WHERE touched.seq = event.seq AND {path}))"
            ));
            let end = self.has(needle, END);
            all.push(format!(
                "EXISTS (SELECT 1 FROM endpoint WHERE endpoint.id IN (event.remote, event.local) AND {end})"
            ));
        }
        format!("({})", all.join(" OR "))
    }

    pub(super) fn compare(&mut self, compare: &Compare, of: &Of) -> String {
        let Compare { field, op, value } = compare;
        let event = matches!(of, Of::Event);
        match field {
            Field::Path if event => {
                let path = self.is(value, "path.path");
                format!(
                    "(event.path IS NOT NULL AND EXISTS (SELECT 1 FROM touched JOIN path ON path.id = touched.path
                     WHERE touched.seq = event.seq AND {path}))"
                )
            }
            Field::Sha256 if event => {
                let digest = self.is(value, &format!("substr(path.path, {})", CONTENT_TAG.len() + 1));
                format!(
                    "(kind.name = 'content' AND EXISTS (SELECT 1 FROM touched JOIN path ON path.id = touched.path
                     WHERE touched.seq = event.seq AND path.path GLOB '{CONTENT_TAG}*' AND {digest}))"
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
            Field::Address | Field::Remote | Field::Local | Field::Port | Field::Direction | Field::Protocol
                if !event =>
            {
                self.connections(compare)
            }
            Field::RemoteName => {
                let holds = self.is(value, "named.name");
                let named = "temp.named AS named ON named.address = endpoint.address";
                if event {
                    format!(
                        "EXISTS (SELECT 1 FROM endpoint JOIN {named} WHERE endpoint.id = event.remote AND {holds}
                         AND named.first <= event.seq AND (named.until IS NULL OR named.until > event.seq))"
                    )
                } else {
                    format!(
                        "EXISTS (SELECT 1 FROM connection JOIN endpoint ON endpoint.id = connection.remote
                         JOIN {named} WHERE connection.process = process.id AND {holds})"
                    )
                }
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
            _ => match column(*field, of) {
                Some(column) if matches!(value, Value::Numbers(..)) => self.number(column, *op, value),
                Some(column) => self.is(value, column),
                // What the others alone have, this one has not.
                None => "0".to_owned(),
            },
        }
    }

    /// Whether a process ever had a connection like this.
    fn connections(&mut self, compare: &Compare) -> String {
        let Compare { field, op, value } = compare;
        let (ends, holds) = match field {
            Field::Remote => ("connection.remote", self.is(value, "endpoint.address")),
            Field::Local => ("connection.local", self.is(value, "endpoint.address")),
            Field::Port => ("connection.remote, connection.local", self.number("endpoint.port", *op, value)),
            Field::Direction => ("connection.remote, connection.local", self.is(value, "connection.direction")),
            Field::Protocol => ("connection.remote, connection.local", self.is(value, "connection.protocol")),
            _ => ("connection.remote, connection.local", self.is(value, "endpoint.address")),
        };
        format!(
            "EXISTS (SELECT 1 FROM connection JOIN endpoint ON endpoint.id IN ({ends})
             WHERE connection.process = process.id AND {holds})"
        )
    }

    /// `host`, the beginning of an id, or a name.
    pub(super) fn container(&mut self, value: &Value) -> String {
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

    pub(super) fn number(&mut self, column: &str, op: Op, value: &Value) -> String {
        let Value::Numbers(from, to) = value else { return self.is(value, column) };
        let (sign, edge) = match op {
            Op::Lt => ("<", from),
            Op::Le => ("<=", to),
            Op::Gt => (">", to),
            Op::Ge => (">=", from),
            _ => return format!("{column} BETWEEN {} AND {}", self.value(*from as i64), self.value(*to as i64)),
        };
        format!("{column} {sign} {}", self.value(*edge as i64))
    }
}

/// The column of a field that is one.
fn column(field: Field, of: &Of) -> Option<&'static str> {
    let of_process = match field {
        Field::Pid => "process.pid",
        Field::Ppid => "(SELECT parent.pid FROM process AS parent WHERE parent.id = process.parent)",
        Field::Exe => "image.exe",
        Field::Argv => "image.command",
        Field::Cwd => "image.cwd",
        Field::Uid => "state.uid",
        Field::Gid => "state.gid",
        Field::Euid => "state.euid",
        Field::Session => "state.session",
        Field::Tty => "nullif(state.tty, '')",
        Field::Image => "container.image",
        Field::Pod => "container.pod",
        Field::Namespace => "container.namespace",
        _ => "",
    };
    if !of_process.is_empty() {
        return Some(of_process);
    }
    Some(match (of, field) {
        (Of::Event, Field::Login) => {
            "coalesce(state.login_uid, (SELECT uid FROM temp.login WHERE login.process = process.id
                 AND login.first <= event.seq ORDER BY login.first DESC LIMIT 1))"
        }
        (Of::Finding, Field::Login) => {
            "coalesce(state.login_uid, (SELECT uid FROM temp.login WHERE login.process = process.id
                 AND login.first <= finding.seq ORDER BY login.first DESC LIMIT 1))"
        }
        (Of::Process, Field::Login) => {
            "coalesce(state.login_uid, (SELECT uid FROM temp.login WHERE login.process = process.id
                 ORDER BY login.first DESC LIMIT 1))"
        }
        (Of::Event, Field::Kind) => "kind.name",
        (Of::Event, Field::Time) => "event.time",
        (Of::Event, Field::Error) => "event.error",
        (Of::Event, Field::Sent) => "event.sent",
        (Of::Event, Field::Received) => "event.received",
        (Of::Event, Field::Code) => "iif(kind.name = 'exit', process.code, NULL)",
        (Of::Event, Field::Signal) => "iif(kind.name = 'exit', process.signal, NULL)",
        (Of::Finding, Field::Time) => "finding.time",
        (Of::Finding, Field::Rule) => "finding.rule",
        (Of::Finding, Field::Class) => "finding.class",
        (Of::Finding, Field::Incident) => "'i' || finding.incident",
        (Of::Finding, Field::Severity) => {
            "CASE finding.severity WHEN 'info' THEN 0 WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END"
        }
        (Of::Process, Field::Time) => "process.born",
        (Of::Process | Of::Finding, Field::Code) => "process.code",
        (Of::Process | Of::Finding, Field::Signal) => "process.signal",
        _ => return None,
    })
}
