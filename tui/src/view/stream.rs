//! The event stream: one line each, newest last.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::group_row::name_of;
use super::names;
use super::pen::{Pen, wash};
use super::words::{address, bytes, clock, command_of, count, duration, end};
use crate::app::{App, Area, Pane, Panel};
use crate::model::{Direction, Event, GroupKey, Health, Kind, Net, NetOp, ProcessEvent, Time, Told};
use crate::theme::Theme;

/// Draws the event stream.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let stream = app.events();
    let window = app.look.window(stream, usize::from(pane.body.height));
    let below = stream.end() - window.end;
    let note = if app.look.bottom.is_some() && below > 0 {
        format!("{} newer below, End follows", count(below))
    } else {
        String::new()
    };
    super::title(buffer, pane, Panel::Events, app, theme, "Events", &note);
    if stream.is_empty() {
        let mut pen = Pen::new(buffer, pane.body, 0);
        pen.skip(2);
        return pen.text(if app.filter.active() { "none that fulfils the filter" } else { "none yet" }, theme.faint);
    }
    for (line, number) in (0..pane.body.height).zip(window) {
        let Some(event) = stream.get(number) else { continue };
        let mut pen = Pen::new(buffer, pane.body, line);
        row(&mut pen, event, app, theme);
        if app.look.cursor == Some(number) {
            let whole = Area { y: pane.body.y + line, height: 1, ..pane.body };
            let style = if app.focus == Panel::Events { theme.selected } else { theme.selected_away };
            wash(buffer, whole, style);
        }
    }
}

/// What one event says.
struct Said {
    time: Time,
    kind: &'static str,
    kind_style: Style,
    pid: String,
    place: String,
    text: String,
    text_style: Style,
}

fn row(pen: &mut Pen<'_>, event: &Event, app: &App, theme: &Theme) {
    let room = pen.left();
    let Some(said) = say(event, room, app, theme) else { return };
    let place = match room {
        0..60 => 0,
        60..100 => 12,
        _ => 20,
    };
    pen.skip(1);
    pen.column(&clock(said.time, app.settings().utc_offset), 13, theme.faint);
    pen.column(said.kind, 12, said.kind_style);
    pen.right(&said.pid, 7, theme.text);
    pen.skip(2);
    if place > 0 {
        pen.column(&said.place, place, theme.dim);
        pen.skip(2);
    }
    pen.text(&said.text, said.text_style);
}

fn say(event: &Event, room: usize, app: &App, theme: &Theme) -> Option<Said> {
    let plain = |time, kind, text: String, style| Said {
        time,
        kind,
        kind_style: style,
        pid: String::new(),
        place: String::new(),
        text,
        text_style: style,
    };
    Some(match event {
        Event::Boot(_) | Event::Posture(_) => return None,
        Event::Process(event) => process(event, room, app, theme),
        Event::Container(news) => {
            let state = format!("{:?}", news.state).to_lowercase();
            let image = news.image.as_deref().unwrap_or("");
            let key = GroupKey::Container(news.id.as_str().into());
            Said { place: name_of(&key, app), ..plain(news.time, "container", format!("{state} {image}"), theme.text) }
        }
        Event::Names(names) => {
            let Told::Answer(answer) = &names.told else { return None };
            let addresses: Vec<String> = answer.addresses.iter().map(ToString::to_string).collect();
            let text = format!("{} is {}, says {}", answer.name.lossless(), addresses.join(", "), answer.server);
            let place = names.group.as_ref().map(|group| name_of(group, app)).unwrap_or_default();
            Said { place, ..plain(names.time, "name", text, theme.text) }
        }
        Event::Loss(loss) => {
            let text = format!("{} {} records did not arrive", count(loss.count), loss.kind.name());
            plain(loss.time, "LOSS", text, theme.bad)
        }
        Event::Status(status) => {
            let style = match status.health {
                Health::Ok => theme.dim,
                Health::Degraded => theme.warn,
                Health::Missing => theme.bad,
            };
            let text = format!("{} {}: {}", status.topic, status.health.name(), status.text);
            plain(status.time, "status", text, style)
        }
    })
}

fn process(event: &ProcessEvent, room: usize, app: &App, theme: &Theme) -> Said {
    let known = app.model().process(event.process);
    let group = event.cgroup.as_ref().map(|cgroup| &cgroup.place.key).or(known.map(|known| &known.group));
    let (text, kind_style, text_style) = match &event.kind {
        Kind::Fork(fork) => (format!("child of {}", fork.maker.pid), theme.dim, theme.dim),
        Kind::Exec(exec) => {
            let (program, arguments) = command_of(&exec.image, room);
            (format!("{program}{arguments}"), theme.good, theme.text)
        }
        Kind::Exit(exit) => {
            let ran = exit.run_time.map(|ran| format!(" after {}", duration(ran))).unwrap_or_default();
            let calm = exit.code == Some(0);
            let style = if calm { theme.dim } else { theme.warn };
            let name = known.and_then(|known| known.image()).map(|image| command_of(image, 60).0).unwrap_or_default();
            (format!("{}{ran}  {name}", end(exit)), style, style)
        }
        Kind::Move => ("to another cgroup".to_owned(), theme.crossing, theme.crossing),
        Kind::Net(net) => {
            let name = net.remote.zip(group).and_then(|(remote, group)| names::of(remote.ip(), group, event.time, app));
            let name = name.map(|name| format!("  {name}")).unwrap_or_default();
            (format!("{}{name}", net_text(net)), theme.net, theme.text)
        }
        Kind::Act(act) => (act.to_string(), theme.crossing, theme.text),
        Kind::Seen(_) => ("found in /proc".to_owned(), theme.dim, theme.dim),
        Kind::Content(content) => (content.tag(), theme.dim, theme.dim),
        Kind::Vanished => ("gone from /proc, its end was not seen".to_owned(), theme.warn, theme.warn),
    };
    Said {
        time: event.time,
        kind: event.kind.name(),
        kind_style,
        pid: event.process.pid.to_string(),
        place: group.map(|key| name_of(key, app)).unwrap_or_default(),
        text,
        text_style,
    }
}

fn net_text(net: &Net) -> String {
    let side = |side: Option<std::net::SocketAddr>| side.map(address).unwrap_or_else(|| "?".to_owned());
    let arrow = if net.direction == Direction::Inbound { "←" } else { "→" };
    let mut text = match (net.direction, net.op) {
        (Direction::Listening, _) => format!("{} {}", net.protocol.name(), side(net.local)),
        _ => format!("{} {} {arrow} {}", net.protocol.name(), side(net.local), side(net.remote)),
    };
    if net.op == NetOp::Close
        && let (Some(sent), Some(received)) = (net.sent, net.received)
    {
        text.push_str(&format!("  sent {}, received {}", bytes(sent), bytes(received)));
    }
    if let Some(error) = net.error {
        text.push_str(&format!("  failed, errno {error}"));
    }
    text
}
