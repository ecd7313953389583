//! Inputs that are versions or releases: git and the record say which there are, before anything is planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::usage;
use crate::cli::release::ask;
use crate::cli::{Exit, Reaching, choose, output};
use crate::domain::procedure::{Input, InputKind, Kind, Procedure, ProcedurePlan};
use crate::domain::release::History;
use crate::domain::source::Facts;
use crate::domain::{Environment, InputName};
use crate::engine::releases::git;
use crate::port::ReleaseNews;
use crate::state::deploy::names_version;
use crate::state::procedures::Answers;
use crate::state::releases::{Known, backups, database_of, plan_too_late, service, targets, trouble, wants};

/// What was learned of what runs and of what is brought.
#[derive(Default)]
pub(in crate::cli) struct Learned {
    history: Option<History>,
    facts: Option<Facts>,
}

impl Learned {
    /// What a plan means for the database where it brings back older code.
    pub(super) fn database(&self, procedure: &Procedure, plan: &ProcedurePlan) -> Vec<String> {
        let of = |history: &History| database_of(history, procedure, plan, |_| self.facts.as_ref());
        self.history.as_ref().map(of).unwrap_or_default()
    }

    /// Offers the recorded backups for the inputs that take one, by what was said so far.
    pub(super) fn offer(&self, procedure: &Procedure, answers: &mut Answers) {
        let Some(history) = &self.history else { return };
        let inputs = procedure.header.inputs.iter().filter(|input| input.backups.is_some());
        let now = jiff::Timestamp::now();
        let of = |input: &Input| (input.name.clone(), backups(history, procedure, input, &answers.values, now));
        let all = inputs.map(of).collect();
        answers.offer(all);
    }

    /// The recorded backups for one input, each with what is known of it, by what was given so far.
    pub(super) fn backups(
        &self,
        procedure: &Procedure,
        input: &Input,
        given: &BTreeMap<String, String>,
    ) -> Vec<(String, String)> {
        let history = self.history.as_ref().filter(|_| input.backups.is_some());
        history.map(|history| backups(history, procedure, input, given, jiff::Timestamp::now())).unwrap_or_default()
    }

    /// Refuses a plan that brings back a backup that was made too late.
    pub(super) fn judge(&self, procedure: &Procedure, plan: &ProcedurePlan) -> Result<(), Exit> {
        let why = self.history.as_ref().and_then(|history| plan_too_late(history, procedure, plan));
        why.map_or(Ok(()), |why| Err(choose::complain(Exit::Refused, &format!("{why}."))))
    }
}

/// What is recorded, where a procedure asks for a backup on its way; nothing where the record can't be read, which is said.
pub(super) async fn recorded(procedure: &Procedure, environment: &Arc<Environment>, reach: &Reaching) -> Learned {
    if procedure.header.inputs.iter().all(|input| input.backups.is_none()) {
        return Learned::default();
    }
    match ask(environment, reach, false, false).await {
        Ok(asked) => Learned { history: Some(asked.known.history), facts: None },
        Err(_) => Learned::default(),
    }
}

/// Learns what may be given for such inputs of a procedure, and refuses what was given and may not be; where it is only
/// `shown`, a version that somebody must look at first is said to be one.
pub(super) async fn learn(
    procedure: &Procedure,
    environment: &Arc<Environment>,
    answers: &mut Answers,
    reach: &Reaching,
    shown: bool,
) -> Result<Learned, Exit> {
    let inputs = procedure.header.inputs.iter();
    let versions: Vec<InputName> =
        inputs.filter(|input| input.kind == InputKind::Version).map(|input| input.name.clone()).collect();
    for name in &versions {
        version(name, procedure, environment, answers).await?;
    }
    let releases: Vec<InputName> = procedure
        .header
        .inputs
        .iter()
        .filter(|input| input.kind == InputKind::Release)
        .map(|input| input.name.clone())
        .collect();
    // Only what a deploy was told to bring can have failed before.
    let deploys = procedure.header.kind == Kind::Deploy && wants(procedure).0;
    let backups = procedure.header.inputs.iter().any(|input| input.backups.is_some());
    if releases.is_empty() && !deploys && !backups {
        return Ok(Learned::default());
    }
    let asked = ask(environment, reach, false, false).await?;
    asked.complain(false);
    let history = &asked.known.history;
    for name in releases {
        let words = targets(history, procedure);
        if let Some(value) = answers.values.get(name.as_str())
            && !words.iter().any(|word| word == value || is_commit_of(word, value))
        {
            let why = "no good release of it is recorded that can be gone back to";
            let those = if words.is_empty() {
                "; there is none".to_owned()
            } else {
                format!("; there are {}", words.join(", "))
            };
            return Err(usage(&format!("{name}: {why}{those}.")));
        }
        answers.listed.insert(name, words);
    }
    let mut facts = None;
    let brought = names_version(procedure).filter(|_| deploys).and_then(|name| answers.values.get(name.as_str()));
    if let Some(value) = brought
        && let Ok(git) = git(environment)
    {
        let current = history.current(service(procedure).as_ref(), None).good();
        let since = current.map(|release| release.commit.as_ref().unwrap_or(&release.version).plain());
        facts = git.facts(value, since.as_deref()).await.ok();
    }
    let named = procedure.header.release.as_ref().and_then(|names| names.version.as_ref());
    if deploys && let Some(value) = named.and_then(|name| answers.values.get(name.as_str())) {
        let commit = match git(environment) {
            Ok(git) => git.resolve(value).await.ok().map(|commit| commit.id),
            Err(_) => None,
        };
        match trouble(history, procedure, value, commit.as_deref()) {
            Some(sentence) if shown => output::complain(&format!("it would be refused: {sentence}.")),
            Some(sentence) => return Err(choose::complain(Exit::Refused, &format!("{sentence}."))),
            None => {}
        }
    }
    Ok(Learned { history: Some(asked.known.history), facts })
}

/// What git says of a version that was given; without one, which there are.
async fn version(
    name: &InputName,
    procedure: &Procedure,
    environment: &Environment,
    answers: &mut Answers,
) -> Result<(), Exit> {
    let git = match git(environment) {
        Ok(git) => git,
        Err(why) => {
            output::complain(&format!("{name} is not checked: {why}."));
            return Ok(());
        }
    };
    match answers.values.get(name.as_str()) {
        Some(value) => match git.resolve(value).await {
            Ok(_) => drop(answers.listed.insert(name.clone(), vec![value.clone()])),
            Err(why) => return Err(usage(&format!("{name}: {why}."))),
        },
        None => {
            let mut shelf = Known::default();
            shelf.take(ReleaseNews::Versions(git.versions().await));
            if let Some(Err(why)) = &shelf.versions {
                output::complain(&format!("{name} can't be chosen: {why}."));
            }
            answers.listed.extend(shelf.listed(procedure).into_iter().filter(|(of, _)| of == name));
        }
    }
    Ok(())
}

fn is_commit_of(word: &str, value: &str) -> bool {
    crate::domain::release::same_commit(word.as_bytes(), value.as_bytes())
}
