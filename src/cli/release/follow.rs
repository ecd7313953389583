//! `qd release follow`: what has to be seen to after a release, until when, and what was said of it.

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::{Asked, Place, json, look, one};
use crate::cli::{Exit, Reaching, choose, output};
use crate::domain::release::{Followed, Said};
use crate::domain::{Environment, PartId, Release};
use crate::engine::store::Who;
use crate::state::releases::{FollowJson, behind, follow, followed, runs_now, say};

/// So many releases are listed.
const LISTED: usize = 5;
/// The word for the newest releases.
const ALL: &str = "all";
/// The word for what runs now.
const NOW: &str = "now";

/// `qd release follow`.
#[derive(Debug, Args)]
pub struct Follow {
    /// The run of the release, or enough of its end to know it; `now` means what runs now, `all` the newest releases.
    pub run: String,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Say that you saw to this item and it is well, with what you saw. May be given several times.
    #[arg(long, value_name = "ITEM[=NOTE]")]
    pub tick: Vec<String>,
    /// Say that you saw to this item and it is not well, with what you saw. May be given several times.
    #[arg(long, value_name = "ITEM=NOTE")]
    pub failed: Vec<String>,
    /// First look again at what the console can see to by itself: until it is due, and later as long as it is not well.
    #[arg(long, conflicts_with = "here")]
    pub check: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl Follow {
    /// Whether something is to be kept.
    pub fn says(&self) -> bool {
        !self.tick.is_empty() || !self.failed.is_empty() || self.check
    }

    /// What is said of which items: all of it makes sense, or nothing is kept.
    fn said(&self, release: &Release) -> Result<Vec<(PartId, Said, String)>, String> {
        let ticks = self.tick.iter().map(|word| (word, Said::Well));
        let all = ticks.chain(self.failed.iter().map(|word| (word, Said::Bad)));
        all.map(|(word, said)| {
            let (name, note) = word.split_once('=').unwrap_or((word, ""));
            say(release, name.trim(), said, note).map(|(part, note)| (part, said, note))
        })
        .collect()
    }
}

/// Keeps what was said, and lists. Ends with 0 when all of what runs is in time and well, 1 when something is overdue, 2 when
/// something is not well or nobody knows.
///
/// # Errors
/// How to end, after the reason was told.
pub async fn run(
    wanted: &Follow,
    environment: &Arc<Environment>,
    mut asked: Asked,
    who: Who,
    reach: &Reaching,
) -> Result<Exit, Exit> {
    let run: Vec<Release> = followed(&asked.known).filter(|one| runs_now(&asked.known, one)).cloned().collect();
    let of: Vec<Release> = match wanted.run.as_str() {
        ALL => followed(&asked.known).take(LISTED).cloned().collect(),
        NOW => run.clone(),
        word => vec![one(&asked, word)?.clone()],
    };
    let mut new = Vec::new();
    if !wanted.tick.is_empty() || !wanted.failed.is_empty() {
        let [release] = of.as_slice() else {
            let runs: Vec<String> = run.iter().map(|release| release.run.short().to_owned()).collect();
            let text = format!("say of which release: {} of them run now ({}).", runs.len(), runs.join(", "));
            return Err(choose::complain(Exit::Usage, &text));
        };
        let said = wanted.said(release).map_err(|why| choose::complain(Exit::Usage, &why))?;
        for (part, said, note) in said {
            let (person, workstation, at) = (who.person.clone(), who.workstation.clone(), Timestamp::now());
            let said = Followed {
                run: release.run.clone(),
                part,
                said,
                person,
                workstation,
                at,
                note: note.into(),
                looked: false,
                login: None,
            };
            let behind = asked.releases.follow(said.clone()).await;
            asked.known.told.extend(behind.map_err(|why| choose::complain(Exit::Unavailable, &why))?);
            new.push(said);
        }
    }
    asked.known.followed.extend(new);
    if wanted.check {
        let of: Vec<&Release> = if wanted.run == ALL { run.iter().collect() } else { of.iter().collect() };
        let words = look::look(environment, &asked, &of, (reach, &who.person)).await?;
        asked.known.followed.extend(words);
    }
    let now = Timestamp::now();
    let releases: Vec<&Release> = of.iter().collect();
    let text = match (wanted.json, releases.iter().all(|release| release.follow_ups.is_empty())) {
        (true, _) => json(&FollowJson::of(&asked.known, &releases, now))?,
        (false, true) => format!("Nothing of {} of {} is to be followed up.\n", environment.name, environment.site),
        (false, false) => follow(&asked.known, &releases, now),
    };
    asked.complain(wanted.json);
    output::print(&text)?;
    let (overdue, bad) = match of.as_slice() {
        [release] if wanted.run != ALL => release.behind(&asked.known.followed, now),
        _ => behind(&asked.known, now),
    };
    Ok(match (overdue, bad) {
        (0, 0) => Exit::Ok,
        (_, 0) => Exit::Degraded,
        (_, _) => Exit::Down,
    })
}
