//! `rules`: rules of one's own, listed, checked, and tried on what happened; and where they lie.

mod list;
mod trial;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::{CheckArguments, OwnRules, RulesCommand};
use super::reading::Judged;
use super::{Exit, Failure};
use crate::config::Config;
use crate::detect::{Exception, RuleSet};
use crate::escape::shown;
use crate::rules::{Place, Shelf};

/// Answers what is asked about rules.
pub(super) fn rules(command: &RulesCommand) -> Result<(), Failure> {
    match command {
        RulesCommand::List(arguments) => list::list(arguments),
        RulesCommand::Check(arguments) => check(arguments),
        RulesCommand::Test(arguments) => trial::test(arguments),
    }
}

/// Where the configuration has rules of one's own.
pub(super) fn shelf(config: &Config) -> Shelf {
    let place = |path: &PathBuf, only_sigma, expected| Place { path: path.clone(), only_sigma, expected };
    let beside = config.rules_beside.iter().map(|path| place(path, false, false));
    let named = config.rules.iter().map(|path| place(path, false, true));
    let places = beside.chain(named).chain(config.sigma.iter().map(|path| place(path, true, true))).collect();
    let plain = |exception: &Exception| exception.rule.clone().filter(|rule| !rule.contains('*'));
    Shelf::new(places)
        .rating(config.sigma_critical)
        .wanting(config.file.clone(), config.exceptions.iter().filter_map(plain).collect())
}

/// How what happened is judged: anew, where rules are named on the command line. What is wrong with rules is said on
/// stderr, and takes away no others.
pub(super) fn judged<'a>(config: &'a Config, own: &OwnRules) -> Judged<'a> {
    let mut shelf = shelf(config);
    shelf.look();
    let rules = shelf.rules();
    blame(&rules);
    Judged { exceptions: &config.exceptions, rules: Arc::new(rules), anew: own.named(), ..Judged::default() }
}

/// The rules of some files and directories.
fn named(files: &[PathBuf]) -> Result<RuleSet, Failure> {
    let own = OwnRules { rules: files.to_vec(), sigma: Vec::new() };
    let mut config = Config::default();
    own.lay_over(&mut config)?;
    let mut shelf = shelf(&config);
    shelf.look();
    Ok(shelf.rules())
}

/// Says what is wrong, each with the line that it stands in.
fn blame(rules: &RuleSet) {
    for broken in rules.broken() {
        let text = fs::read_to_string(&broken.file).unwrap_or_default();
        let said = broken.fault.pointed(&broken.file, &text);
        for line in said.lines() {
            eprintln!("{}", shown(line).as_str());
        }
    }
}

/// A failure where something is wrong, which was said.
fn faultless(rules: &RuleSet) -> Result<(), Failure> {
    match rules.broken().len() {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Failed, "one rule is wrong: its file, line and column stand above")),
        many => Err(Failure::new(
            Exit::Failed,
            format!("{many} rules are wrong: their files, lines and columns stand above"),
        )),
    }
}

fn check(arguments: &CheckArguments) -> Result<(), Failure> {
    let rules = named(&arguments.files)?;
    blame(&rules);
    faultless(&rules)?;
    let unmapped = match rules.unmapped().len() {
        0 => String::new(),
        many => format!("; {many} that are right ask for what is not told here: see `ktrace-tui rules list`"),
    };
    let counts = rules.summary().unwrap_or_else(|| "no rules".to_owned());
    super::print::print(format!("{counts}, nothing wrong{unmapped}\n").as_bytes())
}
