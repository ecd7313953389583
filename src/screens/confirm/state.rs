//! A plan that waits for a person, what was typed so far, and whether the world has moved on meanwhile.

use crate::domain::permit::{Confirm, Demand, Permit};
use crate::domain::{Plan, Verb};
use crate::state::Fleet;
use crate::state::planner::{Rules, Target, Witness, plan};
use crate::ui::list::Step;
use crate::ui::{Field, Seen};

/// The state of the box.
#[derive(Debug)]
pub struct State {
    /// What is done.
    pub verb: Verb,
    /// To what.
    pub targets: Vec<Target>,
    /// What was typed, where a name is demanded.
    pub typed: Field,
    /// What to say about the last key.
    pub remark: Option<String>,
    /// First line of the text on screen.
    pub top: usize,
    /// What has changed since the plan was made: it can't be confirmed before a person has looked again.
    pub changed: Option<String>,
    /// Whether it was on screen.
    pub seen: Seen,
    confirm: Confirm,
    witness: Witness,
    height: usize,
}

impl State {
    /// Asks for this plan.
    pub fn new(verb: Verb, targets: Vec<Target>, plan: Plan, fleet: &Fleet) -> Self {
        let witness = Witness::of(fleet, &plan);
        Self {
            verb,
            targets,
            typed: Field::default(),
            remark: None,
            top: 0,
            changed: None,
            seen: Seen::default(),
            confirm: Confirm::new(plan),
            witness,
            height: 1,
        }
    }

    /// What would be done.
    pub fn plan(&self) -> &Plan {
        self.confirm.plan()
    }

    /// What must be typed.
    pub fn demand(&self) -> &Demand {
        self.confirm.demand()
    }

    /// After every event: is the world still as it was when the plan was made? What was once noticed stays until a
    /// person has looked again.
    pub fn watch(&mut self, fleet: &Fleet, rules: &Rules) {
        if self.changed.is_none() {
            let again = plan(fleet, self.verb, &self.targets, rules);
            self.changed = self.witness.changed(fleet, self.confirm.plan(), &again);
        }
    }

    /// After every event: the text stays within its box.
    pub fn settle(&mut self, lines: usize, height: usize) {
        self.height = height;
        self.top = self.top.min(lines.saturating_sub(height));
    }

    /// Scrolls the text.
    pub fn go(&mut self, to: Step) {
        self.top = to.scrolled(self.top, self.height);
    }

    /// Takes a character. A single `y` confirms where nothing is protected: then the caller must [`answer`](Self::answer).
    pub fn push(&mut self, c: char) -> bool {
        self.remark = None;
        match self.confirm.demand() {
            Demand::Name(_) => {
                self.typed.push(c);
                false
            }
            Demand::Nothing => true,
            Demand::Yes if self.confirm.is_met_by(c.encode_utf8(&mut [0; 4])) => true,
            Demand::Yes => {
                self.remark = Some("Only y does it.".to_owned());
                false
            }
        }
    }

    /// Takes a paste: it never confirms.
    pub fn paste(&mut self) {
        self.remark = Some("A paste confirms nothing: type it.".to_owned());
    }

    /// Takes the key that accepts what was typed; says whether the caller must [`answer`](Self::answer).
    pub fn accept(&mut self) -> bool {
        match self.confirm.demand() {
            Demand::Name(name) if self.confirm.is_met_by(self.typed.text()) => !name.is_empty(),
            Demand::Name(name) => {
                let nothing = self.typed.text().is_empty();
                let said = if nothing { "Nothing was typed yet" } else { "That is not the name" };
                self.remark = Some(format!("{said}: type {name}."));
                false
            }
            Demand::Nothing => true,
            Demand::Yes => {
                self.remark = Some("This key confirms nothing here: y does it.".to_owned());
                false
            }
        }
    }

    /// Makes the permit, or says why there is none and asks again.
    ///
    /// # Errors
    /// Itself, when the world has changed or what was typed is not what is demanded.
    pub fn answer(mut self) -> Result<Permit, Box<Self>> {
        if self.changed.is_some() {
            self.typed.clear();
            self.remark = Some("Look again first.".to_owned());
            return Err(Box::new(self));
        }
        let typed = match self.confirm.demand() {
            Demand::Nothing => String::new(),
            Demand::Yes => "y".to_owned(),
            Demand::Name(_) => self.typed.text().to_owned(),
        };
        let Self { verb, targets, typed: field, remark, top, changed, seen, confirm, witness, height } = self;
        let again = |confirm: Box<Confirm>| Self {
            verb,
            targets,
            typed: field,
            remark,
            top,
            changed,
            seen,
            confirm: *confirm,
            witness,
            height,
        };
        confirm.answer(&typed).map_err(|confirm| Box::new(again(confirm)))
    }
}
