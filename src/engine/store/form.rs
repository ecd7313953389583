//! How runs and steps stand in the store: JSON that a person can read, with every foreign byte kept.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::channel::{Delivery, Occasion, Told};
use crate::domain::name::ChannelName;
use crate::domain::name::{EnvName, HostName, InputName, PartId, ProcedureName, ServiceName, SiteName};
use crate::domain::procedure::Given;
use crate::domain::run::{
    Check, Confirmed, Decided, Finding, Go, Overridden, Reason, RunDocument, RunState, RunStep, StepState, StepVerdict,
    WentBack,
};
use crate::domain::unit::UnitName;
use crate::domain::{Run, RunId};
use crate::text::Foreign;

/// A run with its steps, as its first record keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::engine) struct RunForm {
    pub id: String,
    pub site: String,
    pub environment: String,
    pub person: String,
    pub workstation: String,
    pub kind: String,
    pub title: String,
    pub confirmed: String,
    pub begun: String,
    pub ended: Option<String>,
    pub state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentForm>,
    pub steps: Vec<StepForm>,
}

/// What a run of a procedure is bound to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::engine) struct DocumentForm {
    name: String,
    digest: String,
    whole: bool,
    given: Vec<(String, Option<String>)>,
    #[serde(default, skip_serializing_if = "DecidedForm::is_nothing")]
    decided: DecidedForm,
}

/// What was decided of a run as a whole.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::engine) struct DecidedForm {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    rolls_back: bool,
    /// What its way back came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    went_back: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    go: Option<String>,
    /// When its go was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone: Option<String>,
    /// Who allowed it outside the windows, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overridden: Option<(String, String)>,
    /// How what it changes was confirmed since, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed: Option<(String, String)>,
    /// Which commits its versions meant when it began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    meant: Vec<(String, String)>,
}

impl DecidedForm {
    fn is_nothing(&self) -> bool {
        let undecided =
            self.went_back.is_none() && self.overridden.is_none() && self.confirmed.is_none() && self.meant.is_empty();
        self.left_out.is_empty() && !self.rolls_back && self.go.is_none() && self.gone.is_none() && undecided
    }

    /// The decision; `None` when it is none of ours.
    pub(in crate::engine) fn decided(self) -> Option<Decided> {
        let hosts = self.left_out.iter().map(|host| HostName::new(host).ok());
        let go = self.go.as_deref().map_or(Some(Go::default()), Go::of_word)?;
        let went_back = self.went_back.as_deref().and_then(WentBack::of_word);
        let gone = self.gone.map(|at| at.parse()).transpose().ok()?;
        let overridden = self.overridden.map(|(by, why)| Overridden { by, why });
        let confirmed = self.confirmed.map(|(how, by)| Confirmed { how, by });
        let left_out = hosts.collect::<Option<_>>()?;
        let meant = self.meant.into_iter().map(|(name, commit)| Some((InputName::new(&name).ok()?, commit)));
        let meant = meant.collect::<Option<_>>()?;
        Some(Decided { left_out, rolls_back: self.rolls_back, went_back, go, gone, overridden, confirmed, meant })
    }
}

impl From<&Decided> for DecidedForm {
    fn from(decided: &Decided) -> Self {
        let go = (decided.go != Go::default()).then(|| decided.go.word().to_owned());
        let gone = decided.gone.map(|at| at.to_string());
        let left_out = decided.left_out.iter().map(ToString::to_string).collect();
        let overridden = decided.overridden.as_ref().map(|one| (one.by.clone(), one.why.clone()));
        let confirmed = decided.confirmed.as_ref().map(|one| (one.how.clone(), one.by.clone()));
        let meant = decided.meant.iter().map(|(name, commit)| (name.to_string(), commit.clone())).collect();
        let went_back = decided.went_back.map(|came| came.word().to_owned());
        Self { left_out, rolls_back: decided.rolls_back, went_back, go, gone, overridden, confirmed, meant }
    }
}

/// What became of a notice to a channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::engine) struct NoticeForm {
    channel: String,
    occasion: String,
    at: String,
    delivery: String,
    why: String,
}

impl From<&Told> for NoticeForm {
    fn from(told: &Told) -> Self {
        Self {
            channel: told.channel.to_string(),
            occasion: told.occasion.word().to_owned(),
            at: told.at.to_string(),
            delivery: told.delivery.word().to_owned(),
            why: told.why.clone(),
        }
    }
}

