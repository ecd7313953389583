//! FreezeDesign deploys for real: containers behind a real balancer are rolled to another image while somebody asks for
//! pages all the time, and what does not get well is taken back by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unused_imports, reason = "this file uses a part of the modules it shares")]

#[path = "../common/lab.rs"]
mod lab;

mod back_long;
mod kit;
mod long;

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use kit::{HOST, Shop};
use lab::{Lab, report};

const GOOD: (&str, &[&str]) = ("v1.15.0", &["APP_MIGRATIONS=0015"]);
const BETTER: (&str, &[&str]) = ("v1.16.0", &["APP_MIGRATIONS=0016"]);
/// Its health is never green.
const NEVER: (&str, &[&str]) = ("v1.17.0", &["APP_MIGRATIONS=0016", "APP_MODE=bad"]);

/// Everything that is rolled or restarted runs this version, once.
fn all_run(shop: &Shop<'_>, version: &str) {
    let runs = shop.runs();
    for service in ["backend", "frontend", "celery", "celery-beat"] {
        assert_eq!(runs.get(service), Some(&vec![version.to_owned()]), "{service} of {runs:?}");
    }
}

fn none_failed(asked: &serde_json::Value, what: &str) {
    assert!(asked["sent"].as_u64().unwrap() > 100, "{what}: {asked}");
    assert_eq!(asked["failed"].as_u64(), Some(0), "{what}: {asked}");
}

/// At no moment was there less than one that answers.
fn never_without(watched: &str) {
    let mut least: BTreeMap<&str, u32> = BTreeMap::new();
    for (service, well) in watched.lines().filter_map(|line| line.split_once(' ')) {
        let well = well.parse().unwrap();
        let known = least.entry(service).or_insert(well);
        *known = well.min(*known);
    }
    assert!(watched.lines().count() > 10, "it was looked at: {watched}");
    assert_eq!(least.keys().copied().collect::<Vec<_>>(), ["backend", "frontend"]);
    assert!(least.values().all(|well| *well >= 1), "{least:?}\n{watched}");
    // And there were two for a while: it was rolled, not replaced.
    assert!(watched.lines().any(|line| line.ends_with(" 2")), "{watched}");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_rolling_deploy_fails_nobody_and_a_bad_one_is_taken_back_by_itself() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let shop = Shop::new(&lab, &[GOOD, BETTER, NEVER]);

    // A good one: nobody notices.
    let (backend, frontend, watched) = (shop.asked(8200, 60), shop.asked(3200, 40), shop.watched());
    let first = shop.deploy("v1.16.0", &[]);
    let (backend, frontend, watched) = (backend.count(), frontend.count(), watched.ends());
    assert_eq!(first.code, 0, "{}", first.out);
    all_run(&shop, "v1.16.0");
    none_failed(&backend, "the backend during a good deploy");
    none_failed(&frontend, "the frontend during a good deploy");
    assert!(backend["versions"]["v1.15.0"].is_u64() && backend["versions"]["v1.16.0"].is_u64(), "{backend}");
    never_without(&watched);
    assert_eq!(shop.sql("select max(name) from django_migrations").trim(), "0016_product_colour");
    let release = shop.releases().remove(0);
    assert_eq!((release["version"].as_str(), release["verdict"].as_str()), (Some("v1.16.0"), Some("good")));
    assert_eq!(release["commit"].as_str(), Some(shop.commit("v1.16.0").as_str()));
    assert!(release["images"].to_string().contains("webshop/backend@sha256:"), "{release}");
    assert!(release["migrations"].to_string().contains("0016_product_colour"), "{release}");
    assert!(release["backup"].as_str().unwrap().starts_with("/var/backups/webshop/before-v1.16.0-"), "{release}");
    assert!(release["waivers"].to_string().contains("the lab has no staging"), "{release}");

    // A bad one is never rolled out, and goes again.
    let (backend, watched) = (shop.asked(8200, 60), shop.watched());
    let second = shop.deploy("v1.17.0", &["--on-failure", "abort"]);
    let (backend, watched) = (backend.count(), watched.ends());
    assert_ne!(second.code, 0, "{}", second.out);
    assert!(second.out.contains("v1.17.0 did not become healthy in 6 attempts"), "{}", second.out);
    all_run(&shop, "v1.16.0");
    none_failed(&backend, "the backend during a bad deploy");
    // HAProxy takes a server that it has found for well until it has looked at it once, which is soon.
    assert!(backend["versions"]["v1.17.0"].as_u64().unwrap_or(0) < 60, "{backend}");
    assert!(watched.lines().all(|line| !line.ends_with(" 0")), "{watched}");
    let after = shop.asked(8200, 100);
    sleep(Duration::from_secs(2));
    none_failed(&after.count(), "after the way back");
    let releases = shop.releases();
    assert_eq!(
        (releases[0]["version"].as_str(), releases[0]["verdict"].as_str()),
        (Some("v1.17.0"), Some("rolled-back"))
    );
    assert_eq!(lab.on(HOST, &["cat", "/opt/webshop/.env"]).trim(), "IMAGE_TAG=v1.16.0");
    assert!(shop.told().contains("v1.17.0 did not get well and was taken back: v1.16.0 runs again"), "{}", shop.told());

    // The same code is not tried again before somebody has looked.
    let again = shop.deploy("v1.17.0", &["--on-failure", "abort"]);
    assert!(again.code != 0 && again.out.contains("examine"), "{}", again.out);
    all_run(&shop, "v1.16.0");
    let took = |ran: &kit::Ran| ran.took.as_secs();
    report(
        "rolling deploy",
        1,
        1,
        &format!("good in {} s, taken back in {} s, no request failed", took(&first), took(&second)),
    );
}
