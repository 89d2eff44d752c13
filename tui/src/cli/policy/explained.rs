//! What policies would have stopped, as it is told.

use std::fmt::Write as _;
use std::path::Path;

use super::super::{Failure, print};
use crate::escape::shown;
use crate::export::rfc3339;
use crate::policy::admission::PodShape;
use crate::policy::seccomp::{Seccomp, Used};
use crate::policy::{Explained, Hit};

/// Tells what policies would have done in a recording.
pub(super) fn tell(file: &Path, explained: &Explained) -> Result<(), Failure> {
    let mut text = String::new();
    let _ = writeln!(text, "{}: {} things that these workloads did", file.display(), explained.judged);
    part(&mut text, "stopped of what belongs to something that was found", &explained.stopped);
    part(&mut text, "stopped of normal work", &explained.broken);
    if explained.over > 0 {
        let _ = writeln!(text, "  and {} more, which were not kept", explained.over);
    }
    print::print(text.as_bytes())
}

fn part(text: &mut String, title: &str, hits: &[Hit]) {
    let _ =
        writeln!(text, "  {title}: {}", if hits.is_empty() { "nothing".to_owned() } else { hits.len().to_string() });
    for hit in hits {
        let what = format!("{} {}", hit.workload, hit.what);
        let times = if hit.count == 1 { String::new() } else { format!(", {} times", hit.count) };
        let _ = writeln!(text, "    {} {} (pid {}){times}", rfc3339(hit.first), shown(&what).as_str(), hit.process.pid);
    }
}

/// Tells which pods are refused.
pub(super) fn pods(judged: &[(&PodShape, bool, Vec<&'static str>)]) -> Result<(), Failure> {
    let mut text = String::new();
    for (title, guilty) in [("pods of incidents", true), ("other pods", false)] {
        let those: Vec<_> = judged.iter().filter(|(_, of_incident, _)| *of_incident == guilty).collect();
        let refused = those.iter().filter(|(_, _, why)| !why.is_empty()).count();
        let _ = writeln!(text, "{title}: {refused} of {} refused", those.len());
        for (pod, _, why) in those {
            let why = if why.is_empty() { "passes".to_owned() } else { format!("refused: {}", why.join("; ")) };
            let name = [pod.namespace.as_str(), pod.name.as_str()].join("/");
            let _ = writeln!(text, "  {}: {why}", shown(name.trim_start_matches('/')).as_str());
        }
    }
    print::print(text.as_bytes())
}

/// Tells which system calls are refused.
pub(super) fn calls(made: &Seccomp, normally: &Used) -> Result<(), Failure> {
    let mut text = String::new();
    let _ = writeln!(text, "refused, as the incident used them: {}", made.denied.join(", "));
    let broken: Vec<&str> = made.denied.iter().copied().filter(|call| normally.has(call)).collect();
    let broken = if broken.is_empty() { "none".to_owned() } else { broken.join(", ") };
    let _ = writeln!(text, "of them, used by normal work: {broken}");
    print::print(text.as_bytes())
}
