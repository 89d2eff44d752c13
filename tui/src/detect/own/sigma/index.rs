//! Which rules may hold of an event: found by the texts that they need, all looked for at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::super::{OwnRule, Test};
use super::condition::Condition;
use super::seen::{Category, Field, Seen};
use super::{Selection, Sigma};
use crate::model::ProcessEvent;

/// The Sigma rules of a set, by what they need.
#[derive(Debug, Default)]
pub(in crate::detect::own) struct Index {
    categories: HashMap<Category, Needed>,
}

/// What the rules of a category need.
#[derive(Debug, Default)]
struct Needed {
    /// Places of rules that need no text: they are asked on every event.
    always: Vec<usize>,
    fields: Vec<Texts>,
}

/// Texts that are looked for in a field, each with the places of the rules that need it.
#[derive(Debug)]
struct Texts {
    field: Field,
    found: AhoCorasick,
    rules: Vec<Vec<usize>>,
}

impl Index {
    /// The index of those of `rules` that are Sigma rules.
    pub(in crate::detect::own) fn of(rules: &[Arc<OwnRule>]) -> Index {
        let mut wanted: HashMap<Category, BTreeMap<Field, BTreeMap<String, Vec<usize>>>> = HashMap::new();
        let mut index = Index::default();
        for (at, rule) in rules.iter().enumerate() {
            let Test::Sigma(sigma) = &rule.test else { continue };
            let needed = index.categories.entry(sigma.category).or_default();
            match needs(&sigma.condition, sigma) {
                None => needed.always.push(at),
                Some(needs) => {
                    for (field, text) in needs {
                        let fields = wanted.entry(sigma.category).or_default();
                        fields.entry(field).or_default().entry(text).or_default().push(at);
                    }
                }
            }
        }
        for (category, fields) in wanted {
            let needed = index.categories.entry(category).or_default();
            for (field, texts) in fields {
                let (texts, rules): (Vec<String>, Vec<Vec<usize>>) = texts.into_iter().unzip();
                match AhoCorasick::new(&texts) {
                    Ok(found) => needed.fields.push(Texts { field, found, rules }),
                    // So many that they cannot be looked for at once.
                    Err(_) => needed.always.extend(rules.into_iter().flatten()),
                }
            }
        }
        index
    }

    /// Whether any rule is about events like this.
    pub(in crate::detect::own) fn asked(&self, event: &ProcessEvent) -> bool {
        !self.categories.is_empty()
            && Category::of(event).is_some_and(|category| self.categories.contains_key(&category))
    }

    /// The places of the rules that may hold of an event, in their order.
    pub(in crate::detect::own) fn candidates(&self, seen: &Seen<'_>) -> Vec<usize> {
        let category = Category::of(seen.scene().event);
        let Some(needed) = category.and_then(|category| self.categories.get(&category)) else { return Vec::new() };
        let mut places = needed.always.clone();
        for Texts { field, found, rules } in &needed.fields {
            for value in seen.get(*field) {
                for hit in found.find_overlapping_iter(value.lower()) {
                    places.extend_from_slice(&rules[hit.pattern().as_usize()]);
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// Texts of which each event that fulfils a condition has one. `None` where there are none.
fn needs(condition: &Condition, sigma: &Sigma) -> Option<Vec<(Field, String)>> {
    let of = |at: &usize| sigma.selections.get(*at).and_then(selection);
    match condition {
        Condition::And(all) => best(all.iter().filter_map(|one| needs(one, sigma))),
        Condition::Or(all) => either(all.iter().map(|one| needs(one, sigma))),
        Condition::Not(_) => None,
        Condition::Selection(at) => of(at),
        Condition::Some(_, all) => either(all.iter().map(of)),
    }
}

fn selection(selection: &Selection) -> Option<Vec<(Field, String)>> {
    either(selection.groups.iter().map(|items| best(items.iter().filter_map(|item| item.needs()))))
}

fn either(all: impl Iterator<Item = Option<Vec<(Field, String)>>>) -> Option<Vec<(Field, String)>> {
    all.collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// Those that are seldom found where they do not belong: the shortest of them is longest, then the fewest.
fn best(all: impl Iterator<Item = Vec<(Field, String)>>) -> Option<Vec<(Field, String)>> {
    let weight = |texts: &Vec<(Field, String)>| {
        let shortest = texts.iter().map(|(_, text)| text.len()).min().unwrap_or(0);
        (shortest.min(8), std::cmp::Reverse(texts.len()))
    };
    all.max_by_key(weight)
}
