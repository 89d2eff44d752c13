//! Tests of the panels, drawn.
#![allow(clippy::unwrap_used, reason = "tests")]

mod audited;
mod compared;
mod containing;
mod every;
mod fleet;
mod grid;
mod properties;
mod travel;

use insta::assert_snapshot;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

use super::*;
use crate::action::{self, Keymap};
use crate::app::scene::{NOON, Scene, WEB, container};
use crate::app::{Alarm, Alarms, Message, NodeKey, Settings, Stage};
use crate::detect::Severity;
use crate::model::{GroupKey, Health, LossKind, Time};

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 50)];

fn show(scene: &mut Scene, (width, height): (u16, u16)) -> App {
    let users = [(0, "root".to_owned()), (1000, "ada".to_owned())].into();
    let settings = Settings { users, help: action::help(&Keymap::default()), ..Settings::default() };
    let mut app = App::new(settings, width, height);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app
}

fn press(app: &mut App, keys: &str) {
    let keymap = Keymap::default();
    for key in keys.split(' ') {
        action::press(&keymap, app, key.parse().unwrap());
    }
}

fn frame_in(app: &mut App, theme: &Theme) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    // Twice, as the loop does: what is measured by one frame is known to the next.
    for _ in 0..2 {
        app.prepare();
        let mut measure = Measure::default();
        terminal.draw(|frame| measure = render(frame, app, theme)).unwrap();
        app.update(Message::Drawn(measure));
    }
    terminal.backend().clone()
}

fn frame(app: &mut App) -> String {
    frame_in(app, &Theme::dark()).to_string()
}

/// A snapshot at both sizes of a scene after some keys.
fn both(name: &str, scene: fn() -> Scene, keys: &str) {
    for size in SIZES {
        let mut app = show(&mut scene(), size);
        app.prepare();
        if !keys.is_empty() {
            press(&mut app, keys);
        }
        assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), frame(&mut app));
    }
}

#[test]
fn the_first_frame_says_what_it_waits_for() {
    for size in SIZES {
        let mut app = App::new(Settings::default(), size.0, size.1);
        assert_snapshot!(format!("starting_{}x{}", size.0, size.1), frame(&mut app));
    }
}

#[test]
fn the_tree_has_containers_and_the_host() {
    both("tree", Scene::node, "");
}

#[test]
fn the_detail_tells_everything_of_a_process() {
    both("detail", Scene::node, "/ h t t p : Enter Enter");
}

#[test]
fn the_detail_of_a_container_has_its_labels() {
    both("container", Scene::node, "Home Enter");
}

/// A pod with its sandbox, into which somebody came with `kubectl exec`.
fn pod() -> Scene {
    let mut s = Scene::node();
    let pause = "0c".repeat(32);
    s.pause(&pause, ("web-7d9f", "shop"));
    s.seen(2050, 544, GroupKey::Container(pause.into()), &["/pause"], 65535);
    s.fork(3100, 544, 101);
    s.exec(3100, "/usr/sbin/runc", &["runc", "--root", "/run/runc", "exec", "--process", "/tmp/p", WEB]);
    s.fork(3101, 3100, 101);
    s.moved(3101, GroupKey::Container(WEB.into()));
    s.exec(3101, "/bin/sh", &["sh"]);
    s.exit(3100, Some(0), None);
    s.after(40);
    s
}

#[test]
fn a_pod_has_its_sandbox_dim_and_who_came_from_outside_is_marked() {
    both("pod", pod, "/ 3 1 0 1 Enter Enter .");
}

#[test]
fn the_help_lists_the_keys() {
    both("help", Scene::node, "?");
}

#[test]
fn a_search_shows_its_count() {
    both("search", Scene::node, "/ n g i n x Ctrl-n");
}

#[test]
fn a_filter_is_named_with_what_it_leaves_and_how_it_ends() {
    both("filter", Scene::node, "& n a m e Space = Space c u r l Enter");
}

#[test]
fn a_filter_that_is_typed_says_what_it_leaves_and_what_may_come_next() {
    both("filter_typed", Scene::node, "& u i d Space = Space 1 0 1 Space a n d Space k i n d Space = Space e x Tab");
}

