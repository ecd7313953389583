//! What is recorded of a run's end: by example, from a document and the record of its steps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use super::*;
use crate::domain::procedure::Given;
use crate::domain::release::Reversible;
use crate::domain::run::{Reason, RunDocument, StepVerdict};
use crate::domain::{EnvName, PartId, SiteName};
use crate::engine::store::fresh_run_id;

const DOCUMENT: &str = r#"+++
kind = "deploy"
[release]
version = "version"
commit = "commit"
images = ["image"]
migrations = "migrated"
backup = "dump"
service = "which"
[inputs.version]
[inputs.which]
[inputs.commit]
+++

# Deploy

## Gate

- [ ] Told {#told}

## Phase 1

```sh {#dump host=db-1 capture=dump}
./dump
```

```sh {#pull host="app-1 app-2" capture=image}
./pull
```

```sh {#migrate host=db-1 capture=migrated}
./migrate
```

## Verify

```sh {#look host=app-1 danger=read}
./look
```
"#;

fn step(part: &str, host: &str, state: StepState, value: &str) -> RunStep {
    RunStep {
        part: Some(PartId::new(part).unwrap()),
        host: HostName::new(host).unwrap(),
        attempt: u32::from(state != StepState::Planned),
        state,
        value: (!value.is_empty()).then(|| value.to_owned()),
        ..RunStep::default()
    }
}

fn given(name: &str, value: &str) -> Given {
    Given { name: InputName::new(name).unwrap(), value: Some(value.to_owned()) }
}

fn made(steps: Vec<RunStep>, state: RunState, secrets: &[&str]) -> Option<Release> {
    made_of(DOCUMENT, steps, state, secrets)
}

fn made_of(text: &str, steps: Vec<RunStep>, state: RunState, secrets: &[&str]) -> Option<Release> {
    let (document, mistakes) = load(Path::new("deploy.md"), text.as_bytes(), &Known::default());
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let given = vec![given("version", "v2"), given("which", "backend"), given("commit", "1111111")];
    let run = Run {
        id: fresh_run_id(Timestamp::UNIX_EPOCH),
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("lab").unwrap(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: "deploy".into(),
        title: "Deploy".into(),
        confirmed: "yes".into(),
        begun: Timestamp::UNIX_EPOCH,
        ended: None,
        state: RunState::Running,
        document: Some(RunDocument {
            name: document.name.clone(),
            digest: document.digest.clone(),
            whole: true,
            given: given.clone(),
            decided: crate::domain::run::Decided::default(),
        }),
        steps: steps.clone(),
    };
    let course = Course::new(true, given, steps);
    let masks = Masks::of(secrets.iter().map(|secret| secret.as_bytes()));
    let names = document.header.release.as_ref().unwrap();
    let now = Timestamp::from_second(90).unwrap();
    Made { run: &run, course: &course, document: &document, names, masks: &masks }.release(state, "bo", now)
}

fn all() -> Vec<RunStep> {
    use StepState::Verified;
    vec![
        step("told", "here", Verified, ""),
        step("dump", "db-1", Verified, "dump-7.sql.gz\n"),
        step("pull", "app-1", Verified, "shop@sha256:aa\nworker@sha256:bb"),
        step("pull", "app-2", Verified, "shop@sha256:aa"),
        step("migrate", "db-1", Verified, "products 0016 reversible\norders 0003 irreversible\n"),
        step("look", "app-1", Verified, ""),
    ]
}

#[test]
fn a_good_deploy_is_recorded_with_all_that_its_names_stand_for() {
    let release = made(all(), RunState::Succeeded, &[]).unwrap();
    assert_eq!((release.kind, release.verdict), (Kind::Deploy, Verdict::Good));
    assert_eq!((release.version.plain().as_str(), release.person.as_str()), ("v2", "bo"));
    assert_eq!(release.service, ServiceName::new("backend").ok());
    assert_eq!((release.commit, release.backup), (Some("1111111".into()), Some("dump-7.sql.gz".into())));
    assert_eq!(release.images, ["shop@sha256:aa".into(), "worker@sha256:bb".into()]);
    let migrations: Vec<_> = release.migrations.iter().map(|one| (one.name.plain(), one.reversible)).collect();
    let wanted = [("products 0016".to_owned(), Reversible::Yes), ("orders 0003".to_owned(), Reversible::No)];
    assert_eq!(migrations, wanted);
    let hosts: Vec<String> = release.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["db-1", "app-1", "app-2"], "where something was changed");
    assert_eq!(release.took, Duration::from_secs(90));
}

#[test]
fn what_changed_nothing_is_no_release_unless_it_ended_well() {
    use StepState::{Failed, Planned, Skipped, Verified};
    let gate = |state| {
        let mut steps = all();
        steps.iter_mut().for_each(|step| step.state = Planned);
        steps[0].state = state;
        steps
    };
    assert_eq!(made(gate(Failed), RunState::Failed, &[]), None, "the gate did not pass");
    assert_eq!(made(gate(Verified), RunState::Stopped, &[]), None);
    let mut refused = gate(Verified);
    (refused[1].state, refused[1].reason, refused[1].attempt) = (Failed, Some(Reason::Unreachable), 1);
    assert_eq!(made(refused.clone(), RunState::Failed, &[]), None, "nothing was sent");
    // Cancelled while it waited for the lock, or before the host had taken it.
    for attempt in [0, 1] {
        (refused[1].reason, refused[1].attempt) = (Some(Reason::Cancelled), attempt);
        assert_eq!(made(refused.clone(), RunState::Stopped, &[]), None, "nothing was sent");
    }
    refused[1].verdict = Some(StepVerdict { took: Duration::from_secs(3), checks: Vec::new() });
    assert_eq!(
        made(refused.clone(), RunState::Stopped, &[]).unwrap().verdict,
        Verdict::Unknown,
        "cancelled on its way"
    );
    (refused[1].reason, refused[1].exit) = (Some(Reason::NonZeroExit), Some(1));
    let failed = made(refused.clone(), RunState::Failed, &[]).unwrap();
    assert_eq!((failed.verdict, failed.hosts.len()), (Verdict::Failed, 1));
    assert_eq!(failed.images, [], "it did not come so far");
    // What failed and was then skipped has happened all the same.
    (refused[1].state, refused[1].by) = (Skipped, Some("ada".into()));
    assert_eq!(made(refused, RunState::Stopped, &[]).unwrap().verdict, Verdict::Unknown);
    assert_eq!(made(all(), RunState::Unknown, &[]).unwrap().verdict, Verdict::Unknown);
}

#[test]
fn who_skips_what_should_verify_it_leaves_open_whether_it_is_good() {
    let mut steps = all();
    (steps[5].state, steps[5].by) = (StepState::Skipped, Some("ada".into()));
    assert_eq!(made(steps.clone(), RunState::Succeeded, &[]).unwrap().verdict, Verdict::Unknown);
    // A condition that does not hold is no person.
    steps[5].by = None;
    assert_eq!(made(steps, RunState::Succeeded, &[]).unwrap().verdict, Verdict::Good);
}

#[test]
fn what_was_waived_stays_with_the_release_and_no_secret_does() {
    let mut steps = all();
    steps[0].state = StepState::Waived;
    (steps[0].by, steps[0].note) = (Some("lead".into()), "nobody is in, hunter22222".into());
    steps[2].value = Some("shop:hunter22222".into());
    steps[3].state = StepState::Failed;
    let release = made(steps, RunState::Succeeded, &["hunter22222"]).unwrap();
    let waiver = &release.waivers[0];
    assert_eq!((waiver.part.as_str(), waiver.by.as_str()), ("told", "lead"));
    assert!(!waiver.reason.plain().contains("hunter") && waiver.reason.plain().contains("nobody is in"));
    assert_eq!(release.images, []);
}

#[test]
fn other_kinds_of_procedures_make_no_releases() {
    let text = DOCUMENT.replace("kind = \"deploy\"", "kind = \"maintenance\"");
    assert_eq!(made_of(&text, all(), RunState::Succeeded, &[]), None);
}

#[test]
fn a_good_deploy_takes_its_checklists_along_with_who_sees_to_each_item() {
    use crate::domain::release::SeenBy;
    let text = format!(
        "{DOCUMENT}\n## Follow-up: the first hour {{due=1h}}\n\n```sh {{#green host=app-1 danger=read}}\n./look\n```\n\n\
         ```sh {{#clean host=app-1}}\nrm -rf /tmp/old\n```\n\n- [ ] Nobody complains {{#quiet}}\n\
         - [ ] Times {{#times evidence}}\n\n### More\n\n- [ ] Told {{#later}}\n\n## Follow-up: the week {{due=7d}}\n\n- [ ] Costs {{#cost}}\n"
    );
    let release = made_of(&text, all(), RunState::Succeeded, &[]).unwrap();
    let told = |list: &FollowUp| {
        let items = list.items.iter().map(|item| (item.part.to_string(), item.by)).collect::<Vec<_>>();
        (list.title.plain(), list.due.as_second(), items)
    };
    let item = |name: &str, by: SeenBy| (name.to_owned(), by);
    assert_eq!(
        release.follow_ups.iter().map(told).collect::<Vec<_>>(),
        [
            (
                "Follow-up: the first hour".to_owned(),
                90 + 3600,
                vec![
                    item("green", SeenBy::Console),
                    item("clean", SeenBy::Person),
                    item("quiet", SeenBy::Person),
                    item("times", SeenBy::PersonWithNote),
                    item("later", SeenBy::Person)
                ]
            ),
            ("Follow-up: the week".to_owned(), 90 + 7 * 24 * 3600, vec![item("cost", SeenBy::Person)]),
        ]
    );
    let failed = made_of(&text, all(), RunState::Failed, &[]).unwrap();
    assert!(failed.follow_ups.is_empty(), "what failed is gone back from, not followed up");
}
