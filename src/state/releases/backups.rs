//! The recorded backups as what one is chosen from: those that were made before what is lost, the newest first.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{service, told};
use crate::domain::procedure::{Backups, Input, InputKind, Procedure, ProcedurePlan};
use crate::domain::release::{Before, Found, History};
use crate::domain::time::short;
use crate::text::Foreign;

/// The backups that an input of a procedure takes, each with what is known of it; `values` is what was said so far.
pub fn backups(
    history: &History,
    procedure: &Procedure,
    input: &Input,
    values: &BTreeMap<String, String>,
    now: Timestamp,
) -> Vec<(String, String)> {
    let Some(which) = &input.backups else { return Vec::new() };
    let all = history.backups(before(history, procedure, which, values)).into_iter();
    all.filter(|(_, late)| late.is_none())
        .filter_map(|(backup, _)| {
            let age = now.duration_since(backup.before).unsigned_abs();
            let of = backup.of.plain();
            let of = if of.is_empty() { "a release".to_owned() } else { of };
            let login = backup.login.as_ref().map(|login| format!(", says the login {}", login.plain()));
            let login = login.unwrap_or_default();
            let note = format!("made by {of} before {}, {} ago{login}", told::stamp(backup.before), short(age));
            Some((name(&backup.name)?, note))
        })
        .collect()
}

/// Why a value of such an input is refused: it was made when what is to come back was lost already. What no release has
/// recorded may be from any time.
pub fn too_late(
    history: &History,
    procedure: &Procedure,
    input: &Input,
    values: &BTreeMap<String, String>,
    value: &str,
) -> Option<String> {
    let which = input.backups.as_ref()?;
    let all = history.backups(before(history, procedure, which, values));
    let (backup, late) = all.iter().find(|(backup, _)| backup.is_called(value.as_bytes()))?;
    let late = late.as_ref()?;
    let newest = all.iter().filter(|(_, late)| late.is_none()).find_map(|(backup, _)| name(&backup.name));
    let instead = newest.map_or("no backup from before it is recorded".to_owned(), |name| format!("take {name}"));
    let login = backup.login.as_ref().map(|login| format!(" (says the login {})", login.plain())).unwrap_or_default();
    Some(format!(
        "{}{login} made it, behind {} of {}, so what that lost is not in it: {instead}",
        backup.of.plain(),
        late.migration.name.plain(),
        late.of.plain()
    ))
}

/// The same for all that a plan was given.
pub fn plan_too_late(history: &History, procedure: &Procedure, plan: &ProcedurePlan) -> Option<String> {
    let values: BTreeMap<String, String> =
        plan.given.iter().filter_map(|given| Some((given.name.to_string(), given.value.clone()?))).collect();
    procedure.header.inputs.iter().find_map(|input| {
        let value = values.get(input.name.as_str())?;
        too_late(history, procedure, input, &values, value).map(|why| format!("{}: {why}", input.name))
    })
}

fn before<'a>(
    history: &'a History,
    procedure: &Procedure,
    which: &Backups,
    values: &'a BTreeMap<String, String>,
) -> Before<'a> {
    let inputs = &procedure.header.inputs;
    let release = |input: &&Input| input.kind == InputKind::Release;
    let named = match which {
        Backups::All => inputs.iter().find(release),
        Backups::Before(name) => inputs.iter().find(|input| input.name == *name),
    };
    let said = named.and_then(|input| Some((input, values.get(input.name.as_str())?)));
    let Some((input, value)) = said.filter(|(_, value)| !value.is_empty()) else { return Before::Nothing };
    if input.kind != InputKind::Release {
        return Before::Migration(value.as_bytes());
    }
    match history.target(value.as_bytes(), service(procedure).as_ref()) {
        // What is about one service is asked of the whole system: that is stricter.
        Found::One(target) => Before::Release(target, None),
        Found::None | Found::Several(_) => Before::Nothing,
    }
}

