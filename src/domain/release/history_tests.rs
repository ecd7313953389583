//! What runs, what can be gone back to, and what that means for the database: by example.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::Timestamp;

use super::*;

/// The run of this number; later ones are of later runs.
pub(super) fn run(number: u32) -> RunId {
    RunId::new(&format!("01939a2e-77aa-7c11-8f3e-{number:012x}")).unwrap()
}

/// A good deploy of this version on two hosts, at this hour.
pub(super) fn deploy(number: u32, version: &str) -> Release {
    Release {
        run: run(number),
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("production").unwrap(),
        kind: Kind::Deploy,
        service: None,
        version: version.into(),
        commit: None,
        images: Vec::new(),
        migrations: Vec::new(),
        backup: None,
        hosts: vec![host("app-1"), host("app-2")],
        person: "ada".into(),
        workstation: "ada@desk".into(),
        at: Timestamp::from_second(1_760_000_000 + i64::from(number) * 3600).unwrap(),
        took: Duration::from_secs(600),
        verdict: Verdict::Good,
        waivers: Vec::new(),
        follow_ups: Vec::new(),
        overridden: None,
        examined: None,
        login: None,
    }
}

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn service(name: &str) -> ServiceName {
    ServiceName::new(name).unwrap()
}

impl Release {
    fn ended(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }
    fn back(mut self) -> Self {
        self.kind = Kind::Rollback;
        self
    }
    fn of(mut self, service_: &str) -> Self {
        self.service = Some(service(service_));
        self
    }
    fn at_commit(mut self, commit: &str) -> Self {
        self.commit = Some(commit.into());
        self
    }
    fn migrates(mut self, lines: &str, backup: &str) -> Self {
        self.migrations = Migration::read(lines.as_bytes());
        self.backup = (!backup.is_empty()).then(|| backup.into());
        self
    }
    fn examined(mut self) -> Self {
        let reason = "the disk was full".into();
        self.examined = Some(Examined { by: "bo".into(), workstation: "bo@desk".into(), at: self.at, reason });
        self
    }
}

fn version(release: &Release) -> String {
    release.version.plain()
}

fn told(current: Current<'_>) -> String {
    match current {
        Current::Nothing => "nothing".to_owned(),
        Current::Runs(release) => version(release),
        Current::Unclear(release, before) => {
            format!("{}? before: {}", version(release), before.map_or("nothing".to_owned(), version))
        }
    }
}

fn targets(history: &History) -> Vec<String> {
    history.targets(None).into_iter().map(version).collect()
}

#[test]
fn what_runs_is_the_newest_good_release_unless_something_unclear_came_behind_it() {
    use Verdict::{Failed, Good, RolledBack, Unknown};
    /// What was released, what runs then, and what can be gone back to.
    type Case = (&'static [(&'static str, Verdict)], &'static str, &'static [&'static str]);
    let table: [Case; 8] = [
        (&[], "nothing", &[]),
        (&[("1", Good)], "1", &[]),
        (&[("1", Good), ("2", Good)], "2", &["1"]),
        (&[("1", Good), ("2", RolledBack)], "1", &[]),
        (&[("1", Good), ("2", Failed)], "2? before: 1", &["1"]),
        (&[("1", Good), ("2", Unknown), ("3", RolledBack)], "2? before: 1", &["1"]),
        (&[("1", Failed)], "1? before: nothing", &[]),
        (&[("1", Good), ("2", Failed), ("3", Good)], "3", &["1"]),
    ];
    for (made, current, left) in table {
        let made = made.iter().zip(1..).map(|((version, verdict), number)| deploy(number, version).ended(*verdict));
        let history = History::of(made);
        assert_eq!(told(history.current(None, None)), current);
        assert_eq!(targets(&history), left, "{current}");
    }
}

#[test]
fn a_good_rollback_takes_back_what_ran_and_that_is_no_target_any_more() {
    let history = History::of([
        deploy(1, "1"),
        deploy(2, "2"),
        deploy(3, "3"),
        deploy(4, "2").back(),
        deploy(5, "1").back().ended(Verdict::Failed),
    ]);
    assert_eq!(history.stands(&history.releases()[2]), Verdict::RolledBack);
    assert_eq!(told(history.current(None, None)), "1? before: 2");
    // That going back to 1 failed says nothing about 1.
    assert_eq!(targets(&history), ["2", "1"]);
    let trouble = |word: &str| history.trouble(&deploy(9, word), None).map(version);
    assert_eq!((trouble("3"), trouble("2"), trouble("1"), trouble("4")), (Some("3".into()), None, None, None));
}

