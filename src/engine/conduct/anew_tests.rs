//! What a version means is bound with its approval (fault A2): a branch that goes on is not what was approved.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::*;
use crate::domain::course::Course;
use crate::domain::run::{Decided, RunState};
use crate::domain::source::{Place, Source};
use crate::domain::{EnvName, SiteName};
use crate::engine::store::fresh_run_id;
use crate::site::procedure::{Known, load};
use crate::state::procedures::{Answers, Choice, Chosen, plan};

const SHIP: &str = "+++\ntitle = \"Ship\"\nkind = \"deploy\"\n\n[release]\nversion = \"version\"\n\n[[inputs]]\n\
    name = \"version\"\ntype = \"version\"\n+++\n\n# Ship\n\n## Gate\n\n- Seen. {#seen approve=\"1 of lead\"}\n\n\
    ## Phase 1\n\n```sh {#place host=here danger=change}\ntrue\n```\n";

fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]).args(words);
    let done = command.env("HOME", folder).output().unwrap();
    assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn begun(environment: &Environment) -> Begun {
    let document = &environment.procedures[0];
    let answers = Answers { values: [("version".to_owned(), "main".to_owned())].into(), ..Answers::default() };
    let choice = Choice { what: Chosen::Gate, ..Choice::default() };
    let plan = plan(document, environment, &answers, &choice).unwrap_or_else(|missing| panic!("{missing:?}"));
    let run = Run {
        id: fresh_run_id(jiff::Timestamp::UNIX_EPOCH),
        site: environment.site.clone(),
        environment: environment.name.clone(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: "deploy".into(),
        title: "Ship".into(),
        confirmed: "unasked".into(),
        begun: jiff::Timestamp::UNIX_EPOCH,
        ended: None,
        state: RunState::Running,
        document: Some(RunDocument {
            name: document.name.clone(),
            digest: document.digest.clone(),
            whole: true,
            given: plan.given.clone(),
            decided: Decided::default(),
        }),
        steps: Vec::new(),
    };
    Begun { run, course: Course::new(true, Vec::new(), Vec::new()), token: 1, plans: vec![plan], taken: None }
}

#[tokio::test]
async fn a_branch_that_went_on_is_not_what_was_approved() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["commit", "-q", "--allow-empty", "-m", "first"]);
    let first = git(folder.path(), &["rev-parse", "HEAD"]);
    let (document, _) = load(Path::new("ship.md"), SHIP.as_bytes(), &Known::default());
    let place = Place::Clone(folder.path().display().to_string());
    let source = Source { place, migrations: Vec::new(), destructive: Vec::new() };
    let environment = Environment {
        source: Some(Arc::new(source)),
        procedures: vec![Arc::new(document)],
        trusted: true,
        ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap())
    };
    let mut one = begun(&environment);
    let unbound = bind(&one.run, &environment.procedures[0], &environment).unwrap();
    meant(&mut one, &environment).await.unwrap();
    let told = bind(&one.run, &environment.procedures[0], &environment).unwrap();
    assert!(told.version.contains(&("means", first.as_str().into())), "{:?}", told.version);
    assert_ne!(told.bound.version, unbound.bound.version, "it is bound");
    assert_eq!(still_means(&one.run, &environment).await, Ok(()));
    git(folder.path(), &["commit", "-q", "--allow-empty", "-m", "another"]);
    let (found, why) = still_means(&one.run, &environment).await.unwrap_err();
    assert_eq!(found, Found::Fail);
    assert!(why.starts_with("main means the commit ") && why.contains(&first[..12]), "{why}");
    git(folder.path(), &["branch", "-q", "-m", "main", "gone"]);
    let (found, why) = still_means(&one.run, &environment).await.unwrap_err();
    assert_eq!((found, why.contains("is not known")), (Found::Error, true), "{why}");
    // What nobody can approve is not even begun.
    assert!(meant(&mut begun(&environment), &environment).await.unwrap_err().contains("nobody could approve it"));
}
