//! The three rollbacks of Saleor, that of the database in both ways. Too long for an ordinary run.

use super::kit::{Desk, Release};
use super::lab::{Lab, report};
use super::shop::Shop;

/// Brings a release out while somebody asks for pages.
fn deploy(shop: &Shop<'_>, desk: &Desk<'_>, name: &str, migrations: &str, more: &[&str]) -> Release {
    let load = shop.ask();
    let release = desk.release(name, &[&format!("APP_MIGRATIONS={migrations}")]);
    let ended = desk.deploy(&release, more);
    load.end();
    assert_eq!(ended.code, 0, "{name}: {}", ended.told());
    release
}

/// Goes back by one of the three, and sees what is recorded then.
fn back(desk: &Desk<'_>, name: &str, to: &Release, more: &[&str]) {
    let release = format!("release={}", to.tag);
    let ended = desk.run(name, &[&["--input", &release][..], more].concat());
    assert_eq!(ended.code, 0, "{name}: {}", ended.told());
    let kept = desk.newest_release();
    assert_eq!((kept["kind"].as_str(), kept["verdict"].as_str()), (Some("rollback"), Some("good")), "{kept}");
    assert_eq!(kept["commit"].as_str(), Some(to.commit.as_str()), "as it was recorded when it was released: {kept}");
    assert_eq!(desk.runs_now(), to.tag);
}

fn all_with(shop: &Shop<'_>, colour: &str) {
    for (server, weight) in shop.weights() {
        assert_eq!(weight, if server.starts_with(colour) { 100 } else { 0 }, "{server}");
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn the_traffic_a_release_and_the_database_go_back() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let shop = Shop::open(&lab);
    let desk = Desk::new(&lab, &shop);
    shop.sql("update product set price = id");
    let first = deploy(&shop, &desk, "one", "0015", &["--waive", "rollback=there is none yet"]);
    deploy(&shop, &desk, "two", "0016", &[]);
    all_with(&shop, "blue");

    // One turn of the balancer: nobody notices, nobody's clone is asked, and what the bad one wrote can still be read.
    let load = shop.ask();
    desk.without_clone(|| back(&desk, "rollback-now", &first, &[]));
    let asked = load.end();
    assert_eq!(asked.failed(), 0, "{asked:?}");
    all_with(&shop, "green");
    assert!(!shop.is_up("blue") && shop.has("blue"), "it is stopped, and still there");

    // The other colour is gone: the release comes up there, and gets all of the traffic.
    deploy(&shop, &desk, "three", "0016", &[]);
    all_with(&shop, "blue");
    shop.remove("green");
    let load = shop.ask();
    back(&desk, "rollback-complete", &first, &["--tick", "database=what was added does no harm"]);
    let asked = load.end();
    assert_eq!(asked.failed(), 0, "{asked:?}");
    all_with(&shop, "green");
    assert!(shop.is_up("green") && !shop.is_up("blue"));

    // A column is taken away: the backup that the deploy made comes back, and takes the place of the live database.
    deploy(&shop, &desk, "four", "0017", &[]);
    assert_eq!(shop.migrated(), "0017_remove_price");
    let backup = desk.newest_release()["backup"].as_str().unwrap().to_owned();
    shop.sql("insert into product (id, name) values (101, 'written since')");
    let dump = format!("dump={backup}");
    let restore = ["--input", &dump, "--answer", "extent=restore", "--tick", "loss=yes", "--tick", "wanted=100 of 101"];
    let seen = ["--tick", "order=there", "--tick", "lost-owner=support"];
    back(&desk, "rollback-database", &first, &[&restore[..], &seen[..]].concat());
    assert_eq!(shop.migrated(), "0016_product_colour");
    assert_eq!(
        shop.sql("select count(*), sum(price) from product"),
        "100|5050",
        "what was in the column is there again"
    );
    assert_eq!(shop.sql("select count(*) from pg_database where datname like 'saleor_lab_before_%'"), "1");
    all_with(&shop, "blue");
    report("blue-green", 3, 3, "traffic, release, and the database from the backup of its deploy: each went back");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn migrations_that_can_be_taken_back_are_by_the_code_that_knows_how() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let shop = Shop::open(&lab);
    let desk = Desk::new(&lab, &shop);
    shop.sql("update product set price = id");
    let first = deploy(&shop, &desk, "one", "0015", &["--waive", "rollback=there is none yet"]);
    deploy(&shop, &desk, "two", "0016", &[]);
    let migrate = ["--input", "app=products", "--input", "migration=0015_product_price", "--answer", "extent=migrate"];
    back(&desk, "rollback-database", &first, &[&migrate[..], &["--tick", "order=there"]].concat());
    assert_eq!(shop.migrated(), "0015_product_price");
    assert_eq!(shop.sql("select count(*), sum(price) from product"), "100|5050", "what was there stays");
    all_with(&shop, "blue");
    report("blue-green", 1, 1, "a migration taken back with the code that knows how, then the release before");
}
