//! What scripts print in a drill that goes through none of their commands, and what hosts remember of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Answer, Hearsay, Version};
use crate::engine::drill::scenario::Happening;

/// What is known by name.
type Names = BTreeMap<String, String>;

/// What a script came to.
#[derive(Debug, Clone)]
pub(in crate::engine::drill) struct Reply {
    pub(in crate::engine::drill) says: String,
    pub(in crate::engine::drill) errs: String,
    pub(in crate::engine::drill) exits: i32,
    pub(in crate::engine::drill) takes: Duration,
    pub(in crate::engine::drill) then: Vec<Happening>,
    sets: Names,
}

/// The answers of a drill, and what its hosts remember. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(in crate::engine::drill) struct Heard {
    hearsay: Arc<Hearsay>,
    state: watch::Sender<BTreeMap<String, Names>>,
}

impl Heard {
    pub(in crate::engine::drill) fn new(hearsay: Arc<Hearsay>) -> Self {
        Self { hearsay, state: watch::Sender::default() }
    }

    /// What this script comes to on a host; nothing when it is not known.
    pub(in crate::engine::drill) fn reply(&self, host: &str, script: &str, variables: &Names) -> Option<Reply> {
        let mut names = self.hearsay.state.clone();
        names.extend(self.state.borrow().get(host).cloned().unwrap_or_default());
        names.extend(variables.clone());
        names.insert("host".to_owned(), host.to_owned());
        let filled = |text: &str| self.hearsay.filled(text, &names);
        let fits = |answer: &&Answer| {
            answer.host.as_deref().is_none_or(|known| known == host)
                && answer.when.iter().all(|(name, wanted)| filled(&format!("${{{name}}}")) == filled(wanted))
                && answer.script.is_match(script)
        };
        let answer = self.hearsay.answers.iter().find(fits)?;
        Some(Reply {
            says: filled(&answer.says),
            errs: filled(&answer.errs),
            exits: answer.exits,
            takes: answer.takes,
            then: answer.then.clone(),
            sets: answer.sets.iter().map(|(name, value)| (name.clone(), filled(value))).collect(),
        })
    }

    /// The data.
    #[cfg(test)]
    pub(super) fn hearsay(&self) -> &Hearsay {
        &self.hearsay
    }

    /// From now on the host remembers what came of it.
    pub(in crate::engine::drill) fn remember(&self, host: &str, reply: &Reply) {
        if !reply.sets.is_empty() {
            self.state.send_modify(|state| state.entry(host.to_owned()).or_default().extend(reply.sets.clone()));
        }
    }
}

impl Hearsay {
    /// A text with what its names stand for; a name that is not known stands for nothing.
    pub(super) fn filled(&self, text: &str, names: &Names) -> String {
        let mut parts = text.split("${");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (inside, rest) = part.split_once('}').unwrap_or((part, ""));
            let value = |name: &str| names.get(name).map(|value| value.trim()).unwrap_or_default();
            let said = match inside.split_once('|') {
                None => value(inside).to_owned(),
                Some((name, filter)) => {
                    let (filter, other) = filter.split_once(':').unwrap_or((filter, ""));
                    self.filter(filter, value(name), value(other))
                }
            };
            filled.push_str(&said);
            filled.push_str(rest);
        }
        filled
    }

    /// What a filter says of a version; `from` is the one before it.
    fn filter(&self, filter: &str, word: &str, from: &str) -> String {
        let version = self.version(word);
        let one = |of: fn(&Version) -> String| version.map(of).unwrap_or_else(|| word.to_owned());
        let migrations = || self.between(from, word).iter().flat_map(|version| &version.migrations);
        let lines = |all: Vec<String>| all.join("\n");
        match filter {
            "commit" => one(|version| version.commit.clone()),
            "name" => one(|version| version.name().to_owned()),
            "short" => word.get(..10).unwrap_or(word).to_owned(),
            "line" => one(Version::line),
            "log" => {
                let subjects = self.between(from, word).iter().flat_map(|version| {
                    let below = version.commits.iter().map(|below| format!("           {}", below.subject));
                    std::iter::once(version.line()).chain(below)
                });
                lines(subjects.collect())
            }
            "migrations" => {
                lines(migrations().map(|one| format!("{} {}", one.name, one.reversible().word())).collect())
            }
            "names" => lines(migrations().map(|one| one.name.clone()).collect()),
            "removes" => {
                lines(migrations().filter(|one| !one.removes.is_empty()).map(|one| one.name.clone()).collect())
            }
            "read" => {
                let told = |one: &super::Migration| {
                    let removes =
                        if one.removes.is_empty() { "removes nothing".to_owned() } else { one.removes.join("\n") };
                    format!("== {}\n{removes}", one.name)
                };
                lines(migrations().map(told).collect())
            }
            _ => format!("(no filter {filter})"),
        }
    }

    /// The filters that texts name, for a test.
    #[cfg(test)]
    pub(super) fn texts(&self) -> impl Iterator<Item = &String> {
        self.answers.iter().flat_map(|answer| [&answer.says, &answer.errs].into_iter().chain(answer.sets.values()))
    }
}
