//! How releases stand in the store and on the lock host: JSON that a person can read. What others wrote may hold
//! anything: names are checked, words are sanitised and bounded, and what makes no sense is none.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::TextForm;
use crate::domain::name::{EnvName, HostName, PartId, ProcedureName, ServiceName, SiteName};
use crate::domain::procedure::Kind;
use crate::domain::release::{
    Examined, FollowItem, FollowUp, Followed, Migration, Release, Reversible, Said, SeenBy, Verdict, Waiver,
};
use crate::domain::run::{Overridden, RunId};
use crate::text::Foreign;

/// Longer is no name of anything.
const WORDS: usize = 512;
/// Longer is no image, no migration, no backup and no reason.
const TEXT: usize = 4096;
/// More hosts, images, migrations or waivers has no release.
const MOST: usize = 2000;
/// A release that took longer is none of ours.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// A release.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::engine) struct ReleaseForm {
    run: String,
    site: String,
    environment: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    version: TextForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<TextForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    images: Vec<TextForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    migrations: Vec<(TextForm, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backup: Option<TextForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<String>,
    person: String,
    workstation: String,
    at: String,
    took_ms: u64,
    verdict: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waivers: Vec<(String, String, TextForm)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    follow_ups: Vec<FollowUpForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overridden: Option<(String, TextForm)>,
}

/// A checklist that follows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct FollowUpForm {
    procedure: String,
    title: TextForm,
    due: String,
    items: Vec<(String, TextForm, String)>,
}

/// What was said of an item of one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::engine) struct FollowedForm {
    run: String,
    part: String,
    said: String,
    person: String,
    workstation: String,
    at: String,
    note: TextForm,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    looked: bool,
}

/// Somebody has looked at one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::engine) struct ExaminedForm {
    run: String,
    by: String,
    workstation: String,
    at: String,
    reason: TextForm,
}

impl From<&Release> for ReleaseForm {
    fn from(release: &Release) -> Self {
        let text = |text: &Foreign| TextForm::from(text);
        Self {
            run: release.run.to_string(),
            site: release.site.to_string(),
            environment: release.environment.to_string(),
            kind: release.kind.word().to_owned(),
            service: release.service.as_ref().map(ToString::to_string),
            version: text(&release.version),
            commit: release.commit.as_ref().map(text),
            images: release.images.iter().map(text).collect(),
            migrations: release.migrations.iter().map(|one| (text(&one.name), one.reversible.word().into())).collect(),
            backup: release.backup.as_ref().map(text),
            hosts: release.hosts.iter().map(ToString::to_string).collect(),
            person: release.person.clone(),
            workstation: release.workstation.clone(),
            at: release.at.to_string(),
            took_ms: u64::try_from(release.took.as_millis()).unwrap_or(u64::MAX),
            verdict: release.verdict.word().to_owned(),
            waivers: release
                .waivers
                .iter()
                .map(|one| (one.part.to_string(), one.by.clone(), text(&one.reason)))
                .collect(),
            follow_ups: release.follow_ups.iter().map(FollowUpForm::from).collect(),
            overridden: release.overridden.as_ref().map(|one| (one.by.clone(), text(&Foreign::from(one.why.as_str())))),
        }
    }
}

impl ReleaseForm {
    /// The release; `None` when it is none of ours.
    pub(in crate::engine) fn release(self) -> Option<Release> {
        let counts =
            [self.images.len(), self.migrations.len(), self.hosts.len(), self.waivers.len(), self.follow_ups.len()];
        if counts.into_iter().any(|count| count > MOST) {
            return None;
        }
        let kind = Kind::of_word(&self.kind).filter(|kind| matches!(kind, Kind::Deploy | Kind::Rollback))?;
        let migration = |(name, word): (TextForm, String)| {
            Some(Migration { name: text(name, TEXT)?, reversible: Reversible::of_word(&word)? })
        };
        let waiver = |(part, by, reason): (String, String, TextForm)| {
            Some(Waiver { part: PartId::new(&part).ok()?, by: words(&by)?, reason: text(reason, TEXT)? })
        };
        Some(Release {
            run: RunId::new(&self.run)?,
            site: SiteName::new(&self.site).ok()?,
            environment: EnvName::new(&self.environment).ok()?,
            kind,
            service: match self.service {
                Some(word) => Some(ServiceName::new(&word).ok()?),
                None => None,
            },
            version: text(self.version, WORDS)?,
            commit: optional(self.commit, WORDS)?,
            images: self.images.into_iter().map(|image| text(image, TEXT)).collect::<Option<_>>()?,
            migrations: self.migrations.into_iter().map(migration).collect::<Option<_>>()?,
            backup: optional(self.backup, TEXT)?,
            hosts: self.hosts.iter().map(|host| HostName::new(host).ok()).collect::<Option<_>>()?,
            person: words(&self.person)?,
            workstation: words(&self.workstation)?,
            at: self.at.parse().ok()?,
            took: Some(Duration::from_millis(self.took_ms)).filter(|took| *took <= LONGEST)?,
            verdict: Verdict::of_word(&self.verdict)?,
            waivers: self.waivers.into_iter().map(waiver).collect::<Option<_>>()?,
            follow_ups: self.follow_ups.into_iter().map(FollowUpForm::follow_up).collect::<Option<_>>()?,
            overridden: match self.overridden {
                None => None,
                Some((by, why)) => Some(Overridden { by: words(&by)?, why: text(why, TEXT)?.plain() }),
            },
            examined: None,
            login: None,
        })
    }
}

