//! Confirmed and not confirmed are different types: only an answered [`Confirm`] makes the [`Permit`] without which
//! nothing changes on a host.

use super::plan::Plan;

/// Why no confirmation is even asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The person, or the program's start, wants no change.
    #[error("read-only: {0}")]
    ReadOnly(&'static str),
    /// The store can't record it, so it must not happen.
    #[error("nothing can be recorded, so nothing is changed: {0}")]
    NoRecord(String),
    /// There is nothing to do.
    #[error("nothing to do: {0}")]
    Nothing(String),
}

/// What can be confirmed.
pub trait Confirmable {
    /// Whether the environment is protected.
    fn protected(&self) -> bool;
    /// What a person types to confirm it there.
    fn name(&self) -> &str;
    /// Whether it changes anything at all: what only reads needs nobody's word.
    fn changes(&self) -> bool;
    /// What a person types where a command is not what it looks like, wherever that is and whatever it does.
    fn disguised(&self) -> Option<&str> {
        None
    }
    /// The environment, where somebody else has its lock: whoever changes something there all the same says so.
    fn locked(&self) -> Option<&str> {
        None
    }
}

impl Confirmable for Plan {
    fn protected(&self) -> bool {
        self.protected
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn changes(&self) -> bool {
        true
    }

    fn locked(&self) -> Option<&str> {
        self.impact.locked.as_ref().map(|_| self.environment.as_str())
    }
}

/// Stands between how a run was confirmed and who had the lock then, in what is recorded.
pub const DESPITE: &str = ", although the environment was locked: ";

/// What must be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// Nothing: it only reads.
    Nothing,
    /// `y`.
    Yes,
    /// This name.
    Name(String),
}

/// How a plan was confirmed; it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It only reads, so nobody was asked.
    Unasked,
    /// By `y` on the screen.
    Yes,
    /// By the name, typed on the screen.
    Typed,
    /// By `--yes`.
    FlagYes,
    /// By `--confirm NAME`.
    FlagName,
}

impl How {
    /// Its word in the store.
    pub fn word(self) -> &'static str {
        match self {
            How::Unasked => "unasked",
            How::Yes => "yes",
            How::Typed => "typed",
            How::FlagYes => "flag-yes",
            How::FlagName => "flag-name",
        }
    }
}

/// A plan that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm<P = Plan> {
    plan: P,
    demand: Demand,
}

/// A plan that a person confirmed. It can't be made in any other way, nor copied: it is used once.
#[derive(Debug, PartialEq)]
pub struct Permit<P = Plan> {
    plan: P,
    how: How,
}

impl<P: Confirmable> Confirm<P> {
    /// Asks for what the environment demands: the name where it is protected, elsewhere `y`; nothing for what only
    /// reads. Where a command is not what it looks like, for the name of its host. Where somebody else has the lock, for
    /// the name of the environment; where that is what is usual, for more than it.
    pub fn new(plan: P) -> Self {
        let usual = Self::usual(plan);
        let demand = match (usual.plan.locked(), &usual.demand) {
            (None, _) | (_, Demand::Nothing) => return usual,
            (Some(name), Demand::Name(same)) if name == same => Demand::Name(format!("{name} despite lock")),
            (Some(name), Demand::Yes | Demand::Name(_)) => Demand::Name(name.to_owned()),
        };
        Self { demand, ..usual }
    }

    /// What is asked where the flags of the command line say already that it is done in spite of the lock.
    pub fn despite_lock(self) -> Self {
        Self::usual(self.plan)
    }

    fn usual(plan: P) -> Self {
        let demand = match (plan.disguised(), plan.changes(), plan.protected()) {
            (Some(host), ..) => Demand::Name(host.to_owned()),
            (None, false, _) => Demand::Nothing,
            (None, true, true) => Demand::Name(plan.name().to_owned()),
            (None, true, false) => Demand::Yes,
        };
        Self { plan, demand }
    }

    /// The plan.
    pub fn plan(&self) -> &P {
        &self.plan
    }

    /// What must be typed.
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Whether `typed` is what was demanded.
    pub fn is_met_by(&self, typed: &str) -> bool {
        match &self.demand {
            Demand::Nothing => typed.is_empty(),
            Demand::Yes => typed == "y",
            Demand::Name(name) => typed == name,
        }
    }

