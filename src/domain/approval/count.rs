//! Which approvals count for a run as it is planned now, and how many are missing.

use std::time::Duration;

use jiff::Timestamp;

use super::{Bound, COUNTS, Proof, Quorum, Rules, Seen};
use crate::domain::roles::Roles;

/// The clock of another workstation may be so far ahead.
const AHEAD: Duration = Duration::from_secs(60);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who, and how many.
    pub quorum: &'a Quorum,
    /// What the site says of all.
    pub rules: &'a Rules,
    /// Who has which role.
    pub roles: &'a Roles,
    /// What is planned now.
    pub bound: &'a Bound,
    /// Whose run it is: who began it and who is at it, with their workstations.
    pub own: &'a [(String, String)],
    /// How long an approval counts, as the item says.
    pub expires: Option<Duration>,
    /// Now.
    pub now: Timestamp,
}

/// What there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Those that count, each of another person.
    pub counts: Vec<Seen>,
    /// Those that don't, and why, as a clause.
    pub others: Vec<(Seen, String)>,
    /// So many are missing.
    pub missing: u32,
}

impl Asked<'_> {
    /// Whether nobody may approve their own run.
    pub fn not_self(&self) -> bool {
        self.quorum.not_self || self.rules.not_self
    }

    /// Counts. Of one person the newest that counts is taken.
    pub fn count(&self, mut seen: Vec<Seen>) -> Counted {
        seen.sort_by_key(|one| std::cmp::Reverse(one.approval.at));
        let mut counted = Counted::default();
        for one in seen {
            match self.refusal(&one, &counted.counts) {
                None => counted.counts.push(one),
                Some(why) => counted.others.push((one, why)),
            }
        }
        // What the same person said again says nothing more.
        let counts = |one: &Seen| counted.counts.iter().any(|known| known.approval.person == one.approval.person);
        let others = std::mem::take(&mut counted.others);
        counted.others = others.into_iter().filter(|(one, _)| !counts(one)).collect();
        let there = u32::try_from(counted.counts.len()).unwrap_or(u32::MAX);
        counted.missing = self.quorum.count.saturating_sub(there);
        counted
    }

    /// Why one does not count.
    fn refusal(&self, one: &Seen, before: &[Seen]) -> Option<String> {
        let said = &one.approval;
        if let Proof::Broken(why) = &one.proof {
            return Some(why.clone());
        }
        if let Some(what) = said.bound.changed(self.bound) {
            return Some(what.to_owned());
        }
        let span = self.expires.or(self.rules.expires).unwrap_or(COUNTS);
        if said.at.checked_add(span).is_ok_and(|end| end <= self.now) {
            return Some(format!("it has expired: an approval counts for {}", crate::domain::time::short(span)));
        }
        if self.now.checked_add(AHEAD).is_ok_and(|latest| said.at > latest) {
            return Some("it is dated later than now: look at the clocks".to_owned());
        }
        let claimed = one.proof == Proof::Claimed;
        let is_own = |(person, workstation): &(String, String)| {
            // Whoever sits where it was begun is whoever began it, under whichever name and with whichever key.
            *person == said.person || *workstation == said.workstation
        };
        if self.not_self() && self.own.iter().any(is_own) {
            return Some("nobody approves a run of their own".to_owned());
        }
        if !self.roles.has(&said.person, &self.quorum.role) {
            return Some(format!("it is of nobody with the role {}", self.quorum.role));
        }
        if claimed && !self.rules.claimed {
            return Some("it is claimed and not proven, and this site counts what is signed".to_owned());
        }
        if before.iter().any(|other| other.approval.person == said.person) {
            return Some("the same person has approved it already".to_owned());
        }
        let same_key = |other: &&Seen| one.key.is_some() && other.key == one.key;
        if let Some(other) = before.iter().find(same_key) {
            return Some(format!("it is signed with the key with which {} approved", other.approval.person));
        }
        let same_desk = |other: &&Seen| claimed && other.approval.workstation == said.workstation;
        before
            .iter()
            .find(same_desk)
            .map(|other| format!("it is claimed from the workstation from which {} approved", other.approval.person))
    }
}
