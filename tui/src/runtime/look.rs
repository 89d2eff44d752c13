//! How the screen looks while it is open: a theme, as deep as the terminal's colours are, in ASCII where it must be.

use std::path::PathBuf;

use ratatui::Frame;

use super::colours::{self, Late};
use crate::app::{App, Measure};
use crate::theme::{Depth, Theme};
use crate::view;

/// How it is to look.
#[derive(Debug, Default)]
pub struct Look {
    /// The theme, with all its colours; `None` for what suits the ground of the terminal.
    pub theme: Option<Theme>,
    /// Where the user's own themes are.
    pub themes: Option<PathBuf>,
    /// How many colours are used.
    pub depth: Depth,
    /// Whether nothing but ASCII is drawn.
    pub ascii: bool,
}

/// How it looks.
pub(super) struct Worn {
    /// The theme, with all its colours.
    pub(super) theme: Theme,
    /// As it is drawn.
    fitted: Theme,
    themes: Option<PathBuf>,
    depth: Depth,
    ascii: bool,
}

impl Look {
    /// Finds out what is left to be found out. Before the screen is opened: what is asked is answered past it.
    pub(super) fn wear(self) -> (Worn, Late) {
        let (theme, asked) = match self.theme {
            Some(theme) => (theme, false),
            // Without colours they are all the same.
            None if self.depth == Depth::None => (Theme::mono(), false),
            None => {
                let (ground, asked) = colours::ground();
                (Theme::on(ground), asked)
            }
        };
        // Whether there are to be colours is decided, and not by whoever writes them.
        crossterm::style::force_color_output(true);
        let fitted = theme.fit(self.depth);
        (Worn { theme, fitted, themes: self.themes, depth: self.depth, ascii: self.ascii }, Late::after(asked))
    }
}

impl Worn {
    /// Draws the whole screen.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, app: &App) -> Measure {
        let measure = view::render(frame, app, &self.fitted);
        if self.ascii {
            view::ascii(frame.buffer_mut());
        }
        measure
    }

    /// The theme as it is drawn.
    pub(super) fn fitted(&self) -> &Theme {
        &self.fitted
    }

    /// Whether nothing but ASCII is drawn.
    pub(super) fn ascii(&self) -> bool {
        self.ascii
    }

    /// Goes on with another theme; tells what is to be said of it.
    pub(super) fn change(&mut self, name: &str) -> String {
        match Theme::load(name, self.themes.as_deref()) {
            Ok(loaded) => {
                self.theme = loaded.theme;
                self.fitted = self.theme.fit(self.depth);
                let wrong = loaded.warnings.into_iter().next();
                wrong.unwrap_or_else(|| format!("theme {name}; `theme = \"{name}\"` in the configuration keeps it"))
            }
            Err(error) => error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_theme_is_as_deep_as_the_first_and_a_typo_in_it_is_told() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("mine.toml"), "txet = \"red\"\ntext = \"#ff0000\"").expect("a file");
        let themes = Some(directory.path().to_path_buf());
        let look = Look { theme: Some(Theme::dark()), themes, depth: Depth::Indexed, ascii: false };
        let (mut worn, _) = look.wear();
        assert!(worn.change("mine").contains("did you mean `text`?"));
        assert_eq!(worn.theme.text.fg, Some(ratatui::style::Color::Rgb(255, 0, 0)));
        assert_eq!(worn.fitted, worn.theme.fit(Depth::Indexed));
        assert!(worn.change("nnn").contains("no theme is called `nnn`"));
        assert!(worn.change("light").contains("keeps it"));
        assert_eq!(worn.fitted.text, Theme::on(crate::theme::Ground::Light).text);
    }
}
