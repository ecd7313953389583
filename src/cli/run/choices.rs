//! Inputs whose choices a program lists: it is asked before anything is planned, where its document may run anything.

use super::usage;
use crate::cli::{Exit, choose, output};
use crate::domain::procedure::{Choices, InputKind, Procedure};
use crate::engine::choices::choices;
use crate::state::procedures::Answers;
use crate::text::{Foreign, few};

/// Learns the choices of such inputs, and refuses what was given and is none of them. Without `trusted` no program runs.
pub(super) async fn learn(procedure: &Procedure, answers: &mut Answers, trusted: bool) -> Result<(), Exit> {
    for input in procedure.header.inputs.iter().filter(|input| !input.secret) {
        let InputKind::Choice(Choices::Listed(argv)) = &input.kind else { continue };
        let name = &input.name;
        if !trusted {
            output::complain(&format!(
                "{name}: its choices are not known, because the program that lists them is not run before it is trusted"
            ));
            continue;
        }
        let all = choices(argv).await.map_err(|why| choose::complain(Exit::Unavailable, &format!("{name}: {why}.")))?;
        if let Some(value) = answers.values.get(name.as_str()).filter(|value| !all.contains(*value)) {
            return Err(usage(&none_of(name.as_str(), value, &all)));
        }
        answers.listed.insert(name.clone(), all);
    }
    Ok(())
}

/// The sentence for a value that is none of the choices.
fn none_of(name: &str, value: &str, all: &[String]) -> String {
    format!("{name}: {} is none of its choices; there are {}.", Foreign::from(value).plain(), few(all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::procedure::InputKind;
    use crate::state::procedures::kind_told;

    #[test]
    fn what_a_program_lists_reaches_no_terminal_as_it_is() {
        let listed = ["main\u{1b}]0;title\u{7}", "\u{1b}[2J\u{9b}31mred", "a\u{202e}b"].map(str::to_owned);
        for told in
            [none_of("branch", "x\u{1b}[31m", &listed), kind_told(&InputKind::Choice(Choices::Fixed(listed.to_vec())))]
        {
            assert!(told.contains("main") && told.contains("red"), "{told:?}");
            assert!(!told.contains(|c: char| c.is_control() || c == '\u{202e}'), "{told:?}");
        }
        let many: Vec<String> = (0..1000).map(|number| format!("release-{number}")).collect();
        let told = none_of("branch", "x", &many);
        assert!(told.len() < 300 && told.ends_with("and 988 more."), "{told}");
    }
}
