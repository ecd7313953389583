//! What follows a release, from the deploy to the last item of its checklists, as it is done on a command line.

use std::fs;
use std::process::Output;

use quarterdeck::domain::release::{Followed, Said};
use quarterdeck::domain::{EnvName, SiteName};
use quarterdeck::engine::store::{Sqlite, Store};

use super::{Desk, told};

const DEPLOY: &str = "+++\nkind = \"deploy\"\n[release]\nversion = \"version\"\n[inputs.version]\n+++\n# Deploy\n\n\
    ## Phase 1\n\n```sh {#put host=me danger=change capture=colour}\necho \"$version\" >ROOM/truth\necho green\n```\n\n\
    ## Follow-up: the first hour {due=1h}\n\n\
    1. It runs.\n\n   ```sh {#runs host=me danger=read}\n   echo looked >>ROOM/looked\n   grep \"$version\" ROOM/truth\n   ```\n\n\
    2. It is the new one.\n\n   ```sh {#colour host=me danger=read}\n   test \"$colour\" = green && test ! -e ROOM/red\n   ```\n\n\
    3. [ ] Nobody complains. <!-- {#users} -->\n4. [ ] Times are within their limits. <!-- {#times evidence} -->\n\n\
    ## Follow-up: at once {due=1s}\n\n- [ ] The team knows. {#team}\n";

fn desk() -> Desk {
    let desk = Desk::here("");
    desk.write("config/quarterdeck/config.toml", "name = \"ada\"\n");
    fs::create_dir_all(desk.path("config/quarterdeck/sites/shop/procedures")).unwrap();
    let room = desk.folder.path().display().to_string();
    desk.write("config/quarterdeck/sites/shop/procedures/deploy.md", &DEPLOY.replace("ROOM", &room));
    desk
}

fn qd(desk: &Desk, arguments: &[&str]) -> Output {
    desk.command(env!("CARGO_BIN_EXE_qd"), arguments).output().unwrap()
}

/// The same of the releases of the shop, with how it ended and what it said.
fn follow(desk: &Desk, arguments: &[&str]) -> (Option<i32>, String) {
    let (run, more) = arguments.split_first().unwrap();
    let output = qd(desk, &[&["release", "follow", run, "shop", "-e", "lab"], more].concat());
    (output.status.code(), told(&output))
}

/// Everything that was ever said.
fn kept(desk: &Desk) -> Vec<Followed> {
    let store = Sqlite::open(&desk.path("data/quarterdeck"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        store.state().changed().await.unwrap();
        let (site, environment) = (SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap());
        store.releases(site, environment).await.unwrap().followed
    })
}

