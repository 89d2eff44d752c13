//! Nothing that a process wrote gets out of its place in any format.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod picture;
mod redacted;

use proptest::prelude::*;
use pulldown_cmark::{Event as Mark, Options, Parser, Tag};
use serde_json::Value;

use super::*;
use crate::detect::Severity;
use crate::model::Time;

const CLOCK: Clock = Clock { offset: |_| 3_600 };
const START: u64 = 1_795_418_491_000_000_000;

fn at(seconds: u64) -> Time {
    Time(START + seconds * 1_000_000_000)
}

fn actor(number: usize, parent: Option<usize>, place: usize, text: &str) -> Actor {
    Actor {
        key: Key::Process(number),
        pid: 1_000 + u32::try_from(number).unwrap(),
        start_time: at(number as u64),
        role: if parent.is_none() { Role::Ancestor } else { Role::Found },
        parent: parent.map(Key::Process),
        parent_pid: parent.map(|parent| 1_000 + u32::try_from(parent).unwrap()),
        present_parent_pid: None,
        place: Key::Place(place),
        exe: Some(format!("/usr/bin/{text}")),
        argv: vec!["sh".to_owned(), text.to_owned()],
        argv_cut: false,
        cwd: Some(text.to_owned()),
        uid: Some(33),
        euid: Some(33),
        login: None,
        ns_pid: None,
        executed: Some(at(number as u64)),
        before: vec![Ran { time: at(number as u64), exe: text.to_owned(), argv: vec![text.to_owned()] }],
        ended: Some(at(number as u64 + 9)),
        end: Some("exit code 0".to_owned()),
        unlinked: true,
        began_unseen: true,
        doubt: true,
    }
}

fn place(number: usize, text: &str) -> PlaceTold {
    let inside = number > 0;
    PlaceTold {
        key: Key::Place(number),
        kind: if inside { "container" } else { "host" },
        name: text.to_owned(),
        id: inside.then(|| format!("{number:064x}")),
        image: inside.then(|| text.to_owned()),
        runtime: inside.then_some("docker"),
        pod: inside.then(|| text.to_owned()),
        namespace: inside.then(|| text.to_owned()),
    }
}

fn finding(number: usize, process: usize, text: &str) -> FindingTold {
    FindingTold {
        key: Key::Finding(number),
        time: at(10 + number as u64),
        rule: "reverse_shell".to_owned(),
        class: "reverse_shell",
        severity: [Severity::Critical, Severity::High, Severity::Medium][number % 3],
        title: text.to_owned(),
        meaning: "What it means.".to_owned(),
        next: "What to do.".to_owned(),
        mitre: vec!["T1059.004".to_owned()],
        references: vec!["NIST DE.CM-1".to_owned()],
        complete: false,
        failed: true,
        process: Some(Key::Process(process)),
        others: Vec::new(),
        why: vec![EvidenceTold {
            predicate: text.to_owned(),
            time: at(10),
            kind: "exec".into(),
            process: None,
            pid: 1_000,
            text: text.to_owned(),
        }],
    }
}

fn contact(number: usize, process: usize) -> Contact {
    let told = Use {
        process: Key::Process(process),
        direction: ["outbound", "inbound", "listening"][number % 3],
        protocol: "tcp",
        local: None,
        opened: at(3),
        closed: None,
        sent: Some(7),
        received: Some(8),
    };
    let address = format!("203.0.113.{}:4444", number % 250).parse().unwrap();
    Contact { key: Key::Endpoint(number), address, name: None, uses: vec![told] }
}

