//! Real lock hosts: entered by different logins, read-only, full, unreachable.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use quarterdeck::domain::Run;
use quarterdeck::domain::run::StepState;
use quarterdeck::engine::mirror::{Mirror, MirrorError, TrailState};
use quarterdeck::engine::store::Recorded;
use tokio::sync::watch;
use tokio::task::block_in_place;

use super::kit::{Link, environment, run, stands, who};
use super::lab::{Lab, report};
use super::reach::{Ways, ways};

/// The site of these tests; nothing of it stays on a host.
const SITE: &str = "qdt-mirror";
/// Where root would write.
const STATE: &str = "/var/lib/qdt-mirror";

/// A lock host in the lab, clean before and after.
struct LockHost<'lab> {
    lab: &'lab Lab,
    host: &'static str,
}

impl<'lab> LockHost<'lab> {
    fn new(lab: &'lab Lab, host: &'static str) -> Self {
        let this = Self { lab, host };
        this.clean();
        this
    }

    fn sh(&self, script: &str) -> String {
        block_in_place(|| self.lab.on(self.host, &["sh", "-c", script]))
    }

    fn clean(&self) {
        self.sh(&format!(
            "while umount {STATE} 2>/dev/null; do :; done; while umount /var/tmp 2>/dev/null; do :; done; \
             rm -rf {STATE} /var/tmp/quarterdeck-{SITE}-*"
        ));
    }
}

impl Drop for LockHost<'_> {
    fn drop(&mut self) {
        self.clean();
    }
}

async fn workstation(ways: &Ways, alias: &str) -> (Mirror, Link) {
    let link: Link = watch::Sender::new(Some(ways.connect(alias).await.unwrap()));
    (Mirror::of(&environment(SITE, STATE), link.subscribe()).unwrap(), link)
}

