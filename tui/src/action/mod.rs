//! What a key does: one action per file, and the table that joins keys to actions as data.

use crate::app::{Aim, App, Effect, HelpLine, NotesKey};

mod accept;
mod back;
mod cancel;
mod columns;
mod contain_continue;
mod contain_freeze;
mod contain_kill;
mod contain_stop;
mod contain_thaw;
mod containing;
mod copy_address;
mod copy_command;
mod copy_container;
mod copy_exe;
mod copy_finding;
mod copy_image;
mod copy_lineage;
mod copy_pid;
mod detail;
mod down;
mod events;
mod export_html;
mod export_json;
mod export_markdown;
mod export_picture;
mod faster;
mod filter;
mod finding_back;
mod finding_on;
mod first;
mod follow;
mod go_finding;
mod go_finding_back;
mod go_group;
mod go_other_end;
mod go_parent;
mod go_parent_now;
mod go_pid;
mod help;
mod incidents;
mod jump;
mod key;
mod keymap;
mod last;
mod left;
mod mark;
mod mute;
mod next_match;
mod next_panel;
mod note;
mod notes;
mod now;
mod open;
mod page_down;
mod page_up;
mod palette;
mod pause;
mod previous_match;
mod previous_panel;
mod quit;
mod repaint;
mod reverse;
mod right;
mod save;
mod search;
mod slower;
mod sort;
mod stage_back;
mod stage_on;
mod suspend;
mod tab_back;
mod tab_on;
mod themes;
mod time_back;
mod time_on;
mod timeline;
mod to_incident;
mod toggle;
mod up;
mod view_audit;
mod view_containers;
mod view_events;
mod view_incidents;
mod view_network;
mod view_time;
mod view_tree;
mod walk;

#[cfg(test)]
mod tests;

pub use key::{BadKey, Code, Key};
pub use keymap::{BadBinding, Keymap, Keys, Meaning};

/// Something that the user can do.
#[derive(Debug)]
pub struct Action {
    /// Its name, as a config file calls it.
    pub name: &'static str,
    /// The keys that it has by default.
    pub keys: &'static [&'static str],
    /// What it does, for the help.
    pub does: &'static str,
    /// True when it begins a new block of the help.
    pub block: bool,
    /// Does it.
    pub run: fn(&mut App) -> Option<Effect>,
}

/// Every action, in the order of the help.
pub const ALL: &[&Action] = &[
    &view_tree::ACTION,
    &view_incidents::ACTION,
    &view_network::ACTION,
    &view_containers::ACTION,
    &view_events::ACTION,
    &view_time::ACTION,
    &view_audit::ACTION,
    &back::ACTION,
    &palette::ACTION,
    &up::ACTION,
    &down::ACTION,
    &page_up::ACTION,
    &page_down::ACTION,
    &first::ACTION,
    &last::ACTION,
    &left::ACTION,
    &right::ACTION,
    &toggle::ACTION,
    &open::ACTION,
    &follow::ACTION,
    &pause::ACTION,
    &search::ACTION,
    &next_match::ACTION,
    &previous_match::ACTION,
    &filter::ACTION,
    &next_panel::ACTION,
    &previous_panel::ACTION,
    &detail::ACTION,
    &tab_back::ACTION,
    &tab_on::ACTION,
    &sort::ACTION,
    &reverse::ACTION,
    &columns::ACTION,
    &events::ACTION,
    &incidents::ACTION,
    &to_incident::ACTION,
    &mute::ACTION,
    &accept::ACTION,
    &go_parent::ACTION,
    &go_parent_now::ACTION,
    &go_other_end::ACTION,
    &go_group::ACTION,
    &go_finding::ACTION,
    &go_finding_back::ACTION,
    &go_pid::ACTION,
    &time_back::ACTION,
    &time_on::ACTION,
    &finding_back::ACTION,
    &finding_on::ACTION,
    &stage_back::ACTION,
    &stage_on::ACTION,
    &slower::ACTION,
    &faster::ACTION,
    &jump::ACTION,
    &now::ACTION,
    &timeline::ACTION,
    &copy_command::ACTION,
    &copy_exe::ACTION,
    &copy_pid::ACTION,
    &copy_container::ACTION,
    &copy_image::ACTION,
    &copy_address::ACTION,
    &copy_lineage::ACTION,
    &copy_finding::ACTION,
    &export_markdown::ACTION,
    &export_html::ACTION,
    &export_json::ACTION,
    &export_picture::ACTION,
    &save::ACTION,
    &mark::ACTION,
    &note::ACTION,
    &notes::ACTION,
    &walk::ACTION,
    &contain_stop::ACTION,
    &contain_continue::ACTION,
    &contain_kill::ACTION,
    &contain_freeze::ACTION,
    &contain_thaw::ACTION,
    &cancel::ACTION,
    &themes::ACTION,
    &help::ACTION,
    &repaint::ACTION,
    &suspend::ACTION,
    &quit::ACTION,
];

