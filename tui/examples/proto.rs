use ktrace_tui::model::*;
struct P; impl Placer for P { fn place(&self, _: &[u8]) -> Place { Place::default() } }
fn main() {
    let t = std::time::Instant::now();
    let mut rx = ktrace_tui::source::live::start(&Default::default(), std::sync::Arc::new(P)).unwrap();
    println!("loaded {:?}", t.elapsed());
    let mut counts = std::collections::BTreeMap::<String,u64>::new();
    let mut m = Model::default();
    let verbose = std::env::args().nth(1).is_some();
    while let Some(batch) = rx.blocking_recv() {
        for e in batch {
            m.apply(&e);
            match e { Event::Process(p) => { if verbose {println!("{p:?}");} *counts.entry(p.kind.name().into()).or_default() += 1 }
              Event::Status(s) => { println!("{:?} {s:?} {counts:?}", t.elapsed()); }
              Event::Loss(l) => { println!("{l:?}"); } _ => {} }
        }
        if t.elapsed().as_secs() > 15 { break }
    }
    println!("{counts:?} alive {} groups {}", m.totals().alive, m.groups().count());
    println!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmRSS")||l.starts_with("VmHWM")||l.starts_with("RssAnon")).collect::<Vec<_>>().join(" "));
}
