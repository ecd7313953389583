//! Approvals (fault E18): asked for by a gate, given from another workstation, bound to what is planned.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::*;
use crate::pty::{Launch, Pty};

const PLAN: &str = "+++\ntitle = \"Ship\"\nkind = \"deploy\"\n\n[release]\nversion = \"version\"\ncommit = \"commit\"\n\n\
    [[inputs]]\nname = \"version\"\n+++\n\n# Ship\n\n## Gate\n\n\
    ```sh {#find host=me danger=read capture=commit expires=1s}\ncat COMMIT\n```\n\n\
    - Two have looked. {#two approve=\"1 of lead\" not_self expires=1h}\n\n\
    ## Phase 1\n\n```sh {#place host=me danger=change}\nprintf '%s\\n' \"$version\" >> TRUTH\n```\n\n\
    ## Verify\n\n```sh {#see host=me danger=read}\ncat TRUTH\n```\n\n## Rollback\n\n```sh {#back host=me}\ntrue\n```\n";

/// The workstations of ada, who ships, and of bo, who approves; the lock host is this machine.
struct Two {
    folder: TempDir,
    site: String,
}

impl Two {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let site = format!("approve-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let two = Self { folder: TempDir::new().unwrap(), site };
        two.write("COMMIT", "1111111aaaa\n");
        let mut signers = String::new();
        for person in ["ada", "bo", "cy"] {
            let key = two.key(person);
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
            assert!(made.unwrap().success());
            signers += &format!("{person} {}", fs::read_to_string(key.with_extension("pub")).unwrap());
            two.write(&format!("{person}/config/quarterdeck/config.toml"), &format!("name = \"{person}\"\n"));
        }
        for person in ["ada", "bo", "cy"] {
            two.write(&two.of(person, "allowed_signers"), &signers);
            two.document(person, PLAN);
            two.hosts(person, "me = { local = true, become = \"never\" }\n", "");
        }
        two
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn key(&self, person: &str) -> PathBuf {
        self.path(&format!("key-{person}"))
    }

    fn of(&self, person: &str, name: &str) -> String {
        format!("{person}/config/quarterdeck/sites/{}/{name}", self.site)
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.path(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn document(&self, person: &str, text: &str) {
        let (commit, truth) = (self.path("COMMIT"), self.path("TRUTH"));
        let text = text.replace("cat COMMIT", &format!("cat {}", commit.display()));
        let text = text.replace("TRUTH", &truth.display().to_string());
        self.write(&self.of(person, "procedures/ship.md"), &text);
    }

    fn hosts(&self, person: &str, hosts: &str, rules: &str) {
        let state = self.path("state-of-jobs");
        let text = format!(
            "title = \"shop\"\n[roles]\nlead = [\"ada\", \"bo\", \"cy\"]\n[approvals]\nallowed_signers = \"allowed_signers\"\n{rules}\
             [environments.lab]\nstate_directory = \"{}\"\nlock_host = \"me\"\n[environments.lab.hosts]\n{hosts}",
            state.display()
        );
        self.write(&self.of(person, "site.toml"), &text);
    }

    fn qd(&self, person: &str, arguments: &[&str]) -> Output {
        self.qd_at(person, person, arguments)
    }

    /// The same at the desk of somebody.
    fn qd_at(&self, desk: &str, person: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_qd")).args(arguments).current_dir(self.folder.path());
        for (name, folder) in
            [("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")]
        {
            command.env(name, self.path(person).join(folder));
        }
        command.env("USER", desk).env_remove("QD_FAULT_JOBS").stdin(Stdio::null());
        command.output().unwrap()
    }

    /// The same at a terminal.
    fn at_terminal(&self, person: &str, arguments: &[&str]) -> Pty {
        let mut launch = Launch::qd(arguments).size(160, 60).folder(self.folder.path()).without("QD_FAULT_JOBS");
        launch = launch.without("VISUAL").without("EDITOR").variable("USER", person);
        for (name, folder) in
            [("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")]
        {
            launch = launch.variable(name, self.path(person).join(folder));
        }
        launch.start()
    }

    /// The gate is judged, and the run stays open: what was told, and its name.
    fn begun(&self) -> (String, String) {
        let output = self.qd("ada", &["run", "ship", &self.site, "-e", "lab", "--gate", "--input", "version=v2"]);
        let said = told(&output);
        assert_ne!(output.status.code(), Some(0), "{said}");
        let listed = self.qd("ada", &["runs", "--json"]);
        let text = String::from_utf8(listed.stdout).unwrap();
        let at = text.find("\"id\"").unwrap_or_else(|| panic!("no run in {text}{said}"));
        (said, text[at..].split('"').nth(3).unwrap().to_owned())
    }

    fn show(&self, person: &str, run: &str) -> (String, String) {
        let output = self.qd(person, &["approve", run, &self.site, "-e", "lab", "--show"]);
        let said = told(&output);
        assert!(output.status.success(), "{said}");
        let digest = said.split("sha256 ").nth(1).unwrap_or_else(|| panic!("{said}"));
        (digest.split_whitespace().next().unwrap().to_owned(), said)
    }

    fn approve(&self, person: &str, run: &str, signs: bool) -> Output {
        self.approve_at(person, person, run, signs)
    }

    fn approve_at(&self, desk: &str, person: &str, run: &str, signs: bool) -> Output {
        let (digest, _) = self.show(person, run);
        let key = self.key(person).display().to_string();
        let mut arguments = vec!["approve", run, &self.site, "-e", "lab", "--digest", &digest];
        if signs {
            arguments.extend(["--key", &key]);
        }
        self.qd_at(desk, person, &arguments)
    }

    /// Goes on with the run as far as it goes.
    fn go(&self, run: &str) -> Output {
        self.qd("ada", &["run", &self.site, "-e", "lab", "--resume", run, "--yes", "--on-failure", "retry"])
    }

    fn truth(&self) -> String {
        fs::read_to_string(self.path("TRUTH")).unwrap_or_default()
    }
}

impl Drop for Two {
    fn drop(&mut self) {
        let start = format!("quarterdeck-{}", self.site);
        for entry in fs::read_dir("/var/tmp").unwrap().filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(&start) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

#[test]
fn a_run_goes_ahead_when_somebody_else_has_signed_its_plan() {
    let two = Two::new();
    let (said, run) = two.begun();
    assert!(said.contains("1 of 1 approvals by lead missing"), "{said}");
    let (_, shown) = two.show("bo", &run);
    for words in ["printf '%s", "version = 'v2'", "commit 1111111aaaa", "1 of lead, not by oneself (1 missing)"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let claimed = two.approve("bo", &run, false);
    assert_eq!(claimed.status.code(), Some(77), "{}", told(&claimed));
    let approved = two.approve("bo", &run, true);
    assert!(approved.status.success(), "{}", told(&approved));
    let gone = two.go(&run);
    assert!(gone.status.success(), "{}", told(&gone));
    assert!(told(&gone).contains("approved by bo"), "{}", told(&gone));
    assert_eq!(two.truth(), "v2\n");
}

#[test]
fn e18_nobody_approves_their_own_run() {
    let two = Two::new();
    let (_, run) = two.begun();
    let own = two.approve("ada", &run, true);
    assert_eq!(own.status.code(), Some(77), "{}", told(&own));
    assert!(told(&own).contains("nobody approves a run of their own"), "{}", told(&own));
    // The key of somebody else is not theirs.
    let (digest, _) = two.show("bo", &run);
    let key = two.key("ada").display().to_string();
    let forged = two.qd("bo", &["approve", &run, &two.site, "-e", "lab", "--digest", &digest, "--key", &key]);
    assert_eq!(forged.status.code(), Some(77), "{}", told(&forged));
    let gone = two.go(&run);
    assert!(!gone.status.success() && two.truth().is_empty(), "{}", told(&gone));
    crate::lab::report("E18", 1, 1, "approvals: nobody approves a run of their own");
}

#[test]
fn e18_another_commit_since_the_approval_is_not_what_was_approved() {
    let two = Two::new();
    let (_, run) = two.begun();
    assert!(two.approve("bo", &run, true).status.success());
    two.write("COMMIT", "2222222bbbb\n");
    // What the gate found is looked at once more before anything behind it begins.
    std::thread::sleep(Duration::from_millis(1100));
    let gone = two.go(&run);
    assert!(!gone.status.success() && two.truth().is_empty(), "{}", told(&gone));
    assert!(told(&gone).contains("another version, commit or image now"), "{}", told(&gone));
    // When what was approved is there again, the approval counts again.
    two.write("COMMIT", "1111111aaaa\n");
    std::thread::sleep(Duration::from_millis(1100));
    let gone = two.go(&run);
    assert!(gone.status.success() && two.truth() == "v2\n", "{}", told(&gone));
    crate::lab::report("E18", 1, 1, "approvals: another commit since");
}

/// Waits until something stands there and types a line, when it could be read.
fn types(pty: &mut Pty, text: &str, line: &str) {
    pty.wait_until(Duration::from_secs(60), text, |pty| pty.screen().contains(text));
    std::thread::sleep(Duration::from_millis(500));
    if !line.is_empty() {
        pty.send(format!("{line}\n"));
    }
}

#[test]
fn behind_an_approval_no_command_is_edited_and_no_host_left_out() {
    let two = Two::new();
    let put = "printf '%s\\n' \"$version\" >> TRUTH";
    let text = PLAN.replace(put, &format!("test -e TRUTH-ok && {put}"));
    assert_ne!(text, PLAN);
    for person in ["ada", "bo"] {
        two.document(person, &text);
    }
    let (_, run) = two.begun();
    assert!(two.approve("bo", &run, true).status.success());
    let mut pty = two.at_terminal("ada", &["run", &two.site, "-e", "lab", "--resume", &run, "--yes"]);
    types(&mut pty, "[e]dit and retry", "e");
    types(&mut pty, "Instead (one line", "echo unseen >> TRUTH");
    types(&mut pty, "place was edited, and this run was approved", "");
    types(&mut pty, "[l]eave me out", "l");
    types(&mut pty, "me can't be left out", "q");
    assert_eq!(pty.wait_exit(Duration::from_secs(60)).code(), 2, "{pty:?}");
    assert_eq!(two.truth(), "", "nothing ran that nobody approved");
    // What was approved does.
    two.write("TRUTH-ok", "");
    let gone = two.go(&run);
    assert!(gone.status.success() && two.truth() == "v2\n", "{}", told(&gone));
}

#[test]
fn files_of_the_site_that_change_while_a_run_is_taken_up_begin_nothing() {
    let two = Two::new();
    let (_, run) = two.begun();
    assert!(two.approve("bo", &run, true).status.success());
    let mut pty = two.at_terminal("ada", &["run", &two.site, "-e", "lab", "--resume", &run]);
    pty.wait_until(Duration::from_secs(60), "the question", |pty| pty.screen().contains("Type y to do it"));
    // Meanwhile somebody takes bo's role away.
    let file = two.path(&two.of("ada", "site.toml"));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"ada\", \"bo\", ", "\"ada\", ")).unwrap();
    types(&mut pty, "Type y to do it", "y");
    pty.wait_until(Duration::from_secs(60), "why", |pty| pty.screen().contains("site.toml was changed"));
    pty.wait_exit(Duration::from_secs(60));
    assert_eq!(two.truth(), "", "{pty:?}");
    let gone = two.go(&run);
    assert!(!gone.status.success() && two.truth().is_empty(), "{}", told(&gone));
    assert!(told(&gone).contains("it is of nobody with the role lead"), "{}", told(&gone));
}

#[test]
fn e18_other_hosts_since_the_approval_are_not_what_was_approved() {
    let two = Two::new();
    let (_, run) = two.begun();
    assert!(two.approve("bo", &run, true).status.success());
    let more = "me = { local = true, become = \"never\" }\nyou = { local = true, become = \"never\" }\n";
    two.hosts("ada", more, "");
    let gone = two.go(&run);
    assert!(!gone.status.success() && two.truth().is_empty(), "{}", told(&gone));
    assert!(told(&gone).contains("hosts and services of the environment are others now"), "{}", told(&gone));
    crate::lab::report("E18", 1, 1, "approvals: other hosts since");
}

#[test]
fn e18_an_approval_that_has_expired_is_asked_for_again() {
    let two = Two::new();
    for person in ["ada", "bo"] {
        two.document(person, &PLAN.replace("expires=1h", "expires=2s"));
    }
    let (_, run) = two.begun();
    assert!(two.approve("bo", &run, true).status.success());
    std::thread::sleep(Duration::from_millis(2100));
    let gone = two.go(&run);
    assert!(!gone.status.success() && two.truth().is_empty(), "{}", told(&gone));
    assert!(told(&gone).contains("it has expired"), "{}", told(&gone));
    crate::lab::report("E18", 1, 1, "approvals: expired");
}

#[test]
fn e18_another_document_can_not_be_approved_for_the_run() {
    let two = Two::new();
    let (_, run) = two.begun();
    two.document("bo", &PLAN.replace("title = \"Ship\"", "title = \"Ship it\""));
    let shown = two.qd("bo", &["approve", &run, &two.site, "-e", "lab", "--show"]);
    assert_eq!(shown.status.code(), Some(77), "{}", told(&shown));
    assert!(told(&shown).contains("is not the document here that the run is of"), "{}", told(&shown));
    crate::lab::report("E18", 1, 1, "approvals: another document");
}

#[test]
fn what_is_only_claimed_counts_where_the_site_says_so_and_is_called_so() {
    let two = Two::new();
    for person in ["ada", "bo"] {
        two.hosts(person, "me = { local = true, become = \"never\" }\n", "claimed = true\n");
    }
    let (_, run) = two.begun();
    // From the same workstation it is whoever sits there, whatever their key (fault A3).
    for signs in [false, true] {
        let same = two.approve_at("ada", "bo", &run, signs);
        assert_eq!(same.status.code(), Some(77), "{}", told(&same));
    }
    assert!(two.approve("bo", &run, true).status.success());
    assert!(two.show("cy", &run).1.contains("bo proven"));
}

#[test]
fn a_gate_that_is_judged_tells_all_that_is_wanted_and_ends_with_what_failed() {
    let two = Two::new();
    let text = PLAN.replace(
        "- Two have looked.",
        "- [ ] Whoever is on call knows {#told}\n\n```sh {#small host=me danger=read}\nfalse\n```\n\n- Two have looked.",
    );
    assert_ne!(text, PLAN);
    two.document("ada", &text);
    let judge = |more: &[&str]| {
        let words = ["run", "ship", &two.site, "-e", "lab", "--gate", "--input", "version=v2"];
        two.qd("ada", &[&words, more].concat())
    };
    for more in [&[][..], &["--tick", "told=said so"]] {
        let judged = judge(more);
        assert_eq!(judged.status.code(), Some(2), "{}", told(&judged));
        for words in ["small on me failed", "two on here failed", "1 of 1 approvals by lead missing"] {
            assert!(told(&judged).contains(words), "{words}: {}", told(&judged));
        }
        assert_eq!(told(&judged).contains("must be attested"), more.is_empty(), "{}", told(&judged));
    }
}

#[test]
fn a_gate_that_lacks_nothing_but_approvals_waits_for_those_who_give_them() {
    let two = Two::new();
    let words = ["run", "ship", &two.site, "-e", "lab", "--gate", "--input", "version=v2"];
    let judged = two.qd("ada", &words);
    assert_eq!(judged.status.code(), Some(75), "{}", told(&judged));
    assert!(told(&judged).contains("1 of 1 approvals by lead missing"), "{}", told(&judged));
}
