//! Against real repositories, made for each test: good ones, hostile ones, cut ones, and none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::domain::release::Reversible;
use crate::domain::source::DESTRUCTIVE;

/// A repository with its own home, so that nobody's configuration counts.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(repository.path()).unwrap();
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn git(&self, words: &[&str]) -> String {
        self.git_in(&self.path(), words)
    }

    fn git_in(&self, folder: &Path, words: &[&str]) -> String {
        let home = self.folder.path();
        let mut command = Command::new("git");
        command.current_dir(folder).args(words).env("HOME", home).env("XDG_CONFIG_HOME", home);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{who}_DATE"), "1760000000 +0000");
        }
        let done = command.output().unwrap();
        assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A commit of everything that was written: its name.
    fn commit(&self, subject: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", subject]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn asked(&self, place: Place) -> Git {
        let source = Source {
            place,
            migrations: vec!["services/*/migrations/*".to_owned()],
            destructive: DESTRUCTIVE.map(str::to_owned).to_vec(),
        };
        Git::new(Arc::new(source), Some(self.folder.path().to_owned()), self.folder.path().join("cache"))
    }

    fn clone_asked(&self) -> Git {
        self.asked(Place::Clone("~/shop".to_owned()))
    }

    fn address_asked(&self) -> Git {
        self.asked(Place::Repository(format!("file://{}", self.path().display())))
    }
}

fn names(versions: &[Version]) -> Vec<String> {
    versions.iter().map(|one| format!("{} {}", one.named.word(), one.name.plain())).collect()
}

#[tokio::test]
async fn tags_branches_and_commits_are_offered_and_each_means_one_commit() {
    let shop = Repository::new();
    let first = shop.commit("first");
    shop.git(&["tag", "--annotate", "--message", "one", "v1"]);
    let second = shop.commit("second");
    shop.git(&["tag", "v2"]);
    shop.git(&["branch", "feature/pay"]);
    for git in [shop.clone_asked(), shop.address_asked()] {
        let offered = names(&git.versions().await.unwrap());
        for wanted in ["tag v1", "tag v2", "branch main", "branch feature/pay"] {
            assert!(offered.iter().any(|one| one == wanted), "{wanted} in {offered:?}");
        }
        for (name, id) in [("v1", &first), ("v2", &second), ("main", &second), (&first[..9], &first), (&first, &first)]
        {
            assert_eq!(git.resolve(name).await.unwrap().id, *id, "{name}");
        }
        let why = git.resolve("v3").await.unwrap_err();
        assert!(why.contains("git knows no tag, branch or commit v3"), "{why}");
        for bad in ["HEAD", "deadbeefdeadbeef"] {
            assert!(git.resolve(bad).await.unwrap_err().contains("git knows no"), "{bad}");
        }
        for bad in ["--upload-pack=touch /tmp/x", "main~1", "v1..v2", ":/first", "@{-1}", "$(id)"] {
            assert!(git.resolve(bad).await.is_err(), "{bad}");
        }
    }
    // Newest first, with who wrote it.
    let offered = shop.clone_asked().versions().await.unwrap();
    let commits: Vec<&Version> = offered.iter().filter(|one| one.named == Named::Commit).collect();
    assert_eq!((commits[0].commit.id.as_str(), commits[0].commit.author.plain().as_str()), (second.as_str(), "Ada"));
}

#[tokio::test]
async fn a_name_that_is_two_commits_is_none() {
    let shop = Repository::new();
    shop.commit("first");
    shop.git(&["tag", "twice"]);
    shop.commit("second");
    shop.git(&["branch", "twice"]);
    for git in [shop.clone_asked(), shop.address_asked()] {
        let why = git.resolve("twice").await.unwrap_err();
        assert!(why.contains("twice is more than one commit"), "{why}");
    }
    // As behind what was fetched last.
    let other = shop.folder.path().join("other");
    shop.git_in(shop.folder.path(), &["clone", "--quiet", "shop", "other"]);
    shop.git_in(&other, &["reset", "--quiet", "--hard", "HEAD~1"]);
    let git = shop.asked(Place::Clone("~/other".to_owned()));
    let why = git.resolve("main").await.unwrap_err();
    assert!(why.contains("the branch main is") && why.contains("the branch origin/main is"), "{why}");
    assert!(git.resolve("origin/main").await.is_ok());
}

