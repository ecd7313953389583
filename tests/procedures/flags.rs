//! `qd run` in a pipeline: every question has a flag that is named and that answers it; files without a site; what a plan
//! and a failure come to.

use std::fs;
use std::process::Output;

use serde_json::Value;

use super::{Desk, digest, told};

fn qd(desk: &Desk, arguments: &[&str]) -> Output {
    desk.qd(arguments, None).output().unwrap()
}

/// What it must end with, and say.
fn says(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
    for word in words {
        assert!(told(output).contains(word), "{word} is not said: {}", told(output));
    }
}

#[test]
fn every_question_without_a_terminal_is_an_error_that_names_its_flag() {
    let desk = Desk::new(
        "+++\n[inputs.version]\npattern = '\\d+'\n[inputs.when]\noptional = true\n[inputs.word]\nsecret = true\n+++\n# Ask\n\n\
         ```sh {#first}\necho <app_name> $version\n```\n\n- When? {#when prompt=when}\n- [ ] Look {#look evidence}\n\
         - How? {#how decide=\"some: a part; all: all of it\"}\n\n```sh {#second host=here danger=change}\n: \"$word\"; exit 7\n```\n\n\
         ## Rollback\n\n```sh {#back host=here}\necho rolled\n```\n",
    );
    desk.write("word", "hush\n");
    fs::set_permissions(desk.path("word"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let base = ["run", "./run.md", "shop", "-e", "lab"];
    let with = |more: &[&str]| qd(&desk, &[&base, more].concat());
    says(&with(&[]), 64, &["--input version=", "--input app_name=", "--leave app_name"]);
    says(&with(&["--input", "version=x"]), 64, &["--input version=", "matching"]);
    says(&with(&["--input", "word=x"]), 64, &["--input-file word=FILE"]);
    let known = ["--input", "version=1", "--input", "app_name=shop", "--host", "here"];
    let all = |more: &[&str]| with(&[&known, more].concat());
    says(&all(&[]), 77, &["--yes"]);
    says(&all(&["--confirm", "prod"]), 77, &["--yes"]);
    says(&all(&["--yes"]), 75, &["--input when=VALUE"]);
    let when = ["--yes", "--input", "when=now"];
    let further = |more: &[&str]| all(&[&when, more].concat());
    says(&further(&[]), 75, &["--tick look=NOTE"]);
    says(&further(&["--tick", "look="]), 75, &["wants a note", "--tick look=NOTE"]);
    says(&further(&["--tick", "look"]), 64, &["--tick PART=NOTE"]);
    says(&further(&["--tick", "look=seen"]), 75, &["--answer how=WORD"]);
    says(&further(&["--tick", "look=seen", "--answer", "how=none"]), 75, &["some, all", "--answer how=WORD"]);
    let answered = ["--tick", "look=seen", "--answer", "how=all"];
    let secret = further(&answered);
    assert!(told(&secret).contains("--input-file word=FILE"), "{}", told(&secret));
    let last = |more: &[&str]| further(&[&answered[..], &["--input-file", "word=word"], more].concat());
    says(&last(&[]), 2, &["--on-failure abort", "qd run --resume"]);
    says(&last(&["--on-failure", "abort"]), 2, &["failed", "second"]);
    says(&last(&["--on-failure", "skip"]), 0, &["skipped"]);
    says(&last(&["--on-failure", "retry"]), 2, &["try 4", "--resume"]);
    says(&last(&["--on-failure", "rollback"]), 2, &["rolled"]);
}

#[test]
fn a_way_back_that_fails_or_asks_is_not_waited_for() {
    let base = ["run", "./run.md", "shop", "-e", "lab", "--yes", "--on-failure", "rollback"];
    let document = |back: &str| {
        format!(
            "# Way\n\n```sh {{#first host=here danger=change}}\nexit 7\n```\n\n## Rollback\n\n{back}\n\n\
             ```sh {{#last host=here}}\necho everything is back\n```\n"
        )
    };
    let fails = Desk::new(&document("```sh {#back host=here}\nexit 8\n```"));
    let plan = |more: &[&str]| qd(&fails, &[&["run", "./run.md", "shop", "-e", "lab", "--plan"][..], more].concat());
    says(&plan(&[]), 0, &["the way back: offered when something fails", "exit 8", "everything is back"]);
    says(&plan(&["--json"]), 0, &["\"offered_back\": [", "exit 8"]);
    let ended = qd(&fails, &base);
    says(&ended, 2, &["failed, not rolled back", "status 8"]);
    assert!(!told(&ended).contains("| everything is back"), "{}", told(&ended));
    let asks = document("- [ ] Is the door shut? {#door}");
    says(&qd(&Desk::new(&asks), &base), 75, &["--tick door=NOTE"]);
    let ticked = [&base[..], &["--tick", "door="]].concat();
    says(&qd(&Desk::new(&asks), &ticked), 2, &["rolled back", "| everything is back"]);
}

#[test]
fn f12_a_file_without_a_site_runs_nothing_until_its_content_is_trusted() {
    let desk = Desk::new("");
    fs::remove_dir_all(desk.path("config")).unwrap();
    let truth = desk.path("truth");
    let step =
        |name: &str| format!("```sh {{#{name} host=here danger=change}}\necho {name} >> {}\n```\n", truth.display());
    desk.write("loose.md", &format!("# Loose\n\n{}\n- [ ] Look {{#look}}\n\n{}", step("one"), step("two")));
    let plan = qd(&desk, &["run", "./loose.md", "--plan"]);
    says(&plan, 0, &["no lock", "echo one"]);
    says(&qd(&desk, &["run", "./loose.md", "--yes"]), 77, &["not trusted", "--trust", "qd trust ./loose.md"]);
    says(&qd(&desk, &["run", "./loose.md", "--yes", "--trust", "0123456789ab"]), 77, &["SHA-256"]);
    assert_eq!(desk.times(), 0, "nothing was run yet");
    let short = digest(&desk.path("loose.md")).chars().take(12).collect::<String>();
    says(&qd(&desk, &["run", "./loose.md", "--yes", "--trust", &short]), 75, &["--tick look=NOTE"]);
    assert_eq!(desk.times(), 1);
    // The run has its document with it.
    fs::remove_file(desk.path("loose.md")).unwrap();
    says(&qd(&desk, &["run", "--resume", &desk.newest(), "--tick", "look="]), 0, &["succeeded", "two"]);
    assert_eq!(desk.times(), 2);
    // What is trusted once is trusted wherever it lies, until it changes.
    desk.write("other.md", &format!("# Other\n\n{}", step("three")));
    says(&qd(&desk, &["trust", "./other.md", "--yes"]), 0, &["echo three", "until anything in it changes"]);
    fs::rename(desk.path("other.md"), desk.path("moved.md")).unwrap();
    says(&qd(&desk, &["run", "./moved.md", "--yes"]), 0, &["succeeded"]);
    desk.write("moved.md", &format!("# Other\n\n{}", step("four")));
    says(&qd(&desk, &["run", "./moved.md", "--yes"]), 77, &["not trusted"]);
    assert_eq!(desk.times(), 3);
    // A host that is only in the document is one of ssh's.
    desk.write("far.md", "# Far\n\n```sh {#far host=web-1}\nuptime\n```\n");
    says(&qd(&desk, &["run", "./far.md", "--plan"]), 0, &["on web-1"]);
    says(&qd(&desk, &["run", "./far.md", "--plan", "--host", "a b"]), 64, &["~/.ssh/config"]);
    says(
        &qd(&desk, &["run", "./far.md", "--plan", "--input", "nope=3"]),
        64,
        &["far has no input and no placeholder, so there is nothing that nope is a value of."],
    );
}

#[test]
fn a_plan_tells_what_was_misread_and_ends_so_and_is_json_for_programs() {
    let desk = Desk::new(
        "+++\nbudget = \"30m\"\n[inputs.token]\nsecret = true\n+++\n# Plan\n\n```sh {#one host=here tiemout=3m}\nid\n```\n\n\
         ```sh {#two host=here danger=destructive undo=#back when=\"token\" preview=\"ls /\"}\necho \"$token\"\n```\n\n## Rollback\n\n\
         ```sh {#back host=here}\nid\n```\n",
    );
    let plan = ["run", "./run.md", "shop", "-e", "lab", "--plan"];
    let words =
        ["by hand, because it was misread", "tiemout", "only when token", "undone by back", "destroys", "ls /", "•••"];
    says(&qd(&desk, &plan), 78, &words);
    let output = qd(&desk, &[&plan[..], &["--json"]].concat());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["version"], &told["misread"], &told["budget_seconds"]), (&1.into(), &1.into(), &1800.into()));
    let two = &told["parts"][1];
    assert_eq!((&two["part"], &two["undo"], &two["danger"]), (&"two".into(), &"back".into(), &"destructive".into()));
    assert_eq!(two["jobs"][0]["host"], "here");
    assert_eq!(told["given"][0]["value"], Value::Null);
    desk.write("run.md", "# Plan\n\n```sh {#one host=here}\necho <name>\n```\n");
    let output = qd(&desk, &[&plan[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(64));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["missing"][0]["name"], "name", "{told}");
}

#[test]
fn runs_are_found_by_procedure_words_and_time_and_say_that_nobody_is_at_them() {
    let desk = Desk::new("# First things\n\n- [ ] Look around {#look}\n");
    assert_eq!(desk.run(&[], None).status.code(), Some(75));
    let listed = |more: &[&str]| {
        let output = qd(&desk, &[&["runs", "--json"], more].concat());
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)));
        told["runs"].as_array().unwrap().len()
    };
    let counts = [
        listed(&["--procedure", "run"]),
        listed(&["--procedure", "walk"]),
        listed(&["--match", "FIRST"]),
        listed(&["--match", "last"]),
        listed(&["--since", "1h"]),
        listed(&["--since", "now"]),
    ];
    assert_eq!(counts, [1, 0, 1, 0, 1, 0]);
    says(&qd(&desk, &["runs", "--since", "soon"]), 64, &["no moment"]);
    says(&qd(&desk, &["runs"]), 0, &["left open"]);
    let run = desk.newest();
    says(
        &qd(&desk, &["runs", "--id", &run]),
        1,
        &["Look around", "No console on this machine is at it, since", "--resume"],
    );
}

