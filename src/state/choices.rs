//! What programs list as choices of inputs, as far as it is known.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::InputName;
use crate::domain::procedure::{Choices, Input, InputKind, Procedure};

/// The newest list of each program, and those that run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    lists: BTreeMap<Vec<String>, Vec<String>>,
    asked: BTreeSet<Vec<String>>,
}

impl Known {
    /// Notes that a program is asked: whether it is to be, and not under way already.
    pub fn ask(&mut self, argv: &[String]) -> bool {
        self.asked.insert(argv.to_vec())
    }

    /// Takes what one lists: whether it was asked. One that failed is known for nothing.
    pub fn take(&mut self, argv: &[String], told: &Result<Vec<String>, String>) -> bool {
        if !self.asked.remove(argv) {
            return false;
        }
        match told {
            Ok(all) => self.lists.insert(argv.to_vec(), all.clone()),
            Err(_) => self.lists.remove(argv),
        };
        true
    }

    /// What can be chosen for the inputs of a procedure, as far as it is known.
    pub fn listed(&self, procedure: &Procedure) -> Vec<(InputName, Vec<String>)> {
        let of = |input: &Input| self.lists.get(program(input)?).cloned();
        let inputs = procedure.header.inputs.iter();
        inputs.filter_map(|input| Some((input.name.clone(), of(input)?))).collect()
    }
}

/// The program that lists the choices of an input; none of a secret's are listed.
pub fn program(input: &Input) -> Option<&Vec<String>> {
    match &input.kind {
        InputKind::Choice(Choices::Listed(argv)) if !input.secret => Some(argv),
        InputKind::Choice(_) | InputKind::Text | InputKind::Number | InputKind::Switch | InputKind::Host => None,
        InputKind::Service | InputKind::Pattern(_) | InputKind::Version | InputKind::Release => None,
    }
}
