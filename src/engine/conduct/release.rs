//! What a run of a deploy or a rollback came to, as it is recorded at its end.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::kit::Kit;
use super::mask::Masks;
use super::task::Task;
use crate::domain::course::Course;
use crate::domain::procedure::{Danger, Doing, HERE, Kind, Part, Procedure, Role};
use crate::domain::release::{
    FollowItem, FollowUp, History, Migration, Release, ReleaseNames, SeenBy, Verdict, Waiver,
};
use crate::domain::run::{Overridden, RunState, RunStep, StepState};
use crate::domain::{HostName, InputName, Run, ServiceName};
use crate::engine::act::who;
use crate::engine::clock::Clock;
use crate::engine::releases::Releases;
use crate::site::procedure::{Known, load};
use crate::text::Foreign;

impl Task {
    /// The release that the run has come to, if its procedure makes one and anything was changed.
    pub(super) fn release(&self, state: RunState) -> impl Future<Output = Option<Release>> + Send + use<> {
        let (course, person) = (self.course.clone(), self.person.clone());
        let (kit, masks) = (self.kit.clone(), Arc::clone(&self.masks.borrow()));
        async move {
            let run = &kit.about.run;
            let document = document(&kit, run).await?;
            let names = document.header.release.as_ref()?;
            let made = Made { run, course: &course, document: &document, names, masks: &masks };
            let mut release = made.release(state, &person, kit.place.clock.now().wall)?;
            // What was decided while it went on stands in its record.
            let kept = kit.ledger.store.find(release.run.to_string()).await.unwrap_or_default();
            let kept = kept.into_iter().find(|kept| kept.id == release.run);
            if let Some(run) = kept.as_ref().filter(|_| release.commit.is_none() && names.commit.is_none()) {
                release.commit = super::anew::commit(run, names.version.as_ref(), &kit.place.environment).await;
            }
            let decided = kept.and_then(|kept| kept.document);
            release.overridden = decided.and_then(|document| document.decided.overridden).map(|one| Overridden {
                by: one.by,
                why: String::from_utf8_lossy(&masks.mask(one.why.as_bytes())).into_owned(),
            });
            if release.kind == Kind::Rollback {
                // What is brought back may have been released from another machine.
                let (site, environment) = (release.site.clone(), release.environment.clone());
                let shared = kit.ledger.mirror.as_ref().map(super::mirroring::Mirroring::releases);
                let known = Releases::new(site, environment, Arc::clone(&kit.ledger.store), shared);
                brought_back(&mut release, &known.read(kit.place.clock.now().wall).await.history);
            }
            Some(release)
        }
    }
}

/// The document of the run as it was when it began.
async fn document(kit: &Kit, run: &Run) -> Option<Arc<Procedure>> {
    let bound = run.document.as_ref().filter(|document| document.whole)?;
    let known = kit.place.environment.procedure(&bound.name);
    if let Some(known) = known.filter(|known| known.digest == bound.digest) {
        return Some(Arc::clone(known));
    }
    let kept = kit.ledger.store.document(bound.digest.clone()).await.ok().flatten()?;
    let file = std::path::PathBuf::from(format!("{}.md", bound.name));
    Some(Arc::new(load(&file, kept.text.as_bytes(), &Known::default()).0))
}

/// What was brought back is what was released before: its commit and its images are known from then.
fn brought_back(release: &mut Release, history: &History) {
    let named = |one: &&Release| one.verdict == Verdict::Good && one.is_called(release.version.raw());
    let Some(before) = history.releases().iter().rev().find(named).cloned() else { return };
    release.version = before.version;
    release.commit = release.commit.take().or(before.commit);
    if release.images.is_empty() {
        release.images = before.images;
    }
}

