//! The samples of procedures: between them they use every kind of step, every option and every place for attributes
//! without a mistake; and of the one that is wrong in every way each mistake is told with its line, and nothing is run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use quarterdeck::domain::procedure::{Doing, OnError, Options, Origin, Procedure, Role, Target};
use quarterdeck::site::Mistake;
use quarterdeck::site::procedure::{Known, load};

fn at(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/procedures/samples").join(name)
}

fn read(name: &str) -> (Procedure, Vec<Mistake>) {
    load(Path::new(name), &fs::read(at(name)).unwrap(), &Known::default())
}

/// A sample in which nothing is wrong.
fn good(name: &str) -> Procedure {
    let (procedure, mistakes) = read(name);
    let told: Vec<String> = mistakes.iter().map(|mistake| format!("{}: {}", mistake.line, mistake.message)).collect();
    assert!(told.is_empty(), "{name}: {told:#?}");
    for part in &procedure.parts {
        assert!(part.misread.is_none(), "{name}: {}: {:?}", part.id, part.misread);
    }
    procedure
}

fn part<'a>(procedure: &'a Procedure, id: &str) -> &'a quarterdeck::domain::procedure::Part {
    let known = || procedure.parts.iter().map(|part| part.id.to_string()).collect::<Vec<_>>();
    procedure.parts.iter().find(|part| part.id.as_str() == id).unwrap_or_else(|| panic!("no {id} in {:?}", known()))
}

