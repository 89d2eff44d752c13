//! The tab that says why something was found of a process, or why not.

use super::super::sheet::Sheet;
use super::super::words::clock;
use crate::app::App;
use crate::model::Process;

/// Writes the tab.
pub(super) fn fill(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let numbers: Vec<u64> = app.findings_of(process.id).iter().map(|finding| finding.number).collect();
    for number in &numbers {
        super::finding(sheet, *number, app);
    }
    if numbers.is_empty() {
        sheet.line(&[("nothing was found of it", sheet.theme.dim)]);
        if let Some(mark) = app.alarms().mark(process.id) {
            let text = format!("it lies between what was found of incident i{}", mark.alarm);
            sheet.line(&[(&text, sheet.theme.dim)]);
        }
    }
    chains(sheet, process, app);
}

/// Why something was found of it, or why not: the parts of each chain that are there, and those that are missing.
fn chains(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    for chain in app.chains(process) {
        let whole = chain.parts.iter().all(|part| part.seen.is_some());
        let there = chain.parts.iter().filter(|part| part.seen.is_some()).count();
        let title = crate::detect::rule(chain.rule).map_or(chain.rule, |rule| rule.title.as_str());
        sheet.heading(&format!("{title}: {there} of {} parts", chain.parts.len()));
        for part in &chain.parts {
            match &part.seen {
                Some(fact) => {
                    let time = format!("{}  ", clock(fact.time, app.settings().utc_offset));
                    let style = if whole { theme.bad } else { theme.warn };
                    sheet.line(&[("✓ ", style), (&time, theme.faint), (&part.label, theme.text)]);
                    sheet.fact("", &fact.text, theme.dim);
                }
                None => sheet.line(&[("· ", theme.faint), (&part.label, theme.dim), (": not seen", theme.faint)]),
            }
        }
    }
}
