//! The releases of one environment in their order, and what follows from them: what runs, where one can go back to, and
//! what must not be deployed again without a look.

use std::collections::BTreeMap;

use super::migration::add;
use super::{Migration, Release, Verdict};
use crate::domain::name::{HostName, ServiceName};
use crate::domain::procedure::Kind;
use crate::domain::run::RunId;
use crate::domain::site_word::SiteWord;
use crate::text::Foreign;

/// The releases of one environment, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    releases: Vec<Release>,
    /// How each stands now: what was good may have been taken back since.
    stands: Vec<Verdict>,
    /// For which services each was taken back since that was about the whole system.
    taken: Vec<Vec<ServiceName>>,
    /// The word that opens their site.
    word: SiteWord,
}

/// What runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Current<'a> {
    /// Nothing that was ever recorded.
    Nothing,
    /// This one.
    Runs(&'a Release),
    /// Nobody knows: this one did not end well and was not taken back, so that some of it may run. The last good one
    /// before it, if there is one.
    Unclear(&'a Release, Option<&'a Release>),
}

/// What a word names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found<'a> {
    /// This release.
    One(&'a Release),
    /// None that one can go back to.
    None,
    /// Several of different commits, such as a branch that was deployed more than once.
    Several(usize),
}

impl<'a> Current<'a> {
    /// The last release that is known to have been good.
    pub fn good(self) -> Option<&'a Release> {
        match self {
            Current::Nothing => None,
            Current::Runs(release) => Some(release),
            Current::Unclear(_, before) => before,
        }
    }
}

impl History {
    /// The history of these releases, which come in any order. Of several records of one run the worst verdict counts,
    /// so that nobody makes good what another has seen fail; any of them may say that it was examined.
    pub fn of(releases: impl IntoIterator<Item = Release>) -> Self {
        let mut known: BTreeMap<RunId, Release> = BTreeMap::new();
        for release in releases {
            match known.get_mut(&release.run) {
                None => drop(known.insert(release.run.clone(), release)),
                Some(before) => {
                    let examined = before.examined.clone().or_else(|| release.examined.clone());
                    // What others see too counts where nothing else tells them apart.
                    let worse = (release.verdict, release.login.is_some()) > (before.verdict, before.login.is_some());
                    if worse {
                        *before = release;
                    }
                    before.examined = examined;
                }
            }
        }
        let mut releases: Vec<Release> = known.into_values().collect();
        releases.sort_by(|one, other| (one.at, &one.run).cmp(&(other.at, &other.run)));
        let (stands, taken) = stands(&releases);
        Self { releases, stands, taken, word: SiteWord::default() }
    }

    /// The same of a site that this word opens.
    #[must_use]
    pub fn in_site(self, word: SiteWord) -> Self {
        Self { word, ..self }
    }

    /// The word that opens their site.
    pub fn site_word(&self) -> &SiteWord {
        &self.word
    }

    /// All of them, the oldest first.
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// How a release stands now.
    pub fn stands(&self, release: &Release) -> Verdict {
        self.place(release).and_then(|place| self.stands.get(place)).copied().unwrap_or(Verdict::Unknown)
    }

