//! The site of FreezeDesign is complete: every number of the team's document has its part, every command is one, and a deploy
//! plans its way back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/sites.rs"]
mod sites;

use std::collections::BTreeSet;

use sites::{environment, is_well_formed, named, procedures, site, text};

use quarterdeck::domain::Environment;
use quarterdeck::domain::procedure::{Danger, Doing, Language, Procedure, ProcedurePlan, Role};
use quarterdeck::state::procedures::{Answers, Choice, Chosen, plan};

/// What somebody would say to the questions of all the procedures.
fn planned(procedure: &Procedure, environment: &Environment, what: Chosen) -> ProcedurePlan {
    let mut said = vec![
        ("service", "backend"),
        ("version", "v1.16.0"),
        ("tag", "v1.16.0"),
        ("commit", "0123456789012345678901234567890123456789"),
        ("app_name", "products"),
        ("target", "0015"),
        ("backup", "webshop-20260609.dump"),
    ];
    // Of a deploy the tag is what ran before; nobody says it.
    said.retain(|(name, _)| !(procedure.name.as_str().starts_with("deploy") && *name == "tag"));
    let values = said.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let answers = Answers { values, ..Answers::default() };
    plan(procedure, environment, &answers, &Choice { what, ..Choice::default() })
        .unwrap_or_else(|missing| panic!("{} in {}: {:#?}", procedure.file, environment.name, missing.sentences()))
}

#[test]
fn every_number_has_a_part_that_exists() {
    let page = text("docs/freezedesign-procedures.md");
    let text = text("sites/freezedesign/site.toml");
    let procedures = procedures("freezedesign");
    let mut found = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| FD-")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let number: u32 = cells[1].strip_prefix("FD-").unwrap().parse().unwrap();
        let parts: Vec<&str> = cells[4].split('`').map(str::trim).filter(|word| !word.is_empty()).collect();
        assert!(!parts.is_empty(), "FD-{number} names no part");
        for part in parts {
            let there = match (cells[3], procedures.get(cells[3])) {
                ("site.toml", _) => {
                    text.contains(&format!("\n{part} = "))
                        || text.lines().any(|line| line.ends_with(&format!(".{part}]")))
                }
                (_, Some(procedure)) => procedure.parts.iter().any(|known| known.id.as_str() == part),
                (file, None) => panic!("FD-{number}: there is no {file}"),
            };
            assert!(there, "FD-{number}: {} has no {part}", cells[3]);
        }
        assert!(found.insert(number), "FD-{number} stands twice");
    }
    let missing: Vec<u32> = (1..=50).filter(|number| !found.contains(number)).collect();
    assert!(missing.is_empty(), "no procedure has {missing:?}");
}

#[test]
fn every_part_has_a_name_of_the_document_and_what_is_called_or_linked_is_there() {
    let all = procedures("freezedesign");
    for (file, procedure) in &all {
        assert!(procedure.header.review.is_some(), "{file} says not by when it is read again");
        for part in &procedure.parts {
            let named = procedure.text.contains(&format!("{{#{}", part.id));
            assert!(named, "{file}:{}: {} has its name from its title", part.line, part.id);
            let says = !matches!(part.doing, Doing::Run(..)) || !part.options.targets.is_empty();
            assert!(says, "{file}:{}: {} does not say where it runs", part.line, part.id);
            if let Doing::Call(name, _) = &part.doing {
                assert!(all.contains_key(&format!("{name}.md")), "{file}:{}: there is no {name}", part.line);
            }
        }
        for link in procedure.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(all.contains_key(link), "{file} links {link}, which is not there");
        }
    }
}

