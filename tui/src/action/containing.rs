//! Keys of the two questions before something is done to what runs.

use super::{Code, Key};
use crate::app::{App, Effect};

/// A key was pressed while one of them is asked. Nothing but `Enter` goes on, and twice.
pub(super) fn press(app: &mut App, key: Key) -> Option<Effect> {
    match key {
        Key { code: Code::Esc, .. } | Key { code: Code::Char('c'), ctrl: true, .. } => app.cancel_containing(),
        Key { code: Code::Char(c), ctrl: false, alt: false } => app.type_containing(Some(c.encode_utf8(&mut [0; 4]))),
        Key { code: Code::Backspace, .. } => app.type_containing(None),
        Key { code: Code::Tab, .. } => app.next_contained(),
        Key { code: Code::Enter, .. } => return app.accept_containing(),
        _ => {}
    }
    None
}
