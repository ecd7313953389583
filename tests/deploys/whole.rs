//! Deploys from the first question to the verdict: good ones, one whose way back is gone, and one that is ill.

use std::sync::atomic::Ordering;

use crate::lab::{Lab, report};
use crate::shop::{HOSTS, Shop};

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e13_a_deploy_end_to_end_one_whose_way_back_is_gone_and_one_that_is_ill() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let shop = Shop::new(&lab);
    let first = shop.first();
    assert_eq!(shop.others_than(&first), [""; 0]);
    let release = &shop.releases()[0];
    assert_eq!((release["verdict"].as_str(), release["commit"].as_str()), (Some("good"), Some(first.as_str())));
    assert!(release["waivers"].to_string().contains("the first release"), "{release}");

    // Fault E13: the release to go back to is gone from one host. That is found before anything is changed.
    let next = shop.change(
        "Orders have a note",
        &[(
            "services/backend/prisma/migrations/0002_note/migration.sql",
            Some("ALTER TABLE orders ADD COLUMN note text;\n"),
        )],
    );
    let hide = |words: &str| lab.on("app-2", &["sh", "-c", &format!("cd /opt/pakashop && {words}")]);
    hide("mv .git/objects .git/objects.away && mkdir -p .git/objects/pack .git/objects/info");
    let blocked = shop.deploy(&["--on-failure", "abort"]);
    hide("rm -rf .git/objects && mv .git/objects.away .git/objects");
    assert_ne!(blocked.code, Some(0), "{}", blocked.told);
    blocked.says("there is nothing to go back to");
    assert!(blocked.told.contains("app-2"), "{}", blocked.told);
    assert_eq!(shop.others_than(&first), [""; 0], "nothing was changed");
    assert_eq!(shop.releases().len(), 1, "what changed nothing is no release");

    // A test that failed at GitHub holds it up as well.
    shop.github.failing.store(true, Ordering::SeqCst);
    let failing = shop.deploy(&["--on-failure", "abort"]);
    shop.github.failing.store(false, Ordering::SeqCst);
    assert_ne!(failing.code, Some(0), "{}", failing.told);
    failing.says("failed");

    let ran = shop.deploy(&["--on-failure", "abort"]);
    assert_eq!(ran.code, Some(0), "{}", ran.told);
    assert_eq!(shop.others_than(&next), [""; 0]);
    let release = &shop.releases()[0];
    assert_eq!((release["verdict"].as_str(), release["commit"].as_str()), (Some("good"), Some(next.as_str())));
    assert!(release["backup"].as_str().unwrap().starts_with("production/pakashop-prod-"), "{release}");
    assert!(release["migrations"].to_string().contains("0002_note"), "{release}");
    let backup = format!("/srv/qdt-s3/pakashop-backups/{}", release["backup"].as_str().unwrap());
    lab.on("db-1", &["sh", "-c", &format!("gunzip -c {backup} | grep -q 'CREATE TABLE public.orders'")]);
    let columns = "runuser -u postgres -- psql -At -d pakashop -c \"SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'\"";
    assert!(lab.on("db-1", &["sh", "-c", columns]).contains("note"));

    // One service never gets well: everything goes back by itself, and is verified.
    let ill = shop.change("Reports are ill", &[("services/reports/ill", Some("health 503 failing\n"))]);
    let bad = shop.deploy(&["--on-failure", "abort"]);
    assert_ne!(bad.code, Some(0), "{}", bad.told);
    assert_eq!(shop.others_than(&next), [""; 0], "{}", bad.told);
    let release = &shop.releases()[0];
    assert_eq!(
        (release["verdict"].as_str(), release["commit"].as_str()),
        (Some("rolled-back"), Some(ill.as_str())),
        "{}",
        bad.told
    );
    // It is not tried again before somebody has looked.
    let again = shop.deploy(&["--on-failure", "abort"]);
    assert_ne!(again.code, Some(0), "{}", again.told);
    again.says("nobody has examined it since");
    assert_eq!(shop.others_than(&next), [""; 0], "nothing was changed");
    report("E13", 1, 1, "the release to go back to is missing on one host: found by the gate, nothing was changed");
    report("deploy of 19 services", 4, 4, "good; with a migration; held up by its gate; ill and taken back by itself");
}
