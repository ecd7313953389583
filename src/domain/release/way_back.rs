//! What going back to a release means for the database.

use super::history::History;
use super::migration::add;
use super::{Migration, Release};
use crate::domain::name::ServiceName;
use crate::text::Foreign;

/// What must become of the database when older code runs again.
#[derive(Debug, Clone, PartialEq)]
pub enum Database {
    /// Nothing was done to it since.
    Stays,
    /// Everything that was done to it can be taken back: these, in this order, the newest first.
    MigrateBack(Vec<Migration>),
    /// Something was done that can't be taken back: what was there before comes from a backup only.
    Restore {
        /// What can't be taken back, or may not be, in the order in which it was done.
        lost: Vec<Migration>,
        /// The newest backup from before the first of them; `None` when none is recorded.
        backup: Option<Backup>,
        /// What is in that backup already and is taken back behind it, the newest first.
        then: Vec<Migration>,
    },
}

/// A backup that a release made before it changed anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Backup {
    /// What it is called.
    pub name: Foreign,
    /// The release that made it, by its version.
    pub of: Foreign,
    /// Not made later than this; by how much earlier is not recorded.
    pub before: jiff::Timestamp,
    /// The login on the lock host whose word that is; `None` where this machine recorded it.
    pub login: Option<Foreign>,
}

impl Backup {
    fn made_by(release: &Release) -> Option<Self> {
        let (name, login) = (release.backup.clone()?, release.login.clone());
        Some(Self { name, of: release.version.clone(), before: release.at, login })
    }

    /// Whether this is another spelling of its name: `/b//x` and `/b/./x` are `/b/x`.
    pub fn is_called(&self, name: &[u8]) -> bool {
        parts(self.name.raw()).eq(parts(name))
    }
}

/// The parts of a path: what stands for the folder itself is none, and what begins at the root begins with an empty one.
fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let all = path.split(|byte| *byte == b'/').enumerate();
    all.filter(|(place, part)| (*place == 0 || !part.is_empty()) && *part != b".").map(|(_, part)| part)
}

/// Before what a backup must have been made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Before<'a> {
    /// Before the first thing that can't be taken back since this release, for this service or the whole system.
    Release(&'a Release, Option<&'a ServiceName>),
    /// Before the first migration of this name.
    Migration(&'a [u8]),
    /// Before nothing in particular.
    Nothing,
}

/// What came before a backup that must not have.
#[derive(Debug, Clone, PartialEq)]
pub struct TooLate {
    /// The migration whose loss is in the backup.
    pub migration: Migration,
    /// The release that did it, by its version.
    pub of: Foreign,
}

impl History {
    /// Every recorded backup, the newest first, each with why it was made too late, if it was.
    pub fn backups(&self, before: Before<'_>) -> Vec<(Backup, Option<TooLate>)> {
        let all = self.releases();
        let of = |place: usize, migration: &Migration| {
            let of = all.get(place).map(|release| release.version.clone()).unwrap_or_default();
            (place, TooLate { migration: migration.clone(), of })
        };
        let first = match before {
            Before::Nothing => None,
            Before::Release(target, service) => {
                let behind = all.last().map(|newest| self.behind(target, newest, service)).unwrap_or_default();
                behind.into_iter().find_map(|release| {
                    let lost = release.migrations.iter().find(|one| one.needs_backup())?;
                    Some(of(all.iter().position(|known| known.run == release.run)?, lost))
                })
            }
            Before::Migration(name) => all.iter().enumerate().find_map(|(place, release)| {
                let migration = release.migrations.iter().find(|one| one.is_called(name))?;
                Some(of(place, migration))
            }),
        };
        let mut found: Vec<(Backup, Option<TooLate>)> = Vec::new();
        for (place, release) in all.iter().enumerate().rev() {
            let Some(backup) = Backup::made_by(release) else { continue };
            if found.iter().any(|(known, _)| known.is_called(backup.name.raw())) {
                continue;
            }
            // That of the release itself was made before its migrations.
            let late = first.as_ref().filter(|(first, _)| place > *first).map(|(_, late)| late.clone());
            found.push((backup, late));
        }
        found
    }

    /// Whether a release made a backup that is still its own: no later one has recorded the same name again, as a dump that
    /// always has one name does. What a later one wrote there holds what came between.
    fn has_its_backup(&self, release: &Release) -> bool {
        let Some(backup) = Backup::made_by(release) else { return false };
        let mut later = self.releases().iter().rev().take_while(|later| later.run != release.run);
        !later.any(|later| later.backup.as_ref().is_some_and(|name| backup.is_called(name.raw())))
    }

    /// What code means for the database that does not know these migrations, which are in what runs; nothing where there
    /// are none. The backup is the newest that was made before the first of those that can't be taken back, as far as
    /// that one is recorded.
    pub fn without(&self, gone: &[Migration], service: Option<&ServiceName>) -> Option<Database> {
        if gone.is_empty() {
            return None;
        }
        let lost: Vec<Migration> = gone.iter().filter(|one| one.needs_backup()).cloned().collect();
        let Some(first) = gone.iter().position(Migration::needs_backup) else {
            return Some(Database::MigrateBack(gone.iter().rev().cloned().collect()));
        };
        let about: Vec<&Release> = self.releases().iter().filter(|one| one.concerns(service, None)).collect();
        let did =
            |release: &&Release| release.migrations.iter().any(|one| lost.iter().any(|lost| lost.is_file_of(one)));
        let place = about.iter().position(did);
        let holder = place.and_then(|place| about.iter().take(place + 1).rfind(|one| self.has_its_backup(one)));
        let backup = holder.and_then(|release| Backup::made_by(release));
        let then = if backup.is_some() { gone.iter().take(first).rev().cloned().collect() } else { Vec::new() };
        Some(Database::Restore { lost, backup, then })
    }

    /// What going back to `target` with this service, or with the whole system, means for the database, as far as it is
    /// recorded. What nothing was said of counts as what can't be taken back.
    pub fn way_back(&self, target: &Release, service: Option<&ServiceName>) -> Database {
        let Some(newest) = self.releases().last() else { return Database::Stays };
        let behind = self.behind(target, newest, service);
        let all = self.between(target, newest, service);
        let lost: Vec<Migration> = all.iter().filter(|migration| migration.needs_backup()).cloned().collect();
        if all.is_empty() {
            return Database::Stays;
        }
        if lost.is_empty() {
            return Database::MigrateBack(all.into_iter().rev().collect());
        }
        let is_lost = |migration: &Migration| lost.iter().any(|lost| lost.name == migration.name);
        let first = behind.iter().position(|release| release.migrations.iter().any(is_lost)).unwrap_or(0);
        // That of the release itself was made before its migrations; otherwise the newest before it. One from before the
        // target was made would have to be migrated forward.
        let holder = behind.iter().take(first + 1).rposition(|release| self.has_its_backup(release));
        let backup = holder.and_then(|place| behind.get(place)).and_then(|release| Backup::made_by(release));
        let mut then = Vec::new();
        for release in behind.iter().take(holder.unwrap_or(0)) {
            release.migrations.iter().for_each(|migration| add(&mut then, migration.clone()));
        }
        then.reverse();
        Database::Restore { lost, backup, then }
    }
}
