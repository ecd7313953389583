//! A procedure that should have been read again by now.

use super::{Case, Finding};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let Some(review) = case.procedure.header.review.filter(|review| *review < case.today) else { return Vec::new() };
    let message = format!("it should have been reviewed by {review}");
    vec![Finding::warning(1, message, "read it, correct it, and set `review` to the next date")]
}
