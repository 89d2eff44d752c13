//! The line of a group: a container, the host, a service.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::incidents::{mark, severity};
use super::pen::Pen;
use super::rail;
use super::tree::fold_mark;
use super::words::count;
use crate::app::{App, Area, Row};
use crate::model::{Container, ContainerState, Group, GroupKey, Role};
use crate::theme::Theme;

/// Draws the line of a group.
pub(super) fn render(buffer: &mut Buffer, area: Area, line: u16, row: &Row, key: &GroupKey, app: &App, theme: &Theme) {
    let Some(group) = app.model().group(key) else { return };
    let alive = format!("{} alive", count(alive(group, app)));
    let mut pen = Pen::new(buffer, area, line);
    let worst = app.alarms().of_group(key);
    pen.column(if worst.is_some() { "┃" } else { "" }, 2, worst.map_or(theme.text, |worst| mark(worst, theme)));
    pen.skip(usize::from(row.depth) * 2);
    pen.column(fold_mark(row), 2, theme.dim);
    let keep = alive.len() + 2;
    let mut parts = parts(group, app, theme);
    if let Some(worst) = worst {
        parts.insert(1.min(parts.len()), (format!(" {} ", worst.name().to_uppercase()), severity(worst, theme)));
    }
    for (text, style) in parts {
        let left = pen.left().saturating_sub(keep);
        if left < 4 {
            break;
        }
        pen.within(&text, left, style);
        pen.skip(2);
    }
    if row.depth == 0 {
        rail::top(&mut pen, key, keep, theme);
    }
    let mut pen = Pen::new(buffer, area, line);
    if pen.left() > keep {
        let gap = pen.left() - alive.len() - 1;
        pen.skip(gap);
        pen.text(&alive, theme.dim);
    }
}

/// What is said of a group, most important first.
fn parts(group: &Group, app: &App, theme: &Theme) -> Vec<(String, Style)> {
    match (&group.key, &group.container) {
        (GroupKey::Host, _) => {
            let host = &app.model().boot().host;
            let mut parts = vec![("host".to_owned(), theme.host)];
            if !host.is_empty() {
                parts.push((host.clone(), theme.dim));
            }
            parts
        }
        (GroupKey::Service(name), _) => vec![(name.to_string(), theme.service)],
        (GroupKey::Container(id), container) => container_parts(id, container.as_ref(), app, theme),
    }
}

fn container_parts(id: &str, container: Option<&Container>, app: &App, theme: &Theme) -> Vec<(String, Style)> {
    let short: String = id.chars().take(12).collect();
    let Some(container) = container else { return vec![(short, theme.container)] };
    let news = &container.news;
    let mut parts = Vec::new();
    match (&news.name, news.role) {
        // Every pod has one, and nothing happens in it: it does not ask for attention.
        (_, Some(Role::Sandbox)) => return sandbox(short, container, theme),
        (Some(name), _) => parts.extend([(name.clone(), theme.container), (short, theme.dim)]),
        (None, _) => parts.push((short, theme.container)),
    }
    if let Some(role @ (Role::Init | Role::Ephemeral)) = news.role {
        parts.push((role.name().to_owned(), theme.label));
    }
    if let Some(state) = unusual(news.state) {
        parts.push((state.to_owned(), theme.warn));
    }
    parts.extend(news.image.iter().map(|image| (image.clone(), theme.text)));
    if let Some(pod) = pod(container) {
        parts.push((pod, theme.text));
    }
    if let Some(outer) = &container.outer {
        parts.push((format!("in {}", name_of(&GroupKey::Container(outer.clone()), app)), theme.crossing));
    }
    if let Some(runtime) = container.runtime {
        parts.push((runtime.name().to_owned(), theme.dim));
    }
    parts
}

/// What is said of a pod's sandbox.
fn sandbox(short: String, container: &Container, theme: &Theme) -> Vec<(String, Style)> {
    let state = unusual(container.news.state).map(str::to_owned);
    let parts = std::iter::once("pause".to_owned()).chain(pod(container)).chain(state).chain([short]);
    parts.map(|part| (part, theme.dim)).collect()
}

/// `pod NAMESPACE/NAME`, or the uid of the pod while no runtime told its name.
pub(super) fn pod(container: &Container) -> Option<String> {
    let news = &container.news;
    match (&news.pod, &news.namespace) {
        (Some(pod), Some(namespace)) => Some(format!("pod {namespace}/{pod}")),
        (Some(pod), None) => Some(format!("pod {pod}")),
        (None, _) => container.pod_uid.as_ref().map(|uid| format!("pod {uid}")),
    }
}

fn unusual(state: ContainerState) -> Option<&'static str> {
    match state {
        ContainerState::Unknown | ContainerState::Running => None,
        ContainerState::Created => Some("created"),
        ContainerState::Paused => Some("paused"),
        ContainerState::Exited => Some("exited"),
    }
}

/// What a group is called where there is little room.
pub(super) fn name_of(key: &GroupKey, app: &App) -> String {
    app.name_of_group(key)
}

/// The living of a group; the host counts its services in.
fn alive(group: &Group, app: &App) -> u64 {
    let own = group.alive as u64;
    if group.key != GroupKey::Host {
        return own;
    }
    let services = app.model().groups().filter(|group| matches!(group.key, GroupKey::Service(_)));
    own + services.map(|group| group.alive as u64).sum::<u64>()
}
