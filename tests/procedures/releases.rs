//! Releases made by the program itself, from a real repository: recorded, listed, refused, examined, taken back.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use super::{Desk, digest, told};

fn git(desk: &Desk, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(desk.path("shop")).args(words).env("HOME", desk.path("nowhere"));
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A repository with the versions v1 to v3, each with a migration, and a document that deploys one of them.
fn desk() -> Desk {
    let desk = Desk::new("");
    fs::create_dir(desk.path("shop")).unwrap();
    git(&desk, &["init", "--quiet", "--initial-branch=main", "."]);
    for number in 1..=3 {
        let text = if number == 3 { "ALTER TABLE a DROP COLUMN x;\n" } else { "CREATE TABLE a (x int);\n" };
        fs::create_dir_all(desk.path("shop/db")).unwrap();
        fs::write(desk.path("shop/db").join(format!("000{number}.sql")), text).unwrap();
        git(&desk, &["add", "--all"]);
        git(&desk, &["commit", "--quiet", "--message", &format!("change {number}")]);
        git(&desk, &["tag", &format!("v{number}")]);
    }
    let site = desk.path("config/quarterdeck/sites/shop/site.toml");
    let before = fs::read_to_string(&site).unwrap();
    let clone = desk.path("shop");
    fs::write(&site, format!("{before}[source]\nclone = \"{}\"\nmigrations = [\"db/*\"]\n", clone.display())).unwrap();
    let here = |name: &str| desk.path(name).display().to_string();
    let document = format!(
        "+++\nkind = \"deploy\"\n[release]\nversion = \"version\"\ncommit = \"commit\"\nmigrations = \"migrated\"\n\
         backup = \"dump\"\n[inputs.version]\ntype = \"version\"\n+++\n# Deploy\n\n\
         ```sh {{#commit host=here capture=commit danger=read}}\ngit -C {} rev-parse \"$version\"\n```\n\n\
         ```sh {{#dump host=me capture=dump danger=change}}\necho \"dump-before-$version\"\n```\n\n\
         ```sh {{#put host=me danger=change}}\necho \"$version\" >> {}; test ! -e {}\n```\n\n\
         ```sh {{#migrate host=me capture=migrated danger=change}}\necho \"m-$version irreversible\"\n```\n",
        here("shop"),
        here("truth"),
        here("broken")
    );
    desk.write("run.md", &document);
    desk
}

fn says(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
    for word in words {
        assert!(told(output).contains(word), "{word} is not said: {}", told(output));
    }
}

fn release(desk: &Desk, words: &[&str]) -> Output {
    desk.qd(&[&["release"], words, &["shop", "-e", "lab"]].concat(), None).output().unwrap()
}

fn listed(desk: &Desk) -> Vec<Value> {
    let output = release(desk, &["list", "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)));
    json["releases"].as_array().unwrap().clone()
}

fn deploy(desk: &Desk, version: &str) -> Output {
    desk.run(&["--input", &format!("version={version}"), "--on-failure", "abort"], None)
}

#[test]
fn deploys_are_recorded_with_what_they_were_and_what_fails_is_examined_before_it_is_tried_again() {
    let desk = desk();
    says(&release(&desk, &["list"]), 0, &["Nothing was released to lab of shop yet."]);
    says(&deploy(&desk, "v9"), 64, &["version: git knows no tag, branch or commit v9"]);
    says(&deploy(&desk, "--exec=x"), 64, &["begins with a dash"]);
    assert_eq!(desk.times(), 0, "nothing was begun");
    says(&deploy(&desk, "v1"), 0, &[]);
    says(&deploy(&desk, "v2"), 0, &[]);
    let all = listed(&desk);
    assert_eq!(all.len(), 2);
    let newest = &all[0];
    assert_eq!((newest["version"].as_str(), newest["verdict"].as_str()), (Some("v2"), Some("good")));
    assert_eq!(newest["commit"].as_str(), Some(git(&desk, &["rev-parse", "v2"]).as_str()));
    assert_eq!((&newest["runs_now"], &newest["hosts"]), (&Value::Bool(true), &serde_json::json!(["me"])));
    assert_eq!(newest["backup"].as_str(), Some("dump-before-v2"));
    let back = &all[1]["going_back"];
    assert_eq!((back["database"].as_str(), back["backup"].as_str()), (Some("restore"), Some("dump-before-v2")));

    let what = release(&desk, &["what", "v3"]);
    says(&what, 0, &["It replaces v2", "1 commit by Ada", "db/0003.sql (can't be taken back)", "DROP COLUMN x"]);
    says(&what, 0, &["me: v2"]);

    fs::write(desk.path("broken"), "").unwrap();
    says(&deploy(&desk, "v3"), 2, &["failed"]);
    fs::remove_file(desk.path("broken")).unwrap();
    let failed = listed(&desk).remove(0);
    assert_eq!((failed["version"].as_str(), failed["verdict"].as_str()), (Some("v3"), Some("failed")));
    let before = desk.times();
    let run = failed["run"].as_str().unwrap();
    says(&deploy(&desk, "v3"), 77, &["nobody has examined that", "qd release examine"]);
    let planned = desk.run(&["--input", "version=v3", "--plan"], None);
    says(&planned, 0, &["it would be refused", "nobody has examined that"]);
    assert_eq!(desk.times(), before, "nothing was begun");
    says(&release(&desk, &["what", "v3"]), 1, &["What it replaces is not clear: v3", "me: v3", "or v2"]);
    says(&release(&desk, &["show", run]), 2, &["deploy of v3", "nobody can go back to it"]);
    says(&release(&desk, &["examine", run]), 64, &["--reason"]);
    says(&release(&desk, &["examine", run, "--reason", "the disk was full"]), 0, &["may be deployed again"]);
    says(&deploy(&desk, "v3"), 0, &[]);
    says(&release(&desk, &["list"]), 0, &["failed, examined", "> "]);
}

#[test]
fn only_what_was_good_is_gone_back_to_and_what_it_takes_back_is_marked() {
    let desk = desk();
    for version in ["v1", "v2"] {
        says(&deploy(&desk, version), 0, &[]);
    }
    let document = format!(
        "+++\nkind = \"rollback\"\n[release]\nversion = \"back\"\n[inputs.back]\ntype = \"release\"\n+++\n# Back\n\n\
         ```sh {{#put host=me danger=change}}\necho \"$back\" >> {}\n```\n",
        desk.path("truth").display()
    );
    desk.write("run.md", &document);
    let go_back = |word: &str| desk.run(&["--input", &format!("back={word}")], None);
    says(&go_back("v3"), 64, &["no good release of it is recorded", "there are v1"]);
    says(&go_back("v2"), 64, &["no good release of it is recorded"]);
    assert_eq!(desk.times(), 2, "nothing was begun");
    says(&go_back("v1"), 0, &[]);
    let all = listed(&desk);
    assert_eq!((all[0]["kind"].as_str(), all[0]["version"].as_str()), (Some("rollback"), Some("v1")));
    assert_eq!(all[0]["commit"].as_str(), Some(git(&desk, &["rev-parse", "v1"]).as_str()), "as it was deployed");
    assert_eq!((all[1]["verdict"].as_str(), all[1]["stands"].as_str()), (Some("good"), Some("rolled-back")));
    says(&go_back("v2"), 64, &["there is none"]);
}

#[test]
fn the_commit_that_a_branch_meant_is_recorded_where_the_document_does_not_say_it() {
    let desk = desk();
    let document = |command: &str| {
        format!(
            "+++\nkind = \"deploy\"\n[release]\nversion = \"version\"\n[inputs.version]\ntype = \"version\"\n+++\n\
             # Deploy\n\n## Gate\n\n```sh {{#look host=here danger=read}}\ntrue\n```\n\n## Phase 1\n\n\
             ```sh {{#put host=me danger=change}}\n{command}\n```\n"
        )
    };
    let head = || git(&desk, &["rev-parse", "main"]);
    let newest = || listed(&desk).remove(0);
    desk.write("run.md", &document("true"));
    says(&deploy(&desk, "main"), 0, &[]);
    assert_eq!(newest()["commit"].as_str(), Some(head().as_str()));
    // What it means at the go counts, not what it meant when its gate was judged.
    let first = head();
    says(&desk.judge(&["--input", "version=main"]), 0, &[]);
    git(&desk, &["commit", "--quiet", "--allow-empty", "--message", "another"]);
    says(&desk.resume(&["--yes"]), 0, &[]);
    assert_ne!(head(), first);
    assert_eq!(newest()["commit"].as_str(), Some(head().as_str()));
    // Of one that goes on while it is deployed nobody knows which of its commits was taken.
    let moves = format!(
        "git -C {} -c user.name=Bo -c user.email=bo@example.com commit --quiet --allow-empty --message meanwhile",
        desk.path("shop").display()
    );
    desk.write("run.md", &document(&moves));
    says(&deploy(&desk, "main"), 0, &[]);
    assert_eq!(newest()["commit"].as_str(), None, "{}", newest());
    // A tag stays where it is.
    says(&deploy(&desk, "v2"), 0, &[]);
    assert_eq!(newest()["commit"].as_str(), Some(git(&desk, &["rev-parse", "v2"]).as_str()));
}

#[test]
fn what_another_workstation_released_is_gone_back_to_with_its_commit_as_the_lock_host_has_it() {
    if !rustix::process::getuid().is_root() {
        // Nobody else's file can be made here otherwise.
        return;
    }
    let ours = desk();
    let site = "config/quarterdeck/sites/shop/site.toml";
    let text = fs::read_to_string(ours.path(site)).unwrap();
    let text = text.replace("[environments.lab]\n", "[environments.lab]\nlock_host = \"me\"\n");
    ours.write(site, &text);
    for version in ["v1", "v2"] {
        says(&deploy(&ours, version), 0, &[]);
    }
    // Another login says that the first of them was of another commit.
    let (first, other) = (git(&ours, &["rev-parse", "v1"]), git(&ours, &["rev-parse", "v3"]));
    let run = listed(&ours)[1]["run"].as_str().unwrap().to_owned();
    let folder = ours.path("state-of-jobs/mirror/quarterdeck-shop-lab.releases");
    let record = fs::read_to_string(folder.join(format!("{run}.release.0"))).unwrap();
    let forged = folder.join(format!("{run}.release.65534"));
    assert!(record.contains(&first), "{record}");
    fs::write(&forged, record.replace(&first, &other)).unwrap();
    std::os::unix::fs::chown(&forged, Some(65_534), Some(65_534)).unwrap();

    // A machine that has recorded nothing of it itself.
    let theirs = Desk::new("");
    theirs.write(site, &text);
    theirs.write(
        "run.md",
        &format!(
            "+++\nkind = \"rollback\"\n[release]\nversion = \"back\"\n[inputs.back]\ntype = \"release\"\n+++\n# Back\n\n\
             ```sh {{#put host=me danger=change}}\necho \"$back\" >> {}\n```\n",
            ours.path("truth").display()
        ),
    );
    let back = theirs.run(&["--input", "back=v1"], None);
    says(&back, 0, &["The login nobody says that run"]);
    let newest = listed(&theirs).remove(0);
    assert_eq!((newest["kind"].as_str(), newest["version"].as_str()), (Some("rollback"), Some("v1")));
    assert_eq!(newest["commit"].as_str(), Some(first.as_str()), "{newest}");
}

#[test]
fn a_backup_that_was_made_behind_what_is_lost_is_refused_before_anything_is_done() {
    let desk = desk();
    for version in ["v1", "v2", "v3"] {
        says(&deploy(&desk, version), 0, &[]);
    }
    let back = "+++\nkind = \"rollback\"\n[inputs.back]\ntype = \"release\"\n[inputs.dump]\nbackups = true\n+++\n# Back\n\n\
                ```sh {#load host=me danger=change}\necho \"$dump\" >> LOADED\n```\n";
    desk.write("back.md", &back.replace("LOADED", &desk.path("loaded").display().to_string()));
    let trusted = digest(&desk.path("back.md"));
    let goes = |more: &[&str]| {
        let words = ["run", "./back.md", "shop", "-e", "lab", "--trust", &trusted, "--input", "back=v1"];
        desk.qd(&[&words, more].concat(), None).output().unwrap()
    };
    let missing = goes(&["--yes"]);
    says(&missing, 64, &["dump is needed"]);
    let late = "dump: v3 made it, behind m-v2 of v2, so what that lost is not in it: take dump-before-v2";
    for how in ["--plan", "--yes"] {
        says(&goes(&["--input", "dump=dump-before-v3", how]), 77, &[late]);
        assert!(!desk.path("loaded").exists(), "nothing was done");
    }
    for good in ["dump-before-v2", "dump-before-v1", "last-night"] {
        says(&goes(&["--input", &format!("dump={good}"), "--plan"]), 0, &[]);
    }
    says(&goes(&["--input", "dump=dump-before-v2", "--yes"]), 0, &[]);
    assert_eq!(fs::read_to_string(desk.path("loaded")).unwrap(), "dump-before-v2\n");
}