/// A dossier of processes with these makers and places, all of whose texts are `text`.
fn dossier(tree: &[(Option<usize>, usize)], text: &str) -> Dossier {
    let processes: Vec<Actor> =
        tree.iter().enumerate().map(|(at, (parent, place))| actor(at, *parent, *place, text)).collect();
    let born = processes.iter().filter_map(|it| Some((it.parent?, it.key, EdgeKind::Born, "made")));
    let last = processes.len() - 1;
    let contacts: Vec<Contact> = (0..=last.min(5)).map(|at| contact(at, last - at)).collect();
    let connected = contacts.iter().map(|it| (it.uses[0].process, it.key, EdgeKind::Connection, "connected to"));
    let related = [(Key::Process(0), Key::Process(last), EdgeKind::Relation, "wrote the program of")];
    let edges = born.chain(related).chain(connected);
    let edges: Vec<Edge> = edges.map(|(from, to, kind, text)| Edge { from, to, kind, text }).collect();
    let findings = |stage: usize| -> Vec<FindingTold> {
        (0..=last).filter(|at| at % 3 == stage).map(|at| finding(at, at, text)).collect()
    };
    let stages = ["execution", "escape", "persistence"].into_iter().enumerate();
    let stages =
        stages.map(|(at_, stage)| StageTold { stage: stage.into(), time: at(at_ as u64), findings: findings(at_) });
    let most = tree.iter().map(|(_, place)| *place).max().unwrap_or(0);
    Dossier {
        id: "i7".to_owned(),
        title: text.to_owned(),
        severity: Severity::Critical,
        first: at(0),
        last: at(99),
        complete: false,
        node: NodeFacts { host: text.to_owned(), boot_id: String::new(), booted: at(0) },
        stages: stages.filter(|stage| !stage.findings.is_empty()).collect(),
        places: (0..=most).map(|at| place(at, text)).collect(),
        endpoints: contacts,
        edges,
        files: vec![FileTold { path: text.to_owned(), place: Some(Key::Place(0)), sha256: None }],
        techniques: vec![Technique::of("T1059.004")],
        references: vec!["NIST DE.CM-1".to_owned()],
        next: vec!["What to do.".to_owned()],
        losses: vec![LossTold { kind: "exec", count: 4, from: at(1), to: at(2) }],
        missing: vec![text.to_owned()],
        redacted: false,
        proof: Proof::Recording {
            file: text.to_owned(),
            root: "ab".repeat(32),
            signer: Some(text.to_owned()),
            state: "whole".to_owned(),
        },
        processes,
    }
}

fn small(text: &str) -> Dossier {
    dossier(&[(None, 0), (Some(0), 1), (Some(1), 1), (Some(2), 0)], text)
}

/// Signs and words that mean something to one of the formats, a terminal or a reader.
fn hostile() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(vec![
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\"",
        "'",
        "`",
        "```",
        "``",
        "|",
        "\\|",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "\x1b[2J",
        "\u{202e}",
        "\u{2066}",
        "\u{9b}",
        "\u{200b}",
        "&lt;",
        "&#x3c;b>",
        "]]>",
        "-->",
        "<!--",
        "</style>",
        "</svg>",
        "{{",
        "}}",
        "%%{init: {}}%%",
        "end",
        "subgraph x",
        "\"]",
        "\" -> x; y [label=\"",
        "\\N",
        "\\n",
        "#quot;",
        "[a](javascript:alert(1))",
        "![x](http://h/x.png)",
        "http://h.example/x",
        "www.h.example",
        "# h",
        "- x",
        "1. x",
        "> q",
        "| a | b |",
        "---",
        "===",
        "~~~",
        "*b*",
        "__b__",
        "$x$",
        "a",
        " ",
        "日本語",
        "é",
        "@here",
        "click x href \"y\"",
    ]);
    proptest::collection::vec(prop_oneof![words.prop_map(str::to_owned), any::<String>()], 1..8)
        .prop_map(|parts| parts.concat())
}

/// The signs that make up the format, with what stands between quotes taken out.
fn skeleton(graph: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in graph.lines() {
        let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
        for c in line.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => {
                    quoted = !quoted;
                    out.push('"');
                }
                _ if quoted => {}
                c => out.push(c),
            }
        }
        assert!(!quoted, "a quote that is not closed: {line}");
        lines.push(out);
    }
    lines
}

/// The tags of a page, with the names of their attributes; attributes are all in double quotes.
fn tags(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for part in page.split('<').skip(1) {
        let inner = part.split_once('>').unwrap().0;
        let names: Vec<&str> = inner.split('"').step_by(2).collect();
        tags.push(names.join("\"\""));
    }
    tags
}

