//! Muting: what was found of a stage is said to be innocent, here, because of something.

#[cfg(test)]
mod tests;

use super::App;
use super::incidents::AlarmLine;
use super::node::NodeKey;
use super::update::Effect;
use crate::detect::Exception;
use crate::model::{GroupKey, ProcessId};

/// An exception in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Muting {
    /// How far it may reach, nearest first: the exception without its reason.
    reaches: Vec<Exception>,
    chosen: usize,
    /// The reason, as far as it was typed.
    pub because: String,
}

impl Muting {
    /// What would be muted, in words.
    pub fn says(&self) -> String {
        let Some(exception) = self.reaches.get(self.chosen) else { return String::new() };
        let rule = exception.rule.as_deref().unwrap_or("everything");
        let places =
            [("of program", &exception.exe), ("in container", &exception.container), ("in image", &exception.image)];
        let places = places.iter().filter_map(|(word, value)| Some(format!(" {word} {}", value.as_ref()?)));
        format!("{rule}{}", places.collect::<String>())
    }
}

impl App {
    /// Opens the line in which the reason is typed, for what is marked.
    pub fn start_muting(&mut self) {
        let process = match self.alarm_lines().get(self.alarm_cursor) {
            Some(AlarmLine::Stage(_, stage)) if self.focus == super::Panel::Incidents => Some(stage.process),
            _ => match self.selected {
                Some(NodeKey::Process(id)) => Some(id),
                _ => None,
            },
        };
        let reaches = process.map(|id| self.reaches(id)).unwrap_or_default();
        if reaches.is_empty() {
            return self.tell("nothing was found of what is selected");
        }
        self.muting = Some(Muting { reaches, chosen: 0, because: String::new() });
        self.dirty = true;
    }

    /// The exceptions that would mute what was found of a process.
    fn reaches(&self, id: ProcessId) -> Vec<Exception> {
        let Some(process) = self.model().process(id) else { return Vec::new() };
        let rules = self.detector().findings().filter(|it| it.process == id && it.muted.is_none());
        let exe = process.image().map(|image| image.exe.lossless()).filter(|exe| !exe.is_empty());
        let container = match &process.group {
            GroupKey::Container(container) => Some(container.to_string()),
            _ => None,
        };
        let told = self.model().group(&process.group).and_then(|group| group.container.as_ref());
        let image = told.and_then(|container| container.news.image.clone());
        let mut reaches = Vec::new();
        for rule in rules.map(|finding| finding.rule.id.clone()) {
            let of = |exe: &Option<String>, container: &Option<String>, image: &Option<String>| Exception {
                rule: Some(rule.clone()),
                exe: exe.clone(),
                container: container.clone(),
                image: image.clone(),
                ..Exception::default()
            };
            for reach in [of(&exe, &container, &None), of(&exe, &None, &image), of(&exe, &None, &None)] {
                if !reaches.contains(&reach) {
                    reaches.push(reach);
                }
            }
        }
        reaches
    }

    /// Goes to the next reach.
    pub fn next_reach(&mut self) {
        if let Some(muting) = &mut self.muting {
            muting.chosen = (muting.chosen + 1) % muting.reaches.len().max(1);
            self.dirty = true;
        }
    }

    /// Adds what was typed to the reason, or takes its last character back.
    pub fn type_reason(&mut self, text: Option<&str>) {
        let Some(muting) = &mut self.muting else { return };
        match text {
            Some(text) => muting.because.extend(text.chars().filter(|c| !c.is_control()).take(200)),
            None => {
                muting.because.pop();
            }
        }
        self.dirty = true;
    }

    /// Takes the exception: it mutes what was found so far, too, and is kept in the configuration file.
    pub fn accept_muting(&mut self) -> Option<Effect> {
        let muting = self.muting.take()?;
        self.dirty = true;
        if muting.because.trim().is_empty() {
            self.tell("not muted: say why, for whoever looks at it later");
            self.muting = Some(muting);
            return None;
        }
        let mut exception = muting.reaches.get(muting.chosen)?.clone();
        muting.because.trim().clone_into(&mut exception.because);
        let muted = self.except(exception.clone());
        self.tell(format!("muted {muted}"));
        Some(Effect::Keep(exception.to_toml()))
    }

    /// Leaves things as they are.
    pub fn cancel_muting(&mut self) {
        self.muting = None;
        self.dirty = true;
    }
}
