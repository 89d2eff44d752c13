//! Sigma rules (specification 2.1): those of Linux processes, connections and files, as they are published. What events
//! of this program have no word for is said, rule by rule, and never taken for something that does not happen.

mod condition;
mod index;
mod item;
mod meta;
mod pattern;
mod seen;
#[cfg(test)]
mod tests;
mod yaml;

use std::sync::Arc;

use super::fault::Fault;
use super::read::nearest;
use super::title::Title;
use super::{Origin, Outcome, OwnRule, Test, Unmapped};
use crate::detect::rule::Severity;

use condition::Condition;
pub(super) use index::Index;
use item::Item;
pub(super) use seen::Seen;
use seen::{Category, Field};
use yaml::{Node, What};

/// The condition of a Sigma rule.
#[derive(Debug)]
pub(super) struct Sigma {
    category: Category,
    text: String,
    condition: Condition,
    selections: Vec<Selection>,
}

/// A selection: it holds where all items of one of its groups do.
#[derive(Debug)]
struct Selection {
    name: String,
    groups: Vec<Vec<Item>>,
}

/// Why a rule is not watched for.
#[derive(Debug)]
enum Why {
    /// Something is wrong with it.
    Broken(Fault),
    /// It asks for something that nobody here can tell; the sort of that.
    Unmapped(&'static str, Fault),
}

impl Sigma {
    /// As the rule says it.
    pub(super) fn condition(&self) -> &str {
        &self.text
    }

    /// Whether an event fulfils it.
    pub(super) fn holds(&self, seen: &Seen<'_>) -> bool {
        self.condition.holds(&|at| self.selections.get(at).is_some_and(|selection| selection.holds(seen)))
    }

    /// What of it holds, in words: each selection that speaks for it, with the fields that it asks for.
    pub(super) fn evidence(&self, seen: &Seen<'_>) -> Vec<String> {
        let mut wanted = self.condition.wanted();
        wanted.sort_unstable();
        wanted.dedup();
        let held =
            wanted.into_iter().filter_map(|at| self.selections.get(at)).filter(|selection| selection.holds(seen));
        let mut all: Vec<String> = held.map(|selection| selection.words(seen)).collect();
        if all.is_empty() {
            // What it rests on is that something is not there.
            all.push(format!("Sigma: {}", self.text));
        }
        all
    }
}

impl Selection {
    fn holds(&self, seen: &Seen<'_>) -> bool {
        self.groups.iter().any(|items| items.iter().all(|item| item.holds(seen)))
    }

