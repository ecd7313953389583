//! What would be done by a procedure: from the document, the environment and what a person said to a plan with every
//! command on every host, or to what must be said first. And procedures as a person meets them: which fit what is seen,
//! how each part stands, what runs have printed and wait for. Pure: it runs nothing and reads no clock.

mod again;
mod answers;
mod back;
pub mod conducted;
mod expand;
mod fact;
mod fill;
mod grade;
pub mod guarded;
pub mod matching;
mod missing;
mod moved;
mod offered;
pub mod past;
mod plan;
pub mod printed;
mod request;
mod restart;
mod scope;
pub mod sheet;
pub mod shelf;
mod shift;
mod targets;
mod told;
mod value;
pub mod wording;

pub use again::{again, commanded, done_before_word, found_out, once_more};
pub use answers::{Answers, Choice, Chosen, Edited};
pub use back::offered_back;
pub use conducted::{Conduct, Conducted};
pub use expand::{find_part, inner_id, inner_title, is_of};
pub use grade::seen_grade;
pub use matching::{Fit, Subject};
pub use missing::{Asked, Gap, Missing, Wanted, Wrong, kind_told};
pub use moved::{goes_back, motion, takes_back};
pub use offered::{offered, unlisted};
pub use plan::{has_gate, plan, plan_seen};
pub use printed::Printed;
pub use sheet::Sheet;
pub use shelf::Shelf;
pub use told::{missing_json, offered_told, part_json, plan_json, plan_told, plan_told_with};
pub use value::valid;

#[cfg(test)]
mod tests;
