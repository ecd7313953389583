//! The site of PakaShop is complete: whatever the team's document asks for has its part in a procedure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/sites.rs"]
mod sites;

use std::collections::{BTreeMap, BTreeSet};

use sites::{environment, is_well_formed, named, procedures, site, text};

use quarterdeck::domain::procedure::{
    Back, Danger, Doing, InputKind, Kind, Language, Part, Procedure, ProcedurePlan, Role,
};
use quarterdeck::domain::{Environment, PartId};
use quarterdeck::state::procedures::{Answers, Choice, Chosen, plan};

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

#[test]
fn every_number_has_a_part_that_exists() {
    let page = text("docs/pakashop-procedures.md");
    let procedures = procedures("pakashop");
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
    let missing: Vec<u32> = (1..=73).filter(|number| !found.contains_key(number)).collect();
    assert!(missing.is_empty(), "no procedure has {missing:?}");
}

#[test]
fn every_part_has_a_name_of_the_document_and_a_command_says_where_it_runs() {
    for (file, procedure) in procedures("pakashop") {
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
    let all = procedures("pakashop");
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

/// What somebody would say to the questions of all the procedures.
fn answers(environment: &Environment) -> Answers {
    let machine = environment.hosts[0].name.to_string();
    let said = [
        ("service", "pricing"),
        ("version", "origin/production"),
        ("back", "20261102-0914-1234abc56789"),
        ("machine", machine.as_str()),
        ("backup", "daily/pakashop-prod-20260609-020000.sql.gz"),
        ("migration_name", "20260609_init"),
        ("pid", "4711"),
    ];
    let values = said.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Answers { values, ..Answers::default() }
}

fn planned(procedure: &Procedure, environment: &Environment, what: Chosen) -> ProcedurePlan {
    let mut answers = answers(environment);
    // Whoever runs a part alone says what others would have given it.
    if matches!(what, Chosen::Parts(_)) {
        let captured = procedure.parts.iter().filter_map(|part| part.options.capture.as_ref());
        answers.values.extend(captured.map(|name| (name.to_string(), "captured".to_owned())));
    }
    let choice = Choice { what, ..Choice::default() };
    plan(procedure, environment, &answers, &choice)
        .unwrap_or_else(|missing| panic!("{} in {}: {:#?}", procedure.file, environment.name, missing.sentences()))
}

#[test]
fn every_procedure_can_be_planned_where_it_may_be_used_and_every_command_is_one() {
    let site = site("pakashop");
    // The same text stands in many plans: a shell reads it once.
    let mut read = BTreeSet::new();
    for environment in &site.environments {
        for procedure in &environment.procedures {
            let whole = planned(procedure, environment, Chosen::Whole);
            let single = procedure.parts.iter().filter(|part| !matches!(part.doing, Doing::Call(..) | Doing::Fact(_)));
            // What hangs on a decision, a question or another part's output is chosen behind it; so are facts, which are
            // about a commit that the gate finds out.
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
    let site = site("pakashop");
    let (production, staging) = (environment(&site, "production"), environment(&site, "staging"));
    assert!(named(production, "new-migration").is_none() && named(staging, "new-migration").is_some());
    assert!(named(staging, "emergency-rollback").is_none() && named(production, "emergency-rollback").is_some());
    let restore = named(production, "restore-database").unwrap();
    let whole = planned(restore, production, Chosen::Whole);
    let grave: Vec<&str> =
        whole.parts.iter().filter(|part| part.danger == Danger::Destructive).map(|part| part.part.as_str()).collect();
    assert_eq!(grave, ["swap", "drop-fresh", "drop-old"]);
    for (name, reads) in [("health-sweep", true), ("log-recipes", false), ("alert-api-errors", true), ("backup", false)]
    {
        let plan = planned(named(production, name).unwrap(), production, Chosen::Whole);
        assert_eq!(plan.danger() == Danger::Read, reads, "{name} is graded {:?}", plan.danger());
    }
    // The order of a restart is that of the site.
    let order = planned(named(production, "restart-in-order").unwrap(), production, Chosen::Whole);
    let at = |id: &str| order.parts.iter().position(|part| part.part.as_str() == id).unwrap();
    assert!(at("infrastructure") < at("config") && at("config") < at("gateway") && at("gateway") < at("backend"));
    assert!(at("backend") < at("supporting") && at("supporting") < at("nginx"));
    let hosts = |id: &str| order.parts[at(id)].jobs.iter().map(|job| job.host.to_string()).collect::<Vec<_>>();
    assert_eq!(hosts("gateway"), ["app-1", "app-2"]);
    assert_eq!(hosts("supporting").len(), 16);
}

/// The parts of a gate with how each comes to its answer.
fn gate(procedure: &Procedure) -> Vec<(&str, &str)> {
    let parts = procedure.parts.iter().filter(|part| procedure.role(part) == Role::Gate);
    let way = |part: &Part| match (&part.doing, part.options.evidence) {
        (Doing::Ask, _) => "attested",
        (_, true) => "evidence",
        (_, false) => "checked",
    };
    parts.map(|part| (part.id.as_str(), way(part))).collect()
}

#[test]
fn of_the_nine_items_of_the_gate_seven_are_checked_by_the_console() {
    let all = procedures("pakashop");
    let production = &all["deploy-production.md"];
    let gate = gate(production);
    let nine = ["ci", "reviewed", "staging", "e2e", "k6", "zap", "migrations-read", "flags", "way-back"];
    let ways: Vec<&str> =
        nine.iter().map(|id| gate.iter().find(|(known, _)| known == id).expect("an item of the gate").1).collect();
    assert_eq!(ways.iter().filter(|way| **way == "checked").count(), 7, "{ways:?}");
    assert_eq!((ways[6], ways[7]), ("evidence", "attested"));
    // A push to staging has nobody beside it: its gate is found out whole.
    let staging = self::gate(&all["deploy-staging.md"]);
    assert!(staging.iter().all(|(_, way)| *way == "checked"), "{staging:?}");
}

#[test]
fn a_deploy_takes_its_lock_goes_back_by_itself_and_keeps_the_order_on_both_ways() {
    let all = procedures("pakashop");
    for name in ["deploy-production.md", "deploy-staging.md"] {
        let procedure = &all[name];
        let header = &procedure.header;
        assert!(header.lock && header.back == Back::Auto && header.kind == Kind::Deploy, "{name}");
        let names = header.release.as_ref().expect("it records releases");
        assert!(names.present.is_some() && names.backup.is_some() && names.migrations.is_some(), "{name}");
        for id in ["services", "services-back"] {
            let Doing::Restart(services) = &procedure.part(&PartId::new(id).unwrap()).unwrap().doing else {
                panic!("{name}: {id}")
            };
            let first: Vec<&str> = services.iter().take(3).map(|service| service.as_str()).collect();
            assert_eq!((services.len(), first), (19, vec!["config", "gateway", "backend"]), "{name}: {id}");
        }
        // A release that mends what is red, and one behind a service that went back alone, can be let pass.
        for id in ["green", "clean"] {
            assert!(procedure.part(&PartId::new(id).unwrap()).unwrap().options.waiver.is_some(), "{name}: {id}");
        }
        assert!(
            matches!(procedure.part(&PartId::new("back-told").unwrap()).unwrap().doing, Doing::Notify(..)),
            "{name}"
        );
        // Everything is built everywhere before anything is restarted, and backed up before anything is migrated.
        let at = |id: &str| procedure.parts.iter().position(|part| part.id.as_str() == id).unwrap();
        let order =
            ["fetch", "put", "build", "dump", "migrate", "services", "nginx", "runs", "put-back", "runs-before"];
        assert!(order.windows(2).all(|two| at(two[0]) < at(two[1])), "{name}");
    }
}

#[test]
fn the_four_rollbacks_take_the_lock_and_a_target_from_the_recorded_good_releases() {
    let all = procedures("pakashop");
    for name in ["code-rollback.md", "database-rollback.md", "service-rollback.md", "emergency-rollback.md"] {
        let header = &all[name].header;
        assert!(header.kind == Kind::Rollback && header.lock, "{name}");
        let target = header.inputs.iter().find(|input| input.kind == InputKind::Release);
        assert_eq!(target.map(|input| input.name.as_str()), Some("back"), "{name}");
        // The tables are no release of the code, so that one records none.
        assert_eq!(header.release.is_some(), name != "database-rollback.md", "{name}");
        // What the team's document says is refused at a merged pull request, so no command says it.
        let runs = |part: &Part| matches!(&part.doing, Doing::Run(_, text) if text.contains("git revert"));
        assert!(!all[name].parts.iter().any(runs), "{name}");
    }
}
