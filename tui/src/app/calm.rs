//! Under a storm of events: what one reads stays where it is, and the tree is the one that would be made from scratch.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::scene::{DB, Scene, WEB, container, service};
use super::*;
use crate::model::{Direction, GroupKey};

/// Something that happens: what, to whom, and how.
type Gust = (u8, usize, u8);

fn gusts() -> impl Strategy<Value = Vec<Vec<Gust>>> {
    prop::collection::vec(prop::collection::vec((0u8..20, any::<usize>(), any::<u8>()), 1..40), 1..12)
}

/// A node in a storm.
struct Sky {
    scene: Scene,
    app: App,
    alive: Vec<u32>,
    next: u32,
}

impl Sky {
    fn new(width: u16, height: u16) -> Sky {
        let alive = vec![1804, 1811, 1950, 2101, 2140, 2141, 2300, 2311, 3001, 3002, 412, 544, 601];
        let app = App::new(Settings::default(), width, height);
        let mut sky = Sky { scene: Scene::node(), app, alive, next: 5_000 };
        for maker in [1811, 2101, 2300].into_iter().cycle().take(60) {
            sky.fork(maker);
        }
        sky.feed();
        // Somebody is there: nothing is selected by itself any more.
        sky.app.touch();
        sky
    }

    fn fork(&mut self, maker: u32) {
        self.next += 1;
        self.scene.fork(self.next, maker, 101);
        self.alive.push(self.next);
    }

    fn blow(&mut self, gusts: &[Gust]) {
        for &(what, at, how) in gusts {
            let at = at % self.alive.len();
            let pid = self.alive[at];
            match what {
                0..6 => self.fork(pid),
                6..9 => self.scene.exec(pid, "/usr/bin/make", &["make", "all"]),
                9..13 if self.alive.len() > 5 => {
                    self.scene.exit(pid, Some(how % 2), None);
                    self.alive.swap_remove(at);
                }
                13 => {
                    let groups = [container(WEB), container(DB), GroupKey::Host, service("cron.service")];
                    self.scene.moves(pid, groups[usize::from(how) % 4].clone());
                }
                14 => self.scene.connect(pid, "172.17.0.2:40112", &format!("192.0.2.{how}:80"), Direction::Outbound),
                15 => self.scene.container(&format!("{how:064x}"), "new", "image", None),
                16 => self.scene.after(u64::from(how) * 40),
                _ => self.scene.after(u64::from(how) / 8),
            }
        }
        self.feed();
    }

    fn feed(&mut self) {
        self.app.update(Message::Batch(std::mem::take(&mut self.scene.events)));
        self.app.update(Message::Tick(Time(self.scene.now)));
        self.app.prepare();
    }

    /// The line of the screen on which a line of the tree stands.
    fn line(&self, key: &NodeKey) -> Option<usize> {
        let pane = self.app.layout().tree?;
        let at = self.app.tree.position(key)?.checked_sub(self.app.top)?;
        (at < usize::from(pane.body.height)).then(|| usize::from(pane.body.y) + at)
    }

    /// Lines of the screen that the tree has.
    fn lines(&self) -> std::ops::Range<usize> {
        let pane = self.app.layout().tree.unwrap();
        usize::from(pane.body.y)..usize::from(pane.body.y + pane.body.height)
    }

    /// True where the tree is too short to go on standing where it stood.
    fn at_an_edge(&self) -> bool {
        self.app.top == 0 || self.app.top + self.lines().len().div_ceil(2) >= self.app.tree.rows.len()
    }

