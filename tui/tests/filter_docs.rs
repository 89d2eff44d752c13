//! docs/FILTER.md is what the table of fields says, and every example in it is understood.
//!
//! `KTRACE_WRITE_DOCS=1 cargo test --test filter_docs` writes the page anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;

use ktrace_tui::model::Time;
use ktrace_tui::model::filter::{About, Anchor, Field, Filter, Type};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/FILTER.md");

const BEGIN: &str = r#"# Filters

One language for everything that asks: search and filter on the screen, `hunt`, `events --filter`, `watch --filter` and
exceptions in the configuration file. This page is generated (`KTRACE_WRITE_DOCS=1 cargo test --test filter_docs`).

```
curl                                          a word: it occurs in what people see of an event or a process
"token=secret"                                words with signs or blanks in quotes
exe = /usr/bin/nc                             a field is this; `*` stands for anything: exe = */nc
exe ~ "(nc|ncat|socat)$"                      a regular expression finds something in it
uid = 0 and not container = host              and, or, not, parentheses; also &&, ||, !
pid = 100..200    port in (22, 2222)          ranges and lists
sent > 1000000    severity >= high            more and less
kind = connect and not address = 10.0.0.0/8   addresses and networks
time = 12:03      time > 2026-11-23T12:03:10  moments: 12:03 is a minute long; -5m is that much before the end
under 4711        under name = nginx          whatever descends from a process, and itself
within container web                          whatever is in the same container
within (name = sshd)                          whatever is in the same container or service as one that fulfils this
```

What is asked is looked for in this way:

- Two conditions side by side are joined by `and`, which binds closer than `or`; `not` binds closest.
- A word is looked for in program, arguments, working directory, container (id, name, image, pod, namespace), service,
  the file and the ends of the connection that an event is about, and, of findings, in rule, class and title, whatever
  the case. Of pids the beginning is enough.
- A field that something does not have fulfils nothing: `sent < 5` holds for connections alone. `!=` and `!~` say the
  opposite of `=` and `~`, so `sent != 5` holds for everything that is no connection, too.
- Texts are compared with their case. Bytes that are not UTF-8 are written as they are shown, like `\xff`.
- Moments without an offset are UTC on the command line, as what is printed there is, and local on the screen. A time of
  day is of the last day of a recording, or of today.
- What is wrong is pointed at:

```
uid = 0 and exee = /bin/sh
            ^^^^ there is no field `exee`; did you mean `exe`?
```

Of a recording its tables are asked (docs/RECORDING.md), where indices have pids, programs, paths, addresses, ports,
containers and the texts of arguments. There, a process is under or within what another one ran at any time of its life.

## On the screen

`/` searches: `n` and `N` go from one that fulfils it to the next. A single word is looked for in what a line of the tree
stands for: pid, program, arguments and remote addresses of a process; the names of a container or service. `&` filters:
only who fulfils it stays in the tree, and, faint, those that they hang under; only the events that fulfil it stay in the
stream. Both hold as they are typed, at every moment of the past, too; what cannot be understood yet changes nothing, and
is named below. `Tab` completes fields and values, `Up` and `Down` bring back what was typed before, `Esc` gives back what
was there. A filter that is in force stands below the first line, with what it leaves; `Esc`, or an empty one, takes it
away.

## In exceptions

`where = 'EXPR'` in an `[[exception]]` of the configuration file mutes the findings that fulfil it, or whose process does,
beside what else the exception says. `kind`, `path`, `failed`, `error` and `incident` are nothing that these have, and a
moment needs a day and an offset: what else would mute nothing, in silence, is refused.
"#;

fn page() -> String {
    let mut page = BEGIN.to_owned();
    for (about, title) in [
        (About::Process, "Fields of processes"),
        (About::Container, "Fields of their containers and services"),
        (About::Event, "Fields of events"),
        (About::Finding, "Fields of findings"),
    ] {
        write!(page, "\n## {title}\n\n| field | values | what it says |\n| --- | --- | --- |\n").unwrap();
        for field in Field::ALL.iter().filter(|field| field.about() == about) {
            let values = match field.kind() {
                Type::Text => "text".to_owned(),
                Type::Number => "number".to_owned(),
                Type::Time => "moment".to_owned(),
                Type::Address => "address or network".to_owned(),
                Type::Flag => "`yes`, `no`".to_owned(),
                Type::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
                Type::Severity => "`info`, `low`, `medium`, `high`, `critical`".to_owned(),
            };
            writeln!(page, "| `{}` | {values} | {} |", field.name(), field.doc().replace('|', "\\|")).unwrap();
        }
    }
    page.push_str(
        "\nOf a process alone, the fields of events tell what it has of the kind: its connections, its end.\n",
    );
    page
}

#[test]
fn the_page_is_what_the_code_says() {
    if std::env::var_os("KTRACE_WRITE_DOCS").is_some() {
        std::fs::write(DOCUMENT, page()).unwrap();
    }
    let written = std::fs::read_to_string(DOCUMENT).unwrap();
    assert!(written == page(), "docs/FILTER.md is old: KTRACE_WRITE_DOCS=1 cargo test --test filter_docs");
}

#[test]
fn every_example_is_understood() {
    let examples = BEGIN.split("```\n").nth(1).unwrap();
    let anchor = Anchor { now: Time(1_795_435_200_000_000_000), offset: 0 };
    let mut count = 0;
    for line in examples.lines() {
        // Examples stand apart by four blanks, and the last of a line is what they say.
        let parts: Vec<&str> = line.split("   ").map(str::trim).filter(|part| !part.is_empty()).collect();
        assert!(parts.len() >= 2, "{line}");
        for example in &parts[..parts.len() - 1] {
            Filter::parse(example, anchor).unwrap_or_else(|error| panic!("{}", error.pointed(example)));
            count += 1;
        }
    }
    assert!(count > 12);
    let wrong = BEGIN.split("```\n").nth(3).unwrap();
    let error = Filter::parse(wrong.lines().next().unwrap(), anchor).unwrap_err();
    assert_eq!(error.pointed(wrong.lines().next().unwrap()), wrong.trim_end());
}
