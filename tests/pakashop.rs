//! The site of PakaShop is complete: whatever the team's document asks for and is no deploy has its part in a procedure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use quarterdeck::domain::procedure::{Danger, Doing, Language, Procedure, ProcedurePlan};
use quarterdeck::domain::{Environment, Site};
use quarterdeck::site::load_embedded;
use quarterdeck::site::procedure::{Known, load};
use quarterdeck::state::procedures::{Answers, Choice, Chosen, plan};

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The rows of the table: number, file, parts.
fn rows(page: &str) -> Vec<(u32, String, Vec<String>)> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    page.lines()
        .filter_map(|line| {
            let cells = cells(line);
            let number = cells.get(1)?.strip_prefix("PS-")?.parse().ok()?;
            let parts = cells[4].split('`').filter(|word| !word.trim().is_empty()).map(str::to_owned).collect();
            Some((number, cells[3].clone(), parts))
        })
        .collect()
}

/// The site's procedures as they are read, by their file; nothing in them may be wrong.
fn procedures() -> BTreeMap<String, Procedure> {
    let folder = at("sites/pakashop/procedures");
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (procedure, mistakes) = load(Path::new(&name), &fs::read(folder.join(&name)).unwrap(), &Known::default());
        let told: Vec<String> =
            mistakes.iter().map(|mistake| format!("{name}:{}: {}", mistake.line, mistake.message)).collect();
        assert!(told.is_empty(), "{told:#?}");
        all.insert(name, procedure);
    }
    all
}

#[test]
fn every_number_that_is_no_deploy_has_a_part_that_exists() {
    let page = fs::read_to_string(at("docs/pakashop-procedures.md")).unwrap();
    let procedures = procedures();
    let mut found = BTreeMap::new();
    for (number, file, named) in rows(&page) {
        assert!(!named.is_empty(), "PS-{number} names no part");
        let procedure = procedures.get(&file).unwrap_or_else(|| panic!("PS-{number}: there is no {file}"));
        let known: Vec<&str> = procedure.parts.iter().map(|part| part.id.as_str()).collect();
        for part in &named {
            assert!(known.contains(&part.as_str()), "PS-{number}: {file} has no part {part}, only {known:?}");
        }
        assert!(found.insert(number, file).is_none(), "PS-{number} stands twice");
    }
    let missing: Vec<u32> = (22..=73).filter(|number| !found.contains_key(number)).collect();
    assert!(missing.is_empty(), "no procedure has {missing:?}");
}

#[test]
fn every_part_has_a_name_of_the_document_and_a_command_says_where_it_runs() {
    for (file, procedure) in procedures() {
        assert!(procedure.header.review.is_some(), "{file} says not by when it is read again");
        for part in &procedure.parts {
            let named = procedure.text.contains(&format!("{{#{}", part.id));
            assert!(named, "{file}:{}: {} has its name from its title", part.line, part.id);
            let says = !matches!(part.doing, Doing::Run(..)) || !part.options.targets.is_empty();
            assert!(says, "{file}:{}: {} does not say where it runs", part.line, part.id);
            let Some(undo) = &part.options.undo else { continue };
            assert!(procedure.part(undo).is_some(), "{file}:{}: there is no {undo}", part.line);
        }
    }
}

#[test]
fn every_procedure_that_is_called_or_linked_is_there() {
    let all = procedures();
    for (file, procedure) in &all {
        for part in &procedure.parts {
            if let Doing::Call(name, _) = &part.doing {
                assert!(all.contains_key(&format!("{name}.md")), "{file}:{}: there is no {name}", part.line);
            }
        }
        for link in procedure.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let linked = link.split('#').next().unwrap();
            assert!(linked.is_empty() || all.contains_key(linked), "{file} links {link}, which is not there");
        }
    }
}

