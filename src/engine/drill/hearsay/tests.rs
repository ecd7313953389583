//! The data of the drills: whether all of it makes sense together.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Heard, Hearsay};
use crate::domain::fact::Question;
use crate::domain::probe::Found;
use crate::domain::procedure::Doing;
use crate::engine::drill::embedded::SITES;

fn pakashop() -> Arc<Hearsay> {
    Arc::new(Hearsay::parse(SITES[0].hearsay).unwrap())
}

fn now() -> Timestamp {
    Timestamp::from_second(1_770_000_000).unwrap()
}

fn names(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_version_has_what_lies_between_it_and_another() {
    let hearsay = pakashop();
    let facts = hearsay.facts("v2.31.0", Some("v2.30.4"), now()).unwrap();
    let since = facts.since.unwrap().unwrap();
    assert_eq!((since.ahead, since.behind, since.commits.len()), (10, 0, 10));
    assert_eq!(since.migrations.len(), 1);
    assert!(since.commits.iter().all(|commit| commit.subject.plain().starts_with("simulated: ")));
    let back = hearsay.facts("v2.30.3", Some("v2.30.4"), now()).unwrap().since.unwrap().unwrap();
    assert_eq!((back.ahead, back.behind), (0, 2));
    assert!(hearsay.facts("v1", None, now()).is_err());
    let times: Vec<_> = hearsay
        .versions(now())
        .iter()
        .filter(|one| one.name.plain().starts_with('v'))
        .map(|one| one.commit.at)
        .collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "the newest first");
}

#[test]
fn hosts_remember_what_was_done_to_them_and_nobody_else_does() {
    let heard = Heard::new(pakashop());
    let commit = "4f0c2d11e7a9b83c5d6e4f2a1b0c9d8e7f6a5b4c";
    let given = names(&[("commit", commit)]);
    let reply = heard.reply("app-1", "git reset --hard \"$commit\"", &given).unwrap();
    assert_eq!(reply.says, "HEAD is now at 4f0c2d11e7 #418: tax number at the checkout, the old pool again");
    heard.remember("app-1", &reply);
    let head = |host: &str| heard.reply(host, "git rev-parse HEAD", &names(&[])).unwrap().says;
    assert_eq!(head("app-1"), commit);
    assert_ne!(head("app-2"), commit);
    let runs = "test \"$(git rev-parse HEAD)\" = \"$commit\"\ncame=$(stat -c %Y .git/ORIG_HEAD)";
    assert_eq!(heard.reply("app-1", runs, &given).unwrap().exits, 0);
    assert_eq!(heard.reply("app-2", runs, &given).unwrap().exits, 1);
    assert!(heard.reply("app-1", "rm -rf /", &given).is_none());
}

#[test]
fn what_github_would_say_is_called_simulated_and_unknown_is_no_pass() {
    let commit = "4f0c2d11e7a9b83c5d6e4f2a1b0c9d8e7f6a5b4c".to_owned();
    let asked = Question::Ci { commit, workflow: None };
    let came = pakashop().github(&asked, now());
    assert_eq!(came.found, Found::Pass);
    assert!(came.summary.starts_with("simulated: "), "{}", came.summary);
    assert_eq!(Hearsay::default().github(&asked, now()).found, Found::Inconclusive);
}

#[test]
fn every_filter_is_known_and_what_happens_happens_to_hosts_that_there_are() {
    let hearsay = pakashop();
    let heard = Heard::new(Arc::clone(&hearsay));
    for text in hearsay.texts() {
        assert!(!heard.hearsay().filled(text, &BTreeMap::new()).contains("no filter"), "{text}");
    }
    for answer in &hearsay.answers {
        for event in &answer.then {
            assert!(event.host.starts_with("app-"), "{event:?}");
        }
    }
}

#[test]
fn every_script_of_a_deploy_and_a_rollback_has_an_answer_or_is_simulated() {
    let hearsay = pakashop();
    let (site, _) = SITES[0].load().unwrap();
    let environment = site.environments.iter().find(|one| one.name.as_str() == SITES[0].environment).unwrap();
    let mut silent = Vec::new();
    for name in ["deploy-production", "code-rollback"] {
        let document = environment.procedures.iter().find(|one| one.name.as_str() == name).unwrap();
        for part in &document.parts {
            let Doing::Run(_, text) = &part.doing else { continue };
            let is_told = hearsay.answers.iter().any(|answer| answer.script.is_match(text));
            let is_simulated =
                |line: &str| ["systemctl ", "journalctl ", "sudo systemctl "].iter().any(|word| line.starts_with(word));
            if !is_told && !text.lines().all(|line| is_simulated(line.trim())) {
                silent.push(format!("{name}: {}: {text}", part.id));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n\n"));
}
