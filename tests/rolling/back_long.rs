//! What goes back by hand, once each: a migration that Django takes back, one that only a backup brings back, an earlier
//! release, and the last resort. Too long for an ordinary run.

use super::kit::{HOST, Ran, Shop};
use super::lab::{Lab, report};
use super::{BETTER, GOOD, all_run};

/// It takes a column away, and turns bad when it was rolled out already.
const TAKES: (&str, &[&str]) = ("v1.17.0", &["APP_MIGRATIONS=0017", "APP_MODE=later:8"]);

/// A run of one of production's procedures, with nobody at it.
fn run(shop: &Shop<'_>, name: &str, more: &[&str]) -> Ran {
    let said = ["-e", "production", "--confirm", "production", "--on-failure", "abort"];
    let ran = shop.qd(&["run", name], &[&said[..], more].concat());
    assert_eq!(ran.code, 0, "{name}: {}", ran.out);
    ran
}

fn columns(shop: &Shop<'_>) -> String {
    let query = "select string_agg(column_name, ' ' order by column_name) from information_schema.columns where table_name = 'product'";
    shop.sql(query).trim().to_owned()
}

fn newest_migration(shop: &Shop<'_>) -> String {
    shop.sql("select max(name) from django_migrations").trim().to_owned()
}

/// The image and the verdict of the release that was recorded last.
fn newest(shop: &Shop<'_>) -> (String, String, String) {
    let release = shop.releases().remove(0);
    let word = |name: &str| release[name].as_str().unwrap_or_default().to_owned();
    (word("version"), word("verdict"), word("backup"))
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn migrations_of_both_kinds_a_release_and_the_last_resort_go_back_by_hand() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let shop = Shop::new(&lab, &[GOOD, BETTER, TAKES]);
    shop.sql("update product set price = id");
    for version in ["v1.15.0", "v1.16.0"] {
        let ran = shop.deploy(version, &[]);
        assert_eq!(ran.code, 0, "{}", ran.out);
    }
    assert_eq!(columns(&shop), "colour id name price");

    // What only added something, Django takes back, while the code runs that knows how.
    let said = ["--input", "app_name=products", "--input", "target=0015"];
    let ticks = ["--tick", "loss=the colours", "--tick", "fits=v1.15.0 comes next"];
    let back = run(&shop, "migration-rollback", &[said, ticks].concat());
    assert!(back.out.contains("0016_product_colour reversible"), "{}", back.out);
    assert_eq!((columns(&shop).as_str(), newest_migration(&shop).as_str()), ("id name price", "0015_product_price"));

    // The release before, by its name in the record.
    let said = ["--input", "version=v1.15.0", "--answer", "database=back", "--tick", "migrations=taken back"];
    run(&shop, "rollback", &said);
    all_run(&shop, "v1.15.0");
    let release = shop.releases().remove(0);
    assert_eq!((release["kind"].as_str(), release["verdict"].as_str()), (Some("rollback"), Some("good")));
    assert_eq!(
        release["commit"].as_str(),
        Some(shop.commit("v1.15.0").as_str()),
        "its commit is known from its deploy"
    );
    assert!(release["images"].to_string().contains("webshop/backend@sha256:"), "{release}");

    // One that takes a column away and then gets ill: nobody rolls the code before onto tables that it can't live with.
    let ran = shop.deploy("v1.17.0", &["--on-failure", "abort"]);
    assert_ne!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("these can't be taken back: products 0017_remove_price"), "{}", ran.out);
    all_run(&shop, "v1.17.0");
    let (version, verdict, dump) = newest(&shop);
    assert_eq!((version.as_str(), verdict.as_str()), ("v1.17.0", "failed"), "{}", ran.out);
    let kept = shop.releases().remove(0)["migrations"].to_string();
    assert!(kept.contains("0017_remove_price") && kept.contains("0016_product_colour"), "{kept}");
    assert_eq!(columns(&shop), "colour id name");
    // What is ill is mended by hand meanwhile.
    let well = "for service in backend:8000 frontend:3000; do
          for id in $(docker ps -q --filter label=com.docker.compose.project=webshop --filter label=com.docker.compose.service=${service%:*}); do
            at=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' \"$id\")
            curl -fsS \"http://$at:${service#*:}/mode?good\"
          done
        done";
    lab.on(HOST, &["sh", "-c", well]);
    shop.sql("insert into product (id, name) values (101, 'written since')");

    // What it took away comes back from the backup that the deploy made right before, counted first.
    let backup = format!("backup={dump}");
    let said = ["--input", "app_name=products", "--input", "target=0015", "--input", &backup];
    let ticks =
        ["--tick", "loss=what was written since", "--tick", "fits=v1.15.0 comes next", "--answer", "decision=swap"];
    let restored = run(&shop, "migration-rollback", &[&said[..], &ticks[..]].concat());
    for line in ["0017_remove_price irreversible", "0016_product_colour reversible", "product 101", "product 100"] {
        assert!(restored.out.contains(line), "{line:?} is not said: {}", restored.out);
    }
    assert_eq!((columns(&shop).as_str(), newest_migration(&shop).as_str()), ("id name price", "0015_product_price"));
    assert_eq!(shop.sql("select sum(price) from product").trim(), "5050", "what was in the column is there again");
    let aside = shop.sql("select datname from pg_database where datname like 'webshop_before_%'");
    assert_eq!(aside.lines().count(), 1, "the one that was live is put aside: {aside}");

    let said = ["--input", "version=v1.15.0", "--answer", "database=restore", "--tick", "migrations=restored"];
    run(&shop, "rollback", &said);
    all_run(&shop, "v1.15.0");

    // The last resort starts everything anew with the images that are there.
    let ids = ["docker", "ps", "-q", "--no-trunc", "--filter", "label=com.docker.compose.service=backend"];
    let before = lab.on(HOST, &ids);
    run(&shop, "last-resort", &["--tick", "tried=it did not help"]);
    all_run(&shop, "v1.15.0");
    assert_ne!(lab.on(HOST, &ids), before, "another container serves");
    report(
        "rolling deploy",
        4,
        4,
        "by hand: a migration taken back, one restored from the backup before it, a release, the last resort",
    );
}
