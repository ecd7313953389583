//! A fact as it is planned: with the values of its inputs, and with the names of those that are known only when it runs.

use super::expand::Item;
use super::scope::{Found, Scope};
use crate::domain::fact::Fact;
use crate::domain::phrase::Phrase;
use crate::domain::procedure::Script;

/// The fact with what is known, and an empty script that names what earlier parts give.
pub(super) fn filled(scope: &mut Scope<'_>, item: &Item<'_>, fact: &Fact) -> (Fact, Script) {
    let fact = &of_release(scope, item, fact);
    let mut script = Script::default();
    let mut values = Vec::new();
    let mut asked = false;
    for name in fact.inputs() {
        let (ask, wrong) = match scope.value(item, name.as_str()) {
            Found::Open(value) => {
                scope.note(name.as_str(), Some(&value));
                values.push((name, value));
                continue;
            }
            Found::Later => {
                script.captured.push(name);
                continue;
            }
            Found::Secret => (false, format!("{name} is a secret, and what is found out is shown and kept")),
            Found::Refused(why) => (true, format!("{name}: {why}")),
            Found::Nothing => (true, format!("nothing says what {name} is")),
        };
        asked = true;
        if ask && scope.ask_input(item, name.as_str()) {
            continue;
        }
        scope.wrong(&item.id, item.part.line, wrong);
    }
    let fact = fact.filled(|name| values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()));
    let known = !asked && script.captured.is_empty() && fact.inputs().is_empty();
    if known && let Err(why) = fact.question() {
        scope.wrong(&item.id, item.part.line, why);
    } else if !known && fact.lacks_commit() {
        let why = format!("nothing says of which commit {} is: say commit=$…", fact.kind.word());
        scope.wrong(&item.id, item.part.line, why);
    }
    (fact, script)
}

/// What the front matter says of its release counts where the fact says nothing itself.
fn of_release(scope: &Scope<'_>, item: &Item<'_>, fact: &Fact) -> Fact {
    let mut frame = Some(&*item.frame);
    while let Some(at) = frame {
        if let Some(names) = &at.procedure.header.release {
            let service = names.service.as_ref().map(|service| {
                let known = scope.environment.services.iter().any(|one| one.name.as_str() == service);
                // It is a service, or the input that says one.
                if known { Phrase::read(service) } else { Phrase::read(&format!("${{{service}}}")) }
            });
            let (version, commit) = (names.version.as_ref(), names.commit.as_ref());
            return fact.clone().of_release(version, commit, service, names.present.as_deref());
        }
        frame = at.caller.as_ref().map(|(caller, _)| &**caller);
    }
    fact.clone()
}
