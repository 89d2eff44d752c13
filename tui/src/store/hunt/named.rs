//! The names of addresses, for a question that asks for them: gathered from the batches, as no table has them.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use rusqlite::{Connection, params};

use crate::model::{Event, GroupKey, Memory, Names, Text, Told};
use crate::store::StoreError;
use crate::store::file::Recording;

/// A name of an address: from one event on, and up to another that tells the same one otherwise.
struct Line {
    from: u64,
    until: Option<u64>,
    address: String,
    name: String,
}

/// What was told, in order.
#[derive(Default)]
struct Gathered {
    lines: Vec<Line>,
    /// Of each address and who was told of it: the place of the last.
    last: HashMap<(IpAddr, Option<GroupKey>), usize>,
    services: HashSet<(IpAddr, String)>,
}

impl Gathered {
    fn add(&mut self, seq: u64, address: IpAddr, group: Option<&GroupKey>, name: String) {
        let address = address.to_canonical();
        let place = self.lines.len();
        if let Some(before) = self.last.insert((address, group.cloned()), place)
            && let Some(before) = self.lines.get_mut(before)
        {
            before.until = Some(seq);
        }
        self.lines.push(Line { from: seq, until: None, address: address.to_string(), name });
    }

    /// A service, which many containers have alike: its first word stands.
    fn serve(&mut self, seq: u64, address: IpAddr, name: &Text) {
        let (address, name) = (address.to_canonical(), name.lossless());
        if self.services.insert((address, name.clone())) {
            self.lines.push(Line { from: seq, until: None, address: address.to_string(), name });
        }
    }

    fn event(&mut self, seq: u64, event: &Event) {
        match event {
            Event::Names(names) => self.names(seq, names),
            Event::Container(news) => {
                let key = GroupKey::Container(news.id.as_str().into());
                let pod = news.pod.iter().flat_map(|pod| news.addresses.iter().map(move |it| (*it, pod)));
                pod.for_each(|(address, pod)| self.add(seq, address, Some(&key), pod.clone()));
            }
            _ => {}
        }
    }

    fn names(&mut self, seq: u64, names: &Names) {
        let group = names.group.as_ref();
        match &names.told {
            Told::Answer(answer) => {
                let name = answer.name.lossless();
                answer.addresses.iter().for_each(|it| self.add(seq, *it, group, name.clone()));
            }
            Told::Services(services) => {
                services.iter().for_each(|(address, name)| self.serve(seq, *address, name));
            }
            Told::Users(_) => {}
        }
    }

    /// What was known before the first event.
    fn memory(&mut self, seq: u64, memory: &Memory) {
        for (address, group, name) in memory.names() {
            self.add(seq, address, group, name.lossless());
        }
        memory.services().for_each(|(address, name)| self.serve(seq, address, name));
        for news in memory.containers() {
            self.event(seq, &Event::Container(news.clone()));
        }
    }
}

impl Recording {
    /// Makes the table `named`, which lives as long as this looks at the recording.
    pub(super) fn gather_names(&self) -> Result<(), StoreError> {
        let numbers = || -> rusqlite::Result<Vec<i64>> {
            let mut rows = self.database.prepare("SELECT number FROM batch WHERE pruned = 0 ORDER BY number")?;
            rows.query_map([], |row| row.get(0))?.collect()
        };
        let mut gathered = Gathered::default();
        for (place, number) in numbers().map_err(|error| self.sql(error))?.into_iter().enumerate() {
            let packed = self.packed(number)?;
            if place == 0
                && let Some(memory) = packed.memory()?
            {
                gathered.memory(packed.first, &memory);
            }
            for (seq, event) in (packed.first..).zip(&packed.unpack()?.events) {
                gathered.event(seq, event);
            }
        }
        write(&self.database, &gathered.lines).map_err(|error| self.sql(error))
    }
}

fn write(to: &Connection, lines: &[Line]) -> rusqlite::Result<()> {
    to.execute_batch(
        "PRAGMA temp_store = MEMORY;
         DROP TABLE IF EXISTS temp.named;
         CREATE TEMP TABLE named (address TEXT NOT NULL, first INTEGER NOT NULL, until INTEGER, name TEXT NOT NULL);
         CREATE INDEX temp.named_address ON named (address);",
    )?;
    let mut insert = to.prepare("INSERT INTO temp.named (address, first, until, name) VALUES (?, ?, ?, ?)")?;
    for Line { from, until, address, name } in lines {
        insert.execute(params![address, *from as i64, until.map(|until| until as i64), name])?;
    }
    Ok(())
}
