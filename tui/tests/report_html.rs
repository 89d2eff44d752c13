//! The page of a report in a real browser: nothing overlaps, nothing is cut off, nothing is asked for.
//!
//! With `KTRACE_TEST_BROWSER=1` and Chromium installed; then it fails where it cannot look.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ktrace_tui::detect::Detector;
use ktrace_tui::export::report::{Clock, Collector, Dossier, Edge, EdgeKind, Key, html};
use ktrace_tui::model::Model;
use ktrace_tui::source::tetragon::Import;

const CLOCK: Clock = Clock { offset: |_| 3_600 };

/// What is looked at in the page, from within: whatever is wrong becomes a line.
const LOOK: &str = r#"<script>
addEventListener('load', () => {
  const wrong = [];
  const cards = [...document.querySelectorAll('svg .card:not(.border)')].map(card => ({
    card, box: card.querySelector('rect').getBoundingClientRect(), svg: card.closest('svg') }));
  cards.forEach((one, at) => cards.slice(at + 1).forEach(other => {
    const a = one.box, b = other.box;
    if (one.svg === other.svg && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      wrong.push('overlap: ' + one.card.textContent + ' AND ' + other.card.textContent);
  }));
  document.querySelectorAll('svg .card').forEach(card => {
    const box = card.querySelector('rect').getBBox();
    card.querySelectorAll('text').forEach(text => {
      const own = text.getBBox();
      if (own.x + own.width > box.x + box.width || own.y + own.height > box.y + box.height + 1)
        wrong.push('cut off in the picture: ' + text.textContent + ' ' + own.width + ' in ' + box.width);
    });
  });
  document.querySelectorAll('svg').forEach(svg => {
    const all = svg.getBBox(), view = svg.viewBox.baseVal;
    if (all.x < 0 || all.y < 0 || all.x + all.width > view.width || all.y + all.height > view.height)
      wrong.push('the picture is larger than its frame');
  });
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth) wrong.push('the page is ' + page.scrollWidth + ' wide, the screen ' + innerWidth);
  document.querySelectorAll('body *:not(svg *)').forEach(it => {
    const scrolls = it.classList.contains('scroll') || it.closest('.scroll');
    if (!scrolls && it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 0)
      wrong.push('cut off: ' + it.tagName + ' ' + it.textContent.slice(0, 60) + ' ' + it.scrollWidth + ' ' + it.clientWidth);
  });
  performance.getEntriesByType('resource').forEach(it => wrong.push('asked for ' + it.name));
  if (document.scripts.length !== 1) wrong.push('a script of its own');
  const light = colour => { const [r, g, b] = colour.match(/\d+/g).map(Number); return r * 0.3 + g * 0.6 + b * 0.1; };
  const style = getComputedStyle(document.body), paper = light(style.backgroundColor), ink = light(style.color);
  if (Math.abs(paper - ink) < 150) wrong.push('paper and ink are too alike');
  const scheme = paper > ink ? 'light' : 'dark';
  parent.postMessage([innerWidth, scheme, cards.length, ...wrong].join('\n'), '*');
});
</script>"#;

/// The page around it: a browser's window is not made as narrow as a telephone.
const FRAME: &str = r#"<!DOCTYPE html><meta name="color-scheme" content="light dark"><script>
addEventListener('message', message => {
  const out = document.createElement('pre');
  out.id = 'looked';
  out.textContent = message.data;
  document.body.append(out);
});
</script><body><iframe src="page.html" height="900" style="border:0" width="#;

/// The report of the Kubernetes attack.
fn attack() -> Dossier {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tetragon/tetragon-attack.jsonl");
    let (mut import, mut model, mut detector) = (Import::default(), Model::default(), Detector::new(Vec::new()));
    let mut collector = Collector::default();
    for line in fs::read_to_string(data).unwrap().lines() {
        for event in import.line(line).unwrap() {
            model.apply(&event);
            let news = detector.observe(&event, &model);
            collector.happened(&event, &model);
            collector.found(&event, &news, &model, &detector);
        }
    }
    collector.finish(&model, &detector).remove(0)
}

