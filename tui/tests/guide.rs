//! docs/GUIDE.md: its table of keys is what the actions say, it names every view and tab, and what it shows is there.
//!
//! `KTRACE_WRITE_DOCS=1 cargo test --test guide` writes the table anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;
use std::path::Path;

use ktrace_tui::action::ALL;
use ktrace_tui::app::{Tab, View};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/GUIDE.md");
const BEGIN: &str = "<!-- written by: KTRACE_WRITE_DOCS=1 cargo test --test guide -->\n";
const END: &str = "<!-- end -->";

/// As a cell of a table: bars and backticks would end something.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{}`", cell(text)) }
}

fn table() -> String {
    let mut table = String::new();
    for (at, action) in ALL.iter().enumerate() {
        if action.block || at == 0 {
            // What belongs together stands together, as in the help.
            table.push_str("\n| action | keys | does |\n| --- | --- | --- |\n");
        }
        let keys: Vec<_> = action.keys.iter().map(|keys| code(keys)).collect();
        writeln!(table, "| `{}` | {} | {} |", action.name, keys.join(", "), cell(action.does)).unwrap();
    }
    table.push('\n');
    table
}

fn document() -> String {
    std::fs::read_to_string(DOCUMENT).unwrap()
}

#[test]
fn the_table_of_keys_is_what_the_actions_say() {
    let (before, rest) = document().split_once(BEGIN).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("KTRACE_WRITE_DOCS").is_some() {
        std::fs::write(DOCUMENT, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    } else {
        assert!(written == table(), "docs/GUIDE.md is old: KTRACE_WRITE_DOCS=1 cargo test --test guide");
    }
}

#[test]
fn every_view_and_every_tab_is_told_of() {
    let guide = document();
    for (at, view) in View::ALL.iter().enumerate() {
        assert!(guide.contains(&format!("| `{}` | {} | ", at + 1, view.name())), "{}", view.name());
    }
    for tab in Tab::ALL {
        assert!(guide.contains(&format!("| {} | ", tab.name())), "{}", tab.name());
    }
}

#[test]
fn every_picture_and_page_that_the_guide_and_the_readme_lead_to_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pictures = 0;
    for (page, folder) in [("README.md", ""), ("docs/GUIDE.md", "docs")] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            pictures += usize::from(file.ends_with(".svg"));
            assert!(root.join(folder).join(file).exists(), "{page} leads to {link}");
        }
    }
    assert!(pictures >= 6, "{pictures}");
}
