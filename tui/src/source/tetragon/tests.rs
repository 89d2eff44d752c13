//! Lines as Tetragon writes them, and what they become.

use super::*;
use crate::model::Model;

fn read(text: &str) -> Model {
    let (mut import, mut model) = (Import::default(), Model::default());
    for line in text.lines() {
        for event in import.line(line).expect("a line of Tetragon") {
            model.apply(&event);
        }
    }
    model
}

const ATTACK: &str = include_str!("../../../tests/data/tetragon/tetragon-attack.jsonl");
const EVERYDAY: &str = include_str!("../../../tests/data/tetragon/tetragon-everyday.jsonl");

fn of(model: &Model, pid: u32) -> &crate::model::Process {
    model.processes().find(|process| process.id.pid == pid).expect("it is known")
}

#[test]
fn a_second_program_of_a_process_makes_no_second_process() {
    let model = read(ATTACK);
    assert_eq!(model.processes().filter(|process| process.id.pid == 12700).count(), 1);
    let exes: Vec<_> = of(&model, 12700).images.iter().map(|image| image.exe.lossless()).collect();
    assert!(exes.ends_with(&["/docker-entrypoint.sh".to_owned(), "/usr/sbin/nginx".to_owned()]), "{exes:?}");
}

#[test]
fn the_shell_on_the_host_descends_from_the_shell_in_the_pod() {
    let model = read(ATTACK);
    let lineage: Vec<u32> = model.lineage(of(&model, 24767).id).map(|process| process.id.pid).collect();
    assert!(lineage.starts_with(&[19010, 19009, 17022]), "{lineage:?}");
    let nsenter = of(&model, 19009);
    let words: Vec<_> = nsenter.image().expect("a program").argv.args.iter().map(|arg| arg.lossless()).collect();
    assert_eq!(words[..3], ["/usr/bin/nsenter", "-t", "1"]);
    let GroupKey::Container(id) = &nsenter.group else { panic!("it is of the pod's container") };
    assert_eq!(id.len(), 64);
    assert!(nsenter.caps.effective & 1 << 21 != 0, "CAP_SYS_ADMIN");
}

#[test]
fn who_wrote_what_and_whom_a_process_talked_to_is_told() {
    let model = read(ATTACK);
    let remotes: Vec<_> = of(&model, 25744).connections.iter().filter_map(|it| it.remote).collect();
    assert!(remotes.contains(&"34.116.205.187:443".parse().expect("an address")), "{remotes:?}");
    let mut import = Import::default();
    let first = import.line(EVERYDAY.lines().next().expect("a line")).expect("it is one of Tetragon");
    let written = first.iter().any(|event| match event {
        Event::Process(ProcessEvent { kind: Kind::Act(act), .. }) => {
            matches!(&act.what, Deed::Open(it) if it.write && !it.read && it.path == Text::from("/etc/passwd"))
        }
        _ => false,
    });
    assert!(written, "{first:?}");
}

#[test]
fn a_line_of_something_else_is_refused_and_the_next_is_read() {
    let mut import = Import::default();
    assert!(matches!(import.line("{\"time\":"), Err(BadLine::NoJson(_))));
    assert!(matches!(import.line("{}"), Err(BadLine::Missing("time"))));
    assert!(import.line(ATTACK.lines().next().expect("a line")).is_ok_and(|events| !events.is_empty()));
}