#[test]
fn every_procedure_can_be_planned_where_it_may_be_used_and_every_command_is_one() {
    let site = site("freezedesign");
    let mut read = BTreeSet::new();
    for environment in &site.environments {
        for procedure in &environment.procedures {
            let whole = planned(procedure, environment, Chosen::Whole);
            let back = whole.back.as_deref().map(|back| back.parts.clone()).unwrap_or_default();
            for part in whole.parts.iter().chain(&back) {
                for job in part.jobs.iter().chain(&part.previews) {
                    let shell = if job.script.language == Language::Bash { "bash" } else { "sh" };
                    if !read.insert((shell, job.script.text.clone())) {
                        continue;
                    }
                    let well = is_well_formed(shell, &job.script.text);
                    assert!(well.is_ok(), "{} {}: {well:?}", procedure.file, part.part);
                    for name in ["project", "registry", "repository", "file", "attempts", "pause", "settle", "database"]
                    {
                        let used = job.script.text.contains(&format!("${name}"));
                        let there = job.script.variables.iter().any(|(known, _)| known.as_str() == name);
                        assert!(!used || there, "{} {} has no {name}", procedure.file, part.part);
                    }
                }
            }
        }
    }
    assert!(read.len() > 25, "only {} commands were read", read.len());
}

#[test]
fn a_deploy_rolls_one_service_after_the_other_with_two_budgets_and_goes_back_by_itself() {
    let site = site("freezedesign");
    let production = environment(&site, "production");
    assert!(named(production, "deploy-staging").is_none(), "seed data never comes to production");
    assert!(named(environment(&site, "staging"), "deploy").is_none());
    let deploy = planned(named(production, "deploy").unwrap(), production, Chosen::Whole);
    let place = |id: &str| {
        deploy.parts.iter().position(|part| part.part.as_str() == id).unwrap_or_else(|| panic!("there is no {id}"))
    };
    let order = [
        "previous",
        "told",
        "roll.pull",
        "roll.backend.second",
        "roll.backend.healthy",
        "roll.backend.retire",
        "roll.backend.one",
        "roll.frontend.second",
        "roll.frontend.healthy",
        "roll.frontend.retire",
        "roll.celery",
        "migrations",
        "dump",
        "lost",
        "migrate",
        "whole-backend",
        "whole-frontend",
    ];
    assert!(order.windows(2).all(|two| place(two[0]) < place(two[1])), "{order:?}");
    // 30 attempts of 5 seconds for an instance, 5 of 5 for the whole.
    let variables = &deploy.parts[place("roll.backend.healthy")].jobs[0].script.variables;
    let value = |name: &str| variables.iter().find(|(known, _)| known.as_str() == name).unwrap().1.clone();
    assert_eq!((value("attempts"), value("pause")), ("30".to_owned(), "5".to_owned()));
    let whole = &deploy.parts[place("whole-backend")];
    assert_eq!((whole.options.retries, whole.options.every.as_secs()), (4, 5));
    // The way back is planned with it, with what is found out on the way.
    let back = deploy.back.as_deref().unwrap();
    let names: Vec<&str> = back.parts.iter().map(|part| part.part.as_str()).collect();
    for name in ["back.pull", "back.backend.second", "back.frontend.retire", "back.celery", "back-backend", "back-told"]
    {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    // Nothing is rolled back by itself onto tables from which something was taken.
    assert_eq!(names[0], "tables", "{names:?}");
    let pull = back.parts.iter().find(|part| part.part.as_str() == "back.pull").unwrap();
    assert!(pull.jobs[0].script.captured.iter().any(|name| name.as_str() == "tag"));
    assert_eq!(deploy.danger(), Danger::Destructive);
    let header = &named(production, "deploy").unwrap().header;
    assert!(header.lock && header.release.is_some());
    // Whoever looks at the gate tells nobody, and a release that mends what is red can be let pass.
    let document = named(production, "deploy").unwrap();
    let gate = |part: &&quarterdeck::domain::procedure::Part| document.role(part) == Role::Gate;
    assert!(!document.parts.iter().filter(gate).any(|part| matches!(part.doing, Doing::Notify(..))));
    let green = document.parts.iter().find(|part| part.id.as_str() == "green").unwrap();
    assert!(green.options.waiver.is_some());
}
