//! Asking whoever sits at the terminal for what a plan needs to know.

use crate::cli::{Exit, change, output};
use crate::domain::{Environment, HostName};
use crate::state::procedures::{Answers, Asked, Choice, Missing, valid};

/// Asks for all that is missing: whether anything was answered.
pub(super) fn ask(
    missing: &Missing,
    answers: &mut Answers,
    choice: &mut Choice,
    environment: &Environment,
) -> Result<bool, Exit> {
    let mut any = false;
    for asked in &missing.asked {
        let suggestion = match asked {
            Asked::Input(wanted) => wanted.input.default.clone(),
            Asked::Placeholder(gap) | Asked::Variable(gap) => gap.suggestion.clone(),
            Asked::Host { among, .. } => among.first().map(ToString::to_string),
        };
        let hint = suggestion.as_ref().map(|word| format!(" [{word}]")).unwrap_or_default();
        let value = loop {
            let typed = change::read_value(&format!("{asked}{hint}: ")).ok_or(Exit::Usage)?;
            let typed = String::from_utf8_lossy(typed.expose()).into_owned();
            let value = if typed.is_empty() { suggestion.clone().unwrap_or_default() } else { typed };
            // What it can't be is asked again at once, not behind everything else.
            let wrong = match asked {
                Asked::Input(wanted) if !value.is_empty() => valid(&wanted.input, &value, environment, None).err(),
                Asked::Input(_) | Asked::Placeholder(_) | Asked::Variable(_) | Asked::Host { .. } => None,
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
            Asked::Input(_) | Asked::Placeholder(_) | Asked::Variable(_) => {
                answers.values.insert(asked.key().to_owned(), value);
            }
        }
    }
    Ok(any)
}
