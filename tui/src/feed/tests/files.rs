//! Files that are appended to and put aside.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;

/// Writes `lines` of ten bytes each through a sink, one batch each.
async fn write(sink: &mut FileSink, from: u64, to: u64) {
    for number in from..to {
        sink.send(&[item(Sort::Event, number)]).await.unwrap();
    }
}

fn beside(path: &Path) -> Vec<String> {
    let all = fs::read_dir(path.parent().unwrap()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

#[tokio::test]
async fn files_are_put_aside_by_size_and_nothing_of_them_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let rotation = Rotation { size: Some(100), compress: true, ..Rotation::default() };
    let mut sink = FileSink::json(&path, rotation).unwrap();
    write(&mut sink, 100, 120).await;
    // A batch that is larger than a file is spread over several.
    let batch: Vec<_> = (120..140).map(|number| item(Sort::Event, number)).collect();
    sink.send(&batch).await.unwrap();
    sink.close().await.unwrap();
    let names = beside(&path);
    assert_eq!(names[0], "out.jsonl");
    let mut text = String::new();
    for name in names[1..].iter().chain([&names[0]]) {
        let file = folder.path().join(name);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        let bytes = fs::read(&file).unwrap();
        let plain = if name.ends_with(".zst") { zstd::decode_all(&bytes[..]).unwrap() } else { bytes };
        assert!(plain.len() <= 100, "{name}: {}", plain.len());
        text.push_str(std::str::from_utf8(&plain).unwrap());
    }
    let numbers: Vec<u64> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (100..140).collect::<Vec<_>>());
}

#[tokio::test]
async fn only_so_many_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    fs::write(folder.path().join("out.jsonl.mine"), "mine").unwrap();
    let rotation = Rotation { size: Some(60), keep: Some(2), ..Rotation::default() };
    let mut sink = FileSink::json(&path, rotation).unwrap();
    write(&mut sink, 100, 130).await;
    sink.close().await.unwrap();
    let names = beside(&path);
    assert_eq!(names.len(), 4, "the file, two that were put aside, and what is not ours: {names:?}");
    assert!(names.contains(&"out.jsonl.mine".to_owned()));
}

#[tokio::test]
async fn files_are_put_aside_by_time_also_when_nothing_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let every = Some(Duration::from_millis(1));
    let mut sink = FileSink::json(&path, Rotation { every, ..Rotation::default() }).unwrap();
    write(&mut sink, 1, 2).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    sink.tend().await.unwrap();
    assert_eq!((beside(&path).len(), fs::metadata(&path).unwrap().len()), (2, 0));
    tokio::time::sleep(Duration::from_millis(5)).await;
    sink.tend().await.unwrap();
    assert_eq!(beside(&path).len(), 2, "an empty file stays");
}

#[tokio::test]
async fn a_line_that_was_cut_off_by_a_kill_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    fs::write(&path, "{\"type\":\"event\"}\n{\"ty").unwrap();
    let mut sink = FileSink::json(&path, Rotation::default()).unwrap();
    write(&mut sink, 7, 8).await;
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "{\"type\":\"event\"}\n{\"ty\n{\"type\":\"event\",\"seq\":7}\n");
}

#[tokio::test]
async fn a_file_that_somebody_else_put_aside_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let mut sink = FileSink::json(&path, Rotation::default()).unwrap();
    write(&mut sink, 1, 2).await;
    fs::rename(&path, folder.path().join("theirs")).unwrap();
    write(&mut sink, 2, 3).await;
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"type\":\"event\",\"seq\":2}\n");
}

#[test]
fn a_link_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
    assert!(FileSink::json(&path, Rotation::default()).is_err());
}
