//! A deploy outside its windows, as a script does one.

use super::{Desk, told};

const DEPLOY: &str = "+++\nkind = \"deploy\"\n+++\n# P\n\n## Gate\n\n```sh {#look host=me}\ncat ROOM/there\n```\n\n\
    ## Phase 1\n\n```sh {#one host=\"me too\" danger=change}\necho one >>ROOM/truth\n```\n\n\
    ## Rollback\n\n```sh {#back host=me danger=change}\necho back >>ROOM/truth\n```\n";

/// A desk at which it is frozen from yesterday to tomorrow; `ada` may override that.
fn frozen(person: &str) -> Desk {
    let desk = Desk::here("");
    let day = |days: i64| (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d");
    let site = format!(
        "[roles]\nlead = [\"ada\"]\n{}",
        desk.site_here().replace(
            "[environments.lab.hosts]",
            &format!(
                "window_override = \"lead\"\n\
                 freezes = [{{ from = \"{}\", to = \"{}\", zone = \"UTC\", reason = \"the books are closed\" }}]\n\
                 [environments.lab.hosts]",
                day(-1),
                day(1)
            )
        )
    );
    // A key of the table at the top stands before the first table.
    let (title, rest) = site.split_once("title = \"shop\"\n").unwrap();
    desk.write("config/quarterdeck/sites/shop/site.toml", &format!("title = \"shop\"\n{title}{rest}"));
    desk.write("config/quarterdeck/config.toml", &format!("name = \"{person}\"\n"));
    desk.document(DEPLOY);
    desk.write("there", "");
    desk
}

#[test]
fn during_a_freeze_it_is_judged_and_changes_nothing_until_somebody_may_override_it() {
    let desk = frozen("ada");
    let held = desk.qd(&["--yes"], None);
    assert_eq!(held.status.code(), Some(75), "{}", told(&held));
    let said = told(&held);
    assert!(
        said.contains("frozen: the books are closed, opens") && said.contains("--override-window REASON"),
        "{said}"
    );
    assert_eq!(desk.text("truth"), "");
    let done = desk.resume(&["--override-window", "the shop is down"]);
    assert!(done.status.success(), "{}", told(&done));
    assert_eq!(desk.text("truth"), "one\none\n");
    let (run, _) = desk.recorded();
    let overridden = run.document.unwrap().decided.overridden.unwrap();
    assert_eq!((overridden.by.as_str(), overridden.why.as_str()), ("ada", "the shop is down"));
}

#[test]
fn who_has_not_the_role_overrides_nothing() {
    let desk = frozen("bo");
    let held = desk.qd(&["--yes", "--override-window", "I want it"], None);
    assert_eq!(held.status.code(), Some(75), "{}", told(&held));
    assert!(
        told(&held).contains("Only the role lead may override the windows, and bo has not got it."),
        "{}",
        told(&held)
    );
    assert_eq!(desk.text("truth"), "");
    let (run, _) = desk.recorded();
    assert!(run.document.is_some_and(|document| document.decided.overridden.is_none()));
}
