//! Items of a checklist, of the gate and of the verification: who judges each, how it stands, how old that is.

use std::time::Duration;

use jiff::Timestamp;

use super::{Page, Wizard};
use crate::domain::Standing;
use crate::domain::procedure::{Doing, Part};
use crate::domain::run::{RunStep, StepState};
use crate::port::procedure::Need;
use crate::state::procedures::sheet::is_automated;
use crate::text::Foreign;

/// Who judges an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The console decides.
    Checked,
    /// The console fetches, a person judges.
    Evidence,
    /// A person says so.
    Attested,
}

impl Sort {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Checked => "checked",
            Sort::Evidence => "evidence",
            Sort::Attested => "attested",
        }
    }

    /// Who judges this part.
    pub fn of(part: &Part) -> Self {
        match (is_automated(part), part.options.evidence) {
            (true, false) => Sort::Checked,
            (true, true) => Sort::Evidence,
            (false, _) => Sort::Attested,
        }
    }
}

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Nothing was done about it yet.
    Open,
    /// It is being looked at.
    Going,
    /// A person is waited for.
    Waits,
    /// It was fetched, and a person is to judge it.
    Shown,
    /// It holds.
    Passed,
    /// It does not hold, or could not be found out.
    Failed,
    /// Nobody knows.
    Unknown,
    /// It does not hold, and somebody who may lets it pass.
    Waived,
    /// Its condition did not hold.
    Skipped,
}

impl Judged {
    /// Whether it stands in nobody's way.
    pub fn lets_pass(self) -> bool {
        matches!(self, Judged::Passed | Judged::Waived | Judged::Skipped)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Judged::Open => "open",
            Judged::Going => "checking",
            Judged::Waits => "waits for you",
            Judged::Shown => "judge it",
            Judged::Passed => "passes",
            Judged::Failed => "fails",
            Judged::Unknown => "unknown",
            Judged::Waived => "waived",
            Judged::Skipped => "not asked",
        }
    }
}

/// One item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item<'a> {
    /// Its place among the parts.
    pub place: usize,
    /// Its part.
    pub part: &'a Part,
    /// Who judges it.
    pub sort: Sort,
    /// How it stands.
    pub judged: Judged,
    /// Since when.
    pub at: Option<Timestamp>,
    /// Who said so.
    pub by: Option<&'a str>,
    /// What was found, noted, or is still missing, in one line.
    pub told: String,
}

impl Item<'_> {
    /// When what was found counts no more.
    pub fn until(&self) -> Option<Timestamp> {
        let expires = self.part.options.expires.filter(|_| matches!(self.judged, Judged::Passed | Judged::Shown))?;
        self.at?.checked_add(jiff::SignedDuration::try_from(expires).ok()?).ok()
    }

    /// How much longer that counts; nothing when it counts no more.
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        Duration::try_from(self.until()?.duration_since(now)).ok().filter(|left| !left.is_zero())
    }
}

