//! What the tables hold of a batch. They follow from the batches alone: `verify` makes them again and compares.

use std::collections::HashMap;

use rusqlite::{Connection, Result, params};

use super::batch::Batch;
use super::dictionary::{Dictionary, Facts, id_of, key};
use crate::model::{
    ContainerNews, Event, Exec, GroupKey, Kind, LossKind, Memory, Net, NetOp, Process, ProcessEvent, ProcessId, Time,
};

/// What a process is at a moment, as numbers of the dictionaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    image: Option<i64>,
    state: i64,
    place: i64,
}

/// Writes rows. What it remembers is only what is in the tables, too, but for what each process is now.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Of each process that the last memory knew or that was met since: what it is now, or was at its end.
    now: HashMap<ProcessId, Run>,
    words: Dictionary,
    boot: Time,
    /// Number of the next event.
    next: u64,
    /// Time of the latest event.
    last: Time,
}

/// What only some events have.
#[derive(Default)]
struct EventRow {
    path: Option<i64>,
    remote: Option<i64>,
    local: Option<i64>,
    direction: Option<u8>,
    protocol: Option<u8>,
    sent: Option<i64>,
    received: Option<i64>,
    error: Option<i32>,
}

impl Rows {
    /// Writes what `batch` tells into the tables of `to`.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn write(&mut self, to: &Connection, batch: &Batch) -> Result<()> {
        self.gap(to, batch)?;
        if let Some(memory) = &batch.memory {
            self.begin(to, batch.first, memory)?;
        }
        for (seq, event) in (batch.first..).zip(&batch.events) {
            let seq = seq as i64;
            self.last = self.last.max(event.time());
            match event {
                Event::Boot(boot) => self.boot = boot.time,
                Event::Process(event) => self.event(to, seq, event)?,
                Event::Container(news) => container(to, news)?,
                // Asked for where they stand: in the batches.
                Event::Names(_) | Event::Posture(_) => {}
                Event::Loss(loss) => {
                    let sql = "INSERT INTO loss (seq, time, kind, count, from_time, to_time) VALUES (?, ?, ?, ?, ?, ?)";
                    let (time, from, until) = (loss.time.0 as i64, loss.from.0 as i64, loss.to.0 as i64);
                    to.prepare_cached(sql)?.execute(params![
                        seq,
                        time,
                        loss.kind.name(),
                        loss.count as i64,
                        from,
                        until
                    ])?;
                }
                Event::Status(status) => {
                    let sql = "INSERT INTO status (seq, time, topic, health, text) VALUES (?, ?, ?, ?, ?)";
                    let (time, health) = (status.time.0 as i64, status.health.name());
                    to.prepare_cached(sql)?.execute(params![seq, time, status.topic, health, status.text])?;
                }
            }
        }
        super::found::write(to, &batch.found)
    }

    /// Tells of events that are missing between the last batch and this one.
    fn gap(&mut self, to: &Connection, batch: &Batch) -> Result<()> {
        let next = std::mem::replace(&mut self.next, batch.first.saturating_add(batch.events.len() as u64));
        if next == 0 || batch.first <= next {
            return Ok(());
        }
        let until = batch.events.iter().map(Event::time).find(|time| *time > Time(0)).unwrap_or_default().0 as i64;
        let sql = "INSERT INTO loss (seq, time, kind, count, from_time, to_time) VALUES (?, ?, ?, ?, ?, ?)";
        let (kind, count) = (LossKind::Unrecorded.name(), (batch.first - next) as i64);
        to.prepare_cached(sql)?.execute(params![next as i64, until, kind, count, self.last.0 as i64, until])?;
        Ok(())
    }

    /// From here on everything is as `memory` has it: what is in the tables already is not repeated.
    fn begin(&mut self, to: &Connection, first: u64, memory: &Memory) -> Result<()> {
        self.boot = memory.boot().time;
        let before = std::mem::take(&mut self.now);
        for process in memory.processes() {
            self.meet(to, process)?;
            let run = self.run_of(to, process)?;
            if before.get(&process.id) != Some(&run) {
                self.runs(to, first as i64, process.id, run)?;
            }
            self.now.insert(process.id, run);
        }
        for news in memory.containers() {
            container(to, news)?;
        }
        Ok(())
    }

    fn meet(&self, to: &Connection, process: &Process) -> Result<()> {
        let sql = "INSERT INTO process (id, pid, start, parent, born, ended, code, signal) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let (ended, exit) = process.exit.unzip();
        let exit = exit.unwrap_or_default();
        to.prepare_cached(sql)?.execute(params![
            key(process.id),
            process.id.pid,
            process.id.start.0 as i64,
            process.birth_parent.map(key),
            process.born.0 as i64,
            ended.map(|time| time.0 as i64),
            exit.code,
            exit.signal,
        ])?;
        Ok(())
    }

    fn run_of(&mut self, to: &Connection, process: &Process) -> Result<Run> {
        let image = process.image().map(|image| self.words.image(to, image)).transpose()?;
        let facts = Facts::of(process.creds, process.caps, &process.tty.lossless());
        let state = self.words.state(to, facts)?;
        let place = self.words.place(to, process.cgroup.as_deref(), &process.group)?;
        Ok(Run { image, state, place })
    }

    fn runs(&mut self, to: &Connection, seq: i64, process: ProcessId, run: Run) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO run (process, seq, image, state, place) VALUES (?, ?, ?, ?, ?)";
        to.prepare_cached(sql)?.execute(params![key(process), seq, run.image, run.state, run.place])?;
        let before = self.now.insert(process, run);
        if before.is_none_or(|before| before.place != run.place) {
            let sql = "INSERT INTO member (place, process) VALUES (?, ?) ON CONFLICT DO NOTHING";
            to.prepare_cached(sql)?.execute(params![run.place, key(process)])?;
        }
        Ok(())
    }

    fn event(&mut self, to: &Connection, seq: i64, event: &ProcessEvent) -> Result<()> {
        let (id, now) = (event.process, self.now.get(&event.process).copied());
        let known = now.is_some();
        let run = self.changed(to, now, event)?;
        if now != Some(run) {
            self.runs(to, seq, id, run)?;
        }
        self.process(to, event, known)?;
        let mut row = EventRow::default();
        match &event.kind {
            Kind::Net(net) => {
                row.remote = net.remote.map(|address| self.words.endpoint(to, address)).transpose()?;
                row.local = net.local.map(|address| self.words.endpoint(to, address)).transpose()?;
                (row.direction, row.protocol) = (Some(net.direction as u8), Some(net.protocol as u8));
                (row.sent, row.received) = (net.sent.map(|it| it as i64), net.received.map(|it| it as i64));
                row.error = net.error;
                connection(to, seq, event, net, (row.local, row.remote))?;
            }
            Kind::Act(act) => row.error = act.error,
            _ => {}
        }
        for path in event.kind.paths() {
            let path = self.words.path(to, &path.lossless())?;
            row.path = row.path.or(Some(path));
            let sql = "INSERT INTO touched (path, seq) VALUES (?, ?) ON CONFLICT DO NOTHING";
            to.prepare_cached(sql)?.execute([path, seq])?;
        }
        let kind = self.words.kind(to, event.kind.name())?;
        let sql = "INSERT INTO event \
                   (seq, time, kind, process, path, remote, local, direction, protocol, sent, received, error) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        to.prepare_cached(sql)?.execute(params![
            seq,
            event.time.0 as i64,
            kind,
            key(id),
            row.path,
            row.remote,
            row.local,
            row.direction,
            row.protocol,
            row.sent,
            row.received,
            row.error,
        ])?;
        Ok(())
    }

    /// What the process is after the event. What an earlier segment knew of it does not count: each stands alone.
    fn changed(&mut self, to: &Connection, now: Option<Run>, event: &ProcessEvent) -> Result<Run> {
        let place = match &event.cgroup {
            Some(cgroup) => Some(self.words.place(to, Some(cgroup), &cgroup.place.key)?),
            None => None,
        };
        let facts = |creds, caps, tty: &crate::model::Text| Facts::of(creds, caps, &tty.lossless());
        let mut run = match &event.kind {
            Kind::Fork(fork) => {
                // The child is what its maker is.
                let maker = self.now.get(&fork.maker).copied();
                match maker {
                    Some(maker) => {
                        let facts = self.words.facts(to, maker.state)?.with(fork.creds);
                        Run { state: self.words.state(to, facts)?, ..maker }
                    }
                    None => {
                        let state = self.words.state(to, Facts::of(fork.creds, Default::default(), ""))?;
                        Run { image: None, state, place: self.words.place(to, None, &GroupKey::Host)? }
                    }
                }
            }
            Kind::Exec(exec) => {
                let Exec { image, creds, caps, tty, .. } = exec.as_ref();
                let image = Some(self.words.image(to, image)?);
                let state = self.words.state(to, facts(*creds, *caps, tty))?;
                let place = now.map_or_else(|| self.words.place(to, None, &GroupKey::Host), |now| Ok(now.place))?;
                Run { image, state, place }
            }
            Kind::Seen(seen) if now.is_none_or(|now| now.image.is_none()) => {
                let image = seen.image.as_ref().map(|image| self.words.image(to, image)).transpose()?;
                let state = self.words.state(to, facts(seen.creds, seen.caps, &seen.tty))?;
                let place = now.map_or_else(|| self.words.place(to, None, &GroupKey::Host), |now| Ok(now.place))?;
                Run { image, state, place }
            }
            Kind::Act(act) if act.error.is_none() => match (&act.what, now) {
                (crate::model::Deed::Creds { creds, caps, .. }, Some(now)) => {
                    let tty = self.words.facts(to, now.state)?.tty;
                    Run { state: self.words.state(to, Facts::of(*creds, *caps, &tty))?, ..now }
                }
                (_, Some(now)) => now,
                (_, None) => self.nothing(to)?,
            },
            _ => match now {
                Some(now) => now,
                None => self.nothing(to)?,
            },
        };
        run.place = place.unwrap_or(run.place);
        Ok(run)
    }

    /// A process of which nothing is known.
    fn nothing(&mut self, to: &Connection) -> Result<Run> {
        Ok(Run {
            image: None,
            state: self.words.state(to, Facts::default())?,
            place: self.words.place(to, None, &GroupKey::Host)?,
        })
    }

    /// The row of the process itself.
    fn process(&mut self, to: &Connection, event: &ProcessEvent, known: bool) -> Result<()> {
        let id = event.process;
        let (parent, born) = match &event.kind {
            Kind::Fork(fork) => (Some(fork.maker), event.time),
            Kind::Exec(exec) => (exec.parent, self.estimate(id)),
            Kind::Seen(seen) => (seen.parent, seen.born),
            Kind::Exit(exit) => {
                let sql = "INSERT INTO process (id, pid, start, born, ended, code, signal) \
                           VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE \
                           SET ended = excluded.ended, code = excluded.code, signal = excluded.signal";
                let (born, ended) = (self.estimate(id).0 as i64, event.time.0 as i64);
                let row = params![key(id), id.pid, id.start.0 as i64, born, ended, exit.code, exit.signal];
                to.prepare_cached(sql)?.execute(row)?;
                return Ok(());
            }
            Kind::Vanished => {
                let sql = "UPDATE process SET ended = coalesce(ended, ?) WHERE id = ?";
                to.prepare_cached(sql)?.execute(params![event.time.0 as i64, key(id)])?;
                return Ok(());
            }
            _ if known => return Ok(()),
            _ => (None, self.estimate(id)),
        };
        let sure = matches!(event.kind, Kind::Fork(_));
        let sql = "INSERT INTO process (id, pid, start, parent, born) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE \
                   SET parent = iif(?6 OR parent IS NULL, excluded.parent, parent), born = iif(?6, excluded.born, born)";
        let row = params![key(id), id.pid, id.start.0 as i64, parent.map(key), born.0 as i64, sure];
        to.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// When a process was born, as far as its identity tells.
    fn estimate(&self, id: ProcessId) -> Time {
        Time(self.boot.0.saturating_add(id.start.0.saturating_mul(crate::model::Ticks::NANOS)))
    }

    /// The same with what `from` holds, and nothing that it does not.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn read_again(&self, from: &Connection) -> Result<Rows> {
        let mut rows = Rows { boot: self.boot, ..Rows::default() };
        let sql = "SELECT coalesce(max(first + count), 0), coalesce(max(to_time), 0) FROM batch";
        let (next, last): (i64, i64) = from.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        (rows.next, rows.last) = (next as u64, Time(last as u64));
        let sql = "SELECT run.process, run.image, run.state, run.place, max(run.seq) FROM run \
                   GROUP BY run.process";
        let mut found = from.prepare(sql)?;
        let mut found = found.query([])?;
        while let Some(row) = found.next()? {
            let run = Run { image: row.get(1)?, state: row.get(2)?, place: row.get(3)? };
            rows.now.insert(id_of(row.get(0)?), run);
        }
        Ok(rows)
    }

    /// Forgets what was written, as some of it may be gone again. To be called before a batch with a memory.
    pub(super) fn forget(&mut self) {
        self.now.clear();
        self.words = Dictionary::default();
    }
}

