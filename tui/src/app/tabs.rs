//! The tabs of the detail.

use super::App;

/// What the detail tells of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What it runs, as whom, since when.
    #[default]
    Process,
    /// Whom it comes from, what it made, what it ran before.
    Lineage,
    /// Its connections, and who is at their other ends.
    Network,
    /// The files that it runs, holds and opened.
    Files,
    /// Namespaces, capabilities, ids.
    Rights,
    /// Why something was found of it, or why not.
    Why,
}

impl Tab {
    /// Every tab, in order.
    pub const ALL: [Tab; 6] = [Tab::Process, Tab::Lineage, Tab::Network, Tab::Files, Tab::Rights, Tab::Why];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Tab::Process => "Process",
            Tab::Lineage => "Lineage",
            Tab::Network => "Network",
            Tab::Files => "Files",
            Tab::Rights => "Rights",
            Tab::Why => "Why",
        }
    }
}

impl App {
    /// Shows the next tab of the detail, or with `back` the one before; opens the detail where it is closed.
    pub fn next_tab(&mut self, back: bool) {
        if self.layout().detail.is_none() {
            self.wants.detail = Some(true);
            self.after_layout();
            if self.layout().detail.is_none() {
                return self.hint("the detail belongs to the tree, the network and the containers: [view-tree], [view-network], [view-containers]");
            }
            if self.layout().detail_alone() {
                self.focus = super::Panel::Detail;
            }
        } else {
            let at = Tab::ALL.iter().position(|tab| *tab == self.tab).unwrap_or(0);
            let count = Tab::ALL.len();
            self.tab = Tab::ALL[(at + if back { count - 1 } else { 1 }) % count];
        }
        self.detail_top = 0;
        self.dirty = true;
    }
}
