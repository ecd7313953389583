//! The site of PakaShop is complete: whatever the team's document asks for and is no deploy has its part in a procedure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use quarterdeck::domain::procedure::{Doing, Procedure};
use quarterdeck::site::procedure::{Known, load};

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
