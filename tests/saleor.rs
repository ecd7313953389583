//! The site of Saleor is complete: whatever the team's document asks of bringing a release out and back has its part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/sites.rs"]
mod sites;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use sites::{at, environment, files, is_well_formed, named, site, text};

use quarterdeck::domain::Environment;
use quarterdeck::domain::procedure::{Back, Danger, Doing, Kind, Procedure, Role};
use quarterdeck::state::procedures::{Answers, Choice, Chosen, plan};

fn procedure<'s>(environment: &'s Environment, name: &str) -> &'s Procedure {
    named(environment, name).unwrap()
}

#[test]
fn every_number_about_releases_has_a_part_that_exists() {
    let page = text("docs/saleor-procedures.md");
    let (site, text) = (site("saleor"), text("sites/saleor/site.toml"));
    let production = environment(&site, "production");
    let mut found = BTreeSet::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(number) = cells.get(1).and_then(|cell| cell.strip_prefix("SA-")) else { continue };
        let number: u32 = number.parse().unwrap();
        let named: Vec<&str> = cells[4].split('`').filter(|word| !word.trim().is_empty()).collect();
        assert!(!named.is_empty(), "SA-{number} names nothing");
        for word in named {
            let there = match cells[3].strip_suffix(".md") {
                None => text.contains(word),
                Some(name) => procedure(production, name).parts.iter().any(|part| part.id.as_str() == word),
            };
            assert!(there, "SA-{number}: {} has no {word}", cells[3]);
        }
        assert!(found.insert(number), "SA-{number} stands twice");
    }
    let wanted = (1..=21).chain(33..=61).chain(70..=72).chain(80..=94);
    let missing: Vec<u32> = wanted.filter(|number| !found.contains(number)).collect();
    assert!(missing.is_empty(), "nothing has {missing:?}");
}

#[test]
fn nothing_is_doubtful_in_it_and_every_command_says_where_it_runs() {
    let site = site("saleor");
    let home = tempfile::TempDir::new().unwrap();
    let mut check = Command::new(env!("CARGO_BIN_EXE_qd"));
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        check.env(name, home.path());
    }
    let judged = check.arg("check").arg(at("sites/saleor")).output().unwrap();
    let told = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert!(judged.status.success() && told.contains(": good") && !told.contains("warning"), "{told}");
    for (file, text) in files("saleor") {
        let of = procedure(environment(&site, "production"), file.trim_end_matches(".md"));
        assert!(of.header.review.is_some(), "{file} says not by when it is read again");
        for part in &of.parts {
            assert!(text.contains(&format!("{{#{}", part.id)), "{file}:{}: {} has no name", part.line, part.id);
            assert!(part.misread.is_none() && !part.options.todo, "{file}:{}: {:?}", part.line, part.misread);
            let says = !matches!(part.doing, Doing::Run(..)) || !part.options.targets.is_empty();
            assert!(says, "{file}:{}: {} does not say where it runs", part.line, part.id);
        }
    }
}

#[test]
fn the_gate_has_its_twelve_items_and_what_can_be_checked_is() {
    let site = site("saleor");
    let deploy = procedure(environment(&site, "production"), "deploy");
    let gate: Vec<_> = deploy.parts.iter().filter(|part| deploy.role(part) == Role::Gate).collect();
    let kind = |id: &str| {
        let part = gate.iter().find(|part| part.id.as_str() == id).unwrap_or_else(|| panic!("no {id} in the gate"));
        (
            matches!(part.doing, Doing::Fact(_)),
            part.options.evidence,
            part.options.waiver.as_ref().map(ToString::to_string),
        )
    };
    let by = |role: &str| Some(role.to_owned());
    for (id, wanted) in [
        ("ci", (true, false, None)),
        ("reviews", (true, false, by("cto"))),
        ("security", (true, false, by("cto"))),
        ("load", (true, true, by("lead"))),
        ("staging", (true, true, None)),
        ("backup", (true, false, None)),
        ("rollback", (true, true, by("lead"))),
        ("agreed", (false, false, by("cto"))),
        ("told", (false, true, by("lead"))),
        ("on-call", (false, true, None)),
        ("dashboards", (true, true, by("lead"))),
        ("incident-plan", (false, true, by("lead"))),
    ] {
        assert_eq!(kind(id), wanted, "{id}");
    }
}

#[test]
fn phases_have_their_budgets_and_production_its_windows() {
    let site = site("saleor");
    let production = environment(&site, "production");
    let deploy = procedure(production, "deploy");
    let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
    let phases: Vec<_> =
        deploy.sections.iter().filter(|section| section.role == Role::Phase).map(|section| section.budget).collect();
    assert_eq!(phases, [minutes(30), minutes(15), minutes(45), minutes(30)]);
    let due: Vec<_> = deploy.sections.iter().filter_map(|section| section.due).collect();
    assert_eq!(due, [60, 24 * 60, 7 * 24 * 60].map(|minutes| Duration::from_secs(60 * minutes)));
    assert_eq!((deploy.header.kind, deploy.header.back, deploy.header.lock), (Kind::Deploy, Back::Auto, true));
    for name in ["rollback-now", "rollback-database", "rollback-complete"] {
        let back = procedure(production, name);
        assert_eq!((back.header.kind, back.header.lock), (Kind::Rollback, true), "{name}");
        assert!(back.header.release.is_some(), "{name} records nothing");
    }
    assert_eq!(procedure(production, "rollback-now").header.budget, minutes(5));
}

#[test]
fn everything_can_be_planned_and_every_command_is_one() {
    let site = site("saleor");
    let mut read = BTreeSet::new();
    for environment in &site.environments {
        for procedure in &environment.procedures {
            let said =
                [("version", "0123abc"), ("release", "v20261101"), ("dump", "/srv/backups/saleor/backup_20261101.sql")];
            let values = said.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            let answers = Answers { values, ..Answers::default() };
            let choice = Choice { what: Chosen::Whole, ..Choice::default() };
            let plan = plan(procedure, environment, &answers, &choice).unwrap_or_else(|missing| {
                panic!("{} in {}: {:#?}", procedure.file, environment.name, missing.sentences())
            });
            for part in &plan.parts {
                for job in part.jobs.iter().chain(&part.previews) {
                    if read.insert(job.script.text.clone()) {
                        let well = is_well_formed("bash", &job.script.text);
                        assert!(well.is_ok(), "{} {}: {well:?}", procedure.file, part.part);
                    }
                }
            }
            let grave: Vec<&str> = plan
                .parts
                .iter()
                .filter(|part| part.danger == Danger::Destructive)
                .map(|part| part.part.as_str())
                .collect();
            let wanted: &[&str] =
                if procedure.name.as_str() == "rollback-database" { &["migrate-back", "swap"] } else { &[] };
            assert_eq!(grave, wanted, "{} in {}", procedure.file, environment.name);
        }
    }
    assert!(read.len() > 40, "only {} commands were read", read.len());
}
