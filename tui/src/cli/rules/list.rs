//! `rules list`: which rules are in use, and why others are not.

use std::io::{self, BufWriter, ErrorKind, Write};

use anyhow::Context as _;
use serde::Serialize;

use super::super::Failure;
use super::super::arguments::{Format, ListArguments};
use super::shelf;
use crate::detect::{OwnRule, RuleSet};
use crate::escape::shown;

/// Lists the rules of the configuration and of the command line.
pub(super) fn list(arguments: &ListArguments) -> Result<(), Failure> {
    let config = arguments.config()?;
    let mut shelf = shelf(&config);
    shelf.look();
    let rules = shelf.rules();
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match arguments.format {
        Format::Text => text(&mut out, &rules),
        Format::Json => json(&mut out, &rules),
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.context("cannot write").map_err(Failure::from),
    }
}

/// A rule, as JSON tells it.
#[derive(Serialize)]
pub(super) struct RuleLine<'a> {
    r#type: &'static str,
    rule: &'a str,
    kind: &'static str,
    class: &'static str,
    severity: &'static str,
    title: &'a str,
    on: &'a [&'static str],
    file: &'a str,
    line: usize,
    /// How often it would have found something, where that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    fired: Option<u64>,
}

impl<'a> RuleLine<'a> {
    pub(super) fn of(own: &'a OwnRule, fired: Option<u64>) -> RuleLine<'a> {
        RuleLine {
            r#type: "rule",
            rule: &own.rule.id,
            kind: if own.is_sigma() { "sigma" } else { "own" },
            class: own.rule.class.name(),
            severity: own.rule.severity.name(),
            title: &own.rule.title,
            on: &own.on,
            file: &own.origin.file,
            line: own.origin.line,
            fired,
        }
    }
}

/// A rule that is not in use.
#[derive(Serialize)]
struct FaultLine<'a> {
    r#type: &'static str,
    /// `broken`, or the sort of what is not told here.
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    file: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
}

/// Writes the rules that are not in use, as JSON lines.
pub(super) fn json_faults(out: &mut impl Write, rules: &RuleSet) -> io::Result<()> {
    let broken = rules.broken().iter().map(|it| ("broken", None, it.file.as_str(), &it.fault));
    let unmapped =
        rules.unmapped().iter().map(|(file, it)| (it.sort, Some(it.title.as_str()), file.as_str(), &it.fault));
    for (reason, title, file, fault) in broken.chain(unmapped) {
        let (line, column, message) = (fault.line, fault.column, fault.message.as_str());
        write_line(out, &FaultLine { r#type: "rule_fault", reason, title, file, line, column, message })?;
    }
    Ok(())
}

pub(super) fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn json(out: &mut impl Write, rules: &RuleSet) -> io::Result<()> {
    rules.rules().try_for_each(|own| write_line(out, &RuleLine::of(own, None)))?;
    json_faults(out, rules)
}

fn text(out: &mut impl Write, rules: &RuleSet) -> io::Result<()> {
    for own in rules.rules() {
        let (severity, on) = (own.rule.severity.name(), own.on.join(","));
        writeln!(out, "{severity:8}  {:40}  {on:20}  {}", own.rule.id, shown(&own.rule.title).as_str())?;
    }
    let mut faults: Vec<String> = Vec::new();
    faults.extend(rules.broken().iter().map(|it| format!("broken    {}:{}", it.file, it.fault)));
    faults.extend(rules.unmapped().iter().map(|(file, it)| format!("{:8}  {file}:{}", it.sort, it.fault)));
    if !faults.is_empty() {
        writeln!(out, "\nNot in use:")?;
    }
    faults.iter().try_for_each(|fault| writeln!(out, "{}", shown(fault).as_str()))?;
    let summary = counts(rules);
    writeln!(out, "\n{summary}")
}

/// `3 own rules and 120 Sigma rules in use; 2 broken; not told here: 40 product, 7 service`.
fn counts(rules: &RuleSet) -> String {
    let (all, sigma) = rules.count();
    let mut text = format!("{} own and {sigma} Sigma rules in use, {} broken", all - sigma, rules.broken().len());
    let mut sorts: Vec<(&str, usize)> = Vec::new();
    for (_, unmapped) in rules.unmapped() {
        match sorts.iter_mut().find(|(sort, _)| *sort == unmapped.sort) {
            Some((_, count)) => *count += 1,
            None => sorts.push((unmapped.sort, 1)),
        }
    }
    sorts.sort_by(|own, other| (other.1, own.0).cmp(&(own.1, other.0)));
    if !sorts.is_empty() {
        let sorts: Vec<String> = sorts.iter().map(|(sort, count)| format!("{count} for their {sort}")).collect();
        text.push_str(&format!("; not told here: {}", sorts.join(", ")));
    }
    text
}
