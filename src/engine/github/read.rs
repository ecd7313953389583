//! GitHub's answers as they are documented: only the fields that are looked at. What is not of this form is refused.

use jiff::Timestamp;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use super::trouble::Trouble;

/// Longest word of an answer that is used.
const LONGEST: usize = 300;

/// Reads an answer.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Trouble::Shape(crate::text::Foreign::from(error.to_string()).plain()),
        serde_json::error::Category::Io | serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            Trouble::NotJson
        }
    })
}

fn maybe<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?;
    word.map(|word| word.parse().map_err(|_| D::Error::custom("a time that is none"))).transpose()
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    maybe(deserializer)?.ok_or_else(|| D::Error::custom("a time that is none"))
}

/// What it says beside an error.
pub(super) fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    let said = serde_json::from_slice::<Said>(body).map(|said| said.message);
    said.unwrap_or_else(|_| "it does not say why".to_owned()).chars().take(LONGEST).collect()
}

/// A commit.
#[derive(Debug, Clone, Deserialize)]
pub struct Commit {
    /// Its number.
    pub sha: String,
    /// Its page.
    #[serde(default)]
    pub html_url: String,
}

/// A page of checks.
#[derive(Debug, Clone, Deserialize)]
pub struct CheckRuns {
    /// How many there are on all pages.
    pub total_count: usize,
    /// Those of this page.
    pub check_runs: Vec<CheckRun>,
}

/// One check of a commit.
#[derive(Debug, Clone, Deserialize)]
pub struct CheckRun {
    /// Its name.
    pub name: String,
    /// Of which commit.
    pub head_sha: String,
    /// `completed`, or where it stands.
    pub status: String,
    /// How it ended.
    pub conclusion: Option<String>,
    /// Its page.
    pub html_url: Option<String>,
    /// When it ended.
    #[serde(default, deserialize_with = "maybe")]
    pub completed_at: Option<Timestamp>,
    /// The suite that it belongs to.
    pub check_suite: Option<Suite>,
}

/// A suite of checks.
#[derive(Debug, Clone, Deserialize)]
pub struct Suite {
    /// Its number.
    pub id: u64,
}

/// A page of statuses: the latest of each context.
#[derive(Debug, Clone, Deserialize)]
pub struct Statuses {
    /// Of which commit.
    pub sha: String,
    /// How many there are on all pages.
    pub total_count: usize,
    /// Those of this page.
    pub statuses: Vec<Status>,
}

/// One status of a commit.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    /// What it is about.
    pub context: String,
    /// `success`, `pending`, `failure` or `error`.
    pub state: String,
    /// When it was told.
    #[serde(default, deserialize_with = "maybe")]
    pub updated_at: Option<Timestamp>,
}

/// A page of runs.
#[derive(Debug, Clone, Deserialize)]
pub struct WorkflowRuns {
    /// How many there are on all pages.
    pub total_count: usize,
    /// Those of this page.
    pub workflow_runs: Vec<WorkflowRun>,
}

/// One run of a workflow.
#[derive(Debug, Clone, Deserialize)]
pub struct WorkflowRun {
    /// Its number.
    pub id: u64,
    /// Its number within the workflow.
    pub run_number: u64,
    /// Of which commit.
    pub head_sha: String,
    /// On which branch.
    pub head_branch: Option<String>,
    /// `completed`, or where it stands.
    pub status: Option<String>,
    /// How it ended.
    pub conclusion: Option<String>,
    /// Its page.
    pub html_url: String,
    /// When it was made.
    #[serde(deserialize_with = "moment")]
    pub created_at: Timestamp,
    /// When it changed last.
    #[serde(deserialize_with = "moment")]
    pub updated_at: Timestamp,
    /// The suite of its checks.
    pub check_suite_id: Option<u64>,
}

/// A pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// `open` or `closed`.
    pub state: String,
    /// When it was merged.
    #[serde(default, deserialize_with = "maybe")]
    pub merged_at: Option<Timestamp>,
    /// Who made it.
    pub user: Option<User>,
    /// The end of its branch.
    pub head: Head,
    /// Its page.
    pub html_url: String,
}

/// The end of a branch.
#[derive(Debug, Clone, Deserialize)]
pub struct Head {
    /// The commit.
    pub sha: String,
}

/// Somebody.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// Their login.
    pub login: String,
    /// `User`, `Bot`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// One review.
#[derive(Debug, Clone, Deserialize)]
pub struct Review {
    /// Its number: later ones are larger.
    pub id: u64,
    /// Whose; nobody's where they are gone.
    pub user: Option<User>,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`.
    pub state: String,
    /// The commit that was looked at.
    pub commit_id: Option<String>,
    /// When.
    #[serde(default, deserialize_with = "maybe")]
    pub submitted_at: Option<Timestamp>,
}

/// A deployment that waits.
#[derive(Debug, Clone, Deserialize)]
pub struct Pending {
    /// Where to.
    pub environment: EnvironmentName,
    /// Who may let it through.
    #[serde(default)]
    pub reviewers: Vec<Reviewer>,
}

/// An environment of GitHub's.
#[derive(Debug, Clone, Deserialize)]
pub struct EnvironmentName {
    /// Its name.
    pub name: String,
}

/// Who may let a deployment through.
#[derive(Debug, Clone, Deserialize)]
pub struct Reviewer {
    /// `User` or `Team`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Them.
    pub reviewer: Named,
}

/// A person or a team.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    /// A person's.
    pub login: Option<String>,
    /// A team's.
    pub name: Option<String>,
}

/// What somebody said of a deployment that waited.
#[derive(Debug, Clone, Deserialize)]
pub struct Approval {
    /// `approved`, `rejected` or `pending`.
    pub state: String,
    /// Which environments it is about.
    pub environments: Vec<EnvironmentName>,
    /// Who.
    pub user: Option<User>,
}

/// All that was said.
pub type Approvals = Vec<Approval>;