/// An action by its name.
pub fn by_name(name: &str) -> Option<&'static Action> {
    ALL.iter().find(|action| action.name == name).copied()
}

/// The help: every action with the keys that it has in `keymap`.
pub fn help(keymap: &Keymap) -> Vec<HelpLine> {
    let line = |action: &&Action| {
        let keys: Vec<String> = keymap.keys_of(action).map(ToString::to_string).collect();
        HelpLine { name: action.name, keys: keys.join("  "), does: action.does, block: action.block }
    };
    ALL.iter().map(line).collect()
}

/// A key was pressed: into the line that is typed while one is open, otherwise whatever the key is bound to.
pub fn press(keymap: &Keymap, app: &mut App, key: Key) -> Option<Effect> {
    app.touch();
    if app.prompt.is_some() {
        return prompt_key(app, key);
    }
    if app.containing.is_some() {
        return containing::press(app, key);
    }
    if app.muting.is_some() {
        return reason_key(app, key);
    }
    if app.accepting.is_some() {
        return accept_key(app, key);
    }
    if app.palette.is_some() {
        return palette_key(app, key);
    }
    if app.typing() && type_key(app, key) {
        return None;
    }
    if app.help.is_none() {
        let taken = app.notes_cursor.is_some() && notes_key(app, key) || app.caption().is_some() && walk_key(app, key);
        if taken {
            return None;
        }
    }
    let mut pressed = app.take_chord().and_then(|begun| keys_of(&begun)).unwrap_or_default();
    pressed.push(key);
    match keymap.meaning(&pressed) {
        Meaning::Does(action) => run(action, app),
        Meaning::Begins(next) => {
            let next = next.into_iter().map(|(key, action)| (key, action.does)).collect();
            app.begin_chord(Keys::of(pressed).to_string(), next);
            None
        }
        // Esc leaves what was begun, and nothing else.
        Meaning::Nothing if pressed.len() > 1 && key.code == Code::Esc => None,
        Meaning::Nothing => {
            let help = app.with_keys("[help] lists the keys");
            app.tell(format!("{} does nothing; {help}", Keys::of(pressed)));
            None
        }
    }
}

fn keys_of(text: &str) -> Option<Vec<Key>> {
    text.split_whitespace().map(|key| key.parse().ok()).collect()
}

/// Does something, as if its key was pressed.
pub fn run(action: &Action, app: &mut App) -> Option<Effect> {
    let closes_help = ["help", "cancel", "quit", "suspend", "repaint"];
    let scrolls = ["up", "down", "page-up", "page-down", "first", "last"];
    // Under the help nothing is seen to happen: any other key closes it first.
    if app.help.is_some() && !closes_help.contains(&action.name) && !scrolls.contains(&action.name) {
        app.toggle_help();
    }
    (action.run)(app)
}

/// Keys of the line in which an exception is given its reason.
fn reason_key(app: &mut App, key: Key) -> Option<Effect> {
    match key {
        Key { code: Code::Char(c), ctrl: false, alt: false } => app.type_reason(Some(c.encode_utf8(&mut [0; 4]))),
        Key { code: Code::Backspace, .. } => app.type_reason(None),
        Key { code: Code::Tab, .. } => app.next_reach(),
        Key { code: Code::Esc, .. } | Key { code: Code::Char('c'), ctrl: true, .. } => app.cancel_muting(),
        Key { code: Code::Enter, .. } => return app.accept_muting(),
        _ => {}
    }
    None
}

/// Keys of the line in which something is accepted.
fn accept_key(app: &mut App, key: Key) -> Option<Effect> {
    match key {
        Key { code: Code::Tab, .. } => app.next_acceptance(),
        Key { code: Code::Esc, .. } | Key { code: Code::Char('c'), ctrl: true, .. } => app.cancel_accepting(),
        Key { code: Code::Enter, .. } => return app.accept(),
        _ => {}
    }
    None
}