    /// `selection_img: Image /usr/bin/dd, CommandLine`.
    fn words(&self, seen: &Seen<'_>) -> String {
        let group = self.groups.iter().find(|items| items.iter().all(|item| item.holds(seen)));
        let mut fields: Vec<Field> = group.into_iter().flatten().map(Item::field).collect();
        fields.dedup();
        let word = |field: Field| match (field, seen.get(field).first()) {
            // The event itself tells them.
            (Field::CommandLine | Field::TargetFilename, _) | (_, None) => field.name().to_owned(),
            (_, Some(value)) => format!("{} {}", field.name(), value.plain),
        };
        format!("{}: {}", self.name, fields.into_iter().map(word).collect::<Vec<_>>().join(", "))
    }
}

/// Reads the rules of a file that is called `file`; those of the level `critical` have the severity `critical`.
pub(super) fn read(file: &str, text: &str, critical: Severity) -> Vec<Outcome> {
    let (documents, fault) = yaml::documents(text);
    let several = documents.len() > 1;
    let mut outcomes: Vec<Outcome> = documents
        .iter()
        .enumerate()
        .map(|(at, document)| {
            let number = several.then_some(at + 1);
            rule(file, number, document, critical).unwrap_or_else(|why| match why {
                Why::Broken(fault) => Outcome::Broken(fault),
                Why::Unmapped(sort, fault) => {
                    let title = document.text_of("title").unwrap_or("a rule without a title").to_owned();
                    Outcome::Unmapped(Unmapped { title, fault, sort })
                }
            })
        })
        .collect();
    outcomes.extend(fault.map(Outcome::Broken));
    if outcomes.is_empty() {
        outcomes.push(Outcome::Broken(Fault {
            line: 1,
            column: 1,
            width: 1,
            message: "there is no rule in it".into(),
        }));
    }
    outcomes
}

fn rule(file: &str, number: Option<usize>, document: &Node, critical: Severity) -> Result<Outcome, Why> {
    if !matches!(document.what, What::Map(_)) {
        return Err(document.at.fault("a Sigma rule is a mapping: `title: …`, `logsource: …`, `detection: …`").into());
    }
    for (key, _) in document.entries() {
        let what = match key.text() {
            Some("correlation") => "correlations of several rules are not read",
            Some("filter") => "filters for other rules are not read",
            Some("action") => "collections (`action`) are of old versions of Sigma, and not read",
            _ => continue,
        };
        return Err(Why::Unmapped("correlation", key.at.fault(what)));
    }
    let category = category(document)?;
    let Some(detection) = document.get("detection") else {
        return Err(document.at.fault("this rule has no `detection`").into());
    };
    let sigma = self::detection(detection, category)?;
    let rule = meta::rule(file, number, document, critical)?;
    let origin = Origin { file: file.to_owned(), line: document.at.line };
    let on = category.kinds().to_vec();
    let test = Test::Sigma(Box::new(sigma));
    Ok(Outcome::Rule(Arc::new(OwnRule {
        rule: Arc::new(rule),
        origin,
        on,
        test,
        title: Title::default(),
        counting: None,
    })))
}

/// What sort of events it is about.
fn category(document: &Node) -> Result<Category, Why> {
    let Some(source) = document.get("logsource") else {
        return Err(document.at.fault("this rule has no `logsource`").into());
    };
    if let Some(status) = document.get("status").filter(|it| matches!(it.text(), Some("deprecated" | "unsupported"))) {
        let what = format!("its status is `{}`", status.text().unwrap_or_default());
        return Err(Why::Unmapped("status", status.at.fault(what)));
    }
    if let Some(product) = source.get("product").filter(|product| product.text() != Some("linux")) {
        let what = format!("it is for `{}`", product.text().unwrap_or("nothing"));
        return Err(Why::Unmapped("product", product.at.fault(what)));
    }
    if let Some(service) = source.get("service") {
        let what = format!("it reads the log of `{}`", service.text().unwrap_or("nothing"));
        return Err(Why::Unmapped("service", service.at.fault(what)));
    }
    let Some(category) = source.get("category") else {
        return Err(Why::Unmapped("category", source.at.fault("it names no category of events, but a log")));
    };
    let name = category.text().unwrap_or("nothing");
    Category::ALL.iter().find(|(known, _)| *known == name).map(|(_, category)| *category).ok_or_else(|| {
        Why::Unmapped("category", category.at.fault(format!("events of the category `{name}` are not told")))
    })
}

fn detection(detection: &Node, category: Category) -> Result<Sigma, Why> {
    let (mut selections, mut names) = (Vec::new(), Vec::new());
    for (key, value) in detection.entries() {
        let name = key.text().unwrap_or_default();
        match name {
            "condition" => {}
            "timeframe" => {
                return Err(Why::Unmapped("timeframe", key.at.fault("it counts events, as old rules did")));
            }
            _ => {
                selections.push(Selection { name: name.to_owned(), groups: groups(key, value, category)? });
                names.push(name);
            }
        }
    }
    let Some(condition) = detection.get("condition") else {
        return Err(detection.at.fault("this rule has no `condition`").into());
    };
    let texts: Vec<&Node> = match &condition.what {
        What::List(all) => all.iter().collect(),
        _ => vec![condition],
    };
    let mut all = Vec::new();
    for node in &texts {
        let Some(text) = node.text() else { return Err(node.at.fault("a condition is a text").into()) };
        if text.contains('|') {
            let at = text.chars().position(|c| c == '|').unwrap_or(0);
            return Err(Why::Unmapped("timeframe", node.at.part(at, 1).fault("it counts events, as old rules did")));
        }
        all.push(Condition::read(text, node.at, &names)?);
    }
    let text = texts.iter().filter_map(|node| node.text()).collect::<Vec<_>>().join(" or ");
    let condition = if all.len() == 1 { all.remove(0) } else { Condition::Or(all) };
    Ok(Sigma { category, text, condition, selections })
}

/// The groups of a selection: a mapping is one, a list of mappings as many as it has.
fn groups(key: &Node, value: &Node, category: Category) -> Result<Vec<Vec<Item>>, Why> {
    let name = key.text().unwrap_or_default();
    let parts = match &value.what {
        What::Map(_) => std::slice::from_ref(value),
        What::List(all) => all.as_slice(),
        What::Text(..) => {
            return Err(Why::Unmapped(
                "keywords",
                value.at.fault("it looks for words in a line of a log, not in a field"),
            ));
        }
        What::Null => return Err(value.at.fault(format!("`{name}` says nothing")).into()),
    };
    if parts.is_empty() {
        return Err(value.at.fault(format!("`{name}` says nothing")).into());
    }
    let group = |part: &Node| match &part.what {
        What::Map(all) if all.is_empty() => Err(part.at.fault(format!("`{name}` says nothing")).into()),
        What::Map(all) => all.iter().map(|(key, value)| Item::read(key, value, category)).collect(),
        What::Text(..) => {
            Err(Why::Unmapped("keywords", part.at.fault("it looks for words in a line of a log, not in a field")))
        }
        What::List(_) | What::Null => Err(part.at.fault("fields with their values are expected here").into()),
    };
    parts.iter().map(group).collect()
}
