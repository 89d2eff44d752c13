//! What was done, as it is written down.

use super::{Done, Fault};
use crate::app::{Order, Verb};

/// Pids that are named; of more, how many.
const NAMED: usize = 12;

pub(super) fn told(done: &Done, order: &Order, who: &str) -> String {
    let answer = match &done.container {
        Some(Ok(text)) => text.clone(),
        Some(Err(why)) => format!("not done: {why}"),
        None => processes(done, order.verb),
    };
    let spared: Vec<String> =
        order.left_out.iter().map(|(target, why)| format!("{} {} ({why})", target.id.pid, target.name)).collect();
    let spared = if spared.is_empty() { String::new() } else { format!("; left out: {}", spared.join(", ")) };
    format!("{} {}: {answer}{spared}; asked by {who}", order.verb.word(), order.says)
}

fn processes(done: &Done, verb: Verb) -> String {
    let signal = match verb {
        Verb::Stop => "SIGSTOP",
        Verb::Continue => "SIGCONT",
        _ => "SIGKILL",
    };
    let pids: Vec<String> = done.reached.iter().take(NAMED).map(u32::to_string).collect();
    let more = done.reached.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let sent = match done.reached.len() {
        0 => "nothing was done".to_owned(),
        1 => format!("{signal} to {}", pids.join(" ")),
        count => format!("{signal} to {count}: {}{more}", pids.join(" ")),
    };
    let gone = done.missed.iter().filter(|(_, fault)| *fault == Fault::Gone).count();
    let gone = if gone > 0 { format!("; {gone} had ended") } else { String::new() };
    let missed: Vec<String> =
        done.missed.iter().filter_map(|(pid, fault)| Some(format!("{pid}: {}", why(fault)?))).collect();
    let short = if done.is_short() { format!("; not done to {}", missed.join(", ")) } else { String::new() };
    format!("{sent}{gone}{short}")
}

fn why(fault: &Fault) -> Option<String> {
    match fault {
        Fault::Gone => None,
        Fault::Reused => Some("its pid is somebody else's by now".to_owned()),
        Fault::Spared(why) => Some(format!("it is {why}")),
        Fault::Refused(error) => Some(error.clone()),
    }
}
