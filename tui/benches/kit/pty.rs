//! The screen on a terminal of our own.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::ptr;
use std::thread::sleep;
use std::time::Duration;

use super::now;

/// A program on a terminal.
pub struct OnPty {
    child: Child,
    pub master: File,
    /// When it was started.
    pub began: u64,
}

impl OnPty {
    /// Starts `command` as the leader of a session whose terminal has this size.
    pub fn start(mut command: Command, width: u16, height: u16) -> OnPty {
        let (mut master, mut slave) = (-1, -1);
        let size = libc::winsize { ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the two descriptors are valid to write to, the size is valid to read, name and settings may be null.
        let opened = unsafe { libc::openpty(&mut master, &mut slave, ptr::null_mut(), ptr::null(), &size) };
        assert_eq!(opened, 0, "a terminal can be opened: {}", io::Error::last_os_error());
        // SAFETY: both were just opened, nobody else owns them. The master is not to be inherited.
        let (master, slave) = unsafe {
            libc::fcntl(master, libc::F_SETFD, libc::FD_CLOEXEC);
            (File::from_raw_fd(master), OwnedFd::from_raw_fd(slave))
        };
        let copy = || slave.try_clone().expect("a descriptor can be copied");
        command.stdin(copy()).stdout(copy()).stderr(copy()).env("TERM", "xterm-256color");
        // SAFETY: both calls are safe between fork and exec.
        unsafe {
            command.pre_exec(|| match libc::setsid() != -1 && libc::ioctl(0, libc::TIOCSCTTY, 0) != -1 {
                true => Ok(()),
                false => Err(io::Error::last_os_error()),
            });
        }
        let began = now();
        let child = command.spawn().expect("the screen starts");
        OnPty { child, master, began }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it writes next, and when; `None` when it closed its terminal.
    pub fn read<'a>(master: &mut File, buffer: &'a mut [u8]) -> Option<(&'a [u8], u64)> {
        let read = master.read(buffer).ok().filter(|&read| read > 0)?;
        Some((&buffer[..read], now()))
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str) {
        self.master.write_all(key.as_bytes()).expect("the terminal takes a key");
    }

    /// Presses `q` and waits until it is gone; ends it by force where it stays.
    pub fn quit(&mut self) {
        self.press("q");
        for _ in 0..200 {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            sleep(Duration::from_millis(10));
        }
        eprintln!("the screen did not leave within 2 s of `q`");
    }
}

impl Drop for OnPty {
    fn drop(&mut self) {
        // Does nothing where it was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
