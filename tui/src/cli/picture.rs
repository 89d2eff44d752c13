//! `picture`: a view of a recording as a file, without a terminal.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::arguments::{PictureArguments, PictureFormat, places};
use super::reading::Judged;
use super::{Exit, Failure, demo, reading, replay, report};
use crate::app::Settings;
use crate::config::{self, AUTO};
use crate::runtime::stage::{Setting, Stage};
use crate::store::{Moment, Tape};
use crate::theme::{self, Theme};

mod steps;

use steps::Step;

/// How long it takes to type a character, in a cast.
const TYPED: Duration = Duration::from_millis(90);

/// Shows a recording to nobody, presses keys, and writes what is there to see.
pub(super) fn picture(arguments: &PictureArguments) -> Result<(), Failure> {
    let steps = steps(arguments)?;
    if let (Some(file), Some(out)) = (&arguments.file, &arguments.out) {
        report::not_itself(file, out)?;
    }
    // What is bundled is here while the folder is.
    let (tape, _folder) = match &arguments.file {
        Some(file) => (reading::open_tape(file, &Judged::default())?, None),
        None => demo::bundled().map(|(tape, folder)| (tape, Some(folder)))?,
    };
    let mut stage = open(arguments, tape)?;
    if let Some(view) = arguments.view {
        stage.show(view.view());
    }
    let text = match arguments.format {
        PictureFormat::Svg => {
            perform(&mut stage, &steps, &mut |_| {});
            stage.svg()
        }
        PictureFormat::Cast => {
            let mut cast = stage.cast();
            perform(&mut stage, &steps, &mut |stage| {
                cast.show(stage.passed(), stage.frame());
            });
            cast.finish(stage.passed())
        }
        PictureFormat::Film => {
            let mut film = stage.film();
            perform(&mut stage, &steps, &mut |stage| film.show(stage.passed(), stage.frame()));
            film.finish(stage.passed())
        }
    };
    match arguments.out.as_deref().filter(|out| *out != Path::new("-")) {
        Some(out) => report::keep(out, text.as_bytes()).with_context(|| format!("cannot write {}", out.display()))?,
        None => report::print(text.as_bytes())?,
    }
    Ok(())
}

/// What is done on the screen before the picture is there.
fn steps(arguments: &PictureArguments) -> Result<Vec<Step>, Failure> {
    let wrong = |why: String| Failure::new(Exit::Usage, why);
    if let Some(file) = &arguments.tape {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        return steps::read(&text).map_err(|why| wrong(format!("{}, {why}", file.display())));
    }
    let keys = arguments.keys.as_deref().unwrap_or_default();
    steps::keys(keys).map_err(|why| wrong(format!("--keys: {why}")))
}

/// The screen as the arguments and the configuration want it, with nothing on it of the machine that it is made on: no
/// clock, no names of its users.
fn open(arguments: &PictureArguments, mut tape: Box<dyn Tape>) -> Result<Stage, Failure> {
    let config = config::load(arguments.config.as_deref(), &places())?;
    let themes = places().themes();
    let theme = match arguments.look.theme.as_deref().unwrap_or(&config.theme) {
        AUTO => Theme::dark(),
        name => Theme::load(name, themes.as_deref())?.theme,
    };
    let local = || chrono::Local::now().offset().local_minus_utc();
    let utc_offset = if arguments.utc { 0 } else { local() };
    let begin = match &arguments.at {
        Some(text) => replay::moment(text, tape.outline()?.as_ref(), utc_offset)?,
        None => Moment::End,
    };
    let settings = Settings {
        linger: u64::try_from(config.fade_after.as_nanos()).unwrap_or(u64::MAX),
        users: HashMap::from([(0, "root".to_owned())]),
        utc_offset,
        exceptions: config.exceptions,
        begin,
        walkthrough: arguments.walkthrough,
        themes: theme::names(themes.as_deref()),
        ..Settings::default()
    };
    let ascii = arguments.look.ascii || config.ascii == Some(true);
    let size = arguments.size;
    let setting = Setting { settings, keymap: config.keymap, theme, themes, ascii, size };
    Ok(Stage::open(setting, tape)?)
}

/// Does one step after the other; `look` sees the screen after each, and whenever it changes meanwhile.
fn perform(stage: &mut Stage, steps: &[Step], look: &mut dyn FnMut(&Stage)) {
    for step in steps {
        match step {
            Step::Key(key) => stage.press(*key),
            Step::Type(keys) => {
                for key in keys {
                    stage.press(*key);
                    look(stage);
                    stage.wait(TYPED, look);
                }
            }
            Step::Wait(time) => stage.wait(*time, look),
        }
        look(stage);
    }
}
