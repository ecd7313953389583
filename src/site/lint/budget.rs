//! Parts that may take longer than what they belong to.

use super::{Case, Finding};
use crate::domain::procedure::{Doing, Options};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let procedure = case.procedure;
    let mut found = Vec::new();
    for part in &procedure.parts {
        let mut budgets =
            procedure.header.budget.map(|budget| (budget, "the procedure".to_owned())).into_iter().collect::<Vec<_>>();
        let mut at = part.section;
        while let Some(section) = at.and_then(|at| procedure.sections.get(at)) {
            budgets.extend(section.budget.map(|budget| (budget, section.title.plain())));
            at = section.inside;
        }
        let Some((budget, whose)) = budgets.into_iter().min_by_key(|(budget, _)| *budget) else { continue };
        let (takes, what) = match part.doing {
            Doing::Hold(wait, _) => (wait, "waits"),
            // What it does not say itself it does not mean.
            _ if part.options.timeout == Options::default().timeout => continue,
            _ => (part.options.timeout, "may take"),
        };
        if takes > budget {
            let seconds = |span: std::time::Duration| crate::text::Foreign::from(format!("{span:?}")).plain();
            let message = format!("{} {what} {}, and {whose} has {} in all", part.id, seconds(takes), seconds(budget));
            found.push(Finding::warning(part.line, message, "give it less, or the whole more"));
        }
    }
    found
}
