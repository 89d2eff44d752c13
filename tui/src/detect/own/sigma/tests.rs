//! Sigma rules, as they are published: what of them is read, and when they hold.

mod against;

use std::sync::Arc;

use crate::detect::testkit::{Node, naming, writing};
use crate::detect::{Class, RuleSet, Severity, read_rules, read_rules_rating};
use crate::model::{Deed, Direction, NameCall, NetOp};

/// A rule of a category with this detection.
fn rule(category: &str, detection: &str) -> String {
    let detection: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    format!("title: A rule\nlogsource:\n  product: linux\n  category: {category}\nlevel: high\ndetection:\n{detection}")
}

fn process(detection: &str) -> String {
    rule("process_creation", detection)
}

fn set(text: &str) -> RuleSet {
    let outcomes = read_rules("own.yml", text);
    RuleSet::of([("own.yml", outcomes.as_slice())])
}

fn node(text: &str) -> Node {
    let set = set(text);
    assert_eq!((set.broken(), set.unmapped()), (&[][..], &[][..]));
    let mut node = Node::web().only(&["sigma_own"]);
    node.detector.renew(Arc::new(set));
    node
}

/// Whether a rule about processes holds of a command line.
fn holds(detection: &str, command: &str) -> bool {
    let mut node = node(&process(detection));
    node.run(200, 110, command);
    !node.found.is_empty()
}

/// Where something is wrong, and what.
fn wrong(text: &str) -> (usize, usize, String) {
    let set = set(text);
    let [broken] = set.broken() else { panic!("{:?} {:?}", set.broken(), set.unmapped()) };
    (broken.fault.line, broken.fault.column, broken.fault.message.clone())
}

/// Why a rule is not mapped, and where it says so.
fn unmapped(text: &str) -> (&'static str, usize, String) {
    let set = set(text);
    let [(_, unmapped)] = set.unmapped() else { panic!("{:?} {:?}", set.broken(), set.unmapped()) };
    (unmapped.sort, unmapped.fault.line, unmapped.fault.message.clone())
}

#[test]
fn a_published_rule_is_a_rule_of_ours() {
    let text = "title: Shell Of A Server\nid: 12345678-aaaa-bbbb-cccc-123456789abc\nstatus: test\n\
        description: |\n    Detects a shell.\n    Of a server.\nreferences:\n    - https://example.org/a\n\
        tags:\n    - attack.execution\n    - attack.persistence\n    - attack.t1505.003\n\
        logsource:\n    product: linux\n    category: process_creation\n\
        detection:\n    selection:\n        ParentImage|endswith: '/app'\n        Image|endswith:\n            - '/bash'\n            - '/sh'\n    \
        filter:\n        CommandLine|contains: 'innocent'\n    condition: selection and not filter\n\
        falsepositives:\n    - Administration.\nlevel: critical\n";
    let mut node = node(text);
    node.run(200, 101, "/bin/sh -c id");
    let [finding] = &node.found[..] else { panic!("{:?}", node.found) };
    assert_eq!(finding.title, "Shell Of A Server: sh (200)");
    assert_eq!((finding.class(), finding.severity), (Class::Persistence, Severity::High));
    let rule = &finding.rule;
    assert_eq!(rule.mitre, ["T1505.003"]);
    assert_eq!(rule.references, ["Sigma 12345678-aaaa-bbbb-cccc-123456789abc"]);
    assert_eq!(rule.meaning, "Detects a shell. Of a server. Innocent where it is: Administration.");
    assert!(rule.next.ends_with("See https://example.org/a."), "{}", rule.next);
    assert_eq!(finding.why[0].predicate, "selection: ParentImage /usr/sbin/app, Image /bin/sh");
    assert_eq!(finding.why[0].fact.text, "/bin/sh -c id");
    let woken = read_rules_rating("own.yml", text, Severity::Critical);
    let woken = RuleSet::of([("own.yml", &woken[..])]);
    assert!(woken.rules().all(|own| own.rule.severity == Severity::Critical) && woken.count() == (1, 1));
    // The same program for the same maker is said once.
    node.run(201, 101, "/bin/sh -c id");
    assert_eq!(node.found.len(), 1);
    node.run(202, 101, "/bin/bash innocent");
    node.run(203, 110, "/bin/bash below another");
    assert_eq!(node.found.len(), 1);
    node.run(204, 101, "/bin/bash -i");
    assert_eq!(node.found.len(), 2);
}

