//! Filters on the command line.

use super::{Exit, Failure};
use crate::detect::Finding;
use crate::model::Time;
use crate::model::filter::{Anchor, Filter, FindingView};

/// Reads a filter that must say something; times of day are UTC, and of the day of `end`, as what is printed is.
///
/// # Errors
/// What is wrong with it, after it was pointed at on stderr.
pub(super) fn wanted(text: &str, end: Time) -> Result<Filter, Failure> {
    match Filter::parse(text, Anchor { now: end, offset: 0 }) {
        Ok(Some(filter)) => Ok(filter),
        Ok(None) => Err(Failure::new(Exit::Usage, "the filter is empty: docs/FILTER.md tells what can be asked")),
        Err(error) => {
            let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            eprintln!("{}", error.pointed(&one_line));
            Err(Failure::new(Exit::Usage, format!("the filter is wrong at column {}", error.column)))
        }
    }
}

/// True where a filter may mean something else at another time.
pub(super) fn needs_end(text: &str) -> bool {
    text.contains("time")
}

/// Asks of a finding.
pub(super) fn view<T>(finding: &Finding, ask: impl FnOnce(FindingView<'_>) -> T) -> T {
    let incident = if finding.incident > 0 { format!("i{}", finding.incident) } else { String::new() };
    ask(FindingView {
        rule: &finding.rule.id,
        class: finding.class().name(),
        severity: finding.severity.name(),
        incident: &incident,
        title: &finding.title,
        time: finding.time.0,
    })
}
