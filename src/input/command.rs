//! Commands: what may be typed behind the colon. Every action is one, by its name; nothing else has to be said of it.

use super::action::{Action, ActionRow, TABLE};
use super::context::{Context, Kind};
use crate::domain::mistake::nearest;

/// Short words that fingers know, beside the names.
const ALIASES: &[(&str, &str)] = &[
    ("q", "quit"),
    ("h", "help"),
    ("w", "export"),
    ("env", "switch-environment"),
    ("service", "show-overview"),
    ("host", "show-hosts"),
    ("logs", "read-logs"),
];

/// The short words of actions that there are.
pub fn aliases() -> impl Iterator<Item = (&'static str, Action)> {
    ALIASES.iter().filter_map(|(word, name)| Some((*word, Action::named(name)?)))
}

/// Names of screens are commands without this as well.
const SHOW: &str = "show-";

/// What may stand behind a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A service: the action is done to it.
    Service,
    /// A host: the action is done to it.
    Host,
    /// A service or a host.
    Row,
    /// An environment, or a site and one of its environments.
    Environment,
    /// A procedure, or a few letters of its title.
    Procedure,
    /// Any words.
    Words,
}

/// What the contexts of an action don't say.
const TAKES: &[(Action, Takes)] = &[
    (Action::ShowOverview, Takes::Service),
    (Action::ShowHosts, Takes::Host),
    (Action::ShowRunbooks, Takes::Procedure),
    (Action::RetryNow, Takes::Host),
    (Action::SwitchEnvironment, Takes::Environment),
    (Action::Filter, Takes::Words),
    (Action::UnfoldAll, Takes::Nothing),
    (Action::FoldAll, Takes::Nothing),
    (Action::FailedOnly, Takes::Nothing),
    (Action::Sort, Takes::Nothing),
];

/// What may stand behind the command of an action: what acts on a row of a list takes the name of one.
pub fn takes(action: Action) -> Takes {
    if let Some((_, takes)) = TAKES.iter().find(|(special, _)| *special == action) {
        return *takes;
    }
    let contexts = action.row().contexts;
    let of = |context| contexts.contains(&context);
    match (of(Context::Overview), of(Context::Hosts)) {
        (true, true) => Takes::Row,
        (true, false) => Takes::Service,
        (false, true) => Takes::Host,
        (false, false) => Takes::Nothing,
    }
}

/// Whether an action means something outside of dialogs, so that it can be found and typed.
pub fn is_command(row: &ActionRow) -> bool {
    row.contexts.iter().any(|context| context.kind() != Kind::Typing)
}

/// Every word that is a command, with its action: the shortest that is its own first.
pub fn words() -> Vec<(&'static str, Action)> {
    let rows = || TABLE.iter().filter(|row| is_command(row));
    let names = rows().map(|row| (row.name, row.action));
    let shown = rows().filter_map(|row| row.name.strip_prefix(SHOW).map(|word| (word, row.action)));
    // A name of its own is stronger than one made by leaving something out.
    let taken = |word: &str| Action::named(word).is_some() || aliases().any(|(alias, _)| alias == word);
    let free = shown.filter(|(word, _)| !taken(word));
    aliases().chain(free).chain(names).collect()
}

/// A command as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What to do.
    pub action: Action,
    /// What stands behind it, without spaces around.
    pub argument: Option<String>,
}

/// Reads a command.
///
/// # Errors
/// Why it is none, as a sentence without a full stop; `None` for an empty line.
pub fn parse(text: &str) -> Result<Command, Option<String>> {
    let text = text.trim();
    let (word, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if word.is_empty() {
        return Err(None);
    }
    let known = words();
    let Some((_, action)) = known.iter().find(|(name, _)| *name == word) else {
        let hint = nearest(word, known.iter().map(|(name, _)| *name));
        return Err(Some(format!("there is no command `{word}`{hint}")));
    };
    let argument = Some(argument.trim()).filter(|argument| !argument.is_empty()).map(str::to_owned);
    if let (Takes::Nothing, Some(argument)) = (takes(*action), &argument) {
        return Err(Some(format!("`{word}` takes nothing behind it, and not `{argument}`")));
    }
    Ok(Command { action: *action, argument })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_action_of_the_table_is_a_command_by_its_name() {
        for row in TABLE.iter().filter(|row| is_command(row)) {
            assert_eq!(parse(row.name).unwrap().action, row.action, "{}", row.name);
            let argument = parse(&format!(" {}  one two ", row.name));
            match takes(row.action) {
                Takes::Nothing => assert!(argument.is_err(), "{}", row.name),
                Takes::Service | Takes::Host | Takes::Row | Takes::Environment | Takes::Procedure | Takes::Words => {
                    assert_eq!(argument.unwrap().argument.as_deref(), Some("one two"), "{}", row.name);
                }
            }
        }
    }

    #[test]
    fn a_short_word_is_never_the_name_of_another_action() {
        for (word, action) in aliases() {
            assert!(Action::named(word).is_none_or(|named| named == action), "{word}");
        }
        assert_eq!(parse("env staging").unwrap().action, Action::SwitchEnvironment);
        assert_eq!(parse("hosts").unwrap().action, Action::ShowHosts);
        assert_eq!(parse("q").unwrap().action, Action::Quit);
    }

    #[test]
    fn what_is_no_command_is_told_with_the_nearest_that_is() {
        assert_eq!(parse("  "), Err(None));
        let wrong = parse("refesh").unwrap_err().unwrap();
        assert_eq!(wrong, "there is no command `refesh`; did you mean `refresh`?");
        assert!(parse("accept").is_err(), "what only means something while typing is no command");
    }
}
