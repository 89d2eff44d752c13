//! Rules of one's own, as TOML: `[[rule]]`, each with a condition in the filter language. docs/RULES.md has the keys.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::count::{Counting, MOST, Per};
use super::fault::Fault;
use super::title::Title;
use super::{Origin, Outcome, OwnRule, Test, kinds};
use crate::detect::rule::{Class, Rule, Severity, rule};
use crate::model::Time;
use crate::model::filter::{Anchor, Expr, Field, Filter, FilterError, span};

/// Every key of a rule.
const KEYS: [&str; 14] = [
    "id",
    "class",
    "severity",
    "title",
    "meaning",
    "next",
    "mitre",
    "references",
    "when",
    "on",
    "count",
    "window",
    "per",
    "unique",
];

/// Longest name of a rule.
const LONGEST: usize = 100;

type Table<'a> = DeTable<'a>;
type Value<'a> = Spanned<DeValue<'a>>;

/// Reads the rules of a file that is called `file`. One that is wrong takes away no other; a text that is no TOML is one
/// fault, and no rule.
pub(super) fn toml(file: &str, text: &str) -> Vec<Outcome> {
    let read = match DeTable::parse(text) {
        Ok(read) => read,
        Err(error) => {
            let what = format!("this is not TOML: {}", error.message().replace('\n', ", "));
            return vec![Outcome::Broken(Fault::at(text, error.span().unwrap_or_default(), what))];
        }
    };
    let mut outcomes = Vec::new();
    for (key, value) in read.get_ref() {
        if key.get_ref() != "rule" {
            let what =
                format!("`{}` is nothing that such a file has: rules stand after lines `[[rule]]`", key.get_ref());
            outcomes.push(Outcome::Broken(Fault::at(text, key.span(), what)));
            continue;
        }
        let Some(list) = value.get_ref().as_array() else {
            let what = "rules stand after lines `[[rule]]`, with two brackets";
            outcomes.push(Outcome::Broken(Fault::at(text, key.span(), what)));
            continue;
        };
        outcomes.extend(list.iter().map(|value| match (Reader { file, text, whole: value.span() }).rule(value) {
            Ok(rule) => Outcome::Rule(Arc::new(rule)),
            Err(fault) => Outcome::Broken(fault),
        }));
    }
    outcomes
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    /// Where the rule stands.
    whole: Range<usize>,
}

