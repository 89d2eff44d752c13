//! What is selected before anybody touched anything: the worst of what was found.

use super::App;
use crate::detect::Severity;

impl App {
    /// Somebody pressed something: from now on the selection is theirs.
    pub fn touch(&mut self) {
        self.glance = None;
    }

    /// Selects the process of the worst stage that was found, while nobody chose anything; again when something worse
    /// is found, and not for what can wait.
    pub(super) fn glance(&mut self) {
        let Some(before) = self.glance.filter(|_| !self.following) else { return };
        let Some(worst) = self.alarms().list.first() else { return };
        if worst.severity < Severity::High || before.is_some_and(|before| before >= worst.severity) {
            return;
        }
        let severity = worst.severity;
        let Some(stage) = worst.stages.iter().rev().max_by_key(|stage| stage.severity) else { return };
        let process = stage.process;
        if self.model().process(process).is_some() {
            self.glance = Some(Some(severity));
            self.point_at(process);
            self.show_amid();
        }
    }
}
