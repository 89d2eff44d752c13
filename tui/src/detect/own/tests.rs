//! Rules of one's own: how they are read, when they hold, what they count, and that no text makes the reader stumble.

use std::sync::Arc;

use super::*;
use crate::detect::testkit::{Node, WEB, id, inside, writing};
use crate::detect::{Exception, Severity};
use crate::model::{Direction, NetOp};

/// A set of rules out of one file.
fn set(file: &str, text: &str) -> RuleSet {
    let outcomes = read_rules(file, text);
    RuleSet::of([(file, outcomes.as_slice())])
}

/// The one rule that `lines` say, beside a name, a class, a severity and a title.
fn rule(lines: &str) -> String {
    let head = "[[rule]]\nid = 'own'\nclass = 'recon'\nseverity = 'medium'\ntitle = '{name} did it'\n";
    format!("{head}{lines}\n")
}

/// Rules that are right.
fn right(text: &str) -> Arc<RuleSet> {
    let set = set("a.toml", text);
    assert_eq!(set.broken(), []);
    Arc::new(set)
}

/// The place and the message of the one thing that is wrong.
fn wrong(text: &str) -> (usize, usize, String) {
    let set = set("a.toml", text);
    assert_eq!(set.rules().len(), 0);
    let [broken] = set.broken() else { panic!("{:?}", set.broken()) };
    let (fault, pointed) = (&broken.fault, broken.fault.pointed("a.toml", text));
    assert!(pointed.starts_with(&format!("a.toml:{}:{}: ", fault.line, fault.column)), "{pointed}");
    (fault.line, fault.column, fault.message.clone())
}

fn node(text: &str) -> Node {
    let mut node = Node::web().only(&["own", "other"]);
    node.detector.renew(right(text));
    node
}

/// The titles of what was found since the last time.
fn titles(node: &mut Node) -> Vec<String> {
    node.found.drain(..).map(|finding| finding.title).collect()
}

#[test]
fn a_condition_is_asked_on_its_kinds_and_told_once_of_a_process() {
    let mut node = node(&rule("when = 'kind = exec and name = nmap and within container web-1'"));
    node.run(200, 110, "/usr/bin/nmap -sS 10.0.0.0/8");
    assert_eq!(titles(&mut node), ["nmap did it"]);
    node.exec(200, "/usr/bin/nmap again");
    node.connects(200, "10.0.0.1:22");
    assert_eq!(titles(&mut node), [""; 0]);
    node.run(201, 20, "/usr/bin/nmap of the host");
    assert_eq!(titles(&mut node), [""; 0]);
    node.run(202, 110, "/usr/bin/nmap another");
    assert_eq!(titles(&mut node), ["nmap did it"]);
}

#[test]
fn a_finding_of_it_is_like_any_other() {
    let mut node =
        node(&rule("when = 'kind = connect and remote = 10.0.0.0/8 and under name = sh'\nmitre = ['T1046']"));
    node.run(200, 110, "/usr/bin/curl x");
    node.connects(200, "192.0.2.1:80");
    node.connects(200, "10.1.2.3:80");
    let [finding] = &node.found[..] else { panic!("{:?}", node.found) };
    assert_eq!((finding.severity, finding.process, finding.complete), (Severity::Medium, id(200), true));
    assert_eq!(finding.rule.mitre, ["T1046"]);
    assert_eq!(finding.why.len(), 1);
    assert!(finding.why[0].predicate.contains("remote = 10.0.0.0/8"), "{:?}", finding.why);
    assert_eq!(
        (finding.why[0].fact.kind.as_ref(), finding.why[0].fact.text.as_str()),
        ("connect", "10.1.2.3:80 (tcp, outbound)")
    );
    let incident = node.detector.incident(finding.incident, &node.model).expect("it is part of one");
    assert_eq!(incident.severity, Severity::Medium);
    let muted = node.detector.except(Exception { rule: Some("own".into()), ..Exception::default() }, &node.model);
    assert_eq!(muted, 1);
}

#[test]
fn what_happens_often_enough_within_the_window_is_told_with_the_first_and_the_last() {
    let mut node = node(&rule("when = 'kind = exec'\ncount = 3\nwindow = '10ms'\nper = 'lineage'"));
    for pid in [200, 201, 202] {
        node.run(pid, 110, "/usr/bin/id");
    }
    let [finding] = &node.found[..] else { panic!("{:?}", node.found) };
    assert_eq!(finding.process, id(202));
    assert_eq!(finding.others, [id(200)]);
    let shown: Vec<_> = finding.why.iter().map(|it| it.fact.process).collect();
    assert_eq!(shown, [id(200), id(202)]);
    node.found.clear();
    // What was counted is told, and counts no more.
    node.run(203, 110, "/usr/bin/id");
    node.run(204, 110, "/usr/bin/id");
    assert_eq!(titles(&mut node), [""; 0]);
    // Forks take time here, too: the first is out of the window by then.
    for pid in 300..310 {
        node.fork(pid, 20);
    }
    node.run(205, 110, "/usr/bin/id");
    assert_eq!(titles(&mut node), [""; 0]);
}