impl<'a> Wizard<'a> {
    /// The items of a page.
    pub fn items(&self, page: Page) -> Vec<Item<'a>> {
        self.parts(page).into_iter().filter_map(|place| self.item(place)).collect()
    }

    /// How many of a page's items are of a sort.
    pub fn count(&self, page: Page, sort: Sort) -> usize {
        self.items(page).iter().filter(|item| item.sort == sort).count()
    }

    /// One of them.
    pub fn item(&self, place: usize) -> Option<Item<'a>> {
        let procedure = self.sheet.procedure;
        let part = procedure.parts.get(place)?;
        let steps = self.sheet.steps(&part.id);
        let sort = Sort::of(part);
        let waits = self.waits_at(part);
        let ticked = self.needs().iter().any(|need| matches!(need, Need::Tick(id) if *id == part.id));
        let fetched = steps.iter().any(|(_, step)| step.state == StepState::Done);
        let judged = match self.sheet.standing(&part.id) {
            Standing::Going if sort == Sort::Evidence && fetched && ticked => Judged::Shown,
            Standing::Going => Judged::Going,
            Standing::Done => Judged::Passed,
            Standing::Failed => Judged::Failed,
            Standing::Unknown => Judged::Unknown,
            Standing::Waived => Judged::Waived,
            Standing::Skipped => Judged::Skipped,
            Standing::Open | Standing::Partly if waits => Judged::Waits,
            Standing::Partly => Judged::Going,
            Standing::Open => Judged::Open,
        };
        let worst = steps.iter().map(|(_, step)| *step).max_by_key(|step| weight(step.state));
        let told = worst.map(|step| step.note.plain()).filter(|told| !told.is_empty());
        // What a check only finds out is what later steps are given.
        let value = worst.filter(|_| judged == Judged::Passed).and_then(|step| step.value.as_deref());
        let value = value.and_then(|value| value.lines().map(str::trim).find(|line| !line.is_empty()));
        let found = || value.map(|line| Foreign::from(line).plain()).unwrap_or_else(|| missing(part, sort, judged));
        let told = told.unwrap_or_else(found);
        let at =
            steps.iter().filter(|(_, step)| step.state != StepState::Planned).filter_map(|(_, step)| step.at).min();
        let by = steps.iter().find_map(|(_, step)| step.by.as_deref());
        Some(Item { place, part, sort, judged, at, by, told })
    }

    /// What still blocks, in one sentence; nothing when nothing does, or nothing is judged.
    pub fn blocks(&self, page: Page) -> Option<String> {
        let items = self.items(page);
        let titles = |wanted: &[Judged]| {
            let of: Vec<String> = items
                .iter()
                .filter(|item| wanted.contains(&item.judged))
                .map(|item| self.title(item.part).trim_end_matches('.').to_owned())
                .collect();
            of
        };
        let say = |titles: Vec<String>, one: &str, many: &str| match titles.as_slice() {
            [] => None,
            [only] => Some(format!("\u{201c}{only}\u{201d} {one}")),
            all => Some(format!("{} items {many}", all.len())),
        };
        // Beside something worse, or each other, only their number: the sentence has one line.
        let short = |titles: Vec<String>, word: &str| (!titles.is_empty()).then(|| format!("{} {word}", titles.len()));
        let mut said: Vec<String> = Vec::new();
        said.extend(say(titles(&[Judged::Failed]), "does not hold", "do not hold"));
        said.extend(say(titles(&[Judged::Unknown]), "is not known", "are not known"));
        let (shown, waits) = (titles(&[Judged::Shown]), titles(&[Judged::Waits]));
        if said.is_empty() && (shown.is_empty() || waits.is_empty()) {
            said.extend(say(shown, "is to be judged by you", "are to be judged by you"));
            said.extend(say(waits, "waits for you", "wait for you"));
        } else {
            said.extend(short(shown, "to be judged"));
            said.extend(short(waits, "to be answered"));
        }
        if said.is_empty() {
            said.extend(say(titles(&[Judged::Going]), "is being checked", "are being checked"));
            said.extend(say(titles(&[Judged::Open]), "was not looked at yet", "were not looked at yet"));
        }
        (!said.is_empty()).then(|| said.join(", "))
    }
}

fn weight(state: StepState) -> u8 {
    match state {
        StepState::Planned => 0,
        StepState::Skipped => 1,
        StepState::Verified => 2,
        StepState::Waived => 3,
        StepState::Intent | StepState::Started | StepState::Done => 4,
        StepState::Unknown => 5,
        StepState::Failed => 6,
    }
}

/// What is to be said of an item of which nothing was found yet.
fn missing(part: &Part, sort: Sort, judged: Judged) -> String {
    let word = match (judged, sort) {
        (Judged::Waits, Sort::Attested) if part.options.evidence => "you say so, with a note of what you saw",
        (Judged::Waits, Sort::Attested) => match &part.doing {
            Doing::Decide(_) => "you choose",
            Doing::Prompt(_) => "you are asked",
            Doing::Ask
            | Doing::Run(..)
            | Doing::Request(..)
            | Doing::Check(..)
            | Doing::Fact(_)
            | Doing::Hold(..)
            | Doing::Restart(_)
            | Doing::Approve(_)
            | Doing::Shift(..)
            | Doing::Notify(..)
            | Doing::Call(..) => "you say so",
        },
        (Judged::Shown, _) => "fetched: you judge it",
        (Judged::Waits, Sort::Checked | Sort::Evidence) => "it needs you",
        (Judged::Open, Sort::Attested) => "a person says so",
        (Judged::Open, Sort::Evidence) => "fetched by the console, judged by a person",
        (Judged::Open, Sort::Checked) if matches!(part.doing, Doing::Notify(..)) => "the console tells it by itself",
        (Judged::Open, Sort::Checked) => "the console looks by itself",
        (Judged::Going, _) => "",
        (Judged::Passed | Judged::Failed | Judged::Unknown | Judged::Waived | Judged::Skipped, _) => "",
    };
    word.to_owned()
}

/// Whether a step was looked at, whatever came of it.
pub(super) fn is_begun(step: &RunStep) -> bool {
    step.state != StepState::Planned
}
