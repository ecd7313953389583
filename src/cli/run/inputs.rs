//! Which words `--input` and `--leave` may name: a value for something that nothing asks for would be lost silently, and
//! the run would go on with another one. Likewise the parts that `--tick`, `--waive` and `--answer` are about.

use std::collections::{BTreeMap, BTreeSet};

use super::{RunArgs, usage};
use crate::cli::Exit;
use crate::domain::procedure::{Doing, Procedure};
use crate::domain::{Environment, InputName, PartId};
use crate::runtimes::shell_text::{gaps, key_of, scan};
use crate::site::mistake::did_you_mean;
use crate::state::procedures::find_part;

/// Everything in a procedure, and in those that it calls, that takes a value: as it may be named, and as it is told.
fn named(procedure: &Procedure, environment: &Environment) -> BTreeMap<String, bool> {
    let mut names: BTreeMap<String, bool> = environment.variables.keys().map(|name| (name.clone(), false)).collect();
    let mut all = vec![procedure];
    let mut at = 0;
    while let Some(one) = all.get(at).copied() {
        at += 1;
        names.extend(one.header.inputs.iter().map(|input| (input.name.to_string(), true)));
        for part in &one.parts {
            match &part.doing {
                Doing::Call(name, with) => {
                    names.extend(with.iter().map(|(name, _)| (name.to_string(), true)));
                    let called = environment.procedure(name).map(std::sync::Arc::as_ref);
                    all.extend(called.filter(|called| !all.iter().any(|known| known.name == called.name)));
                }
                Doing::Prompt(wanted) => names.extend(wanted.iter().map(|name: &InputName| (name.to_string(), true))),
                Doing::Run(..)
                | Doing::Request(..)
                | Doing::Shift(..)
                | Doing::Check(..)
                | Doing::Fact(_)
                | Doing::Approve(_)
                | Doing::Ask
                | Doing::Hold(..)
                | Doing::Decide(_)
                | Doing::Restart(_)
                | Doing::Notify(..) => {}
            }
        }
        // Placeholders and variables, wherever they stand.
        let seen = scan(&one.text);
        names.extend(gaps(&one.text, &seen).into_iter().map(|gap| (gap.key, true)));
        let angles = one.text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(name, _)| key_of(name));
        let stamps = one.text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c)));
        let stamps = stamps.filter(|word| word.starts_with("YYYY")).map(key_of);
        let braces = one.text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
        let braces = braces.filter(|(name, _)| name.len() <= 64).map(|(name, _)| key_of(name.trim()));
        let variables = used(&one.text).map(str::to_owned);
        // What is asked for is told as what there is; these are only taken.
        for name in angles.chain(stamps).chain(braces).chain(variables) {
            names.entry(name).or_insert(false);
        }
    }
    names
}

/// The names behind `$` and `${` in a text.
fn used(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches('{').trim_start_matches(['!', '#']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

/// Refuses a name of `--input`, `--input-file` or `--leave`, and a part of `--tick`, `--waive` or `--answer`, that nothing of
/// the procedure has.
///
/// # Errors
/// How the call ends, after it was told which names there are.
pub(super) fn known(args: &RunArgs, procedure: &Procedure, environment: &Environment) -> Result<(), Exit> {
    let names = named(procedure, environment);
    let given = args.input.iter().chain(&args.input_file).filter_map(|word| word.split_once('='));
    let given: BTreeSet<&str> = given.map(|(name, _)| name).chain(args.leave.iter().map(String::as_str)).collect();
    for name in given {
        if let Some(sentence) = refused(name, &names, procedure.name.as_str()) {
            return Err(usage(&sentence));
        }
    }
    for word in args.tick.iter().chain(&args.waive).chain(&args.answer) {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        let found = PartId::new(name).ok().and_then(|id| find_part(procedure, environment, &id));
        if found.is_none() {
            return Err(usage(&no_part(name, procedure)));
        }
    }
    Ok(())
}

/// An answer to what nobody asks would be believed to have been taken.
fn no_part(name: &str, procedure: &Procedure) -> String {
    let all: Vec<&str> = procedure.parts.iter().map(|part| part.id.as_str()).collect();
    let hint = did_you_mean(name, all.iter().copied()).map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{} has no part {}{hint}. Nothing was done.", procedure.name, crate::text::Foreign::from(name).plain())
}

fn refused(name: &str, names: &BTreeMap<String, bool>, procedure: &str) -> Option<String> {
    let is_known = names.contains_key(name) || names.contains_key(&key_of(name));
    if is_known {
        return None;
    }
    let shown = crate::text::Foreign::from(name).plain();
    let told: Vec<&str> = names.iter().filter(|(_, asked)| **asked).map(|(name, _)| name.as_str()).collect();
    let hint = did_you_mean(name, told.iter().copied()).map(|hint| format!(" ({hint})")).unwrap_or_default();
    Some(match told.as_slice() {
        [] => format!("{procedure} has no input and no placeholder, so there is nothing that {shown} is a value of."),
        _ => format!("{procedure} has no input and no placeholder {shown}{hint}. Nothing was done."),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::domain::{EnvName, SiteName};
    use crate::site::procedure::{Known, load};

    #[test]
    fn a_value_for_nothing_is_refused_with_what_was_meant() {
        let text = "+++\n[inputs.where]\ndefault = \"app-1\"\n+++\n# X\n\n```sh {#one host=$where}\necho \"$stamp\" \"${HOME_OF}\" \
                    <App name> YYYYMMDD {{ tag }}\n```\n";
        let (procedure, _) = load(Path::new("x.md"), text.as_bytes(), &Known::default());
        let environment = Environment::new(SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap());
        let names = named(&procedure, &environment);
        for name in ["where", "stamp", "HOME_OF", "app_name", "App name", "YYYYMMDD", "tag"] {
            assert_eq!(refused(name, &names, "x"), None, "{name}: {names:?}");
        }
        let why = refused("wher", &names, "x").unwrap();
        assert!(why.contains("wher") && why.contains("did you mean") && why.contains("where"), "{why}");
        assert!(refused("nope", &names, "x").is_some());
    }
}
