//! `replay`: a recording on the screen.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::arguments::{LookArguments, ReplayArguments, loaded, places};
use super::rules::judged;
use super::{Exit, Failure, baseline, live, reading};
use crate::app::{Settings, when};
use crate::baseline::{Acceptance, Baseline};
use crate::config;
use crate::model::Time;
use crate::runtime::screen::{ScreenOptions, run_screen, terminal_wanted};
use crate::store::{Moment, Outline, Tape};

/// Shows a recording until the user leaves. Needs no rights but to read it.
pub(super) fn replay(arguments: &ReplayArguments) -> Result<(), Failure> {
    terminal_wanted("findings FILE")?;
    let config = loaded(arguments.config.as_ref(), &arguments.own)?;
    let mut tape = reading::open_tape(&arguments.file, &judged(&config, &arguments.own))?;
    let mut normal = None;
    if let (Some(baseline), Some(file)) = (arguments.compare.load()?, &arguments.compare.baseline) {
        let compared = baseline::compared(tape, Arc::clone(&baseline))?;
        tape = compared.0;
        normal = Some(Normal { baseline, acceptable: compared.1, file });
    }
    let (look, config) = (&arguments.look, arguments.config.as_deref());
    show(
        Show { look, config, walkthrough: arguments.walkthrough, normal },
        tape,
        |outline, utc_offset| match &arguments.at {
            Some(text) => moment(text, outline, utc_offset),
            None => Ok(Moment::End),
        },
    )
}

/// How a tape is shown.
pub(super) struct Show<'a> {
    /// How it looks.
    pub(super) look: &'a LookArguments,
    /// The configuration file.
    pub(super) config: Option<&'a Path>,
    /// Whether its notes are told.
    pub(super) walkthrough: bool,
    /// What it is compared with.
    pub(super) normal: Option<Normal<'a>>,
}

/// What a tape was compared with.
pub(super) struct Normal<'a> {
    baseline: Arc<Baseline>,
    /// What of it can be accepted, by the numbers of findings.
    acceptable: BTreeMap<u64, Acceptance>,
    /// Where it is written.
    file: &'a Path,
}

/// Shows a tape until the user leaves, from the moment on that `begin` makes of what is on it and of the seconds that
/// local time is ahead of UTC.
pub(super) fn show(
    how: Show<'_>,
    mut tape: Box<dyn Tape>,
    begin: impl FnOnce(&Outline, i32) -> Result<Moment, Failure>,
) -> Result<(), Failure> {
    let mut config = config::load(how.config, &places())?;
    how.look.lay_over(&mut config);
    let options = live::options(&config, how.config)?;
    terminal_wanted("findings FILE")?;
    let begin = begin(tape.outline()?.as_ref(), options.settings.utc_offset)?;
    let mut settings = Settings { replay: true, begin, walkthrough: how.walkthrough, ..options.settings };
    let mut options = ScreenOptions { tape: Some(tape), settings: Settings::default(), ..options };
    if let Some(normal) = how.normal {
        (settings.baseline, settings.acceptable) = (Some(normal.baseline), normal.acceptable);
        options.learn_in = Some(normal.file.to_path_buf());
    }
    options.settings = settings;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("cannot start the runtime")?.block_on(run_screen(None, options))?)
}

/// `-5m` is before the end, and `+5m` after the start.
pub(super) fn moment(text: &str, outline: &Outline, utc_offset: i32) -> Result<Moment, Failure> {
    let times = outline.times().unwrap_or_default();
    let now: Time = if text.trim().starts_with('+') { times.0 } else { times.1 };
    let frame = when::Frame { now, times, numbers: outline.numbers(), utc_offset };
    when::parse(text, &frame).map_err(|why| Failure::new(Exit::Usage, format!("--at: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Span;

    #[test]
    fn a_moment_is_counted_from_the_end_that_its_sign_points_away_from() {
        const MINUTE: u64 = 60_000_000_000;
        let (from, to) = (Time(MINUTE), Time(61 * MINUTE));
        let outline =
            Outline { spans: vec![Span { first: 1, count: 9, from, to, memory: true }], ..Outline::default() };
        let at = |text| moment(text, &outline, 0).map_err(|failure| (failure.exit, failure.to_string()));
        assert_eq!(at("-5m").ok(), Some(Moment::Time(Time(56 * MINUTE))));
        assert_eq!(at("+5m").ok(), Some(Moment::Time(Time(6 * MINUTE))));
        assert_eq!(at("#9").ok(), Some(Moment::Number(9)));
        let (exit, says) = at("#10").expect_err("there are nine");
        assert_eq!((exit, says.as_str()), (Exit::Usage, "--at: no event has the number 10: they go from 1 to 9"));
    }
}