#[test]
fn what_failed_is_not_deployed_again_before_somebody_has_looked() {
    let failed = deploy(2, "2").ended(Verdict::Failed);
    let unexamined = History::of([deploy(1, "1"), failed.clone()]);
    assert!(unexamined.trouble(&deploy(9, "2"), None).is_some());
    let examined = History::of([deploy(1, "1"), failed.clone().examined()]);
    assert!(examined.trouble(&deploy(9, "2"), None).is_none());
    // Looked at, and failed again.
    let again = History::of([failed.clone().examined(), deploy(3, "2").ended(Verdict::RolledBack)]);
    assert!(again.trouble(&deploy(9, "2"), None).is_some());
    // Failed, and was good since.
    let good = History::of([failed.clone(), deploy(3, "2")]);
    assert!(good.trouble(&deploy(9, "2"), None).is_none());
    // What one service failed with counts for the whole, not for another service.
    let one = History::of([failed.of("api")]);
    assert!(one.trouble(&deploy(9, "2"), None).is_some());
    assert!(one.trouble(&deploy(9, "2"), Some(&service("api"))).is_some());
    assert!(one.trouble(&deploy(9, "2"), Some(&service("web"))).is_none());
}

#[test]
fn what_was_good_once_and_failed_later_is_no_target() {
    let history = History::of([deploy(1, "1"), deploy(2, "2"), deploy(3, "1").ended(Verdict::Failed)]);
    assert_eq!(targets(&history), ["2"], "1 failed last, and 2 is not what runs for certain");
}

#[test]
fn a_deploy_of_what_runs_that_was_taken_back_bars_no_way_back_to_it() {
    let again = deploy(3, "2").ended(Verdict::RolledBack);
    let history = History::of([deploy(1, "1"), deploy(2, "2"), again.clone(), deploy(4, "3")]);
    assert_eq!(targets(&history), ["2", "1"]);
    assert!(history.trouble(&deploy(9, "2"), None).is_some(), "it is deployed again only after a look");
    // Taken back to something else, or not known to have been taken back.
    let other = History::of([deploy(1, "2"), deploy(2, "1"), again, deploy(4, "3")]);
    assert_eq!(targets(&other), ["1"]);
    let failed = History::of([deploy(1, "1"), deploy(2, "2"), deploy(3, "2").ended(Verdict::Failed), deploy(4, "3")]);
    assert_eq!(targets(&failed), ["1"]);
}

#[test]
fn a_service_has_its_own_line_and_that_of_the_whole_system() {
    let history =
        History::of([deploy(1, "1"), deploy(2, "1.1").of("api"), deploy(3, "w2").of("web").ended(Verdict::Failed)]);
    assert_eq!(told(history.current(None, None)), "1");
    assert_eq!(told(history.current(Some(&service("api")), None)), "1.1");
    assert_eq!(told(history.current(Some(&service("web")), None)), "w2? before: 1");
    let back: Vec<String> = history.targets(Some(&service("api"))).into_iter().map(version).collect();
    assert_eq!(back, ["1"]);
}

#[test]
fn going_back_with_one_service_takes_the_whole_back_for_that_service_alone() {
    let mut back = deploy(3, "1").of("web");
    back.kind = Kind::Rollback;
    let history = History::of([deploy(1, "1"), deploy(2, "2"), back]);
    assert_eq!(told(history.current(None, None)), "2");
    assert_eq!(told(history.current(Some(&service("web")), None)), "1");
    assert_eq!(told(history.current(Some(&service("api")), None)), "2");
    // Nobody has looked at why.
    assert!(history.trouble(&deploy(9, "2"), Some(&service("web"))).is_some());
    assert!(history.trouble(&deploy(9, "2"), None).is_some());
    assert!(history.trouble(&deploy(9, "2"), Some(&service("api"))).is_none());
}

#[test]
fn a_host_that_was_left_out_runs_what_it_ran() {
    let mut second = deploy(2, "2");
    second.hosts = vec![host("app-1")];
    let history = History::of([deploy(1, "1"), second]);
    assert_eq!(told(history.current(None, Some(&host("app-1")))), "2");
    assert_eq!(told(history.current(None, Some(&host("app-2")))), "1");
    assert_eq!(told(history.current(None, Some(&host("app-9")))), "nothing");
}

