//! The table `Rooms` of docs/ARCHITECTURE.md, and what is against it.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Module, Reference};

/// Each row names a place, what it holds, and, in backticks, what it may use.
pub(crate) struct Plan {
    rooms: BTreeMap<String, Room>,
}

#[derive(Default)]
struct Room {
    pure: bool,
    everything: bool,
    may_use: BTreeSet<String>,
}

/// What a pure room must not name: files, clocks, sockets, processes, the terminal.
const IMPURE_STD: [&str; 6] = ["env", "fs", "io", "os", "process", "thread"];
const IMPURE: [&str; 10] = [
    "Instant",
    "SystemTime",
    "TcpListener",
    "TcpStream",
    "ToSocketAddrs",
    "UdpSocket",
    "eprint",
    "eprintln",
    "print",
    "println",
];

impl Plan {
    /// Reads the table under the heading `Rooms`: `| place | holds | may use |`. A room whose second cell says that
    /// it is pure is; one whose last cell is `all` may use everything.
    pub(crate) fn read(document: &str) -> Result<Plan, String> {
        let mut rooms = BTreeMap::new();
        for line in rows(document, "Rooms") {
            // `\|` is a bar inside a cell.
            let line = line.replace("\\|", "");
            let cells: Vec<_> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
            let [places, holds, uses] = cells[..] else {
                return Err(format!("not three cells in a row of `Rooms`: {line}"));
            };
            for place in quoted(places) {
                // The other rows are of crates of their own, which their manifests hold to the plan.
                let Some(name) = place.strip_prefix("tui/src/") else { continue };
                let name = name.trim_end_matches('/').trim_end_matches(".rs");
                let room = Room {
                    pure: holds.contains("Pure"),
                    everything: uses == "`all`",
                    may_use: quoted(uses).map(|name| name.replace('-', "_")).collect(),
                };
                rooms.insert(name.to_owned(), room);
            }
        }
        if rooms.is_empty() { Err("no table under a heading `Rooms`".to_owned()) } else { Ok(Plan { rooms }) }
    }

    pub(crate) fn rooms(&self) -> impl Iterator<Item = &str> {
        self.rooms.keys().map(String::as_str)
    }

    /// What `module` refers to against the plan, a line for each.
    pub(crate) fn breaches(&self, module: &Module, dependencies: &BTreeSet<String>) -> Vec<String> {
        let Some(name) = module.path.first() else { return Vec::new() };
        // A room that the plan does not name may use nothing.
        let none = Room::default();
        let room = self.rooms.get(name).unwrap_or(&none);
        let mut wrong = Vec::new();
        for Reference { line, to } in module.references(dependencies) {
            if !(room.everything || to == *name || room.may_use.contains(&to)) {
                wrong.push(format!("tui/src/{}:{line}: `{name}` may not use `{to}`", module.file));
            }
        }
        if room.pure {
            for Reference { line, to } in module.names(&IMPURE_STD, &IMPURE) {
                wrong.push(format!("tui/src/{}:{line}: `{name}` is pure and may not use `{to}`", module.file));
            }
        }
        wrong
    }

    /// What the plan allows and nobody needs, as `room -> what`.
    pub(crate) fn idle(&self, modules: &[Module], dependencies: &BTreeSet<String>) -> Vec<String> {
        let mut idle = Vec::new();
        for (name, room) in self.rooms.iter().filter(|(_, room)| !room.everything) {
            let of_room = modules.iter().filter(|module| module.path.first() == Some(name));
            let used: BTreeSet<_> =
                of_room.flat_map(|module| module.references(dependencies)).map(|to| to.to).collect();
            idle.extend(room.may_use.difference(&used).map(|unused| format!("{name} -> {unused}")));
        }
        idle
    }
}

/// The rows of the table under a heading, without its head.
fn rows<'a>(document: &'a str, heading: &'a str) -> impl Iterator<Item = &'a str> {
    let section = document.lines().skip_while(move |line| line.trim_start_matches('#').trim() != heading);
    section.skip(1).take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with('|')).skip(2)
}

