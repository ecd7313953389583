//! Asking whoever sits at the terminal for what a plan needs to know.

use crate::cli::{Exit, change, output};
use crate::domain::procedure::InputKind;
use crate::domain::{Environment, HostName};
use crate::state::procedures::{Answers, Asked, Choice, Missing, valid};
use crate::text::Foreign;

/// Asks for all that is missing: whether anything was answered.
pub(super) fn ask(
    missing: &Missing,
    answers: &mut Answers,
    choice: &mut Choice,
    environment: &Environment,
) -> Result<bool, Exit> {
    let mut any = false;
    // Which backups there are to choose from follows from the other answers.
    let is_backup = |asked: &&Asked| matches!(asked, Asked::Input(wanted) if wanted.input.backups.is_some());
    let later = missing.asked.iter().any(|asked| !is_backup(&asked));
    for asked in missing.asked.iter().filter(|asked| !(later && is_backup(asked))) {
        let suggestion = match asked {
            Asked::Input(wanted) => wanted.input.default.clone(),
            Asked::Placeholder(gap) | Asked::Capture(gap) | Asked::Variable(gap) => gap.suggestion.clone(),
            Asked::Host { among, .. } => among.first().map(ToString::to_string),
        };
        let among: &[String] = match asked {
            Asked::Input(wanted) if matches!(wanted.input.kind, InputKind::Choice(_)) => &wanted.among,
            Asked::Input(wanted) if wanted.input.backups.is_some() => &wanted.among,
            Asked::Input(_) | Asked::Placeholder(_) | Asked::Capture(_) | Asked::Variable(_) | Asked::Host { .. } => {
                &[]
            }
        };
        let notes: &[String] = match asked {
            Asked::Input(wanted) => &wanted.notes,
            Asked::Placeholder(_) | Asked::Capture(_) | Asked::Variable(_) | Asked::Host { .. } => &[],
        };
        for (place, one) in among.iter().enumerate() {
            let note = notes.get(place).map(|note| format!("  {note}")).unwrap_or_default();
            output::complain(&format!("{:>4}  {}{note}", place + 1, Foreign::from(one.as_str()).plain()));
        }
        let hint =
            suggestion.as_ref().map(|word| format!(" [{}]", Foreign::from(word.as_str()).plain())).unwrap_or_default();
        let value = loop {
            let typed = change::read_value(&format!("{asked}{hint}: ")).ok_or(Exit::Usage)?;
            let typed = String::from_utf8_lossy(typed.expose()).into_owned();
            let typed = chosen(&typed, among);
            let value = if typed.is_empty() { suggestion.clone().unwrap_or_default() } else { typed };
            // What it can't be is asked again at once, not behind everything else.
            let wrong = match asked {
                Asked::Input(wanted) if !value.is_empty() => {
                    let listed = answers.listed.get(&wanted.input.name).map(Vec::as_slice);
                    valid(&wanted.input, &value, environment, listed).err()
                }
                Asked::Input(_)
                | Asked::Placeholder(_)
                | Asked::Capture(_)
                | Asked::Variable(_)
                | Asked::Host { .. } => None,
            };
            match wrong {
                Some(why) => output::complain(&format!("{} can't be that: {why}", asked.key())),
                None => break value,
            }
        };
        if value.is_empty() {
            continue;
        }
        any = true;
        match asked {
            Asked::Host { .. } => {
                let known = environment.hosts.iter().map(|host| host.name.clone());
                let known: Vec<HostName> = known.chain([crate::domain::procedure::here()]).collect();
                choice.hosts.extend(known.into_iter().find(|name| name.as_str() == value));
            }
            Asked::Input(_) | Asked::Placeholder(_) | Asked::Capture(_) | Asked::Variable(_) => {
                answers.values.insert(asked.key().to_owned(), value);
            }
        }
    }
    Ok(any)
}

/// What was typed, or the choice of this number; a choice that is a number itself is meant by its word.
pub(super) fn chosen(typed: &str, among: &[String]) -> String {
    let by_number = typed.parse::<usize>().ok().and_then(|number| among.get(number.checked_sub(1)?));
    match by_number.filter(|_| !among.iter().any(|one| one == typed)) {
        Some(one) => one.clone(),
        None => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_meant_by_its_word_or_its_number() {
        let among = ["green", "blue", "1"].map(str::to_owned);
        for (typed, wanted) in [("2", "blue"), ("blue", "blue"), ("1", "1"), ("4", "4"), ("0", "0"), ("", "")] {
            assert_eq!(chosen(typed, &among), wanted);
        }
    }
}