fn container(to: &Connection, news: &ContainerNews) -> Result<()> {
    let sql = "INSERT INTO container (id, name, image, runtime, pod, namespace, state, labels, told) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, \
               image = excluded.image, runtime = excluded.runtime, pod = excluded.pod, \
               namespace = excluded.namespace, state = excluded.state, labels = excluded.labels, told = excluded.told \
               WHERE excluded.told >= told";
    let labels: serde_json::Map<_, _> =
        news.labels.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    to.prepare_cached(sql)?.execute(params![
        news.id,
        news.name,
        news.image,
        news.runtime.map(|runtime| runtime.name()),
        news.pod,
        news.namespace,
        format!("{:?}", news.state).to_lowercase(),
        serde_json::Value::Object(labels).to_string(),
        news.time.0 as i64,
    ])?;
    Ok(())
}

fn connection(
    to: &Connection,
    seq: i64,
    event: &ProcessEvent,
    net: &Net,
    (local, remote): (Option<i64>, Option<i64>),
) -> Result<()> {
    let socket = net.socket as i64;
    let (sent, received) = (net.sent.map(|bytes| bytes as i64), net.received.map(|bytes| bytes as i64));
    let time = event.time.0 as i64;
    let changed = match net.op {
        NetOp::Close => {
            let sql = "UPDATE connection SET closed = ?, sent = ?, received = ?, local = coalesce(local, ?) \
                       WHERE socket = ? AND closed IS NULL";
            to.prepare_cached(sql)?.execute(params![time, sent, received, local, socket])?
        }
        NetOp::Established => {
            let sql = "UPDATE connection SET local = coalesce(?, local) WHERE socket = ? AND closed IS NULL";
            to.prepare_cached(sql)?.execute(params![local, socket])?
        }
        NetOp::Connect | NetOp::Accept | NetOp::Listen => 0,
    };
    if changed > 0 {
        return Ok(());
    }
    let sql = "INSERT INTO connection \
               (seq, process, socket, protocol, direction, local, remote, opened, closed, sent, received) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let closed = (net.op == NetOp::Close).then_some(time);
    to.prepare_cached(sql)?.execute(params![
        seq,
        key(event.process),
        socket,
        net.protocol.name(),
        net.direction.name(),
        local,
        remote,
        time,
        closed,
        sent,
        received,
    ])?;
    Ok(())
}