impl NoticeForm {
    /// The notice; `None` when it is none of ours.
    pub(in crate::engine) fn told(self) -> Option<Told> {
        Some(Told {
            channel: ChannelName::new(&self.channel).ok()?,
            occasion: Occasion::of_word(&self.occasion)?,
            at: self.at.parse().ok()?,
            delivery: Delivery::ALL.into_iter().find(|one| one.word() == self.delivery)?,
            why: self.why,
        })
    }
}

/// What a record says that is about neither the whole run nor one of its steps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::engine) struct NoteForm {
    /// The token under which it was taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<u64>,
    /// The token under which it was taken over and then let go of, because it was not taken over after all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub let_go: Option<u64>,
    /// What became of a notice to a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeForm>,
    /// Inputs that were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Vec<(String, Option<String>)>>,
    /// What was decided of it as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<DecidedForm>,
}

impl NoteForm {
    pub(in crate::engine) fn words(given: &[Given]) -> Vec<(String, Option<String>)> {
        given.iter().map(|given| (given.name.to_string(), given.value.clone())).collect()
    }

    pub(in crate::engine) fn given(words: Vec<(String, Option<String>)>) -> Option<Vec<Given>> {
        words.into_iter().map(|(name, value)| Some(Given { name: InputName::new(&name).ok()?, value })).collect()
    }
}

/// A step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::engine) struct StepForm {
    pub host: String,
    pub service: Option<String>,
    pub unit: Option<String>,
    pub command: String,
    pub state: String,
    pub at: Option<String>,
    pub invocation_before: String,
    pub invocation: String,
    pub note: TextForm,
    pub verdict: Option<VerdictForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What was looked at after a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::engine) struct VerdictForm {
    took_ms: u64,
    checks: Vec<CheckForm>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct CheckForm {
    name: String,
    finding: String,
    told: TextForm,
}

/// Foreign text: as it is when it is UTF-8.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::engine) enum TextForm {
    Text(String),
    Bytes { base64: String },
}

impl From<&Foreign> for TextForm {
    fn from(text: &Foreign) -> Self {
        match std::str::from_utf8(text.raw()) {
            Ok(text) => TextForm::Text(text.to_owned()),
            Err(_) => TextForm::Bytes { base64: STANDARD.encode(text.raw()) },
        }
    }
}

impl From<TextForm> for Foreign {
    fn from(form: TextForm) -> Self {
        match form {
            TextForm::Text(text) => text.into(),
            // What is no base64 is shown as it stands.
            TextForm::Bytes { base64 } => STANDARD.decode(&base64).unwrap_or(base64.into_bytes()).into(),
        }
    }
}

impl From<&RunStep> for StepForm {
    fn from(step: &RunStep) -> Self {
        Self {
            host: step.host.to_string(),
            service: step.service.as_ref().map(ToString::to_string),
            unit: step.unit.as_ref().map(ToString::to_string),
            command: step.command.clone(),
            state: step.state.word().to_owned(),
            at: step.at.map(|at| at.to_string()),
            invocation_before: step.invocation_before.clone(),
            invocation: step.invocation.clone(),
            note: (&step.note).into(),
            verdict: step.verdict.as_ref().map(|verdict| VerdictForm {
                took_ms: u64::try_from(verdict.took.as_millis()).unwrap_or(u64::MAX),
                checks: verdict.checks.iter().map(CheckForm::from).collect(),
            }),
            part: step.part.as_ref().map(ToString::to_string),
            attempt: step.attempt,
            reason: step.reason.map(|reason| reason.word().to_owned()),
            exit: step.exit,
            by: step.by.clone(),
            value: step.value.clone(),
            edited: step.edited.clone(),
            begun: step.begun.map(|at| at.to_string()),
        }
    }
}

impl From<&Check> for CheckForm {
    fn from(check: &Check) -> Self {
        Self { name: check.name.clone(), finding: check.finding.word().to_owned(), told: (&check.told).into() }
    }
}

impl From<&Run> for RunForm {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id.to_string(),
            site: run.site.to_string(),
            environment: run.environment.to_string(),
            person: run.person.clone(),
            workstation: run.workstation.clone(),
            kind: run.kind.clone(),
            title: run.title.clone(),
            confirmed: run.confirmed.clone(),
            begun: run.begun.to_string(),
            ended: run.ended.map(|at| at.to_string()),
            state: run.state.word().to_owned(),
            document: run.document.as_ref().map(DocumentForm::from),
            steps: run.steps.iter().map(StepForm::from).collect(),
        }
    }
}