/// The checklists of a document that follow its release, as they begin now.
fn follow_ups(document: &Procedure, now: Timestamp) -> Vec<FollowUp> {
    let mut all = Vec::new();
    for (place, section) in document.sections.iter().enumerate() {
        let Some(due) = section.due.filter(|_| section.role == Role::FollowUp) else { continue };
        let inside = |part: &&Part| {
            let around = std::iter::successors(part.section, |at| document.sections.get(*at)?.inside);
            around.into_iter().any(|at| at == place)
        };
        let item = |part: &Part| FollowItem { part: part.id.clone(), title: part.title.clone(), by: seen_by(part) };
        let items: Vec<FollowItem> = document.parts.iter().filter(inside).map(item).collect();
        if !items.is_empty() {
            let due = now.checked_add(due).unwrap_or(Timestamp::MAX);
            all.push(FollowUp { procedure: document.name.clone(), title: section.title.clone(), due, items });
        }
    }
    all
}

/// What the console can look at by itself, it does; everything else is a person's.
fn seen_by(part: &Part) -> SeenBy {
    let looks = match &part.doing {
        Doing::Check(..) => true,
        Doing::Fact(_) => true,
        Doing::Run(language, text) => {
            let grade = part.options.danger.unwrap_or_else(|| crate::runtimes::danger::danger(*language, text));
            language.is_shell() && grade == Danger::Read
        }
        Doing::Request(..) => part.options.danger == Some(Danger::Read),
        Doing::Approve(_) | Doing::Ask | Doing::Prompt(_) | Doing::Hold(..) | Doing::Decide(_) => false,
        Doing::Restart(_) | Doing::Shift(..) | Doing::Notify(..) | Doing::Call(..) => false,
    };
    match looks && !part.options.todo && !part.options.evidence && !part.options.terminal {
        true => SeenBy::Console,
        false if part.options.evidence => SeenBy::PersonWithNote,
        false => SeenBy::Person,
    }
}

/// Everything that says what a run has made.
struct Made<'a> {
    run: &'a Run,
    course: &'a Course,
    document: &'a Procedure,
    names: &'a ReleaseNames,
    masks: &'a Masks,
}

