//! The tables, version by version. A version that has been released is never changed; a new one is added.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// What makes each version out of the one before; the number of a version is its place, counted from one.
pub(super) const VERSIONS: &[&str] = &[
    include_str!("schema-1.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
];

/// The newest version.
pub(super) const NEWEST: i64 = VERSIONS.len() as i64;

/// The version of a store; 0 when it has no tables yet.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a store to the last of these versions, in one transaction: a kill in the middle leaves the old one.
pub(super) fn migrate(connection: &mut Connection, versions: &[&str]) -> rusqlite::Result<()> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    // Read inside: another program may have done it meanwhile.
    let from = usize::try_from(version(&transaction)?).unwrap_or(usize::MAX);
    for (version, script) in (1i64..).zip(versions).skip(from) {
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::super::write::{self, writing};
    use super::super::{Sqlite, Store, fresh_run_id, release};
    use super::*;
    use crate::domain::procedure::Kind;
    use crate::domain::release::{Examined, Followed, Migration, Release, Said, Verdict};
    use crate::domain::run::RunState;
    use crate::domain::{EnvName, PartId, Run, SiteName};
    use crate::port::act::StoreState;
    use crate::text::Foreign;

    fn old(file: &Path) -> Connection {
        let mut connection = Connection::open(file).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        migrate(&mut connection, VERSIONS).unwrap();
        connection.execute("UPDATE head SET commits = 41", []).unwrap();
        connection
    }

    fn stands(connection: &Connection) -> (i64, i64, String) {
        let commits = connection.query_row("SELECT commits FROM head", [], |row| row.get(0)).unwrap();
        let whole = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        (version(connection).unwrap(), commits, whole)
    }

    fn deploy(version: &str) -> (Run, Release) {
        let (site, environment) = (SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap());
        let at = Timestamp::from_second(1_770_000_000).unwrap();
        let run = Run {
            id: fresh_run_id(at),
            site: site.clone(),
            environment: environment.clone(),
            person: "ada".into(),
            workstation: "ada@desk".into(),
            kind: "deploy".into(),
            title: format!("Deploy {version}"),
            confirmed: "typed".into(),
            begun: at,
            ended: Some(at),
            state: RunState::Failed,
            document: None,
            steps: Vec::new(),
        };
        let release = Release {
            run: run.id.clone(),
            site,
            environment,
            kind: Kind::Deploy,
            service: None,
            version: version.into(),
            commit: Some("1111111aaa".into()),
            images: Vec::new(),
            migrations: Migration::read(b"0001 reversible\n0002"),
            backup: Some("dump".into()),
            hosts: Vec::new(),
            person: "ada".into(),
            workstation: "ada@desk".into(),
            at,
            took: Duration::from_secs(90),
            verdict: Verdict::Failed,
            waivers: Vec::new(),
            follow_ups: Vec::new(),
            overridden: None,
            examined: None,
            login: None,
        };
        (run, release)
    }

    async fn opened(folder: &Path) -> Sqlite {
        let store = Sqlite::open(folder);
        store.state().wait_for(|state| *state == StoreState::Writable).await.unwrap();
        store
    }

    #[tokio::test]
    async fn g10_a_store_of_schema_3_keeps_its_releases_and_takes_what_follows_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let file = folder.path().join(super::super::sqlite::FILE);
        let (run, release) = deploy("v1");
        let place = (release.site.clone(), release.environment.clone());
        let examined =
            Examined { by: "bo".into(), workstation: "bo@desk".into(), at: release.at, reason: "the disk".into() };
        {
            let mut before = Connection::open(&file).unwrap();
            migrate(&mut before, &VERSIONS[..3]).unwrap();
            writing(&mut before, |to| {
                write::begin(to, "", &run)?;
                release::keep(to, &release)?;
                release::examine(to, (&place.0, &place.1), &run.id, &examined)?;
                write::end(to, &run.id, RunState::Failed, release.at)
            })
            .unwrap();
            assert_eq!(version(&before).unwrap(), 3);
        }
        let said = Followed {
            run: run.id.clone(),
            part: PartId::new("quiet").unwrap(),
            said: Said::Well,
            person: "ada".into(),
            workstation: "ada@desk".into(),
            at: release.at,
            note: Foreign::from(vec![0xff, b'a']),
            looked: false,
            login: None,
        };
        {
            let store = opened(folder.path()).await;
            let told = store.told().borrow().join(" ");
            assert!(told.contains("from schema 3 to 5") && !told.contains("missing"), "{told}");
            let kept = store.releases(place.0.clone(), place.1.clone()).await.unwrap();
            assert_eq!((kept.releases, kept.examined), (vec![release.clone()], vec![(run.id.clone(), examined)]));
            assert_eq!(kept.followed, []);
            assert_eq!(store.find(run.id.to_string()).await.unwrap()[0].state, RunState::Failed);
            store.follow(place.clone(), said.clone()).await.unwrap();
            let other = Followed { said: Said::Bad, ..said.clone() };
            store.follow(place.clone(), other.clone()).await.unwrap();
            let kept = store.releases(place.0.clone(), place.1.clone()).await.unwrap();
            assert_eq!(kept.followed, [said.clone(), other], "one beside the other");
            let elsewhere = (place.0.clone(), EnvName::new("production").unwrap());
            assert_eq!(store.releases(elsewhere.0, elsewhere.1).await.unwrap().followed, []);
        }
        let before = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let before = before.into_iter().find(|path| path.to_string_lossy().contains(".before-5-")).unwrap();
        assert_eq!(version(&Connection::open(before).unwrap()).unwrap(), 3, "as it was before it is kept");
        let raw = Connection::open(&file).unwrap();
        for change in ["UPDATE followed SET person = 'eve'", "DELETE FROM followed"] {
            assert!(raw.execute(change, []).unwrap_err().to_string().contains("followed is never"), "{change}");
        }
    }

    #[test]
    fn g10_half_a_migration_leaves_the_old_schema() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store");
        let mut connection = old(&file);
        let next = "CREATE TABLE news (x) STRICT; UPDATE head SET commits = 0; INSERT INTO nowhere VALUES (1);";
        let newer = [VERSIONS, &["ALTER TABLE head ADD COLUMN more TEXT;", next]].concat();
        assert!(migrate(&mut connection, &newer).is_err(), "the last line of it fails");
        assert_eq!(stands(&connection), (NEWEST, 41, "ok".to_owned()));

        // A kill in the middle: what lies on the disk before the commit is opened by somebody else.
        let transaction = Transaction::new(&mut connection, TransactionBehavior::Immediate).unwrap();
        transaction.execute_batch("ALTER TABLE head ADD COLUMN more TEXT; UPDATE head SET commits = 0").unwrap();
        transaction.pragma_update(None, "user_version", NEWEST + 1).unwrap();
        let copy = folder.path().join("copy");
        for end in ["", "-wal"] {
            let name = |of: &Path| format!("{}{end}", of.display());
            std::fs::copy(name(&file), name(&copy)).unwrap();
        }
        assert_eq!(stands(&Connection::open(&copy).unwrap()), (NEWEST, 41, "ok".to_owned()));
        drop(transaction);
        migrate(&mut connection, &newer[..newer.len() - 1]).unwrap();
        assert_eq!(stands(&connection), (NEWEST + 1, 41, "ok".to_owned()));
    }
}