impl From<&RunDocument> for DocumentForm {
    fn from(document: &RunDocument) -> Self {
        Self {
            name: document.name.to_string(),
            digest: document.digest.clone(),
            whole: document.whole,
            given: NoteForm::words(&document.given),
            decided: DecidedForm::from(&document.decided),
        }
    }
}

impl DocumentForm {
    /// The name of its procedure.
    pub(in crate::engine) fn name(&self) -> &str {
        &self.name
    }

    /// Puts newer values of inputs in the place of older ones.
    pub(in crate::engine) fn merge(&mut self, newer: Vec<(String, Option<String>)>) {
        for (name, value) in newer {
            match self.given.iter_mut().find(|known| known.0 == name) {
                Some(known) => known.1 = value,
                None => self.given.push((name, value)),
            }
        }
    }

    /// Takes in what was decided since.
    pub(in crate::engine) fn decide(&mut self, newer: DecidedForm) {
        self.decided.rolls_back |= newer.rolls_back;
        self.decided.went_back = newer.went_back.or(self.decided.went_back.take());
        if newer.overridden.is_some() {
            self.decided.overridden = newer.overridden;
        }
        if newer.confirmed.is_some() {
            self.decided.confirmed = newer.confirmed;
        }
        let go = |word: &Option<String>| word.as_deref().and_then(Go::of_word).unwrap_or_default();
        if go(&newer.go) > go(&self.decided.go) {
            self.decided.go = newer.go;
        }
        if self.decided.gone.is_none() {
            self.decided.gone = newer.gone;
        }
        for one in newer.meant {
            if !self.decided.meant.iter().any(|(known, _)| *known == one.0) {
                self.decided.meant.push(one);
            }
        }
        for host in newer.left_out {
            if !self.decided.left_out.contains(&host) {
                self.decided.left_out.push(host);
            }
        }
    }

    fn document(self) -> Option<RunDocument> {
        Some(RunDocument {
            name: ProcedureName::new(&self.name).ok()?,
            digest: self.digest,
            whole: self.whole,
            given: NoteForm::given(self.given)?,
            decided: self.decided.decided()?,
        })
    }
}

impl StepForm {
    /// The step; `None` when it is none of ours.
    pub(in crate::engine) fn step(self) -> Option<RunStep> {
        let verdict = match self.verdict {
            Some(verdict) => Some(StepVerdict {
                took: Duration::from_millis(verdict.took_ms),
                checks: verdict.checks.into_iter().map(CheckForm::check).collect::<Option<_>>()?,
            }),
            None => None,
        };
        Some(RunStep {
            host: HostName::new(&self.host).ok()?,
            service: word(self.service, |word| ServiceName::new(word).ok())?,
            unit: word(self.unit, UnitName::new)?,
            command: self.command,
            state: StepState::of_word(&self.state)?,
            at: word(self.at, time)?,
            invocation_before: self.invocation_before,
            invocation: self.invocation,
            note: self.note.into(),
            verdict,
            part: word(self.part, |word| PartId::new(word).ok())?,
            attempt: self.attempt,
            reason: word(self.reason, Reason::of_word)?,
            exit: self.exit,
            by: self.by,
            value: self.value,
            edited: self.edited,
            begun: word(self.begun, time)?,
        })
    }
}

impl CheckForm {
    fn check(self) -> Option<Check> {
        Some(Check { name: self.name, finding: Finding::of_word(&self.finding)?, told: self.told.into() })
    }
}

impl RunForm {
    /// The run; `None` when it is none of ours.
    pub(in crate::engine) fn run(self) -> Option<Run> {
        Some(Run {
            id: RunId::new(&self.id)?,
            site: SiteName::new(&self.site).ok()?,
            environment: EnvName::new(&self.environment).ok()?,
            person: self.person,
            workstation: self.workstation,
            kind: self.kind,
            title: self.title,
            confirmed: self.confirmed,
            begun: time(&self.begun)?,
            ended: word(self.ended, time)?,
            state: RunState::of_word(&self.state)?,
            document: match self.document {
                Some(form) => Some(form.document()?),
                None => None,
            },
            steps: self.steps.into_iter().map(StepForm::step).collect::<Option<_>>()?,
        })
    }
}

/// A word that may be missing but not be wrong.
#[expect(clippy::option_option, reason = "wrong, missing and there are three things")]
fn word<T>(given: Option<String>, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(given) => read(&given).map(Some),
    }
}

fn time(word: &str) -> Option<Timestamp> {
    word.parse().ok()
}