#[test]
fn who_is_counted_together_is_said() {
    let of = |per: &str| {
        let mut node = node(&rule(&format!("when = 'kind = exec'\ncount = 2\nwindow = '1h'\nper = '{per}'")));
        node.run(200, 110, "/usr/bin/a");
        node.run(201, 110, "/usr/bin/b");
        let in_one_line = !titles(&mut node).is_empty();
        node.run(210, 20, "/usr/bin/c");
        let of_others = !titles(&mut node).is_empty();
        node.run(220, 20, "/usr/bin/d");
        (in_one_line, of_others, !titles(&mut node).is_empty())
    };
    assert_eq!(of("process"), (false, false, false));
    assert_eq!(of("lineage"), (true, false, false), "a login shell is a family, what it starts are others");
    assert_eq!(of("container"), (true, false, true));
    assert_eq!(of("node"), (true, false, true));
}

#[test]
fn different_values_are_counted_once_each() {
    let mut node = node(&rule("when = 'kind = connect'\ncount = 3\nwindow = '1m'\nunique = 'remote'"));
    for remote in ["10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1", "10.0.0.1:3"] {
        node.connects(110, remote);
    }
    assert_eq!(titles(&mut node), [""; 0]);
    node.connects(110, "10.0.0.3:1");
    assert_eq!(titles(&mut node), ["sh did it"]);
}

#[test]
fn what_was_counted_of_a_process_goes_with_it() {
    let mut node = node(&rule("when = 'kind = connect'\ncount = 2\nwindow = '1h'"));
    node.fork(200, 110);
    node.connects(200, "10.0.0.1:1");
    node.exit(200);
    node.connects(200, "10.0.0.1:1");
    assert_eq!(titles(&mut node), [""; 0]);
}

#[test]
fn rules_come_and_go_and_what_was_counted_stays_for_one_that_is_as_it_was() {
    let counting = rule("when = 'kind = connect'\ncount = 2\nwindow = '1h'");
    let more = format!("{counting}{}", rule("when = 'kind = exec'").replace("'own'", "'other'"));
    let mut node = node(&counting);
    node.connects(110, "10.0.0.1:1");
    node.detector.renew(right(&more));
    node.connects(110, "10.0.0.1:1");
    assert_eq!(titles(&mut node), ["sh did it"]);
    node.connects(110, "10.0.0.1:1");
    node.detector.renew(right(&counting.replace("1h", "2h")));
    node.connects(110, "10.0.0.1:1");
    assert_eq!(titles(&mut node), [""; 0], "another window begins anew");
    node.detector.renew(Arc::default());
    node.connects(110, "10.0.0.1:1");
    node.run(300, 110, "/bin/x");
    assert_eq!(titles(&mut node), [""; 0]);
}

