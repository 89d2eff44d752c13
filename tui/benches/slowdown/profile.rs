//! Where in the kernel the time goes: how often each program of the probes is called for one part of a loop, and how long it
//! takes, as the kernel counts it.

use std::collections::BTreeMap;
use std::process::Stdio;

use aya::programs::loaded_programs;
use aya::sys::{Stats, enable_stats};

use crate::Loop;
use crate::kit::tracer::Tracer;

/// Of programs by number: the name, how often it was called, nanoseconds in it.
type Costs = BTreeMap<u32, (String, u64, u64)>;

/// A table of the programs of a `watch`, loop by loop; what is next to never called is left out.
pub(crate) fn print(loops: &[Loop<'_>]) {
    // Counting ends as this is dropped. It takes some time itself, for each call.
    let _counted = enable_stats(Stats::RunTime).expect("the kernel counts what its programs take");
    println!();
    println!("| loop | program | calls for each | ns a call | µs for each | of the loop % |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for work in loops.iter().filter(|work| work.count > 1 && work.loops == 1) {
        let before = costs();
        let tracer = Tracer::start(&["--no-runtimes"], Stdio::null());
        let own = |mut all: Costs| {
            all.retain(|id, _| !before.contains_key(id));
            all
        };
        let began = own(costs());
        let seconds = (work.start)(work.count).done().seconds;
        let mut spent: Vec<(String, u64, u64)> = own(costs())
            .into_iter()
            .map(|(id, (name, calls, nanos))| {
                let (_, calls_before, nanos_before) = began.get(&id).cloned().unwrap_or_default();
                (name, calls - calls_before, nanos - nanos_before)
            })
            .collect();
        tracer.finish();
        spent.sort_by_key(|(_, _, nanos)| std::cmp::Reverse(*nanos));
        let count = work.count as f64;
        for (name, calls, nanos) in spent.into_iter().filter(|(_, calls, _)| *calls as f64 > 0.05 * count) {
            println!(
                "| {} | {name} | {:.1} | {:.0} | {:.2} | {:.1} |",
                work.name,
                calls as f64 / count,
                nanos as f64 / calls as f64,
                nanos as f64 / 1e3 / count,
                100.0 * nanos as f64 / 1e9 / seconds,
            );
        }
    }
}

fn costs() -> Costs {
    let programs = loaded_programs().map(|program| program.expect("root may look at programs"));
    programs
        .map(|it| {
            let name = it.name_as_str().unwrap_or("?").to_owned();
            (it.id(), (name, it.run_count(), it.run_time().as_nanos() as u64))
        })
        .collect()
}
