//! What is known to be innocent: exceptions, by rule and by where it happens. What they mute is counted.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::finding::Finding;
use crate::model::{Container, GroupKey, Model, Process};

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
    /// Why: it stands beside what was muted.
    pub because: String,
}

impl Exception {
    /// True when it says something of where or what: one without would mute everything.
    pub fn says_something(&self) -> bool {
        self.fields().any(|(_, value)| value.is_some())
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, &Option<String>)> {
        [
            ("rule", &self.rule),
            ("class", &self.class),
            ("image", &self.image),
            ("container", &self.container),
            ("namespace", &self.namespace),
            ("exe", &self.exe),
            ("lineage", &self.lineage),
        ]
        .into_iter()
    }

    /// The exception as the configuration file has it.
    pub fn to_toml(&self) -> String {
        let mut text = "[[exception]]\n".to_owned();
        let because = Some(self.because.clone());
        for (name, value) in self.fields().chain([("because", &because)]) {
            if let Some(value) = value {
                text.push_str(&format!("{name} = {}\n", toml::Value::String(value.clone())));
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
            && matches(&self.lineage, &|| model.lineage(finding.process).into_iter().map(exe).collect())
            && matches(&self.image, &|| told(process, model, |_, it| vec![it.news.image.clone()]))
            && matches(&self.namespace, &|| told(process, model, |_, it| vec![it.news.namespace.clone()]))
            && matches(&self.container, &|| {
                told(process, model, |id, it| vec![Some(id.to_owned()), it.news.name.clone(), it.news.pod.clone()])
            })
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