#[test]
fn a_branch_is_as_many_releases_as_it_had_commits() {
    let (old, new) = ("1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "2222222aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    let history = History::of([
        deploy(1, "main").at_commit(old),
        deploy(2, "main").at_commit(new),
        deploy(3, "v3").at_commit("3333333aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ]);
    assert_eq!(history.targets(None).len(), 2);
    assert_eq!(history.target(b"main", None), Found::Several(2));
    let Found::One(found) = history.target(b"1111111", None) else { panic!() };
    assert_eq!((found.run.clone(), history.word(found)), (run(1), old.into()));
    assert_eq!(history.target(b"111111", None), Found::None, "too short");
    assert_eq!(history.target(b"", None), Found::None);
    assert_eq!(history.target(b"v3", None), Found::None, "it runs");
    assert_eq!(history.word(&history.releases()[2]), "v3".into());
}

#[test]
fn the_same_code_by_another_name_is_what_runs() {
    let commit = "1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let history = History::of([deploy(1, "v1").at_commit(commit), deploy(2, "main").at_commit("1111111AAA")]);
    assert_eq!(targets(&history), Vec::<String>::new());
}

#[test]
fn of_two_records_of_one_run_the_worse_counts() {
    let mut there = deploy(1, "1").ended(Verdict::Failed);
    there.login = Some("bob".into());
    for both in [[deploy(1, "1"), there.clone()], [there.clone(), deploy(1, "1")]] {
        let history = History::of(both);
        assert_eq!(history.releases().len(), 1);
        assert_eq!(history.releases()[0].verdict, Verdict::Failed);
        assert_eq!(history.releases()[0].login, Some("bob".into()));
    }
    // A stranger makes nothing good.
    let mut good = deploy(1, "1");
    good.login = Some("mallory".into());
    let history = History::of([good, deploy(1, "1").ended(Verdict::RolledBack).examined()]);
    assert_eq!(history.releases()[0].verdict, Verdict::RolledBack);
    assert!(history.releases()[0].examined.is_some());
}

#[test]
fn the_way_back_of_the_database_is_what_its_migrations_were() {
    let first = deploy(1, "1").migrates("m1 irreversible", "dump-1");
    let names = |all: &[Migration]| all.iter().map(|one| one.name.plain()).collect::<Vec<_>>().join(" ");
    let way = |behind: Vec<Release>| {
        let history = History::of([vec![first.clone()], behind].concat());
        let way = history.way_back(history.releases().first().unwrap(), None);
        match way {
            Database::Stays => "stays".to_owned(),
            Database::MigrateBack(all) => format!("back {}", names(&all)),
            Database::Restore { lost, backup, then } => {
                let backup = backup.map_or("none".to_owned(), |backup| backup.name.plain());
                format!("lost {}, from {backup}, then {}", names(&lost), names(&then))
            }
        }
    };
    assert_eq!(way(vec![deploy(2, "2")]), "stays");
    assert_eq!(way(vec![deploy(2, "2").migrates("m2 reversible\nm3 reversible", "")]), "back m3 m2");
    assert_eq!(
        way(vec![deploy(2, "2").migrates("m2 reversible", ""), deploy(3, "3").migrates("m3 reversible", "d3")]),
        "back m3 m2"
    );
    assert_eq!(way(vec![deploy(2, "2").migrates("m2 irreversible", "d2")]), "lost m2, from d2, then ");
    // Nobody said, so it counts as one that can't be taken back.
    assert_eq!(way(vec![deploy(2, "2").migrates("m2", "d2")]), "lost m2, from d2, then ");
    // That of the release with the migration, although an older one is there: it has more in it.
    let two = deploy(2, "2").migrates("m2 reversible", "d2");
    let three = deploy(3, "3").migrates("m3 irreversible", "d3");
    let four = deploy(4, "4").migrates("m4 reversible", "d4");
    assert_eq!(way(vec![two.clone(), three, four.clone()]), "lost m3, from d3, then m2");
    // It made none: the one before it.
    let bare = deploy(3, "3").migrates("m3 irreversible", "");
    assert_eq!(way(vec![two.clone(), bare.clone(), four.clone()]), "lost m3, from d2, then ");
    // Nor one whose file a later one has written again, which has the loss in it.
    let lost = deploy(3, "3").migrates("m3 irreversible", "d3");
    let again = deploy(4, "4").migrates("m4 reversible", "d3");
    assert_eq!(way(vec![two.clone(), lost, again]), "lost m3, from d2, then ");
    // Not one from behind it.
    assert_eq!(way(vec![bare, four]), "lost m3, from none, then ");
    // What failed may have reached the database all the same, and so may what was taken back.
    for verdict in [Verdict::Failed, Verdict::Unknown, Verdict::RolledBack] {
        let failed = deploy(2, "2").migrates("m2 reversible", "d2").ended(verdict);
        assert_eq!(way(vec![failed]), "back m2", "{verdict:?}");
    }
}

#[test]
fn words_are_found_again() {
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::of_word(verdict.word()), Some(verdict));
    }
    for reversible in Reversible::ALL {
        assert_eq!(Reversible::of_word(reversible.word()), Some(reversible));
    }
}
