//! What GitHub knows of a commit: its checks, the runs of a workflow, who approved it, and what waits to be let through.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Came, detail};
use crate::domain::Environment;
use crate::domain::fact::Rerun;
use crate::domain::probe::{Detail, Found};
use crate::domain::time::short;
use crate::engine::github::{
    Approvals, CheckRun, CheckRuns, Client, Commit, Pending, PullRequest, Review, Status, Statuses, Trouble,
    WorkflowRun, WorkflowRuns,
};
use crate::engine::probe::Prober;
use crate::text::Foreign;

/// Further ahead of our clock nothing of GitHub's is taken for new.
const AHEAD: i64 = 300;
/// Most pull requests of one commit that are looked at.
const PULLS: usize = 10;
/// Most runs of one commit that are looked at.
const RUNS: usize = 20;

/// How a check counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// It went well.
    Well,
    /// It counts as well, and proves nothing by itself.
    Neutral,
    /// It goes on.
    Pending,
    /// It did not go well.
    Badly,
    /// A word that is not known.
    Odd,
}

/// How a run or a check stands, as GitHub counts it.
fn counts(status: &str, conclusion: Option<&str>) -> Counts {
    match (status, conclusion) {
        ("completed", Some("success")) => Counts::Well,
        ("completed", Some("neutral" | "skipped")) => Counts::Neutral,
        (
            "completed",
            Some("failure" | "timed_out" | "cancelled" | "action_required" | "stale" | "startup_failure"),
        ) => Counts::Badly,
        ("queued" | "in_progress" | "waiting" | "requested" | "pending", _) => Counts::Pending,
        _ => Counts::Odd,
    }
}

fn of_state(state: &str) -> Counts {
    match state {
        "success" => Counts::Well,
        "pending" => Counts::Pending,
        "failure" | "error" => Counts::Badly,
        _ => Counts::Odd,
    }
}

fn came(trouble: &Trouble) -> Came {
    let found = if trouble.proves_nothing() { Found::Inconclusive } else { Found::Error };
    Came::new(found, trouble.to_string(), Vec::new())
}

/// The way to the site's repository.
pub(super) async fn open(environment: &Environment, prober: &Prober) -> Result<Client, Came> {
    if !environment.trusted {
        let site = &environment.site;
        return Err(Came::error(format!(
            "site {site} is not trusted, so GitHub is not asked: read it, then `qd trust` it"
        )));
    }
    let Some(settings) = &environment.github else {
        let why =
            "the site does not say where its code lies: add [github] with repository = \"owner/name\" to site.toml";
        return Err(Came::error(why));
    };
    Client::open(settings, prober.trust()).await.map_err(|trouble| self::came(&trouble))
}

/// The whole number of a commit; what is asked about is exactly that one.
async fn resolved(client: &Client, commit: &str) -> Result<Commit, Trouble> {
    let what =
        format!("commit {} in {}", crate::text::truncate(&Foreign::from(commit).plain(), 60), client.repository());
    let found: Commit = client.one(&format!("commits/{commit}"), &[], &what).await?;
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !(hex(&found.sha) && matches!(found.sha.len(), 40 | 64)) {
        return Err(Trouble::Shape("a commit's number is none".to_owned()));
    }
    // What looks like a number must be the beginning of it: a branch may be called so.
    if commit.len() >= 7 && hex(commit) && !found.sha.starts_with(&commit.to_ascii_lowercase()) {
        return Err(Trouble::Shape(format!("asked for {commit}, it told of {}", found.sha)));
    }
    Ok(found)
}

