//! How each break is made: with what the repository, the hosts, their disks and the lock really do.

use std::process::Child;

use serde_json::Value;

use super::rows::{CommandFails, ConsoleKilled, DiskFull, GuardTrips, HostLost, LockStolen, NeverGreen, Row};
use crate::lab::Held;
use crate::shop::{APPS, Shop};

/// Files of the repository as they become.
pub type Files = Vec<(String, Option<String>)>;

/// A service that only this host has, and one with migrations.
pub fn own(host: &str) -> (&'static str, &'static str) {
    if host == "app-1" { ("tracking", "backend") } else { ("reports", "pricing") }
}

/// What the release brings that breaks it, and what makes it well again.
pub fn files((phase, host, why): Row, number: usize) -> (Files, Files) {
    let (service, migrates) = own(host);
    let ill = format!("services/{service}/ill");
    let lock = |service: &str| format!("services/{service}/package-lock.json");
    match (phase, why) {
        ("services", NeverGreen) => (vec![(ill.clone(), Some("health 503 failing\n".into()))], vec![(ill, None)]),
        ("services", CommandFails) => (vec![(ill.clone(), Some("crash-loop on 3\n".into()))], vec![(ill, None)]),
        ("build", CommandFails) => (vec![(lock(service), None)], vec![(lock(service), Some("{}\n".into()))]),
        // What makes it go back.
        ("put-back" | "services-back", _) => {
            (vec![(lock("reports"), None)], vec![(lock("reports"), Some("{}\n".into()))])
        }
        ("migrate", CommandFails) => {
            let path = format!("services/{migrates}/prisma/migrations/1{number:03}_bad/migration.sql");
            (vec![(path.clone(), Some("ALTER TABLE there_is_none ADD COLUMN note text;\n".into()))], vec![(path, None)])
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// What is broken before it begins.
pub fn prepare(shop: &Shop<'_>, (phase, host, why): Row) {
    let run = |script: &str| drop(shop.lab.on(host, &["sh", "-c", script]));
    match (phase, why) {
        ("gate", CommandFails) => {
            run("systemd-run -q --collect --unit qdt-else bash -c 'exec -a scripts/deploy.sh sleep 300'");
        }
        ("gate", NeverGreen) if host == "db-1" => drop(shop.lab.ctl(host, "meilisearch", "health 503 failing")),
        ("gate", NeverGreen) => {
            drop(shop.lab.ctl(host, &format!("pakashop-{}", own(host).0), "health 503 failing"));
        }
        ("gate", DiskFull) => fill(shop, host),
        // What git writes first is a folder.
        ("fetch", CommandFails) => run("rm -f /opt/pakashop/.git/FETCH_HEAD; mkdir /opt/pakashop/.git/FETCH_HEAD"),
        // Another git is at it, and never ends.
        ("put", CommandFails) => run("touch /opt/pakashop/.git/index.lock"),
        ("dump", CommandFails) => run("[ ! -e /srv/qdt-s3 ] || mv /srv/qdt-s3 /srv/qdt-s3.away; touch /srv/qdt-s3"),
        _ => {}
    }
}

/// The step at whose beginning it is broken; nothing where it is broken before.
pub fn moment((phase, host, why): Row) -> Option<(&'static str, Option<&'static str>)> {
    let here = |part| Some((part, Some(host)));
    match (phase, why) {
        ("gate" | "fetch" | "put" | "dump", CommandFails) | ("gate", NeverGreen | DiskFull) => None,
        ("services", NeverGreen | CommandFails) | ("build" | "migrate", CommandFails) => None,
        ("gate", _) => here("nobody-else"),
        // Right before it.
        ("verify", CommandFails) => Some(("nginx", None)),
        ("verify", GuardTrips) => Some(("watch", None)),
        ("verify", _) => here("runs"),
        ("put-back", CommandFails) => here("build"),
        ("services-back", CommandFails | NeverGreen) => here("build-back"),
        (phase, _) => here(phase),
    }
}

/// What is broken when that step has begun.
pub fn strike(shop: &Shop<'_>, (phase, host, why): Row, console: &mut Child) {
    let run = |script: &str| drop(shop.lab.on(host, &["sh", "-c", script]));
    let service = own(host).0;
    match (phase, why) {
        // Somebody commits something by hand.
        ("verify", CommandFails) => {
            run("cd /opt/pakashop && git -c user.name=bo -c user.email=bo@example.com commit -q --allow-empty -m quick")
        }
        ("put-back", CommandFails) => run("touch /opt/pakashop/.git/index.lock"),
        ("services-back", CommandFails) => {
            let folder = format!("/run/systemd/system/pakashop-{service}.service.d");
            run(&format!(
                "mkdir -p {folder} && printf '[Unit]\\nRefuseManualStart=yes\\n' >{folder}/refuses.conf && systemctl daemon-reload"
            ));
        }
        ("services-back", NeverGreen) => {
            run(&format!("echo 'health 503 failing' >/opt/pakashop/services/{service}/ill"));
        }
        (_, NeverGreen) => drop(shop.lab.ctl(host, &format!("pakashop-{service}"), "health 503 failing")),
        (_, GuardTrips) => drop(shop.lab.ctl(host, "pakashop-backend", "health 503 failing")),
        (_, HostLost) => shop.lab.fault(host, "cut"),
        (_, ConsoleKilled) => console.kill().unwrap(),
        (_, LockStolen) => {
            let token = lock(shop).expect("nobody has the lock");
            let site = shop.at("site").display().to_string();
            let place = [site.as_str(), "-e", "production"];
            let broken =
                shop.of_bo(&[&["lock", "break", &token], &place[..], &["--reason", "mine is urgent"]].concat());
            assert_eq!(broken.code, Some(0), "{}", broken.told);
            let taken = shop.of_bo(&[&["lock", "take"], &place[..], &["-m", "urgent"]].concat());
            assert_eq!(taken.code, Some(0), "{}", taken.told);
        }
        (_, DiskFull) => fill(shop, host),
        (_, CommandFails) => {}
    }
}

/// Not a byte more goes on the disk with the checkout, what qd keeps, and where backups are made.
fn fill(shop: &Shop<'_>, host: &str) {
    let script = "dd if=/dev/zero of=/srv/qdt-disk/full bs=64k 2>/dev/null; dd if=/dev/zero bs=1 count=65536 >>/srv/qdt-disk/full 2>/dev/null; true";
    shop.lab.on(host, &["sh", "-c", script]);
}

/// The number of the lock, if somebody has it.
pub fn lock(shop: &Shop<'_>) -> Option<String> {
    let site = shop.at("site").display().to_string();
    let status = shop.qd(&["lock", "status", &site, "-e", "production", "--json"]);
    let json = status.told.lines().skip_while(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n");
    let mut values = serde_json::Deserializer::from_str(&json).into_iter::<Value>();
    let token = values.next()?.ok()?["token"].as_u64()?;
    (status.code != Some(0)).then(|| token.to_string())
}

/// Everything as before the break, whatever became of it.
pub fn recover(shop: &Shop<'_>, held: &Held<'_>, old: &str) {
    held.mend();
    for host in APPS {
        let script = format!(
            "rm -f /srv/qdt-disk/full /opt/pakashop/.git/index.lock; rmdir /opt/pakashop/.git/FETCH_HEAD 2>/dev/null; \
             systemctl stop qdt-else 2>/dev/null; rm -f /run/systemd/system/pakashop-*.service.d/refuses.conf; \
             systemctl daemon-reload; cd /opt/pakashop && git clean -qfd && git reset -q --hard {old}"
        );
        shop.lab.on(host, &["sh", "-c", &script]);
    }
    let script = "rm -f /srv/qdt-disk/full; systemctl stop qdt-else 2>/dev/null; \
                  if [ -f /srv/qdt-s3 ]; then rm /srv/qdt-s3; [ ! -e /srv/qdt-s3.away ] || mv /srv/qdt-s3.away /srv/qdt-s3; fi";
    shop.lab.on("db-1", &["sh", "-c", script]);
    shop.lab.ctl("db-1", "meilisearch", "reset");
    // Nineteen that start at once on a busy machine may run into the limits of their starts.
    let well = || shop.others_than(old).is_empty();
    let again = |round: u32| {
        if round.is_multiple_of(60) {
            for host in APPS {
                shop.lab.on(host, &["sh", "-c", "systemctl reset-failed; systemctl restart 'pakashop-*'"]);
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
        false
    };
    assert!((0..180).any(|round| well() || again(round)), "not well again: {:?}", shop.others_than(old));
    if let Some(token) = lock(shop) {
        let site = shop.at("site").display().to_string();
        let freed = shop.qd(&["lock", "break", &token, &site, "-e", "production", "--reason", "after a test"]);
        assert_eq!(freed.code, Some(0), "{}", freed.told);
    }
}
