//! The screen of the fleet without a terminal: lines are taken in, and ten times a second a frame is drawn.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use ktrace_tui::feed::{BusOptions, BusReader, Sort};
use ktrace_tui::fleet::{Line, NodeName, Screen};
use ktrace_tui::model::Time;
use ktrace_tui::theme::Theme;
use ktrace_tui::view::draw_fleet;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::time::{Instant, timeout_at};

use super::kit::used;
use super::node::wall;

const FRAME: Duration = Duration::from_millis(100);

/// What was seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) lines: BTreeMap<String, u64>,
    pub(crate) findings: BTreeMap<String, u64>,
    pub(crate) missing: u64,
    pub(crate) again: u64,
    pub(crate) disorder: u64,
    pub(crate) incidents: usize,
    /// When something was found, and the milliseconds from then to the frame that shows it.
    pub(crate) latencies: Vec<(u64, f64)>,
    /// Milliseconds of a frame.
    pub(crate) frames: Vec<f64>,
}

pub(crate) struct Looker {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

pub(crate) fn start(options: BusOptions) -> Looker {
    let over = Arc::new(AtomicBool::new(false));
    let thread = spawn({
        let over = Arc::clone(&over);
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(look(&options, &over))
        }
    });
    Looker { over, thread }
}

impl Looker {
    pub(crate) fn stop(self) -> Seen {
        self.over.store(true, Ordering::SeqCst);
        self.thread.join().expect("the screen ends")
    }
}

async fn look(options: &BusOptions, over: &AtomicBool) -> Seen {
    let mut reader = BusReader::since(options, None).await.expect("the bus can be read");
    let mut screen = Screen::new("bus".into(), 0);
    screen.size = (200, 50);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 50));
    let (mut seen, mut waiting, mut last) = (Seen::default(), Vec::new(), HashMap::new());
    let mut due = Instant::now() + FRAME;
    while !over.load(Ordering::SeqCst) {
        match timeout_at(due, reader.next()).await {
            Ok(Some(Ok(line))) => {
                *seen.lines.entry(line.node.clone()).or_default() += 1;
                let before = last.insert((line.node.clone(), line.run), line.number);
                seen.disorder += u64::from(before.is_some_and(|before| before >= line.number));
                if line.sort == Sort::Finding {
                    *seen.findings.entry(line.node.clone()).or_default() += 1;
                    waiting.extend(moment(&line.line["time"]));
                }
                let name = NodeName { cluster: line.cluster.into(), node: line.node.into() };
                let (boot, run, number, kept, body) = (line.boot, line.run, line.number, line.kept, line.line);
                screen.fleet.take(&Line { name, boot, run, number, kept, body });
            }
            Ok(Some(Err(_))) => tokio::time::sleep(FRAME).await,
            Ok(None) => break,
            Err(_) => {}
        }
        if Instant::now() >= due {
            let begun = used();
            screen.now = Time(wall());
            screen.prepare();
            draw_fleet(&mut buffer, &screen, &Theme::dark());
            seen.frames.push((used() - begun) as f64 / 1e6);
            let now = wall();
            let all = waiting.drain(..).map(|made: u64| (made, now.saturating_sub(made) as f64 / 1e6));
            seen.latencies.extend(all);
            due = Instant::now() + FRAME;
        }
    }
    seen.missing = screen.fleet.nodes().map(|node| node.missing).sum();
    seen.again = screen.fleet.nodes().map(|node| node.again).sum();
    seen.incidents = screen.incidents().len();
    seen
}

fn moment(time: &serde_json::Value) -> Option<u64> {
    let moment = chrono::DateTime::parse_from_rfc3339(time.as_str()?).ok()?;
    u64::try_from(moment.timestamp_nanos_opt()?).ok()
}