#[test]
fn a_line_that_cannot_be_understood_says_where() {
    both("filter_wrong", Scene::node, "& u i d Space = Space 1 0 1 Space a n d Space p i d d Space = Space 1");
    both("search_wrong", Scene::node, "/ e x e Space ~ Space \" n c");
}

#[test]
fn a_filter_is_named_however_small_the_screen_is() {
    for size in [(80, 7), (40, 5), (30, 8)] {
        let mut app = show(&mut Scene::node(), size);
        app.prepare();
        press(&mut app, "& c u r l Enter");
        assert!(frame(&mut app).to_lowercase().contains("filter"), "{size:?}");
    }
}

#[test]
fn a_pause_says_how_much_waits() {
    for size in SIZES {
        let mut scene = Scene::node();
        let mut app = show(&mut scene, size);
        press(&mut app, "p");
        scene.fork(4000, 2101, 0);
        scene.after(5_000);
        app.update(Message::Batch(std::mem::take(&mut scene.events)));
        app.update(Message::Tick(Time(scene.now)));
        assert_snapshot!(format!("paused_{}x{}", size.0, size.1), frame(&mut app));
    }
}

fn lossy() -> Scene {
    let mut scene = Scene::node();
    scene.loss(LossKind::Exec, 1_204);
    scene.loss(LossKind::Net, 3);
    scene.status("podman", Health::Missing, "no socket at /run/podman/podman.sock");
    scene.status("probe tcp", Health::Degraded, "the kernel refused it; connections are not seen");
    scene
}

#[test]
fn what_cannot_be_written_down_is_said_however_narrow_the_screen_is() {
    let mut app = show(&mut Scene::node(), (80, 24));
    assert!(!frame(&mut app).contains("NOT RECORDED"));
    app.unrecorded = true;
    assert!(frame(&mut app).contains("NOT RECORDED"));
}

#[test]
fn losses_and_what_does_not_work_stand_on_the_status_line() {
    both("loss", lossy, "");
}

fn hostile() -> Scene {
    let mut scene = Scene::boot();
    scene.container(WEB, "web\u{1b}[31m\u{202e}1", "img\r\n\u{9b}2J", Some(("pod\u{200b}", "ns\u{7}")));
    let key = || container(WEB);
    scene.seen(
        40,
        0,
        key(),
        &["\u{1b}]0;owned\u{7}", "\u{1b}[2J\u{1b}[H", "a\u{301}\u{301}", "日本語 x", "\u{1f468}\u{200d}\u{1f469}"],
        0,
    );
    scene.fork(41, 40, 0);
    scene.exec(41, "/tmp/\u{202e}gpj.exe\n", &["x\n│ 1 root  ✕ exit 0", "\t", ""]);
    scene.status("dock\u{1b}er", Health::Missing, "gone\r\u{1b}[K");
    scene
}

#[test]
fn hostile_names_are_shown_escaped() {
    both("hostile", hostile, "Down Enter");
}

/// A break-in that went from a container to the host, over a shell in between of which nothing was found itself.
fn attacked(app: &mut App, scene: &Scene) {
    let stage = |name: &str, pid: u32, severity, findings: &[&str]| Stage {
        name: name.to_owned(),
        time: Time(scene.now),
        process: scene.id(pid),
        severity,
        findings: findings.iter().map(|text| (*text).to_owned()).collect(),
        numbers: Vec::new(),
    };
    let stages = vec![
        stage("foothold", 2140, Severity::Medium, &["nginx (2140) of web-1 runs a shell"]),
        stage("command and control", 3002, Severity::Critical, &["sh takes its commands from 198.51.100.7:80", "more"]),
    ];
    let other = vec![stage("credentials", 1811, Severity::Low, &["bash (1811) read /etc/shadow"])];
    let alarm = |id, title: &str, severity, stages| Alarm { id, title: title.to_owned(), severity, stages };
    let list = vec![
        alarm(1, "Shadow file read by ada", Severity::Low, other),
        alarm(2, "Reverse shell in web-1", Severity::Critical, stages),
    ];
    app.prepare();
    let alarms = Alarms::new(list, 3, app.model());
    app.show_alarms(alarms);
}