#[test]
fn what_a_program_lists_is_what_an_input_can_be() {
    let desk = Desk::new("");
    desk.write(
        "paint.md",
        "+++\n[inputs.colour]\nchoices_from = [\"cat\", \"colours\"]\n+++\n# Paint\n\n\
         ```sh {#paint host=here}\necho \"painted $colour\"\n```\n",
    );
    desk.write("colours", "green\nblue\n");
    let with = |more: &[&str]| qd(&desk, &[&["run", "./paint.md", "shop", "-e", "lab"], more].concat());
    let trust = digest(&desk.path("paint.md")).chars().take(12).collect::<String>();
    let trusted = |more: &[&str]| with(&[&["--trust", &trust], more].concat());
    // Nothing of it runs before it is trusted.
    says(&with(&["--plan", "--input", "colour=red"]), 0, &["its choices are not known", "red"]);
    says(&trusted(&[]), 64, &["--input colour=", "one of green, blue"]);
    says(&trusted(&["--input", "colour=red", "--yes"]), 64, &["red is none of its choices", "green, blue"]);
    says(&trusted(&["--input", "colour=blue", "--yes"]), 0, &["painted blue"]);
    fs::remove_file(desk.path("colours")).unwrap();
    says(&trusted(&["--input", "colour=blue", "--yes"]), 69, &["colour", "cat", "left with status 1"]);
}

#[test]
fn a_file_without_a_site_is_told_in_words_that_mean_something() {
    let desk = Desk::new("");
    fs::remove_dir_all(desk.path("config")).unwrap();
    desk.write("first-look.md", "# First look\n\n```sh\nuptime\n```\n");
    let asked = qd(&desk, &["run", "./first-look.md", "--plan"]);
    says(&asked, 64, &["here, which is this machine", "--host NAME"]);
    let plan = qd(&desk, &["run", "./first-look.md", "--plan", "--host", "here"]);
    says(&plan, 0, &["First look (without a site)", "on this machine"]);
    let short = digest(&desk.path("first-look.md")).chars().take(12).collect::<String>();
    says(&qd(&desk, &["run", "./first-look.md", "--trust", &short, "--host", "here"]), 0, &["succeeded"]);
    let runs = qd(&desk, &["runs"]);
    says(&runs, 0, &["no site"]);
    for output in [&asked, &plan, &runs] {
        assert!(!told(output).contains("no-site") && !told(output).contains("0 hosts"), "{}", told(output));
    }
}