#[test]
fn what_follows_a_release_is_kept_listed_looked_at_and_ticked() {
    let desk = desk();
    let went = qd(&desk, &["run", "deploy", "shop", "-e", "lab", "--yes", "--input", "version=v2"]);
    assert!(went.status.success(), "{}", told(&went));
    assert_eq!((desk.text("truth").as_str(), desk.text("looked").as_str()), ("v2\n", ""), "nothing of it runs with it");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let (code, said) = follow(&desk, &["all"]);
    assert_eq!(code, Some(1), "{said}");
    for text in ["v2", "Follow-up: the first hour, due in 59m", "open      runs", "overdue   team", "was due"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let listed = told(&qd(&desk, &["release", "list", "shop", "-e", "lab"]));
    assert!(listed.contains("1 item is overdue"), "{listed}");
    let run = desk.recorded().0.id.to_string();
    let shown = told(&qd(&desk, &["release", "show", &run, "shop", "-e", "lab"]));
    assert!(shown.contains("overdue   team"), "{shown}");

    // What the console can see to by itself; it is asked again as often as anybody wants, and each answer is kept.
    let (code, said) = follow(&desk, &["now", "--check"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("well      runs") && said.contains("ada at") && said.contains(": v2"), "{said}");
    assert!(said.contains("well      colour"), "what the run has found out is known: {said}");
    fs::write(desk.path("red"), "").unwrap();
    let (code, said) = follow(&desk, &[&run, "--check"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("not well  colour") && said.contains("it ended with 1"), "{said}");
    assert_eq!(desk.text("looked"), "looked\nlooked\n");
    fs::remove_file(desk.path("red")).unwrap();
    follow(&desk, &["now", "--check"]);
    let colour: Vec<Said> =
        kept(&desk).iter().filter(|one| one.part.as_str() == "colour").map(|one| one.said).collect();
    assert_eq!(colour, [Said::Well, Said::Bad, Said::Well]);

    // What a person sees to: a name that is none, or a note that is missing, and nothing at all is kept.
    let before = kept(&desk).len();
    for wrong in [vec!["--tick", "team", "--tick", "nobody"], vec!["--tick", "team", "--tick", "times"]] {
        let (code, said) = follow(&desk, &[&[run.as_str()], &wrong[..]].concat());
        assert_eq!((code, kept(&desk).len()), (Some(64), before), "{said}");
    }
    let (code, said) = follow(&desk, &[&run, "--tick", "team=told in the chat", "--failed", "times=p95 is 612 ms"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("well      team") && said.contains("told in the chat"), "{said}");
    let (code, said) = follow(&desk, &[&run, "--tick", "users", "--tick", "times=p95 is 300 ms again", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\"state\": \"well\"") && said.contains("\"not_well\": 0"), "{said}");
    let users = kept(&desk).into_iter().find(|one| one.part.as_str() == "users").unwrap();
    assert_eq!((users.person.as_str(), users.said), ("ada", Said::Well));
    let listed = told(&qd(&desk, &["release", "list", "shop", "-e", "lab"]));
    assert!(!listed.contains("overdue") && !listed.contains("not well"), "{listed}");

    // With --read-only nothing is kept.
    let count = kept(&desk).len();
    let refused = qd(&desk, &["--read-only", "release", "follow", &run, "shop", "-e", "lab", "--tick", "users"]);
    assert!(!refused.status.success() && kept(&desk).len() == count, "{}", told(&refused));
    // The next release is followed instead.
    let went = qd(&desk, &["run", "deploy", "shop", "-e", "lab", "--yes", "--input", "version=v3"]);
    assert!(went.status.success(), "{}", told(&went));
    let (_, said) = follow(&desk, &["all"]);
    assert!(said.contains("which runs no more") && said.find("v3") < said.find("v2"), "{said}");
}

const SECRET: &str = "hunter2-of-the-shop";

/// A document whose run gives a host a secret, which the host goes on to print.
const SECRETIVE: &str = "+++\nkind = \"deploy\"\n[release]\nversion = \"version\"\n[inputs.version]\n[inputs.token]\n\
    secret = true\nfrom_env = \"SHOP_TOKEN\"\n+++\n# Deploy\n\n\
    ## Phase 1\n\n```sh {#put host=me danger=change}\nprintf '%s\\n' \"$token\" >ROOM/kept\n```\n\n\
    ## Follow-up: the first hour {due=1h}\n\n\
    1. It is well.\n\n   ```sh {#well host=me danger=read}\n   echo \"the token is $(cat ROOM/kept)\"\n   ```\n\n\
    2. It is not.\n\n   ```sh {#bad host=me danger=read}\n   cat ROOM/kept; false\n   ```\n";

/// All that lies on the lock host of what was said of checklists.
fn on_the_lock_host(desk: &Desk) -> String {
    let place = desk.path("state-of-jobs/mirror/quarterdeck-shop-lab.followed");
    let place = if place.exists() { place } else { "/var/tmp/quarterdeck-shop-lab.followed".into() };
    let files = fs::read_dir(place).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    files.collect()
}

#[test]
fn what_a_host_prints_after_a_release_shows_no_secret_that_its_run_was_given() {
    let desk = desk();
    let site = desk.site_here().replace("[environments.lab.hosts]", "lock_host = \"me\"\n[environments.lab.hosts]");
    desk.write("config/quarterdeck/sites/shop/site.toml", &site);
    let room = desk.folder.path().display().to_string();
    desk.write("config/quarterdeck/sites/shop/procedures/deploy.md", &SECRETIVE.replace("ROOM", &room));
    let with = |arguments: &[&str]| {
        desk.command(env!("CARGO_BIN_EXE_qd"), arguments).env("SHOP_TOKEN", SECRET).output().unwrap()
    };
    let went = with(&["run", "deploy", "shop", "-e", "lab", "--yes", "--input", "version=v2"]);
    assert!(went.status.success(), "{}", told(&went));
    assert_eq!(desk.text("kept").trim_end(), SECRET, "the host was given it");
    // Where it is not known, nothing is shown of what may hold it.
    let (code, said) = follow(&desk, &["now", "--check"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("it ended with 0; what it printed is hidden: it may hold token"), "{said}");
    assert!(said.contains("it ended with 1; what it printed is hidden"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    // Where it is, it alone is hidden.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let looked = with(&["release", "follow", "now", "shop", "-e", "lab", "--check"]);
    let said = told(&looked);
    assert!(!said.contains(SECRET) && said.contains("the token is ***"), "{said}");
    let lies = on_the_lock_host(&desk);
    assert!(lies.contains("\"well\"") && lies.contains("\"not well\"") && !lies.contains(SECRET), "{lies}");
    assert!(kept(&desk).iter().all(|one| !one.note.plain().contains(SECRET)));
}
