//! Steps whose command is still missing: they are done by hand, counted and listed.

use super::{Case, Finding};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let open: Vec<_> = case.procedure.parts.iter().filter(|part| part.options.todo).collect();
    let all = case.procedure.parts.len();
    let one = |(at, part): (usize, &&crate::domain::procedure::Part)| {
        let message =
            format!("the command of {} is still missing ({} of {}, {all} parts in all)", part.id, at + 1, open.len());
        Finding::warning(part.line, message, "until then it is done by hand")
    };
    open.iter().enumerate().map(one).collect()
}