    /// Takes what was typed: the permit, or the question again.
    ///
    /// # Errors
    /// Itself, when it was not what was demanded.
    pub fn answer(self, typed: &str) -> Result<Permit<P>, Box<Self>> {
        if !self.is_met_by(typed) {
            return Err(Box::new(self));
        }
        let how = match self.demand {
            Demand::Nothing => How::Unasked,
            Demand::Yes => How::Yes,
            Demand::Name(_) => How::Typed,
        };
        Ok(Permit { plan: self.plan, how })
    }

    /// Takes the flags of the command line: `--yes` is enough where nothing is protected, the name everywhere.
    ///
    /// # Errors
    /// Itself, when the flags are not enough.
    pub fn by_flags(self, yes: bool, name: Option<&str>) -> Result<Permit<P>, Box<Self>> {
        let how = match (name, &self.demand) {
            (_, Demand::Nothing) => How::Unasked,
            (Some(name), Demand::Name(wanted)) if name == wanted => How::FlagName,
            (Some(name), Demand::Yes) if name == self.plan.name() => How::FlagName,
            (None, Demand::Yes) if yes => How::FlagYes,
            (Some(_) | None, _) => return Err(Box::new(self)),
        };
        Ok(Permit { plan: self.plan, how })
    }
}

impl<P> Permit<P> {
    /// What was permitted.
    pub fn plan(&self) -> &P {
        &self.plan
    }

    /// How it was confirmed.
    pub fn how(&self) -> How {
        self.how
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::plan::Impact;
    use crate::domain::verb::Verb;
    use crate::domain::{EnvName, SiteName};

    fn plan(protected: bool) -> Plan {
        Plan {
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("lab").unwrap(),
            protected,
            verb: Verb::Restart,
            subject: "pricing".into(),
            name: "pricing".into(),
            steps: Vec::new(),
            at_once: 1,
            impact: Impact::default(),
        }
    }

    #[test]
    fn a_protected_environment_wants_the_name_and_nothing_less() {
        for typed in ["y", "yes", "", "Pricing", "pricing "] {
            assert!(Confirm::new(plan(true)).answer(typed).is_err(), "{typed:?}");
        }
        assert_eq!(Confirm::new(plan(true)).answer("pricing").unwrap().how(), How::Typed);
        assert!(Confirm::new(plan(true)).by_flags(true, None).is_err());
        assert!(Confirm::new(plan(true)).by_flags(true, Some("staging")).is_err());
        assert_eq!(Confirm::new(plan(true)).by_flags(false, Some("pricing")).unwrap().how(), How::FlagName);
    }

    #[test]
    fn while_somebody_else_has_the_lock_what_is_usual_is_not_enough() {
        let locked = |protected, name: &str| {
            let impact = Impact { locked: Some(Box::new(crate::domain::lock::example())), ..Impact::default() };
            Plan { impact, name: name.into(), ..plan(protected) }
        };
        assert!(Confirm::new(locked(false, "pricing")).answer("y").is_err());
        assert!(Confirm::new(locked(false, "pricing")).by_flags(true, None).is_err());
        assert_eq!(Confirm::new(locked(false, "pricing")).answer("lab").unwrap().how(), How::Typed);
        assert!(Confirm::new(locked(true, "pricing")).answer("pricing").is_err());
        assert_eq!(Confirm::new(locked(true, "pricing")).answer("lab").unwrap().how(), How::Typed);
        assert!(Confirm::new(locked(true, "lab")).answer("lab").is_err());
        assert_eq!(Confirm::new(locked(true, "lab")).answer("lab despite lock").unwrap().how(), How::Typed);
        let said = Confirm::new(locked(true, "pricing")).despite_lock();
        assert!(said.clone().by_flags(true, None).is_err());
        assert_eq!(said.by_flags(false, Some("pricing")).unwrap().how(), How::FlagName);
    }

    #[test]
    fn elsewhere_y_is_enough_and_only_that() {
        assert!(Confirm::new(plan(false)).answer("Y").is_err());
        assert_eq!(Confirm::new(plan(false)).answer("y").unwrap().how(), How::Yes);
        assert!(Confirm::new(plan(false)).by_flags(false, None).is_err());
        assert_eq!(Confirm::new(plan(false)).by_flags(true, None).unwrap().how(), How::FlagYes);
        assert!(Confirm::new(plan(false)).by_flags(true, Some("other")).is_err());
    }
}
