//! The site of PakaShop is complete: whatever the team's document asks for and is no deploy has its part in a procedure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

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

/// The names that a procedure gives to its parts.
fn parts(file: &str) -> Vec<String> {
    let path = at("sites/pakashop/procedures").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let named = text.split("{#").skip(1).filter_map(|rest| rest.split([' ', '}', '\n']).next());
    named.map(str::to_owned).collect()
}

#[test]
fn every_number_that_is_no_deploy_has_a_part_that_exists() {
    let page = fs::read_to_string(at("docs/pakashop-procedures.md")).unwrap();
    let mut found = BTreeMap::new();
    for (number, file, named) in rows(&page) {
        assert!(!named.is_empty(), "PS-{number} names no part");
        let known = parts(&file);
        for part in &named {
            assert!(known.contains(part), "PS-{number}: {file} has no part {part}, only {known:?}");
        }
        assert!(found.insert(number, file).is_none(), "PS-{number} stands twice");
    }
    let missing: Vec<u32> = (22..=73).filter(|number| !found.contains_key(number)).collect();
    assert!(missing.is_empty(), "no procedure has {missing:?}");
}

#[test]
fn the_parts_of_a_file_have_names_of_their_own_and_every_link_leads_to_a_file() {
    for entry in fs::read_dir(at("sites/pakashop/procedures")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let mut known = parts(&name);
        known.sort();
        let many = known.len();
        known.dedup();
        assert_eq!(many, known.len(), "{name} gives a name twice");
        let text = fs::read_to_string(at("sites/pakashop/procedures").join(&name)).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let there = file.is_empty() || at("sites/pakashop/procedures").join(file).exists();
            assert!(there, "{name} links {link}, which is not there");
        }
    }
}