impl Reader<'_> {
    fn fault(&self, at: Range<usize>, what: impl Into<String>) -> Fault {
        Fault::at(self.text, at, what)
    }

    fn rule(&self, value: &Value<'_>) -> Result<OwnRule, Fault> {
        let table = value.get_ref().as_table().ok_or_else(|| self.fault(value.span(), "a rule is a table"))?;
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if !KEYS.contains(&name) {
                let what = match nearest(name, KEYS.into_iter()) {
                    Some(near) => format!("a rule has no key `{name}`; did you mean `{near}`?"),
                    None => format!("a rule has no key `{name}`; the keys are {}", KEYS.join(", ")),
                };
                return Err(self.fault(key.span(), what));
            }
        }
        let (filter, when) = self.condition(table)?;
        let title = self.wanted(table, "title")?;
        let filled = self.title(title.0, &title.1)?;
        let on = self.on(table, &filter, &when)?;
        self.answered(&filled, &on, title.1)?;
        let counting = self.counting(table, &on)?;
        let own = Rule {
            id: self.id(table)?,
            class: self.word(table, "class", Class::ALL.map(|class| (class.name(), class)))?,
            severity: self.word(table, "severity", SEVERITIES.map(|severity| (severity.name(), severity)))?,
            title: title.0.to_owned(),
            meaning: self
                .optional(table, "meaning")?
                .unwrap_or_else(|| format!("A rule of one's own: {}", filter.text())),
            next: self
                .optional(table, "next")?
                .unwrap_or_else(|| format!("The rule says no more; it stands in {}.", self.file)),
            mitre: self.list(table, "mitre")?.into_iter().map(|(text, _)| text).collect(),
            plants: false,
            references: self.list(table, "references")?.into_iter().map(|(text, _)| text).collect(),
        };
        let line = self.fault(self.whole.clone(), "").line;
        let origin = Origin { file: self.file.to_owned(), line };
        Ok(OwnRule { rule: Arc::new(own), origin, on, test: Test::Filter(filter), title: filled, counting })
    }

    /// The name, which no rule of the catalogue has.
    fn id(&self, table: &Table<'_>) -> Result<String, Fault> {
        let (id, at) = self.wanted(table, "id")?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if !id.chars().all(fits) || id.len() > LONGEST {
            let what =
                format!("`{id}` is no name of a rule: lower-case letters, digits, `_` and `-`, at most {LONGEST}");
            return Err(self.fault(at, what));
        }
        if rule(id).is_some() {
            return Err(self.fault(at, format!("`{id}` is a rule of ktrace-tui: give yours another name")));
        }
        Ok(id.to_owned())
    }

    fn word<T: Copy, const N: usize>(&self, table: &Table<'_>, key: &str, words: [(&str, T); N]) -> Result<T, Fault> {
        let (text, at) = self.wanted(table, key)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(*value);
        }
        let all = words.map(|(word, _)| word);
        let what = match nearest(text, all.into_iter()) {
            Some(near) => format!("`{text}` is no {key}; did you mean `{near}`?"),
            None => format!("`{text}` is no {key}; there are {}", all.join(", ")),
        };
        Err(self.fault(at, what))
    }

    fn condition(&self, table: &Table<'_>) -> Result<(Filter, Range<usize>), Fault> {
        const DAY: u64 = 86_400_000_000_000;
        let (text, at) = self.wanted(table, "when")?;
        let read = |days: u64, offset| Filter::parse(text, Anchor { now: Time(days * DAY), offset });
        let wrong = |error: FilterError| self.within(&at, text, &error);
        let (filter, later) = (read(1_000, 0).map_err(wrong)?, read(2_000, 3_600).map_err(wrong)?);
        let filter = filter.ok_or_else(|| self.fault(at.clone(), "nothing is said"))?;
        if later.is_none_or(|later| later.expr() != filter.expr()) {
            return Err(self.fault(at, "a moment needs a day and an offset here, as in 2026-11-23T12:03:00Z"));
        }
        Ok((filter, at))
    }

    /// The place of an error within a text, which is exact where the text holds no escapes.
    fn within(&self, at: &Range<usize>, text: &str, error: &FilterError) -> Fault {
        let source = self.text.get(at.clone()).unwrap_or_default();
        let what = match &error.hint {
            Some(hint) => format!("{}; {hint}", error.message),
            None => error.message.clone(),
        };
        let Some(begin) = source.find(text).filter(|_| !text.is_empty()) else { return self.fault(at.clone(), what) };
        let byte = |column: usize| text.char_indices().nth(column).map_or(text.len(), |(byte, _)| byte);
        let (from, to) = (byte(error.column - 1), byte(error.column - 1 + error.width));
        self.fault(at.start + begin + from..at.start + begin + to, what)
    }

    fn title(&self, text: &str, at: &Range<usize>) -> Result<Title, Fault> {
        Title::read(text).map_err(|(from, length, what)| {
            let begin = self.text.get(at.clone()).and_then(|source| source.find(text));
            let place = begin.map_or(at.clone(), |begin| at.start + begin + from..at.start + begin + from + length);
            self.fault(place, what)
        })
    }

    /// The kinds of events that it is asked on: what it says itself, or what follows from its condition.
    fn on(&self, table: &Table<'_>, filter: &Filter, when: &Range<usize>) -> Result<Vec<&'static str>, Fault> {
        let mut on = Vec::new();
        for (name, at) in self.list(table, "on")? {
            let kind = kinds::named(&name).ok_or_else(|| self.fault(at, no_kind(&name)))?;
            on.push(kind);
        }
        let said = kinds::of(filter.expr());
        if on.is_empty() {
            on = said.clone().ok_or_else(|| {
                let what =
                    "this says not which kind of event it is asked on: add `kind = exec and …`, or `on = [\"exec\"]`";
                self.fault(when.clone(), what)
            })?;
        } else if let Some(said) = &said {
            on.retain(|kind| said.contains(kind));
        }
        if on.is_empty() {
            let wrong = asked(filter.expr()).find(|name| kinds::named(name).is_none());
            let what = wrong.map_or_else(|| "no event is of all these kinds at once".to_owned(), |name| no_kind(&name));
            return Err(self.fault(when.clone(), what));
        }
        if let Some(field) = kinds::unanswered(filter.expr(), &on) {
            let what = format!("`{}` is nothing that {} has", field.name(), on.join(" or "));
            return Err(self.fault(self.named(when, field), what));
        }
        Ok(on)
    }

    /// Where a field is named in the condition.
    fn named(&self, when: &Range<usize>, field: Field) -> Range<usize> {
        let source = self.text.get(when.clone()).unwrap_or_default();
        match source.find(field.name()) {
            Some(at) => when.start + at..when.start + at + field.name().len(),
            None => when.clone(),
        }
    }

    /// That the kinds have what the title names.
    fn answered(&self, title: &Title, on: &[&str], at: Range<usize>) -> Result<(), Fault> {
        match title.fields().find(|field| !on.iter().any(|kind| kinds::answers(kind, *field))) {
            Some(field) => Err(self.fault(at, format!("`{}` is nothing that {} has", field.name(), on.join(" or ")))),
            None => Ok(()),
        }
    }

    fn counting(&self, table: &Table<'_>, on: &[&str]) -> Result<Option<Counting>, Fault> {
        let Some(value) = table.get("count") else {
            return match ["window", "per", "unique"].into_iter().find_map(|key| table.get(key).map(|it| (key, it))) {
                Some((key, value)) => Err(self.fault(value.span(), format!("`{key}` says nothing without a `count`"))),
                None => Ok(None),
            };
        };
        let count = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        let count = count.filter(|count| (2..=MOST).contains(count));
        let count =
            count.ok_or_else(|| self.fault(value.span(), format!("`count` is a whole number from 2 to {MOST}")))?;
        let (text, at) = self.wanted(table, "window")?;
        let window = span(text).filter(|window| *window > 0);
        let window = window.ok_or_else(|| self.fault(at, format!("`{text}` is no time like 30s, 5m or 1h")))?;
        let per = if table.contains_key("per") { self.word(table, "per", Per::ALL)? } else { Per::Process };
        let unique = match table.get("unique") {
            Some(_) => Some(self.field(table, on)?),
            None => None,
        };
        Ok(Some(Counting { count, window, per, unique }))
    }

    fn field(&self, table: &Table<'_>, on: &[&str]) -> Result<Field, Fault> {
        let (name, at) = self.wanted(table, "unique")?;
        let field = Field::of(name).ok_or_else(|| {
            let near = Field::nearest(name).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            self.fault(at.clone(), format!("there is no field `{name}`{near}"))
        })?;
        match on.iter().any(|kind| kinds::answers(kind, field)) {
            true => Ok(field),
            false => Err(self.fault(at, format!("`{name}` is nothing that {} has", on.join(" or ")))),
        }
    }

    /// A text that must be there.
    fn wanted<'t>(&self, table: &'t Table<'_>, key: &str) -> Result<(&'t str, Range<usize>), Fault> {
        let Some(value) = table.get(key) else {
            // The header of a rule is short and stands where its rule does.
            return Err(self.fault(self.whole.clone(), format!("this rule has no `{key}`")));
        };
        match value.get_ref().as_str().filter(|text| !text.is_empty()) {
            Some(text) => Ok((text, value.span())),
            None => Err(self.fault(value.span(), format!("`{key}` is a text, in quotes"))),
        }
    }

    fn optional(&self, table: &Table<'_>, key: &str) -> Result<Option<String>, Fault> {
        table.contains_key(key).then(|| self.wanted(table, key).map(|(text, _)| text.trim().to_owned())).transpose()
    }

    /// A list of texts, which may be missing.
    fn list(&self, table: &Table<'_>, key: &str) -> Result<Vec<(String, Range<usize>)>, Fault> {
        let Some(value) = table.get(key) else { return Ok(Vec::new()) };
        let what = || format!("`{key}` is a list of texts, like [\"one\", \"two\"]");
        let list = value.get_ref().as_array().ok_or_else(|| self.fault(value.span(), what()))?;
        let one = |item: &Value<'_>| match item.get_ref().as_str() {
            Some(text) => Ok((text.to_owned(), item.span())),
            None => Err(self.fault(item.span(), what())),
        };
        list.iter().map(one).collect()
    }
}

/// Severities, the worst first.
const SEVERITIES: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

fn no_kind(name: &str) -> String {
    match nearest(name, kinds::all()) {
        Some(near) => format!("no event is of the kind `{name}`; did you mean `{near}`?"),
        None => format!("no event is of the kind `{name}`; docs/JSON.md lists them"),
    }
}

/// The kinds that a condition names.
fn asked(expr: &Expr) -> Box<dyn Iterator<Item = String> + '_> {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => Box::new(parts.iter().flat_map(asked)),
        Expr::Not(inner) => asked(inner),
        Expr::Is(compare) if compare.field == Field::Kind => match &compare.value {
            crate::model::filter::Value::Text(text) => Box::new(std::iter::once(text.clone())),
            _ => Box::new(std::iter::empty()),
        },
        _ => Box::new(std::iter::empty()),
    }
}

/// The word that is nearest to one that is none.
pub(super) fn nearest<'a>(name: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = words.map(|word| (strsim::damerau_levenshtein(word, name), word)).min()?;
    (near.0 <= 2.max(name.len() / 3)).then_some(near.1)
}
