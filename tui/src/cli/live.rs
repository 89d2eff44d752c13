//! The live screen.

use std::collections::HashMap;
use std::path::Path;

use rustix::thread::CapabilitySet;

use super::arguments::{ScreenArguments, places};
use super::{Failure, actions, record, sources};
use crate::app::Settings;
use crate::config::{self, AUTO, Config};
use crate::identity::Users;
use crate::runtime::colours;
use crate::runtime::look::Look;
use crate::runtime::screen::{Batches, ScreenOptions, run_screen, terminal_wanted};
use crate::source::host::Host;
use crate::source::live::OwnFiles;
use crate::theme::{self, Loaded, Theme};

const COMMAND: &str = "ktrace-tui";

/// Shows this node until the user leaves. What can be refused is refused before a probe is in the kernel.
pub(super) fn live(arguments: &ScreenArguments) -> Result<(), Failure> {
    let config = arguments.config()?;
    let mut options = options(&config, arguments.source.config.as_deref())?;
    if arguments.actions.allow_actions {
        let Settings { author, users, .. } = &options.settings;
        options.settings.allowed = Some(actions::allowed(author, users));
    }
    options.settings.baseline = arguments.compare.load()?;
    options.learn_in.clone_from(&arguments.compare.baseline);
    terminal_wanted("watch")?;
    // To signal processes of others.
    let also = if arguments.actions.allow_actions { CapabilitySet::KILL } else { CapabilitySet::empty() };
    let permit = sources::permitted(COMMAND, also)?;
    let recorder = record::recorder(&arguments.recording, None, config.history_size)?;
    let records = arguments.recording.record.iter().cloned().collect();
    let own = OwnFiles { records, settings: arguments.compare.baseline.iter().cloned().collect() };
    sources::drive(&config, COMMAND, permit, own, async |node| {
        let options = ScreenOptions {
            attention: Some(node.attention),
            rules: Some(node.rules),
            recorder: Some(recorder),
            ..options
        };
        Ok(run_screen(Some(Batches::Seen(node.events)), options).await?)
    })
}

/// How the screen is to be.
pub(super) fn options(config: &Config, file: Option<&Path>) -> Result<ScreenOptions, Failure> {
    let loaded = named(&config.theme)?;
    let users = Users::load(Host::here().root()).names();
    let settings = Settings {
        linger: u64::try_from(config.fade_after.as_nanos()).unwrap_or(u64::MAX),
        utc_offset: chrono::Local::now().offset().local_minus_utc(),
        notice: loaded.as_ref().and_then(|loaded| notice(&loaded.warnings)),
        exceptions: config.exceptions.clone(),
        author: author(&users),
        users,
        themes: theme::names(places().themes().as_deref()),
        ..Settings::default()
    };
    // Whoever named a theme, or a number of colours, wants them in spite of NO_COLOR.
    let none_wanted = config.colours.is_none() && colours::refused();
    let theme = loaded.map(|loaded| loaded.theme).or_else(|| none_wanted.then(Theme::mono));
    Ok(ScreenOptions {
        settings,
        look: Look {
            theme,
            themes: places().themes(),
            depth: config.colours.unwrap_or_else(colours::depth),
            ascii: config.ascii.unwrap_or_else(colours::ascii_only),
        },
        frame_rate: config.frame_rate,
        mouse: config.mouse,
        keymap: config.keymap.clone(),
        keep_in: config::in_use(file, &places()),
        ..ScreenOptions::default()
    })
}

/// Who sits in front of it: whoever became root is more than root.
fn author(users: &HashMap<u32, String>) -> String {
    let mut names = ["SUDO_USER", "USER"].iter().filter_map(|name| std::env::var(name).ok());
    let uid = rustix::process::getuid().as_raw();
    names.find(|name| !name.is_empty()).or_else(|| users.get(&uid).cloned()).unwrap_or_else(|| uid.to_string())
}

/// `None` to look at the terminal.
fn named(name: &str) -> Result<Option<Loaded>, Failure> {
    if name == AUTO {
        return Ok(None);
    }
    Ok(Some(Theme::load(name, places().themes().as_deref())?))
}

/// The first thing that was wrong with a theme, and how many more there are.
fn notice(warnings: &[String]) -> Option<String> {
    let (first, more) = warnings.split_first()?;
    Some(if more.is_empty() { first.clone() } else { format!("{first} (and {} more)", more.len()) })
}
