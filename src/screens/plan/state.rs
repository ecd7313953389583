//! A plan that waits for a person, and what was typed so far.

use std::sync::Arc;

use crate::domain::permit::{Confirm, Demand, Permit};
use crate::domain::{Procedure, ProcedurePlan};
use crate::ui::list::Step;
use crate::ui::{Field, Seen};

/// The state of the page.
#[derive(Debug)]
pub struct State {
    /// The document of which it was made.
    pub procedure: Arc<Procedure>,
    /// What was typed, where a name is demanded.
    pub typed: Field,
    /// What to say about the last key.
    pub remark: Option<String>,
    /// First line on screen.
    pub top: usize,
    /// Whether it was on screen.
    pub seen: Seen,
    confirm: Confirm<ProcedurePlan>,
    height: usize,
    lines: usize,
}

impl State {
    /// Asks for this plan.
    pub fn new(procedure: Arc<Procedure>, plan: ProcedurePlan) -> Self {
        let confirm = Confirm::new(plan);
        let (typed, seen) = (Field::default(), Seen::default());
        Self { procedure, typed, remark: None, top: 0, seen, confirm, height: 1, lines: 0 }
    }

    /// What would be done.
    pub fn plan(&self) -> &ProcedurePlan {
        self.confirm.plan()
    }

    /// What must be typed.
    pub fn demand(&self) -> &Demand {
        self.confirm.demand()
    }

    /// Takes a character; says whether it was the one that confirms.
    pub fn push(&mut self, c: char) -> bool {
        self.remark = None;
        match self.demand() {
            Demand::Name(_) => {
                self.typed.push(c);
                false
            }
            Demand::Yes if c == 'y' => true,
            Demand::Yes => {
                self.remark = Some("Only y does it.".to_owned());
                false
            }
            Demand::Nothing => false,
        }
    }

    /// Takes a paste: it never confirms.
    pub fn paste(&mut self) {
        self.remark = Some("A paste confirms nothing: type it.".to_owned());
    }

    /// Takes the key that accepts what was typed; says whether that is enough.
    pub fn accept(&mut self) -> bool {
        match self.demand() {
            Demand::Nothing => true,
            Demand::Name(name) if self.typed.text() == name => true,
            Demand::Name(name) => {
                let nothing = self.typed.text().is_empty();
                let said = if nothing { "Nothing was typed yet" } else { "That is not the name" };
                self.remark = Some(format!("{said}: type {name}."));
                false
            }
            Demand::Yes => {
                self.remark = Some("This key confirms nothing here: y does it.".to_owned());
                false
            }
        }
    }

    /// Makes the permit.
    ///
    /// # Errors
    /// Itself, when what was typed is not what is demanded.
    pub fn answer(self) -> Result<Permit<ProcedurePlan>, Box<Self>> {
        let typed = match self.confirm.demand() {
            Demand::Nothing => String::new(),
            Demand::Yes => "y".to_owned(),
            Demand::Name(_) => self.typed.text().to_owned(),
        };
        let Self { procedure, typed: field, remark, top, seen, confirm, height, lines } = self;
        confirm.answer(&typed).map_err(|confirm| {
            Box::new(Self { procedure, typed: field, remark, top, seen, confirm: *confirm, height, lines })
        })
    }

    /// Scrolls.
    pub fn go(&mut self, to: Step) {
        self.top = to.scrolled(self.top, self.height);
    }

    /// After every event: the text stays within its page.
    pub fn settle(&mut self, lines: usize, height: usize) {
        (self.lines, self.height) = (lines, height);
        self.top = self.top.min(lines.saturating_sub(height));
    }
}
