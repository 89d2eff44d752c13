//! What is made before a frame is drawn, and only where it is out of date.

use super::App;
use super::tree::{self, Tree};
use crate::model::ProcessId;

/// Which changes the tree was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    model: u64,
    folds: u64,
    /// Who is dead and selected: it stays for that.
    kept: Option<ProcessId>,
}

impl App {
    /// Brings the lines of the tree up to date. To be called before a frame is drawn.
    pub fn prepare(&mut self) {
        self.settle_alarms();
        self.refresh(true);
        self.hold_stream();
        let waits = !self.refresh_tables_in_time();
        self.tree_area = self.tree_place();
        self.dirty = waits;
    }

    /// Rebuilds the tree if folds, search or the selection of a dead process changed, and, when `all`, if the model did
    /// or a dead process is due; where nobody sees it, every second is enough for those.
    pub(super) fn refresh(&mut self, all: bool) {
        self.renew(all);
        // The new lines may have taken the selection elsewhere, or to a dead process.
        self.renew(all);
    }

    fn renew(&mut self, all: bool) {
        const UNSEEN: u64 = 1_000_000_000;
        let keep = self.selected_process();
        let dead = |id: &ProcessId| self.model().process(*id).is_some_and(|process| !process.alive());
        let stamp = Stamp { model: self.model().version(), folds: self.folds_version, kept: keep.filter(dead) };
        let due = self.tree.expiry.is_some_and(|expiry| self.now() >= expiry);
        let all = all && (self.layout().tree.is_some() || self.live.now.since(self.tree_made) >= UNSEEN);
        let stale = match self.stamp {
            None => true,
            Some(old) => {
                (old.folds, old.kept) != (stamp.folds, stamp.kept) || (all && (old.model != stamp.model || due))
            }
        };
        if !stale {
            return;
        }
        // Only what happened in the model can be told apart by group.
        let same = self.stamp.is_some_and(|old| old.folds == stamp.folds);
        let before = if same { self.tree.take_branches() } else { tree::Branches::default() };
        self.stamp = Some(stamp);
        self.tree_made = self.live.now;
        let picture = self.travel.as_mut().map_or(&mut self.live, |travel| &mut travel.picture);
        let wish = tree::Wish {
            model: &picture.model,
            now: picture.now,
            linger: self.settings.linger,
            alarms: &picture.alarms,
            keep,
            folds: &self.folds,
            search: self.search.active().then_some(&mut self.search),
            judge: picture.sieve.as_mut().map(|sieve| &mut sieve.judge),
        };
        let tree = Tree::build(wish, &before);
        self.adopt(tree);
    }

    pub(super) fn refold(&mut self) {
        self.folds_version += 1;
        self.dirty = true;
        self.refresh(false);
    }
}
