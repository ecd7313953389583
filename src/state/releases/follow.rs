//! What follows releases, as it is told: each checklist with its due time, each item with how it stands.

use jiff::Timestamp;
use serde::Serialize;

use super::told::{clean, stamp, version};
use crate::domain::release::{Current, FollowItem, FollowUp, Followed, Said, SeenBy, newest};
use crate::domain::time::short;
use crate::domain::{PartId, Release, RunId};
use crate::port::release::Releases;
use crate::text::Foreign;

/// Why what another login says of a run counts for nothing.
pub const NOT_ITS_RUN: &str = "The run is not that login's, so it does not count.";

/// Longer is no note: what was seen at length belongs where the team writes.
const LONGEST: usize = 2000;

/// Checklists of an environment.
#[derive(Debug, Serialize)]
pub struct FollowJson {
    releases: Vec<ReleaseJson>,
    overdue: usize,
    not_well: usize,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ReleaseJson {
    run: String,
    version: String,
    at: String,
    runs_now: bool,
    lists: Vec<ListJson>,
}

#[derive(Debug, Serialize)]
struct ListJson {
    title: String,
    due: String,
    items: Vec<ItemJson>,
}

#[derive(Debug, Serialize)]
struct ItemJson {
    item: String,
    title: String,
    by: &'static str,
    state: &'static str,
    person: Option<String>,
    workstation: Option<String>,
    looked: Option<bool>,
    at: Option<String>,
    note: Option<String>,
    login: Option<String>,
    claims: Vec<ClaimJson>,
}

/// What another login said, which does not count.
#[derive(Debug, Serialize)]
struct ClaimJson {
    state: &'static str,
    person: String,
    workstation: String,
    login: Option<String>,
    looked: bool,
    at: String,
    note: String,
}

impl ClaimJson {
    fn of(one: &Followed) -> Self {
        Self {
            state: one.said.word(),
            person: clean(&one.person),
            workstation: clean(&one.workstation),
            login: one.login.as_ref().map(Foreign::plain),
            looked: one.looked,
            at: one.at.to_string(),
            note: one.note.plain(),
        }
    }
}

/// The releases that have checklists, the newest first.
pub fn followed(known: &Releases) -> impl Iterator<Item = &Release> {
    known.history.releases().iter().rev().filter(|release| !release.follow_ups.is_empty())
}

/// Whether a release is what runs: only then anybody still sees to what follows it.
pub fn runs_now(known: &Releases, release: &Release) -> bool {
    matches!(known.history.current(release.service.as_ref(), None), Current::Runs(runs) if runs.run == release.run)
}

/// Who said it: a person, or their console; with the login on the lock host that put it there, where it came from there.
pub fn whose(said: &Followed) -> String {
    let who = clean(&said.person);
    let who = if said.looked { format!("the console of {who}") } else { who };
    match &said.login {
        Some(login) => format!("{who} (login {})", login.plain()),
        None => who,
    }
}

/// What other logins said of an item, the newest word of each, the newest first: none of it counts.
pub fn claims<'a>(known: &'a Releases, run: &RunId, item: &FollowItem) -> Vec<&'a Followed> {
    let of_it = |one: &&Followed| one.run == *run && one.part == item.part;
    let mut all: Vec<&Followed> = known.claimed.iter().filter(of_it).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.at));
    let mut newest: Vec<&Followed> = Vec::new();
    for one in all {
        if !newest.iter().any(|other| other.login == one.login) {
            newest.push(one);
        }
    }
    newest
}

/// What the console has to look at by itself of releases that run now, each with the moment from which on it may.
pub fn looks(known: &Releases) -> impl Iterator<Item = (&Release, &FollowItem, Timestamp)> {
    let releases = followed(known).filter(move |release| runs_now(known, release));
    releases.flat_map(move |release| {
        let items = release.follow_ups.iter().flat_map(|list| list.items.iter().map(move |item| (list, item)));
        items.filter_map(move |(list, item)| {
            let last = newest(&release.run, &item.part, &known.followed);
            Some((release, item, list.looked_at_from(release.at, item, last)?))
        })
    })
}

/// How many items are overdue, and how many are not well or unknown, of the releases that run now.
pub fn behind(known: &Releases, now: Timestamp) -> (usize, usize) {
    let each = followed(known).filter(|release| runs_now(known, release));
    each.map(|release| release.behind(&known.followed, now))
        .fold((0, 0), |(overdue, bad), (more, worse)| (overdue + more, bad + worse))
}

/// What a person is told of it without asking; nothing when all is in time and well.
pub fn behind_told(known: &Releases, now: Timestamp) -> Option<String> {
    let items = |count: usize| if count == 1 { "1 item is".to_owned() } else { format!("{count} items are") };
    let what = match behind(known, now) {
        (0, 0) => return None,
        (overdue, 0) => format!("{} overdue", items(overdue)),
        (0, bad) => format!("{} not well", items(bad)),
        (overdue, bad) => format!("{} overdue and {bad} not well", items(overdue)),
    };
    Some(format!("Of what follows the release that runs now {what}"))
}