#[test]
fn the_samples_use_every_kind_of_step() {
    let all = [good("attributes.md"), good("kinds.md"), good("places.md")];
    let kinds: BTreeSet<&str> = all.iter().flat_map(|one| &one.parts).map(|part| part.doing.word()).collect();
    let every = [
        "run", "request", "check", "fact", "approve", "ask", "prompt", "hold", "decide", "restart", "shift", "notify",
        "call",
    ];
    assert_eq!(kinds, every.into_iter().collect());
    let sections = all.iter().flat_map(|one| &one.sections);
    let roles: Vec<Role> = sections.map(|section| section.role).collect();
    for role in [Role::Plain, Role::Gate, Role::Phase, Role::Verify, Role::Rollback] {
        assert!(roles.contains(&role), "{role:?} in {roles:?}");
    }
    let kinds = &all[1];
    assert_eq!(part(kinds, "every").doing, Doing::Restart(Vec::new()));
    match &part(kinds, "watch").doing {
        Doing::Hold(time, Some(guard)) => {
            assert_eq!((time.as_secs(), guard.interval.as_secs(), guard.probes.len()), (60, 10, 2));
            assert_eq!((guard.failures, guard.inconclusive, guard.errors), (1, 2, 4));
        }
        other => panic!("{other:?}"),
    }
    match &part(kinds, "sweep").doing {
        Doing::Call(name, with) => {
            assert_eq!(name.as_str(), "places");
            let with: Vec<(&str, &str)> = with.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(with, [("host", "app-1"), ("who", "the officer of the watch")]);
        }
        other => panic!("{other:?}"),
    }
    match &part(kinds, "page").doing {
        Doing::Request(method, address, body) => {
            assert_eq!((method.as_str(), address.as_str()), ("POST", "https://status.example/api/updates"));
            assert!(body.starts_with("{\"state\""), "{body}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_samples_use_every_option() {
    let procedure = good("attributes.md");
    let header = &procedure.header;
    assert!(header.lock && header.budget.is_some() && header.review.is_some() && header.rollback.is_some());
    assert_eq!((header.inputs.len(), header.symptoms.len(), header.environments.len()), (10, 2, 2));
    assert!(header.inputs.iter().any(|input| input.secret && matches!(input.origin, Origin::Variable(_))));
    assert!(header.inputs.iter().any(|input| input.secret && matches!(input.origin, Origin::Command(_))));
    let ordinary = Options::default();
    let some = |what: &str, is: &dyn Fn(&Options) -> bool| {
        assert!(!is(&ordinary), "{what} is so by itself");
        assert!(procedure.parts.iter().any(|part| is(&part.options)), "no part has {what}");
    };
    some("host", &|options| options.targets.contains(&Target::Lock));
    some("at_once", &|options| options.at_once == Some(2));
    some("timeout", &|options| options.timeout.as_secs() == 30);
    some("retries", &|options| options.retries == 3);
    some("every", &|options| options.every.as_secs() == 2);
    some("danger", &|options| options.danger.is_some());
    some("undo", &|options| options.undo.is_some());
    some("capture", &|options| options.capture.is_some());
    some("when", &|options| options.when.0.len() == 2);
    some("preview", &|options| options.preview.is_some());
    some("terminal", &|options| options.terminal);
    some("root", &|options| options.root);
    some("folder", &|options| options.folder.is_some());
    some("with", &|options| options.with.is_some());
    some("idempotent", &|options| options.idempotent);
    some("todo", &|options| options.todo);
    some("expires", &|options| options.expires.is_some());
    some("evidence", &|options| options.evidence);
    for on_error in [OnError::Skip, OnError::Abort, OnError::Rollback] {
        some("on_error", &|options| options.on_error == on_error);
    }
    assert!(procedure.sections.iter().any(|section| section.parallel == 3 && section.budget.is_some()));
}

#[test]
fn attributes_are_understood_wherever_they_may_stand() {
    let procedure = good("places.md");
    for id in ["one", "two", "three", "four", "five", "six", "seven", "eight", "last"] {
        part(&procedure, id);
    }
    let run: Vec<&str> = procedure
        .parts
        .iter()
        .filter_map(|part| match &part.doing {
            Doing::Run(_, text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert!(run.contains(&"uname -s") && run.contains(&"id -u"), "{run:#?}");
    assert!(run.iter().any(|text| text.starts_with("# a comment") && text.contains("indented\nEOF")), "{run:#?}");
    assert!(!run.iter().any(|text| text.contains("shown and never run")), "{run:#?}");
    assert!(run.iter().any(|text| text.contains("the last line has no end")), "{run:#?}");
}

#[test]
fn every_mistake_is_told_with_its_line_and_nothing_of_it_is_run() {
    let (procedure, mistakes) = read("mistakes.md");
    let expected = fs::read_to_string(at("mistakes.txt")).unwrap();
    let rows = expected.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.split(' ');
        (words.next().unwrap().parse::<usize>().unwrap(), words.next().unwrap(), words.next().unwrap())
    });
    let (mut missing, mut lines) = (Vec::new(), BTreeSet::new());
    for (line, who, what) in rows {
        if who == "file" && !mistakes.iter().any(|mistake| mistake.line == line) {
            missing.push(format!("{line}: {what}"));
        }
        if who == "file" {
            lines.insert(line);
        }
    }
    let more: Vec<String> = mistakes
        .iter()
        .filter(|mistake| !lines.contains(&mistake.line))
        .map(|mistake| format!("{}: {}", mistake.line, mistake.message))
        .collect();
    assert!(missing.is_empty() && more.is_empty(), "not told: {missing:#?}\ntold and not expected: {more:#?}");
    assert!(procedure.parts.iter().all(|part| part.doing == Doing::Ask), "something would be run");
    // Without its front matter only what is wrong itself is left to a person.
    let text = fs::read_to_string(at("mistakes.md")).unwrap();
    let body = text.split("+++\n").nth(2).unwrap();
    let (procedure, _) = load(Path::new("mistakes.md"), body.as_bytes(), &Known::default());
    for id in ["bad-time", "bad-target", "flag-with-value", "bad-check", "two-kinds", "no-set", "no-undo"] {
        assert!(part(&procedure, id).misread.is_some() && part(&procedure, id).doing == Doing::Ask, "{id}");
    }
    for id in ["no-host", "no-tag", "unfilled"] {
        assert!(matches!(part(&procedure, id).doing, Doing::Run(..)), "{id} is well as far as the file says");
    }
}
