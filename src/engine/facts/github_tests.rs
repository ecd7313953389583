//! What GitHub's answers come to, over real HTTP: only what is whole, right and of the commit that was asked about passes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::domain::github::GitHub;
use crate::engine::github::stand_in::{Answer, Answers, serve};
use crate::engine::probe::certificate::Trust;

const SHA: &str = "3f9a1c2b4d5e6f708192a3b4c5d6e7f8091a2b3c";
const HEAD: &str = "77aa88bb99cc00dd11ee22ff33445566778899aa";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/github/", $name, ".json"))
    };
}

/// A server that gives these answers by the ends of paths, without queries.
async fn at(answers: &[(&'static str, String)]) -> Client {
    let known: Vec<(&'static str, String)> = answers.to_vec();
    let answers: Answers = Arc::new(move |path, _| {
        let path = path.split('?').next().unwrap_or_default();
        known.iter().find(|(end, _)| path.ends_with(end)).map(|(_, text)| Answer::json(text))
    });
    let (api, _) = serve(answers).await;
    let settings = GitHub { repository: "shop/backend".into(), api, token: None };
    Client::open(&settings, &Trust::of_this_machine()).await.unwrap()
}

fn commit() -> (&'static str, String) {
    ("/commits/v1", fixture!("commit").to_owned())
}

fn whole_commit() -> (&'static str, String) {
    ("/commits/3f9a1c2b4d5e6f708192a3b4c5d6e7f8091a2b3c", fixture!("commit").to_owned())
}

async fn ci_of(checks: &str, status: &str) -> Came {
    let client = at(&[commit(), ("/check-runs", checks.to_owned()), ("/status", status.to_owned())]).await;
    ci(&client, "v1", None).await
}

#[tokio::test]
async fn all_checks_and_statuses_of_exactly_that_commit_must_be_well() {
    let good = ci_of(fixture!("check-runs"), fixture!("status")).await;
    assert_eq!(good.found, Found::Pass, "{good:?}");
    assert!(good.summary.contains("3 succeeded, 1 were skipped"), "{}", good.summary);
    assert_eq!(good.as_of.unwrap().to_string(), "2026-11-20T09:12:30Z");
    assert!(good.details.iter().any(|one| one.found.plain() == format!("v1 is {SHA}")));
    let bad = ci_of(fixture!("check-runs-failing"), fixture!("status-none")).await;
    assert_eq!(bad.found, Found::Fail);
    assert!(bad.summary.contains("1 of 3 failed: test (3.12)"), "{}", bad.summary);
    assert!(bad.link.unwrap().contains("/job/1"));
    let checks = |from: &str, to: &str| fixture!("check-runs").replace(from, to);
    let none = "{\"total_count\": 0, \"check_runs\": []}".to_owned();
    let pending = fixture!("status")
        .replace("\"state\": \"success\",\n   \"description\"", "\"state\": \"pending\",\n   \"description\"");
    assert_ne!(pending, fixture!("status"));
    for (checks, status, found) in [
        (none.clone(), fixture!("status-none").to_owned(), Found::Inconclusive),
        (none, fixture!("status").to_owned(), Found::Pass),
        (checks("success", "skipped"), fixture!("status-none").to_owned(), Found::Inconclusive),
        (checks("success", "cancelled"), fixture!("status").to_owned(), Found::Fail),
        (checks("\"success\"", "\"splendid\""), fixture!("status").to_owned(), Found::Inconclusive),
        (checks("\"success\"", "null"), fixture!("status").to_owned(), Found::Inconclusive),
        (checks("completed", "in_progress"), fixture!("status").to_owned(), Found::Inconclusive),
        (fixture!("check-runs").to_owned(), pending, Found::Inconclusive),
        (checks("\"total_count\": 3", "\"total_count\": 4"), fixture!("status").to_owned(), Found::Inconclusive),
        (checks(SHA, HEAD), fixture!("status").to_owned(), Found::Inconclusive),
        (fixture!("check-runs").to_owned(), fixture!("status").replace(SHA, HEAD), Found::Inconclusive),
        ("{}".to_owned(), fixture!("status").to_owned(), Found::Inconclusive),
    ] {
        let came = ci_of(&checks, &status).await;
        assert_eq!(came.found, found, "{}", came.summary);
    }
    let other = at(&[("/commits/abcdef0", fixture!("commit").to_owned())]).await;
    assert_ne!(ci(&other, "abcdef0", None).await.found, Found::Pass, "a branch that looks like a number");
    assert_eq!(ci(&other, "v9", None).await.found, Found::Error, "a commit that is not there");
}

#[tokio::test]
async fn only_the_checks_of_one_workflow_may_be_meant() {
    let runs = ("/actions/workflows/ci.yml/runs", fixture!("workflow-runs").to_owned());
    let client = at(&[commit(), ("/check-runs", fixture!("check-runs").to_owned()), runs]).await;
    let came = ci(&client, "v1", Some("ci.yml")).await;
    assert_eq!(came.found, Found::Pass, "{}", came.summary);
    assert!(came.summary.contains("all 2 succeeded"), "{}", came.summary);
    let none = ("/actions/workflows/ci.yml/runs", fixture!("workflow-runs-none").to_owned());
    let client = at(&[commit(), ("/check-runs", fixture!("check-runs").to_owned()), none]).await;
    assert_eq!(ci(&client, "v1", Some("ci.yml")).await.found, Found::Inconclusive);
}

#[tokio::test]
async fn the_latest_run_of_a_workflow_counts_and_its_age() {
    let now: Timestamp = "2026-11-20T10:13:00Z".parse().unwrap();
    let ran = |text: String, age: u64, branch: Option<&'static str>| async move {
        let client = at(&[commit(), ("/actions/workflows/e2e.yml/runs", text)]).await;
        let age = Some(Duration::from_secs(age));
        let wanted = Rerun { commit: "v1".into(), file: "e2e.yml".into(), branch: branch.map(String::from), age };
        workflow(&client, &wanted, now).await
    };
    let runs = || fixture!("workflow-runs").to_owned();
    let good = ran(runs(), 3600, Some("main")).await;
    assert_eq!(good.found, Found::Pass, "{}", good.summary);
    assert_eq!(good.link.as_deref(), Some("https://github.com/shop/backend/actions/runs/900"));
    assert_eq!(ran(runs(), 3599, None).await.found, Found::Fail);
    assert_eq!(ran(runs(), 3600, Some("next")).await.found, Found::Inconclusive, "of another branch");
    assert_eq!(ran(fixture!("workflow-runs-none").to_owned(), 3600, None).await.found, Found::Inconclusive);
    assert_eq!(ran(fixture!("workflow-runs-waiting").to_owned(), 3600, None).await.found, Found::Inconclusive);
    let ahead = runs().replace("2026-11-20T09:13:00Z", "2026-11-21T09:13:00Z");
    assert_eq!(ran(ahead, 3600, None).await.found, Found::Inconclusive, "a run that ends tomorrow");
    let swapped = runs()
        .replace("\"run_number\": 15", "\"run_number\": 13")
        .replace("2026-11-20T09:05:00Z", "2026-11-20T09:03:00Z");
    assert_eq!(ran(swapped, 90_000, None).await.found, Found::Fail, "the newest is the one that failed");
}

async fn reviewed(pulls: &str, reviews: &str, count: u32, role: Option<&[String]>) -> Came {
    let client =
        at(&[whole_commit(), ("/pulls", pulls.to_owned()), ("/pulls/42/reviews", reviews.to_owned()), commit()]).await;
    super::reviews(&client, "v1", count, role.map(|names| ("senior", names))).await
}

#[tokio::test]
async fn approvals_count_once_each_of_others_and_on_the_last_push_only() {
    let (pulls, all) = (fixture!("pulls"), fixture!("reviews"));
    let two = reviewed(pulls, all, 2, None).await;
    assert_eq!(two.found, Found::Pass, "{}", two.summary);
    assert!(two.summary.contains("#42 approved by bo, cy"), "{}", two.summary);
    assert_eq!(reviewed(pulls, all, 3, None).await.found, Found::Fail, "neither one's own nor a program's counts");
    let seniors = ["BO".to_owned()];
    assert_eq!(reviewed(pulls, all, 1, Some(&seniors)).await.found, Found::Pass);
    assert_eq!(reviewed(pulls, all, 2, Some(&seniors)).await.found, Found::Fail);
    let pushed = reviewed(&pulls.replace(HEAD, SHA), all, 1, None).await;
    assert_eq!(pushed.found, Found::Fail, "all approvals are older than the last push: {}", pushed.summary);
    assert!(pushed.details.iter().any(|one| one.found.plain().contains("before the last push")));
    let dismissed = all.replacen("\"state\": \"COMMENTED\"", "\"state\": \"DISMISSED\"", 1);
    assert_eq!(reviewed(pulls, &dismissed, 2, None).await.found, Found::Fail);
    let against = all.replacen("\"state\": \"COMMENTED\"", "\"state\": \"CHANGES_REQUESTED\"", 1);
    let came = reviewed(pulls, &against, 1, None).await;
    assert_eq!(came.found, Found::Fail, "{}", came.summary);
    assert!(came.summary.contains("cy wants changes"), "{}", came.summary);
    assert_eq!(reviewed("[]", all, 1, None).await.found, Found::Fail, "pushed without a pull request");
    assert_eq!(reviewed(pulls, "[]", 1, None).await.found, Found::Fail);
    assert_eq!(reviewed(pulls, "{}", 1, None).await.found, Found::Inconclusive);
    let open = pulls
        .replace("\"closed\"", "\"open\"")
        .replace("\"merged_at\": \"2026-11-20T09:05:00Z\"", "\"merged_at\": null");
    assert_eq!(reviewed(&open, all, 1, None).await.found, Found::Fail, "it goes on behind this commit");
    let gone = all.replace("\"user\": {", "\"user\": null, \"was\": {");
    assert_eq!(reviewed(pulls, &gone, 1, None).await.found, Found::Fail, "nobody's approval counts for nobody");
}

#[tokio::test]
async fn a_deployment_that_waits_is_told_with_who_may_let_it_through() {
    let asked = |runs: String, said: String| async move {
        let client = at(&[
            commit(),
            ("/actions/runs", runs),
            ("/pending_deployments", fixture!("pending").to_owned()),
            ("/approvals", said),
        ])
        .await;
        protection(&client, "v1", "production").await
    };
    let waits = asked(fixture!("workflow-runs-waiting").to_owned(), "[]".to_owned()).await;
    assert_eq!(waits.found, Found::Fail);
    assert!(waits.summary.contains("waits at GitHub for one of: bo, Release"), "{}", waits.summary);
    assert!(waits.link.unwrap().ends_with("/actions/runs/900"));
    let through = asked(fixture!("workflow-runs").to_owned(), fixture!("approvals").to_owned()).await;
    assert_eq!(through.found, Found::Pass, "{}", through.summary);
    let refused = fixture!("approvals").replace("\"approved\"", "\"rejected\"");
    assert_eq!(asked(fixture!("workflow-runs").to_owned(), refused).await.found, Found::Fail);
    assert_eq!(asked(fixture!("workflow-runs").to_owned(), "[]".to_owned()).await.found, Found::Inconclusive);
    let other = fixture!("approvals").replace("Production", "Staging");
    assert_eq!(asked(fixture!("workflow-runs").to_owned(), other).await.found, Found::Inconclusive);
}
