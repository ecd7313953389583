//! F1 where a run is taken over: whoever goes on with it must know what may not be shown.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::canaries::Canaries;
use crate::desk::{Desk, HERE, told};

/// The step says that it is there, waits, and prints the secret; the next one, which is not given it, does so too.
fn document(desk: &Desk) -> String {
    let (there, go, kept) = (desk.path("there"), desk.path("go"), desk.path("vault/kept"));
    format!(
        "+++\ntitle = \"Late\"\n[[inputs]]\nname = \"word\"\nsecret = true\n+++\n# Late\n\
         ```sh {{#late host=here danger=change}}\nprintf '%s' \"$word\" >{kept}\ntouch {there}\n\
         while [ -e {there} ] && ! [ -e {go} ]; do sleep 0.05; done\necho \"it is $word\"\n```\n\
         ```sh {{#next host=here danger=change capture=said}}\nprintf 'again '; cat {kept}\n```\n\
         ```sh {{#third host=here danger=change}}\ncat {kept}; echo end\n```\n",
        kept = kept.display(),
        there = there.display(),
        go = go.display()
    )
}

/// A run that is killed while a step of it holds the secret.
fn killed(canaries: &Canaries) -> (Desk, String) {
    let desk = Desk::new(HERE);
    desk.procedure("late", &document(&desk));
    let word = desk.write_private("vault/word", &canaries.get(1));
    let flag = format!("word={}", word.display());
    let run = ["run", "late", "shop", "-e", "lab", "--yes", "--input-file", &flag];
    let child = desk.qd(&run).spawn().unwrap();
    let begun = Instant::now();
    while !desk.path("there").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the step never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait_with_output().unwrap();
    desk.write("go", "");
    (desk, flag)
}

fn assert_nothing_is_shown(desk: &Desk, canaries: &Canaries, said: &str) {
    let recorded = desk.run(&["runs", "--id", &desk.newest(), "--json", "--output"]);
    std::fs::remove_dir_all(desk.path("vault")).unwrap();
    assert_eq!(canaries.seen_in(said.as_bytes()), None, "{said}");
    assert_eq!(canaries.seen_in(&recorded.stdout), None, "{}", told(&recorded));
    // What hosts keep of a run that is open still is for nobody else's eyes, and goes when it ends.
    for folder in ["data", "state", "runtime", "config", "home"] {
        assert_eq!(canaries.seen_below(&desk.path(folder)), None);
    }
}

#[test]
fn f1_a_run_is_taken_over_with_its_secrets_and_masks_them() {
    let canaries = Canaries::new();
    let (desk, flag) = killed(&canaries);
    let resumed = desk.run(&["run", "late", "shop", "-e", "lab", "--resume", &desk.newest(), "--input-file", &flag]);
    let said = told(&resumed);
    assert_eq!(canaries.seen_below(&desk.path("state-of-jobs")), None);
    assert!(resumed.status.success() && said.contains("it is ***") && said.contains("again ***"), "{said}");
    assert!(said.contains("end"), "{said}");
    assert_nothing_is_shown(&desk, &canaries, &said);
}

#[test]
fn f1_a_run_that_is_taken_over_without_its_secrets_hides_what_was_printed_and_says_so() {
    let canaries = Canaries::new();
    let (desk, _) = killed(&canaries);
    let resumed = desk.run(&["run", "late", "shop", "-e", "lab", "--resume", &desk.newest()]);
    let said = told(&resumed);
    assert!(resumed.status.success(), "{said}");
    assert!(said.contains("may hold word") && said.contains("--input-file word=FILE"), "{said}");
    assert!(!said.contains("it is"), "{said}");
    assert_nothing_is_shown(&desk, &canaries, &said);
}

#[test]
fn f1_a_run_that_is_only_ended_hides_what_its_steps_printed() {
    let canaries = Canaries::new();
    let (desk, _) = killed(&canaries);
    desk.procedure("late", "# Another\n\nIt has changed.\n");
    let refused = desk.run(&["run", "late", "shop", "-e", "lab", "--resume", &desk.newest(), "--on-failure", "abort"]);
    assert_nothing_is_shown(&desk, &canaries, &told(&refused));
}
