//! From a process to those that it has to do with.

use super::palette::Goal;
use super::prompt::Asks;
use super::{AlarmLine, App, NodeKey, View};
use crate::model::{Link, Process, ProcessId};

impl App {
    /// The process that keys are about: the one of the marked stage, event or connection, or the selected one.
    pub fn subject(&self) -> Option<ProcessId> {
        match self.view {
            View::Incidents => {
                let alarm = self.marked_alarm()?;
                Some(alarm.stages.get(self.marked_stage())?.process)
            }
            View::Events => {
                let stream = self.events();
                let number = self.look.cursor.or(stream.end().checked_sub(1))?;
                super::process_of(stream.get(number)?)
            }
            View::Time => self.tables.moments.marked()?.process,
            View::Tree | View::Network | View::Containers | View::Audit => match self.selected {
                Some(NodeKey::Process(id)) => Some(id),
                _ => None,
            },
        }
    }

    fn subject_process(&mut self) -> Option<Process> {
        let process = self.subject().and_then(|id| self.model().process(id)).cloned();
        if process.is_none() {
            self.tell("this is about a process: mark one first");
        }
        process
    }

    /// Goes to a process from another one; [`App::back`] comes back.
    pub(super) fn jump_to(&mut self, id: ProcessId) {
        if self.model().process(id).is_none() {
            return self.tell(format!("process {} ended, and is no longer kept", id.pid));
        }
        self.drill(View::Tree);
        self.visit(id);
    }

    /// Goes to the process that made this one.
    pub fn to_parent(&mut self) {
        let Some(process) = self.subject_process() else { return };
        match process.birth_parent.filter(|id| id.pid != 0) {
            Some(parent) => self.jump_to(parent),
            None => self.tell(format!("nobody is known who made {}", process.id.pid)),
        }
    }

    /// Goes to the process that is the parent of this one now.
    pub fn to_present_parent(&mut self) {
        let Some(process) = self.subject_process() else { return };
        match process.parent.filter(|id| id.pid != 0) {
            Some(parent) if process.parent == process.birth_parent => {
                self.jump_to(parent);
                self.tell("its parent is still the one that made it");
            }
            Some(parent) => self.jump_to(parent),
            None => self.tell(format!("no parent of {} is known", process.id.pid)),
        }
    }

    /// Goes to the container, service or host that this process belongs to.
    pub fn to_group(&mut self) {
        let Some(process) = self.subject_process() else { return };
        let key = NodeKey::Group(process.group);
        self.drill(View::Tree);
        self.reveal(&key);
        self.refresh(true);
        self.select(key);
    }

    /// Goes to whoever is at the other end of a pipe, terminal, socket or connection of this process; where there are
    /// several, they are offered.
    pub fn to_other_end(&mut self) {
        let Some(process) = self.subject_process() else { return };
        let mut others: Vec<(Link, bool, ProcessId)> = self
            .model()
            .links(process.id)
            .filter(|(other, link, _)| other.id != process.id && !matches!(link, Link::Program | Link::File))
            .map(|(other, link, onward)| (link, onward, other.id))
            .collect();
        others.sort_unstable_by_key(|(link, onward, id)| (*link != Link::Connection, *link, !*onward, *id));
        let goals: Vec<Goal> = others
            .iter()
            .map(|(link, onward, id)| {
                let (to, from) = link.words();
                let how = if *onward { to } else { from };
                Goal::process(*id, format!("{how} {}", self.name_of_process(*id)), "")
            })
            .collect();
        match others.as_slice() {
            [] => self.tell(format!("nobody is known at another end of {}", process.id.pid)),
            [(_, _, id)] => self.jump_to(*id),
            _ => self.offer("Other ends", goals),
        }
    }

    /// Goes to the process of the next finding, in the order of incidents and stages, or of the one before.
    pub fn to_finding(&mut self, back: bool) {
        let lines = self.alarm_lines();
        let stages: Vec<(usize, ProcessId)> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| match line {
                AlarmLine::Stage(_, stage) => Some((at, stage.process)),
                AlarmLine::Alarm(_) => None,
            })
            .collect();
        if stages.is_empty() {
            return self.tell("nothing was found");
        }
        // From where the mark of the incidents stands, if that is where the user is.
        let here = self.subject();
        let at = stages.iter().position(|(line, id)| *line == self.alarm_cursor && Some(*id) == here);
        let at = at.or_else(|| stages.iter().position(|(_, id)| Some(*id) == here));
        let count = stages.len();
        let to = match (at, back) {
            (Some(at), false) => (at + 1) % count,
            (Some(at), true) => (at + count - 1) % count,
            (None, false) => 0,
            (None, true) => count - 1,
        };
        let (line, process) = stages[to];
        self.alarm_cursor = line;
        if self.view != View::Incidents {
            self.visit(process);
            self.alarm_cursor = line;
        }
        self.tell(format!("finding {} of {count}", to + 1));
    }

    /// Asks for a pid to go to.
    pub fn start_pid(&mut self) {
        self.ask(Asks::Pid, String::new());
    }

    pub(super) fn go_to_pid(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        let pid: u32 = text.parse().map_err(|_| format!("`{text}` is no pid: type a number"))?;
        let found = self.model().by_pid(pid).map(|process| process.id);
        // Of those that had it, the living one, or the last.
        let found = found.or_else(|| {
            let dead = self.model().processes().filter(|process| process.id.pid == pid);
            dead.max_by_key(|process| process.born).map(|process| process.id)
        });
        let id = found.ok_or_else(|| format!("no process with the pid {pid} is known at this moment"))?;
        self.jump_to(id);
        Ok(())
    }
}
