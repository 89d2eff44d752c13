//! What is known to be innocent: exceptions, by rule and by where it happens. What they mute is counted.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::finding::Finding;
use crate::model::filter::{Anchor, Expr, Field, Filter, FilterError, FindingView};
use crate::model::{Container, GroupKey, Model, Process, Time};

/// An exception. Whatever it leaves out matches everything; `*` in a text matches any characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// Name of the rule.
    pub rule: Option<String>,
    /// Name of the class.
    pub class: Option<String>,
    /// The container's image.
    pub image: Option<String>,
    /// The container's name, its pod's, or its id.
    pub container: Option<String>,
    /// The namespace of its pod.
    pub namespace: Option<String>,
    /// The program: path of its executable.
    pub exe: Option<String>,
    /// The program of one of its ancestors.
    pub lineage: Option<String>,
    /// What the finding and its process fulfil; `where` in the configuration. [`Exception::only_where`] sets it.
    pub filter: Option<Filter>,
    /// Why: it stands beside what was muted.
    pub because: String,
}

impl Exception {
    /// True when it says something of where or what: one without would mute everything.
    pub fn says_something(&self) -> bool {
        self.fields().any(|(_, value)| value.is_some())
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        [
            ("rule", self.rule.as_deref()),
            ("class", self.class.as_deref()),
            ("image", self.image.as_deref()),
            ("container", self.container.as_deref()),
            ("namespace", self.namespace.as_deref()),
            ("exe", self.exe.as_deref()),
            ("lineage", self.lineage.as_deref()),
            ("where", self.filter.as_ref().map(Filter::text)),
        ]
        .into_iter()
    }

    /// Reads what findings and their processes must fulfil, in the filter language.
    ///
    /// # Errors
    /// What is wrong with it, and at which column. What holds of no finding, and a moment that means another one
    /// tomorrow, is refused too: such an exception would mute nothing, in silence.
    pub fn only_where(&mut self, text: &str) -> Result<(), FilterError> {
        const DAY: u64 = 86_400_000_000_000;
        let read = |days: u64, offset| Filter::parse(text, Anchor { now: Time(days * DAY), offset });
        let wrong = |word: &str, message: String| {
            let at = text.find(word).map_or(0, |at| text[..at].chars().count());
            FilterError { column: at + 1, width: word.chars().count(), message, hint: None }
        };
        let (filter, later) = (read(1_000, 0)?, read(2_000, 3_600)?);
        let Some(filter) = filter else { return Err(wrong("", "nothing is said".to_owned())) };
        if later.is_none_or(|later| later.expr() != filter.expr()) {
            return Err(wrong("time", "this moment needs a day and an offset, as in 2026-11-23T12:03:00Z".to_owned()));
        }
        if let Some(field) = unanswered(filter.expr()) {
            let name = field.name();
            return Err(wrong(name, format!("`{name}` is nothing that a finding or its process has")));
        }
        self.filter = Some(filter);
        Ok(())
    }

    /// The exception as the configuration file has it.
    pub fn to_toml(&self) -> String {
        let mut text = "[[exception]]\n".to_owned();
        for (name, value) in self.fields().chain([("because", Some(self.because.as_str()))]) {
            if let Some(value) = value {
                text.push_str(&format!("{name} = {}\n", toml::Value::String(value.to_owned())));
            }
        }
        text
    }

    /// True when it mutes `finding`.
    pub fn mutes(&self, finding: &Finding, model: &Model) -> bool {
        let process = model.process(finding.process);
        let exe = |process: &Process| process.image().map(|image| image.exe.lossless()).unwrap_or_default();
        let matches = |wanted: &Option<String>, found: &dyn Fn() -> Vec<String>| {
            wanted.as_ref().is_none_or(|wanted| found().iter().any(|found| glob(wanted, found)))
        };
        matches(&self.rule, &|| vec![finding.rule.id.clone()])
            && matches(&self.class, &|| vec![finding.class().name().to_owned()])
            && matches(&self.exe, &|| process.map(exe).into_iter().collect())
            && matches(&self.lineage, &|| model.lineage(finding.process).map(exe).collect())
            && matches(&self.image, &|| told(process, model, |_, it| vec![it.news.image.clone()]))
            && matches(&self.namespace, &|| told(process, model, |_, it| vec![it.news.namespace.clone()]))
            && matches(&self.container, &|| {
                told(process, model, |id, it| vec![Some(id.to_owned()), it.news.name.clone(), it.news.pod.clone()])
            })
            // Of a process that is no longer known nothing can be said, and so nothing is muted.
            && self.filter.as_ref().is_none_or(|filter| {
                process.is_some() && filter.finding(view(finding), finding.process, model)
            })
    }
}

/// What a filter can ask of a finding; its incident is not known before it is clear that nothing mutes it.
fn view(finding: &Finding) -> FindingView<'_> {
    FindingView {
        rule: &finding.rule.id,
        class: finding.class().name(),
        severity: finding.severity.name(),
        incident: "",
        title: &finding.title,
        time: finding.time.0,
    }
}

/// A field that neither a finding nor its process has.
fn unanswered(expr: &Expr) -> Option<Field> {
    match expr {
        Expr::And(all) | Expr::Or(all) => all.iter().find_map(unanswered),
        Expr::Not(expr) | Expr::Under(expr) | Expr::Within(expr) => unanswered(expr),
        Expr::Text(_) => None,
        Expr::Is(compare) => {
            let none = [Field::Kind, Field::Path, Field::Failed, Field::Error, Field::Incident];
            none.contains(&compare.field).then_some(compare.field)
        }
    }
}

/// Facts of the container that a process is in.
fn told(
    process: Option<&Process>,
    model: &Model,
    facts: impl Fn(&str, &Container) -> Vec<Option<String>>,
) -> Vec<String> {
    let Some(GroupKey::Container(id)) = process.map(|process| &process.group) else { return Vec::new() };
    let key = GroupKey::Container(Arc::clone(id));
    let container = model.group(&key).and_then(|group| group.container.as_ref());
    container.map(|container| facts(id, container)).unwrap_or_default().into_iter().flatten().collect()
}

/// Whether `text` is what `pattern` says; `*` stands for any characters.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut rest = rest;
    let mut last = None;
    for part in parts {
        if let Some(part) = last.replace(part) {
            match rest.find(part) {
                Some(at) => rest = &rest[at + str::len(part)..],
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}
