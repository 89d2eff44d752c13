//! The arguments that say how it looks.

use clap::Args;

use crate::config::Config;
use crate::theme::EMBEDDED;

/// Options of everything that opens the screen.
#[derive(Args, Debug)]
pub struct LookArguments {
    /// Theme, by name or file
    #[arg(long, value_name = "NAME|FILE", help = theme_help())]
    pub theme: Option<String>,
    /// Draw nothing but ASCII
    #[arg(long)]
    pub ascii: bool,
}

fn theme_help() -> String {
    let names: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
    format!("Theme: auto, {}, a name in ~/.config/ktrace-tui/themes, or the path of a file", names.join(", "))
}

impl LookArguments {
    /// Sets what the command line says.
    pub fn lay_over(&self, config: &mut Config) {
        if let Some(theme) = &self.theme {
            config.theme.clone_from(theme);
        }
        if self.ascii {
            config.ascii = Some(true);
        }
    }
}

/// Options of `themes`.
#[derive(Args, Debug)]
pub struct ThemesArguments {
    /// Print the file of one, to start one of your own in ~/.config/ktrace-tui/themes
    #[arg(long, value_name = "NAME|FILE")]
    pub print: Option<String>,
}