impl Made<'_> {
    fn release(&self, state: RunState, person: &str, now: Timestamp) -> Option<Release> {
        let kind = self.document.header.kind;
        if !matches!(kind, Kind::Deploy | Kind::Rollback) {
            return None;
        }
        let steps = self.course.steps();
        let changed = |(number, step): &(usize, &RunStep)| !self.reads(*number, step) && has_begun(step);
        let mut hosts: Vec<HostName> = Vec::new();
        let mut any = false;
        for (_, step) in steps.iter().enumerate().filter(changed) {
            any = true;
            if step.host.as_str() != HERE && !hosts.contains(&step.host) {
                hosts.push(step.host.clone());
            }
        }
        if !any && state != RunState::Succeeded {
            // Nothing runs that did not run before.
            return None;
        }
        let verdict = self.verdict(state);
        Some(Release {
            run: self.run.id.clone(),
            site: self.run.site.clone(),
            environment: self.run.environment.clone(),
            kind,
            service: self.service(),
            version: self.one(self.names.version.as_ref()).unwrap_or_default(),
            commit: self.one(self.names.commit.as_ref()),
            images: self.names.images.iter().flat_map(|name| self.lines(name)).collect(),
            migrations: self.migrations(),
            backup: self.one(self.names.backup.as_ref()),
            hosts,
            person: person.to_owned(),
            workstation: who::workstation(),
            at: now,
            took: Duration::try_from(now.duration_since(self.run.begun)).unwrap_or_default(),
            verdict,
            waivers: self.waivers(),
            follow_ups: if verdict == Verdict::Good { follow_ups(self.document, now) } else { Vec::new() },
            overridden: None,
            examined: None,
            login: None,
        })
    }

    /// What was waived, each once however many hosts it was about.
    fn waivers(&self) -> Vec<Waiver> {
        let mut all: Vec<Waiver> = Vec::new();
        for step in self.course.steps().iter().filter(|step| step.state == StepState::Waived) {
            let Some(part) = step.part.clone() else { continue };
            let by = step.by.clone().unwrap_or_default();
            let waiver = Waiver { part, by, reason: self.masks.mask(step.note.raw()).into() };
            if !all.contains(&waiver) {
                all.push(waiver);
            }
        }
        all
    }

    /// Good is only what was verified: a person who skips what should verify it leaves that open.
    fn verdict(&self, state: RunState) -> Verdict {
        let unverified = |(number, step): (usize, &RunStep)| {
            let by_hand = step.state == StepState::Skipped && step.by.is_some();
            by_hand && self.role(number, step) == Role::Verify
        };
        match state {
            _ if self.course.is_rolled_back() => Verdict::RolledBack,
            RunState::Succeeded if self.course.steps().iter().enumerate().any(unverified) => Verdict::Unknown,
            RunState::Succeeded => Verdict::Good,
            RunState::Failed => Verdict::Failed,
            RunState::Stopped | RunState::Unknown | RunState::Running => Verdict::Unknown,
        }
    }

    fn role(&self, number: usize, step: &RunStep) -> Role {
        let part = || step.part.as_ref().and_then(|part| self.document.part(part));
        let planned = self.course.rule(number).map(|rule| rule.role);
        planned.or_else(|| part().map(|part| self.document.role(part))).unwrap_or_default()
    }

    /// Whether a step changes nothing; of one that is not planned here, as its document says.
    fn reads(&self, number: usize, step: &RunStep) -> bool {
        if let Some(rule) = self.course.rule(number) {
            return rule.reads;
        }
        let part = step.part.as_ref().and_then(|part| self.document.part(part));
        part.is_some_and(|part| match &part.doing {
            Doing::Check(..) | Doing::Ask | Doing::Prompt(_) | Doing::Hold(..) => true,
            Doing::Decide(_) | Doing::Fact(_) | Doing::Approve(_) => true,
            Doing::Run(..) | Doing::Request(..) | Doing::Restart(_) | Doing::Shift(..) | Doing::Notify(..) => {
                part.options.danger == Some(Danger::Read) || self.document.role(part) == Role::Gate
            }
            Doing::Call(..) => false,
        })
    }

    /// What a name stands for: what was captured under it on any host, else what was given. Nothing that holds a secret.
    fn values(&self, name: &InputName) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        let captures = |number: usize, step: &RunStep| {
            let planned = self.course.rule(number).map(|rule| rule.capture.as_ref() == Some(name));
            let part = || step.part.as_ref().and_then(|part| self.document.part(part));
            planned.unwrap_or_else(|| part().is_some_and(|part| part.options.capture.as_ref() == Some(name)))
        };
        for (number, step) in self.course.steps().iter().enumerate() {
            let value = step.value.as_ref().filter(|_| step.state == StepState::Verified && captures(number, step));
            values.extend(value.filter(|value| !values.contains(value)).cloned());
        }
        if values.is_empty() {
            let given = self.course.given().iter().find(|given| given.name == *name);
            values.extend(given.and_then(|given| given.value.clone()));
        }
        values.retain(|value| !self.masks.touches(value));
        values
    }

    fn lines(&self, name: &InputName) -> Vec<Foreign> {
        let mut lines: Vec<Foreign> = Vec::new();
        for value in self.values(name) {
            for line in value.lines().map(str::trim).filter(|line| !line.is_empty()) {
                let line = Foreign::from(line);
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
        lines
    }

    /// Its first line.
    fn one(&self, name: Option<&InputName>) -> Option<Foreign> {
        self.lines(name?).into_iter().next()
    }

    fn migrations(&self) -> Vec<Migration> {
        let all = self.names.migrations.as_ref().map(|name| self.values(name).join("\n")).unwrap_or_default();
        Migration::read(all.as_bytes())
    }

    /// The service by its name, or as the input of that name says.
    fn service(&self) -> Option<ServiceName> {
        let word = self.names.service.as_ref()?;
        let given = InputName::new(word).ok().and_then(|name| self.values(&name).into_iter().next());
        ServiceName::new(given.as_deref().unwrap_or(word)).ok()
    }
}

/// Whether anything of a step may have happened.
pub(super) fn has_begun(step: &RunStep) -> bool {
    match step.state {
        StepState::Planned | StepState::Waived => false,
        // One that had failed before it was left.
        StepState::Skipped => step.attempt > 0 && (step.reason.is_none() || step.may_have_happened()),
        StepState::Failed => step.may_have_happened(),
        StepState::Intent | StepState::Started | StepState::Done | StepState::Verified | StepState::Unknown => true,
    }
}

#[cfg(test)]
#[path = "release_tests.rs"]
mod tests;