#[test]
fn the_branch_of_an_incident_stands_out_end_to_end() {
    for size in SIZES {
        let mut scene = Scene::node();
        let mut app = show(&mut scene, size);
        attacked(&mut app, &scene);
        assert_snapshot!(format!("incident_{}x{}", size.0, size.1), frame(&mut app));
        let selected = || Some(crate::app::NodeKey::Process(scene.id(3002)));
        press(&mut app, "i Down Down Enter");
        assert_eq!(app.selected, selected(), "from the stage to its process");
        press(&mut app, "Up");
        assert_ne!(app.selected, selected());
        press(&mut app, "I Enter");
        assert_eq!(
            app.selected,
            Some(crate::app::NodeKey::Process(scene.id(2140))),
            "and from what lies between to the first"
        );
    }
}

#[test]
fn who_belongs_to_an_incident_stays_in_the_tree_when_it_is_dead() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene, SIZES[1]);
    attacked(&mut app, &scene);
    scene.exit(3002, Some(0), None);
    scene.exit(3001, Some(0), None);
    scene.after(3_600_000);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    assert!(frame(&mut app).contains("3002"));
}

fn dying() -> Scene {
    let mut scene = Scene::node();
    scene.exit(2141, Some(0), None);
    scene.after(4_000);
    scene.exit(2311, None, Some(9));
    scene.after(4_000);
    scene.exit(3001, Some(127), None);
    scene.after(500);
    scene
}

#[test]
fn the_dead_fade_and_say_how_they_ended() {
    both("dying", dying, "");
}

/// The styles of a frame: one line per run of cells that look alike.
fn styles(backend: &TestBackend) -> String {
    let buffer = backend.buffer();
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let style = buffer[(x, y)].style();
            let from = x;
            let mut text = String::new();
            while x < buffer.area.width && buffer[(x, y)].style() == style {
                text.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            if !text.trim().is_empty() {
                let (fg, bg) = (style.fg.unwrap_or_default(), style.bg.unwrap_or_default());
                out.push_str(&format!("{y:>2}:{from:<2} {fg} on {bg} {:?} | {}\n", style.add_modifier, text.trim()));
            }
        }
    }
    out
}

#[test]
fn each_theme_looks_as_it_did() {
    for (name, _) in crate::theme::EMBEDDED {
        let theme = Theme::load(name, None).unwrap().theme;
        let mut app = show(&mut dying(), (80, 24));
        app.prepare();
        press(&mut app, "/ n g i n x Enter");
        assert_snapshot!(format!("theme_{name}"), styles(&frame_in(&mut app, &theme)));
    }
}

#[test]
fn without_colours_nothing_that_matters_is_lost() {
    let text = frame_in(&mut show(&mut lossy(), (80, 24)), &Theme::mono()).to_string();
    assert!(text.contains("LOST 1,207") && text.contains("podman ✗"), "{text}");
    let text = frame_in(&mut show(&mut lossy(), (30, 8)), &Theme::mono()).to_string();
    assert!(text.contains("LOST 1,207"), "{text}");
    let text = frame_in(&mut show(&mut dying(), (80, 24)), &Theme::mono()).to_string();
    assert!(text.contains("✕ SIGKILL") && text.contains("✕ exit 127"), "{text}");
}

#[test]
fn a_line_that_is_drawn_is_never_wider_than_its_column() {
    let mut app = show(&mut hostile(), (80, 24));
    app.prepare();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    draw(&mut buffer, &app, &Theme::dark());
    let end = crate::app::Columns::new(80, |_| false).end.0;
    let top = app.layout().tree.unwrap().body.y;
    let processes = app.tree.rows.iter().zip(top..).filter(|(row, _)| matches!(row.key, NodeKey::Process(_)));
    let mut lines = 0;
    for (_, y) in processes {
        assert_eq!(buffer[(end - 1, y)].symbol(), " ", "line {y}");
        lines += 1;
    }
    assert_eq!(lines, 2);
}

/// Any state of the screen: a scene, keys, the mouse and sizes in any order.
fn any_keys() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0usize..400, 0..14)
}

fn all_keys() -> Vec<String> {
    let mut keys: Vec<String> =
        action::ALL.iter().flat_map(|action| action.keys).flat_map(|keys| keys.split(' ')).map(str::to_owned).collect();
    keys.extend(["n", "g", "Backspace", "\u{202e}", "日"].map(str::to_owned));
    keys
}
