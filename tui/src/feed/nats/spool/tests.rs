//! What a spool promises: nothing lost that it had room for, in order, the least important first, whatever ends it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::super::item::Origin;
use super::*;
use crate::model::Time;

fn message(sort: Sort, number: u64, size: usize) -> Message {
    let origin = Arc::new(Origin { node: "n".to_owned(), boot: "b".to_owned(), run: 7 });
    let payload = number.to_le_bytes().into_iter().cycle().take(size).collect();
    Message { sort, origin, number, time: Time(number), of_spool: false, packed: false, payload }
}

/// Takes out everything, `items` at once.
fn drained(spool: &mut Spool, items: usize) -> Vec<Message> {
    let mut all = Vec::new();
    loop {
        let window = spool.first(items, 64 << 10, "nats").unwrap();
        let Some(end) = window.places.last() else { break };
        assert_eq!(window.places.len(), window.messages.len());
        all.extend(window.messages);
        spool.leave(*end).unwrap();
    }
    assert!(spool.is_empty());
    assert_eq!(spool.depth(), Depth::default());
    all
}

fn numbers(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.number).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = names.filter(|path| path.extension().is_some()).collect();
    names.sort_unstable();
    names
}

#[test]
fn it_is_for_one_and_for_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("a/spool");
    let mut spool = Spool::open(&dir, Spool::LEAST).unwrap();
    let second = Spool::open(&dir, Spool::LEAST).unwrap_err();
    assert!(matches!(second, SpoolError::Busy(_)), "{second}");
    spool.append(&[message(Sort::Finding, 1, 10)]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    fs::read_dir(&dir).unwrap().for_each(|entry| assert_eq!(mode(&entry.unwrap().path()), 0o600));
    drop(spool);
    assert_eq!(numbers(&drained(&mut Spool::open(&dir, Spool::LEAST).unwrap(), 5)), [1]);
    assert_eq!(files(&dir), Vec::<PathBuf>::new());
}

#[test]
fn events_go_first_findings_last_and_what_went_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(dir.path(), Spool::LEAST).unwrap();
    for number in 0..100 {
        let sort = if number % 10 == 0 { Sort::Finding } else { Sort::Event };
        spool.append(&[message(sort, number, 100_000)]).unwrap();
        let held: u64 = files(dir.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert!(held <= Spool::LEAST, "{held}");
    }
    let lost: BTreeMap<_, _> = spool.take_lost().into_iter().collect();
    assert_eq!(lost.keys().copied().collect::<Vec<_>>(), [Sort::Event]);
    let got = drained(&mut spool, 7);
    let (told, got) = got.split_last().unwrap();
    assert_eq!(got.iter().filter(|message| message.sort == Sort::Finding).count(), 10);
    assert_eq!(got.len() as u64 + lost[&Sort::Event], 100);
    assert!(numbers(got).is_sorted());
    let line: serde_json::Value = serde_json::from_slice(&told.line().unwrap()).unwrap();
    assert_eq!(line["type"], "loss");
    assert_eq!(line["count"], lost[&Sort::Event]);
    assert_eq!(line["of"]["event"], lost[&Sort::Event]);
    assert!(told.id().ends_with("-spool"), "{}", told.id());
}

#[test]
fn findings_alone_lose_their_oldest() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(dir.path(), Spool::LEAST).unwrap();
    (0..60).for_each(|number| spool.append(&[message(Sort::Finding, number, 100_000)]).unwrap());
    let lost = spool.take_lost()[0].1;
    assert!((28..36).contains(&lost), "{lost}");
    let got = drained(&mut spool, 100);
    let of_spool = got.iter().position(|message| message.of_spool).unwrap();
    assert_eq!(numbers(&got[..of_spool]), (lost..60).collect::<Vec<_>>());
}

#[test]
fn a_disk_that_spoils_a_record_is_a_loss_that_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(dir.path(), Spool::LEAST).unwrap();
    (0..4).for_each(|number| spool.append(&[message(Sort::Event, number, 50)]).unwrap());
    let file = OpenOptions::new().write(true).open(&files(dir.path())[0]).unwrap();
    let length = file.metadata().unwrap().len();
    file.write_all_at(&[0xff], length / 2 + 20).unwrap();
    assert_eq!(numbers(&drained(&mut spool, 9)), [0, 1, 3], "the others are there");
    assert_eq!(spool.take_lost(), [(Sort::Event, 1)]);
}

