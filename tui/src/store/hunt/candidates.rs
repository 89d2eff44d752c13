//! Where the indices say that a filter may hold: the condition is only looked at there.

use super::condition::{Asker, END, Of};
use crate::model::filter::{Compare, Expr, Field, Needle, Op, Value};

impl Asker {
    /// A query for the numbers of all events that may fulfil the expression; `None` where no index knows them.
    pub(super) fn candidates(&mut self, expr: &Expr) -> Option<String> {
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
    pub(super) fn narrowed(&mut self, expr: &Expr) -> Option<String> {
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
            Expr::Within(inner) => {
                let places = self.groups(inner);
                Some(format!("SELECT process FROM member WHERE place IN ({places})"))
            }
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
