//! No state of the screen makes it panic, and no name leaves its columns.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_size_and_no_state_makes_it_panic_or_draws_a_control_character(
        width in 0u16..=400, height in 0u16..=120, other in (0u16..=250, 0u16..=80),
        scene in 0usize..5, keys in any_keys(), mouse in (0u16..=255, 0u16..=90, any::<bool>()),
    ) {
        let mut scene = [Scene::boot, Scene::node, lossy, hostile, dying][scene]();
        let mut app = show(&mut scene, (width, height));
        let all = all_keys();
        let theme = Theme::dark();
        for key in keys {
            app.prepare();
            let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
            let measure = draw(&mut buffer, &app, &theme);
            app.update(Message::Drawn(measure));
            for cell in &buffer.content {
                prop_assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
            }
            press(&mut app, &all[key % all.len()]);
            app.update(Message::Click(mouse.0, mouse.1));
            app.update(Message::Wheel { x: mouse.0, y: mouse.1, down: mouse.2 });
            if key % 5 == 0 {
                app.update(Message::Resize(other.0, other.1));
            }
        }
        app.prepare();
        // The terminal may have shrunk since.
        draw(&mut Buffer::empty(Rect::new(0, 0, width / 2, height / 2)), &app, &theme);
        draw(&mut Buffer::empty(Rect::new(0, 0, 1, 1)), &app, &theme);
    }

    #[test]
    fn whatever_a_process_is_called_its_line_keeps_to_its_columns(name: String, bytes: Vec<u8>, width in 0u16..=120) {
        let mut scene = Scene::boot();
        let lossy = String::from_utf8_lossy(&bytes).into_owned();
        scene.seen(40, 0, container(WEB), &[&name, &lossy, &name], 0);
        scene.container(WEB, &name, &lossy, Some((&name, &lossy)));
        scene.now = NOON;
        let mut app = show(&mut scene, (width, 10));
        app.prepare();
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, 10));
        draw(&mut buffer, &app, &Theme::mono());
        for cell in &buffer.content {
            prop_assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
        }
        let end = crate::app::Columns::new(width, |_| false).end;
        if end.1 > 0 {
            prop_assert_eq!(buffer[(end.0 - 1, 3)].symbol(), " ");
        }
    }
}
