//! Lines into a file, or to stdout.

use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::item::{Outgoing, Sort};
use super::rotation::{Rotating, Rotation};
use super::sink::{Sink, Trouble};

/// How a thing is written: appends its lines, each with its line break; nothing for what has no line.
pub(super) type Form = fn(&Outgoing, &mut Vec<u8>);

/// Writes lines.
#[derive(Debug)]
pub struct FileSink {
    to: To,
    form: Form,
    wants: Vec<Sort>,
    /// How much of a batch is written already: its first number, its length, and how many.
    done: (u64, usize, usize),
}

#[derive(Debug)]
enum To {
    Stdout,
    File(Box<Rotating>),
}

/// As docs/JSON.md has them.
fn plain(item: &Outgoing, out: &mut Vec<u8>) {
    out.extend_from_slice(item.line.as_bytes());
    out.push(b'\n');
}

/// As OCSF has them.
fn ocsf(item: &Outgoing, out: &mut Vec<u8>) {
    if let Some(object) = crate::export::ocsf::object(&item.value(), &item.origin.node) {
        out.extend_from_slice(object.to_string().as_bytes());
        out.push(b'\n');
    }
}

impl FileSink {
    /// Writes JSON lines to `path`, or to stdout when that is `-`.
    ///
    /// # Errors
    /// When the file cannot be opened or made.
    pub fn json(path: &Path, rotation: Rotation) -> io::Result<FileSink> {
        FileSink::new(path, rotation, plain, &Sort::ALL)
    }

    /// Writes OCSF; see [`crate::export::ocsf`] for what that has room for.
    ///
    /// # Errors
    /// As there.
    pub fn ocsf(path: &Path, rotation: Rotation) -> io::Result<FileSink> {
        FileSink::new(path, rotation, ocsf, &[Sort::Event, Sort::Finding])
    }

    fn new(path: &Path, rotation: Rotation, form: Form, wants: &[Sort]) -> io::Result<FileSink> {
        let to = match path.as_os_str() == "-" {
            true => To::Stdout,
            false => To::File(Box::new(Rotating::open(path, rotation)?)),
        };
        Ok(FileSink { to, form, wants: wants.to_vec(), done: (0, 0, 0) })
    }

    fn write(&mut self, items: &[Arc<Outgoing>]) -> io::Result<()> {
        let batch = (items.first().map_or(0, |item| item.number), items.len());
        let mut done = if (self.done.0, self.done.1) == batch { self.done.2 } else { 0 };
        if let To::File(file) = &mut self.to {
            file.tend()?;
        }
        let (mut lines, mut line) = (Vec::new(), Vec::new());
        for (at, item) in items.iter().enumerate().skip(done) {
            line.clear();
            (self.form)(item, &mut line);
            if let To::File(file) = &mut self.to {
                let full = (lines.len() + line.len()) as u64 > file.left();
                if full && !(lines.is_empty() && file.is_empty()) {
                    file.write(&lines)?;
                    lines.clear();
                    done = at;
                    self.done = (batch.0, batch.1, done);
                    file.rotate()?;
                }
            }
            lines.extend_from_slice(&line);
        }
        match &mut self.to {
            To::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(&lines)?;
                out.flush()?;
            }
            To::File(file) => file.write(&lines)?,
        }
        self.done = (0, 0, 0);
        Ok(())
    }

    fn trouble(&self, error: &io::Error) -> Trouble {
        match &self.to {
            To::Stdout if error.kind() == ErrorKind::BrokenPipe => {
                Trouble::Over { why: "nobody reads stdout any more".to_owned() }
            }
            To::Stdout => Trouble::later(format!("cannot write to stdout: {error}")),
            To::File(file) => Trouble::later(format!("cannot write to {}: {error}", file.path().display())),
        }
    }
}

impl Sink for FileSink {
    fn wants(&self) -> &[Sort] {
        &self.wants
    }

    async fn send(&mut self, items: &[Arc<Outgoing>]) -> Result<(), Trouble> {
        self.write(items).map_err(|error| self.trouble(&error))
    }

    async fn tend(&mut self) -> Result<(), Trouble> {
        let done = match &mut self.to {
            To::Stdout => Ok(()),
            To::File(file) => file.tend(),
        };
        done.map_err(|error| self.trouble(&error))
    }

    async fn close(&mut self) -> Result<(), Trouble> {
        let done = match &mut self.to {
            To::Stdout => Ok(()),
            To::File(file) => file.sync(),
        };
        done.map_err(|error| self.trouble(&error))
    }
}
