//! The inputs of a whole run that have a value already: a person sees them before anything is planned, and may change them.

use super::answers::Answers;
use super::missing::Asked;
use super::scope::Scope;
use crate::domain::procedure::{Doing, Input, Procedure, ProcedurePlan};
use crate::domain::{Environment, InputName};
use crate::state::choices::program;

/// Those that have a default, or were told before; not secrets, not what the run asks for on its way, and not what was
/// `picked` from a list just now.
pub fn offered(
    procedure: &Procedure,
    environment: &Environment,
    answers: &Answers,
    picked: Option<&InputName>,
) -> Vec<Asked> {
    let mut scope = Scope::new(environment, answers, std::iter::empty());
    for input in procedure.header.inputs.iter().filter(|input| !input.secret && Some(&input.name) != picked) {
        let prompts = |doing: &Doing| matches!(doing, Doing::Prompt(names) if names.contains(&input.name));
        let known = input.default.is_some() || answers.values.contains_key(input.name.as_str());
        if known && !procedure.parts.iter().any(|part| prompts(&part.doing)) {
            scope.ask(input);
        }
    }
    scope.missing.asked
}

/// Those of a plan whose choices a program lists that was not asked yet: nobody has judged their values.
pub fn unlisted(
    procedure: &Procedure,
    environment: &Environment,
    answers: &Answers,
    plan: &ProcedurePlan,
) -> Vec<Asked> {
    let mut scope = Scope::new(environment, answers, std::iter::empty());
    let unjudged = |input: &&Input| {
        let given = plan.given.iter().any(|given| given.name == input.name && given.value.is_some());
        let mut jobs = plan.parts.iter().flat_map(|part| part.jobs.iter().chain(&part.previews));
        let used = jobs.any(|job| job.script.variables.iter().any(|(name, _)| *name == input.name));
        (given || used) && program(input).is_some() && !answers.listed.contains_key(&input.name)
    };
    procedure.header.inputs.iter().filter(unjudged).for_each(|input| scope.ask(input));
    scope.missing.asked
}
