//! Search: what is looked for, and what holds it.

use std::collections::HashMap;

use super::node::NodeKey;
use crate::model::filter::{Anchor, Expr, Filter, FilterError, Judge, Needle, unfinished};
use crate::model::{Group, GroupKey, Model, Process, ProcessId};
use near::Near;

mod near;

/// A search, while it is typed and after.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// What is looked for, as typed; empty when nothing is.
    pub query: String,
    /// True while it is typed: keys go into the query.
    pub typing: bool,
    /// What is wrong with the query: what could be understood last is looked for meanwhile.
    pub error: Option<FilterError>,
    /// Where the user was before, and what was folded then.
    pub(super) before: Option<(Option<NodeKey>, HashMap<NodeKey, bool>)>,
    sought: Sought,
    /// What comes close, where words are looked for.
    near: Option<Near>,
}

#[derive(Clone, Debug, Default)]
enum Sought {
    #[default]
    Nothing,
    /// One word, with verdicts that are each good for one version of a process.
    Word(Needle, HashMap<ProcessId, (u32, bool)>),
    /// Whatever else the filter language can say; with the words that are looked for, where it is nothing but words.
    Filter(Box<Judge>, Vec<Needle>),
}

/// Verdicts kept before all are forgotten: dead processes must not pile up.
const VERDICTS: usize = 65_536;

impl Search {
    /// True when something is looked for.
    pub fn active(&self) -> bool {
        !matches!(self.sought, Sought::Nothing)
    }

    /// Looks for something else, unless that cannot be understood.
    pub(super) fn set(&mut self, query: String, anchor: Anchor) {
        match Filter::parse(&query, anchor) {
            // One word is a search; at the end of something longer, it may be the name of a field.
            Ok(_) if self.typing && query.trim().contains(char::is_whitespace) && unfinished(&query) => {
                self.error = None
            }
            Ok(filter) => {
                (self.sought, self.error) = (Sought::of(filter), None);
                self.near = Near::of(self.sought.words());
            }
            Err(error) => self.error = Some(error),
        }
        self.query = query;
    }

    /// Forgets verdicts: they are of another model.
    pub(super) fn forget(&mut self) {
        self.near.as_mut().map(Near::forget);
        match &mut self.sought {
            Sought::Nothing => {}
            Sought::Word(_, seen) => seen.clear(),
            Sought::Filter(judge, _) => **judge = Judge::new(judge.filter().clone()),
        }
    }

    /// How close a process comes to what is looked for; 0 when it does not.
    pub(super) fn nears_process(&mut self, process: &Process) -> u32 {
        self.near.as_mut().map_or(0, |near| near.process(process))
    }

    /// As [`Search::nears_process`], of a group by what it is called.
    pub(super) fn nears_group(&mut self, group: &Group) -> u32 {
        self.near.as_mut().map_or(0, |near| near.group(group))
    }

    pub(super) fn finds_process(&mut self, process: &Process, model: &Model) -> bool {
        match &mut self.sought {
            Sought::Nothing => false,
            Sought::Filter(judge, _) => judge.process(process, model),
            Sought::Word(needle, seen) => {
                let known = seen.get(&process.id).filter(|(version, _)| *version == process.version);
                if let Some(&(_, verdict)) = known {
                    return verdict;
                }
                if seen.len() > VERDICTS {
                    seen.clear();
                }
                let verdict = in_process(needle, process);
                seen.insert(process.id, (process.version, verdict));
                verdict
            }
        }
    }

    pub(super) fn finds_group(&self, group: &Group) -> bool {
        match &self.sought {
            Sought::Nothing => false,
            Sought::Word(needle, _) => in_group(needle, group),
            Sought::Filter(_, words) => !words.is_empty() && words.iter().all(|needle| in_group(needle, group)),
        }
    }
}

impl Sought {
    /// The words that are looked for, where it is nothing but words.
    fn words(&self) -> &[Needle] {
        match self {
            Sought::Nothing => &[],
            Sought::Word(needle, _) => std::slice::from_ref(needle),
            Sought::Filter(_, words) => words,
        }
    }

    fn of(filter: Option<Filter>) -> Sought {
        let Some(filter) = filter else { return Sought::Nothing };
        match filter.expr() {
            Expr::Text(needle) => Sought::Word(needle.clone(), HashMap::new()),
            expr => {
                let words = words(expr);
                Sought::Filter(Box::new(Judge::new(filter)), words)
            }
        }
    }
}

/// The words of a search that has nothing else; none where it has.
fn words(expr: &Expr) -> Vec<Needle> {
    let Expr::And(all) = expr else { return Vec::new() };
    let word = |expr: &Expr| match expr {
        Expr::Text(needle) => Some(needle.clone()),
        _ => None,
    };
    all.iter().map(word).collect::<Option<_>>().unwrap_or_default()
}

/// A word finds what stands on the line of a process and in its arguments; what its container is called is found on the
/// line of that.
fn in_process(needle: &Needle, process: &Process) -> bool {
    process.id.pid.to_string().starts_with(needle.lower())
        || process.image().is_some_and(|image| {
            needle.occurs(image.exe.bytes()) || image.argv.args.iter().any(|arg| needle.occurs(arg.bytes()))
        })
        || process
            .connections
            .iter()
            .filter_map(|connection| connection.remote)
            .any(|remote| remote.to_string().contains(needle.lower()))
}

fn in_group(needle: &Needle, group: &Group) -> bool {
    let own = match &group.key {
        GroupKey::Host => false,
        GroupKey::Service(name) => needle.occurs(name.as_bytes()),
        GroupKey::Container(id) => id.starts_with(needle.lower()),
    };
    own || group.container.as_ref().is_some_and(|container| {
        let news = &container.news;
        let told = [&news.name, &news.image, &news.pod, &news.namespace];
        told.into_iter().flatten().any(|text| needle.occurs(text.as_bytes()))
    })
}
