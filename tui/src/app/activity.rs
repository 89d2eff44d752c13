//! How much happens in each group, second by second.

use std::collections::HashMap;

use crate::model::{Event, GroupKey, Model, Time};

/// Seconds that are kept.
const SECONDS: usize = 60;
/// Groups that are kept; those that have been quiet for longest go first.
const GROUPS: usize = 4_096;

/// Events of each group in the last minute.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    groups: HashMap<GroupKey, Pulse>,
}

/// Events in each of the last seconds.
#[derive(Clone, Copy, Debug)]
struct Pulse {
    /// By second, modulo their number.
    counts: [u16; SECONDS],
    /// The newest second, since the epoch.
    newest: u64,
}

impl Pulse {
    fn new(second: u64) -> Pulse {
        Pulse { counts: [0; SECONDS], newest: second }
    }

    fn add(&mut self, second: u64) {
        // Seconds in which nothing happened; those before the minute are gone.
        for quiet in (self.newest + 1..=second).rev().take(SECONDS) {
            self.counts[place(quiet)] = 0;
        }
        self.newest = self.newest.max(second);
        if self.newest - second < SECONDS as u64 {
            let count = &mut self.counts[place(second)];
            *count = count.saturating_add(1);
        }
    }

    fn at(&self, second: u64) -> u16 {
        let known = second <= self.newest && self.newest - second < SECONDS as u64;
        if known { self.counts[place(second)] } else { 0 }
    }
}

fn place(second: u64) -> usize {
    (second % SECONDS as u64) as usize
}

impl Activity {
    /// Counts an event that `model` has taken in.
    pub(super) fn note(&mut self, event: &Event, model: &Model) {
        let Event::Process(event) = event else { return };
        let told = event.cgroup.as_ref().map(|cgroup| &cgroup.place.key);
        let Some(group) = told.or_else(|| model.process(event.process).map(|process| &process.group)) else { return };
        let second = event.time.0 / 1_000_000_000;
        match self.groups.get_mut(group) {
            Some(pulse) => pulse.add(second),
            None => {
                if self.groups.len() >= GROUPS
                    && let Some(quiet) = self.groups.iter().min_by_key(|(_, pulse)| pulse.newest)
                {
                    let quiet = quiet.0.clone();
                    self.groups.remove(&quiet);
                }
                let mut pulse = Pulse::new(second);
                pulse.add(second);
                self.groups.insert(group.clone(), pulse);
            }
        }
    }

    /// Events of a group in each of the last `seconds` before `now`, the newest last.
    pub fn series(&self, group: &GroupKey, now: Time, seconds: usize) -> Vec<u16> {
        let now = now.0 / 1_000_000_000;
        let seconds = seconds.min(SECONDS) as u64;
        let pulse = self.groups.get(group);
        (0..seconds).rev().map(|back| pulse.map_or(0, |pulse| pulse.at(now.saturating_sub(back)))).collect()
    }

    /// Events per second over the last ten whole seconds.
    pub fn rate(&self, group: &GroupKey, now: Time) -> f64 {
        const OVER: usize = 10;
        let series = self.series(group, now, OVER + 1);
        series.iter().take(OVER).map(|count| f64::from(*count)).sum::<f64>() / OVER as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::scene::{Scene, WEB, container};

    #[test]
    fn a_group_has_its_seconds_and_forgets_them_after_a_minute() {
        let mut scene = Scene::node();
        let mut model = Model::default();
        let mut activity = Activity::default();
        let mut take = |scene: &mut Scene| {
            for event in std::mem::take(&mut scene.events) {
                model.apply(&event);
                activity.note(&event, &model);
            }
            activity.clone()
        };
        take(&mut scene);
        scene.after(3_000);
        scene.fork(4_000, 2_101, 0);
        scene.exit(4_000, Some(0), None);
        let seen = take(&mut scene);
        let web = container(WEB);
        let series = seen.series(&web, Time(scene.now), 5);
        assert_eq!((series[4], series[3], series[2]), (2, 0, 0));
        assert!(series[1] > 0, "what happened three seconds before");
        assert_eq!(seen.series(&web, Time(scene.now + 70_000_000_000), 60), vec![0; 60]);
        scene.after(90_000);
        scene.fork(4_001, 2_101, 0);
        assert_eq!(take(&mut scene).series(&web, Time(scene.now), 60).iter().sum::<u16>(), 1);
    }
}
