//! Frames of a node that never was, drawn into bytes and thrown away. Times are of CPU: all of it is one thread that
//! waits for nothing.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use ktrace_tui::app::{App, Message, Settings, View};
use ktrace_tui::model::{Event, Time};
use ktrace_tui::theme::Theme;
use ktrace_tui::view;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::kit::cost::memory_mb;
use super::kit::{median, number, percentile, used};
use super::storm::Storm;

/// Frames a second, and how often the reader hands over what happened.
const FRAMES: u64 = 30;
const BATCHES: u64 = 100;
const SECOND: u64 = 1_000_000_000;

/// Counts what a terminal would get.
#[derive(Clone, Default)]
struct Counter(Rc<Cell<usize>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(|so_far| so_far + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An app in a storm, and what taking it in costs.
struct Node {
    app: App,
    storm: std::iter::Peekable<Storm>,
    now: u64,
    /// Nanoseconds and events of each batch.
    batches: Vec<(f64, usize)>,
}

impl Node {
    fn new(processes: usize, containers: usize, rate: usize) -> Node {
        let storm = Storm::crowd(1, rate as u64, containers as u64, processes).peekable();
        let mut node =
            Node { app: App::new(Settings::default(), 200, 50), storm, now: super::storm::START, batches: Vec::new() };
        // Those that are there, and then long enough for the dead to be as many as they become.
        let there = node.storm.by_ref().take(processes + 1).collect();
        node.app.update(Message::Batch(there));
        node.now = node.app.live_model().now().0;
        node.storm(15 * SECOND);
        node.batches.clear();
        node
    }

    /// Lets time pass.
    fn storm(&mut self, nanos: u64) {
        let until = self.now + nanos;
        while self.now < until {
            self.now = (self.now + SECOND / BATCHES).min(until);
            let now = Time(self.now);
            let batch: Vec<Event> = std::iter::from_fn(|| self.storm.next_if(|event| event.time() <= now)).collect();
            let (many, begun) = (batch.len(), used());
            self.app.update(Message::Batch(batch));
            if many > 0 {
                self.batches.push(((used() - begun) as f64, many));
            }
            self.app.take_log();
            self.app.take_attention();
        }
    }
}

/// Prints what frames of each view cost.
pub(crate) fn measure() {
    let (frames, rate) = (number("--frames", 300), number("--events", 5_000));
    let (processes, containers) = (number("--processes", 10_000), number("--containers", 200));
    let mut node = Node::new(processes, containers, rate);
    println!(
        "| {processes} processes, {containers} containers, {rate} events/s | size | frames | prepare ms | draw ms | \
         median ms | p99 ms | highest ms | bytes |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    );
    for view in View::ALL {
        for (width, height) in [(200, 50), (80, 24)] {
            node.app.update(Message::Resize(width, height));
            node.app.show_view(view);
            row(&mut node, width, height, frames);
        }
    }
    let events: usize = node.batches.iter().map(|(_, many)| many).sum();
    let nanos: f64 = node.batches.iter().map(|(nanos, _)| nanos).sum();
    let each: Vec<f64> = node.batches.iter().map(|(nanos, _)| nanos / 1e6).collect();
    let (totals, alarms) = (node.app.live_model().totals(), node.app.alarms().list.len());
    println!(
        "\n| taken in | events | µs an event | batches | median ms | p99 ms | highest ms | alive, dead, incidents | RSS MB |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n\
         | | {events} | {:.2} | {} | {:.2} | {:.2} | {:.2} | {}, {}, {alarms} | {:.1} |",
        nanos / events.max(1) as f64 / 1e3,
        each.len(),
        median(&each),
        percentile(&each, 99.0),
        percentile(&each, 100.0),
        totals.alive,
        totals.dead,
        memory_mb(std::process::id(), "VmRSS"),
    );
}

fn row(node: &mut Node, width: u16, height: u16, frames: usize) {
    let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, width, height)) };
    let written = Counter::default();
    let backend = CrosstermBackend::new(written.clone());
    let mut terminal = Terminal::with_options(backend, options).expect("a terminal of a fixed size asks nobody");
    let theme = Theme::dark();
    let (mut prepared, mut drawn, mut whole, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..frames {
        node.storm(SECOND / FRAMES);
        let before = written.0.get();
        let begun = used();
        node.app.update(Message::Tick(Time(node.now)));
        node.app.prepare();
        prepared.push((used() - begun) as f64 / 1e6);
        let mut measure = Default::default();
        let done = terminal.draw(|frame| measure = view::render(frame, &node.app, &theme));
        done.expect("nothing that is written to fails");
        whole.push((used() - begun) as f64 / 1e6);
        drawn.push(whole[whole.len() - 1] - prepared[prepared.len() - 1]);
        node.app.update(Message::Drawn(measure));
        bytes.push((written.0.get() - before) as f64);
    }
    println!(
        "| {} | {width}×{height} | {frames} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} |",
        node.app.view.name(),
        median(&prepared),
        median(&drawn),
        median(&whole),
        percentile(&whole, 99.0),
        percentile(&whole, 100.0),
        median(&bytes),
    );
}
