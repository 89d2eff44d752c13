//! Whatever is typed, nothing breaks, and who is shown fulfils it.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// Texts as they are typed: any, and such as are nearly right.
fn texts() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "uid",
        "=",
        "101",
        "0",
        "(",
        ")",
        "and",
        "or",
        "not",
        "under",
        "within",
        "container",
        "web-1",
        "~",
        "\"",
        "c",
        "pid",
        "3001",
        "alive",
        "no",
        "kind",
        "exec",
        ",",
        "in",
        "curl",
        "\u{202e}",
        "日",
        "\\",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(words, 0..12).prop_map(|words| words.join(" "))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_typed_text_panics(texts in prop::collection::vec((texts(), 0u8..7), 1..8), search: bool) {
        let mut app = show(&mut Scene::node());
        if search { app.start_search() } else { app.start_filter() }
        for (text, what) in texts {
            match what {
                0 => app.complete_line(false),
                1 => app.complete_line(true),
                2 => app.recall_line(true),
                3 => app.recall_line(false),
                4 => app.erase_line(),
                5 => app.accept_line(),
                _ => app.clear_line(),
            }
            if !app.typing() {
                if search { app.start_search() } else { app.start_filter() }
            }
            for c in text.chars() {
                app.type_line(c.encode_utf8(&mut [0; 4]));
                app.prepare();
            }
        }
        app.end_line();
        app.prepare();
    }

    #[test]
    fn exactly_who_fulfils_it_and_their_ancestors_are_shown(text in texts(), dead in prop::collection::vec(0usize..6, 0..4)) {
        let mut scene = Scene::node();
        for at in dead {
            scene.exit([2140, 2141, 3001, 3002, 544, 1804][at], Some(0), None);
            scene.after(6_000);
        }
        let mut app = show(&mut scene);
        let all: HashSet<ProcessId> = app.model().processes().map(|process| process.id).collect();
        let lingers = |app: &App, id: ProcessId| {
            let process = app.model().process(id).unwrap();
            process.exit.is_none_or(|(ended, _)| app.now().since(ended) < app.settings().linger)
        };
        let Ok(Some(filter)) = Filter::parse(&text, Anchor::default()) else { return Ok(()) };
        app.selected = None;
        kept(&mut app, &text);
        let model = app.model();
        let fulfils = |id: ProcessId| filter.process(model.process(id).unwrap(), model);
        let mut wanted: HashSet<NodeKey> = HashSet::new();
        for id in all.into_iter().filter(|id| fulfils(*id) && lingers(&app, *id)) {
            let mut key = Some(NodeKey::Process(id));
            while let Some(above) = key {
                key = above.parent(model);
                wanted.insert(above);
            }
        }
        let shown: HashSet<NodeKey> = app.tree.rows.iter().map(|row| row.key.clone()).collect();
        prop_assert_eq!(shown, wanted);
        for row in &app.tree.rows {
            if let NodeKey::Process(id) = row.key {
                prop_assert_eq!(row.aside, !fulfils(id));
            }
        }
    }
}
