//! The command line: what can be asked for, and how the program answers the shell.

use std::process::ExitCode;

use clap::Parser as _;

mod actions;
mod agent;
pub mod arguments;
mod audit;
mod baseline;
mod demo;
mod doctor;
mod events;
mod exit;
mod filtering;
mod findings;
mod fleet;
mod hashes;
mod hunt;
mod live;
mod manual;
mod nats;
mod picture;
mod policy;
mod print;
mod progress;
mod reading;
mod record;
mod redact;
mod replay;
mod report;
mod rules;
mod said;
mod sources;
mod themes;
mod verify;
mod watch;

use crate::allocator;
use arguments::{Arguments, Command};
pub use exit::{Exit, Failure};

/// Does what the arguments of this process ask for. A failure is one line on stderr.
pub fn main() -> ExitCode {
    allocator::settle();
    names_of_hosts();
    // Wrong usage, --help and --version end here; clap's exit code for the first is 2, as is ours.
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            said::say(format_args!("error: {failure}"));
            failure.exit.into()
        }
    }
}

/// A static program cannot load the modules that /etc/nsswitch.conf may name, as they belong to the C library of the node: it
/// has names of hosts from /etc/hosts and DNS, as in a container.
#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
fn names_of_hosts() {
    unsafe extern "C" {
        /// `nss.h` of the GNU C library.
        fn __nss_configure_lookup(database: *const libc::c_char, services: *const libc::c_char) -> libc::c_int;
    }
    // SAFETY: both are texts that end with a NUL, and no other thread runs yet.
    unsafe { __nss_configure_lookup(c"hosts".as_ptr(), c"files dns".as_ptr()) };
}

#[cfg(not(all(target_env = "gnu", target_feature = "crt-static")))]
fn names_of_hosts() {}

fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => live::live(&arguments.screen),
        Some(Command::Demo(options)) => demo::demo(&options),
        Some(Command::Watch(options)) => watch::watch(&options),
        Some(Command::Agent(options)) => agent::agent(&options),
        Some(Command::Fleet(options)) => fleet::fleet(&options),
        Some(Command::Replay(options)) => replay::replay(&options),
        Some(Command::Picture(options)) => picture::picture(&options),
        Some(Command::Findings(options)) => findings::findings(&options),
        Some(Command::Events(options)) => events::events(&options),
        Some(Command::Hunt(options)) => hunt::hunt(&options),
        Some(Command::Verify(options)) => verify::verify(&options),
        Some(Command::Redact(options)) => redact::redact(&options),
        Some(Command::Report(options)) => report::report(&options),
        Some(Command::Audit(options)) => audit::audit(&options),
        Some(Command::Policy(options)) => policy::policy(&options),
        Some(Command::Baseline(options)) => baseline::baseline(&options),
        Some(Command::Rules(options)) => rules::rules(&options.command),
        Some(Command::Doctor(options)) => doctor::doctor(&options),
        Some(Command::Themes(options)) => themes::themes(&options),
        Some(Command::Config) => print::config(),
        Some(Command::Completions { shell }) => print::completions(shell),
        Some(Command::Man) => print::man(),
    }
}