    /// What runs of this service on this host; `None` asks about the whole system, and about all hosts together.
    pub fn current(&self, service: Option<&ServiceName>, host: Option<&HostName>) -> Current<'_> {
        let mut unclear = None;
        for (release, stands) in self.releases.iter().zip(&self.stands).rev() {
            if !release.concerns(service, host) {
                continue;
            }
            match (stands, unclear) {
                (Verdict::Good, None) => return Current::Runs(release),
                (Verdict::Good, Some(unclear)) => return Current::Unclear(unclear, Some(release)),
                (Verdict::Failed | Verdict::Unknown, None) => unclear = Some(release),
                (Verdict::Failed | Verdict::Unknown, Some(_)) | (Verdict::RolledBack, _) => {}
            }
        }
        unclear.map_or(Current::Nothing, |unclear| Current::Unclear(unclear, None))
    }

    /// What can be gone back to, the newest first: good releases only, each code once, and never what runs now.
    pub fn targets(&self, service: Option<&ServiceName>) -> Vec<&Release> {
        let current = match self.current(service, None) {
            Current::Runs(release) => Some(release),
            Current::Nothing | Current::Unclear(..) => None,
        };
        let mut targets: Vec<&Release> = Vec::new();
        for (release, stands) in self.releases.iter().zip(&self.stands).rev() {
            let fits = *stands == Verdict::Good && release.concerns(service, None) && !release.version.is_empty();
            let runs = current.is_some_and(|current| current.is_same(release));
            let known = targets.iter().any(|target| target.is_same(release));
            if fits && !runs && !known && self.bars(release, service).is_none() {
                targets.push(release);
            }
        }
        targets
    }

    /// Which of [`History::targets`] this word names.
    pub fn target(&self, word: &[u8], service: Option<&ServiceName>) -> Found<'_> {
        let named: Vec<&Release> =
            self.targets(service).into_iter().filter(|release| release.is_called(word)).collect();
        match named.as_slice() {
            [] => Found::None,
            [one] => Found::One(one),
            several => Found::Several(several.len()),
        }
    }

    /// The word by which a release is told from all others here: its version, or its commit where a version was
    /// more than one commit.
    pub fn word(&self, release: &Release) -> Foreign {
        let moved = |other: &Release| other.version == release.version && !other.is_same(release);
        match &release.commit {
            Some(commit) if release.version.is_empty() || self.releases.iter().any(moved) => commit.clone(),
            Some(_) | None => release.version.clone(),
        }
    }

    /// Why code must not be deployed again without a look: the newest release of it that says something about it did
    /// not end well, or was taken back, and nobody has examined it. `code` need not be in the history itself.
    ///
    /// A rollback that failed says nothing about the code that it should have brought back.
    pub fn trouble(&self, code: &Release, service: Option<&ServiceName>) -> Option<&Release> {
        let (release, stands) = self.releases.iter().zip(&self.stands).rev().find(|(release, stands)| {
            let says = match (release.kind, stands) {
                (Kind::Rollback, Verdict::Good | Verdict::RolledBack) => true,
                (Kind::Rollback, Verdict::Failed | Verdict::Unknown) => false,
                (Kind::Deploy | Kind::Runbook | Kind::Guide | Kind::Restore | Kind::Maintenance | Kind::Task, _) => {
                    true
                }
            };
            says && release.is_same(code) && overlap(release.service.as_ref(), service)
        })?;
        let taken = self.place(release).and_then(|place| self.taken.get(place)).into_iter().flatten();
        let taken = taken.into_iter().any(|own| overlap(Some(own), service));
        ((*stands != Verdict::Good || taken) && release.examined.is_none()).then_some(release)
    }

    /// Why nobody goes back to code that was good: its [`History::trouble`], unless that was a deploy of what ran already and
    /// was taken back, for then the same code ran on.
    pub fn bars(&self, code: &Release, service: Option<&ServiceName>) -> Option<&Release> {
        let trouble = self.trouble(code, service)?;
        let before = self.place(trouble).and_then(|place| self.releases.get(..place)).unwrap_or_default();
        let mut good = before
            .iter()
            .zip(&self.stands)
            .rev()
            .filter(|(release, stands)| **stands == Verdict::Good && release.concerns(service, None));
        let ran = good.next().is_some_and(|(release, _)| release.is_same(trouble));
        (trouble.verdict != Verdict::RolledBack || !ran).then_some(trouble)
    }

    /// What a good rollback took the place of, if that was other code: what ran then, or was left half-way.
    pub fn took_back(&self, back: &Release) -> Option<&Release> {
        if back.kind != Kind::Rollback || back.verdict != Verdict::Good {
            return None;
        }
        let before = self.releases.get(..self.place(back)?)?;
        let (stood, _) = stands(before);
        let mut ran =
            before.iter().zip(&stood).rev().filter(|(release, stood)| {
                **stood != Verdict::RolledBack && release.concerns(back.service.as_ref(), None)
            });
        ran.next().map(|(release, _)| release).filter(|release| !release.is_same(back))
    }

    /// The release of this run.
    pub fn of_run(&self, run: &RunId) -> Option<&Release> {
        self.releases.iter().find(|release| release.run == *run)
    }

    /// What was done to the database behind `from`, up to `to` and with it, in its order: whatever became of those
    /// releases, since what they did to it may have stayed. For a service, what its own releases and those of the whole
    /// system did.
    pub fn between(&self, from: &Release, to: &Release, service: Option<&ServiceName>) -> Vec<Migration> {
        let mut all = Vec::new();
        for release in self.behind(from, to, service) {
            release.migrations.iter().for_each(|migration| add(&mut all, migration.clone()));
        }
        all
    }

    /// The releases behind `from`, up to `to` and with it, that may be about this service.
    pub(super) fn behind(&self, from: &Release, to: &Release, service: Option<&ServiceName>) -> Vec<&Release> {
        let behind = match (self.place(from), self.place(to)) {
            (Some(from), Some(to)) => self.releases.get(from + 1..=to).unwrap_or_default(),
            (None, _) | (_, None) => &[],
        };
        behind.iter().filter(|release| overlap(release.service.as_ref(), service)).collect()
    }

    fn place(&self, release: &Release) -> Option<usize> {
        self.releases.iter().position(|known| known.run == release.run)
    }
}

/// Whether what is said of one may be about the other; the whole system is about every service.
fn overlap(one: Option<&ServiceName>, other: Option<&ServiceName>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// How each release stands: a rollback that was good takes back what ran before it; one of a service takes a release of
/// the whole system back for that service alone.
fn stands(releases: &[Release]) -> (Vec<Verdict>, Vec<Vec<ServiceName>>) {
    let mut all: Vec<Vec<ServiceName>> = releases.iter().map(|_| Vec::new()).collect();
    let mut stands: Vec<Verdict> = releases.iter().map(|release| release.verdict).collect();
    for (place, back) in releases.iter().enumerate() {
        if back.kind != Kind::Rollback || back.verdict != Verdict::Good {
            continue;
        }
        let before = releases.iter().take(place).enumerate().rev();
        let mut good = before.filter(|(number, release)| {
            release.concerns(back.service.as_ref(), None) && stands.get(*number) == Some(&Verdict::Good)
        });
        let taken = good.next().filter(|(_, release)| !release.is_same(back)).map(|(number, _)| number);
        let Some(number) = taken else { continue };
        let whole = releases.get(number).is_some_and(|release| release.service.is_none());
        match back.service.as_ref().filter(|_| whole) {
            Some(service) => all.get_mut(number).into_iter().for_each(|all| all.push(service.clone())),
            None => stands.get_mut(number).into_iter().for_each(|stands| *stands = Verdict::RolledBack),
        }
    }
    (stands, all)
}
