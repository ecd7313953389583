//! What follows a release: checklists with due times, what was said of their items, and how each of them stands.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Release;
use crate::domain::name::{PartId, ProcedureName};
use crate::domain::run::RunId;
use crate::text::Foreign;

/// Nothing is looked at more often than this without being asked for.
const SOONEST: Duration = Duration::from_secs(5 * 60);
/// Until it is due everything is looked at so often at least.
const LATEST: Duration = Duration::from_secs(2 * 3600);
/// What is to be looked at so soon is looked at along with what is to be looked at now.
pub const TOGETHER: SignedDuration = SignedDuration::from_secs(60);
/// So many times a checklist is looked at until it is due, as long as that is neither too often nor too seldom.
const LOOKS: u32 = 12;
/// So often at most what has not changed is kept until it is due.
const KEPT: i32 = 4;

/// A checklist of a release: a section `## Follow-up: …` of its document.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUp {
    /// The procedure in which it stands.
    pub procedure: ProcedureName,
    /// Its heading.
    pub title: Foreign,
    /// By when all of it should have been seen to.
    pub due: Timestamp,
    /// What is seen to.
    pub items: Vec<FollowItem>,
}

/// One item of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowItem {
    /// The part of the document.
    pub part: PartId,
    /// Its words.
    pub title: Foreign,
    /// Who sees to it.
    pub by: SeenBy,
}

/// Who sees to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeenBy {
    /// A person attests it.
    Person,
    /// A person attests it, and says what they saw.
    PersonWithNote,
    /// The console finds it out.
    Console,
}

impl SeenBy {
    /// All.
    pub const ALL: [SeenBy; 3] = [SeenBy::Person, SeenBy::PersonWithNote, SeenBy::Console];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            SeenBy::Person => "person",
            SeenBy::PersonWithNote => "person-with-note",
            SeenBy::Console => "console",
        }
    }

    /// The one of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What is said of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// It is as it should be.
    Well,
    /// It is not.
    Bad,
    /// It could not be found out: nobody knows.
    Unknown,
}

impl Said {
    /// All.
    pub const ALL: [Said; 3] = [Said::Well, Said::Bad, Said::Unknown];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Said::Well => "well",
            Said::Bad => "not well",
            Said::Unknown => "unknown",
        }
    }

    /// The one of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What somebody, or the console of somebody, said of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// The run of the release.
    pub run: RunId,
    /// The item.
    pub part: PartId,
    /// How it is.
    pub said: Said,
    /// Who.
    pub person: String,
    /// From where.
    pub workstation: String,
    /// When, by the clock there.
    pub at: Timestamp,
    /// What was seen, or what was found.
    pub note: Foreign,
    /// Whether their console looked, and not they.
    pub looked: bool,
    /// The login on the lock host that put it there; nothing for what this machine has recorded.
    pub login: Option<Foreign>,
}

/// What was said of an item last.
pub fn newest<'a>(run: &RunId, part: &PartId, said: &'a [Followed]) -> Option<&'a Followed> {
    said.iter().filter(|one| one.run == *run && one.part == *part).max_by_key(|one| one.at)
}

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Follows<'a> {
    /// It is to be seen to, and there is time.
    Open,
    /// It is to be seen to, and there is no time left.
    Overdue,
    /// Somebody saw to it, or the console of somebody did: the newest word on it.
    Said(&'a Followed),
}

impl<'a> Follows<'a> {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Follows::Open => "open",
            Follows::Overdue => "overdue",
            Follows::Said(one) => one.said.word(),
        }
    }

    /// What was said of it.
    pub fn said(self) -> Option<&'a Followed> {
        match self {
            Follows::Open | Follows::Overdue => None,
            Follows::Said(one) => Some(one),
        }
    }
}

impl FollowUp {
    /// How one of its items stands now: the newest word on it counts.
    pub fn stands<'a>(&self, run: &RunId, item: &FollowItem, said: &'a [Followed], now: Timestamp) -> Follows<'a> {
        match newest(run, &item.part, said) {
            // What nobody could find out is not seen to.
            Some(one) if one.said == Said::Unknown && self.due <= now => Follows::Overdue,
            Some(one) => Follows::Said(one),
            None if self.due <= now => Follows::Overdue,
            None => Follows::Open,
        }
    }

    /// How often the console looks at what of it is well, by itself; `at` is when its release was recorded.
    pub fn every(&self, at: Timestamp) -> Duration {
        (self.within(at).unsigned_abs() / LOOKS).clamp(SOONEST, LATEST)
    }

    /// From when on the console looks at one of its items without being asked, by what was said of it last: no more when it
    /// is due, and no more when a person has said how it is. What is not well is asked sooner.
    pub fn looked_at_from(&self, at: Timestamp, item: &FollowItem, last: Option<&Followed>) -> Option<Timestamp> {
        let from = match last {
            None => at,
            Some(last) if !last.looked => return None,
            Some(last) => {
                let every = if last.said == Said::Well { self.every(at) } else { SOONEST };
                last.at.checked_add(every).ok()?
            }
        };
        (item.by == SeenBy::Console && from < self.due).then_some(from)
    }

    /// Whether what the console has found is worth keeping beside what was kept last: when it is another word, or the last
    /// one has become old. That nobody could find it out is not.
    pub fn is_kept(&self, at: Timestamp, kept: Option<&Followed>, new: &Followed) -> bool {
        let is_old = |last: &Followed| new.at.duration_since(last.at) >= self.within(at) / KEPT;
        new.said != Said::Unknown && kept.is_none_or(|last| last.said != new.said || is_old(last))
    }

    fn within(&self, at: Timestamp) -> SignedDuration {
        self.due.duration_since(at).max(SignedDuration::ZERO)
    }

    /// Whether the console looks at one of its items when a person wants it to: until it is due, and later as long as it is
    /// not well.
    pub fn is_looked_at(&self, run: &RunId, item: &FollowItem, said: &[Followed], now: Timestamp) -> bool {
        let is_well = || match self.stands(run, item, said, now) {
            Follows::Said(one) => one.said == Said::Well,
            Follows::Open | Follows::Overdue => false,
        };
        item.by == SeenBy::Console && (now < self.due || !is_well())
    }
}

impl Release {
    /// Its item of this name, with the checklist that it stands in.
    pub fn follow_item(&self, part: &PartId) -> Option<(&FollowUp, &FollowItem)> {
        let items = self.follow_ups.iter().flat_map(|list| list.items.iter().map(move |item| (list, item)));
        items.into_iter().find(|(_, item)| item.part == *part)
    }

    /// How many of its items are overdue, and how many are not well, or nobody knows.
    pub fn behind(&self, said: &[Followed], now: Timestamp) -> (usize, usize) {
        let items = self.follow_ups.iter().flat_map(|list| list.items.iter().map(move |item| (list, item)));
        let (mut overdue, mut bad) = (0, 0);
        for (list, item) in items {
            match list.stands(&self.run, item, said, now) {
                Follows::Overdue => overdue += 1,
                Follows::Said(one) => bad += usize::from(one.said != Said::Well),
                Follows::Open => {}
            }
        }
        (overdue, bad)
    }
}