/// What stands in backticks in the first column of the table under a heading.
pub(crate) fn first_cells(document: &str, heading: &str) -> BTreeSet<String> {
    let firsts = rows(document, heading).filter_map(|row| row.split('|').nth(1));
    firsts.flat_map(quoted).map(str::to_owned).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

const DOCUMENT: &str = "# A\n| `tui/src/wrong/` | x | y |\n## Rooms\nWords.\n\n| place | holds | may use |\n| --- | --- | --- |\n\
    | `probes/` | x | `anything` |\n| `tui/src/pure/` | x. Pure | `petgraph` |\n\
    | `tui/src/a/`, `tui/src/b.rs` | a \\| b | `pure`, `futures-util` |\n| `tui/src/top.rs` | x | `all` |\n## Next\n\
    | `tui/src/late/` | x | y |\n";

fn breaches(file: &str, code: &str) -> Vec<String> {
    let dependencies = ["petgraph", "futures_util", "tokio"].map(str::to_owned).into();
    let module = Module::read(std::path::Path::new(file), code);
    Plan::read(DOCUMENT).expect("a plan").breaches(&module, &dependencies)
}

#[test]
fn the_table_is_read_from_its_section_only() {
    let plan = Plan::read(DOCUMENT).expect("a plan");
    assert_eq!(plan.rooms().collect::<Vec<_>>(), ["a", "b", "pure", "top"]);
    assert!(Plan::read("# Nothing").is_err());
    assert!(Plan::read("# Rooms\n| a | b | c |\n| - | - | - |\n| `tui/src/x/` | y |").is_err());
}

#[test]
fn what_the_plan_allows_is_no_breach() {
    assert!(breaches("a/x.rs", "use crate::pure::X; use futures_util::Y; use crate::a::Z; use super::W;").is_empty());
    assert!(breaches("top.rs", "use crate::a::X; fn f() { tokio::spawn(std::fs::read()) }").is_empty());
    assert!(breaches("pure/x.rs", "use std::net::SocketAddr; use std::time::Duration; use petgraph::X;").is_empty());
}

#[test]
fn each_way_to_another_room_or_crate_is_seen() {
    for code in [
        "use crate::top::X;",
        "use crate::{pure::X, top::{Y, Z}};",
        "fn f() -> crate::top::X {}",
        "use super::super::top::X;",
        "mod inner { use super::super::super::top::X; }",
        "use super::super::{pure::X, top};",
    ] {
        assert_eq!(breaches("a/x.rs", code), ["tui/src/a/x.rs:1: `a` may not use `top`"], "{code}");
    }
    for code in
        ["use tokio::net;", "use tokio as t;", "use ::tokio::net;", "#[tokio::main] fn f() {}", "type X = tokio::Y;"]
    {
        assert_eq!(breaches("a/x.rs", code), ["tui/src/a/x.rs:1: `a` may not use `tokio`"], "{code}");
    }
    assert_eq!(breaches("new.rs", "use crate::a::X;").len(), 1, "a room that the plan does not name");
}

#[test]
fn a_pure_room_has_no_clock_no_files_no_sockets() {
    for (code, what) in [
        ("use std::time::{Duration, Instant};", "Instant"),
        ("use std::fs;", "std::fs"),
        ("use std::{collections::BTreeMap, io::Read};", "std::io"),
        ("fn f() { std::env::var(\"A\"); }", "std::env"),
        ("fn f() { std::net::TcpStream::connect(); }", "TcpStream"),
        ("fn f() { println!(\"a\"); }", "println"),
    ] {
        assert_eq!(
            breaches("pure/x.rs", code),
            [format!("tui/src/pure/x.rs:1: `pure` is pure and may not use `{what}`")]
        );
    }
}

#[test]
fn tests_comments_and_texts_are_not_held_to_the_plan() {
    for code in [
        "// use crate::top::X;\n/* tokio::x /* tokio::y */ tokio::z */",
        "const A: &str = \"tokio::x \\\" tokio::y\"; const B: &str = r#\"tokio::x\" tokio::z\"#; const C: char = '\"';",
        "#[cfg(test)]\nmod tests { use crate::top::X; use tokio::y; }",
        "#[cfg(test)]\n#[expect(x)]\nuse crate::{top::X, top::Y};",
    ] {
        assert_eq!(breaches("a/x.rs", code), [] as [String; 0], "{code}");
    }
    let after = "#[cfg(test)]\nuse crate::top::X;\nfn f<'a>() { '\\''; tokio::x }";
    assert_eq!(breaches("a/x.rs", after), ["tui/src/a/x.rs:3: `a` may not use `tokio`"]);
}