/// As many processes as a picture holds, and words that are too long for it.
fn many(mut dossier: Dossier) -> Dossier {
    let last = dossier.processes.len();
    for at in last..last + 60 {
        let mut process = dossier.processes[last - 1].clone();
        let parent = Key::Process(if at % 7 == 0 { last - 1 } else { at - 1 });
        (process.key, process.parent) = (Key::Process(at), Some(parent));
        process.place = Key::Place(at / 9 % dossier.places.len());
        process.argv = vec!["sh".to_owned(), "日本語 <b>".to_owned(), "x".repeat(3_000), "a b".repeat(200)];
        dossier.edges.push(Edge { from: parent, to: process.key, kind: EdgeKind::Born, text: "made" });
        dossier.processes.push(process);
    }
    dossier.title = "W".repeat(400);
    dossier
}

/// One process alone.
fn one(mut dossier: Dossier) -> Dossier {
    dossier.processes.truncate(1);
    dossier.processes[0].parent = None;
    dossier.stages.clear();
    dossier.endpoints.clear();
    dossier.edges.clear();
    dossier
}

/// What Chromium makes of a page.
fn browse(page: &Path, width: u32, scheme: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", home.path().display()));
    command.arg(format!("--window-size={width},900"));
    command.arg(format!("--blink-settings=preferredColorScheme={}", u8::from(scheme == "light")));
    command.arg(format!("file://{}", page.display())).env("HOME", home.path());
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("chromium cannot be started: {error}"));
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let until = Instant::now() + Duration::from_secs(90);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("chromium does not come to an end");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    reader.join().unwrap().unwrap()
}

fn looked(name: &str, page: &str, width: u32, scheme: &str) {
    let (head, policy) = page.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
    let (_, rest) = policy.split_once('>').unwrap();
    // Without its policy, which would keep out the script that looks, and whatever else the page might ask for.
    let copy = format!("{head}{}", rest.replace("</body>", &format!("{LOOK}</body>")));
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("page.html"), copy).unwrap();
    let frame = directory.path().join("frame.html");
    fs::write(&frame, format!("{FRAME}{width}></iframe></body>")).unwrap();
    let dom = browse(&frame, width, scheme);
    let (_, result) = dom.split_once("<pre id=\"looked\">").unwrap_or_else(|| panic!("{name}: no result in {dom}"));
    let mut lines = result.split_once("</pre>").unwrap().0.lines();
    assert_eq!(lines.next(), Some(width.to_string().as_str()), "{name}");
    assert_eq!(lines.next(), Some(scheme), "{name}");
    let cards: usize = lines.next().unwrap().parse().unwrap();
    assert!(cards > 0, "{name}: there is no picture");
    let wrong: Vec<_> = lines.collect();
    assert!(wrong.is_empty(), "{name}, {width} wide, {scheme}:\n{}", wrong.join("\n"));
}

#[test]
fn pages_stand_in_a_real_browser() {
    if std::env::var_os("KTRACE_TEST_BROWSER").is_none_or(|it| it != "1") {
        eprintln!("skipped: needs Chromium and KTRACE_TEST_BROWSER=1");
        return;
    }
    let pages = [("attack", vec![attack()]), ("many", vec![many(attack())]), ("one", vec![one(attack())])];
    for (name, dossiers) in pages {
        let page = html(&dossiers, CLOCK);
        if let Some(kept) = std::env::var_os("KTRACE_KEEP_PAGES") {
            fs::write(Path::new(&kept).join(format!("{name}.html")), &page).unwrap();
        }
        for (width, scheme) in [(1280, "light"), (390, "dark")] {
            looked(name, &page, width, scheme);
        }
    }
}