#[test]
fn one_bit_costs_one_record_wherever_it_is() {
    for bit in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path(), Spool::LEAST).unwrap();
        (0..4).for_each(|number| spool.append(&[message(Sort::Finding, number, 9)]).unwrap());
        drop(spool);
        let path = &files(dir.path())[0];
        let mut content = fs::read(path).unwrap();
        let Some(byte) = content.get_mut(bit / 8) else { return };
        *byte ^= 1 << (bit % 8);
        fs::write(path, &content).unwrap();
        let record = (bit / 8 * 4 / content.len()) as u64;
        let mut spool = Spool::open(dir.path(), Spool::LEAST).unwrap();
        assert_eq!(spool.torn(), 1, "bit {bit}");
        let left: Vec<_> = (0..4).filter(|number| *number != record).collect();
        let (told, got): (Vec<_>, Vec<_>) = drained(&mut spool, 9).into_iter().partition(|message| message.of_spool);
        assert_eq!(numbers(&got), left, "bit {bit}");
        // Of what stands at the end nobody can tell whether it was ever whole.
        let lost: u64 = spool.take_lost().iter().map(|(_, count)| *count).sum();
        assert_eq!((lost, told.len()), (u64::from(record < 3), usize::from(record < 3)), "bit {bit}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<(usize, usize)>),
    /// Takes out so many and lets them go.
    Leave(usize),
    /// Takes out so many, which arrive, and is killed before that is written down.
    Lapse(usize),
    Reopen,
    /// A kill in the middle of writing: so many bytes of a record stand at the end of a file.
    Torn(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let batch = proptest::collection::vec((0..Sort::ALL.len(), 0..5_000_usize), 1..20);
    prop_oneof![
        4 => batch.prop_map(Step::Append),
        2 => (1..30_usize).prop_map(Step::Leave),
        1 => (1..30_usize).prop_map(Step::Lapse),
        1 => Just(Step::Reopen),
        1 => (1..60_usize).prop_map(Step::Torn),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_has_room_leaves_once_and_in_order(steps in proptest::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path(), 64 << 20).unwrap();
        let (mut number, mut got) = (0, Vec::new());
        for step in steps {
            match step {
                Step::Append(batch) => {
                    let batch: Vec<_> = batch.iter().map(|(sort, size)| {
                        number += 1;
                        message(Sort::ALL[*sort], number, *size)
                    }).collect();
                    spool.append(&batch).unwrap();
                }
                Step::Leave(items) => {
                    let window = spool.first(items, 64 << 10, "nats").unwrap();
                    got.extend(numbers(&window.messages));
                    if let Some(end) = window.places.last() {
                        spool.leave(*end).unwrap();
                    }
                }
                Step::Lapse(items) => {
                    let first = numbers(&spool.first(items, 64 << 10, "nats").unwrap().messages);
                    drop(spool);
                    spool = Spool::open(dir.path(), 64 << 20).unwrap();
                    // They leave once more, the same and in the same order: the bus knows them again.
                    prop_assert_eq!(numbers(&spool.first(items, 64 << 10, "nats").unwrap().messages), first);
                }
                Step::Reopen => {
                    drop(spool);
                    spool = Spool::open(dir.path(), 64 << 20).unwrap();
                    prop_assert_eq!(spool.torn(), 0);
                }
                Step::Torn(bytes) => {
                    drop(spool);
                    let (mut torn, mut record) = (0, Vec::new());
                    record::write(&mut record, u64::MAX / 2, &message(Sort::Event, 0, 100));
                    if let Some(path) = files(dir.path()).last() {
                        let mut content = fs::read(path).unwrap();
                        content.extend_from_slice(&record[..bytes]);
                        fs::write(path, content).unwrap();
                        torn = 1;
                    }
                    spool = Spool::open(dir.path(), 64 << 20).unwrap();
                    prop_assert_eq!(spool.torn(), torn);
                    // Cleaned up, so that the next time finds it whole.
                    if let Some(path) = files(dir.path()).last().filter(|_| torn > 0) {
                        let file = OpenOptions::new().write(true).open(path).unwrap();
                        file.set_len(file.metadata().unwrap().len() - bytes as u64).unwrap();
                    }
                }
            }
            prop_assert!(spool.missing.is_none());
        }
        got.extend(numbers(&drained(&mut spool, 50)));
        prop_assert_eq!(got, (1..=number).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_lost_and_what_leaves_is_all(sizes in proptest::collection::vec((0..Sort::ALL.len(), 1_000..200_000_usize), 1..80)) {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path(), Spool::LEAST).unwrap();
        for (number, (sort, size)) in sizes.iter().enumerate() {
            spool.append(&[message(Sort::ALL[*sort], number as u64, *size)]).unwrap();
        }
        let mut lost: BTreeMap<Sort, u64> = spool.take_lost().into_iter().collect();
        let (told, got): (Vec<_>, Vec<_>) = drained(&mut spool, 10).into_iter().partition(|message| message.of_spool);
        // To tell what was lost something more may have to go.
        spool.take_lost().into_iter().for_each(|(sort, count)| *lost.entry(sort).or_default() += count);
        let told = told.iter().map(|message| {
            let line: serde_json::Value = serde_json::from_slice(&message.line().unwrap()).unwrap();
            line["count"].as_u64().unwrap()
        });
        prop_assert_eq!(told.sum::<u64>(), lost.values().sum::<u64>());
        prop_assert!(numbers(&got).is_sorted());
        for sort in Sort::ALL {
            let all = sizes.iter().filter(|(of, _)| Sort::ALL[*of] == sort).count() as u64;
            let left = got.iter().filter(|message| message.sort == sort).count() as u64;
            prop_assert_eq!(all, left + lost.get(&sort).copied().unwrap_or(0));
        }
    }

    #[test]
    fn whatever_stands_in_a_file_is_a_record_or_none(bytes in any::<Vec<u8>>()) {
        prop_assert!(record::read(&bytes).is_none());
    }
}
