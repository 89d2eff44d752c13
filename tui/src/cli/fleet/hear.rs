//! The lines of all nodes, as they come.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{sleep, timeout};

use crate::feed::{BusLine, BusOptions, BusReader, Refusal};
use crate::fleet::{Line, NodeName};
use crate::model::{Health, Time};
use crate::runtime::fleet::Heard;

/// Lines that may wait for whoever takes them in.
const WAITING: usize = 4_096;
/// How long it is waited for a line before it is told what was refused.
const SILENCE: Duration = Duration::from_secs(1);

/// Connects, and gives what comes from `since` on.
///
/// # Errors
/// When there is no connection, or no such stream.
pub(super) async fn hear(options: &BusOptions, since: Time, subject: &str) -> Result<Receiver<Heard>, String> {
    let reader = BusReader::of(options, Some(since), subject).await?;
    let (heard, hears) = channel(WAITING);
    tokio::spawn(follow(reader, heard));
    Ok(hears)
}

async fn follow(mut reader: BusReader, heard: Sender<Heard>) {
    let (mut refused, mut well) = (BTreeMap::<Refusal, u64>::new(), true);
    loop {
        let next = timeout(SILENCE, reader.next()).await;
        if *reader.refused() != refused {
            refused = reader.refused().clone();
            let told = refused.iter().map(|(why, count)| (why.to_string(), *count)).collect();
            if heard.send(Heard::Refused(told)).await.is_err() {
                return;
            }
        }
        let told = match next {
            Err(_) => continue,
            Ok(None) => return,
            Ok(Some(Ok(line))) => {
                if !std::mem::replace(&mut well, true)
                    && heard.send(Heard::Bus(Health::Ok, "it is read again".to_owned())).await.is_err()
                {
                    return;
                }
                Heard::Line(Box::new(line_of(line)))
            }
            Ok(Some(Err(error))) => {
                well = false;
                sleep(SILENCE).await;
                Heard::Bus(Health::Degraded, format!("the bus does not answer: {error}"))
            }
        };
        if heard.send(told).await.is_err() {
            return;
        }
    }
}

fn line_of(line: BusLine) -> Line {
    let name = NodeName { cluster: line.cluster.into(), node: line.node.into() };
    Line { name, boot: line.boot, run: line.run, number: line.number, kept: line.kept, body: line.line }
}
