//! The lists of units and unit files as `systemctl` prints them: only names and states are taken from them.

use super::systemd::{Scope, plain_command};
use crate::domain::UnitName;
use crate::port::RemoteCommand;

/// Lists every unit that is loaded.
pub fn units(scope: Scope) -> RemoteCommand {
    let arguments = ["--no-pager", "list-units", "--all", "--full", "--plain", "--no-legend"];
    plain_command(scope, "systemctl", arguments)
}

/// Lists every unit file.
pub fn files(scope: Scope) -> RemoteCommand {
    plain_command(scope, "systemctl", ["--no-pager", "list-unit-files", "--full", "--no-legend"])
}

/// One row of the list of units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The unit.
    pub name: UnitName,
    /// Whether its file was found.
    pub found: bool,
    /// Whether it failed.
    pub failed: bool,
}

/// Reads the answer to [`units`]. A row that is none (a description may hold line breaks) is left out; one
/// that pretends to be a row adds a name to look at and nothing more.
pub fn parse_units(output: &[u8]) -> Vec<Row> {
    rows(output)
        .filter_map(|words| match words.as_slice() {
            [name, load, active, _sub, ..] => {
                let name = UnitName::new(name)?;
                Some(Row { name, found: *load != "not-found", failed: *active == "failed" })
            }
            _ => None,
        })
        .collect()
}

/// Reads the answer to [`files`]: every unit that has a file of its own; templates and aliases have not.
pub fn parse_files(output: &[u8]) -> Vec<UnitName> {
    rows(output)
        .filter_map(|words| match words.as_slice() {
            [name, state, ..] if *state != "alias" => UnitName::new(name).filter(|name| !is_template(name)),
            _ => None,
        })
        .collect()
}

/// Whether the name is that of a template, which is never a unit itself.
pub fn is_template(name: &UnitName) -> bool {
    name.stem().ends_with('@')
}

/// The words of each line; a dot that marks a failed unit before the name is dropped.
fn rows(output: &[u8]) -> impl Iterator<Item = Vec<&str>> {
    output.split(|byte| *byte == b'\n').filter_map(|line| {
        let words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
        Some(words.skip_while(|word| !word.contains('.')).collect())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_recorded_list_is_read() {
        let rows = parse_units(include_bytes!("../../tests/fixtures/systemd252-list-units.txt"));
        let row = |name: &str| rows.iter().find(|row| row.name.as_str() == name);
        assert!(!row("nginx.service").unwrap().failed);
        assert!(row("crasher.service").unwrap().failed);
        assert!(!row("auditd.service").unwrap().found);
        assert!(row("evil.service").is_none(), "a continued description is no row");
        assert!(rows.len() > 100);
    }

    #[test]
    fn a_dot_before_a_failed_unit_is_no_name() {
        let rows =
            parse_units("● a.service loaded failed failed A\n  b.service not-found inactive dead b\n".as_bytes());
        assert!(rows[0].failed && rows[0].found && !rows[1].found);
    }

    #[test]
    fn unit_files_without_templates_and_aliases() {
        let files = parse_files(include_bytes!("../../tests/fixtures/systemd252-list-unit-files.txt"));
        let has = |name: &str| files.iter().any(|file| file.as_str() == name);
        assert!(
            has("pakashop-search.service") && !has("getty@.service") && !has("dbus-org.freedesktop.login1.service")
        );
    }
}