/// How Markdown is understood: every mark, without the text.
fn marks(page: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let told = Parser::new_ext(page, options).filter_map(|mark| match mark {
        Mark::Start(Tag::Link { dest_url, .. }) => Some(format!("link {dest_url}")),
        Mark::Start(tag) => Some(format!("{tag:?}")),
        Mark::Html(_) | Mark::InlineHtml(_) => Some("html".to_owned()),
        Mark::Rule => Some("rule".to_owned()),
        _ => None,
    });
    told.collect()
}

fn no_control(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control() && !"\u{202e}\u{2066}\u{200b}\u{2028}".contains(c))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_process_wrote_stays_in_its_place_in_every_format(text in hostile()) {
        // What is empty has no element of its own.
        let text = format!("x{text}x");
        let (plain, told) = (vec![small("xx")], vec![small(&text)]);
        let page = html(&told, CLOCK);
        let drop_text = |tags: Vec<String>| -> Vec<String> {
            // A long text takes more lines in the picture.
            tags.into_iter().filter(|tag| !tag.starts_with("text ") && tag != "/text").collect()
        };
        prop_assert_eq!(drop_text(tags(&page)), drop_text(tags(&html(&plain, CLOCK))));
        prop_assert_eq!(marks(&markdown(&told, CLOCK)), marks(&markdown(&plain, CLOCK)));
        prop_assert_eq!(skeleton(&mermaid(&told)), skeleton(&mermaid(&plain)));
        prop_assert_eq!(skeleton(&dot(&told)), skeleton(&dot(&plain)));
        for written in [page, markdown(&told, CLOCK), mermaid(&told), dot(&told)] {
            prop_assert!(no_control(&written), "{written:?}");
        }
        let line = json(&told).unwrap();
        prop_assert_eq!(line.matches('\n').count(), 1);
        let value: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(&value["processes"][1]["argv"][1], &Value::from(text));
    }

}

#[test]
fn a_page_has_no_script_and_asks_for_nothing() {
    let page = html(&[small("x"), small("y")], CLOCK);
    assert!(page.contains("default-src 'none'"));
    for part in ["<script", "<link", "<img", "<iframe", "@import", "url(h", "src=", "javascript:"] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn a_report_of_nothing_says_so() {
    assert!(markdown(&[], CLOCK).contains("No incident was found"));
    assert!(html(&[], CLOCK).contains("No incident was found"));
    assert_eq!(json(&[]).unwrap(), "");
    assert!(mermaid(&[]).starts_with("flowchart TB\n"));
    assert!(dot(&[]).ends_with("}\n"));
}

#[test]
fn every_format_of_a_small_incident_is_as_it_was() {
    let told = [small("a|b <c> `d` \"e\"")];
    insta::assert_snapshot!("small_markdown", markdown(&told, CLOCK));
    insta::assert_snapshot!("small_mermaid", mermaid(&told));
    insta::assert_snapshot!("small_dot", dot(&told));
    insta::assert_snapshot!("small_json", json(&told).unwrap());
}

#[test]
fn how_to_verify_depends_on_what_it_was_read_from() {
    let mut told = small("rec.kt");
    assert!(markdown(&[told.clone()], CLOCK).contains("`ktrace-tui verify rec.kt`"));
    told.proof = Proof::Import;
    assert!(markdown(&[told.clone()], CLOCK).contains("They carry no proof of their own"));
    told.proof =
        Proof::Recording { file: "my rec".to_owned(), root: String::new(), signer: None, state: String::new() };
    assert_eq!(told.proof.command().as_deref(), Some("ktrace-tui verify 'my rec'"));
}

#[test]
fn hashes_that_are_handed_in_stand_beside_their_paths() {
    let mut told = small("/tmp/x");
    told.hashed(&[("/tmp/x".to_owned(), "cd".repeat(32))].into());
    assert!(html(&[told.clone()], CLOCK).contains(&"cd".repeat(32)));
    assert!(markdown(&[told], CLOCK).contains(&"cd".repeat(32)));
}
