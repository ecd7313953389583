//! Small things that a person keeps of a site: there after a restart, each once, and each site for itself.

use jiff::Timestamp;
use quarterdeck::domain::{EnvName, HostName, Lane, SiteName};
use quarterdeck::engine::store::{Store, Why};
use quarterdeck::port::act::StoreState;
use quarterdeck::port::keepsake::{Bookmark, BookmarkPlace, Keepsake};
use quarterdeck::port::log::{Cursor, Origin};

use super::common::{close, file, open, wait};

fn site(name: &str) -> SiteName {
    SiteName::new(name).unwrap()
}

fn bookmark(host: &str, lane: Lane, note: &str) -> Keepsake {
    Keepsake::Bookmark(Box::new(Bookmark {
        place: BookmarkPlace {
            environment: EnvName::new("production").unwrap(),
            origin: Origin { host: HostName::new(host).unwrap(), lane },
            cursor: Cursor::new("s=1;i=2;b=3").unwrap(),
        },
        at: Timestamp::from_microsecond(1_770_000_000_123_456).unwrap(),
        moment: Timestamp::from_microsecond(1_770_000_001_000_000).unwrap(),
        speaker: "backend".to_owned(),
        priority: 3,
        text: "webhook rejected: ß \"quoted\"".to_owned(),
        note: note.to_owned(),
    }))
}

#[tokio::test]
async fn what_is_kept_is_there_after_a_restart_each_thing_once() {
    let folder = tempfile::tempdir().unwrap();
    let shop = || site("shop");
    let filter = |query: &str| Keepsake::Filter { name: "night shift".to_owned(), query: query.to_owned() };
    let logs = Lane::File("/var/log/a b.log".into());
    let store = open(folder.path()).await;
    store.keep(shop(), bookmark("app-1", Lane::Journal, "")).await.unwrap();
    store.keep(shop(), bookmark("app-1", logs.clone(), "here it began")).await.unwrap();
    store.keep(shop(), filter("a")).await.unwrap();
    store.keep(shop(), filter("status>=500")).await.unwrap();
    store.keep(shop(), Keepsake::Looked(vec!["x".into(), "y".into()])).await.unwrap();
    store.keep(site("other"), Keepsake::Columns(vec!["status".into()])).await.unwrap();
    // The same line gets a note, and another loses its bookmark.
    store.keep(shop(), bookmark("app-1", Lane::Journal, "again")).await.unwrap();
    store.keep(shop(), bookmark("app-2", Lane::Journal, "")).await.unwrap();
    store.remove(shop(), bookmark("app-2", Lane::Journal, "").name()).await.unwrap();
    store.remove(shop(), bookmark("db-1", Lane::Journal, "").name()).await.unwrap();
    drop(store);
    close(folder.path());

    let store = open(folder.path()).await;
    let all = store.keepsakes(shop()).await.unwrap();
    let wanted = [
        bookmark("app-1", Lane::Journal, "again"),
        bookmark("app-1", logs, "here it began"),
        filter("status>=500"),
        Keepsake::Looked(vec!["x".into(), "y".into()]),
    ];
    assert_eq!(all, wanted);
    assert_eq!(store.keepsakes(site("other")).await.unwrap(), [Keepsake::Columns(vec!["status".into()])]);
}

#[tokio::test]
async fn what_can_not_be_kept_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await;
    close(folder.path());
    let connection = rusqlite::Connection::open(file(folder.path())).unwrap();
    connection.execute_batch("PRAGMA user_version = 999").unwrap();
    drop(connection);
    let store = quarterdeck::engine::store::Sqlite::open(folder.path());
    wait(&store, |state| matches!(state, StoreState::ReadOnly(why) if why.contains("newer"))).await;
    let refused = store.keep(site("shop"), Keepsake::Looked(Vec::new())).await.unwrap_err();
    assert!(matches!(refused.why, Why::Newer { .. }), "{refused}");
    assert!(refused.to_string().contains("keeping something of a site"), "{refused}");
}