/// A name as a value of an input: one that is what it looks like, and that no tool takes for an option.
fn name(name: &Foreign) -> Option<String> {
    let text = std::str::from_utf8(name.raw()).ok()?;
    let is_plain = name.plain() == text && text.trim() == text && !text.is_empty() && !text.starts_with('-');
    is_plain.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::super::tests::release;
    use super::*;
    use crate::domain::Release;
    use crate::domain::release::{Migration, Verdict};
    use crate::site::procedure::{Known, load};

    /// Four releases, each with a backup from before it; the third drops something.
    fn history() -> History {
        let made = |number: i64, migrations: &str| Release {
            migrations: Migration::read(migrations.as_bytes()),
            backup: Some(format!("/srv/v{number}.sql").as_str().into()),
            ..release(number, &format!("v{number}"), Verdict::Good)
        };
        History::of([
            made(1, ""),
            made(2, "orders/0002_note reversible"),
            made(3, "orders/0003_drop irreversible"),
            made(4, ""),
        ])
    }

    fn asked(backups: &str, values: &[(&str, &str)]) -> (Procedure, BTreeMap<String, String>) {
        let text = format!(
            "+++\nkind = \"rollback\"\n[inputs.back]\ntype = \"release\"\n[inputs.lost]\noptional = true\n\
             [inputs.dump]\nbackups = {backups}\n+++\n# Back\n\n- [ ] One\n"
        );
        let (procedure, mistakes) = load(Path::new("back.md"), text.as_bytes(), &Known::default());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        (procedure, values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn offered(backups_of: &str, values: &[(&str, &str)]) -> Vec<String> {
        let (procedure, values) = asked(backups_of, values);
        let input = procedure.header.inputs.iter().find(|input| input.name.as_str() == "dump").unwrap();
        let now = history().releases().last().unwrap().at + std::time::Duration::from_secs(7200);
        let all = backups(&history(), &procedure, input, &values, now);
        assert!(all.iter().all(|(_, note)| note.contains(" ago") && note.starts_with("made by v")), "{all:?}");
        all.into_iter().map(|(name, _)| name).collect()
    }

    fn refused(backups: &str, values: &[(&str, &str)], value: &str) -> Option<String> {
        let (procedure, values) = asked(backups, values);
        let input = procedure.header.inputs.iter().find(|input| input.name.as_str() == "dump").unwrap();
        too_late(&history(), &procedure, input, &values, value)
    }

    #[test]
    fn only_backups_from_before_what_is_lost_are_offered_the_newest_first() {
        let all = ["/srv/v4.sql", "/srv/v3.sql", "/srv/v2.sql", "/srv/v1.sql"];
        assert_eq!(offered("true", &[]), all, "as long as nobody said what is gone back to");
        // Its own was made before its migrations.
        assert_eq!(offered("true", &[("back", "v1")]), all[1..]);
        assert_eq!(offered("true", &[("back", "v2")]), all[1..]);
        assert_eq!(offered("true", &[("back", "v3")]), all, "nothing was lost since");
        assert_eq!(offered("\"back\"", &[("back", "v2")]), all[1..]);
        assert_eq!(offered("\"lost\"", &[("lost", "0002_note")]), all[2..]);
        assert_eq!(offered("\"lost\"", &[("lost", "")]), all);
        assert_eq!(offered("\"lost\"", &[("lost", "0002")]), all, "it is called by a whole word");
    }

    #[test]
    fn what_another_login_says_is_told_with_it_and_what_looks_like_an_option_is_not_offered() {
        let made = |number: i64, backup: &str| Release {
            backup: Some(backup.into()),
            login: Some("bo".into()),
            ..release(number, &format!("v{number}"), Verdict::Good)
        };
        let drops = Release { migrations: Migration::read(b"a/1 irreversible"), ..made(5, "/srv/v5.sql") };
        let history =
            History::of([made(1, "/srv/v1.sql"), made(2, "--clean"), made(3, " /srv/v1.sql"), drops, made(6, "/late")]);
        let (procedure, values) = asked("true", &[("back", "v1")]);
        let input = procedure.header.inputs.iter().find(|input| input.name.as_str() == "dump").unwrap();
        let all = backups(&history, &procedure, input, &values, history.releases()[4].at);
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["/srv/v5.sql", "/srv/v1.sql"]);
        assert!(all.iter().all(|(_, note)| note.ends_with(", says the login bo")), "{all:?}");
        let why = too_late(&history, &procedure, input, &values, "/late").unwrap();
        assert!(why.starts_with("v6 (says the login bo) made it") && why.ends_with("take /srv/v5.sql"), "{why}");
    }

    #[test]
    fn one_that_was_made_too_late_is_refused_with_the_one_to_take() {
        let why = refused("true", &[("back", "v2")], "/srv/v4.sql").unwrap();
        assert_eq!(why, "v4 made it, behind orders/0003_drop of v3, so what that lost is not in it: take /srv/v3.sql");
        for spelt in ["/srv//v4.sql", "/srv/./v4.sql"] {
            assert_eq!(refused("true", &[("back", "v2")], spelt).as_ref(), Some(&why), "{spelt}");
        }
        assert_eq!(refused("true", &[("back", "v2")], "srv/v4.sql"), None, "another file");
        assert_eq!(refused("true", &[("back", "v2")], "/srv/v3.sql"), None);
        assert_eq!(refused("true", &[("back", "v2")], "/srv/nightly.sql"), None, "nobody recorded when that was made");
    }
}
