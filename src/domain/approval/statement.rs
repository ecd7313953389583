//! An approval as the bytes that are signed: a line for each thing it says, in one order, and nothing else.

use super::{Approval, Bound};
use crate::domain::name::{EnvName, ProcedureName, SiteName};
use crate::domain::run::RunId;

/// Its first line. Another form of it would have another number.
const HEAD: &str = "quarterdeck approval 1";
/// What its lines begin with, in their order.
const WORDS: [&str; 10] =
    ["run", "site", "environment", "procedure", "plan", "inventory", "version", "person", "workstation", "at"];
/// Longer is no name of a person or a workstation.
const LONGEST: usize = 256;

impl Approval {
    /// The bytes that are signed.
    ///
    /// # Errors
    /// Why there are none: a name that does not fit into a line.
    pub fn statement(&self) -> Result<String, String> {
        for name in [&self.person, &self.workstation] {
            if !is_name(name) {
                return Err(format!("the name {name:?} does not fit into one line of an approval"));
            }
        }
        let values = [
            self.run.as_str(),
            self.site.as_str(),
            self.environment.as_str(),
            self.procedure.as_str(),
            &self.bound.plan,
            &self.bound.inventory,
            &self.bound.version,
            &self.person,
            &self.workstation,
            &self.at.to_string(),
        ];
        let lines = WORDS.iter().zip(values).map(|(word, value)| format!("{word} {value}\n"));
        Ok(format!("{HEAD}\n{}", lines.collect::<String>()))
    }

    /// What such bytes say; nothing for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next()? != HEAD {
            return None;
        }
        let mut values = Vec::new();
        for word in WORDS {
            values.push(lines.next()?.strip_prefix(word)?.strip_prefix(' ')?);
        }
        let [run, site, environment, procedure, plan, inventory, version, person, workstation, at] = values[..] else {
            return None;
        };
        let good = lines.next().is_none()
            && [plan, inventory, version].iter().all(|digest| is_digest(digest))
            && is_name(person)
            && is_name(workstation);
        let read = Self {
            run: RunId::new(run)?,
            site: SiteName::new(site).ok()?,
            environment: EnvName::new(environment).ok()?,
            procedure: ProcedureName::new(procedure).ok()?,
            bound: Bound { plan: plan.into(), inventory: inventory.into(), version: version.into() },
            person: person.to_owned(),
            workstation: workstation.to_owned(),
            at: at.parse().ok()?,
        };
        // What is signed is exactly what it says.
        (good && read.statement().is_ok_and(|again| again == text)).then_some(read)
    }
}

fn is_digest(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_name(word: &str) -> bool {
    let plain = word.trim() == word && !word.chars().any(char::is_control);
    plain && !word.is_empty() && word.len() <= LONGEST
}
