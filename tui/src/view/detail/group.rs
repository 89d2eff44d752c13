//! The detail of a group: what the runtime told of a container, or how much there is of a service or the host.

use super::super::group_row::{name_of, pod};
use super::super::sheet::Sheet;
use super::super::words::{clock, count};
use crate::app::App;
use crate::model::{Container, Group, GroupKey};

/// Writes everything known of a group; returns the title.
pub(super) fn fill(sheet: &mut Sheet<'_>, group: &Group, app: &App) -> String {
    let title = match &group.key {
        GroupKey::Host => "Host".to_owned(),
        GroupKey::Service(name) => format!("Service {name}"),
        GroupKey::Container(_) => format!("Container {}", name_of(&group.key, app)),
    };
    if let Some(container) = &group.container {
        about(sheet, container, app);
    }
    if group.key == GroupKey::Host {
        let boot = app.model().boot();
        sheet.plain("host", &boot.host);
        sheet.plain("boot id", &boot.id);
    }
    sheet.plain("alive", &count(group.alive as u64));
    sheet.plain("seen", &count(group.seen));
    if group.first.0 > 0 {
        sheet.plain("first seen", &clock(group.first, app.settings().utc_offset));
    }
    if group.key == GroupKey::Host {
        machinery(sheet, app);
    }
    if group.container.is_some() {
        super::audited::fill(sheet, &group.key, app);
    }
    if let Some(container) = group.container.as_ref().filter(|container| !container.news.labels.is_empty()) {
        sheet.heading("Labels");
        let (label, text) = (sheet.theme.label, sheet.theme.text);
        for (key, value) in &container.news.labels {
            sheet.line(&[(key, label), (" = ", label), (value, text)]);
        }
    }
    title
}

fn about(sheet: &mut Sheet<'_>, container: &Container, app: &App) {
    let news = &container.news;
    let told = news.name.is_some() || news.image.is_some();
    sheet.fact("name", news.name.as_deref().unwrap_or(""), sheet.theme.container);
    sheet.plain("id", &news.id);
    sheet.plain("image", news.image.as_deref().unwrap_or(""));
    sheet.plain("role", news.role.map_or("", |role| role.name()));
    sheet.plain("state", &format!("{:?}", news.state).to_lowercase());
    sheet.plain("runtime", container.runtime.map_or("not known", |runtime| runtime.name()));
    sheet.plain("pod", pod(container).as_deref().map_or("", |pod| pod.trim_start_matches("pod ")));
    sheet.plain("pod uid", container.pod_uid.as_deref().unwrap_or(""));
    if let Some(outer) = &container.outer {
        sheet.fact("inside of", &name_of(&GroupKey::Container(outer.clone()), app), sheet.theme.crossing);
    }
    if !told {
        sheet.fact("names", "no runtime has told of it", sheet.theme.warn);
    }
}

/// How the parts of the machinery are, and what was lost: facts about the whole node.
fn machinery(sheet: &mut Sheet<'_>, app: &App) {
    let theme = sheet.theme;
    let model = app.model();
    if !model.statuses().is_empty() {
        sheet.heading("Sources");
    }
    for status in model.statuses() {
        let style = if status.health == crate::model::Health::Ok { theme.good } else { theme.warn };
        sheet.fact(&status.topic, &format!("{}: {}", status.health.name(), status.text), style);
    }
    let others = &app.alarms().other_versions;
    if !others.is_empty() {
        sheet.heading("Baseline");
    }
    for title in others {
        sheet.fact("version", title, theme.warn);
    }
    if !model.totals().lost.is_empty() {
        sheet.heading("Lost records");
    }
    for (kind, lost) in &model.totals().lost {
        sheet.fact(kind.name(), &count(*lost), theme.bad);
    }
}
