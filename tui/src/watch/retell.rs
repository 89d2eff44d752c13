//! What happened once, told as it was then.

use std::io::{ErrorKind, Write};

use super::{Summary, Watch, WatchOptions};
use crate::model::{Event, Model};
use crate::store::{Next, Tape, walk};

/// Writes what the events of a tape tell, as [`super::run`] did while they happened; what cannot be read is named on
/// `err`. `look` is told how far it is.
///
/// # Errors
/// What reading and writing give, but for a reader that went.
pub fn retell(
    tape: &mut dyn Tape,
    options: WatchOptions,
    out: impl Write,
    err: impl Write,
    look: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<Summary> {
    let mut watch = Watch::new(Model::default(), options, out, err);
    let mut done = Ok(());
    walk(tape, &mut |next| {
        done = match next {
            Next::Memory(memory) => {
                watch.story.model = Model::recall(*memory);
                // Whoever goes on from a memory was ready long ago.
                watch.story.ready |= watch.story.model.totals().alive > 0;
                Ok(())
            }
            // The one that it told then is not for those who read it now.
            Next::Event(_, Event::Status(status)) if watch.story.becomes_ready(status) => Ok(()),
            Next::Event(_, event) => {
                watch.story.model.apply(event);
                watch.tell_event(event)
            }
            Next::Found(_) => Ok(()),
            Next::Missing(error) => watch.tell(&format!("passed over: {error}")),
            Next::Done(done, of) => {
                look(done, of);
                Ok(())
            }
        };
        done.is_ok()
    })?;
    match done.and_then(|()| watch.out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(watch.summed()),
    }
}