fn seven(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

/// Which commit it is about, as evidence.
fn named(asked: &str, commit: &Commit) -> Detail {
    let told = if commit.sha == asked { commit.sha.clone() } else { format!("{asked} is {}", commit.sha) };
    detail("commit", told, true)
}

/// Judges many together: none fails, none goes on, one at least went well.
fn together(all: &[(String, Counts)], nothing: &str) -> (Found, String) {
    let of = |wanted: Counts| -> Vec<&str> {
        all.iter().filter(|(_, counts)| *counts == wanted).map(|(name, _)| name.as_str()).collect()
    };
    let list = |names: &[&str]| {
        let more = names.len().saturating_sub(6);
        let mut told = names.iter().take(6).map(|name| Foreign::from(*name).plain()).collect::<Vec<_>>().join(", ");
        if more > 0 {
            told.push_str(&format!(" and {more} more"));
        }
        told
    };
    let (badly, odd, pending) = (of(Counts::Badly), of(Counts::Odd), of(Counts::Pending));
    if !badly.is_empty() {
        return (Found::Fail, format!("{} of {} failed: {}", badly.len(), all.len(), list(&badly)));
    }
    if !odd.is_empty() {
        return (Found::Inconclusive, format!("what is said of {} is not known here", list(&odd)));
    }
    if !pending.is_empty() {
        return (Found::Inconclusive, format!("{} of {} still go on: {}", pending.len(), all.len(), list(&pending)));
    }
    let well = of(Counts::Well).len();
    match well {
        0 => (Found::Inconclusive, nothing.to_owned()),
        well if well == all.len() => (Found::Pass, format!("all {well} succeeded")),
        well => (Found::Pass, format!("{well} succeeded, {} were skipped", all.len() - well)),
    }
}

pub(super) async fn ci(client: &Client, commit: &str, workflow: Option<&str>) -> Came {
    match ci_asked(client, commit, workflow).await {
        Ok(came) => came,
        Err(trouble) => came(&trouble),
    }
}

async fn ci_asked(client: &Client, asked: &str, workflow: Option<&str>) -> Result<Came, Trouble> {
    let commit = resolved(client, asked).await?;
    let sha = commit.sha.as_str();
    let what = format!("checks of {}", seven(sha));
    let pages: Vec<CheckRuns> =
        client.pages(&format!("commits/{sha}/check-runs"), &[("filter", "latest")], &what).await?;
    let mut runs: Vec<CheckRun> = Vec::new();
    whole(pages.iter().map(|page| (page.total_count, page.check_runs.len())))?;
    runs.extend(pages.into_iter().flat_map(|page| page.check_runs));
    if runs.iter().any(|run| run.head_sha != sha) {
        return Err(Trouble::Shape("it told of checks of another commit".to_owned()));
    }
    let mut statuses: Vec<Status> = Vec::new();
    match workflow {
        // Statuses belong to no workflow.
        Some(file) => {
            let suites: Vec<u64> =
                runs_of(client, sha, Some(file), None).await?.iter().filter_map(|run| run.check_suite_id).collect();
            runs.retain(|run| run.check_suite.as_ref().is_some_and(|suite| suites.contains(&suite.id)));
        }
        None => {
            let pages: Vec<Statuses> = client.pages(&format!("commits/{sha}/status"), &[], &what).await?;
            whole(pages.iter().map(|page| (page.total_count, page.statuses.len())))?;
            if pages.iter().any(|page| page.sha != sha) {
                return Err(Trouble::Shape("it told of statuses of another commit".to_owned()));
            }
            statuses.extend(pages.into_iter().flat_map(|page| page.statuses));
        }
    }
    let mut all: Vec<(String, Counts)> = Vec::new();
    let mut details = vec![named(asked, &commit)];
    let mut newest: Option<Timestamp> = None;
    for run in &runs {
        let counts = counts(&run.status, run.conclusion.as_deref());
        let word = run.conclusion.as_deref().filter(|_| run.status == "completed").unwrap_or(&run.status);
        details.push(detail(run.name.as_str(), word, matches!(counts, Counts::Well | Counts::Neutral)));
        all.push((run.name.clone(), counts));
        newest = newest.max(run.completed_at);
    }
    for status in &statuses {
        let counts = of_state(&status.state);
        details.push(detail(status.context.as_str(), status.state.as_str(), counts == Counts::Well));
        all.push((status.context.clone(), counts));
        newest = newest.max(status.updated_at);
    }
    let of = workflow.map_or_else(String::new, |file| format!(" of {file}"));
    let nothing = format!("no check{of} has run to its end for it: CI does not know this commit");
    let (found, told) = together(&all, &nothing);
    let failed = runs.iter().find(|run| counts(&run.status, run.conclusion.as_deref()) == Counts::Badly);
    let link = failed.and_then(|run| run.html_url.clone()).unwrap_or_else(|| commit.html_url.clone());
    let mut came = Came::new(found, format!("CI{of} of {}: {told}", seven(sha)), details);
    (came.link, came.as_of) = (Some(link).filter(|link| !link.is_empty()), newest);
    Ok(came)
}

/// Whether a list that was read is as long as it says.
fn whole(pages: impl Iterator<Item = (usize, usize)>) -> Result<(), Trouble> {
    let (mut told, mut read) = (0, 0);
    for (total, here) in pages {
        told = told.max(total);
        read += here;
    }
    if told == read { Ok(()) } else { Err(Trouble::Shape(format!("it said there are {told} and told of {read}"))) }
}

/// The runs for a commit, of one workflow or of all, the newest first.
async fn runs_of(
    client: &Client,
    sha: &str,
    file: Option<&str>,
    branch: Option<&str>,
) -> Result<Vec<WorkflowRun>, Trouble> {
    let (path, what) = match file {
        Some(file) => (format!("actions/workflows/{file}/runs"), format!("workflow {file} in {}", client.repository())),
        None => ("actions/runs".to_owned(), format!("runs of {}", seven(sha))),
    };
    let mut query = vec![("head_sha", sha)];
    query.extend(branch.map(|branch| ("branch", branch)));
    let pages: Vec<WorkflowRuns> = client.pages(&path, &query, &what).await?;
    whole(pages.iter().map(|page| (page.total_count, page.workflow_runs.len())))?;
    let mut runs: Vec<WorkflowRun> = pages.into_iter().flat_map(|page| page.workflow_runs).collect();
    if runs
        .iter()
        .any(|run| run.head_sha != sha || branch.is_some_and(|branch| run.head_branch.as_deref() != Some(branch)))
    {
        return Err(Trouble::Shape("it told of runs that were not asked for".to_owned()));
    }
    runs.sort_by_key(|run| std::cmp::Reverse((run.created_at, run.run_number, run.id)));
    Ok(runs)
}

pub(super) async fn workflow(client: &Client, wanted: &Rerun, now: Timestamp) -> Came {
    match workflow_asked(client, wanted, now).await {
        Ok(came) => came,
        Err(trouble) => came(&trouble),
    }
}

async fn workflow_asked(client: &Client, wanted: &Rerun, now: Timestamp) -> Result<Came, Trouble> {
    let commit = resolved(client, &wanted.commit).await?;
    let runs = runs_of(client, &commit.sha, Some(&wanted.file), wanted.branch.as_deref()).await?;
    let short_sha = seven(&commit.sha);
    let on = wanted.branch.as_deref().map_or_else(String::new, |branch| format!(" on {branch}"));
    let mut details = vec![named(&wanted.commit, &commit)];
    let Some(run) = runs.first() else {
        details.push(detail("run", "there is none", false));
        let told = format!("{} has not run for {short_sha}{on}", wanted.file);
        return Ok(Came::new(Found::Inconclusive, told, details));
    };
    let status = run.status.as_deref().unwrap_or_default();
    let word = run.conclusion.as_deref().filter(|_| status == "completed").unwrap_or(status);
    let mut found = match counts(status, run.conclusion.as_deref()) {
        Counts::Well => Found::Pass,
        Counts::Badly => Found::Fail,
        // One that was skipped as a whole has shown nothing.
        Counts::Neutral | Counts::Pending | Counts::Odd => Found::Inconclusive,
    };
    details.push(detail(format!("run {}", run.run_number), word, found == Found::Pass));
    let past = now.as_second() - run.updated_at.as_second();
    let age = std::time::Duration::from_secs(u64::try_from(past).unwrap_or(0));
    let mut told = format!("{} for {short_sha}{on}: {}, {} ago", wanted.file, Foreign::from(word).plain(), short(age));
    if past < -AHEAD {
        details.push(detail("age", "it ended in the future: the clock here is wrong", false));
        found = if found == Found::Pass { Found::Inconclusive } else { found };
    } else if let Some(most) = wanted.age {
        let holds = age <= most;
        details.push(detail("age", format!("{}, at most {}", short(age), short(most)), holds));
        if !holds {
            told.push_str(&format!(", must be at most {}", short(most)));
            found = if found == Found::Pass { Found::Fail } else { found };
        }
    }
    let mut came = Came::new(found, told, details);
    (came.link, came.as_of) = (Some(run.html_url.clone()), Some(run.updated_at));
    Ok(came)
}

pub(super) async fn reviews(client: &Client, commit: &str, count: u32, role: Option<(&str, &[String])>) -> Came {
    match reviews_asked(client, commit, count, role).await {
        Ok(came) => came,
        Err(trouble) => came(&trouble),
    }
}

async fn reviews_asked(
    client: &Client,
    asked: &str,
    count: u32,
    role: Option<(&str, &[String])>,
) -> Result<Came, Trouble> {
    let commit = resolved(client, asked).await?;
    let sha = commit.sha.as_str();
    let what = format!("pull requests of {}", seven(sha));
    let pages: Vec<Vec<PullRequest>> = client.pages(&format!("commits/{sha}/pulls"), &[], &what).await?;
    let mut pulls: Vec<PullRequest> = pages.into_iter().flatten().collect();
    // What was merged brought it; only where nothing was, an open one can.
    if pulls.iter().any(|pull| pull.merged_at.is_some()) {
        pulls.retain(|pull| pull.merged_at.is_some());
    } else {
        pulls.retain(|pull| pull.state == "open");
    }
    let mut details = vec![named(asked, &commit)];
    if pulls.is_empty() {
        let told = format!("no pull request contains {}: nobody has reviewed it", seven(sha));
        return Ok(Came::new(Found::Fail, told, details));
    }
    if pulls.len() > PULLS {
        return Err(Trouble::Shape(format!("{} pull requests contain this commit", pulls.len())));
    }
    let (mut well, mut told, mut as_of) = (true, Vec::new(), None);
    let link = pulls.first().map(|pull| pull.html_url.clone());
    for pull in &pulls {
        let path = format!("pulls/{}/reviews", pull.number);
        let what = format!("reviews of pull request {}", pull.number);
        let pages: Vec<Vec<Review>> = client.pages(&path, &[], &what).await?;
        let judged = judge(pull, pages.into_iter().flatten().collect(), sha, count, role.map(|(_, names)| names));
        well &= judged.well;
        told.push(format!("#{} {}", pull.number, judged.told));
        details.extend(judged.details);
        as_of = as_of.max(judged.as_of);
    }
    let limits = "approvals are counted; code owners and other rules of the branch are not looked at";
    details.push(detail("known", limits, true));
    let whose = role.map_or_else(String::new, |(role, _)| format!(" of {role}"));
    let wanted = if count == 1 { "1 approval".to_owned() } else { format!("{count} approvals") };
    let told = format!("{wanted}{whose} wanted: {}", told.join("; "));
    let mut came = Came::new(if well { Found::Pass } else { Found::Fail }, told, details);
    (came.link, came.as_of) = (link, as_of);
    Ok(came)
}

/// What the reviews of one pull request come to.
struct Judged {
    well: bool,
    told: String,
    details: Vec<Detail>,
    as_of: Option<Timestamp>,
}

/// The latest word of each person counts, and only on the commit that the pull request ends with: what was pushed after
/// it was seen by nobody.
fn judge(pull: &PullRequest, mut reviews: Vec<Review>, sha: &str, count: u32, role: Option<&[String]>) -> Judged {
    reviews.sort_by_key(|review| (review.submitted_at, review.id));
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let author = pull.user.as_ref().map(|user| user.login.clone());
    let mut last: BTreeMap<String, Review> = BTreeMap::new();
    for review in reviews {
        let Some(user) = review.user.clone() else { continue };
        // A comment takes nothing back, and one that is not sent yet says nothing.
        if matches!(review.state.as_str(), "COMMENTED" | "PENDING") {
            continue;
        }
        last.insert(user.login.to_ascii_lowercase(), review);
    }
    let (mut good, mut against, mut as_of, mut details) = (Vec::new(), Vec::new(), None, Vec::new());
    for review in last.values() {
        let Some(user) = &review.user else { continue };
        let who = Foreign::from(user.login.as_str()).plain();
        let why_not = match review.state.as_str() {
            "APPROVED" if author.as_deref().is_none_or(|author| same(author, &user.login)) => Some("their own"),
            "APPROVED" if !user.kind.is_empty() && user.kind != "User" => Some("by a program"),
            "APPROVED" if review.commit_id.as_deref() != Some(pull.head.sha.as_str()) => Some("before the last push"),
            "APPROVED" if role.is_some_and(|names| !names.iter().any(|name| same(name, &user.login))) => {
                Some("not of the role")
            }
            "APPROVED" => None,
            "CHANGES_REQUESTED" => {
                against.push(who.clone());
                Some("wants changes")
            }
            "DISMISSED" => Some("was dismissed"),
            _ => Some("says what is not known here"),
        };
        let at = review.submitted_at.map_or_else(String::new, |at| at.strftime(", %Y-%m-%d %H:%M UTC").to_string());
        match why_not {
            None => {
                details.push(detail(format!("#{} {who}", pull.number), format!("approved{at}"), true));
                good.push(who);
                as_of = as_of.max(review.submitted_at);
            }
            Some(why) if review.state == "APPROVED" => {
                details.push(detail(
                    format!("#{} {who}", pull.number),
                    format!("approval does not count: {why}{at}"),
                    true,
                ));
            }
            Some(why) => {
                details.push(detail(format!("#{} {who}", pull.number), format!("{why}{at}"), against.is_empty()))
            }
        }
    }
    let moved = pull.merged_at.is_none() && pull.head.sha != sha;
    let enough = u32::try_from(good.len()).is_ok_and(|good| good >= count);
    let mut told = match good.len() {
        0 => "has none that counts".to_owned(),
        _ => format!("approved by {}", good.join(", ")),
    };
    if !against.is_empty() {
        told.push_str(&format!(", {} wants changes", against.join(", ")));
    }
    if moved {
        told.push_str(", and goes on behind this commit");
        details.push(detail(format!("#{}", pull.number), "it is open and ends with another commit", false));
    }
    if !enough {
        details.push(detail(format!("#{}", pull.number), format!("{} of {count} approvals", good.len()), false));
    }
    Judged { well: enough && against.is_empty() && !moved, told, details, as_of }
}

pub(super) async fn protection(client: &Client, commit: &str, environment: &str) -> Came {
    match protection_asked(client, commit, environment).await {
        Ok(came) => came,
        Err(trouble) => came(&trouble),
    }
}

async fn protection_asked(client: &Client, asked: &str, environment: &str) -> Result<Came, Trouble> {
    let commit = resolved(client, asked).await?;
    let runs = runs_of(client, &commit.sha, None, None).await?;
    let shown = Foreign::from(environment).plain();
    // Names of environments are the same in large and small letters there.
    let is_it = |name: &str| name.eq_ignore_ascii_case(environment);
    for run in runs.iter().take(RUNS) {
        let mut details = vec![named(asked, &commit)];
        let at = format!("run {}", run.run_number);
        let mut came = None;
        if run.status.as_deref() == Some("waiting") {
            let path = format!("actions/runs/{}/pending_deployments", run.id);
            let waits: Vec<Pending> = client.one(&path, &[], "deployments that wait").await?;
            if let Some(one) = waits.iter().find(|one| is_it(&one.environment.name)) {
                let names = one.reviewers.iter().map(|one| {
                    let name = one.reviewer.login.as_ref().or(one.reviewer.name.as_ref());
                    Foreign::from(name.map_or("somebody", String::as_str)).plain()
                });
                let names: Vec<String> = names.collect();
                let who = if names.is_empty() { "nobody is named".to_owned() } else { names.join(", ") };
                details.push(detail(at.clone(), format!("waits for one of: {who}"), false));
                let told = format!("the deployment to {shown} waits at GitHub for one of: {who}");
                came = Some(Came::new(Found::Fail, told, details.clone()));
            }
        }
        if came.is_none() {
            let path = format!("actions/runs/{}/approvals", run.id);
            let said: Approvals = client.one(&path, &[], "approvals of a run").await?;
            let last = said.iter().rfind(|one| one.environments.iter().any(|one| is_it(&one.name)));
            if let Some(one) = last {
                let who = one
                    .user
                    .as_ref()
                    .map_or_else(|| "somebody".to_owned(), |user| Foreign::from(user.login.as_str()).plain());
                let (found, word) = match one.state.as_str() {
                    "approved" => (Found::Pass, "approved"),
                    "rejected" => (Found::Fail, "rejected"),
                    _ => (Found::Inconclusive, "not decided"),
                };
                details.push(detail(at, format!("{word} by {who}"), found == Found::Pass));
                came =
                    Some(Came::new(found, format!("the deployment to {shown} was {word} at GitHub by {who}"), details));
            }
        }
        if let Some(mut came) = came {
            (came.link, came.as_of) = (Some(run.html_url.clone()), Some(run.updated_at));
            return Ok(came);
        }
    }
    let told = format!("no run for {} has asked to deploy to {shown}", seven(&commit.sha));
    Ok(Came::new(Found::Inconclusive, told, vec![named(asked, &commit)]))
}

#[cfg(test)]
#[path = "github_tests.rs"]
mod tests;