#[test]
fn texts_are_compared_whatever_the_case_and_with_wildcards() {
    for (item, command, expected) in [
        ("Image: /USR/bin/Id", "/usr/bin/id", true),
        ("Image: /usr/bin/i", "/usr/bin/id", false),
        ("Image: /usr/*/id", "/usr/local/bin/id", true),
        ("Image: /usr/bin/i?", "/usr/bin/id", true),
        ("Image: /usr/bin/?", "/usr/bin/id", false),
        ("Image: '*/bin/*d'", "/usr/bin/sha512sumd", true),
        ("CommandLine|contains: ' -i '", "/bin/sh -i x", true),
        ("CommandLine|startswith: '/BIN'", "/bin/sh", true),
        ("CommandLine|endswith: 'x'", "/bin/sh x", true),
        ("CommandLine|contains: 'a\\*b'", "/bin/sh a*b", true),
        ("CommandLine|contains: 'a\\*b'", "/bin/sh aab", false),
        ("CommandLine|contains: 'a\\\\*b'", "/bin/sh a\\xxb", true),
        ("CommandLine|contains: 'a\\d'", "/bin/sh a\\d", true),
        ("CommandLine|contains|cased: 'AB'", "/bin/sh ab", false),
        ("CommandLine|contains|cased: 'AB'", "/bin/sh AB", true),
        ("CommandLine|contains|all:\n    - one\n    - two", "/bin/sh two one", true),
        ("CommandLine|contains|all:\n    - one\n    - two", "/bin/sh two", false),
        ("CommandLine|contains: 'ÄÖ'", "/bin/sh äöü", true),
        ("CommandLine|re: '^/bin/(sh|bash) -[ci]$'", "/bin/sh -i", true),
        ("CommandLine|re: 'SH'", "/bin/sh", false),
        ("CommandLine|re|i: 'SH'", "/bin/sh", true),
        ("CommandLine|contains|neq: 'x'", "/bin/sh y", true),
        ("CommandLine|contains|windash: ' -i'", "/bin/sh /i", true),
        ("CommandLine|contains|windash: ' -i'", "/bin/sh –i", true),
        ("CommandLine|contains|windash: ' -i'", "/bin/sh +i", false),
        ("CommandLine|contains|base64offset: '/bin/bash'", "/bin/sh eHgvYmluL2Jhc2g7", true),
        ("CommandLine|contains|base64: 'abc'", "/bin/sh xYWJjx", true),
        ("CommandLine|contains|wide|base64offset: 'ping'", "/bin/sh xxxcABpAG4AZwxx", true),
        ("User: root", "/bin/sh", true),
        ("User: nobody", "/bin/sh", false),
        ("LogonId: 0", "/bin/sh", true),
        ("ProcessId: 200", "/bin/sh", true),
        ("ParentProcessId|gt: 100", "/bin/sh", true),
        ("ParentProcessId|lt: 100", "/bin/sh", false),
        ("ParentImage: /bin/sh", "/bin/sh", true),
        ("ParentCommandLine: /bin/sh", "/bin/sh", true),
        ("CurrentDirectory: /", "/bin/sh", true),
        ("CurrentDirectory: null", "/bin/sh", false),
        ("CurrentDirectory|exists: true", "/bin/sh", true),
        ("Image|fieldref: ParentImage", "/bin/sh", true),
        ("Image|fieldref: ParentImage", "/bin/bash", false),
        ("CommandLine|fieldref|startswith: Image", "/bin/bash -i", true),
    ] {
        let detection = format!("selection:\n  {item}\ncondition: selection");
        assert_eq!(holds(&detection, command), expected, "{item} of {command}");
    }
}