/// Keys of the palette.
fn palette_key(app: &mut App, key: Key) -> Option<Effect> {
    match key {
        Key { code: Code::Char('u'), ctrl: true, .. } => app.clear_palette(),
        Key { code: Code::Char('c'), ctrl: true, .. } | Key { code: Code::Esc, .. } => app.close_palette(),
        Key { code: Code::Char('n'), ctrl: true, .. } | Key { code: Code::Down | Code::Tab, .. } => app.step_palette(1),
        Key { code: Code::Char('p'), ctrl: true, .. } | Key { code: Code::Up | Code::BackTab, .. } => {
            app.step_palette(-1);
        }
        Key { code: Code::PageDown, .. } => app.step_palette(10),
        Key { code: Code::PageUp, .. } => app.step_palette(-10),
        Key { code: Code::Backspace, .. } => app.type_palette(None),
        Key { code: Code::Char(c), ctrl: false, alt: false } => app.type_palette(Some(c.encode_utf8(&mut [0; 4]))),
        Key { code: Code::Enter, .. } => {
            return match app.accept_palette()? {
                Aim::Action(name) => by_name(name).and_then(|action| run(action, app)),
                Aim::Theme(name) => Some(Effect::Theme(name)),
                Aim::Process(_) | Aim::Group(_) | Aim::Incident(_) | Aim::Column(_) => None,
            };
        }
        _ => {}
    }
    None
}

/// Keys of a line that is typed.
fn prompt_key(app: &mut App, key: Key) -> Option<Effect> {
    match key {
        Key { code: Code::Char('u'), ctrl: true, .. } => app.clear_prompt(),
        Key { code: Code::Char(c), ctrl: false, alt: false } => app.type_prompt(Some(c.encode_utf8(&mut [0; 4]))),
        Key { code: Code::Backspace, .. } => app.type_prompt(None),
        Key { code: Code::Esc, .. } | Key { code: Code::Char('c'), ctrl: true, .. } => app.cancel_prompt(),
        Key { code: Code::Enter, .. } => return app.accept_prompt(),
        _ => {}
    }
    None
}

/// Keys of the list of notes; false for those that do what they always do.
fn notes_key(app: &mut App, key: Key) -> bool {
    let key = match key {
        Key { ctrl: true, .. } | Key { alt: true, .. } => return false,
        Key { code: Code::Up | Code::Char('k'), .. } => NotesKey::Move(-1),
        Key { code: Code::Down | Code::Char('j'), .. } => NotesKey::Move(1),
        Key { code: Code::Enter, .. } => NotesKey::Go,
        Key { code: Code::Char('e'), .. } => NotesKey::Edit,
        Key { code: Code::Char('x') | Code::Delete, .. } => NotesKey::Delete,
        Key { code: Code::Esc | Code::Char('o' | 'q'), .. } => NotesKey::Close,
        _ => return false,
    };
    app.press_notes(key);
    true
}

/// Keys of the walkthrough; false for those that do what they always do.
fn walk_key(app: &mut App, key: Key) -> bool {
    match key {
        Key { ctrl: true, .. } | Key { alt: true, .. } => return false,
        Key { code: Code::Char('n' | ' '), .. } => app.walk_on(false),
        Key { code: Code::Char('b') | Code::Backspace, .. } => app.walk_on(true),
        Key { code: Code::Esc, .. } => app.end_walk(),
        _ => return false,
    }
    true
}

/// Keys of the line of the search and of the filter; false for those that do what they always do.
fn type_key(app: &mut App, key: Key) -> bool {
    match key {
        Key { code: Code::Char(c), ctrl: false, alt: false } => app.type_line(c.encode_utf8(&mut [0; 4])),
        Key { code: Code::Char('u'), ctrl: true, .. } => app.clear_line(),
        Key { code: Code::Backspace, .. } => app.erase_line(),
        Key { code: Code::Enter, .. } => app.accept_line(),
        Key { code: Code::Esc, .. } => app.end_line(),
        Key { code: Code::Tab, .. } => app.complete_line(false),
        Key { code: Code::BackTab, .. } => app.complete_line(true),
        Key { code: Code::Up, .. } => app.recall_line(true),
        Key { code: Code::Down, .. } => app.recall_line(false),
        Key { code: Code::Char('n'), ctrl: true, .. } if app.search.typing => app.next_match(false),
        Key { code: Code::Char('p'), ctrl: true, .. } if app.search.typing => app.next_match(true),
        Key { ctrl: true, .. } => return false,
        _ => {}
    }
    true
}
