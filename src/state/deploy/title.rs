//! The title of a part as a person reads it: with the values of the inputs and captures that it names, where they are known.

use super::Wizard;
use crate::domain::PartId;
use crate::domain::procedure::Part;
use crate::domain::run::StepState;
use crate::state::procedures::inner_title;
use crate::text::{Foreign, truncate};

/// Columns of a value within a title.
const VALUE: usize = 40;

impl Wizard<'_> {
    /// The title of a part. What is not known yet stays as it is written.
    pub fn title(&self, part: &Part) -> String {
        let written = part.title.plain();
        let mut told = String::new();
        let mut rest = written.as_str();
        while let Some((before, behind)) = rest.split_once('$') {
            told.push_str(before);
            let braces = behind.starts_with('{');
            let word = behind.trim_start_matches('{');
            let end =
                word.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(word.len());
            let (name, after) = word.split_at(end);
            let after = if braces { after.strip_prefix('}') } else { Some(after) };
            match (self.value(name), after) {
                (Some(value), Some(after)) => {
                    told.push_str(&truncate(&Foreign::from(value.trim()).plain(), VALUE));
                    rest = after;
                }
                (Some(_), None) | (None, _) => {
                    told.push('$');
                    rest = behind;
                }
            }
        }
        told.push_str(rest);
        told
    }

    /// The title of a part by its name, also of one that is called.
    pub fn title_of(&self, id: &PartId) -> String {
        let own = self.sheet.procedure.part(id).map(|part| self.title(part));
        own.unwrap_or_else(|| inner_title(self.sheet.procedure, self.environment, id))
    }

    /// The value of an input, or of what a part has captured.
    fn value(&self, name: &str) -> Option<String> {
        let run = self.run()?;
        let given = run.document.as_ref()?.given.iter().find(|given| given.name.as_str() == name);
        let captured = || {
            let parts = self.sheet.procedure.parts.iter();
            let mut own = parts.filter(|part| part.options.capture.as_ref().is_some_and(|own| own.as_str() == name));
            own.find_map(|part| {
                let steps = self.sheet.steps(&part.id).into_iter();
                let mut well = steps.filter(|(_, step)| step.state == StepState::Verified);
                well.find_map(|(_, step)| step.value.clone())
            })
        };
        given.and_then(|given| given.value.clone()).or_else(captured).filter(|value| !value.trim().is_empty())
    }
}
