//! Containing: what runs is stopped, killed or frozen, where that was allowed at the start, and never without asking twice.

mod order;
mod spare;
#[cfg(test)]
mod tests;

use super::{App, Effect, NodeKey};
use crate::model::GroupKey;
use crate::store::{Note, NoteChange};

pub use order::{Order, Target, Verb, Whom};

/// That containing was allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Pids of this program and of its makers, which nothing is done to.
    pub own: Vec<u32>,
    /// Who asks, as it is written down: `ada (login uid 1000)`.
    pub who: String,
}

/// Something that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Containing {
    /// How far it may reach, nearest first.
    orders: Vec<Order>,
    chosen: usize,
    /// What was typed in answer to the second question; `None` while the first one is asked.
    pub typed: Option<String>,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Containing {
    /// What would happen, to whom.
    pub fn order(&self) -> Option<&Order> {
        self.orders.get(self.chosen)
    }

    /// True where it may reach further, or less far.
    pub fn has_others(&self) -> bool {
        self.orders.len() > 1
    }
}

impl App {
    /// Asks for the first time: what would be done to what is marked.
    pub fn start_containing(&mut self, verb: Verb) {
        if self.settings.replay {
            return self.tell(format!("there is nobody to {}: this is a recording", verb.word()));
        }
        if self.settings.allowed.is_none() {
            return self.tell(format!("{} is off: start with --allow-actions, and it asks twice first", verb.word()));
        }
        match self.orders(verb) {
            Ok(orders) => {
                self.containing = Some(Containing { orders, chosen: 0, typed: None, error: None });
                self.notice = None;
                self.dirty = true;
            }
            Err(why) => self.tell(why),
        }
    }

    /// How to turn an action on, where it is off.
    pub fn off(&self, action: &str) -> Option<&'static str> {
        let off = self.settings.allowed.is_none() || self.settings.replay;
        (off && action.starts_with("contain-")).then_some("off: --allow-actions")
    }

    /// Against whom something could be done, nearest first; or why against nobody.
    fn orders(&self, verb: Verb) -> Result<Vec<Order>, String> {
        let all = self.reaches_of(verb)?;
        let mut orders: Vec<Order> = Vec::new();
        let mut refused = None;
        for whom in all {
            match self.order(verb, whom) {
                Ok(order) if orders.iter().all(|known| known.targets != order.targets) => orders.push(order),
                Ok(_) => {}
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        match (orders.is_empty(), refused) {
            (true, Some(why)) => Err(why),
            (true, None) => Err(format!("there is nobody to {}", verb.word())),
            (false, _) => Ok(orders),
        }
    }

    fn reaches_of(&self, verb: Verb) -> Result<Vec<Whom>, String> {
        let selected = match (self.subject(), &self.selected) {
            (None, Some(NodeKey::Group(key))) => Some(key.clone()),
            (subject, _) => subject.and_then(|id| self.live.model.process(id)).map(|process| process.group.clone()),
        };
        if verb.is_of_containers() {
            return match selected {
                Some(GroupKey::Container(id)) => Ok(vec![Whom::Container(id)]),
                _ => Err(format!("{} is about a container: mark one, or a process of it", verb.word())),
            };
        }
        let id = self.subject().ok_or_else(|| format!("{} is about a process: mark one first", verb.word()))?;
        let mut all = vec![Whom::Process(id), Whom::Branch(id)];
        all.extend(self.alarms().mark(id).map(|mark| Whom::Incident(mark.alarm)));
        Ok(all)
    }

    /// Goes to the next reach.
    pub fn next_contained(&mut self) {
        if let Some(containing) = &mut self.containing
            && containing.typed.is_none()
        {
            containing.chosen = (containing.chosen + 1) % containing.orders.len().max(1);
            self.dirty = true;
        }
    }

    /// Adds what was typed in answer to the second question, or takes its last character back.
    pub fn type_containing(&mut self, text: Option<&str>) {
        const LONGEST: usize = 32;
        let Some(Containing { typed: Some(typed), error, .. }) = &mut self.containing else { return };
        match text {
            Some(text) if typed.len() + text.len() <= LONGEST => {
                typed.extend(text.chars().filter(|c| !c.is_control()));
            }
            Some(_) => {}
            None => {
                typed.pop();
            }
        }
        *error = None;
        self.dirty = true;
    }

    /// The first question is answered with yes, or the second with the word: then it is done, to those who are there now.
    pub fn accept_containing(&mut self) -> Option<Effect> {
        self.dirty = true;
        let containing = self.containing.as_mut()?;
        let (verb, whom) = containing.order().map(|order| (order.verb, order.whom.clone()))?;
        let Some(typed) = &containing.typed else {
            containing.typed = Some(String::new());
            return None;
        };
        if typed.trim() != verb.word() {
            containing.error = Some(format!("type {} to do it, or Esc to leave everything as it is", verb.word()));
            return None;
        }
        self.containing = None;
        match self.order(verb, whom) {
            Ok(order) => Some(Effect::Contain(Box::new(order))),
            Err(why) => {
                self.tell(why);
                None
            }
        }
    }

    /// Leaves everything as it is.
    pub fn cancel_containing(&mut self) {
        self.containing = None;
        self.tell("nothing was done");
    }

    /// What is left of a branch that was stopped or killed: whoever was made meanwhile, of which nobody had been told yet.
    pub fn left_of(&self, done: &Order, reached: &[u32]) -> Option<Order> {
        let spreads = matches!(done.whom, Whom::Branch(_) | Whom::Incident(_));
        if !spreads || !matches!(done.verb, Verb::Stop | Verb::Kill) {
            return None;
        }
        let mut order = self.order(done.verb, done.whom.clone()).ok()?;
        order.targets.retain(|target| !reached.contains(&target.id.pid));
        (!order.targets.is_empty()).then_some(order)
    }

    /// Writes down what was done, beside what happened then, and says it.
    pub fn contained(&mut self, order: &Order, told: &str) {
        let note = Note {
            id: 0,
            written: self.live.now,
            author: self.settings.author.clone(),
            at: self.live.number,
            time: self.live.model.now(),
            process: order.targets.first().map(|target| target.id),
            text: told.to_owned(),
            mark: false,
        };
        self.deck.change(NoteChange::Add(note));
        self.tell(told);
    }
}
