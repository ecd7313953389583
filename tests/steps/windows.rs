//! A deploy outside its windows, as a script does one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::{Desk, told};

pub(super) const DEPLOY: &str = "+++\nkind = \"deploy\"\n+++\n# P\n\n## Gate\n\n```sh {#look host=me}\ncat ROOM/there\n```\n\n\
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
    // That is known before anything begins.
    let planned = desk.qd(&["--plan"], None);
    assert_eq!(planned.status.code(), Some(0), "{}", told(&planned));
    let known = "window: frozen: the books are closed, opens";
    assert!(
        told(&planned).contains(known) && told(&planned).contains("; it stops before its first change"),
        "{planned:?}"
    );
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

/// A file system in the place of a folder that answers nothing, until this is let go.
struct Hung {
    child: Child,
    folder: std::path::PathBuf,
}

impl Hung {
    /// Nothing where this machine lets nobody make one.
    fn over(folder: std::path::PathBuf) -> Option<Self> {
        let script = "exec 3<>/dev/fuse && mount -i -t fuse hangs \"$1\" \
                      -o fd=3,rootmode=40000,user_id=0,group_id=0 && echo hangs && exec sleep 300";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(&folder).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut said).unwrap();
        let hung = Self { child, folder };
        (said == "hangs\n").then_some(hung)
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = Command::new("umount").arg("-l").arg(&self.folder).stderr(Stdio::null()).status();
    }
}

#[test]
fn a_site_on_a_file_system_that_hangs_holds_no_run_up_and_is_told() {
    let desk = Desk::here("");
    desk.document(
        "+++\nkind = \"deploy\"\n+++\n# P\n\n## Phase 1\n\n```sh {#one host=me danger=change}\necho one >>ROOM/truth\n\
         touch ROOM/begun; until [ -e ROOM/hangs ]; do sleep 0.1; done\n```\n\n\
         ## Phase 2\n\n```sh {#two host=me danger=change}\necho two >>ROOM/truth\n```\n\n\
         ```sh {#three host=me danger=change}\necho three >>ROOM/truth\n```\n",
    );
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &trusted, "--yes"];
    let going = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).spawn().unwrap();
    desk.wait_for("begun");
    let hung = Hung::over(desk.path("config/quarterdeck/sites/shop"));
    let begun = Instant::now();
    desk.write("hangs", "");
    let went = going.wait_with_output().unwrap();
    assert!(went.status.success(), "{}", told(&went));
    assert_eq!(desk.text("truth"), "one\ntwo\nthree\n");
    if hung.is_none() {
        return;
    }
    // Each part is preceded by a look; only the first of them waits for an answer.
    assert!(begun.elapsed() < Duration::from_secs(3 * 10), "{:?}", begun.elapsed());
    let said = told(&went);
    assert_eq!(said.matches("site.toml did not answer for 5 s").count(), 1, "{said}");
    assert!(said.contains("The windows and freezes that are known hold on."), "{said}");
}

/// What `qd` does where the lock host, which is this machine, has a clock that is so many seconds ahead.
fn by_a_clock(desk: &Desk, ahead: i64, more: &[&str]) -> Output {
    let shim = desk.path("shim");
    fs::create_dir_all(&shim).unwrap();
    let date = format!(
        "#!/bin/sh\ncase \"$*\" in +%s) echo $(($(/bin/date +%s) + ({ahead}))) ;; *) exec /bin/date \"$@\" ;; esac\n"
    );
    fs::write(shim.join("date"), date).unwrap();
    fs::set_permissions(shim.join("date"), fs::Permissions::from_mode(0o755)).unwrap();
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = [&["run", "./run.md", "shop", "-e", "lab", "--trust", &trusted], more].concat();
    let path = format!("{}:{}", shim.display(), std::env::var("PATH").unwrap());
    desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).env("PATH", path).output().unwrap()
}

#[test]
fn a_deploy_does_not_begin_by_clocks_that_are_more_than_a_minute_apart() {
    let desk = Desk::here("");
    let site = desk.site_here().replace("[environments.lab.hosts]", "lock_host = \"me\"\n[environments.lab.hosts]");
    desk.write("config/quarterdeck/sites/shop/site.toml", &site);
    desk.document(DEPLOY);
    desk.write("there", "");
    for (ahead, word) in [(90, "ahead of"), (-90, "behind"), (86_400, "ahead of")] {
        for more in [&["--yes"][..], &["--gate"], &["--plan"]] {
            let refused = by_a_clock(&desk, ahead, more);
            let said = told(&refused);
            assert_eq!(refused.status.success(), more == ["--plan"], "{ahead} {more:?}: {said}");
            assert!(said.contains("the clock of the lock host me is") && said.contains(word), "{more:?}: {said}");
            assert!(said.contains("More than 60 s apart"), "{said}");
        }
    }
    assert_eq!(desk.text("truth"), "", "nothing was begun");
    let planned = by_a_clock(&desk, 20, &["--plan"]);
    assert!(planned.status.success() && !told(&planned).contains("clock"), "{}", told(&planned));
    let done = by_a_clock(&desk, -20, &["--yes"]);
    assert!(done.status.success(), "{}", told(&done));
    assert_eq!(desk.text("truth"), "one\none\n");
}
