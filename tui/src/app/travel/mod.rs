//! Time travel: the cursor that moves the whole picture to another moment. Paused is where it stands at now.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::alarm::Alarms;
use super::finds::Find;
use super::node::NodeKey;
use super::picture::Picture;
use super::{App, Look};
use crate::detect::{Detector, Exception};
use crate::model::{Event, ProcessId, Time};
use crate::store::{Moment, Note, NoteChange, Outline, Shot};

mod asking;
#[cfg(test)]
pub(crate) mod desk;
mod playing;
mod stepping;
#[cfg(test)]
mod tests;

pub use asking::{Answer, Answered, Ask};
pub use playing::Speed;
pub use stepping::Step;

/// The cursor, while it does not move with the events.
#[derive(Debug)]
pub struct Travel {
    pub(super) picture: Picture,
    pub(super) detector: Detector,
    /// It stands where it was put by a pause, and was not moved since.
    untouched: bool,
    playing: bool,
    /// What happens after the picture, as far as it was read.
    ahead: VecDeque<Event>,
    /// When it was asked last for what comes next, and nothing had come yet.
    dry: Option<Time>,
    /// Something is missing after `ahead`.
    gap: bool,
    /// Events to go on by as soon as they are read.
    steps: usize,
    /// Findings that there were when it left the present.
    found_then: u64,
    /// The wall clock when it was moved last by playing.
    wall: Time,
}

impl Travel {
    pub(super) fn new(picture: Picture, detector: Detector) -> Travel {
        Travel {
            picture,
            detector,
            untouched: false,
            playing: false,
            ahead: VecDeque::new(),
            dry: None,
            gap: false,
            steps: 0,
            found_then: 0,
            wall: Time(0),
        }
    }
}

/// What is known of the tape, and what is asked of whoever plays it.
#[derive(Debug, Default)]
pub struct Deck {
    /// Where everything is, as far as it was told.
    pub(super) outline: Arc<Outline>,
    /// What was found on it.
    pub(super) finds: Vec<Find>,
    pub(super) speed: Speed,
    /// What people wrote beside it.
    pub(super) notes: Vec<Note>,
    /// Whether notes are still there when the program ends.
    pub(super) lasting: bool,
    /// How often the time line was halved around the cursor.
    pub(super) zoom: u32,
    /// Exceptions that were made on this screen: they hold in the past, too.
    muted: Vec<Exception>,
    /// The numbers of findings that were accepted on this screen: likewise.
    accepted: BTreeSet<u64>,
    changes: VecDeque<NoteChange>,
    wish: Option<Ask>,
    under_way: Option<(Ask, Time)>,
    /// The answer that is waited for is not wanted any more.
    forgotten: bool,
    /// Whom to select on arrival.
    aim: Option<ProcessId>,
    /// A step that waits for the outline.
    then: Option<stepping::Step>,
    /// Who was selected before the cursor went to where that one is not, and what is selected instead.
    lost: Option<(NodeKey, Option<NodeKey>)>,
    asked_outline: Time,
}

impl App {
    /// True while the picture stands still.
    pub fn paused(&self) -> bool {
        self.travel.as_ref().is_some_and(|travel| !travel.playing)
    }

    /// True while the cursor goes on by itself.
    pub fn playing(&self) -> bool {
        self.travel.as_ref().is_some_and(|travel| travel.playing)
    }

    /// True while the cursor is anywhere but at now.
    pub fn travelling(&self) -> bool {
        self.travel.is_some()
    }

    /// True when there is no present to go back to: a recording is shown.
    pub fn replay(&self) -> bool {
        self.settings.replay
    }

    /// True when the cursor was only stopped: it stands where now was.
    pub fn only_stopped(&self) -> bool {
        self.travel.as_ref().is_some_and(|travel| travel.untouched && !travel.playing)
    }

    /// Process events that came since the picture; 0 when it is the present one.
    pub fn waiting(&self) -> u64 {
        match &self.travel {
            Some(travel) if !self.replay() => {
                self.live.model.totals().events.saturating_sub(travel.picture.model.totals().events)
            }
            _ => 0,
        }
    }

    /// How far now is ahead of the cursor, in nanoseconds; `None` where there is no now, or it stands there.
    pub fn behind(&self) -> Option<u64> {
        let travel = self.travel.as_ref().filter(|_| !self.replay())?;
        Some(self.live.now.since(travel.picture.now))
    }

    /// Findings that were made since the cursor left the present.
    pub fn found_meanwhile(&self) -> u64 {
        match &self.travel {
            Some(travel) if !self.replay() => self.found.saturating_sub(travel.found_then),
            _ => 0,
        }
    }

    /// What knows of the findings that are shown.
    pub fn detector(&self) -> &Detector {
        self.travel.as_ref().map_or(&self.detector, |travel| &travel.detector)
    }

