//! The database of PakaShop comes back from the backup that its deploy made, and the code with it; and a service that went back
//! alone does not hold up what comes behind it. Too long for an ordinary run.

use crate::lab::{Lab, report};
use crate::shop::{HOSTS, Ran, Shop};

/// Stand-in for `aws s3`: the bucket is a folder, in both directions.
const AWS: &str = r#"#!/bin/sh
set -e
at() { case $1 in s3://*) echo "/srv/qdt-s3/${1#s3://}" ;; *) echo "$1" ;; esac; }
case "$1 $2" in
  "s3 cp") mkdir -p "$(dirname "$(at "$4")")"; cp "$(at "$3")" "$(at "$4")" ;;
  "s3 ls") ls -l --time-style='+%Y-%m-%d %H:%M:%S' "$(at "$3")" 2>/dev/null | sed -n 's/^-.* \([0-9]*\) \(20[^ ]* [^ ]*\) /\2 \1 /p' ;;
  *) exit 64 ;;
esac
"#;

/// A run of one of production's procedures, with nobody at it.
fn run(shop: &Shop<'_>, name: &str, more: &[&str]) -> Ran {
    let site = shop.at("site").display().to_string();
    let said = ["run", name, &site, "-e", "production", "--confirm", "production", "--on-failure", "abort"];
    let ran = shop.qd(&[&said[..], more].concat());
    assert_eq!(ran.code, Some(0), "{name}: {}", ran.told);
    ran
}

fn sql(lab: &Lab, query: &str) -> String {
    lab.on("db-1", &["runuser", "-u", "postgres", "--", "psql", "-qAt", "-d", "pakashop", "-c", query])
        .trim()
        .to_owned()
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn the_database_comes_back_from_the_backup_of_its_deploy_and_the_code_with_it() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let shop = Shop::new(&lab);
    lab.on("db-1", &["sh", "-c", "printf '%s' \"$1\" >/usr/local/bin/aws", "sh", AWS]);
    let first = shop.first();
    let good = shop.releases()[0]["version"].as_str().unwrap().to_owned();
    sql(&lab, "INSERT INTO orders SELECT generate_series(1, 50)");
    let next = shop.change(
        "Reports have a note, and old orders go",
        &[
            ("services/reports/note", Some("new\n")),
            ("services/backend/prisma/migrations/0002_old/migration.sql", Some("DELETE FROM orders WHERE id > 10;\n")),
        ],
    );
    let ran = shop.deploy(&["--on-failure", "abort"]);
    assert_eq!(ran.code, Some(0), "{}", ran.told);
    assert_eq!((shop.others_than(&next), sql(&lab, "SELECT count(*) FROM orders")), (Vec::new(), "10".to_owned()));
    let backup = shop.releases()[0]["backup"].as_str().unwrap().to_owned();

    // One service alone, which is a plaster.
    let back = format!("back={good}");
    let inputs = ["--input", &back, "--input", "service=reports"];
    run(&shop, "service-rollback", &[&inputs[..], &["--tick", "lives=", "--tick", "before-next-deploy=told"]].concat());

    // The data first, and nothing starts on it with the code that took it away.
    sql(&lab, "INSERT INTO orders VALUES (1001)");
    let backup = format!("backup={backup}");
    let inputs =
        [&inputs[..2], &["--input", "service=backend", "--input", "machine=app-1", "--input", &backup]].concat();
    let inputs = [&inputs[..], &["--input", "migration_name=0002_old"]].concat();
    let said = ["--answer", "extent=restore", "--answer", "restore.decision=swap-only"];
    let ticks =
        ["code-first=right behind", "backup-there=yes", "restore.loss=order 1001", "restore.lost-owner=support"];
    let ticks: Vec<&str> = ticks.iter().flat_map(|tick| ["--tick", tick]).collect();
    let restored = run(&shop, "database-rollback", &[&inputs[..], &said, &ticks].concat());
    let counted = restored
        .told
        .lines()
        .any(|line| line.split_whitespace().collect::<Vec<_>>().ends_with(&["public.orders", "11", "50"]));
    assert!(counted, "the rows of both are shown: {}", restored.told);
    assert_eq!(sql(&lab, "SELECT count(*) FROM orders"), "50");
    let migrated = "SELECT string_agg(migration_name, ' ' ORDER BY 1) FROM _prisma_migrations";
    assert!(!sql(&lab, migrated).contains("0002_old"), "{}", sql(&lab, migrated));
    let aside = "SELECT count(*) FROM pg_database WHERE datname LIKE 'pakashop_before_%'";
    assert_eq!(sql(&lab, aside), "1", "the live one was put aside");
    assert!(shop.truth().values().all(|stand| !stand.ready), "nothing has started again: {:?}", shop.truth());

    // The folder of the service stands in the way, until whoever leads lets it go.
    let ticks = ["yes=", "pipeline-done=off", "gone=yes", "next-release=told", "database-back=done"];
    let ticks: Vec<&str> = ticks.iter().flat_map(|tick| ["--tick", tick]).collect();
    let site = shop.at("site").display().to_string();
    let said = ["run", "code-rollback", &site, "-e", "production", "--confirm", "production", "--on-failure", "abort"];
    let said = [&said[..], &["--input", &back, "--answer", "database=both"], &ticks].concat();
    let held = shop.qd(&said);
    assert_ne!(held.code, Some(0), "{}", held.told);
    held.says("services/reports/note");
    assert_eq!(
        lab.on("app-1", &["git", "-C", "/opt/pakashop", "rev-parse", "HEAD"]).trim(),
        next,
        "nothing was changed"
    );
    let ran = shop.qd(&[&said[..], &["--waive", "checkout=reports went back alone"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.told);
    assert_eq!(shop.others_than(&first), [""; 0]);
    assert_eq!(shop.releases()[0]["verdict"].as_str(), Some("good"));
    report("rollback of the database", 1, 1, "from the backup of its deploy, rows counted, and the code with it");
}