#[tokio::test]
async fn what_is_new_are_commits_their_authors_and_migrations_with_what_they_destroy() {
    let shop = Repository::new();
    shop.write("services/api/migrations/0001_a.sql", "CREATE TABLE a (x int);\n");
    let first = shop.commit("first");
    shop.write("services/api/migrations/0002_b.sql", "ALTER TABLE a ADD COLUMN y int;\n-- DROP TABLE a is for later\n");
    shop.write("services/api/migrations/0003_c/migration.sql", "BEGIN;\nalter table a drop column y;\nCOMMIT;\n");
    shop.write("services/api/migrations/0001_a.sql", "CREATE TABLE a (x bigint);\n");
    shop.write("services/api/src/x.sql", "DROP TABLE a;\n");
    shop.commit("pay \u{1b}]0;owned\u{7} \u{202e}now");
    shop.write("services/api/migrations/0004_big.sql", &"x".repeat(300 << 10));
    let last = shop.commit("third");
    for git in [shop.clone_asked(), shop.address_asked()] {
        let facts = git.facts("main", Some(&first)).await.unwrap();
        assert_eq!(facts.commit.id, last);
        let since = facts.since.unwrap().unwrap();
        assert_eq!((since.ahead, since.behind, since.more), (2, 0, false));
        assert_eq!(since.authors, [("Ada".into(), 2)]);
        // The raw bytes are kept, and what is shown does nothing.
        assert!(since.commits[1].subject.plain().contains("‹U+202E›"), "{:?}", since.commits[1].subject);
        let told: Vec<_> =
            since.migrations.iter().map(|one| (one.migration.name.plain(), one.migration.reversible)).collect();
        let of = |name: &str, reversible| (format!("services/api/migrations/{name}"), reversible);
        assert_eq!(
            told,
            [
                of("0002_b.sql", Reversible::Yes),
                of("0003_c/migration.sql", Reversible::No),
                of("0004_big.sql", Reversible::Unknown)
            ]
        );
        assert_eq!(since.migrations[1].why, ["alter table a drop column y;".into()]);
        assert_eq!(since.changed, ["services/api/migrations/0001_a.sql".into()]);
        // The other way: what would be taken away.
        let back = git.facts(&first, Some(&last)).await.unwrap().since.unwrap().unwrap();
        assert_eq!((back.ahead, back.behind, back.migrations.len()), (0, 2, 0));
        let same = git.facts("main", Some(&last)).await.unwrap().since.unwrap().unwrap();
        assert_eq!((same.ahead, same.behind), (0, 0));
    }
}

