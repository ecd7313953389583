//! What is looked at anew before a run goes ahead: whether the site's files are still those that were read here, and whether
//! what is to be done is what was approved.

use std::time::Duration;

use super::Begun;
use super::task::Task;
use crate::domain::probe::Found;
use crate::domain::procedure::{Doing, InputKind, Kind, ProcedurePlan, Purpose, Role};
use crate::domain::run::{Go, RunDocument, StepState};
use crate::domain::{Environment, InputName, Run};
use crate::engine::act::Place;
use crate::engine::releases::git;
use crate::state::approvals::bind;
use crate::text::Foreign;

/// What a version means is asked for so long where nothing but the record of the release needs it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why nothing is begun on the word of files that are others now: of what must pass a gate, an approval or a window. The
/// way back is never held up.
pub(super) async fn is_current(plan: &ProcedurePlan, place: &Place) -> Result<(), String> {
    let judges = plan.kind == Kind::Deploy || plan.parts.iter().any(|part| part.role == Role::Gate);
    let ahead = matches!(plan.purpose, Purpose::Forward | Purpose::Judge);
    if !(plan.whole && ahead && judges) {
        return Ok(());
    }
    match place.files.changed(&place.environment).await {
        Some(why) => Err(format!("Nothing was begun: {why}.")),
        None => Ok(()),
    }
}

/// What the versions of a run mean now that it begins: a branch goes on, and a tag can be moved. Where approvals are asked
/// for, it must be known; else it is asked for the record of the release, of a run that waits for its go only then.
///
/// # Errors
/// Why that is not known, as a sentence.
pub(super) async fn meant(begun: &mut Begun, environment: &Environment) -> Result<(), String> {
    let mut parts = begun.plans.iter().flat_map(|plan| &plan.parts);
    let wants = parts.any(|part| matches!(part.doing, Doing::Approve(_))) && !environment.channels.drill;
    let Some(document) = &mut begun.run.document else { return Ok(()) };
    if !wants {
        if document.decided.go != Go::Waits {
            document.decided.meant = released(document, environment).await;
        }
        return Ok(());
    }
    for (name, version) in versions(document, environment) {
        let commit = resolved(&version, environment).await;
        let commit = commit.map_err(|why| format!("Nothing was begun, because nobody could approve it: {why}."))?;
        document.decided.meant.push((name, commit));
    }
    Ok(())
}

/// The commit that the version means which a run is to release, as far as git says; nothing where the document finds the
/// commit out itself, or nobody can be asked.
pub(super) async fn released(document: &RunDocument, environment: &Environment) -> Vec<(InputName, String)> {
    let procedure = environment.procedure(&document.name).filter(|_| !environment.channels.drill && document.whole);
    let names = procedure.and_then(|procedure| procedure.header.release.as_ref());
    let names = names.filter(|names| names.commit.is_none());
    let Some(version) = names.and_then(|names| names.version.as_ref()) else { return Vec::new() };
    let given = versions(document, environment).into_iter().find(|(name, _)| name == version);
    let Some((name, version)) = given else { return Vec::new() };
    let asked = tokio::time::timeout(PATIENCE, resolved(&version, environment)).await;
    match asked.unwrap_or_else(|_| Err("git gave no answer in time".to_owned())) {
        Ok(commit) => vec![(name, commit)],
        Err(why) => {
            tracing::info!(%why, "the commit of a release is not known");
            Vec::new()
        }
    }
}

/// The commit that a run has released, where its document does not say it: what its version meant when it went ahead, and
/// means still. Of a branch that went on meanwhile nobody knows which of its commits was taken, unless that was approved.
pub(super) async fn commit(run: &Run, version: Option<&InputName>, environment: &Environment) -> Option<Foreign> {
    let document = run.document.as_ref()?;
    let (name, before) = document.decided.meant.iter().find(|(name, _)| Some(name) == version)?;
    let given = document.given.iter().find(|given| given.name == *name)?.value.as_ref();
    let verified = run.steps.iter().filter(|step| step.state == StepState::Verified);
    let approved = verified.filter_map(|step| step.part.as_ref()).any(|part| {
        let planned = environment.procedure(&document.name).and_then(|procedure| procedure.part(part));
        planned.is_some_and(|part| matches!(part.doing, Doing::Approve(_)))
    });
    let is_so = approved
        || given == Some(before)
        || released(document, environment).await.iter().any(|(known, now)| known == name && now == before);
    is_so.then(|| before.as_str().into())
}

