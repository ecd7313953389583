//! Documents as people write them, and what becomes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use super::{Known, load};
use crate::domain::procedure::{Doing, Procedure, Role};
use crate::site::mistake::Mistake;

fn read(text: &str) -> (Procedure, Vec<Mistake>) {
    load(Path::new("procedures/test.md"), text.as_bytes(), &Known::default())
}

fn good(text: &str) -> Procedure {
    let (procedure, mistakes) = read(text);
    assert_eq!(mistakes, [], "{text}");
    procedure
}

/// Each part in a line: line, id, kind, what it runs.
fn parts(procedure: &Procedure) -> Vec<String> {
    let told = procedure.parts.iter().map(|part| {
        let doing = match &part.doing {
            Doing::Run(language, script) => format!("{} {script:?}", language.word()),
            other => other.word().to_owned(),
        };
        let mark = if part.misread.is_some() { " misread" } else { "" };
        format!("{} {} {doing}{mark}", part.line, part.id)
    });
    told.collect()
}

fn told(text: &str) -> Vec<String> {
    let (_, mistakes) = read(text);
    mistakes.iter().map(|mistake| format!("{}:{} {}", mistake.line, mistake.column, mistake.message)).collect()
}

#[test]
fn a_document_that_nobody_prepared_opens() {
    let procedure = good(
        "# Restore\n\nSome words.\n\n## Before\n\n- [ ] Backup is there\n- [x] Told everybody\n\n## Do it\n\n\
         1. Stop the app:\n\n   ```sh\n   systemctl stop app\n   ```\n2. Load it\n\n   ```sql\n   SELECT 1;\n   ```\n\n\
         Errors by kind:\n\n```promql\nsum by (kind) (errors)\n```\n\n```yaml\na: 1\n```\n",
    );
    assert_eq!(procedure.name.as_str(), "test");
    assert_eq!(procedure.header.title.plain(), "Restore");
    assert_eq!(
        parts(&procedure),
        [
            "7 backup-is-there ask",
            "8 told-everybody ask",
            "14 stop-the-app sh \"systemctl stop app\"",
            "19 load-it sql \"SELECT 1;\"",
            "25 errors-by-kind promql \"sum by (kind) (errors)\"",
        ]
    );
    assert_eq!(procedure.sections.len(), 3);
}

#[test]
fn attributes_stand_behind_fences_headings_items_and_in_comments() {
    let procedure = good(
        "# T\n```bash {#dump host=db timeout=10m danger=destructive undo=#load}\npg_dump\n```\n\
         ### Load it {#load host=\"db web\"}\n```sh\nload\n```\n\
         ## Items\n- [ ] Signed {#sign evidence expires=1h}\n- Wait a little {hold=60s}\n- [ ] Up\n  <!-- {check=web/ready} -->\n\
         ## One more\n<!-- {#more host=here} -->\n```sh\nid\n```\n## Last\n```sh\nid -u\n```\n<!-- {#last root} -->\n",
    );
    assert_eq!(
        parts(&procedure),
        [
            "2 dump bash \"pg_dump\"",
            "5 load sh \"load\"",
            "10 sign ask",
            "11 wait-a-little hold",
            "12 up check",
            "14 more sh \"id\"",
            "20 last sh \"id -u\"",
        ]
    );
}

#[test]
fn what_is_misread_is_told_with_its_place_and_done_by_hand() {
    let text = "```sh {#a hots=db}\nid\n```\n- [ ] x {host=\"a b}\n\n```sh {timeout=soon}\nid\n```\n";
    let (procedure, _) = read(text);
    assert!(parts(&procedure).iter().all(|part| part.ends_with("ask misread")), "{:?}", parts(&procedure));
    assert_eq!(
        told(text),
        [
            "1:11 there is no attribute `hots`",
            "4:15 this quote is not closed",
            "6:16 `soon` is no length of time such as `30s`, `10m` or `1h30m`",
        ]
    );
}

#[test]
fn a_misread_front_matter_holds_everything_back() {
    let (procedure, mistakes) = read("+++\nlock = \"yes\"\n+++\n```sh\nid\n```\n");
    assert_eq!(mistakes.len(), 1);
    assert_eq!(mistakes[0].line, 2);
    assert_eq!(parts(&procedure), ["4 id ask misread"]);
    let hugo = good("+++\ntitle = \"x\"\ndate = 2026-01-01\nweight = 3\n+++\n```sh\nid\n```\n");
    assert_eq!(parts(&hugo), ["6 id sh \"id\""]);
    assert!(hugo.header.other.plain().contains("weight"));
}

#[test]
fn rollbacks_and_what_stands_in_them_are_one() {
    let procedure = good("# Rollback of x\n\n## Rollback\n\n### Verify\n\n- [ ] a\n\n## Verify\n\n- [ ] b\n");
    let roles: Vec<Role> = procedure.parts.iter().map(|part| procedure.role(part)).collect();
    assert_eq!(roles, [Role::Rollback, Role::Verify]);
}

#[test]
fn bytes_that_are_no_text_open() {
    let (procedure, _) = load(Path::new("x.md"), b"# \xff\xfe\n\n- [ ] a\xc3\n", &Known::default());
    assert_eq!(procedure.parts.len(), 1);
    assert!(procedure.text.contains('\u{fffd}'));
}

#[test]
fn a_name_behind_an_item_that_is_no_part_is_told() {
    let text = "# Ship\n\n## Gate\n\n- Ada agreed <!-- {#agreed} -->\n- [ ] The load is low <!-- {#low} -->\n";
    let (procedure, _) = read(text);
    assert_eq!(parts(&procedure), ["6 low ask"]);
    let told = told(text);
    assert!(told.len() == 1 && told[0].starts_with("5:") && told[0].contains("agreed is no part"), "{told:?}");
    // A heading's name is a place to go to.
    assert_eq!(self::told("# Ship\n\n## Gate {#gate}\n\n- [ ] The load is low <!-- {#low} -->\n"), [] as [&str; 0]);
}
