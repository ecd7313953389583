//! How dangerous a command is, as far as that can be seen from its text: what is not known to only read is a change,
//! and some of what changes is known to destroy. Nothing is run for it.

mod builtin;
mod cloud;
mod machine;
mod numbers;
mod own;
mod platform;
mod shell;
mod sql;
mod strict;
mod table;
mod through;

#[cfg(test)]
mod attack_tests;
#[cfg(test)]
mod tests;

use crate::domain::procedure::{Danger, Language};

/// The grade of a text in a language.
pub fn danger(language: Language, text: &str) -> Danger {
    match language {
        Language::Sh | Language::Bash => shell::shell(text, 0),
        Language::Sql => sql::sql(text),
        Language::PromQl => Danger::Read,
    }
}
