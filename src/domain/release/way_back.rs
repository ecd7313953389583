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
}

impl History {
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
        let holder = behind.iter().take(first + 1).rposition(|release| release.backup.is_some());
        let backup = holder.and_then(|place| behind.get(place)).and_then(|release| {
            let name = release.backup.clone()?;
            Some(Backup { name, of: release.version.clone(), before: release.at })
        });
        let mut then = Vec::new();
        for release in behind.iter().take(holder.unwrap_or(0)) {
            release.migrations.iter().for_each(|migration| add(&mut then, migration.clone()));
        }
        then.reverse();
        Database::Restore { lost, backup, then }
    }
}
