//! What follows a release, as the last page of its deploy shows it: the checklists with their items, and how each stands.

use jiff::Timestamp;

use super::Wizard;
use crate::domain::Release;
use crate::domain::release::{FollowItem, FollowUp, Followed, Follows, Said};
use crate::port::release::Releases;

/// An item of a checklist that follows a release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Following<'a> {
    /// Its place among all items of the release.
    pub place: usize,
    /// The checklist.
    pub list: &'a FollowUp,
    /// The item.
    pub item: &'a FollowItem,
    /// How it stands.
    pub stands: Follows<'a>,
}

impl<'a> Wizard<'a> {
    /// The release that the last page is about: the run's own; before a run is begun the one that runs now, where this
    /// procedure has brought it and something follows it.
    pub fn release<'k>(&self, known: Option<&'k Releases>) -> Option<&'k Release> {
        let known = known?;
        match self.run() {
            Some(run) => known.history.of_run(&run.id).filter(|_| !self.goes_on()),
            None => {
                let name = &self.sheet.procedure.name;
                let of_it = |release: &&Release| release.follow_ups.iter().any(|list| list.procedure == *name);
                let newest = known.history.releases().iter().rev().filter(of_it);
                newest.into_iter().find(|release| crate::state::releases::runs_now(known, release))
            }
        }
    }

    /// The items of all checklists that follow it.
    pub fn following<'k>(&self, known: Option<&'k Releases>, now: Timestamp) -> Vec<Following<'k>> {
        let (Some(release), Some(known)) = (self.release(known), known) else { return Vec::new() };
        let items = release.follow_ups.iter().flat_map(|list| list.items.iter().map(move |item| (list, item)));
        let stands = |list: &'k FollowUp, item: &FollowItem| list.stands(&release.run, item, &known.followed, now);
        let items = items.enumerate();
        items.map(|(place, (list, item))| Following { place, list, item, stands: stands(list, item) }).collect()
    }

    /// Everything that was said of an item of it, the newest first.
    pub fn said<'k>(&self, known: Option<&'k Releases>, item: &FollowItem) -> Vec<&'k Followed> {
        let (Some(release), Some(known)) = (self.release(known), known) else { return Vec::new() };
        let mut said: Vec<&Followed> =
            known.followed.iter().filter(|one| one.run == release.run && one.part == item.part).collect();
        said.sort_by_key(|one| std::cmp::Reverse(one.at));
        said
    }
}

impl Following<'_> {
    /// Whether a person should look at it before the others.
    pub fn is_behind(&self) -> bool {
        match self.stands {
            Follows::Overdue => true,
            Follows::Open => false,
            Follows::Said(one) => one.said != Said::Well,
        }
    }

    /// Whether it is to be seen to, or not well.
    pub fn is_open(&self) -> bool {
        self.is_behind() || self.stands == Follows::Open
    }
}

/// The one at which the cursor stands by itself: the first that is behind, else the first that is open.
pub fn first(all: &[Following<'_>]) -> Option<usize> {
    let behind = all.iter().find(|one| one.is_behind());
    behind.or_else(|| all.iter().find(|one| one.is_open())).or(all.first()).map(|one| one.place)
}