fn step(run: &mut Run, number: usize, state: StepState) -> Recorded {
    run.steps[number] = stands(&run.steps[number], state, b"");
    Recorded::Step(number, Box::new(run.steps[number].clone()))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn whoever_may_log_in_sees_a_run_and_takes_it_over_whatever_their_login() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let lock = LockHost::new(&lab, "app-1");
    let ways = ways(lab.ssh_config());
    // Without sudo, with sudo, in other shells, and root; each way of meeting.
    let logins = ["app-1-plain", "app-1-ops", "app-1-u-fish", "app-1-u-csh", "app-1"];
    for (first, second) in [(0, 1), (1, 4), (4, 0), (2, 3)] {
        let (ada, bob) = (logins[first], logins[second]);
        let (here, _here) = workstation(&ways, ada).await;
        let (there, _there) = workstation(&ways, bob).await;
        let mut run = run(SITE, 2);
        let (trail, sent) = here.begin(&run, 1, who("ada"), Timestamp::now());
        sent.await.unwrap();
        let event = step(&mut run, 0, StepState::Verified);
        trail.append(event, Timestamp::now()).await.unwrap();
        let mut listing = there.list().await.unwrap();
        listing.runs.retain(|found| found.run.id == run.id);
        let found = listing.runs.remove(0);
        assert_eq!((&found.run, found.token), (&run, 1), "{ada} seen by {bob}");
        let login = ada.trim_start_matches("app-1").trim_start_matches('-');
        assert_eq!(found.login.plain(), if login.is_empty() { "root" } else { login }, "{ada}");
        let taken = there.adopt(&run.id, 1, 1).await.unwrap();
        let (on, sent) = there.begin(&taken.run, taken.token, who("bob"), Timestamp::now());
        sent.await.unwrap();
        let event = step(&mut run, 1, StepState::Intent);
        let refused = trail.append(event.clone(), Timestamp::now()).await.unwrap_err();
        assert!(matches!(refused, MirrorError::Taken { token: 2, .. }), "{ada}, {bob}: {refused}");
        on.append(event, Timestamp::now()).await.unwrap();
        assert_eq!(here.read(&run.id).await.unwrap().run, run, "{ada} reads what {bob} did");
    }
    let modes = lock.sh(&format!("find {STATE}/mirror /var/tmp/quarterdeck-{SITE}-* -type f ! -perm -444"));
    assert_eq!(modes, "", "everybody who may log in can read all of it");
    report("E6", 4, 4, "a run is taken over by another login on the lock host (root, sudo, none, fish, csh)");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn e9_a_lock_host_that_is_full_or_read_only_lets_nothing_begin_and_says_why() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let lock = LockHost::new(&lab, "app-1");
    let ways = ways(lab.ssh_config());
    let (mirror, _link) = workstation(&ways, "app-1").await;
    lock.sh(&format!("mkdir -p {STATE} && mount -t tmpfs -o size=300k,mode=755 tmpfs {STATE}"));
    let mut run = run(SITE, 4);
    let (trail, sent) = mirror.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();

    lock.sh(&format!("dd if=/dev/zero of={STATE}/ballast bs=1k 2>/dev/null; true"));
    let event = step(&mut run, 0, StepState::Intent);
    let full = trail.append(event, Timestamp::now()).await.unwrap_err();
    assert!(matches!(&full, MirrorError::Unwritable { why, .. } if why.contains("No space left")), "{full}");
    let event = step(&mut run, 0, StepState::Verified);
    let behind = trail.append(event, Timestamp::now()).await.unwrap_err();
    assert!(behind.to_string().contains("lock host app-1 can't be written"), "{behind}");
    lock.sh(&format!("rm {STATE}/ballast"));
    let mut state = trail.state();
    tokio::time::timeout(Duration::from_secs(15), state.wait_for(|s| *s == TrailState::Whole)).await.unwrap().unwrap();
    assert_eq!(mirror.read(&run.id).await.unwrap().run, run, "it is caught up by itself");

    lock.sh(&format!("mount -o remount,ro {STATE}"));
    let event = step(&mut run, 1, StepState::Intent);
    let refused = trail.append(event, Timestamp::now()).await.unwrap_err();
    assert!(matches!(&refused, MirrorError::Unwritable { why, .. } if why.contains("Read-only")), "{refused}");
    assert_eq!(mirror.list().await.unwrap().runs.len(), 1, "what is there is still read");
    let adopting = mirror.adopt(&run.id, 1, 1).await.unwrap_err();
    assert!(matches!(adopting, MirrorError::Unwritable { .. }), "{adopting}");

    // With every place read-only nothing new begins.
    lock.sh("mount -t tmpfs -o ro tmpfs /var/tmp");
    let (_other, sent) = mirror.begin(&super::kit::run(SITE, 1), 1, who("ada"), Timestamp::now());
    let nowhere = sent.await.unwrap_err();
    assert!(matches!(&nowhere, MirrorError::Unwritable { why, .. } if why.contains("/var/tmp")), "{nowhere}");
    lock.sh("umount /var/tmp");
    lock.sh(&format!("mount -o remount,rw {STATE}"));
    tokio::time::timeout(Duration::from_secs(15), state.wait_for(|s| *s == TrailState::Whole)).await.unwrap().unwrap();
    assert_eq!(mirror.read(&run.id).await.unwrap().run, run);
    report("E9", 3, 3, "lock host full, read-only, without any place: refused with the reason, caught up afterwards");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn e9_a_lock_host_that_is_cut_off_lets_nothing_begin_and_is_caught_up_in_order() {
    let lab = Lab::get();
    let held = lab.hold(&["app-1"]);
    let lock = LockHost::new(&lab, "app-1");
    let ways = ways(lab.ssh_config());
    let (mirror, link) = workstation(&ways, "app-1-ops").await;
    let mut run = run(SITE, 4);
    let (trail, sent) = mirror.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    block_in_place(|| lab.fault("app-1", "cut"));
    let begun = Instant::now();
    let mut waits = Vec::new();
    for number in 0..4 {
        for state in [StepState::Intent, StepState::Verified] {
            let event = step(&mut run, number, state);
            waits.push(trail.append(event, Timestamp::now()));
        }
    }
    for sent in waits {
        let why = sent.await.unwrap_err();
        assert!(matches!(why, MirrorError::Unreachable { .. }), "{why}");
    }
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
    block_in_place(|| held.mend());
    link.send_replace(Some(ways.connect("app-1-ops").await.unwrap()));
    let mut state = trail.state();
    tokio::time::timeout(Duration::from_secs(30), state.wait_for(|s| *s == TrailState::Whole)).await.unwrap().unwrap();
    assert_eq!(mirror.read(&run.id).await.unwrap().run, run);
    let events = lock.sh(&format!("ls /var/tmp/quarterdeck-{SITE}-*/owner-1 | grep -c '^[0-9]*$'"));
    assert_eq!(events.trim(), "9", "each event once");
    report("E9", 1, 1, &format!("lock host cut off: refused after {:?}, caught up in order", begun.elapsed()));
}
