//! The audit, drawn: containers of which the kernel and the runtime tell.

use std::fmt::Write as _;

use insta::assert_snapshot;

use super::every::text;
use super::*;
use crate::app::View;
use crate::app::scene::DB;
use crate::model::{Allowed, Event, HostMount, NsKind, Posture, Seccomp, Witness, capability};

/// What Docker gives to a container that asks for nothing.
fn ordinary() -> Allowed {
    Allowed {
        privileged: Some(false),
        bounding: Some(0xa804_25fb),
        seccomp: Some(Seccomp::Filter),
        no_new_privs: Some(false),
        uid: Some(0),
        root_is: Some(0),
        shared: [Some(false), Some(false), Some(false), Some(false), Some(false), None, Some(true), None],
        read_only: Some(true),
        masked: Some(true),
        mounts: Some(Vec::new()),
        devices: Some(Vec::new()),
        ..Allowed::default()
    }
}

/// The web server shares the processes of the node, has its runtime's socket under a name that somebody chose, and made
/// its image writable; the database is as Docker makes it.
fn scene() -> Scene {
    let mut scene = Scene::node();
    let socket = HostMount { source: "/run/docker.sock".into(), target: "/x\u{1b}[31m".into(), writable: true };
    let mut web = Allowed { mounts: Some(vec![socket]), ..ordinary() };
    web.bounding = web.bounding.map(|caps| caps | capability("SYS_ADMIN"));
    web.set_shared(NsKind::Pid, Some(true));
    let real = Allowed { read_only: Some(false), ..web.clone() };
    let told = [
        (WEB, Witness::Proc, real),
        (WEB, Witness::Docker, web),
        (DB, Witness::Proc, ordinary()),
        (DB, Witness::Docker, ordinary()),
    ];
    for (id, witness, allowed) in told {
        let (time, container) = (Time(scene.now), id.into());
        scene.events.push(Event::Posture(Box::new(Posture { time, container, witness, process: None, allowed })));
    }
    scene
}

#[test]
fn the_audit_says_what_is_wrong_with_whom_and_where_witnesses_differ() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut app = show(&mut scene(), size);
        app.show_view(View::Audit);
        assert_snapshot!(format!("audit_{}x{}", size.0, size.1), frame(&mut app));
        press(&mut app, "Down Down d");
        assert_snapshot!(format!("audit_detail_{}x{}", size.0, size.1), frame(&mut app));
    }
}

#[test]
fn the_audit_is_told_apart_in_every_theme() {
    for (name, _) in crate::theme::EMBEDDED {
        let theme = Theme::load(name, None).unwrap().theme;
        let (mut letters, mut out) = (std::collections::BTreeMap::new(), String::new());
        for size in [(80, 24), (120, 40), (200, 50)] {
            let mut app = show(&mut scene(), size);
            app.show_view(View::Audit);
            writeln!(out, "{}x{}", size.0, size.1).unwrap();
            out.push_str(&super::every::looks(frame_in(&mut app, &theme).buffer(), &mut letters));
        }
        out.push_str(&super::every::legend(letters));
        assert_snapshot!(format!("audit_{name}"), out);
    }
}

#[test]
fn enter_goes_to_the_container_and_back_comes_back() {
    let mut app = show(&mut scene(), (120, 40));
    app.show_view(View::Audit);
    app.prepare();
    press(&mut app, "Down Enter");
    assert_eq!((app.view, app.selected.clone()), (View::Tree, Some(NodeKey::Group(container(WEB)))));
    press(&mut app, "Backspace");
    assert_eq!(app.view, View::Audit);
    assert_eq!(app.tables.audit.cursor(), 1, "where it was");
}

#[test]
fn nothing_that_was_written_by_others_reaches_the_terminal_raw() {
    let mut app = show(&mut scene(), (200, 50));
    app.show_view(View::Audit);
    let drawn = text(frame_in(&mut app, &Theme::dark()).buffer());
    assert!(drawn.contains("/run/docker.sock at /x") && !drawn.contains('\u{1b}'), "{drawn}");
}

#[test]
fn rows_are_ordered_by_what_the_user_wants() {
    let mut app = show(&mut scene(), (120, 40));
    app.show_view(View::Audit);
    app.prepare();
    let first = |app: &App| app.tables.audit.rows.first().map(|row| row.name.clone());
    assert_eq!(first(&app).as_deref(), Some("web-1"));
    app.sort_on();
    assert_eq!((app.sorted_by(), first(&app).as_deref()), (Some(("CONTAINER", false)), Some("db-1")));
    app.sort_reversed();
    assert_eq!(first(&app).as_deref(), Some("web-1"));
}
