//! The table of containers: what each may do, how much is in it, and how much happens.

use std::cmp::Reverse;

use super::super::activity::Activity;
use super::super::alarm::Alarms;
use super::table::Row;
use crate::detect::Severity;
use crate::model::{ContainerState, GroupKey, Model, NsKind, Process, Time};

/// What the table can be ordered by; the words at the heads of its columns.
pub(super) const COLUMNS: &[&str] = &["RISK", "NAME", "ALIVE", "CONNS", "EV/S", "SEEN", "IMAGE"];

/// Bit of CAP_SYS_ADMIN (`capabilities(7)`): who has it in a container has nearly everything.
const SYS_ADMIN: u64 = 1 << 21;

/// Why a container is worth a look, by what its processes have.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Risk {
    /// The worst incident that it has a part in.
    pub found: Option<Severity>,
    /// A process in it has CAP_SYS_ADMIN.
    pub admin: bool,
    /// Namespaces that a process in it shares with the host.
    pub shared: Vec<NsKind>,
}

/// A container, a service or the host.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerRow {
    /// Which.
    pub key: GroupKey,
    /// Its name, or as much of its id as people use.
    pub name: String,
    /// Its image; empty where it has none, or no runtime told it.
    pub image: String,
    /// Its pod, as `namespace/pod`; empty without one.
    pub pod: String,
    /// What the runtime says it does.
    pub state: ContainerState,
    /// Why it is worth a look.
    pub risk: Risk,
    /// Processes that live.
    pub alive: u64,
    /// Processes seen so far.
    pub seen: u64,
    /// Connections that are open.
    pub connections: u64,
    /// Events per second.
    pub rate: f64,
    /// Events in each of the last seconds, the newest last.
    pub series: Vec<u16>,
}

impl Row for ContainerRow {
    type Key = GroupKey;

    fn key(&self) -> GroupKey {
        self.key.clone()
    }
}

/// Seconds of the sparkline.
const SERIES: usize = 30;

#[derive(Default)]
struct Sum {
    connections: u64,
    admin: bool,
    shared: Vec<NsKind>,
}

impl Sum {
    fn add(&mut self, process: &Process, model: &Model) {
        self.connections += process.open_connections().count() as u64;
        if matches!(process.group, GroupKey::Container(_)) {
            self.admin |= process.caps.effective & SYS_ADMIN != 0;
            for kind in process.shared_with(&model.boot().namespaces) {
                if !self.shared.contains(&kind) {
                    self.shared.push(kind);
                }
            }
        }
    }
}

pub(super) fn rows(model: &Model, alarms: &Alarms, activity: &Activity, now: Time) -> Vec<ContainerRow> {
    let row = |group: &crate::model::Group| {
        let mut sum = Sum::default();
        // The dead have no connections left, and may nothing.
        model.members(&group.key).filter(|process| process.alive()).for_each(|process| sum.add(process, model));
        sum.shared.sort_unstable();
        let news = group.container.as_ref().map(|container| &container.news);
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let pod = news.and_then(|news| Some((news.namespace.as_ref(), news.pod.as_ref()?)));
        ContainerRow {
            key: group.key.clone(),
            name: match &group.key {
                GroupKey::Host => "host".to_owned(),
                GroupKey::Service(name) => name.to_string(),
                GroupKey::Container(id) => {
                    news.and_then(|news| news.name.clone()).unwrap_or_else(|| id.chars().take(12).collect())
                }
            },
            image: text(news.and_then(|news| news.image.as_ref())),
            pod: pod.map_or_else(String::new, |(space, pod)| match space {
                Some(space) => format!("{space}/{pod}"),
                None => pod.clone(),
            }),
            state: news.map_or(ContainerState::Unknown, |news| news.state),
            risk: Risk { found: alarms.of_group(&group.key), admin: sum.admin, shared: sum.shared },
            alive: group.alive as u64,
            seen: group.seen,
            connections: sum.connections,
            rate: activity.rate(&group.key, now),
            series: activity.series(&group.key, now, SERIES),
        }
    };
    model.groups().map(row).collect()
}

/// Puts rows in order: by a column, and where that is the same containers before services, and then by name.
pub(super) fn order(rows: &mut [ContainerRow], sort: usize, reversed: bool) {
    let kind = |row: &ContainerRow| match row.key {
        GroupKey::Container(_) => 0,
        GroupKey::Host => 1,
        GroupKey::Service(_) => 2,
    };
    rows.sort_by(|a, b| {
        let by = match COLUMNS[sort] {
            "NAME" => a.name.cmp(&b.name),
            "ALIVE" => b.alive.cmp(&a.alive),
            "CONNS" => b.connections.cmp(&a.connections),
            "EV/S" => b.rate.total_cmp(&a.rate),
            "SEEN" => b.seen.cmp(&a.seen),
            "IMAGE" => (a.image.is_empty(), &a.image).cmp(&(b.image.is_empty(), &b.image)),
            _ => Reverse(weight(&a.risk)).cmp(&Reverse(weight(&b.risk))),
        };
        let by = if reversed { by.reverse() } else { by };
        by.then_with(|| kind(a).cmp(&kind(b))).then_with(|| a.name.cmp(&b.name)).then_with(|| a.key.cmp(&b.key))
    });
}

/// Incidents first; then rights, then namespaces: with the host's mounts or processes it is outside.
fn weight(risk: &Risk) -> (Option<Severity>, bool, bool, usize) {
    let left = risk.shared.iter().any(|kind| matches!(kind, NsKind::Mnt | NsKind::Pid));
    (risk.found, risk.admin, left, risk.shared.len())
}