    fn scratch(&mut self) -> Tree {
        let picture = &mut self.app.live;
        let keep = match self.app.selected {
            Some(NodeKey::Process(id)) => Some(id),
            _ => None,
        };
        let wish = tree::Wish {
            model: &picture.model,
            now: picture.now,
            linger: self.app.settings.linger,
            alarms: &picture.alarms,
            keep,
            folds: &self.app.folds,
            search: None,
            judge: None,
        };
        Tree::build(wish, &Default::default())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_tree_is_the_one_made_from_scratch(gusts in gusts(), picks in prop::collection::vec((any::<usize>(), 0u8..4), 12)) {
        let mut sky = Sky::new(100, 40);
        for (gusts, (pick, what)) in gusts.iter().zip(picks) {
            sky.blow(gusts);
            let wanted = sky.scratch();
            let tree = &sky.app.tree;
            prop_assert_eq!(&tree.rows, &wanted.rows);
            prop_assert_eq!((tree.newest, tree.expiry), (wanted.newest, wanted.expiry));
            let counts = |tree: &Tree| (tree.containers, tree.services, tree.fulfilling);
            prop_assert_eq!(counts(tree), counts(&wanted));
            let at = pick % tree.rows.len();
            match what {
                0 => sky.app.select_row(at),
                1 => {
                    sky.app.select_row(at);
                    sky.app.toggle_fold();
                }
                2 => sky.app.show_view(View::Containers),
                _ => sky.app.show_view(View::Tree),
            }
            sky.app.prepare();
            if sky.app.view == View::Containers {
                // Nobody sees it; it is made when somebody does.
                sky.app.show_view(View::Tree);
                sky.app.prepare();
            }
        }
    }

    #[test]
    fn the_selection_stays_on_its_line_while_it_is_there(gusts in gusts(), pick in any::<usize>(), down in 0i64..40) {
        let mut sky = Sky::new(100, 40);
        sky.app.scroll_tree(down);
        let first = sky.app.top;
        sky.app.select_row(first + pick % sky.lines().len().min(sky.app.tree.rows.len() - first));
        for gusts in gusts {
            let key = sky.app.selected.clone().unwrap();
            let before = sky.line(&key);
            let was = (sky.app.top, sky.app.tree_place(), sky.app.tree.rows.len(), sky.app.tree.position(&key));
            sky.blow(&gusts);
            if sky.app.tree.position(&key).is_none() {
                continue;
            }
            prop_assert_eq!(sky.app.selected.as_ref(), Some(&key), "the selection went elsewhere");
            let after = sky.line(&key);
            prop_assert!(before.is_none() || after.is_some(), "it went out of sight");
            let room = before.is_some_and(|line| sky.lines().contains(&line));
            let is = (sky.app.top, sky.app.tree_place(), sky.app.tree.rows.len(), sky.app.tree.position(&key));
            prop_assert!(!room || before == after || sky.at_an_edge(), "{:?} became {:?}", was, is);
        }
    }

    #[test]
    fn what_one_scrolled_to_stays_on_the_first_line(gusts in gusts(), down in 20i64..60) {
        let mut sky = Sky::new(100, 40);
        sky.app.first();
        sky.app.scroll_tree(down);
        for gusts in gusts {
            let key = sky.app.tree.rows[sky.app.top].key.clone();
            let before = sky.line(&key);
            sky.blow(&gusts);
            let selected = sky.app.selected.clone().unwrap();
            if sky.app.tree.position(&key).is_none() || sky.line(&selected).is_some() {
                continue;
            }
            let room = before.is_some_and(|line| sky.lines().contains(&line));
            prop_assert!(!room || before == sky.line(&key) || sky.at_an_edge());
        }
    }

    #[test]
    fn the_marked_row_of_a_table_stays_the_same_and_on_its_line(
        gusts in gusts(), pick in 0i64..8, sort in 0usize..7, network in any::<bool>()
    ) {
        let mut sky = Sky::new(100, 16);
        let view = if network { View::Network } else { View::Containers };
        sky.app.show_view(view);
        (0..sort).for_each(|_| sky.app.sort_on());
        sky.app.step(pick);
        let height = sky.app.table_height();
        for gusts in gusts {
            let tables = &sky.app.tables;
            let before = match view {
                View::Network => tables.flows.marked().map(|row| format!("{:?}", TableRow::key(row))),
                _ => tables.containers.marked().map(|row| format!("{:?}", row.key)),
            };
            let line = |app: &App| match view {
                View::Network => app.tables.flows.cursor() - app.tables.flows.top,
                _ => app.tables.containers.cursor() - app.tables.containers.top,
            };
            let was = line(&sky.app);
            sky.scene.after(300);
            sky.blow(&gusts);
            let tables = &sky.app.tables;
            let (after, there, top, len) = match view {
                View::Network => (
                    tables.flows.marked().map(|row| format!("{:?}", TableRow::key(row))),
                    tables.flows.rows.iter().any(|row| Some(format!("{:?}", TableRow::key(row))) == before),
                    tables.flows.top,
                    tables.flows.rows.len(),
                ),
                _ => (
                    tables.containers.marked().map(|row| format!("{:?}", row.key)),
                    tables.containers.rows.iter().any(|row| Some(format!("{:?}", row.key)) == before),
                    tables.containers.top,
                    tables.containers.rows.len(),
                ),
            };
            if there {
                prop_assert_eq!(after, before);
                let edge = top == 0 || top + height >= len;
                prop_assert!(edge || line(&sky.app) == was);
            }
        }
    }
}

#[test]
fn who_looks_back_in_the_stream_reads_on_however_much_comes() {
    let mut sky = Sky::new(100, 40);
    sky.app.show_view(View::Events);
    sky.app.step(-20);
    sky.app.prepare();
    let lines = |app: &App| -> Vec<_> {
        let window = app.look.window(app.events(), 20);
        window.map(|number| app.events().get(number).map(|event| format!("{event:?}"))).collect()
    };
    let before = lines(&sky.app);
    assert_eq!(before.iter().flatten().count(), 20);
    for _ in 0..3 * KEPT / 100 {
        (0..100).for_each(|_| sky.fork(2101));
        sky.feed();
        assert_eq!(lines(&sky.app), before);
    }
    let (end, live) = (sky.app.events().end(), sky.app.picture().stream.end());
    assert_eq!(end, live, "those that came meanwhile are counted");
    sky.app.last();
    sky.app.prepare();
    assert_eq!((sky.app.look, sky.app.events().len()), (Look::default(), KEPT), "and then it is the present again");
    assert!(lines(&sky.app) != before);
}

#[test]
fn the_marked_incident_stays_marked_when_a_worse_one_comes_above_it() {
    let mut sky = Sky::new(100, 40);
    let alarm = |id, severity, pid: u32, number| Alarm {
        id,
        title: format!("incident {id}"),
        severity,
        stages: vec![Stage {
            name: "stage".to_owned(),
            time: Time(0),
            process: sky.scene.id(pid),
            severity,
            findings: vec!["found".to_owned()],
            numbers: vec![number],
        }],
    };
    use crate::detect::Severity::{Critical, Low};
    let (first, second) = (alarm(1, Low, 1811, 1), alarm(2, Critical, 2140, 2));
    let alarms = Alarms::new(vec![first.clone()], 0, sky.app.model());
    sky.app.show_alarms(alarms);
    sky.app.show_view(View::Tree);
    sky.app.alarm_cursor = 1;
    let alarms = Alarms::new(vec![first.clone(), second.clone()], 0, sky.app.model());
    sky.app.show_alarms(alarms);
    assert_eq!((sky.app.marked_alarm().unwrap().id, sky.app.alarm_cursor), (1, 3));
    let joined = Alarm { id: 2, stages: [second.stages, first.stages].concat(), ..second };
    let alarms = Alarms::new(vec![joined], 0, sky.app.model());
    sky.app.show_alarms(alarms);
    assert_eq!((sky.app.marked_alarm().unwrap().id, sky.app.marked_stage()), (2, 1), "the finding is the same");
}

#[test]
fn a_panel_that_comes_above_the_tree_covers_lines_and_pushes_none_down() {
    let mut sky = Sky::new(100, 40);
    sky.app.scroll_tree(30);
    let line = sky.app.top + 15;
    sky.app.select_row(line);
    let key = sky.app.selected.clone().unwrap();
    let before = sky.line(&key);
    sky.scene.moves(2140, container(DB));
    sky.feed();
    assert!(sky.app.layout().incidents.is_some(), "leaving a container is an incident");
    assert_eq!(sky.line(&key), before);
}
