//! Which columns of the tree and of the tables are shown.

use std::collections::BTreeSet;

use super::palette::{Aim, Goal};
use super::{App, View};

/// Columns that the user does not want, by their view and the word at their head.
#[derive(Clone, Debug, Default)]
pub struct HiddenColumns(BTreeSet<(&'static str, &'static str)>);

impl HiddenColumns {
    /// True for a column that is not wanted in a view.
    pub fn has(&self, view: View, column: &str) -> bool {
        self.0.iter().any(|(of, name)| *of == view.name() && *name == column)
    }

    fn toggle(&mut self, view: View, column: &'static str) {
        if !self.0.remove(&(view.name(), column)) {
            self.0.insert((view.name(), column));
        }
    }
}

/// The columns that can be done without, by the words at their heads.
fn columns(view: View) -> &'static [&'static str] {
    match view {
        View::Tree => &["PID", "USER", "AGE", "CONNECTIONS / END"],
        View::Network => &["RISK", "OPEN", "SENT", "BACK", "LAST", "PROCESS"],
        View::Containers => &["RISK", "ALIVE", "CONNS", "EV/S", "ACTIVITY", "SEEN", "IMAGE"],
        View::Audit => &["RISK", "SAID BY", "WHY"],
        View::Incidents | View::Events | View::Time => &[],
    }
}

impl App {
    /// Offers the columns of the view.
    pub fn start_columns(&mut self) {
        let goals = self.column_goals();
        if goals.is_empty() {
            return self
                .hint("columns are for the tree and the tables: [view-tree], [view-network], [view-containers]");
        }
        self.offer("Columns", goals);
    }

    fn column_goals(&self) -> Vec<Goal> {
        let goal = |column: &&'static str| Goal {
            aim: Aim::Column(column),
            sort: "column",
            text: (*column).to_owned(),
            note: if self.hidden.has(self.view, column) { "hidden" } else { "shown" }.to_owned(),
        };
        columns(self.view).iter().map(goal).collect()
    }

    /// Shows or hides a column, and goes on offering them.
    pub(super) fn toggle_column(&mut self, column: &'static str) {
        self.hidden.toggle(self.view, column);
        self.start_columns();
        let at = columns(self.view).iter().position(|name| *name == column).unwrap_or(0);
        self.step_palette(i64::try_from(at).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use crate::app::scene::{Scene, settings};
    use crate::app::{App, Columns, Message, View};

    #[test]
    fn a_column_is_hidden_where_it_was_hidden_and_its_room_is_given_to_the_rest() {
        let mut app = App::new(settings(), 100, 30);
        app.update(Message::Batch(std::mem::take(&mut Scene::node().events)));
        let wide = Columns::new(100, |_| false).command.1;
        app.start_columns();
        app.step_palette(1);
        assert!(app.accept_palette().is_none());
        assert!(app.palette.is_some(), "the next can be chosen at once");
        assert!(app.hidden.has(View::Tree, "USER") && !app.hidden.has(View::Containers, "USER"));
        let columns = Columns::new(100, |name| app.hidden.has(View::Tree, name));
        assert_eq!((columns.user.1, columns.command.1), (0, wide + 9));
        app.accept_palette();
        assert!(!app.hidden.has(View::Tree, "USER"), "and shown again");
    }
}