#[test]
fn conditions_join_selections() {
    let selections = "a_1:\n  CommandLine|contains: one\na_2:\n  CommandLine|contains: two\nb:\n  CommandLine|contains: three\n_c:\n  CommandLine|contains: four\n";
    for (condition, command, expected) in [
        ("a_1", "/x one", true),
        ("a_1 and a_2", "/x one", false),
        ("a_1 and a_2", "/x one two", true),
        ("1 of a_*", "/x two", true),
        ("any of a_*", "/x three", false),
        ("all of a_*", "/x two", false),
        ("all of a_*", "/x two one", true),
        ("2 of them", "/x two three", true),
        ("2 of them", "/x two four", false),
        ("all of them", "/x one two three", true),
        ("not 1 of a_* and b", "/x three", true),
        ("not 1 of a_* and b", "/x three two", false),
        ("a_1 or a_2 and b", "/x one", true),
        ("(a_1 or a_2) and b", "/x one", false),
        ("NOT b AND a_1", "/x one", true),
        ("not (a_1 and b)", "/x one", true),
    ] {
        let detection = format!("{selections}condition: {condition}");
        assert_eq!(holds(&detection, command), expected, "{condition} of {command}");
    }
    let several = format!("{selections}condition:\n  - a_1\n  - b");
    assert!(holds(&several, "/x three") && !holds(&several, "/x two"));
    let list = "a:\n  - Image|endswith: /x\n    CommandLine|contains: one\n  - CommandLine|contains: two\ncondition: a";
    assert!(holds(list, "/x one") && holds(list, "/y two") && !holds(list, "/y one"));
}

#[test]
fn connections_have_the_end_that_began_them_as_their_source() {
    let text = rule(
        "network_connection",
        "a:\n  DestinationIp|cidr: 10.0.0.0/8\n  DestinationPort: 4444\n  Initiated: 'true'\n  Protocol: tcp\ncondition: a",
    );
    let mut node = node(&text);
    node.connects(110, "10.1.2.3:80");
    node.connects(110, "11.1.2.3:4444");
    node.net(110, NetOp::Accept, Direction::Inbound, "10.1.2.3:4444");
    assert!(node.found.is_empty());
    node.connects(110, "10.1.2.3:4444");
    assert_eq!(node.found.len(), 1);
    let text = rule("network_connection", "a:\n  SourceIp: 10.1.2.3\n  Initiated: 'false'\ncondition: a");
    let mut node = self::node(&text);
    node.connects(110, "10.1.2.3:80");
    node.net(110, NetOp::Accept, Direction::Inbound, "10.1.2.3:80");
    assert_eq!(node.found.len(), 1);
}

