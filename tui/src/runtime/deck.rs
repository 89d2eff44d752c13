//! Plays a tape on a thread of its own, so that the screen never waits for it.

use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::Context as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::app::{Answer, Answered, Ask, KEPT};
use crate::store::{Moment, Player, StoreError, Tape};

/// Most events that are read ahead at once.
const AHEAD: usize = 4_096;

/// The front of the thread; it ends with the front.
pub(super) struct Deck {
    asks: Sender<Ask>,
    answers: UnboundedReceiver<Answer>,
}

impl Deck {
    /// Starts to play a tape.
    pub(super) fn start(tape: Box<dyn Tape>) -> anyhow::Result<Deck> {
        let (asks, wanted) = channel();
        let (given, answers) = unbounded_channel();
        let thread = std::thread::Builder::new().name("player".to_owned());
        let player = Player::new(tape, KEPT);
        thread.spawn(move || play(player, &wanted, &given)).context("cannot start a thread")?;
        Ok(Deck { asks, answers })
    }

    /// Asks for something; the answer comes from [`Deck::next`].
    pub(super) fn ask(&self, ask: Ask) {
        // The thread ends only with its front, or by a panic that ends the screen.
        let _ = self.asks.send(ask);
    }

    /// The next answer; waits for it.
    pub(super) async fn next(&mut self) -> Option<Answer> {
        self.answers.recv().await
    }
}

fn play(mut player: Player, wanted: &Receiver<Ask>, given: &UnboundedSender<Answer>) {
    let mut first = true;
    for ask in wanted {
        if given.send(answer(&mut player, ask, std::mem::take(&mut first))).is_err() {
            return;
        }
    }
}

/// What a player has to say; the `first` time, and after a change, with the notes.
pub fn answer(player: &mut Player, ask: Ask, first: bool) -> Answer {
    let notes = first || matches!(ask, Ask::Change(_));
    let what = told(player, ask).unwrap_or_else(|error| Answered::Failed(error.to_string()));
    let tape = player.tape();
    let notes = notes.then(|| (tape.notes(), tape.lasting()));
    // After the rest: it must reach as far as what is given.
    Answer { outline: player.outline().ok(), notes, what }
}

fn told(player: &mut Player, ask: Ask) -> Result<Answered, StoreError> {
    Ok(match ask {
        Ask::Outline => {
            player.outline()?;
            Answered::Done
        }
        Ask::Seek(moment) => Answered::Shot(Box::new(player.seek(moment)?)),
        Ask::Ahead(from) => Answered::Stretch(player.forward(from, Moment::End, AHEAD)?),
        Ask::Change(change) => {
            player.tape().change(change)?;
            Answered::Done
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::model::Model;
    use crate::store::{Note, NoteChange, Winder};

    #[test]
    fn answers_come_in_the_order_of_what_was_asked_and_the_notes_when_they_are_new() {
        let tape = Box::new(Winder::new(&Model::default()).finish());
        let mut deck = Deck::start(tape).unwrap();
        deck.ask(Ask::Outline);
        deck.ask(Ask::Seek(Moment::End));
        deck.ask(Ask::Change(NoteChange::Add(Note { text: "here".into(), ..Note::default() })));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut next = || runtime.block_on(deck.next()).unwrap();
        let first = next();
        assert!(matches!(first.what, Answered::Done) && first.notes.is_some());
        let second = next();
        assert!(matches!(second.what, Answered::Shot(_)) && second.notes.is_none());
        let (notes, lasting) = next().notes.unwrap();
        assert_eq!((notes.len(), notes[0].text.as_str(), lasting), (1, "here", false));
    }
}