fn site() -> Site {
    let folder = at("sites/pakashop/procedures");
    let read = |name: &String| fs::read_to_string(folder.join(name)).unwrap();
    let files: Vec<(String, String)> =
        procedures().keys().map(|name| (format!("procedures/{name}"), read(name))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let text = fs::read_to_string(at("sites/pakashop/site.toml")).unwrap();
    let (site, mistakes) = load_embedded("pakashop", &text, &files).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    site
}

/// What somebody would say to the questions of all the procedures.
fn answers(environment: &Environment) -> Answers {
    let machine = environment.hosts[0].name.to_string();
    let said = [
        ("service", "pricing"),
        ("good", "1234abc"),
        ("machine", machine.as_str()),
        ("backup", "daily/pakashop-prod-20260609-020000.sql.gz"),
        ("migration_name", "20260609_init"),
        ("pid", "4711"),
    ];
    let values = said.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Answers { values, ..Answers::default() }
}

fn planned(procedure: &Procedure, environment: &Environment, what: Chosen) -> ProcedurePlan {
    let choice = Choice { what, ..Choice::default() };
    plan(procedure, environment, &answers(environment), &choice)
        .unwrap_or_else(|missing| panic!("{} in {}: {:#?}", procedure.file, environment.name, missing.sentences()))
}

/// Has a shell read a script without running it.
fn is_well_formed(shell: &str, script: &str) -> Result<(), String> {
    let mut child = Command::new(shell)
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{shell}: {error}"));
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let end = child.wait_with_output().unwrap();
    if end.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&end.stderr).into_owned()) }
}

#[test]
fn every_procedure_can_be_planned_where_it_may_be_used_and_every_command_is_one() {
    let site = site();
    // The same text stands in many plans: a shell reads it once.
    let mut read = BTreeSet::new();
    for environment in &site.environments {
        for procedure in &environment.procedures {
            let whole = planned(procedure, environment, Chosen::Whole);
            let single = procedure.parts.iter().filter(|part| !matches!(part.doing, Doing::Call(..)));
            // What hangs on a decision, a question or another part's output is chosen behind it.
            let free = |part: &&quarterdeck::domain::procedure::Part| part.options.when.0.is_empty();
            let single = single
                .filter(free)
                .map(|part| planned(procedure, environment, Chosen::Parts(vec![part.id.clone().into()])));
            for plan in single.chain([whole]) {
                for part in &plan.parts {
                    for job in part.jobs.iter().chain(&part.previews) {
                        let shell = match job.script.language {
                            Language::Sh => "sh",
                            Language::Bash => "bash",
                            Language::Sql | Language::PromQl => continue,
                        };
                        if read.insert((shell, job.script.text.clone())) {
                            let well = is_well_formed(shell, &job.script.text);
                            assert!(well.is_ok(), "{} {}: {well:?}", procedure.file, part.part);
                        }
                        for name in ["environment", "branch", "domain", "database"] {
                            let used = job.script.text.contains(&format!("${name}"));
                            let there = job.script.variables.iter().any(|(known, _)| known.as_str() == name);
                            assert!(!used || there, "{} {} has no {name}", procedure.file, part.part);
                        }
                    }
                }
            }
        }
    }
    assert!(read.len() > 100, "only {} commands were read", read.len());
}

#[test]
fn what_destroys_is_graded_so_and_what_is_only_for_development_is_not_in_production() {
    let site = site();
    let of = |name: &str| site.environments.iter().find(|environment| environment.name.as_str() == name).unwrap();
    let (production, staging) = (of("production"), of("staging"));
    let named = |environment: &Environment, name: &str| {
        environment.procedures.iter().find(|procedure| procedure.name.as_str() == name).cloned()
    };
    assert!(named(production, "new-migration").is_none() && named(staging, "new-migration").is_some());
    assert!(named(staging, "emergency-rollback").is_none() && named(production, "emergency-rollback").is_some());
    let restore = named(production, "restore-database").unwrap();
    let whole = planned(&restore, production, Chosen::Whole);
    let grave: Vec<&str> =
        whole.parts.iter().filter(|part| part.danger == Danger::Destructive).map(|part| part.part.as_str()).collect();
    assert_eq!(grave, ["swap", "drop-fresh", "drop-old"]);
    for (name, reads) in [("health-sweep", true), ("log-recipes", false), ("alert-api-errors", true), ("backup", false)]
    {
        let plan = planned(&named(production, name).unwrap(), production, Chosen::Whole);
        assert_eq!(plan.danger() == Danger::Read, reads, "{name} is graded {:?}", plan.danger());
    }
    // The order of a restart is that of the site.
    let order = planned(&named(production, "restart-in-order").unwrap(), production, Chosen::Whole);
    let at = |id: &str| order.parts.iter().position(|part| part.part.as_str() == id).unwrap();
    assert!(at("infrastructure") < at("config") && at("config") < at("gateway") && at("gateway") < at("backend"));
    assert!(at("backend") < at("supporting") && at("supporting") < at("nginx"));
    let hosts = |id: &str| order.parts[at(id)].jobs.iter().map(|job| job.host.to_string()).collect::<Vec<_>>();
    assert_eq!(hosts("gateway"), ["app-1", "app-2"]);
    assert_eq!(hosts("supporting").len(), 16);
}
