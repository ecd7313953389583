//! How dangerous a command is, as far as that can be seen from its text: what is not known to only read is a change.

use crate::domain::procedure::{Danger, Language};

/// The grade of a text in a language.
pub fn danger(language: Language, text: &str) -> Danger {
    let _ = text;
    match language {
        Language::PromQl => Danger::Read,
        Language::Sh | Language::Bash | Language::Sql => Danger::Change,
    }
}