/// The versions that a run was given, where the site says where its code is.
fn versions(document: &RunDocument, environment: &Environment) -> Vec<(InputName, String)> {
    let procedure = environment.procedure(&document.name).filter(|_| environment.source.is_some());
    let inputs = procedure.into_iter().flat_map(|procedure| &procedure.header.inputs);
    let inputs = inputs.filter(|input| input.kind == InputKind::Version);
    let given = |name: &InputName| document.given.iter().find(|given| given.name == *name)?.value.clone();
    inputs.filter_map(|input| Some((input.name.clone(), given(&input.name)?))).collect()
}

async fn resolved(version: &str, environment: &Environment) -> Result<String, String> {
    let shown = Foreign::from(version).plain();
    let told = |why: String| format!("which commit {shown} means is not known ({why})");
    git(environment).map_err(told)?.resolve(version).await.map(|commit| commit.id).map_err(told)
}

/// Whether the versions of a run still mean what they meant when it began.
///
/// # Errors
/// Why not, or why that is not known, as a clause.
pub(super) async fn still_means(run: &Run, environment: &Environment) -> Result<(), (Found, String)> {
    let Some(document) = &run.document else { return Ok(()) };
    let given = versions(document, environment);
    for (name, before) in &document.decided.meant {
        let Some((_, version)) = given.iter().find(|(known, _)| known == name) else { continue };
        let now = resolved(version, environment).await.map_err(|why| (Found::Error, why))?;
        if now != *before {
            let short = |commit: &str| Foreign::from(commit.get(..12).unwrap_or(commit)).plain();
            let (version, before, now) = (Foreign::from(version.as_str()).plain(), short(before), short(&now));
            let why = format!(
                "{version} means the commit {now} now, and meant {before} when the run began and was approved: begin a \
                 new run"
            );
            return Err((Found::Fail, why));
        }
    }
    Ok(())
}

impl Task {
    /// The run with what has become of it so far.
    pub(super) fn as_it_stands(&self) -> Run {
        let mut run = (*self.kit.about.run).clone();
        run.steps = self.course.steps().to_vec();
        if let Some(document) = &mut run.document {
            document.given = self.course.given().to_vec();
        }
        run
    }

    /// Whether those who approved the run have seen all that is done in it. The way back is held up by nobody.
    fn wants_approval(&self) -> bool {
        let wants = self.planned.values().any(|(part, _)| matches!(part.doing, Doing::Approve(_)));
        wants && !self.course.goes_back()
    }

    /// Why a host can't be left out of a run, or a step that was not begun can't be left undone: it was approved as a whole.
    pub(super) fn may_be_left(&self, what: &str) -> Result<(), String> {
        if !self.wants_approval() {
            return Ok(());
        }
        Err(format!(
            "{what} can't be left out: this run was approved with it. Begin a new run without it, which is approved anew; \
             skip what has failed there, step by step; or go back."
        ))
    }

    /// Why what is to be done is not what was approved: in a run that wants approvals nothing goes ahead with a command
    /// that those who approved have not seen.
    pub(super) fn is_approved(&self, plan: &ProcedurePlan) -> Result<(), String> {
        if !self.wants_approval() || plan.purpose != Purpose::Forward {
            return Ok(());
        }
        let refused = |part: &dyn std::fmt::Display, what: &str| {
            Err(format!(
                "{part} {what}, and this run was approved as its document plans it: nothing was begun. Change the \
                 document and begin a new run, which is approved anew; or go back."
            ))
        };
        if let Some(part) = plan.parts.iter().find(|part| part.edited.is_some()) {
            return refused(&part.part, "was edited");
        }
        let environment = &self.kit.place.environment;
        let run = self.as_it_stands();
        let document = run.document.as_ref().and_then(|document| environment.procedure(&document.name));
        let Some(Ok(approved)) = document.map(|document| bind(&run, document, environment)) else { return Ok(()) };
        let behind = |part: &&crate::domain::procedure::PlannedPart| part.role != Role::Gate && !part.role.is_apart();
        for part in plan.parts.iter().filter(behind) {
            let known = approved.plan.parts.iter().find(|known| known.part == part.part);
            for job in &part.jobs {
                let same = |other: &crate::domain::procedure::Job| {
                    other.host == job.host
                        && other.script.text == job.script.text
                        && other.script.with == job.script.with
                        && other.script.get == job.script.get
                };
                if !known.is_some_and(|known| known.jobs.iter().any(same)) {
                    return refused(&format!("{} on {}", part.part, job.host), "is planned in another way now");
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "anew_tests.rs"]
mod tests;