    /// Adds an exception, to what is shown and to what is not; gives how many findings it mutes that are shown.
    pub(super) fn except(&mut self, exception: Exception) -> usize {
        let mut muted = self.detector.except(exception.clone(), &self.live.model);
        let alarms = Alarms::of(&self.detector, &self.live.model);
        self.show_alarms(alarms);
        if let Some(travel) = &mut self.travel {
            muted = travel.detector.except(exception.clone(), &travel.picture.model);
            travel.picture.alarms = Arc::new(Alarms::of(&travel.detector, &travel.picture.model));
        }
        self.deck.muted.push(exception);
        muted
    }

    /// Leaves the present: from here on the picture is the cursor's.
    fn depart(&mut self) {
        if self.travel.is_some() {
            return;
        }
        self.following = false;
        self.settle_alarms();
        let travel = Travel { found_then: self.found, ..Travel::new(self.live.clone(), self.detector.knowing()) };
        self.travel = Some(Box::new(travel));
    }

    /// Back to the present; in a recording, to its end.
    pub fn back_to_now(&mut self) {
        self.deck.abandon();
        if self.replay() {
            return self.seek(Moment::End, None);
        }
        if self.travel.take().is_none() {
            return self.tell("this is now");
        }
        self.moved();
        self.tell("live again");
    }

    /// Stops the picture, or lets it go on: back to now where it was only stopped, otherwise as time went.
    pub fn toggle_pause(&mut self) {
        match &mut self.travel {
            None => {
                self.depart();
                if let Some(travel) = &mut self.travel {
                    travel.untouched = true;
                }
                self.hint("paused, nothing is missed; [pause] goes on");
            }
            Some(travel) if travel.untouched => self.back_to_now(),
            Some(_) => self.toggle_playing(),
        }
    }

    /// Everything known of another moment has come.
    fn arrive(&mut self, shot: Shot, moment: Moment) {
        let Shot { model, mut detector, number, recent } = shot;
        for exception in &self.deck.muted {
            detector.except(exception.clone(), &model);
        }
        detector.mute_accepted(&self.deck.accepted);
        let now = match moment {
            Moment::Time(time) => time,
            _ if model.now() > Time(0) => model.now(),
            _ => self.deck.outline.times().map_or(Time(0), |(start, _)| start),
        };
        let alarms = Arc::new(Alarms::of(&detector, &model));
        let mut picture = Picture { alarms, now, number, ..Picture::new(model) };
        picture.keep(recent);
        let picture = self.sift_picture(picture);
        let Some(travel) = &mut self.travel else { return };
        travel.picture = picture;
        travel.detector = detector;
        travel.wall = self.live.now;
        travel.cut();
        if let Moment::Number(wanted) = moment
            && !self.settings.replay
            && (number + 1..=self.live.number).contains(&wanted)
            && number + 1 >= self.deck.outline.numbers().end
        {
            travel.steps = usize::try_from(wanted - number).unwrap_or(0);
        }
        self.moved();
        // Where it is to go on to somewhere else at once, whoever is to be selected is met there.
        let goes_on = matches!(self.deck.wish, Some(Ask::Seek(_)));
        if let Some(process) = self.deck.aim.take_if(|_| !goes_on) {
            match self.model().process(process) {
                Some(_) => {
                    self.point_at(process);
                    self.mark_stage(process);
                }
                None => self.tell(format!("process {} is not known at that moment", process.pid)),
            }
        } else if !goes_on {
            self.glance();
        }
    }

    /// The picture is another one: what hangs on the old one is looked at again, and whoever was selected stays so,
    /// or is again.
    fn moved(&mut self) {
        (self.look, self.held, self.table_made) = (Look::default(), None, None);
        self.stamp = None;
        self.dirty = true;
        // Verdicts are of the other model.
        self.search.forget();
        let before = match self.deck.lost.take() {
            Some((wanted, instead)) if instead == self.selected => Some(wanted),
            _ => self.selected.clone(),
        };
        if let Some(NodeKey::Process(id)) = before
            && self.model().process(id).is_some()
        {
            self.selected = before.clone();
        }
        self.settle_focus();
        self.refresh(true);
        self.keep_in_sight();
        if before != self.selected {
            self.deck.lost = before.map(|before| (before, self.selected.clone()));
        }
    }
}

impl Travel {
    /// Forgets what was read ahead.
    fn cut(&mut self) {
        self.ahead.clear();
        (self.untouched, self.dry, self.gap, self.steps) = (false, None, false, 0);
    }
}

impl Deck {
    /// Gives up what is asked for.
    fn abandon(&mut self) {
        (self.wish, self.aim, self.then) = (None, None, None);
        self.forgotten = self.under_way.is_some();
    }
}
