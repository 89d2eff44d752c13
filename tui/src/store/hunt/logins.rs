//! The logins that audit does not know, for a question that asks for them: they follow from what the makers of a process
//! did, which no table has, and so the recording is gone through with a model.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use crate::model::{Event, Limits, Model, ProcessId};
use crate::store::StoreError;
use crate::store::dictionary::key;
use crate::store::file::Recording;

/// The dead that are known while it is gone through: more than a watch keeps, as what they made is asked for.
const DEAD: usize = 50_000;

/// Of whom a process is from one event of its own on; `None` where it is nobody's who logged in.
struct Line {
    from: u64,
    process: ProcessId,
    uid: Option<u32>,
}

#[derive(Default)]
struct Gathered {
    lines: Vec<Line>,
    last: HashMap<ProcessId, u32>,
}

impl Gathered {
    /// What `model` says of a process after its event `seq`.
    fn look(&mut self, seq: u64, process: ProcessId, model: &Model) {
        let known = model.process(process).filter(|process| process.creds.login_uid.is_none());
        let uid = known.and_then(|process| model.login_of(process));
        if self.last.get(&process).copied() == uid {
            return;
        }
        match uid {
            Some(uid) => self.last.insert(process, uid),
            None => self.last.remove(&process),
        };
        self.lines.push(Line { from: seq, process, uid });
    }
}

impl Recording {
    /// Makes the table `login`, which lives as long as this looks at the recording.
    pub(super) fn gather_logins(&self) -> Result<(), StoreError> {
        let numbers = || -> rusqlite::Result<Vec<i64>> {
            let mut rows = self.database.prepare("SELECT number FROM batch WHERE pruned = 0 ORDER BY number")?;
            rows.query_map([], |row| row.get(0))?.collect()
        };
        let mut gathered = Gathered::default();
        let mut model = Model::new(Limits { dead: DEAD, ..Limits::default() });
        for (place, number) in numbers().map_err(|error| self.sql(error))?.into_iter().enumerate() {
            let packed = self.packed(number)?;
            if place == 0
                && let Some(memory) = packed.memory()?
            {
                model = Model::recall(memory);
                let known: Vec<ProcessId> = model.processes().map(|process| process.id).collect();
                known.into_iter().for_each(|id| gathered.look(packed.first, id, &model));
            }
            for (seq, event) in (packed.first..).zip(&packed.unpack()?.events) {
                model.apply(event);
                if let Event::Process(event) = event {
                    gathered.look(seq, event.process, &model);
                }
            }
        }
        write(&self.database, &gathered.lines).map_err(|error| self.sql(error))
    }
}

fn write(to: &Connection, lines: &[Line]) -> rusqlite::Result<()> {
    to.execute_batch(
        "PRAGMA temp_store = MEMORY;
         DROP TABLE IF EXISTS temp.login;
         CREATE TEMP TABLE login (process INTEGER NOT NULL, first INTEGER NOT NULL, uid INTEGER);
         CREATE INDEX temp.login_process ON login (process, first);",
    )?;
    let mut insert = to.prepare("INSERT INTO temp.login (process, first, uid) VALUES (?, ?, ?)")?;
    for Line { from, process, uid } in lines {
        insert.execute(params![key(*process), *from as i64, uid])?;
    }
    Ok(())
}