impl From<&FollowUp> for FollowUpForm {
    fn from(list: &FollowUp) -> Self {
        let item = |item: &FollowItem| (item.part.to_string(), TextForm::from(&item.title), item.by.word().to_owned());
        Self {
            procedure: list.procedure.to_string(),
            title: (&list.title).into(),
            due: list.due.to_string(),
            items: list.items.iter().map(item).collect(),
        }
    }
}

impl FollowUpForm {
    fn follow_up(self) -> Option<FollowUp> {
        let item = |(part, title, by): (String, TextForm, String)| {
            Some(FollowItem { part: PartId::new(&part).ok()?, title: text(title, TEXT)?, by: SeenBy::of_word(&by)? })
        };
        let items = Some(self.items).filter(|items| items.len() <= MOST)?;
        Some(FollowUp {
            procedure: ProcedureName::new(&self.procedure).ok()?,
            title: text(self.title, TEXT)?,
            due: self.due.parse().ok()?,
            items: items.into_iter().map(item).collect::<Option<_>>()?,
        })
    }
}

impl From<&Followed> for FollowedForm {
    fn from(said: &Followed) -> Self {
        Self {
            run: said.run.to_string(),
            part: said.part.to_string(),
            said: said.said.word().to_owned(),
            person: said.person.clone(),
            workstation: said.workstation.clone(),
            at: said.at.to_string(),
            note: (&said.note).into(),
            looked: said.looked,
        }
    }
}

impl FollowedForm {
    /// What was said; `None` when it is none of ours.
    pub(in crate::engine) fn followed(self) -> Option<Followed> {
        Some(Followed {
            run: RunId::new(&self.run)?,
            part: PartId::new(&self.part).ok()?,
            said: Said::of_word(&self.said)?,
            person: words(&self.person)?,
            workstation: words(&self.workstation)?,
            at: self.at.parse().ok()?,
            note: text(self.note, TEXT)?,
            looked: self.looked,
            login: None,
        })
    }
}

impl ExaminedForm {
    pub(in crate::engine) fn of(run: &RunId, examined: &Examined) -> Self {
        Self {
            run: run.to_string(),
            by: examined.by.clone(),
            workstation: examined.workstation.clone(),
            at: examined.at.to_string(),
            reason: (&examined.reason).into(),
        }
    }

    /// What was found, and of which run; `None` when it is none of ours.
    pub(in crate::engine) fn examined(self) -> Option<(RunId, Examined)> {
        let run = RunId::new(&self.run)?;
        let at: Timestamp = self.at.parse().ok()?;
        let reason = text(self.reason, TEXT)?;
        let examined = Examined { by: words(&self.by)?, workstation: words(&self.workstation)?, at, reason };
        Some((run, examined))
    }
}

/// Words of others, in one line.
fn words(word: &str) -> Option<String> {
    (word.len() <= WORDS).then(|| Foreign::from(word).plain())
}

fn text(form: TextForm, most: usize) -> Option<Foreign> {
    Some(Foreign::from(form)).filter(|text| text.raw().len() <= most)
}

#[expect(clippy::option_option, reason = "wrong, missing and there are three things")]
fn optional(form: Option<TextForm>, most: usize) -> Option<Option<Foreign>> {
    match form {
        None => Some(None),
        Some(form) => text(form, most).map(Some),
    }
}
