//! The two questions before something is done to what runs.

use insta::assert_snapshot;

use super::*;
use crate::app::Allowed;

/// A branch in a container is asked about.
fn asked((width, height): (u16, u16)) -> App {
    let mut scene = Scene::node();
    let allowed = Some(Allowed { own: Vec::new(), who: "ada (login uid 1000)".into() });
    let settings = Settings { allowed, help: action::help(&Keymap::default()), ..Settings::default() };
    let mut app = App::new(settings, width, height);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
    app.selected = Some(NodeKey::Process(scene.id(3_001)));
    press(&mut app, "K k Tab");
    app
}

#[test]
fn it_says_what_would_be_done_to_whom_and_then_wants_the_word() {
    for (width, height) in SIZES {
        let mut app = asked((width, height));
        assert_snapshot!(format!("containing_first_{width}x{height}"), frame(&mut app));
        press(&mut app, "Enter k i l Enter");
        assert_snapshot!(format!("containing_second_{width}x{height}"), frame(&mut app));
    }
}

#[test]
fn however_small_the_screen_is_the_answer_that_is_wanted_is_in_sight() {
    let mut app = asked((40, 8));
    press(&mut app, "Enter");
    assert!(frame(&mut app).contains("type kill"), "{}", frame(&mut app));
}