#[test]
fn files_are_told_when_they_are_made_and_not_when_they_are_read() {
    let text = rule("file_event", "a:\n  TargetFilename|startswith: /etc/cron.d/\ncondition: a");
    let mut node = node(&text);
    node.did(110, crate::detect::testkit::reading("/etc/cron.d/x"));
    node.did(110, writing("/etc/cron.d/x", None));
    assert!(node.found.is_empty(), "what was there stays");
    let Deed::Open(mut opened) = writing("/etc/cron.d/x", None) else { panic!("an open") };
    opened.create = true;
    node.act(110, Some(13), Deed::Open(opened.clone()));
    assert!(node.found.is_empty(), "refused");
    node.did(110, Deed::Open(opened));
    assert_eq!(node.found.len(), 1);
    node.run(200, 110, "/bin/mv a b");
    node.did(200, naming(NameCall::Rename, "/tmp/y", "/etc/cron.d/y"));
    node.did(200, naming(NameCall::Unlink, "", "/etc/cron.d/y"));
    assert_eq!(node.found.len(), 2);
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let of = |detection: &str| {
        let (line, column, message) = wrong(&process(detection));
        (line - 6, column, message)
    };
    let (line, column, message) = of("a:\n  Image|endwith: /x\ncondition: a");
    assert_eq!((line, column), (2, 11));
    assert!(message.contains("no modifier `endwith`; did you mean `endswith`?"), "{message}");
    for (detection, place, says) in [
        ("a:\n  Image: /x\ncondition: b and a", (3, 14), "no selection `b`"),
        ("a:\n  Image: /x\ncondition: a and", (3, 19), "the name of a selection is expected"),
        ("a:\n  Image: /x\ncondition: (a", (3, 16), "`)` is expected"),
        ("a:\n  Image: /x\ncondition: a a", (3, 16), "`and` or `or` is expected before `a`"),
        ("a:\n  Image: /x\ncondition: 1 of b*", (3, 19), "no selection of this rule is called `b*`"),
        ("a:\n  CommandLine|re: '('\ncondition: a", (2, 21), "no regular expression"),
        ("a:\n  CommandLine|re: '(?!x)'\ncondition: a", (2, 21), "look-around"),
        ("a:\n  CommandLine|contains|startswith: x\ncondition: a", (2, 5), "it can be one only"),
        ("a:\n  Image: []\ncondition: a", (2, 12), "has no value"),
        ("a:\n  Image: /x\n  Image: /y\ncondition: a", (3, 5), "stands here twice"),
        ("a: {}\ncondition: a", (1, 6), "says nothing"),
    ] {
        let (line, column, message) = of(detection);
        assert_eq!((line, column), place, "{detection}: {message}");
        assert!(message.contains(says), "{detection}: {message}");
    }
    assert!(of("a:\n  Image: /x").2.contains("no `condition`"));
    assert!(wrong("title: x\nlogsource:\n  category: process_creation\n").2.contains("no `detection`"));
    assert!(wrong("title: [\n").2.contains("not YAML"));
    assert!(wrong("").2.contains("no rule in it"));
    assert!(wrong("- a\n- b\n").2.contains("is a mapping"));
    assert!(wrong("a: &x 1\nb: *x\n").2.contains("references"));
}

#[test]
fn what_nobody_here_can_tell_is_said_with_the_reason() {
    let good = process("a:\n  Image: /x\ncondition: a");
    for (text, sort, says) in [
        (good.replace("product: linux", "product: windows"), "product", "for `windows`"),
        (good.replace("process_creation", "dns_query"), "category", "`dns_query`"),
        (good.replace("category: process_creation", "service: auditd"), "service", "`auditd`"),
        (good.replace("Image: /x", "Hashes: x"), "field", "`Hashes` is not known here"),
        (good.replace("Image: /x", "Images: x"), "field", "did you mean `Image`?"),
        (good.replace("Image: /x", "TargetFilename: x"), "field", "have no `TargetFilename`"),
        (good.replace("Image: /x", "Image|expand: '%x%'"), "modifier", "`expand` is not read"),
        (good.replace("Image: /x", "- one\n    - two"), "keywords", "a line of a log"),
        (good.replace("condition: a", "condition: a | count() > 3"), "timeframe", "counts events"),
        (format!("{good}status: deprecated\n"), "status", "`deprecated`"),
        ("title: x\ncorrelation:\n  type: event_count\n".to_owned(), "correlation", "correlations"),
    ] {
        let (is, _, message) = unmapped(&text);
        assert_eq!(is, sort, "{text}");
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn each_document_of_a_file_is_a_rule_and_a_broken_one_takes_away_no_other() {
    let good = process("a:\n  Image: /x\ncondition: a");
    let text = format!("{good}---\n{}---\n{good}", good.replace("condition: a", "condition: b"));
    let set = set(&text);
    assert_eq!(set.rules().map(|own| own.rule.id.as_str()).collect::<Vec<_>>(), ["sigma_own_1", "sigma_own_3"]);
    assert_eq!(set.broken().len(), 1);
}
