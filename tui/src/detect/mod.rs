//! What is wrong in the tree: behaviours, the rule catalogue, findings, and the incidents that join them. Pure: it sees
//! events and the model, and nothing else.

mod behaviour;
mod escapes;
mod finding;
mod rule;

pub use finding::{Chain, Evidence, Fact, Finding, Part};
pub use rule::{Class, Rule, Severity, catalogue, rule};

use behaviour::{Behaviour, Scene, Sink};

use crate::model::{Event, Kind, Model, Process};

/// Watches a stream for everything that the catalogue knows.
#[derive(Debug, Default)]
pub struct Detector {
    behaviours: Vec<Box<dyn Behaviour>>,
}

impl Detector {
    /// One that has seen nothing yet.
    pub fn new() -> Detector {
        Detector { behaviours: vec![Box::new(escapes::Escapes::default())] }
    }

    /// Looks at an event that `model` has just taken in; gives what was found.
    pub fn observe(&mut self, event: &Event, model: &Model) -> Vec<Finding> {
        let Event::Process(event) = event else { return Vec::new() };
        let Some(process) = model.process(event.process) else { return Vec::new() };
        let scene = Scene { event, process, model };
        let mut sink = Sink::default();
        for behaviour in &mut self.behaviours {
            behaviour.observe(&scene, &mut sink);
        }
        if matches!(event.kind, Kind::Exit(_)) {
            for behaviour in &mut self.behaviours {
                behaviour.forget(event.process);
            }
        }
        sink.found
    }

    /// Which parts of which chains a process shows, and which are missing.
    pub fn explain(&self, process: &Process, model: &Model) -> Vec<Chain> {
        self.behaviours.iter().flat_map(|behaviour| behaviour.chains(process, model)).collect()
    }
}
