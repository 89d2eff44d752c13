//! `rules test`: what rules would have found in something that was recorded.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::Arc;

use anyhow::Context as _;

use super::super::Failure;
use super::super::arguments::{Format, TestArguments};
use super::super::reading::{self, Judged, Step};
use super::list::{RuleLine, json_faults, write_line};
use super::{blame, faultless, named};
use crate::detect::{Finding, RuleSet};
use crate::escape::shown;
use crate::export::{json, text};
use crate::model::Model;

/// Tries the rules on a recording, and tells what they find and which of them nothing. A rule that is wrong takes away no
/// other, and makes it fail in the end.
pub(super) fn test(arguments: &TestArguments) -> Result<(), Failure> {
    let rules = Arc::new(named(&arguments.files)?);
    if arguments.format == Format::Text {
        blame(&rules);
    }
    let mut trial = Trial {
        rules: Arc::clone(&rules),
        fired: BTreeMap::new(),
        out: BufWriter::new(io::stdout().lock()),
        format: arguments.format,
    };
    let mut done = Ok(());
    let judged = Judged { exceptions: &[], rules: Arc::clone(&rules), anew: true, ..Judged::default() };
    reading::read(&arguments.on, &judged, &mut |step, model, detector| {
        let Step::Found(_, news) = step else { return };
        let found = news.findings.iter().filter_map(|number| detector.finding(*number));
        found.for_each(|finding| {
            if done.is_ok() {
                done = trial.found(finding, model);
            }
        });
    })?;
    match done.and_then(|()| trial.end(&rules)) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written.context("cannot write")?,
    }
    faultless(&rules)
}

struct Trial<O: Write> {
    rules: Arc<RuleSet>,
    fired: BTreeMap<String, u64>,
    out: O,
    format: Format,
}

impl<O: Write> Trial<O> {
    /// Tells a finding, unless it is of a rule that is not tried.
    fn found(&mut self, finding: &Finding, model: &Model) -> io::Result<()> {
        if self.rules.get(&finding.rule.id).is_none() {
            return Ok(());
        }
        *self.fired.entry(finding.rule.id.clone()).or_default() += 1;
        match self.format {
            Format::Json => json::write_finding(&mut self.out, finding, model),
            Format::Text => text::write_finding(&mut self.out, finding, model),
        }
    }

    fn end(&mut self, rules: &RuleSet) -> io::Result<()> {
        let fired = |id: &str| self.fired.get(id).copied().unwrap_or(0);
        if self.format == Format::Json {
            for own in rules.rules() {
                write_line(&mut self.out, &RuleLine::of(own, Some(fired(&own.rule.id))))?;
            }
            json_faults(&mut self.out, rules)?;
            return self.out.flush();
        }
        let (some, none): (Vec<_>, Vec<_>) = rules.rules().partition(|own| fired(&own.rule.id) > 0);
        writeln!(
            self.out,
            "{}{} of {} rules would have found something",
            if some.is_empty() { "" } else { "\n" },
            some.len(),
            some.len() + none.len()
        )?;
        for own in some {
            writeln!(self.out, "{:7}  {}", fired(&own.rule.id), own.rule.id)?;
        }
        for own in none {
            let title = shown(&own.rule.title);
            writeln!(self.out, "  never  {}  {}", own.rule.id, title.as_str())?;
        }
        self.out.flush()
    }
}