#[test]
fn titles_tell_what_the_event_has() {
    let title = "{{x}} {name} ({pid}) of {container}: {path} failed {failed}";
    let text = rule("on = ['open']\nwhen = 'path = /etc/*'").replace("{name} did it", title);
    let mut node = node(&text);
    node.did(110, writing("/etc/shadow", None));
    assert_eq!(titles(&mut node), ["{x} sh (110) of web-1: /etc/shadow failed no"]);
    let text = rule("when = 'kind = listen'").replace("{name} did it", "{local} {remote}");
    assert!(wrong(&text).2.contains("`remote` is nothing that listen has"));
    let text = rule("when = 'kind in (listen, accept)'").replace("{name} did it", "{service} {port}");
    let mut node = self::node(&text);
    node.net(110, NetOp::Accept, Direction::Inbound, "10.0.0.9:77");
    assert_eq!(titles(&mut node), ["? 77"]);
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let at = |lines: &str| {
        let (line, column, message) = wrong(&rule(lines));
        (line - 5, column, message)
    };
    let (line, column, message) = at("when = 'kind = exec and exee = /bin/sh'");
    assert_eq!((line, column), (1, 25));
    assert!(message.contains("did you mean `exe`?"), "{message}");
    let (line, column, message) = at("when = '''\nkind = exec\n  and uid ~ \"(\"'''");
    assert_eq!((line, column), (3, 13), "{message}");
    for (lines, place, says) in [
        ("", (0, 0), "has no `when`"),
        ("when = 'exe = /bin/sh'", (1, 8), "says not which kind of event"),
        ("when = 'kind = exce'", (1, 8), "did you mean `exec`?"),
        ("when = 'kind = exec and kind = open'", (1, 8), "no event is of all these kinds"),
        ("when = 'kind = exec and remote = 10.0.0.1'", (1, 25), "`remote` is nothing that exec has"),
        ("when = 'kind = exec and severity >= high'", (1, 25), "`severity` is nothing that exec has"),
        ("when = 'kind = exec and time > 12:00'", (1, 8), "needs a day and an offset"),
        ("on = ['exec', 'opne']\nwhen = 'uid = 0'", (1, 15), "did you mean `open`?"),
        ("when = ''", (1, 8), "`when` is a text"),
        ("when = 'kind = exec'\ncuont = 3", (2, 1), "did you mean `count`?"),
        ("when = 'kind = exec'\ncount = 3", (0, 0), "has no `window`"),
        ("when = 'kind = exec'\ncount = 1\nwindow = '1s'", (2, 9), "from 2 to 1000"),
        ("when = 'kind = exec'\ncount = 3\nwindow = 'soon'", (3, 10), "no time like 30s"),
        ("when = 'kind = exec'\ncount = 3\nwindow = '1s'\nper = 'pod'", (4, 7), "`pod` is no per"),
        ("when = 'kind = exec'\ncount = 3\nwindow = '1s'\nunique = 'remote'", (4, 10), "nothing that exec has"),
        ("when = 'kind = exec'\nper = 'node'", (2, 7), "says nothing without a `count`"),
        ("when = 'kind = exec'\nmitre = 'T1'", (2, 9), "list of texts"),
    ] {
        let (line, column, message) = wrong(&rule(lines));
        if place != (0, 0) {
            assert_eq!((line - 5, column), place, "{lines}: {message}");
        }
        assert!(message.contains(says), "{lines}: {message}");
    }
    let renamed = |id: &str| rule("when = 'kind = exec'").replace("'own'", &format!("'{id}'"));
    assert!(wrong(&renamed("reverse_shell")).2.contains("is a rule of ktrace-tui"));
    assert!(wrong(&renamed("Own Rule")).2.contains("no name of a rule"));
    assert_eq!(wrong(&rule("when = 'kind = exec'").replace("{name}", "{nmae}")).1, 11);
    assert!(wrong("[[rul]]\n").2.contains("[[rule]]"));
    assert_eq!(wrong("a = [\n[[rule]]\n").0, 2);
}

#[test]
fn a_broken_rule_takes_away_no_other() {
    let good = rule("when = 'kind = exec'");
    let bad = rule("when = 'kind ='").replace("'own'", "'bad'");
    let set = set("a.toml", &format!("{bad}{good}"));
    assert_eq!(set.rules().map(|own| own.rule.id.as_str()).collect::<Vec<_>>(), ["own"]);
    assert_eq!(set.broken().len(), 1);
    let summary = set.summary().unwrap_or_default();
    assert!(summary.starts_with("1 own rule; left out: a.toml:6:15: "), "{summary}");
}

#[test]
fn a_name_that_is_there_already_is_refused() {
    let good = rule("when = 'kind = exec'");
    let (one, other) = (read_rules("a.toml", &good), read_rules("b.toml", &good));
    let set = RuleSet::of([("a.toml", one.as_slice()), ("b.toml", other.as_slice())]);
    assert_eq!(set.rules().len(), 1);
    assert!(set.broken()[0].fault.message.contains("a rule in a.toml:1 already"), "{:?}", set.broken());
}

#[test]
fn the_kinds_follow_from_the_condition() {
    let on = |when: &str| right(&rule(&format!("when = '{when}'"))).get("own").expect("it is there").on.clone();
    assert_eq!(on("kind in (exec, open)"), ["exec", "open"]);
    assert_eq!(on("(kind = exec and uid = 0) or (kind = connect and port = 22)"), ["exec", "connect"]);
    assert_eq!(on("kind ~ ^ptrace"), ["ptrace", "ptrace_poke"]);
    assert_eq!(on("kind = process_vm_* and not kind = process_vm_readv"), ["process_vm_writev"]);
    let all = kinds::all().count();
    assert_eq!(on("not kind = exec").len(), all - 1);
}

#[test]
fn memory_is_bounded_however_many_count() {
    let mut node = node(&rule("when = 'kind = connect'\ncount = 1000\nwindow = '1h'"));
    for round in 0..30 {
        for pid in 1_000..1_700 {
            if round == 0 {
                node.fork(pid, 110);
            }
            node.connects(pid, "10.0.0.1:1");
        }
    }
    assert!(node.model.members(&inside(WEB)).count() > 700);
    assert_eq!(titles(&mut node), [""; 0]);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_stumble(text in ".{0,200}", lines in "[-a-z\\[\\]{}'\"=:|*\\\\ \n#&!]{0,200}") {
        for text in [&text, &lines, &rule(&lines), &rule(&format!("when = '{lines}'")), &rule(&format!("title = '{text}'"))] {
            for file in ["a.toml", "a.yml"] {
                for broken in set(file, text).broken() {
                    proptest::prop_assert!(broken.fault.line >= 1 && broken.fault.column >= 1 && broken.fault.width >= 1);
                    broken.fault.pointed(file, text);
                }
            }
        }
    }
}
