//! Whatever was recorded, in whatever order it comes: only what was good can be gone back to, and never what runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::history_tests::deploy;
use super::*;

fn release(number: u32) -> impl Strategy<Value = Release> {
    let service = prop::option::of(prop::sample::select(vec!["api", "web"]));
    let commit = prop::option::of(prop::sample::select(vec!["1111111", "2222222", "33333330"]));
    let lines = prop::sample::select(vec!["", "a reversible", "b irreversible", "c", "a reversible\nb reversible"]);
    let verdict = prop::sample::select(Verdict::ALL.to_vec());
    (0u8..4, any::<bool>(), service, commit, verdict, any::<bool>(), lines, any::<bool>()).prop_map(
        move |(version, back, service, commit, verdict, examined, lines, backup)| {
            let mut release = deploy(number, &format!("v{version}"));
            release.kind = if back { Kind::Rollback } else { Kind::Deploy };
            release.service = service.map(|name| ServiceName::new(name).unwrap());
            release.commit = commit.map(Foreign::from);
            release.verdict = verdict;
            release.migrations = Migration::read(lines.as_bytes());
            release.backup = backup.then(|| format!("dump-{number}").into());
            let (by, at) = ("bo".to_owned(), release.at);
            release.examined =
                examined.then(|| Examined { by, workstation: "bo@desk".into(), at, reason: "seen".into() });
            release
        },
    )
}

fn releases() -> impl Strategy<Value = (Vec<Release>, Vec<Release>)> {
    let made = (0u32..12).prop_flat_map(|count| (1..=count).map(release).collect::<Vec<_>>());
    made.prop_flat_map(|made| (Just(made.clone()), Just(made).prop_shuffle()))
}

proptest! {
    #[test]
    fn only_what_was_good_is_a_target_and_never_what_runs((made, shuffled) in releases(), one in any::<bool>()) {
        let service = one.then(|| ServiceName::new("api").unwrap());
        let history = History::of(shuffled.clone());
        prop_assert_eq!(&history, &History::of(made.clone()), "order is that of time, not of coming");
        prop_assert_eq!(&history, &History::of([made.clone(), shuffled].concat()), "twice is once");
        let current = history.current(service.as_ref(), None);
        let targets = history.targets(service.as_ref());
        for (place, target) in targets.iter().enumerate() {
            prop_assert_eq!(target.verdict, Verdict::Good);
            prop_assert_eq!(history.stands(target), Verdict::Good);
            prop_assert!(target.concerns(service.as_ref(), None));
            // Untroubled, or its newest deploy was taken back while the same code ran.
            if let Some(trouble) = history.trouble(target, service.as_ref()) {
                prop_assert_eq!(trouble.verdict, Verdict::RolledBack);
                let mut ran = made.iter().filter(|one| one.at < trouble.at && one.verdict == Verdict::Good);
                prop_assert!(ran.any(|one| one.is_same(trouble)));
            }
            if let Current::Runs(runs) = current {
                prop_assert!(!runs.is_same(target));
            }
            prop_assert!(targets.iter().skip(place + 1).all(|other| !other.is_same(target) && other.at < target.at));
            // The way back names a backup of its own time, and nothing that was not done since.
            let newest = made.last().unwrap();
            let between = history.between(target, newest, service.as_ref());
            match history.way_back(target, service.as_ref()) {
                Database::Stays => prop_assert!(between.is_empty()),
                Database::MigrateBack(all) => {
                    prop_assert_eq!(all.len(), between.len());
                    prop_assert!(all.iter().all(|migration| migration.reversible == Reversible::Yes));
                }
                Database::Restore { lost, backup, then } => {
                    prop_assert!(!lost.is_empty() && lost.iter().all(Migration::needs_backup));
                    prop_assert!(then.iter().all(|migration| !lost.iter().any(|lost| lost.name == migration.name)));
                    if let Some(backup) = backup {
                        prop_assert!(backup.before > target.at && backup.before <= newest.at);
                    }
                }
            }
        }
        if let Current::Runs(runs) = current {
            prop_assert_eq!(runs.verdict, Verdict::Good);
            prop_assert_eq!(history.stands(runs), Verdict::Good);
        }
    }
}
