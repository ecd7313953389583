//! The way back that stands ready, and whether it would work: what one would go back to, whether it is there, what became
//! of the database, which backup there is to fall back on.

use super::{Page, Wizard, items::Judged};
use crate::domain::fact::Kind as FactKind;
use crate::domain::procedure::{Back, Doing};
use crate::domain::release::{Current, Reversible, same_commit};
use crate::state::releases::{Known, looks_for_migrations, service};
use crate::text::Foreign;

/// How much a line of it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It is as it should be.
    Good,
    /// It is not known, or to be looked at.
    Doubt,
    /// It would not work so.
    Bad,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// What it is about.
    pub label: &'static str,
    /// How it is.
    pub told: String,
    /// Whether that is good.
    pub weight: Weight,
}

fn line(label: &'static str, weight: Weight, told: impl Into<String>) -> Ready {
    Ready { label, told: told.into(), weight }
}

impl Wizard<'_> {
    /// The way back, line by line.
    pub fn ready(&self, known: &Known) -> Vec<Ready> {
        let mut lines = vec![self.way(known)];
        lines.extend(self.target(known));
        lines.extend(self.present());
        lines.extend(self.database(known));
        lines.extend(self.backup(known));
        lines
    }

    /// The way back that is really taken: its own section comes before the procedure that its front matter names.
    fn way(&self, known: &Known) -> Ready {
        let header = &self.sheet.procedure.header;
        let by_itself = if header.back == Back::Auto { ", by rule when something fails" } else { "" };
        // Where nothing is recorded there is nothing to go back to: that it works is not known.
        let nothing = self.runs_now(known).is_some_and(|(_, weight)| weight != Weight::Good);
        let weight = if nothing { Weight::Doubt } else { Weight::Good };
        match (self.has_own_way_back(), &header.rollback) {
            (true, _) => line("way back", weight, format!("its own section Rollback{by_itself}")),
            (false, Some(name)) => line("way back", weight, format!("the procedure {name}{by_itself}")),
            (false, None) => line("way back", Weight::Bad, "none is written down"),
        }
    }

    fn target(&self, known: &Known) -> Option<Ready> {
        let releases = known.releases.as_ref()?;
        let service = service(self.sheet.procedure);
        Some(match releases.history.current(service.as_ref(), None) {
            Current::Nothing => line("back to", Weight::Bad, "no good release is recorded"),
            Current::Runs(release) => {
                line("back to", Weight::Good, format!("{}, recorded as good", releases.history.word(release).plain()))
            }
            Current::Unclear(_, Some(before)) => {
                let told = format!("{}; what runs now did not go well", releases.history.word(before).plain());
                line("back to", Weight::Doubt, told)
            }
            Current::Unclear(_, None) => {
                line("back to", Weight::Bad, "what runs now did not go well, and nothing before it")
            }
        })
    }

    /// What runs now, by the record, and whether that is good.
    pub fn runs_now(&self, known: &Known) -> Option<(String, Weight)> {
        let history = &known.releases.as_ref()?.history;
        let service = service(self.sheet.procedure);
        Some(match history.current(service.as_ref(), None) {
            Current::Runs(release) => (format!("{}, recorded as good", history.word(release).plain()), Weight::Good),
            Current::Unclear(release, _) => {
                (format!("not clear: {} did not go well", history.word(release).plain()), Weight::Doubt)
            }
            Current::Nothing => ("nothing that was recorded as good".to_owned(), Weight::Doubt),
        })
    }

    /// What ran before this run, by the record, as a word.
    pub fn before(&self, known: &Known) -> Option<String> {
        let history = &known.releases.as_ref()?.history;
        let good = history.current(service(self.sheet.procedure).as_ref(), None).good()?;
        Some(history.word(good).plain())
    }

    /// What the gate has found out about the release before on its hosts.
    fn present(&self) -> Option<Ready> {
        let is_it = |place: &usize| {
            let part = self.sheet.procedure.parts.get(*place);
            part.is_some_and(|part| matches!(&part.doing, Doing::Fact(fact) if fact.kind == FactKind::Rollback))
        };
        let item = self.item(self.parts(Page::Gate).into_iter().find(is_it)?)?;
        let told = |otherwise: &str| if item.told.is_empty() { otherwise.to_owned() } else { item.told.clone() };
        Some(match item.judged {
            Judged::Passed => line("on hosts", Weight::Good, told("it is there")),
            Judged::Failed => line("on hosts", Weight::Bad, told("it is not there")),
            Judged::Waived => line("on hosts", Weight::Bad, told("waived")),
            Judged::Unknown | Judged::Skipped => line("on hosts", Weight::Doubt, "not known"),
            Judged::Open | Judged::Going | Judged::Waits | Judged::Shown => {
                line("on hosts", Weight::Doubt, "the gate has not looked yet")
            }
        })
    }

    /// What is known of the migrations of its version, in words.
    pub(super) fn database_told(&self, known: &Known) -> Option<String> {
        self.database(known).map(|line| line.told)
    }

    fn database(&self, known: &Known) -> Option<Ready> {
        let facts = known.facts(&self.version()?)?.as_ref().ok()?;
        let since = facts.since.as_ref()?.as_ref().ok()?;
        // Behind the verdict git may have been asked what is new since the version itself.
        let history = known.releases.as_ref().map(|known| &known.history);
        let runs = history.and_then(|known| known.current(service(self.sheet.procedure).as_ref(), None).good());
        let runs = runs.and_then(|release| release.commit.as_ref());
        if runs.is_some_and(|commit| !same_commit(commit.raw(), since.from.id.as_bytes())) {
            return None;
        }
        let all = &since.migrations;
        let of = |wanted: Reversible| all.iter().filter(|one| one.migration.reversible == wanted).count();
        let names = |wanted: Reversible| {
            let of = all.iter().filter(|one| one.migration.reversible == wanted);
            of.map(|one| one.migration.name.plain()).collect::<Vec<_>>().join(", ")
        };
        let new =
            |count: usize| if count == 1 { "1 new migration".to_owned() } else { format!("{count} new migrations") };
        Some(match (of(Reversible::No), of(Reversible::Unknown)) {
            _ if all.is_empty() && !looks_for_migrations(self.environment) => line(
                "database",
                Weight::Doubt,
                "new migrations are not looked for: say [source] migrations in the site",
            ),
            _ if all.is_empty() => line("database", Weight::Good, "no new migration is seen"),
            (0, 0) => line("database", Weight::Good, format!("{}, all can be taken back", new(all.len()))),
            (0, _) => {
                let told = format!("{}; nobody says of {}", new(all.len()), names(Reversible::Unknown));
                line("database", Weight::Doubt, told)
            }
            (_, _) => {
                let told = format!("can't be taken back: {}; only from a backup", names(Reversible::No));
                line("database", Weight::Bad, told)
            }
        })
    }

    fn backup(&self, known: &Known) -> Option<Ready> {
        let names = self.sheet.procedure.header.release.as_ref()?;
        if let Some(name) = &names.backup {
            let part = self.sheet.procedure.parts.iter().find(|part| part.options.capture.as_ref() == Some(name));
            let made =
                part.and_then(|part| self.sheet.steps(&part.id).into_iter().find_map(|(_, step)| step.value.clone()));
            return Some(match (made, part) {
                (Some(value), _) => line("backup", Weight::Good, Foreign::from(value.trim()).plain()),
                (None, Some(part)) => line("backup", Weight::Good, format!("is made first: {}", part.title.plain())),
                (None, None) => line("backup", Weight::Doubt, format!("${name} says which")),
            });
        }
        let history = &known.releases.as_ref()?.history;
        let newest = history.releases().iter().rev().find_map(|release| release.backup.as_ref());
        Some(match newest {
            Some(backup) => line("backup", Weight::Doubt, format!("the last is {}", backup.plain())),
            None => line("backup", Weight::Doubt, "none is made, none is recorded"),
        })
    }
}
