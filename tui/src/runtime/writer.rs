//! Writes frames on a thread of its own: a terminal that does not swallow (a slow line, Ctrl-S) holds up nobody.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Gathers what is written and hands it over when it is flushed. Never blocks.
pub(super) struct Writer {
    gathered: Vec<u8>,
    out: Sender<Vec<u8>>,
    drained: Drained,
}

/// Tells when everything that was handed over has reached the terminal.
#[derive(Clone)]
pub(super) struct Drained {
    /// Pieces handed over and not yet written.
    waiting: Arc<AtomicUsize>,
    wake: Arc<Notify>,
}

impl Writer {
    /// Starts the thread that writes to `out`; it ends with the writer.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<(Writer, Drained)> {
        let drained = Drained { waiting: Arc::default(), wake: Arc::default() };
        let (sender, receiver) = channel();
        let (theirs, ours) = (drained.clone(), drained.clone());
        std::thread::Builder::new().name("terminal".to_owned()).spawn(move || pump(out, &receiver, &theirs))?;
        Ok((Writer { gathered: Vec::new(), out: sender, drained: ours }, drained))
    }
}

fn pump(mut out: impl Write, pieces: &Receiver<Vec<u8>>, drained: &Drained) {
    for piece in pieces {
        // A terminal that is gone ends the program by SIGHUP or by the end of its input, not from here.
        let _ = out.write_all(&piece).and_then(|()| out.flush());
        drained.waiting.fetch_sub(1, Ordering::SeqCst);
        drained.wake.notify_one();
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.drained.waiting.fetch_add(1, Ordering::SeqCst);
        let piece = std::mem::take(&mut self.gathered);
        self.out.send(piece).map_err(|_| io::Error::other("the thread that writes to the terminal has ended"))
    }
}

impl Drained {
    fn is_drained(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0
    }

    /// Waits until `due`, and until the terminal is ready for another frame.
    pub(super) async fn ready(&self, due: tokio::time::Instant) {
        tokio::time::sleep_until(due).await;
        while !self.is_drained() {
            self.wake.notified().await;
        }
    }

    /// Waits, blocking, but no longer than `patience`.
    pub(super) fn wait(&self, patience: Duration) {
        let begun = Instant::now();
        while !self.is_drained() && begun.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::mpsc;

    use super::*;

    /// A terminal that swallows nothing until it is told to.
    struct Stuck(mpsc::Receiver<()>, mpsc::Sender<Vec<u8>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_that_swallows_nothing_holds_up_nobody_and_loses_nothing() {
        let (go, gate) = mpsc::channel();
        let (seen, said) = mpsc::channel();
        let (mut writer, drained) = Writer::start(Stuck(gate, seen)).unwrap();
        writer.write_all(b"a frame").unwrap();
        writer.flush().unwrap();
        assert!(!drained.is_drained());
        drained.wait(Duration::from_millis(5));
        assert!(!drained.is_drained(), "waiting is given up");
        go.send(()).unwrap();
        assert_eq!(said.recv().unwrap(), b"a frame");
        drained.wait(Duration::from_secs(10));
        assert!(drained.is_drained());
    }
}