#[tokio::test]
async fn nothing_of_a_hostile_repository_runs() {
    let shop = Repository::new();
    let first = shop.commit("first");
    let mark = shop.folder.path().join("ran");
    let touch = format!("touch {}", mark.display());
    shop.write(".gitattributes", "* diff=evil filter=evil\n");
    shop.write("services/api/migrations/0001.sql", "DROP TABLE a;\n");
    let config = [
        ("core.fsmonitor", touch.as_str()),
        ("core.pager", &touch),
        ("pager.log", &touch),
        ("diff.external", &touch),
        ("diff.evil.textconv", &touch),
        ("diff.evil.command", &touch),
        ("gpg.program", &touch),
        ("log.showSignature", "true"),
        ("core.sshCommand", &touch),
        ("core.askPass", &touch),
        ("core.alternateRefsCommand", &touch),
        ("uploadpack.packObjectsHook", &touch),
        ("remote.origin.url", "ext::sh -c touch% ran"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialclonefilter", "blob:none"),
    ];
    shop.commit("evil");
    for (key, value) in config {
        shop.git(&["config", key, value]);
    }
    for hook in ["post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"] {
        let path = shop.path().join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{touch}\n")).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    // A piece is missing, so that git would fetch it from where the repository says.
    let blob = shop.git(&["rev-parse", "HEAD:services/api/migrations/0001.sql"]);
    std::fs::remove_file(shop.path().join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    let git = shop.clone_asked();
    git.versions().await.unwrap();
    let since = git.facts("main", Some(&first)).await.unwrap().since.unwrap().unwrap();
    assert_eq!(since.migrations[0].migration.reversible, Reversible::Unknown, "it can't be read");
    assert!(!mark.exists(), "something of the repository ran");
}

#[tokio::test]
async fn hostile_names_are_shown_harmless_and_mean_what_they_say() {
    let shop = Repository::new();
    let id = shop.commit("first");
    // As a server could send them, past git's own rules.
    let packed = format!(
        "# pack-refs with: peeled fully-peeled sorted\n{id} refs/tags/$(id)\n{id} refs/tags/--upload-pack=x\n{id} refs/tags/v1\u{202e}\n"
    );
    std::fs::write(shop.path().join(".git/packed-refs"), packed).unwrap();
    let git = shop.clone_asked();
    let offered = git.versions().await.unwrap();
    assert!(names(&offered).iter().all(|name| !name.contains('\u{202e}')));
    for name in ["--upload-pack=x", "$(id)"] {
        assert!(
            names(&offered).iter().all(|one| !one.contains(name)),
            "what can't be chosen is not offered: {offered:?}"
        );
        assert!(git.resolve(name).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_shallow_clone_says_that_it_is_one() {
    let shop = Repository::new();
    let first = shop.commit("first");
    shop.commit("second");
    let last = shop.commit("third");
    let address = format!("file://{}", shop.path().display());
    shop.git_in(shop.folder.path(), &["clone", "--quiet", "--depth=1", &address, "cut"]);
    let git = shop.asked(Place::Clone("~/cut".to_owned()));
    assert_eq!(git.resolve("main").await.unwrap().id, last);
    let why = git.facts("main", Some(&first)).await.unwrap().since.unwrap().unwrap_err();
    assert!(why.contains("git knows no tag, branch or commit"), "{why}");
    // Both are there, and nothing between them.
    shop.git_in(&shop.folder.path().join("cut"), &["fetch", "--quiet", "--depth=1", "origin", &first]);
    let why = git.facts("main", Some(&first)).await.unwrap().since.unwrap().unwrap_err();
    assert!(why.contains("shallow"), "{why}");
}

#[tokio::test]
async fn a_long_history_is_counted_whole_and_told_in_part() {
    let shop = Repository::new();
    let first = shop.commit("first");
    let mut stream = format!("reset refs/heads/main\nfrom {first}\n\n");
    for number in 0..10_000 {
        let subject = format!("change {number}");
        let who = if number % 4 == 0 { "Bo <bo@example.com>" } else { "Ada <ada@example.com>" };
        stream += &format!(
            "commit refs/heads/main\ncommitter {who} {} +0000\ndata {}\n{subject}\n",
            1_760_000_000 + number,
            subject.len()
        );
    }
    let file = shop.folder.path().join("stream");
    std::fs::write(&file, stream).unwrap();
    let fed = Command::new("git")
        .args(["fast-import", "--quiet", "--force"])
        .current_dir(shop.path())
        .env("HOME", shop.folder.path())
        .stdin(std::fs::File::open(&file).unwrap())
        .status()
        .unwrap();
    assert!(fed.success());
    let git = shop.clone_asked();
    let since = git.facts("main", Some(&first)).await.unwrap().since.unwrap().unwrap();
    assert_eq!((since.ahead, since.commits.len(), since.more), (10_000, 200, true));
    assert_eq!(since.authors, [("Ada".into(), 7_500), ("Bo".into(), 2_500)]);
    assert_eq!(since.commits[0].subject.plain(), "change 9999");
    assert!(git.versions().await.unwrap().len() <= OFFERED + 50);
}

#[tokio::test]
async fn a_clone_that_another_git_is_at_is_read_all_the_same() {
    let shop = Repository::new();
    let id = shop.commit("first");
    for lock in ["index.lock", "HEAD.lock", "packed-refs.lock", "refs/heads/main.lock", "config.lock", "shallow.lock"] {
        std::fs::write(shop.path().join(".git").join(lock), "").unwrap();
    }
    let git = shop.clone_asked();
    assert_eq!(git.resolve("main").await.unwrap().id, id);
    assert!(!git.versions().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_repository_says_so() {
    let shop = Repository::new();
    let none = shop.asked(Place::Clone("~/nothing".to_owned())).versions().await.unwrap_err();
    assert!(none.contains("there is no clone at ~/nothing"), "{none}");
    // Inside another repository: that one is not meant.
    std::fs::create_dir(shop.path().join("inside")).unwrap();
    let inside = shop.asked(Place::Clone("~/shop/inside".to_owned())).versions().await.unwrap_err();
    assert!(inside.contains("not a git repository"), "{inside}");
    let away = format!("file://{}/away", shop.folder.path().display());
    let away = shop.asked(Place::Repository(away)).versions().await.unwrap_err();
    assert!(away.contains("can't be asked"), "{away}");
    let odd = shop.asked(Place::Repository("ext::sh -c id".to_owned())).versions().await.unwrap_err();
    assert!(odd.contains("not allowed"), "{odd}");
    let empty = shop.clone_asked().versions().await.unwrap();
    assert_eq!(empty, [], "nothing was committed yet");
}

#[test]
fn names_count_their_numbers() {
    let mut all = ["v1.10", "v1.9", "v1.9.1", "v10", "v2"].map(Foreign::from).to_vec();
    all.sort_by_key(natural);
    assert_eq!(all, ["v1.9", "v1.9.1", "v1.10", "v2", "v10"].map(Foreign::from));
}

#[tokio::test]
async fn a_repository_neither_names_files_to_be_read_nor_says_things_in_an_encoding_of_its_own() {
    let shop = Repository::new();
    let first = shop.commit("first");
    shop.commit("second");
    // What nobody ever writes into holds up whoever reads it.
    let pipe = shop.folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    shop.git(&["config", "i18n.logOutputEncoding", "UTF-16"]);
    shop.git(&["config", "mailmap.file", &pipe.to_string_lossy()]);
    let begun = std::time::Instant::now();
    let facts = shop.clone_asked().facts("main", Some(&first)).await.unwrap();
    assert_eq!(facts.commit.subject.plain(), "second");
    let since = facts.since.unwrap().unwrap();
    assert_eq!((since.ahead, since.authors), (1, vec![("Ada".into(), 1)]));
    assert!(begun.elapsed() < READ, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_new_since_a_branch_that_may_have_moved_is_not_known() {
    let shop = Repository::new();
    let first = shop.commit("first");
    shop.git(&["tag", "v1"]);
    shop.commit("second");
    for git in [shop.clone_asked(), shop.address_asked()] {
        for from in ["v1", &first, &first[..10]] {
            let since = git.facts("main", Some(from)).await.unwrap().since.unwrap().unwrap();
            assert_eq!((since.ahead, since.behind), (1, 0), "{from}");
        }
        // Of itself now it is the same, and that says nothing of what it was.
        let why = git.facts("main", Some("main")).await.unwrap().since.unwrap().unwrap_err();
        assert_eq!(why, "of which commit main was then is not recorded");
    }
}
