//! Whatever anybody wrote, the grid holds: no cell has more than its place, and none a character that a terminal obeys.

use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::app::View;
use crate::app::scene::{DB, service};

/// Text as people and attackers write it: wide, right to left, joined, combined, obeyed by terminals, or none at all.
pub(super) fn text() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "日本語",
        "한국어",
        "ﾊﾝｶｸ",
        "שלום",
        "مرحبا",
        "\u{202e}",
        "\u{2066}x\u{2069}",
        "\u{200f}",
        "e\u{301}",
        "\u{301}\u{301}\u{301}",
        "👩\u{200d}👩\u{200d}👧",
        "👍🏽",
        "🇩🇪",
        "❤\u{fe0f}",
        "\u{1f3fb}",
        "ＦＵＬＬ",
        "\u{ad}",
        "\u{200b}",
        "\u{feff}",
        "\u{2028}",
        "\u{1b}[2J",
        "\u{1b}]52;c;AAAA\u{7}",
        "\u{9b}31m",
        "\r\n\t\u{8}",
        "\u{0}",
        "\u{e000}",
        "\u{10ffff}",
        "ௌ",
        "नी",
        "ก็",
        "\u{115f}\u{1160}",
        "│┃╭",
        "plain",
        " ",
        "'\"\\",
    ];
    let piece = prop_oneof![
        3 => proptest::sample::select(ODD).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[ -~]{0,12}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A node on which everything that can have a name has one of these.
fn named(texts: &[String]) -> Scene {
    let name = |at: usize| texts[at % texts.len()].as_str();
    let mut scene = Scene::node();
    scene.container(WEB, name(0), name(1), Some((name(2), name(3))));
    scene.container(DB, name(3), name(2), None);
    for at in 0..texts.len() {
        let pid = 5_000 + at as u32;
        scene.fork(pid, [2_101, 2_300, 1_811][at % 3], 0);
        scene.exec(pid, name(at), &[name(at), name(at + 1), name(at + 2)]);
        scene.connect(pid, "172.17.0.2:1", "203.0.113.7:2", crate::model::Direction::Outbound);
    }
    scene.seen(6_000, 1, service(name(1)), &[name(0)], 0);
    scene.status(name(2), Health::Degraded, name(3));
    scene
}

fn alarmed(app: &mut App, scene: &Scene, texts: &[String]) {
    let stage = |pid: u32, at: usize| Stage {
        name: texts[at % texts.len()].clone(),
        time: Time(scene.now),
        process: scene.id(pid),
        severity: Severity::High,
        findings: texts.to_vec(),
        numbers: Vec::new(),
    };
    let stages = vec![stage(2_140, 0), stage(3_001, 1), stage(3_002, 2)];
    let alarm = Alarm { id: 7, title: texts[0].clone(), severity: Severity::High, stages };
    let alarms = Alarms::new(vec![alarm], 0, app.model());
    app.show_alarms(alarms);
}

/// Each line of cells is as wide as the screen, whatever the symbols take.
pub(super) fn holds(buffer: &Buffer) -> Result<(), TestCaseError> {
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            let cells = symbol.width();
            prop_assert!((1..=2).contains(&cells), "line {y}, cell {x}: {symbol:?} takes {cells}");
            prop_assert!(x + cells as u16 <= buffer.area.width, "line {y}, cell {x}: {symbol:?} leaves the screen");
            for c in symbol.chars() {
                let obeyed = c.is_control()
                    || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
                prop_assert!(!obeyed, "line {y}, cell {x}: {symbol:?}");
            }
            x += cells as u16;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_breaks_the_grid_or_tells_the_terminal_what_to_do(
        texts in proptest::collection::vec(text(), 4..7), width in 1u16..=200, height in 1u16..=50,
        typed in text(), tab in 0usize..6,
    ) {
        let mut scene = named(&texts);
        let mut app = show(&mut scene, (width, height));
        alarmed(&mut app, &scene, &texts);
        let theme = Theme::dark();
        let look = |app: &mut App| {
            app.prepare();
            let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
            app.update(Message::Drawn(draw(&mut buffer, app, &theme)));
            holds(&buffer)
        };
        for view in View::ALL {
            app.show_view(view);
            look(&mut app)?;
        }
        app.show_view(View::Tree);
        app.selected = Some(NodeKey::Process(scene.id(5_000)));
        app.open_detail();
        for _ in 0..=tab {
            look(&mut app)?;
            press(&mut app, ".");
        }
        for opens in ["/", "&", ":", "B", "?", "y", "m"] {
            press(&mut app, "Esc Esc");
            press(&mut app, opens);
            match opens {
                ":" => app.type_palette(Some(&typed)),
                "B" => app.type_prompt(Some(&typed)),
                "m" => app.type_reason(Some(&typed)),
                "/" | "&" => app.type_line(&typed),
                _ => {}
            }
            look(&mut app)?;
            press(&mut app, "Esc");
        }
    }
}
