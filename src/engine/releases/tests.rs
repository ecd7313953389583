//! Releases of several workstations on one lock host, which is this machine; what others may have put there; and what
//! the store keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;

use super::*;
use crate::domain::host::{BecomeRoot, Reach, Shell};
use crate::domain::procedure::Kind;
use crate::domain::release::{Current, FollowItem, FollowUp, Migration, Said, SeenBy, Verdict};
use crate::domain::run::RunState;
use crate::domain::{Host, HostName, PartId, ProcedureName, Run};
use crate::engine::store::{Sqlite, fresh_run_id};
use crate::engine::transport::{Asker, Connection, LocalTransport, Spawner, Transport};
use crate::text::Foreign;

pub(super) type Link = watch::Sender<Option<Arc<dyn Connection>>>;

pub(super) struct Place {
    folder: tempfile::TempDir,
    pub(super) environment: Environment,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = format!("releases-{}", fresh_run_id(Timestamp::now()).short());
        let name = |word: &str| EnvName::new(word).unwrap();
        let environment = Environment {
            lock_host: Some(HostName::new("app-1").unwrap()),
            state_directory: folder.path().join("state").to_string_lossy().into_owned(),
            ..Environment::new(SiteName::new(&site).unwrap(), name("lab"))
        };
        Self { folder, environment }
    }

    /// The folder on the lock host.
    pub(super) fn there(&self) -> PathBuf {
        let name = format!("quarterdeck-{}-lab.releases", self.environment.site);
        let all = [self.folder.path().join("state/mirror"), PathBuf::from("/var/tmp")].map(|place| place.join(&name));
        all.into_iter().find(|path| path.exists()).unwrap()
    }

    pub(super) fn store(&self, name: &str) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(&self.folder.path().join(name)))
    }

    pub(super) async fn mirror(&self) -> (Mirror, Link) {
        let link: Link = watch::Sender::new(Some(machine().await));
        (Mirror::of(&self.environment, link.subscribe()).unwrap(), link)
    }

    pub(super) fn release(&self, version: &str, verdict: Verdict, ago: i64) -> Release {
        let at = Timestamp::from_second(Timestamp::now().as_second() - ago).unwrap();
        Release {
            run: fresh_run_id(at),
            site: self.environment.site.clone(),
            environment: self.environment.name.clone(),
            kind: Kind::Deploy,
            service: None,
            version: version.into(),
            commit: Some("1111111aaa".into()),
            images: vec![Foreign::from(vec![0xff, b'a'])],
            migrations: Migration::read(b"0001 reversible\n0002"),
            backup: Some("dump".into()),
            hosts: vec![HostName::new("app-1").unwrap()],
            person: "ada".into(),
            workstation: "ada@desk".into(),
            at,
            took: Duration::from_millis(1500),
            verdict,
            waivers: Vec::new(),
            follow_ups: Vec::new(),
            overridden: None,
            examined: None,
            login: None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Where nobody is root it lies there.
        let start = format!("quarterdeck-{}-", self.environment.site);
        for entry in std::fs::read_dir("/var/tmp").unwrap().filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(&start) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

async fn machine() -> Arc<dyn Connection> {
    let name = HostName::new("here").unwrap();
    let (reach, become_root, shell) = (Reach::Local, BecomeRoot::Never, Shell::Plain);
    let host = Host { name: name.clone(), reach, tags: Vec::new(), become_root, shell };
    let transport = LocalTransport::new(Spawner::start().unwrap());
    transport.connect(host, Asker::nobody(name)).await.ok().unwrap()
}

/// Records the end of a run with what it came to.
pub(super) async fn conclude(store: &Arc<dyn Store>, release: &Release) {
    let run = Run {
        id: release.run.clone(),
        site: release.site.clone(),
        environment: release.environment.clone(),
        person: release.person.clone(),
        workstation: release.workstation.clone(),
        kind: "deploy".into(),
        title: "Deploy".into(),
        confirmed: "yes".into(),
        begun: release.at,
        ended: None,
        state: RunState::Running,
        document: None,
        steps: Vec::new(),
    };
    store.state().wait_for(|state| *state == crate::port::act::StoreState::Writable).await.unwrap();
    store.begin(run.clone()).await.unwrap();
    store.conclude(run.id, RunState::Succeeded, release.at, release.clone()).await.unwrap();
}

fn examined(reason: &str) -> Examined {
    let at = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    Examined { by: "bo".into(), workstation: "bo@desk".into(), at, reason: reason.into() }
}

#[tokio::test]
async fn what_one_workstation_released_another_sees_with_the_login_of_who_says_so() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    let (mirror, _link) = place.mirror().await;
    let first = place.release("v1", Verdict::Good, 300);
    let failed = place.release("v2", Verdict::Failed, 200);
    conclude(&here, &first).await;
    conclude(&here, &failed).await;
    let ours = Releases::of(&place.environment, Some(here), Some(&mirror));
    let theirs = Releases::of(&place.environment, Some(there.clone()), Some(&mirror));
    assert!(theirs.read(Timestamp::now()).await.history.releases().is_empty(), "it was not told yet");
    // Reading brings it there, once.
    for _ in 0..2 {
        let known = ours.read(Timestamp::now()).await;
        assert_eq!((known.history.releases().len(), known.told), (2, Vec::<String>::new()));
    }
    assert_eq!(std::fs::read_dir(place.there()).unwrap().count(), 2);
    let known = theirs.read(Timestamp::now()).await;
    assert_eq!(known.told, Vec::<String>::new());
    let seen = &known.history.releases()[1];
    let login = seen.login.clone().unwrap();
    assert_eq!(Release { login: None, ..seen.clone() }, failed, "every byte of it");
    assert!(!login.is_empty());
    assert!(matches!(known.history.current(None, None), Current::Unclear(..)));

    // Who looked at it is seen by both, also by who recorded it.
    assert_eq!(theirs.examine(&failed.run, examined("the disk was full")).await.unwrap(), None);
    for releases in [&ours, &theirs] {
        let known = releases.read(Timestamp::now()).await;
        let seen = known.history.of_run(&failed.run).unwrap().examined.clone().unwrap();
        assert_eq!((seen.by.as_str(), seen.reason.plain().as_str()), ("bo", "the disk was full"));
    }
    assert_eq!(std::fs::read_dir(place.there()).unwrap().count(), 3);
}

#[tokio::test]
async fn what_lies_there_is_never_changed_and_nobody_makes_good_what_failed() {
    let place = Place::new();
    let (mirror, _link) = place.mirror().await;
    let shared = mirror.releases();
    let failed = place.release("v2", Verdict::Failed, 200);
    shared.release(&failed).await.unwrap();
    shared.release(&Release { verdict: Verdict::Good, ..failed.clone() }).await.unwrap();
    let found = shared.list(&failed.site, &failed.environment).await.unwrap();
    assert_eq!((found.releases.len(), found.releases[0].0.verdict), (1, Verdict::Failed));
    // Here it is said to be good: the worse counts, and a person is told.
    let store = place.store("here");
    conclude(&store, &Release { verdict: Verdict::Good, ..failed.clone() }).await;
    let known = Releases::of(&place.environment, Some(store), Some(&mirror)).read(Timestamp::now()).await;
    assert_eq!(known.history.releases()[0].verdict, Verdict::Failed);
    assert!(known.told[0].contains("is said to be good by this machine and failed by the login"), "{:?}", known.told);
}

#[tokio::test]
async fn another_login_can_neither_make_failed_what_was_good_nor_say_that_it_looked() {
    if !rustix::process::getuid().is_root() {
        // Nobody else's file can be made here; whose word counts is tested without any.
        return;
    }
    let place = Place::new();
    let (mirror, _link) = place.mirror().await;
    let shared = mirror.releases();
    let good = place.release("v1", Verdict::Good, 300);
    let failed = place.release("v2", Verdict::Failed, 200);
    let of_others = place.release("v3", Verdict::Good, 100);
    for release in [&good, &failed] {
        shared.release(release).await.unwrap();
    }
    shared.examined(&failed.run, &examined("looked")).await.unwrap();
    let folder = place.there();
    let nobody = |path: &Path| std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
    let forge = |name: String, text: String| {
        std::fs::write(folder.join(&name), text).unwrap();
        nobody(&folder.join(name));
    };
    let text = |release: &Release| {
        let form = crate::engine::store::release_form::ReleaseForm::from(release);
        serde_json::to_string(&form).unwrap()
    };
    // Of a run that is root's, in its mirror, nobody knows better.
    forge(format!("{}.release.65534", good.run), text(&Release { verdict: Verdict::Failed, ..good.clone() }));
    // Who looked was nobody.
    let looked = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let looked = looked.into_iter().find(|path| path.to_string_lossy().contains(".examined.")).unwrap();
    let renamed = PathBuf::from(looked.to_string_lossy().replace(".examined.0", ".examined.65534"));
    std::fs::rename(&looked, &renamed).unwrap();
    nobody(&renamed);
    // A run of nobody's own, whose mirror says whose it is, and of which root says nothing.
    forge(format!("{}.release.65534", of_others.run), text(&of_others));
    let run = PathBuf::from(folder.to_string_lossy().replace(".releases", &format!(".{}", of_others.run)));
    std::fs::create_dir_all(run.join("owner-1")).unwrap();
    let whole = format!("{{\"run\":\"{}\",\"token\":1,\"n\":1,\"whole\":{{}}}}\n", of_others.run);
    std::fs::write(run.join("owner-1/000001"), whole).unwrap();
    nobody(&run.join("owner-1/000001"));
    nobody(&run.join("owner-1"));

    let known = Releases::of(&place.environment, None, Some(&mirror)).read(Timestamp::now()).await;
    let told = known.told.join("\n");
    let verdict = |release: &Release| known.history.of_run(&release.run).map(|release| release.verdict);
    assert_eq!(verdict(&good), Some(Verdict::Good), "{told}");
    assert!(told.contains("The login nobody says that run") && told.contains("is failed"), "{told}");
    let seen = known.history.of_run(&failed.run).unwrap();
    assert_eq!((seen.verdict, &seen.examined), (Verdict::Failed, &None), "{told}");
    assert!(told.contains("was examined (looked)") && told.contains("does not count"), "{told}");
    // Its mirror was made behind its record, so it says nothing; what lay there first counts, with its login.
    assert_eq!(verdict(&of_others), Some(Verdict::Good), "{told}");
    std::fs::remove_dir_all(run).unwrap();

    // However many files one login puts there, those of others are read.
    for number in 0..20_100_u32 {
        forge(format!("f{}.release.65534", &fresh_run_id(Timestamp::now()).as_str()[1..]), format!("{number}"));
    }
    let known = Releases::of(&place.environment, None, Some(&mirror)).read(Timestamp::now()).await;
    let told = known.told.join("\n");
    assert_eq!(known.history.of_run(&good.run).map(|release| release.verdict), Some(Verdict::Good), "{told}");
    assert!(told.contains("There are more records of releases"), "{told}");
}

#[tokio::test]
async fn what_others_put_there_does_no_harm() {
    let place = Place::new();
    let (mirror, _link) = place.mirror().await;
    let shared = mirror.releases();
    let good = place.release("v1", Verdict::Good, 300);
    shared.release(&good).await.unwrap();
    let folder = place.there();
    let file = |run: &RunId, end: &str| folder.join(format!("{run}.{end}"));
    let own = std::fs::read(std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path()).unwrap();
    let text = String::from_utf8(own).unwrap();
    let uid = rustix::process::getuid().as_raw();
    let fresh = || fresh_run_id(Timestamp::now());
    // Of another run than its name says, of another environment, of a time to come, and no record at all.
    std::fs::write(file(&fresh(), &format!("release.{uid}")), &text).unwrap();
    let make = |change: &dyn Fn(String, &RunId) -> String| {
        let run = fresh();
        let text = text.replace(good.run.as_str(), run.as_str());
        std::fs::write(file(&run, &format!("release.{uid}")), change(text, &run)).unwrap();
        run
    };
    make(&|text, _| text.replace("\"lab\"", "\"production\""));
    let ahead = make(&|text, _| text.replace(&good.at.to_string(), "2099-01-01T00:00:00Z"));
    make(&|_, _| "{\"run\":".to_owned());
    make(&|_, _| "\u{0}\u{1b}]52;c;eA==\u{7}".repeat(1000));
    make(&|text, _| text.replace("\"hosts\":[\"app-1\"]", "\"hosts\":[\"../x\"]"));
    make(&|text, _| text.replace("\"ada@desk\"", &format!("\"{}\"", "x".repeat(10_000))));
    // Harmless words are kept, and shown so.
    let odd = make(&|text, _| text.replace("\"ada@desk\"", "\"\\u001b[31madmin\""));
    // Too large, a link, a pipe, and one that says to be of another login.
    make(&|text, _| text + &"x".repeat(600 << 10));
    std::os::unix::fs::symlink("/etc/passwd", file(&fresh(), &format!("release.{uid}"))).unwrap();
    let pipe = file(&fresh(), &format!("release.{uid}"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let run = fresh();
    std::fs::write(file(&run, "release.4294967"), text.replace(good.run.as_str(), run.as_str())).unwrap();
    std::fs::write(folder.join("$(touch x)"), "x").unwrap();
    std::fs::write(folder.join("-rf"), "x").unwrap();

    let known = Releases::of(&place.environment, None, Some(&mirror)).read(Timestamp::now()).await;
    let runs: Vec<&RunId> = known.history.releases().iter().map(|release| &release.run).collect();
    assert!(runs.len() == 2 && runs.contains(&&good.run) && runs.contains(&&odd), "{:?}", known.history.releases());
    assert!(!runs.contains(&&ahead));
    let odd = known.history.of_run(&odd).unwrap();
    assert!(!odd.workstation.contains('\u{1b}') && odd.workstation.contains("admin"), "{}", odd.workstation);
    let told = known.told.join("\n");
    assert!(told.contains("records of releases on app-1 make no sense"), "{told}");
    assert!(told.contains("1 releases are dated later than now"), "{told}");
}

#[tokio::test]
async fn somebody_else_in_its_place_is_told_and_not_overwritten() {
    let place = Place::new();
    let (mirror, _link) = place.mirror().await;
    let shared = mirror.releases();
    shared.release(&place.release("v1", Verdict::Good, 300)).await.unwrap();
    let next = place.release("v2", Verdict::Good, 200);
    let uid = rustix::process::getuid().as_raw();
    let taken = place.there().join(format!("{}.release.{uid}", next.run));
    std::os::unix::fs::symlink("/etc/passwd", &taken).unwrap();
    let why = shared.release(&next).await.unwrap_err();
    assert!(why.contains("can't be written"), "{why}");
    assert!(std::fs::symlink_metadata(&taken).unwrap().is_symlink());
    let left = std::fs::read_dir(place.there()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with(".new")), "nothing half is left");
}

#[tokio::test]
async fn without_the_lock_host_what_is_recorded_here_is_known_and_what_is_missing_is_said() {
    let place = Place::new();
    let store = place.store("here");
    conclude(&store, &place.release("v1", Verdict::Good, 300)).await;
    let (mirror, link) = place.mirror().await;
    link.send_replace(None);
    let known = Releases::of(&place.environment, Some(store.clone()), Some(&mirror)).read(Timestamp::now()).await;
    assert_eq!(known.history.releases().len(), 1);
    assert!(known.told[0].contains("What others have released may be missing here"), "{:?}", known.told);
    let failed = place.release("v2", Verdict::Failed, 100);
    conclude(&store, &failed).await;
    let behind = Releases::of(&place.environment, Some(store.clone()), Some(&mirror))
        .examine(&failed.run, examined("seen"))
        .await
        .unwrap();
    assert!(behind.unwrap().contains("Others can't see that it was examined yet"));
    // It is brought there as soon as it can be asked.
    link.send_replace(Some(machine().await));
    Releases::of(&place.environment, Some(store), Some(&mirror)).read(Timestamp::now()).await;
    let found = mirror.releases().list(&place.environment.site, &place.environment.name).await.unwrap();
    assert_eq!((found.releases.len(), found.examined.len()), (2, 1));
}

#[tokio::test]
async fn a_release_is_kept_with_the_end_of_its_run_or_not_at_all_and_never_changed() {
    let place = Place::new();
    let store = place.store("here");
    let release = place.release("v1", Verdict::Failed, 300);
    conclude(&store, &release).await;
    let of = (place.environment.site.clone(), place.environment.name.clone());
    // The end comes twice: the first word on it stays.
    let again = Release { verdict: Verdict::Good, ..release.clone() };
    store.conclude(release.run.clone(), RunState::Succeeded, release.at, again).await.unwrap();
    let unknown = place.release("v9", Verdict::Good, 10);
    let refused = store.conclude(unknown.run.clone(), RunState::Succeeded, unknown.at, unknown.clone()).await;
    assert!(refused.is_err(), "no such run was begun");
    store.examine(of.clone(), release.run.clone(), examined("once")).await.unwrap();
    store.examine(of.clone(), release.run.clone(), examined("twice")).await.unwrap();
    let kept = store.releases(of.0.clone(), of.1.clone()).await.unwrap();
    assert_eq!((kept.releases.clone(), kept.examined.len()), (vec![release.clone()], 2));
    assert_eq!(kept.together()[0].examined.as_ref().unwrap().reason, "twice".into());
    let elsewhere = store.releases(of.0, EnvName::new("production").unwrap()).await.unwrap();
    assert_eq!(elsewhere.releases, []);
    drop(store);
    let file: &Path = &place.folder.path().join("here/store.sqlite");
    let raw = rusqlite::Connection::open(file).unwrap();
    for change in ["UPDATE releases SET verdict = 'good'", "DELETE FROM releases"] {
        assert!(raw.execute(change, []).unwrap_err().to_string().contains("releases are never"), "{change}");
    }
}

pub(super) fn checklist() -> FollowUp {
    let part = |name: &str| PartId::new(name).unwrap();
    FollowUp {
        procedure: ProcedureName::new("deploy").unwrap(),
        title: "Follow-up: the first hour".into(),
        due: Timestamp::from_second(1_900_000_000).unwrap(),
        items: vec![
            FollowItem { part: part("quiet"), title: "Nobody complains".into(), by: SeenBy::Person },
            FollowItem { part: part("green"), title: Foreign::from(vec![0xff, b'g']), by: SeenBy::Console },
        ],
    }
}

pub(super) fn word(release: &Release, part: &str, said: Said, ago: i64) -> Followed {
    Followed {
        run: release.run.clone(),
        part: PartId::new(part).unwrap(),
        said,
        person: "bo".into(),
        workstation: "bo@desk".into(),
        at: Timestamp::from_second(Timestamp::now().as_second() - ago).unwrap(),
        note: "the line was dead".into(),
        looked: false,
        login: None,
    }
}

#[tokio::test]
async fn what_one_says_of_a_checklist_everybody_sees_and_nothing_of_it_is_lost_meanwhile() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    let (mirror, link) = place.mirror().await;
    let release = Release { follow_ups: vec![checklist()], ..place.release("v1", Verdict::Good, 300) };
    conclude(&here, &release).await;
    let ours = Releases::of(&place.environment, Some(here), Some(&mirror));
    let theirs = Releases::of(&place.environment, Some(there.clone()), Some(&mirror));
    there.state().wait_for(|state| *state == crate::port::act::StoreState::Writable).await.unwrap();
    ours.read(Timestamp::now()).await;
    // The lock host is away: it is kept here, and a person is told that others can't see it.
    link.send_replace(None);
    let first = word(&release, "quiet", Said::Bad, 60);
    let behind = ours.follow(first.clone()).await.unwrap();
    assert!(behind.unwrap().contains("Others can't see it yet"));
    let known = ours.read(Timestamp::now()).await;
    assert_eq!(known.followed, std::slice::from_ref(&first));
    assert!(known.told.iter().any(|told| told.contains("What others have seen")), "{:?}", known.told);
    // As soon as it can be asked it is brought there, once.
    link.send_replace(Some(machine().await));
    for _ in 0..2 {
        let known = ours.read(Timestamp::now()).await;
        assert_eq!((known.followed, known.told), (vec![first.clone()], Vec::new()));
    }
    let known = theirs.read(Timestamp::now()).await;
    // It came over the lock host, with the login that put it there.
    let unsigned = |said: &Followed| Followed { login: None, ..said.clone() };
    assert!(known.followed[0].login.is_some());
    let said: Vec<Followed> = known.followed.iter().map(unsigned).collect();
    assert_eq!((said, known.told), (vec![first.clone()], Vec::new()));
    let seen = known.history.of_run(&release.run).unwrap();
    assert_eq!(seen.follow_ups, [checklist()], "every byte of it");
    let second = word(&release, "quiet", Said::Well, 10);
    assert_eq!(theirs.follow(second.clone()).await.unwrap(), None);
    let known = ours.read(Timestamp::now()).await;
    let said: Vec<Followed> = known.followed.iter().map(unsigned).collect();
    assert_eq!(said, [first, second.clone()]);
    let list = &known.history.of_run(&release.run).unwrap().follow_ups[0];
    let stands = list.stands(&release.run, &list.items[0], &known.followed, Timestamp::now());
    assert_eq!(stands.said().map(unsigned), Some(second), "the newest word counts");
}

#[tokio::test]
async fn what_others_put_beside_a_checklist_does_no_harm() {
    let place = Place::new();
    let (mirror, _link) = place.mirror().await;
    let store = place.store("here");
    let release = Release { follow_ups: vec![checklist()], ..place.release("v1", Verdict::Good, 300) };
    conclude(&store, &release).await;
    let ours = Releases::of(&place.environment, Some(store), Some(&mirror));
    ours.read(Timestamp::now()).await;
    assert_eq!(ours.follow(word(&release, "quiet", Said::Well, 60)).await.unwrap(), None);
    let folder = PathBuf::from(place.there().to_string_lossy().replace(".releases", ".followed"));
    let own = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&own).unwrap();
    let uid = rustix::process::getuid().as_raw();
    let name = |number: u8| folder.join(format!("{}.0{number}0000000000aaaa.followed.{uid}", release.run));
    // Of another run than its name says, of no known word, of a time to come, and no record at all.
    let other = fresh_run_id(Timestamp::now());
    std::fs::write(name(1), text.replace(release.run.as_str(), other.as_str())).unwrap();
    std::fs::write(name(2), text.replace("\"well\"", "\"splendid\"")).unwrap();
    let at = word(&release, "quiet", Said::Well, 60).at.to_string();
    let ahead = text.replace(&at[..10], "2099-01-01");
    assert_ne!(ahead, text);
    std::fs::write(name(3), ahead).unwrap();
    std::fs::write(name(4), "\u{0}\u{1b}]52;c;eA==\u{7}").unwrap();
    std::fs::write(name(5), text.replace("bo@desk", "\\u001b[31mroot")).unwrap();
    let known = ours.read(Timestamp::now()).await;
    assert_eq!(known.followed.len(), 2, "{:?}", known.followed);
    assert!(known.followed.iter().all(|said| !said.workstation.contains('\u{1b}')), "{:?}", known.followed);
    assert!(known.told.iter().any(|told| told.contains("3 records on app-1 of what was seen")), "{:?}", known.told);
}