/// What a person may say of an item of a release, with its note as it is kept.
///
/// # Errors
/// Why not, as a sentence.
pub fn say(release: &Release, name: &str, said: Said, note: &str) -> Result<(PartId, String), String> {
    let found = PartId::new(name).ok();
    let Some((_, item)) = found.as_ref().and_then(|part| release.follow_item(part)) else {
        let all = release.follow_ups.iter().flat_map(|list| &list.items);
        let names: Vec<&str> = all.map(|item| item.part.as_str()).collect();
        let shown = Foreign::from(name).plain();
        return Err(match names.is_empty() {
            true => format!("nothing follows the release of run {}.", release.run.short()),
            false => format!("{shown:?} is none of what follows run {}: {}.", release.run.short(), names.join(", ")),
        });
    };
    let note = note.trim();
    if note.is_empty() && (item.by != SeenBy::Person || said != Said::Well) {
        return Err(format!("{} wants to know what you saw: write {}=NOTE.", item.part, item.part));
    }
    if note.len() > LONGEST {
        return Err(format!("the note of {} has {} bytes; {LONGEST} are kept.", item.part, note.len()));
    }
    Ok((item.part.clone(), note.to_owned()))
}

/// When a checklist is due, or since when it was.
pub fn due_told(list: &FollowUp, now: Timestamp) -> String {
    match list.due > now {
        true => format!("due in {}", span(list.due, now)),
        false => format!("was due {} ago", span(now, list.due)),
    }
}

fn span(later: Timestamp, earlier: Timestamp) -> String {
    short(std::time::Duration::try_from(later.duration_since(earlier)).unwrap_or_default())
}

/// A release's checklists in lines.
pub fn lists(known: &Releases, release: &Release, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    let wide = release.follow_ups.iter().flat_map(|list| &list.items).map(|item| item.part.as_str().len()).max();
    for list in &release.follow_ups {
        lines.push(format!("{}, {} ({})", list.title.plain(), due_told(list, now), stamp(list.due)));
        for item in &list.items {
            lines.push(told(known, release, (list, item), wide.unwrap_or(0), now));
            lines.extend(claims(known, &release.run, item).into_iter().map(claimed));
        }
    }
    lines
}

fn told(known: &Releases, release: &Release, of: (&FollowUp, &FollowItem), wide: usize, now: Timestamp) -> String {
    let (list, item) = of;
    let stands = list.stands(&release.run, item, &known.followed, now);
    let by = match item.by {
        SeenBy::Console => "the console looks",
        SeenBy::Person => "a person",
        SeenBy::PersonWithNote => "a person, with a note",
    };
    let said = match stands.said() {
        None => String::new(),
        Some(one) => {
            let note = one.note.plain();
            let note = if note.is_empty() { String::new() } else { format!(": {note}") };
            format!("; {} at {}{note}", whose(one), stamp(one.at))
        }
    };
    format!("  {:<8}  {:<wide$}  {} ({by}){said}", stands.word(), item.part.as_str(), item.title.plain())
}

/// What another login said of an item, which changes nothing of how it stands.
fn claimed(one: &Followed) -> String {
    let note = one.note.plain();
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    let (whose, word, at) = (whose(one), one.said.word(), stamp(one.at));
    format!("            {whose} said {word} at {at}{note}. {NOT_ITS_RUN}")
}

/// All checklists in lines, the newest release first.
pub fn follow(known: &Releases, of: &[&Release], now: Timestamp) -> String {
    let mut lines = Vec::new();
    for release in of {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let runs = if runs_now(known, release) { "" } else { ", which runs no more" };
        lines.push(format!("{} of run {}, {}{runs}", version(release), release.run.short(), stamp(release.at)));
        lines.extend(lists(known, release, now));
    }
    lines.join("\n") + "\n"
}

impl FollowJson {
    /// These releases.
    pub fn of(known: &Releases, of: &[&Release], now: Timestamp) -> Self {
        let (overdue, not_well) = behind(known, now);
        let item = |release: &Release, list: &FollowUp, item: &FollowItem| {
            let stands = list.stands(&release.run, item, &known.followed, now);
            let said = stands.said();
            ItemJson {
                item: item.part.to_string(),
                title: item.title.plain(),
                by: item.by.word(),
                state: stands.word(),
                person: said.map(|one| clean(&one.person)),
                workstation: said.map(|one| clean(&one.workstation)),
                looked: said.map(|one| one.looked),
                at: said.map(|one| one.at.to_string()),
                note: said.map(|one| one.note.plain()),
                login: said.and_then(|one| one.login.as_ref()).map(Foreign::plain),
                claims: claims(known, &release.run, item).into_iter().map(ClaimJson::of).collect(),
            }
        };
        let list = |release: &Release, list: &FollowUp| ListJson {
            title: list.title.plain(),
            due: list.due.to_string(),
            items: list.items.iter().map(|one| item(release, list, one)).collect(),
        };
        let releases = of.iter().map(|release| ReleaseJson {
            run: release.run.to_string(),
            version: release.version.plain(),
            at: release.at.to_string(),
            runs_now: runs_now(known, release),
            lists: release.follow_ups.iter().map(|one| list(release, one)).collect(),
        });
        Self { releases: releases.collect(), overdue, not_well, notes: known.told.clone() }
    }
}
