//! What containers are allowed, as the last that each witness told.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::posture::{Posture, Witness};
use super::Model;

/// Postures that are kept; beyond that those go that were told longest ago, down to half of it.
const MOST: usize = 8_192;

/// What was told, by container and witness.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Postures {
    by: BTreeMap<(Arc<str>, Witness), Posture>,
}

impl Postures {
    fn learn(&mut self, posture: &Posture) {
        let key = (Arc::clone(&posture.container), posture.witness);
        if self.by.get(&key).is_some_and(|before| before.time > posture.time) {
            return;
        }
        self.by.insert(key, posture.clone());
        if self.by.len() > MOST {
            let mut times: Vec<_> = self.by.values().map(|posture| posture.time).collect();
            let middle = times.len() / 2;
            let (_, &mut middle, _) = times.select_nth_unstable(middle);
            self.by.retain(|_, posture| posture.time > middle);
        }
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Posture> {
        self.by.values_mut()
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.by.retain(|(id, _), _| keep(id));
    }
}

impl Model {
    pub(super) fn apply_posture(&mut self, posture: &Posture) {
        self.now = self.now.max(posture.time);
        self.postures.learn(posture);
    }

    /// What a container is allowed, as each witness told it last; nothing where nobody did.
    pub fn postures(&self, container: &str) -> impl Iterator<Item = &Posture> {
        let id: Arc<str> = container.into();
        let range = (Arc::clone(&id), Witness::Proc)..=(id, Witness::Bundle);
        self.postures.by.range(range).map(|(_, posture)| posture)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::super::event::Event;
    use super::super::super::posture::{Allowed, Seccomp};
    use super::super::super::process::Time;
    use super::*;

    fn told(time: u64, container: &str, witness: Witness, seccomp: Option<Seccomp>) -> Event {
        let allowed = Allowed { seccomp, ..Allowed::default() };
        let (time, container) = (Time(time), container.into());
        Event::Posture(Box::new(Posture { time, container, witness, process: None, allowed }))
    }

    fn known(model: &Model, container: &str) -> Vec<(Witness, Option<Seccomp>)> {
        model.postures(container).map(|posture| (posture.witness, posture.allowed.seccomp)).collect()
    }

    #[test]
    fn the_last_word_of_each_witness_is_kept_through_a_memory() {
        let mut model = Model::default();
        for event in [
            told(5, "b", Witness::Docker, Some(Seccomp::Filter)),
            told(7, "b", Witness::Proc, Some(Seccomp::Disabled)),
            told(6, "b", Witness::Proc, Some(Seccomp::Strict)),
            told(8, "b", Witness::Docker, None),
            told(8, "a", Witness::Proc, None),
            told(8, "b0", Witness::Proc, None),
        ] {
            model.apply(&event);
        }
        let expected = [(Witness::Proc, Some(Seccomp::Disabled)), (Witness::Docker, None)];
        assert_eq!(known(&model, "b"), expected);
        assert_eq!(known(&Model::recall(model.remember()), "b"), expected);
        assert_eq!(known(&model, "c"), []);
        assert_eq!(model.now(), Time(8));
    }

    #[test]
    fn however_many_are_told_the_latest_stay() {
        let mut model = Model::default();
        (0..=MOST as u64).for_each(|at| model.apply(&told(at, &at.to_string(), Witness::Proc, None)));
        assert!(model.postures.by.len() <= MOST);
        assert_eq!(known(&model, &MOST.to_string()).len(), 1);
        assert_eq!(known(&model, "0").len(), 0);
    }
}
