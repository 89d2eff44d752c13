//! What one event costs in each part of the way that it goes, each alone: decoded, taken into the tree, looked at by the
//! detector, written as a line, packed for a recording; and what a frame costs.
#![allow(clippy::unwrap_used, reason = "a benchmark")]

#[path = "../../probes-common/tests/decode/records.rs"]
#[allow(dead_code, reason = "made for the tests of the decoder, of which this uses a part")]
mod records;
#[path = "kit/storm.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod storm;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use ktrace_tui::app::{App, Message, Settings};
use ktrace_tui::detect::Detector;
use ktrace_tui::export::json;
use ktrace_tui::model::{Event, Limits, Model};
use ktrace_tui::store::{Batch, Packed};
use ktrace_tui::theme::Theme;
use ktrace_tui::view;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use storm::Storm;

/// Events of a batch that is measured.
const EVENTS: usize = 8_192;
/// Events that came before it.
const BEFORE: usize = 100_000;

fn main() {
    divan::main();
}

/// A node in the middle of its day, and what comes next.
fn node() -> (Model, Vec<Event>) {
    let (mut storm, mut model) = (Storm::new(1, 5_000), Model::new(Limits::default()));
    storm.by_ref().take(BEFORE).for_each(|event| model.apply(&event));
    (model, storm.take(EVENTS).collect())
}

#[divan::bench]
fn decode_execs(bencher: Bencher<'_, '_>) {
    let (mut runner, any) = (TestRunner::deterministic(), records::any_exec());
    let mut made = || any.new_tree(&mut runner).unwrap().current();
    let all: Vec<Vec<u8>> = (0..512).map(|_| made()).map(|(exec, parts)| records::exec(&exec, &parts)).collect();
    bencher.counter(ItemsCount::new(all.len())).bench(|| {
        all.iter().for_each(|bytes| assert!(ktrace_probes_common::decode(black_box(bytes)).is_ok()));
    });
}

#[divan::bench]
fn take_into_the_model(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(EVENTS)).with_inputs(node).bench_values(|(mut model, events)| {
        events.iter().for_each(|event| model.apply(event));
        model
    });
}

#[divan::bench]
fn take_in_and_detect(bencher: Bencher<'_, '_>) {
    let before = || (node(), Detector::new(Vec::new()));
    bencher.counter(ItemsCount::new(EVENTS)).with_inputs(before).bench_values(|((mut model, events), mut detector)| {
        for event in &events {
            model.apply(event);
            black_box(detector.observe(event, &model));
        }
        (model, detector)
    });
}

#[divan::bench]
fn write_as_json(bencher: Bencher<'_, '_>) {
    let (mut model, events) = node();
    events.iter().for_each(|event| model.apply(event));
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let mut out = Vec::with_capacity(1 << 23);
        events.iter().for_each(|event| json::write_event(&mut out, event, &model).unwrap());
        out
    });
}

#[divan::bench]
fn pack_for_a_recording(bencher: Bencher<'_, '_>) {
    let batch = Batch { first: 1, events: node().1, ..Batch::default() };
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| Packed::pack(black_box(&batch)));
}

#[divan::bench(args = [(80, 24), (200, 50)])]
fn draw_a_frame(bencher: Bencher<'_, '_>, (width, height): (u16, u16)) {
    let mut app = App::new(Settings::default(), width, height);
    app.update(Message::Batch(Storm::crowd(1, 5_000, 200, 10_000).take(20_000).collect()));
    app.prepare();
    let (mut terminal, theme) = (Terminal::new(TestBackend::new(width, height)).unwrap(), Theme::dark());
    bencher.bench_local(|| {
        let mut measure = None;
        terminal.draw(|frame| measure = Some(view::render(frame, &app, &theme))).unwrap();
        measure
    });
}
