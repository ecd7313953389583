//! What would be done by a procedure: from the document, the environment and what a person said to a plan with every
//! command on every host, or to what must be said first. Pure: it runs nothing and reads no clock.

mod answers;
mod expand;
mod fill;
mod grade;
mod missing;
mod plan;
mod request;
mod restart;
mod scope;
mod targets;
mod value;

pub use answers::{Answers, Choice, Chosen, Edited};
pub use expand::{find_part, inner_id};
pub use missing::{Asked, Gap, Missing, Wanted, Wrong};
pub use plan::{again, plan, plan_seen};
pub use value::valid;

#[cfg(test)]
mod tests;
